"""A pass over many cases: each is run, none stops the others, and each thing is told once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.watch import deadly

from sitewatch.errors import BusyError, CaseFileError, InputError
from sitewatch.store import locked
from sitewatch.watch import watch_cases
from sitewatch.watch._pass import outcomes_of


def _states(done):
    return {outcome.folder.name: outcome.state for outcome in done.found.outcomes}


def test_each_thing_is_told_once(cases, make, arrive, seen):
    make("hill")
    assert _states(watch_cases(cases)) == {"hill": "nothing new"}
    arrive("hill", 13)
    seen["looks"] = 1
    told = watch_cases(cases)
    assert _states(told) == {"hill": "news"}
    assert [news.kind for news in told.found.outcomes[0].news] == ["candidate"]
    assert told.found.outcomes[0].new_looks == 1
    assert _states(watch_cases(cases)) == {"hill": "nothing new"}
    arrive("hill", 17)
    seen["looks"] = 3
    assert [news.kind for news in watch_cases(cases).found.outcomes[0].news] == ["confirmed"]
    arrive("hill", 21)
    seen["looks"] = None
    assert [news.kind for news in watch_cases(cases).found.outcomes[0].news] == ["withdrawn"]
    assert _states(watch_cases(cases)) == {"hill": "nothing new"}


def test_what_was_there_before_the_first_pass_is_no_news(cases, make, seen):
    make("hill")
    seen["looks"] = 3
    done = watch_cases(cases)
    assert _states(done) == {"hill": "nothing new"}
    assert [news.known for news in done.found.outcomes[0].standing] == [True]


def test_a_case_that_fails_never_stops_the_others_and_comes_first(cases, make):
    make("hill")
    broken = cases / "broken"
    broken.mkdir()
    (broken / "case.yaml").write_text("site: [1, 2")
    done = watch_cases(cases)
    assert list(_states(done).items()) == [("broken", "failed"), ("hill", "nothing new")]
    assert "case.yaml" in done.found.outcomes[0].why
    assert done.found.outcomes[0].error == 4


def test_a_fault_of_ours_in_one_case_never_stops_the_others(cases, make, table, monkeypatch):
    def fault(*_, **__):
        raise ZeroDivisionError("division by zero")

    make("hill")
    monkeypatch.setitem(table, "changes", table["changes"]._replace(function=fault))
    assert watch_cases(cases).found.outcomes[0].why == "ZeroDivisionError: division by zero"


def test_a_case_that_somebody_is_writing_to_is_left_for_the_next_pass(cases, make, arrive, seen):
    make("hill")
    watch_cases(cases)
    arrive("hill", 13)
    with locked(cases / "hill"):
        assert _states(watch_cases(cases)) == {"hill": "busy"}
    assert watch_cases(cases).found.outcomes[0].new_looks == 1


def test_one_folder_is_watched_by_one_process(cases, make):
    make("hill")
    watch_cases(cases)
    with locked(cases / "desk"), pytest.raises(BusyError, match="another process watches"):
        watch_cases(cases)


def test_a_folder_without_cases_is_said_to_be_so(tmp_path):
    with pytest.raises(InputError, match="holds no cases"):
        watch_cases(tmp_path)


def test_news_that_somebody_damaged_are_an_error_of_that_case_that_names_the_line(cases, make, seen):
    make("hill")
    seen["looks"] = 3
    watch_cases(cases)
    path = cases / "hill" / "news.jsonl"
    path.write_text(path.read_text() + '{"kind": "rumour"}\n')
    failed = watch_cases(cases).found.outcomes[0]
    assert (failed.state, "news.jsonl:2" in failed.why) == ("failed", True)


def test_a_wrong_desk_file_is_told_before_anything_is_run(cases, make):
    make("hill")
    (cases / "desk.yaml").write_text("webhok:\n  url: https://example.org\n")
    with pytest.raises(CaseFileError, match=r"desk\.yaml:\d: webhok"):
        watch_cases(cases)
    assert not (cases / "hill" / "news.jsonl").exists()


def test_a_process_that_is_killed_fails_its_own_case_alone(tmp_path):
    folders = [tmp_path / name for name in ("one", "deadly", "two", "three")]
    found = outcomes_of(folders, 2, datetime(2024, 5, 1, tzinfo=UTC), deadly.look)
    states = {outcome.folder.name: outcome.state for outcome in found}
    assert states == {"one": "nothing new", "two": "nothing new", "three": "nothing new", "deadly": "failed"}


def test_cases_run_side_by_side_are_the_same_cases(cases, make):
    for name in ("hill", "dale"):
        make(name)
        (cases / name / "case.yaml").write_text("site: [1, 2")
    done = watch_cases(cases, jobs=2)
    assert list(_states(done).items()) == [("dale", "failed"), ("hill", "failed")]


def test_a_verdict_that_turns_is_told_once_and_read_back_from_the_case(cases, make, arrive, judged):
    make("hill")
    assert _states(watch_cases(cases)) == {"hill": "nothing new"}
    arrive("hill", 13)
    judged["verdict"] = "refuted"
    told = watch_cases(cases).found.outcomes[0]
    assert [(news.kind, news.verdict, news.before) for news in told.news] == [("verdict", "refuted", "cannot tell")]
    assert watch_cases(cases).found.outcomes[0].told[-1] == told.news[0]
    assert _states(watch_cases(cases)) == {"hill": "nothing new"}
