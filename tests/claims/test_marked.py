"""What is said of a thing that a person has marked: that it is gone, that it came, that it stayed, or nothing."""

from __future__ import annotations

from dataclasses import replace

from tests.worlds import World, rectangle

from sitewatch.claims import draft_findings
from sitewatch.model import Between, Changes, Finding, Look, LookState, Measurements, Structure, Structures

_WORLD = World(size_px=24, looks=12)
_STACK = _WORLD.stack()
_NAMES: dict[str, LookState] = {"p": "present", "a": "absent", "u": "unclear"}


def _mark(states: str, **more: object) -> Structure:
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, seen_share=1.0, chance=0.9, state=_NAMES[state])
                  for fit, state in zip(_STACK.used, states, strict=True))
    mark = Structure(id="crane", label="Crane", outline=_WORLD.on_grid(rectangle(12, 12, 7, 2)), class_="marked object",
                     chance=0.93, first=Between(), last=Between(), looks=looks, reasons=("it stands out too little",))
    return replace(mark, **more)  # type: ignore[arg-type]


def _said(mark: Structure) -> list[Finding]:
    site = _STACK.site
    found = draft_findings(
        Changes(site=site, records=(), threshold=5.0, false_alarms_per_year=1.0, smallest_px=25.6),
        Structures(site=site, records=(mark,)), Measurements(site=site, records=()), _STACK)
    return [finding for finding in found if "Crane" in finding.text]


_WHEN = Between(after=_WORLD.taken[5], by=_WORLD.taken[6])


def test_a_marked_object_that_went_disappeared_between_two_looks():
    seen, inferred = _said(_mark("p" * 6 + "a" * 6, last=_WHEN))
    assert seen.text.startswith("Crane, a marked object, disappeared between 2020-02-23")
    assert inferred.text.startswith("That Crane is gone is very likely (80 to 95 %; chance 0.93); the rival reading is")


def test_a_marked_object_that_came_was_first_seen():
    seen, inferred = _said(_mark("a" * 6 + "p" * 6, first=_WHEN))
    assert "was first seen between" in seen.text
    assert inferred.text.startswith("That Crane came is very likely")


def test_a_marked_object_that_stayed_is_said_to_have_been_there():
    [said] = _said(_mark("p" * 10 + "uu"))
    assert said.layer == "seen"
    assert said.text == ("Neither coming nor going of Crane, a marked object, was seen; it was present in all ten "
                         "clear looks.")


def test_of_a_marked_object_that_nobody_can_tell_it_is_said_why():
    [said] = _said(_mark("u" * 12))
    assert said.layer == "unknown"
    assert said.text.endswith("cannot be told in any look: it stands out too little.")


def test_a_marked_object_that_comes_and_goes_is_not_said_to_have_stayed():
    [said] = _said(_mark("ppppaaaapppp"))
    assert said.layer == "unknown"
    assert said.text.endswith("cannot be told: its looks contradict each other, 8 of 12 show it.")


def test_what_only_the_last_look_shows_is_said_not_to_be_confirmed():
    last = Between(after=_WORLD.taken[10], by=_WORLD.taken[11])
    [seen, _] = _said(_mark("a" * 11 + "p", first=last))
    assert seen.text.endswith("; no clear look since confirms it.")
