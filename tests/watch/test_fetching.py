"""A pass that fetches: what is new in archives is looked at in the same pass, and a dead archive is said so."""

from __future__ import annotations

import shutil

import pytest
from tests.case.hill import image
from tests.case.test_fetch import archive, fetched

from sitewatch.errors import BusyError
from sitewatch.fetching import Limits
from sitewatch.watch import watch_cases

__all__ = ["archive", "fetched"]
_LIMITS = Limits(max_mb=50)


@pytest.fixture
def watched(fetched, cases):
    """A folder of cases with one whose images come from an archive."""
    cases.mkdir()
    shutil.move(fetched.folder, cases / "hill")
    return cases


def _only(done):
    outcome, = done.found.outcomes
    return outcome


def test_a_pass_fetches_what_is_new_and_looks_at_it(watched, images, seen):
    assert _only(watch_cases(watched, limits=_LIMITS)).state == "nothing new"
    image(images, 13)
    seen["looks"] = 1
    outcome = _only(watch_cases(watched, limits=_LIMITS))
    assert (outcome.state, outcome.new_looks) == ("news", 1)


def test_a_pass_without_limits_fetches_nothing(watched, images, archive):
    watch_cases(watched, limits=_LIMITS)
    image(images, 13)
    archive.opened = []
    assert _only(watch_cases(watched)).new_looks == 0
    assert archive.opened == []


def test_a_dead_archive_fails_its_case_whose_images_are_looked_at_all_the_same(watched, archive, seen):
    watch_cases(watched, limits=_LIMITS)
    archive.is_down = True
    outcome = _only(watch_cases(watched, limits=_LIMITS))
    assert (outcome.state, outcome.error, "did not answer" in outcome.why) == ("failed", 3, True)
    seen["looks"] = 3
    (watched / "hill" / "news.jsonl").write_text("")
    with (watched / "hill" / "case.yaml").open("a") as file:
        file.write("changes:\n  share: 0.5\n")
    assert _only(watch_cases(watched, limits=_LIMITS)).state == "news"


def test_a_case_that_is_written_to_while_it_fetches_is_busy(watched, images, monkeypatch):
    def busy(*_, **__):
        raise BusyError("another process is writing to the case")

    watch_cases(watched, limits=_LIMITS)
    monkeypatch.setattr("sitewatch.watch._outcome.fetch", busy)
    assert _only(watch_cases(watched, limits=_LIMITS)).state == "busy"


def test_what_did_not_arrive_is_named_and_comes_with_the_next_pass(watched, images, archive):
    watch_cases(watched, limits=_LIMITS)
    image(images, 13)
    archive.faults = ("2024-03-13",)
    assert "2024-03-13" in _only(watch_cases(watched, limits=_LIMITS)).why
    archive.faults = ()
    assert _only(watch_cases(watched, limits=_LIMITS)).new_looks == 1
