"""A pass with nothing to tell computes what it needs to know that, and no more; what a run gives stays the same."""

from __future__ import annotations

import shutil

import pytest
from tests.case.hill import AREA, CALLS, image

from sitewatch.case import Case, NewCase, found_now
from sitewatch.watch import watch_cases


@pytest.fixture
def watched(cases, make, arrive, seen):
    """A case whose watch has begun, at which then another image came that shows nothing new."""
    make("hill")
    seen["looks"] = 3
    watch_cases(cases)
    arrive("hill", 13)
    CALLS.clear()
    return cases / "hill"


def _files(folder, *parts):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for part in parts for path in sorted((folder / part).rglob("*")) if path.is_file()}


def test_where_nothing_is_to_be_told_the_report_is_left_for_who_asks(cases, watched):
    before = _files(watched, "report")
    assert watch_cases(cases).found.outcomes[0].new_looks == 1
    assert CALLS == ["stack", "changes", "structures", "measurements", "claims"]
    assert _files(watched, "report") == before
    Case.open(watched).report()
    assert b"4 looks" in _files(watched, "report")["report/index.html"]


def test_what_was_asked_once_is_not_asked_again(cases, watched):
    watch_cases(cases)
    CALLS.clear()
    assert watch_cases(cases).found.outcomes[0].state == "nothing new"
    assert CALLS == []


@pytest.mark.parametrize("lost", ["", ".cache", ".cache/still.json"])
def test_a_run_after_quiet_passes_gives_what_one_run_of_all_images_gives(cases, watched, tmp_path, lost):
    watch_cases(cases)
    if lost:
        path = watched / lost
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    watch_cases(cases)
    Case.open(watched).run()
    images = tmp_path / "all"
    images.mkdir()
    for day in (1, 5, 9, 13):
        image(images, day)
    fresh = Case.new(tmp_path / "fresh", NewCase(images=images, area=AREA, gsd_m=3.0, name="Hill", question="What?"))
    fresh.run()
    assert _files(watched, "results", "report") == _files(tmp_path / "fresh", "results", "report")


def test_news_come_with_the_report_that_shows_them(cases, watched, seen):
    seen["looks"] = None
    assert [news.kind for news in watch_cases(cases).found.outcomes[0].news] == ["withdrawn"]
    assert Case.open(watched).is_current("report")
    assert b"4 looks" in _files(watched, "report")["report/index.html"]


def test_the_structures_of_a_pass_are_those_of_a_run_but_for_its_trials(watched, table):
    asked, traced = [], table["structures"].function

    def structures(changes, stack, detect=None):
        asked.append(detect is not None)
        return traced(changes, stack)

    table["structures"] = table["structures"]._replace(function=structures)
    case = Case.open(watched)
    found = found_now(case)
    assert asked == [False]
    case.run()
    assert asked == [False, True]
    assert (found.structures, found.measurements, found.checks) == (
        case.structures(), case.measurements(), case.checks())

