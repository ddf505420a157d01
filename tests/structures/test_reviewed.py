"""People have the last word on what was traced, and the result says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shapely import box
from tests.worlds import World, iou, rectangle

from sitewatch.changes import detect_changes
from sitewatch.model import Between, Changes, Decision, Seen, Stack, Structure, Structures, seen_of
from sitewatch.structures import trace_structures

_HALL, _OTHER = rectangle(44, 40, 22, 14, 20), rectangle(20, 62, 14, 12, 0)
_FROM = 13
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def seen() -> tuple[World, Changes, Stack]:
    world = World(0, looks=26, bands=3, size_px=80)
    world.wander(0.06)
    world.roof(_HALL, 160, slice(_FROM, None))
    stack = world.stack()
    return world, detect_changes(stack), stack


@pytest.fixture
def trace(seen):
    def traced(*decisions: Decision) -> Structures:
        dated = [replace(d, id=f"d{i}", at=_DAY + timedelta(days=i)) for i, d in enumerate(decisions)]
        return trace_structures(seen[1], seen[2], decisions=dated)
    return traced


@pytest.fixture
def hall(trace) -> Structure:
    [structure] = trace().changed
    return structure


def _on(structure: Structure, what: str, actor: str = "ana", **given) -> Decision:
    return Decision(subject=structure.id, what=what, actor=actor, seen=seen_of(structure, "v"), **given)


def test_nothing_that_nobody_looked_at_says_that_a_person_did(hall):
    assert hall.by == "tool"
    assert {look.by for look in hall.looks} == {"tool"}


def test_an_accepted_structure_names_who_accepted_it_and_why(trace, hall):
    [found] = trace(_on(hall, "accept", why="its shadow is that of a hall")).changed
    assert found.by == "ana"
    assert found.reasons[0] == "accepted by ana on 2026-01-01: its shadow is that of a hall"
    assert replace(found, by="tool", reasons=found.reasons[1:]) == hall


def test_a_rejected_structure_is_set_aside_with_its_reason(trace, hall):
    found = trace(_on(hall, "reject", why="a tarpaulin"))
    assert found.changed == ()
    assert found.rejected[0].id == hall.id
    assert "a tarpaulin" in found.rejected[0].reasons[0]


def test_a_later_verdict_of_the_same_person_takes_the_place_of_the_earlier(trace, hall):
    assert trace(_on(hall, "reject", why="a tarpaulin"), _on(hall, "accept")).rejected == ()
    assert trace(_on(hall, "accept"), _on(hall, "reject", why="a tarpaulin")).changed == ()


def test_where_people_differ_the_structure_stays_and_says_so(trace, hall):
    [found] = trace(_on(hall, "reject", why="a tarpaulin"), _on(hall, "accept", "bo")).changed
    assert found.by == "ana, bo"
    assert found.reasons[0] == "people differ on this"


def test_a_decision_finds_its_structure_by_its_outline_when_the_id_is_another(trace, hall):
    decision = replace(_on(hall, "accept"), subject="new-1-1")
    [found] = trace(decision).changed
    assert (found.id, found.by) == (hall.id, "ana")


def test_an_accepted_structure_survives_a_run_that_no_longer_finds_it(seen, hall):
    none = replace(seen[1], records=())
    assert trace_structures(none, seen[2]).changed == ()
    [found] = trace_structures(none, seen[2], decisions=[_on(hall, "accept", chance=0.9)]).changed
    assert found.by == "ana"
    assert iou(found.outline, hall.outline) == pytest.approx(1)
    assert found.happened == hall.happened
    assert [look.state for look in found.looks] == [look.state for look in hall.looks]


def test_a_rejection_of_what_is_no_longer_found_brings_nothing_back(seen, hall):
    none = replace(seen[1], records=())
    assert trace_structures(none, seen[2], decisions=[_on(hall, "reject", why="no")]).records == ()


def test_a_corrected_look_moves_the_bracket_whatever_the_tool_saw(trace, hall):
    first = hall.looks[_FROM]
    [found] = trace(_on(hall, "look", scene=first.scene, state="absent")).changed
    assert (found.looks[_FROM].state, found.looks[_FROM].by) == ("absent", "ana")
    assert (found.happened.after, found.happened.by) == (first.taken, hall.looks[_FROM + 1].taken)
    early = hall.looks[2]
    [found] = trace(_on(hall, "look", scene=early.scene, state="present")).changed
    assert found.happened.by == early.taken


def test_people_who_differ_on_a_look_leave_it_unclear(trace, hall):
    scene = hall.looks[_FROM].scene
    [found] = trace(_on(hall, "look", scene=scene, state="absent"),
                    _on(hall, "look", "bo", scene=scene, state="present")).changed
    assert (found.looks[_FROM].state, found.looks[_FROM].by) == ("unclear", "ana, bo")


def test_a_new_label_and_class_stand_in_the_result(trace, hall):
    [found] = trace(_on(hall, "relabel", label="North hall"), _on(hall, "relabel", class_="ground works")).changed
    assert (found.label, found.class_, found.happened) == ("North hall", "ground works", hall.happened)


def test_a_structure_relabelled_as_removed_was_there_before(trace, hall):
    [found] = trace(_on(hall, "relabel", class_="removed structure")).changed
    assert [look.state for look in found.looks] == ["present"] * _FROM + ["absent"] * (26 - _FROM)
    assert (found.last, str(found.first)) == (hall.first, "not dated")


def test_a_persons_outline_is_followed_from_look_to_look(seen, trace, hall):
    drawn = seen[0].on_grid(rectangle(43, 40, 20, 12, 20))
    [found] = trace(_on(hall, "outline", outline=drawn)).changed
    assert found.outline == drawn
    assert found.happened == hall.happened


def test_a_change_that_a_person_accepts_becomes_a_structure(seen, hall):
    _, changes, stack = seen
    options = type("Options", (), {"least_chance": 1.1})()
    assert trace_structures(changes, stack, options).changed == ()
    change = next(c for c in changes.kept if iou(c.outline, hall.outline) > 0.3)
    decision = Decision(subject=change.id, what="accept", actor="ana", chance=0.8, seen=seen_of(change, "v"))
    [found] = trace_structures(changes, stack, options, decisions=[decision]).changed
    assert (found.class_, found.chance, found.by, found.label) == ("new structure", 0.8, "ana", "Structure A")
    assert found.happened == hall.happened
    later = replace(decision, subject=found.id, what="reject", chance=None, why="no", id="z", at=_DAY)
    assert trace_structures(changes, stack, options, decisions=[decision, later]).changed == ()


def test_a_look_in_a_scene_that_is_gone_has_no_effect_and_warns(trace, hall):
    with pytest.warns(UserWarning, match="has no effect"):
        [found] = trace(_on(hall, "look", scene="gone", state="absent")).changed
    assert found.looks == hall.looks


@pytest.fixture
def hidden() -> tuple[World, Stack]:
    """A hall that the tool is not told of."""
    world = World(1, looks=26, bands=3, size_px=80)
    world.roof(_HALL, 160, slice(_FROM, None))
    return world, world.stack()


def _drawn(outline, **given) -> Decision:
    decision = Decision(**{"subject": "shed", "what": "draw", "actor": "ana", "outline": outline, "chance": 0.9,
                           "class_": "new structure", "id": "d", "at": _DAY, **given})
    return replace(decision, seen=Seen(outline=outline, class_=decision.class_, label=decision.label or "",
                                       chance=0.9, between=Between(), version=""))


def test_what_a_person_draws_is_a_structure_whose_looks_are_read_like_any_other(hidden, seen):
    world, stack = hidden
    found = trace_structures(replace(seen[1], records=()), stack, decisions=[_drawn(world.on_grid(_HALL))])
    [shed] = found.changed
    assert (shed.id, shed.label, shed.by, shed.chance) == ("shed", "Structure A", "ana", 0.9)
    assert [look.state for look in shed.looks] == ["absent"] * _FROM + ["present"] * (26 - _FROM)
    assert (shed.happened.after, shed.happened.by) == (shed.looks[_FROM - 1].taken, shed.looks[_FROM].taken)


def test_what_a_person_draws_where_nothing_happened_is_not_dated(hidden, seen):
    world, stack = hidden
    field = world.on_grid(_OTHER)
    [shed] = trace_structures(replace(seen[1], records=()), stack, decisions=[_drawn(field)]).changed
    assert "present" not in {look.state for look in shed.looks[:5]}
    assert shed.outline == field


def test_what_a_person_drew_is_the_structure_that_a_later_run_traces_there(seen, trace, hall):
    [found] = trace(_drawn(seen[0].on_grid(rectangle(43, 40, 21, 13, 20)))).changed
    assert (found.id, found.by) == (hall.id, "ana")
    assert found.outline == seen[0].on_grid(rectangle(43, 40, 21, 13, 20))


def test_the_one_who_drew_it_may_reject_it_and_whoever_rejects_it_differs_from_them(hidden, seen):
    world, stack = hidden
    drawn = _drawn(world.on_grid(_HALL))
    changes = replace(seen[1], records=())
    against = replace(drawn, what="reject", why="a field", outline=None, class_=None, chance=None, id="e")
    assert trace_structures(changes, stack, decisions=[drawn, against]).changed == ()
    [shed] = trace_structures(changes, stack, decisions=[drawn, replace(against, actor="bo")]).changed
    assert shed.reasons[0] == "people differ on this"


def test_a_split_structure_is_two_that_share_its_ground(seen, trace, hall):
    left, *_ = hall.outline.bounds
    half = box(left - 10, hall.outline.bounds[1] - 10, hall.outline.centroid.x, hall.outline.bounds[3] + 10)
    one, other = trace(_on(hall, "split", outline=half)).changed
    assert one.id == hall.id
    assert one.outline.area + other.outline.area == pytest.approx(hall.outline.area)
    assert one.outline.intersection(other.outline).area == pytest.approx(0, abs=1e-6)
    assert one.happened == other.happened == hall.happened
    assert (other.by, other.label) == ("ana", "Structure B")
    assert trace(_on(hall, "split", outline=half), _on(hall, "reject", why="a yard")).changed == (other,)


def test_a_part_that_was_split_off_can_be_decided_on(seen, trace, hall):
    left, low, _, high = hall.outline.bounds
    split = _on(hall, "split", outline=box(left - 10, low - 10, hall.outline.centroid.x, high + 10))
    _, part = trace(split).changed
    [kept] = trace(split, _on(part, "reject", why="a yard", actor="bo")).changed
    assert kept.id == hall.id


def test_an_outline_that_splits_nothing_has_no_effect_and_warns(trace, hall):
    with pytest.warns(UserWarning, match="does not split"):
        [found] = trace(_on(hall, "split", outline=box(0, 0, 1, 1))).changed
    assert found.outline == hall.outline


def test_a_change_that_is_rejected_takes_no_structure_with_it_that_lies_over_it(seen, hall):
    _, changes, stack = seen
    over = replace(next(c for c in changes if c.id in hall.changes), id="over", why_not=None)
    more = replace(changes, records=(*changes.records, over))
    found = trace_structures(more, stack)
    [other] = found.changed
    against = Decision(subject="over", what="reject", why="a season", actor="ana", seen=seen_of(over, "v"), id="d",
                       at=_DAY)
    if "over" not in other.changes:
        assert trace_structures(more, stack, decisions=[against]).changed == (other,)
    later = replace(over, between=Between(after=hall.looks[-2].taken, by=hall.looks[-1].taken))
    gone = replace(against, seen=seen_of(later, "v"))
    assert trace_structures(changes, stack, decisions=[gone]).changed == (hall,)
    assert trace_structures(changes, stack, decisions=[against]).rejected[0].id == hall.id
