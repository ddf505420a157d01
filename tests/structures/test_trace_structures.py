"""Which things are these, in which looks are they there, since when? Only clear looks date anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.structures.halls import FROM, HALL, SEEDS, is_at, quiet_world, states_of, traced, with_hall
from tests.worlds import World, iou, rectangle

from sitewatch.changes import detect_changes
from sitewatch.geo import Rectangle, to_pixels
from sitewatch.model import Between, Structure
from sitewatch.structures import trace_structures
from sitewatch.structures._classify import Hypothesis
from sitewatch.structures._evidence import Crop, Evidence, Place, examine
from sitewatch.structures._kinds import Kind
from sitewatch.structures._merge import merge

# What came and what went


@SEEDS
@pytest.mark.parametrize("where", [HALL, rectangle(40, 42, 12, 11, 70), rectangle(40, 40, 34, 12, 45)])
def test_a_new_roof_is_a_new_structure_of_its_outline_absent_before_and_present_since(seed, where):
    world = quiet_world(seed)
    world.roof(where, 160, slice(FROM, None))
    [structure] = traced(world).changed
    assert structure.class_ == "new structure"
    assert iou(structure.outline, world.on_grid(where)) > 0.75
    assert states_of(structure) == ["absent"] * FROM + ["present"] * (26 - FROM)
    assert structure.first == Between(after=world.taken[FROM - 1], by=world.taken[FROM])
    assert structure.last == Between()
    assert structure.chance > 0.8


@SEEDS
def test_a_roof_of_six_pixels_a_side_is_found_where_the_blur_is_a_pixel_wide(seed):
    world, where = quiet_world(seed), rectangle(40, 40, 6, 6, 20)
    world.blur_px = 1.0
    world.roof(where, 150, slice(FROM, None))
    [structure] = traced(world).changed
    assert structure.class_ == "new structure"
    assert is_at(structure, where, world)


@SEEDS
def test_a_roof_that_went_is_a_removed_structure_present_before_and_absent_since(seed):
    world = quiet_world(seed)
    world.roof(HALL, 160, slice(FROM))
    [structure] = traced(world).changed
    assert structure.class_ == "removed structure"
    assert iou(structure.outline, world.on_grid(HALL)) > 0.75
    assert states_of(structure) == ["present"] * FROM + ["absent"] * (26 - FROM)
    assert structure.last == Between(after=world.taken[FROM - 1], by=world.taken[FROM])
    assert structure.first == Between()


@SEEDS
def test_two_structures_built_months_apart_in_different_places_are_two(seed):
    world = quiet_world(seed, looks=34)
    one, other = rectangle(22, 22, 18, 11), rectangle(58, 56, 16, 12, 40)
    world.roof(one, 160, slice(8, None))
    world.roof(other, 150, slice(24, None))
    first, second = traced(world).changed
    assert is_at(first, one, world)
    assert is_at(second, other, world)
    assert (first.first.by, second.first.by) == (world.taken[8], world.taken[24])
    assert (first.label, second.label) == ("Structure A", "Structure B")


_PAD = rectangle(44, 40, 26, 18, 20)


@SEEDS
@pytest.mark.parametrize(("roof_in", "pad_in", "class_"), [
    (slice(FROM), slice(FROM, None), "removed structure"), (slice(FROM, None), slice(FROM), "new structure")])
def test_a_roof_on_a_pad_that_stands_out_too_is_read_by_what_stands_out_more(seed, roof_in, pad_in, class_):
    world = quiet_world(seed)
    world.roof(_PAD, 140, pad_in)
    world.roof(HALL, 210, roof_in)
    [structure] = traced(world).changed
    assert structure.class_ == class_
    assert is_at(structure, HALL, world)


@SEEDS
def test_another_roof_on_the_same_outline_is_the_same_structure_altered(seed):
    world = quiet_world(seed)
    world.roof(HALL, 160, slice(FROM))
    world.roof(HALL, 200, slice(FROM, None))
    [structure] = traced(world).changed
    assert structure.class_ == "altered structure"
    assert is_at(structure, HALL, world)
    assert structure.first == Between(after=world.taken[FROM - 1], by=world.taken[FROM])


@SEEDS
@pytest.mark.parametrize("backwards", [False, True])
def test_the_turn_to_the_last_surface_is_found_from_an_earlier_step(seed, backwards):
    world = quiet_world(seed, looks=40)
    world.till(_PAD, 25.0 * ((np.arange(40) >= 12) & (np.arange(40) < 17)))
    world.roof(HALL, 215, slice(17, None))
    views = world.views[::-1] if backwards else world.views
    mask = HALL.distance(views.shape[2:]) < 0
    place = Place(typical=np.median(views, axis=0), level=10.0, blur_px=0.8, days=10.0 * np.arange(40))
    crop, look = Crop(values=views, mask=mask, left=0, top=0), 27 if backwards else 11
    evidence = examine(crop, look, place, backwards=backwards)
    assert evidence.turn == (22 if backwards else 16)


@pytest.mark.parametrize("lies_off", [0, 20])
def test_what_came_and_what_went_there_at_that_time_are_one_altered_structure(lies_off):
    came, went = _hypothesis("new structure", 40.0), _hypothesis("removed structure", 41.0 + lies_off)
    merged = merge([came, went], np.full((26, 2), np.nan))
    apart = ["new structure", "removed structure"]
    assert [one.class_ for one in merged] == (apart if lies_off else ["altered structure"])


@pytest.mark.parametrize(("apart_px", "told"), [(1, ["new structure"]), (6, ["ground works", "new structure"])])
def test_works_on_the_ground_beside_a_structure_are_its_yard(apart_px, told):
    hall, works = _hypothesis("new structure", 40.0), _hypothesis("ground works", 54.0 + apart_px)
    assert sorted(one.class_ for one in merge([works, hall], np.full((26, 2), np.nan))) == told


def _hypothesis(class_: Kind, x: float) -> Hypothesis:
    change = detect_changes(with_hall().stack()).kept[0]
    shape = Rectangle(x=x, y=40.0, length=14.0, width=9.0, angle=0.0)
    evidence = Evidence(rectangle=shape, contrast=8, level=1, unevenness=0.05, fit=0.95, rim=1, stands_out=5, stays=1,
                        at_once=True, common=0.02, days=300, material=np.zeros(3), turn=FROM)
    return Hypothesis(change=change, look=FROM, class_=class_, rectangle=shape, chance=0.85, evidence=evidence)


def _row() -> World:
    world = quiet_world(1, looks=34)
    world.roof(rectangle(28, 40, 20, 12), 160, slice(10, None))
    world.roof(rectangle(49, 40, 20, 12), 160, slice(14, None))
    return world


def test_units_of_one_row_built_soon_after_each_other_are_one_structure_with_phases():
    world = _row()
    [structure] = traced(world).changed
    assert is_at(structure, rectangle(38.5, 40, 41, 12), world)
    assert [phase.between.by for phase in structure.phases] == [world.taken[10], world.taken[14]]
    assert structure.first.by == world.taken[10]


def test_neighbours_built_half_a_year_apart_are_two_structures():
    world = quiet_world(1, looks=40)
    one, other = rectangle(28, 40, 20, 12), rectangle(49, 40, 20, 12)
    world.roof(one, 160, slice(8, None))
    world.roof(other, 160, slice(28, None))
    first, second = traced(world).changed
    assert is_at(first, one, world)
    assert is_at(second, other, world)


# When


def _dated_by_clear_looks(structure: Structure) -> bool:
    when = structure.happened
    gone = structure.class_ == "removed structure"
    before, after = ("present", "absent") if gone else ("absent", "present")
    states = {look.taken: look.state for look in structure.looks}
    return (when.after is None or states[when.after] == before) and (when.by is None or states[when.by] == after)


@SEEDS
def test_an_unclear_view_never_dates_a_structure(seed):
    world = with_hall(seed)
    world.hidden[FROM - 3:FROM + 2, 20:60, 20:70] = True
    [structure] = traced(world).changed
    assert structure.first == Between(after=world.taken[FROM - 4], by=world.taken[FROM + 2])
    assert states_of(structure)[FROM - 3:FROM + 2] == ["unclear"] * 5


@settings(max_examples=12, deadline=None)
@given(starts=st.lists(st.integers(4, 20), min_size=1, max_size=6), left=st.integers(20, 60), removed=st.booleans())
def test_brackets_are_made_of_clear_looks_and_hold_the_truth_whatever_hides_the_place(starts, left, removed):
    world = quiet_world(1)
    world.roof(HALL, 160, slice(FROM) if removed else slice(FROM, None))
    for look in starts:
        world.hidden[look, :, left - 18:left + 18] = True
    for structure in traced(world).changed:
        if is_at(structure, HALL, world):
            assert _dated_by_clear_looks(structure)
            assert structure.happened.after < world.taken[FROM] <= structure.happened.by


@pytest.mark.parametrize("part", [rectangle(37.4, 37.6, 8, 14, 20), rectangle(40.4, 38.7, 14.3, 14, 20)])
def test_a_structure_that_is_built_in_part_in_some_looks_is_neither_absent_nor_present_in_them(part):
    world = quiet_world(1)
    world.roof(part, 160, slice(FROM - 2, FROM))
    world.roof(HALL, 160, slice(FROM, None))
    [structure] = traced(world).changed
    assert states_of(structure)[FROM - 2:FROM] == ["unclear", "unclear"]
    assert structure.first == Between(after=world.taken[FROM - 3], by=world.taken[FROM])


def test_ground_works_before_a_structure_are_its_first_phase():
    world = quiet_world(1, looks=40)
    world.till(rectangle(44, 40, 34, 26, 20), 40.0 * (np.arange(40) >= 12))
    world.roof(HALL, 210, slice(26, None))
    structure = next(s for s in traced(world).changed if is_at(s, HALL, world))
    assert structure.first == Between(after=world.taken[25], by=world.taken[26])
    assert structure.phases[0].name == "ground works"
    assert structure.phases[0].between == Between(after=world.taken[11], by=world.taken[12])


# References


def test_a_reference_is_listed_by_its_name_and_not_tested():
    world = with_hall()
    world.references = (world.named("old_hall", rectangle(15, 15, 14, 8)),)
    world.hidden[4, :30, :30] = True
    found = traced(world)
    reference = found["old_hall"]
    assert reference.class_ == "reference"
    assert reference.label == "old hall"
    assert reference.chance == 1
    assert reference.outline.equals(world.references[0].outline)
    assert states_of(reference) == ["unclear" if look == 4 else "present" for look in range(26)]
    assert [s.class_ for s in found.changed] == ["new structure"]


def test_a_reference_outside_the_images_is_unclear_in_every_look():
    world = with_hall()
    world.references = (world.named("far", rectangle(300, 300, 14, 8)),)
    assert set(states_of(traced(world)["far"])) == {"unclear"}


# What is said of each


def _busy() -> World:
    world = quiet_world(3, looks=40)
    world.roof(rectangle(20, 22, 16, 10, 15), 165, slice(10, None))
    world.roof(rectangle(58, 22, 14, 12), 150, slice(0, 18))
    world.roof(rectangle(24, 58, 18, 12, 60), 170, slice(22, None))
    world.roof(rectangle(58, 58, 10, 8, 30), 132, slice(26, None))
    world.references = (world.named("shed", rectangle(40, 10, 8, 5)),)
    return world


def test_the_numbers_of_a_structure_fit_together():
    world = _busy()
    found = traced(world)
    assert len(found.changed) >= 3
    assert len({structure.id for structure in found}) == len(found.records)
    for structure in found:
        assert 0 <= structure.chance <= 1
        assert structure.reasons
        assert [look.scene for look in structure.looks] == [fit.scene for fit in world.stack().used]
        assert all(0 <= look.chance <= 1 and 0 <= look.seen_share <= 1 for look in structure.looks)
        assert all(look.chance > 0.5 for look in structure.looks if look.state == "present")
        assert all(look.chance < 0.5 for look in structure.looks if look.state == "absent")
        assert to_pixels(structure.outline, world.grid).is_valid
    assert all(_dated_by_clear_looks(structure) for structure in found.changed)


def test_structures_name_the_changes_that_they_were_read_from():
    stack = _busy().stack()
    changes = detect_changes(stack)
    known = {change.id for change in changes.kept}
    found = trace_structures(changes, stack).changed
    assert found
    assert all(structure.changes and set(structure.changes) <= known for structure in found)


def test_labels_follow_the_order_of_time():
    changed = traced(_busy()).changed
    assert [structure.label for structure in changed] == [f"Structure {letter}" for letter in "ABCDEFG"[:len(changed)]]
    assert [s.happened.by for s in changed] == sorted(s.happened.by for s in changed)


# The same again


@pytest.mark.parametrize("world", [_busy(), _row()], ids=["busy", "row"])
def test_the_order_of_the_changes_does_not_matter(world):
    stack = world.stack()
    changes = detect_changes(stack)
    found = trace_structures(changes, stack)
    for records in (changes.records[::-1], changes.records[1:] + changes.records[:1]):
        assert trace_structures(replace(changes, records=records), stack) == found


def test_the_same_changes_give_the_same_structures():
    stack = _busy().stack()
    changes = detect_changes(stack)
    assert trace_structures(changes, stack) == trace_structures(changes, stack)


def test_a_further_structure_elsewhere_leaves_the_ids_of_the_others():
    world = with_hall(1)
    [alone] = traced(world).changed
    world.roof(rectangle(17, 64, 16, 10), 150, slice(8, None))
    both = traced(world).changed
    assert len(both) == 2
    assert alone.id in {structure.id for structure in both}


def test_a_world_that_lies_some_pixels_off_has_its_structures_as_much_off():
    stack = with_hall(1).stack()
    rolled = replace(stack, data=stack.data.roll(x=6, y=-10))
    [here], [there] = (trace_structures(detect_changes(s), s).changed for s in (stack, rolled))
    moved = (there.outline.centroid.x - here.outline.centroid.x, there.outline.centroid.y - here.outline.centroid.y)
    assert moved == (pytest.approx(18, abs=0.3), pytest.approx(30, abs=0.3))
    assert there.outline.area == pytest.approx(here.outline.area, rel=0.02)
    assert states_of(here) == states_of(there)
