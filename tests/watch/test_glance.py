"""A new image that shows nothing new at a glance costs no whole computation; whatever may be news gets one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from shapely.affinity import translate
from tests.case.hill import CALLS

from sitewatch.case import Case, Glance
from sitewatch.model import SceneFit, Structures
from sitewatch.store import FolderStore
from sitewatch.watch import watch_cases

_EARLY, _LATE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def glimpse(cases, make, arrive, seen, monkeypatch):
    """What a glance shows from now on: of a case whose watch has begun and at which another image came."""
    make("hill")
    seen["looks"] = 3
    watch_cases(cases)
    arrive("hill", 13)
    CALLS.clear()
    given = {"structures": None, "since": _LATE, "used": True, "asked": 0}

    def glance(case, progress=None):
        given["asked"] += 1
        known = FolderStore(case.folder).load("stack", "", case.site)
        new, = (scene for scene in case.scenes().scenes if scene.id not in {fit.scene for fit in known})
        fit = SceneFit(scene=new.id, taken=new.taken, used=given["used"], why_not=None if given["used"] else "cloud")
        return Glance((*known, fit), given["structures"], given["since"], 3)

    monkeypatch.setattr("sitewatch.watch._outcome.glance", glance)
    return given


def _none(case):
    return Structures(site=case.site, records=())


def test_what_shows_nothing_new_is_told_so_without_computing_anything_anew(cases, glimpse):
    glimpse["structures"] = _none(Case.open(cases / "hill"))
    outcome = watch_cases(cases, glances=True).found.outcomes[0]
    assert (outcome.state, outcome.new_looks, outcome.clear_looks, CALLS) == ("nothing new", 1, 1, [])
    assert "at a glance" in outcome.why
    assert "3 more" in outcome.why
    last = outcome.last_clear
    for _ in range(2):
        outcome = watch_cases(cases, glances=True).found.outcomes[0]
        assert (outcome.state, outcome.new_looks, outcome.last_clear) == ("nothing new", 0, last)
    assert (glimpse["asked"], CALLS) == (1, [])
    assert not Case.open(cases / "hill").is_current("stack")


def test_an_image_that_shows_nothing_of_the_site_is_told_so_at_a_glance(cases, glimpse):
    glimpse["used"] = False
    outcome = watch_cases(cases, glances=True).found.outcomes[0]
    assert (outcome.state, outcome.why, CALLS) == ("not visible", "cloud", [])


def test_what_may_be_news_is_computed_anew_and_told_as_that_has_it(cases, glimpse):
    case = Case.open(cases / "hill")
    hall, = case.stored("structures")
    other = replace(hall, id="new-2-2", outline=translate(hall.outline, 200))
    glimpse["structures"] = Structures(site=case.site, records=(hall, other))
    CALLS.clear()
    assert watch_cases(cases, glances=True).found.outcomes[0].state == "nothing new"   # for so the whole has it
    assert CALLS[:3] == ["stack", "changes", "structures"]


@pytest.mark.parametrize(("since", "calls"), [(_LATE, []), (_EARLY, ["stack", "changes", "structures"])])
def test_what_was_told_of_of_late_and_is_not_found_is_computed_anew_and_what_is_of_old_is_left(
        cases, glimpse, since, calls):
    glimpse["structures"], glimpse["since"] = _none(Case.open(cases / "hill")), since
    watch_cases(cases, glances=True)
    assert CALLS[:3] == calls


def test_without_being_asked_for_no_glance_is_taken_nor_one_of_before_relied_on(cases, glimpse):
    glimpse["structures"] = _none(Case.open(cases / "hill"))
    watch_cases(cases, glances=True)
    assert (glimpse["asked"], CALLS) == (1, [])
    outcome = watch_cases(cases).found.outcomes[0]
    assert (glimpse["asked"], CALLS[:2], outcome.why) == (1, ["stack", "changes"], "")
    assert Case.open(cases / "hill").is_current("stack")
