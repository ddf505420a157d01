"""Workers on several machines watch the cases of a team store: each thing is done and told once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from tests.team import contents

from sitewatch.errors import InputError
from sitewatch.store.team import Team, export_case, import_case
from sitewatch.watch import watch_cases
from sitewatch.watch._outcome import look_at


@pytest.fixture
def worker(tmp_path, url, make, monkeypatch):
    """One pass of a worker with a folder of its own; the case of the store is called works."""
    case = make("works")
    with Team(url) as team:
        export_case(team, case.folder, "works", "ana")
    shutil.rmtree(case.folder)

    def passed(name):
        monkeypatch.setenv("SITEWATCH_ACTOR", name)
        return watch_cases(tmp_path / name, team=url).found.outcomes[0]
    return passed


def test_what_one_worker_computed_and_told_another_has_and_tells_no_more(worker, seen, arrive, url, tmp_path):
    assert worker("w1").state == "nothing new"
    seen["looks"] = 2
    arrive("works", 20)
    first = worker("w1")
    assert (first.state, [news.kind for news in first.news]) == ("news", ["candidate"])
    again = worker("w2")
    assert (again.state, again.news, [news.kind for news in again.told]) == ("nothing new", (), ["candidate"])
    assert contents(tmp_path / "w1" / "works") == contents(tmp_path / "w2" / "works")
    with Team(url) as team:
        assert {one.actor for one in team.history("works")} == {"ana", "w1"}
        import_case(team, tmp_path / "ana" / "works", "works")
    assert contents(tmp_path / "ana" / "works") == contents(tmp_path / "w1" / "works")


def test_a_case_that_another_worker_has_is_busy(worker, url):
    with Team(url) as team, team.held("works"):
        assert worker("w1").state == "busy"
    assert worker("w1").state == "nothing new"


def test_what_could_not_be_brought_back_is_told_by_the_next_pass(worker, seen, arrive, monkeypatch):
    worker("w1")
    seen["looks"] = 2
    arrive("works", 20)
    with monkeypatch.context() as cut_off:
        cut_off.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        failed = worker("w1")
        assert (failed.state, failed.error, failed.news, failed.told) == ("failed", 3, (), ())
        assert "cannot take" in failed.why
    assert [news.kind for news in worker("w1").told] == ["candidate"]


def test_a_worker_that_died_before_its_export_yields_to_the_one_that_did_its_work(worker, seen, arrive, url, tmp_path):
    worker("w1")
    seen["looks"] = 2
    arrive("works", 20)
    look_at(tmp_path / "w1" / "works", datetime.now(UTC))   # and there it was killed
    assert [news.kind for news in worker("w2").news] == ["candidate"]
    back = worker("w1")
    assert (back.state, [news.kind for news in back.told]) == ("nothing new", ["candidate"])
    assert worker("w2").state == "nothing new"
    assert contents(tmp_path / "w1" / "works") == contents(tmp_path / "w2" / "works")


def test_a_change_on_both_sides_fails_that_case_and_names_who_made_it(worker, url, tmp_path):
    worker("w1")
    with Team(url) as team:
        import_case(team, tmp_path / "ana" / "works", "works")
        for name in ("ana", "w1"):
            with (tmp_path / name / "works" / "case.yaml").open("a") as file:
                file.write(f"# {name}\n")
        export_case(team, tmp_path / "ana" / "works", "works", "ana")
    failed = worker("w1")
    assert (failed.state, failed.error) == ("failed", 4)
    assert "ana wrote version 2" in failed.why


def test_a_store_without_cases_is_told(url, tmp_path, monkeypatch):
    monkeypatch.setenv("SITEWATCH_ACTOR", "w1")
    with pytest.raises(InputError, match="holds no cases"):
        watch_cases(tmp_path / "w1", team=url)


def test_a_worker_needs_a_name(worker, url, tmp_path, monkeypatch):
    monkeypatch.delenv("SITEWATCH_ACTOR", raising=False)
    with pytest.raises(InputError, match="name of its own"):
        watch_cases(tmp_path / "w1", team=url)
