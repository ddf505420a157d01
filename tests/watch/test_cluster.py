"""A pass on a dask cluster of separate processes: the same outcomes, and a killed worker costs its own case alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.watch import deadly

from sitewatch.errors import InputError, ProviderError
from sitewatch.watch import _cluster, watch_cases
from sitewatch.watch._pass import outcomes_of

dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
_AT = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def scheduler():
    """The address of a cluster of two workers, each a process of its own that is started again when it dies."""
    with (dask.config.set({"distributed.scheduler.allowed-failures": 1}),
          distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster):
        yield cluster.scheduler_address


def test_a_worker_that_is_killed_fails_the_case_that_killed_it_alone(tmp_path, scheduler):
    folders = [tmp_path / name for name in ("one", "deadly", "two", "three")]
    for folder in folders:
        folder.mkdir()
    states = {outcome.folder.name: outcome.state for outcome in outcomes_of(folders, scheduler, _AT, deadly.look)}
    assert states == {"one": "nothing new", "two": "nothing new", "three": "nothing new", "deadly": "failed"}


def test_cases_on_a_cluster_are_the_same_cases(cases, make, scheduler):
    for name in ("hill", "dale"):
        make(name)
        (cases / name / "case.yaml").write_text("site: [1, 2")
    found = watch_cases(cases, scheduler).found.outcomes
    assert [(one.folder.name, one.state) for one in found] == [("dale", "failed"), ("hill", "failed")]
    assert all("case.yaml" in one.why for one in found)


def test_workers_that_do_not_see_the_cases_are_told_so_before_anything_is_run(tmp_path, scheduler):
    with pytest.raises(InputError, match="does not see"):
        list(outcomes_of([tmp_path / "elsewhere"], scheduler, _AT, deadly.look))


def test_workers_of_another_version_are_refused(tmp_path, scheduler, monkeypatch):
    monkeypatch.setattr(_cluster, "version", lambda _: "99.0")
    with pytest.raises(InputError, match=r"this is 99\.0: results would differ"):
        list(outcomes_of([tmp_path], scheduler, _AT, deadly.look))


def test_a_scheduler_that_does_not_answer_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(_cluster, "_SECONDS", 1)
    with pytest.raises(ProviderError, match="dask scheduler"):
        list(outcomes_of([tmp_path], "tcp://127.0.0.1:9", _AT, deadly.look))
