"""What a person should look at next comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from shapely import box

from sitewatch.geo import picture_grid
from sitewatch.model import Between, Change, Changes, Decision, Site, Structure, Structures, queue_of

_SITE = Site(slug="s", names=(), area=box(0, -300, 300, 0), grid=picture_grid(100, 100, 3.0))
_A = Structure(id="a", label="A", outline=box(0, -60, 60, 0), class_="new structure", chance=0.6, first=Between(),
               last=Between(), changes=("c1",))
_B = replace(_A, id="b", label="B", chance=0.95, changes=())
_REFERENCE = replace(_A, id="r", class_="reference", changes=())
_GROUND = Change(id="c2", outline=box(90, -60, 99, -51), kind="appeared", between=Between(), strength=20.0, chance=0.9,
                 false_alarms=0.01, step=(1.0,))
_CHANGES = Changes(site=_SITE, threshold=9.0, false_alarms_per_year=0.1, smallest_px=4.0, records=(
    replace(_GROUND, id="c1"), _GROUND, replace(_GROUND, id="c3", why_not="a shadow")))
_FOUND = Structures(site=_SITE, records=(_B, _A, _REFERENCE))


def _decision(subject: str, what: str, actor: str, second: int = 0) -> Decision:
    return Decision(subject=subject, what=what, actor=actor, why="because", id=f"{second}",
                    at=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))


def _order(*decisions: Decision) -> list[str]:
    return [one.subject for one in queue_of(_FOUND, _CHANGES, decisions, "ana")]


def test_what_the_findings_rest_on_comes_first_the_doubtful_before_the_sure_and_what_was_set_aside_last():
    assert _order() == ["a", "b", "c2", "c3"]


def test_neither_references_nor_changes_that_are_part_of_a_structure_wait():
    assert {"r", "c1"} & set(_order()) == set()


def test_what_this_person_decided_goes_to_the_end_and_what_another_decided_waits_for_a_second_reader():
    assert _order(_decision("a", "accept", "ana")) == ["b", "c2", "c3", "a"]
    assert _order(_decision("a", "accept", "bo")) == ["b", "c2", "a", "c3"]


def test_what_others_differ_on_comes_right_after_what_nobody_decided():
    differ = _decision("b", "accept", "bo", 1), _decision("b", "reject", "cy", 2)
    assert _order(*differ) == ["a", "b", "c2", "c3"]
    agreed = (*differ, _decision("b", "accept", "cy", 3))
    assert _order(*agreed) == ["a", "c2", "b", "c3"]


def test_a_larger_thing_comes_before_a_smaller_one():
    small = replace(_A, id="small", outline=box(0, -9, 9, 0), changes=())
    waiting = queue_of(replace(_FOUND, records=(small, _A)), replace(_CHANGES, records=()), (), "ana")
    assert [one.subject for one in waiting] == ["a", "small"]


def test_a_rejected_structure_can_still_be_decided_on():
    set_aside = replace(_FOUND, records=(_B,), rejected=(_A,))
    assert [one.subject for one in queue_of(set_aside, _CHANGES, (), "ana")][:2] == ["a", "b"]
