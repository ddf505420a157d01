"""Where did the ground depart from its own past? What came or went and stayed is kept; the rest has a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely import affinity
from tests.worlds import World, iou, rectangle

from sitewatch.changes import ChangesOptions, detect_changes
from sitewatch.changes._judge import named
from sitewatch.model import Change, Changes, Stack

_HALL = rectangle(44, 40, 22, 14, 20)
_FROM = 13  # the first look that shows what came
_SEEDS = pytest.mark.parametrize("seed", range(3))


def _world(seed: int = 0, looks: int = 26, bands: int = 3) -> World:
    world = World(seed, looks=looks, bands=bands, size_px=80)
    world.wander(0.06)
    return world


def _built(seed: int = 0, looks: int = 26, bands: int = 3) -> World:
    world = _world(seed, looks, bands)
    world.roof(_HALL, 160, slice(_FROM, None))
    return world


def _there(found: Changes, world: World) -> Change:
    """The kept change that covers the hall best."""
    return max(found.kept, key=lambda change: iou(change.outline, world.on_grid(_HALL)))


# What is kept


@_SEEDS
@pytest.mark.parametrize("bands", [1, 3])
def test_a_roof_that_appears_is_found_where_and_when_it_came(seed, bands):
    world = _built(seed, bands=bands)
    found = detect_changes(world.stack())
    [change] = found.kept
    assert change.kind == "appeared"
    assert iou(change.outline, world.on_grid(_HALL)) > 0.5
    assert (change.between.after, change.between.by) == (world.taken[_FROM - 1], world.taken[_FROM])
    assert all(part > 0 for part in change.step)


@_SEEDS
def test_a_roof_that_vanishes_is_found_where_and_when_it_went(seed):
    world = _world(seed)
    world.roof(_HALL, 160, slice(_FROM))
    [change] = detect_changes(world.stack()).kept
    assert change.kind == "vanished"
    assert iou(change.outline, world.on_grid(_HALL)) > 0.5
    assert (change.between.after, change.between.by) == (world.taken[_FROM - 1], world.taken[_FROM])
    assert all(part < 0 for part in change.step)


def test_a_dark_roof_on_bright_ground_is_a_change_too():
    world = _world()
    world.roof(_HALL, 45, slice(_FROM, None))
    [change] = detect_changes(world.stack()).kept
    assert change.kind == "appeared"
    assert iou(change.outline, world.on_grid(_HALL)) > 0.5


def test_a_new_colour_of_the_same_brightness_is_a_change():
    world = _world()
    world.roof(_HALL, np.array([130.0, 100.0, 70.0]), slice(_FROM, None))
    assert iou(_there(detect_changes(world.stack()), world).outline, world.on_grid(_HALL)) > 0.5


@_SEEDS
def test_looks_in_which_the_place_is_hidden_widen_the_bracket_but_it_holds_the_truth(seed):
    world = _built(seed)
    world.hidden[_FROM - 2:_FROM + 3, 20:60, 20:70] = True
    change = _there(detect_changes(world.stack()), world)
    assert (change.between.after, change.between.by) == (world.taken[_FROM - 3], world.taken[_FROM + 3])


def test_two_roofs_built_at_different_times_are_two_changes():
    world = _world()
    one, other = rectangle(22, 22, 16, 10), rectangle(58, 58, 16, 10, 45)
    world.roof(one, 160, slice(7, None))
    world.roof(other, 150, slice(17, None))
    kept = sorted(detect_changes(world.stack()).kept, key=lambda change: change.between.by)
    assert [change.between.by for change in kept] == [world.taken[7], world.taken[17]]
    assert all(iou(change.outline, world.on_grid(true)) > 0.5 for change, true in zip(kept, (one, other), strict=True))


def test_a_place_that_changed_twice_has_two_changes_and_each_is_recorded_once():
    world = _world(looks=40)
    world.roof(_HALL, 140, slice(_FROM, 26))
    world.roof(_HALL, 190, slice(26, None))
    found = detect_changes(world.stack())
    assert sorted(change.between.by for change in found.kept) == [world.taken[_FROM], world.taken[26]]
    assert len({change.id for change in found}) == len(found.records)


def test_things_at_opposite_sides_of_the_picture_are_not_one():
    world = _world()
    world.roof(rectangle(76, 38, 12, 16), 160, slice(_FROM, None))
    world.roof(rectangle(4, 40, 12, 16), 160, slice(_FROM, None))
    assert len(detect_changes(world.stack()).kept) == 2


def test_a_bright_and_a_dark_roof_that_give_way_to_one_surface_are_two_changes():
    world = _world()
    bright, dark = rectangle(31, 40, 16, 14), rectangle(47, 40, 16, 14)
    world.roof(bright, 170, slice(_FROM))
    world.roof(dark, 40, slice(_FROM))
    world.roof(rectangle(39, 40, 32, 14), 105, slice(_FROM, None))
    kept = detect_changes(world.stack()).kept
    assert len(kept) == 2
    assert {change.step[0] > 0 for change in kept} == {True, False}


# What is not


@_SEEDS
def test_a_vehicle_that_is_there_in_one_or_two_looks_is_not_kept(seed):
    world = _world(seed)
    world.roof(rectangle(25, 30, 8, 5), 220, slice(10, 12))
    world.roof(rectangle(60, 55, 7, 5, 30), 20, slice(16, 17))
    world.roof(_HALL, 190, slice(20, 22))
    assert detect_changes(world.stack()).kept == ()


@pytest.mark.parametrize("months", [0, 5])
@pytest.mark.parametrize("swing", [10, 25])
def test_a_field_that_comes_and_goes_with_the_seasons_is_not_kept(months, swing):
    world = World(2, looks=50, bands=3, size_px=72, every_days=18)
    years = np.arange(50) * 18 / 365.25 + months / 12
    world.till(rectangle(36, 36, 40, 26, 10), swing * np.sin(2 * np.pi * years))
    assert detect_changes(world.stack()).kept == ()


@_SEEDS
def test_views_that_lie_a_little_off_at_strong_edges_make_no_change(seed):
    world = World(seed, looks=26, bands=3, size_px=80)
    world.roof(_HALL, 220)
    world.wander(0.15)
    world.shift_px[_FROM:, 0] += 0.15
    assert detect_changes(world.stack(shift_sigma_px=0.15)).kept == ()


def test_a_change_within_a_control_is_rejected_as_a_false_alarm():
    world = _built()
    without = detect_changes(world.stack())
    world.controls = (world.named("yard", rectangle(44, 40, 32, 24, 20)),)
    found = detect_changes(world.stack())
    assert len(without.kept) == 1
    assert found.kept == ()
    assert any("control area yard" in (change.why_not or "") for change in found)


def test_a_control_elsewhere_rejects_nothing():
    world = _built()
    world.controls = (world.named("field", rectangle(12, 12, 10, 10)),)
    assert len(detect_changes(world.stack()).kept) == 1


def test_what_was_never_seen_did_not_change():
    world = _built()
    world.hidden[:, :, :40] = True
    world.hidden[5] = True
    found = detect_changes(world.stack())
    assert all(world.grid.affine.c + 3 * 39 <= change.outline.bounds[0] for change in found)


def test_a_change_in_the_last_look_or_two_is_not_yet_one():
    world = _world()
    world.roof(_HALL, 160, slice(24, None))
    assert detect_changes(world.stack()).kept == ()


def test_where_no_place_has_so_many_looks_nothing_changed():
    assert detect_changes(_built().stack(), ChangesOptions(min_looks=30)).records == ()


@pytest.mark.parametrize("level", [30, 240])
def test_a_strong_small_roof_all_of_whose_pixels_are_rim_is_one_change(level):
    world = _world()
    small = rectangle(40.3, 40.4, 4, 4, 30)
    world.roof(small, level, slice(_FROM, None))
    [change] = detect_changes(world.stack()).kept
    assert iou(change.outline, world.on_grid(small)) > 0.5


# What is said of each


def _busy() -> World:
    """A roof, a season, a passing thing and restless ground: kept and rejected candidates."""
    world = World(3, looks=44, bands=3, size_px=80, every_days=16)
    world.wander(0.1)
    world.roof(rectangle(20, 22, 16, 10, 15), 165, slice(20, None))
    years = np.arange(44) * 16 / 365.25
    world.till(rectangle(58, 24, 26, 22), 22 * np.sin(2 * np.pi * years))
    world.till(rectangle(24, 60, 26, 22), 20.0 * ((np.arange(44) > 14) & (np.arange(44) < 22)))
    world.till(rectangle(60, 60, 24, 22), np.cumsum(world.draw.normal(0, 4, 44)))
    return world


@pytest.fixture(scope="module")
def busy() -> Stack:
    return _busy().stack()


def test_every_candidate_is_kept_or_has_its_reason(busy):
    found = detect_changes(busy)
    rejected = [change for change in found if change.why_not is not None]
    assert found.kept
    assert rejected
    assert all(change.why_not for change in rejected)
    assert any("season or a passing thing" in change.why_not for change in rejected)


def test_the_numbers_of_a_change_fit_together(busy):
    found = detect_changes(busy)
    assert len({change.id for change in found}) == len(found.records)
    for change in found:
        assert 0 <= change.chance <= 1
        assert change.false_alarms >= 0
        assert change.outline.is_valid
        assert change.outline.area > 0
        assert change.between.after < change.between.by
    for change in found.kept:
        assert change.strength >= found.threshold
        assert change.false_alarms <= found.false_alarms_per_year
    by_strength = sorted(found, key=lambda change: change.strength)
    alarms = [change.false_alarms for change in by_strength]
    assert alarms == sorted(alarms, reverse=True)


def test_fewer_false_alarms_cost_weaker_changes(busy):
    few, many = (detect_changes(busy, ChangesOptions(false_alarms_per_year=rate)) for rate in (0.01, 20.0))
    assert few.threshold >= many.threshold
    assert {change.id for change in few.kept} <= {change.id for change in many.kept}


def test_a_stack_searched_again_with_its_own_threshold_keeps_the_same(busy):
    first = detect_changes(busy)
    assert {change.id for change in detect_changes(busy, threshold=first.threshold).kept} == {
        change.id for change in first.kept}


def test_nothing_weaker_than_a_given_threshold_is_recorded(busy):
    first = detect_changes(busy)
    middle = float(np.median([change.strength for change in first]))
    again = detect_changes(busy, threshold=middle)
    assert 0 < len(again.records) < len(first.records)
    assert all(change.strength >= round(middle, 2) for change in again)


def test_the_smallest_thing_that_is_surely_found_grows_with_the_blur():
    sharp, soft = World(1, looks=12, size_px=40), World(1, looks=12, size_px=40)
    soft.blur_px = 2.0
    small, large = (detect_changes(world.stack()).smallest_px for world in (sharp, soft))
    assert 9 <= small < large


def test_a_thing_of_the_smallest_sure_size_is_found():
    world = _world()
    side = np.sqrt(detect_changes(world.stack()).smallest_px) + 0.5
    small = rectangle(40, 40, side, side, 30)
    world.roof(small, 160, slice(_FROM, None))
    assert any(iou(change.outline, world.on_grid(small)) > 0.4 for change in detect_changes(world.stack()).kept)


# The same again


def test_the_same_stack_gives_the_same_changes(busy):
    assert detect_changes(busy) == detect_changes(busy)


def test_a_world_that_lies_some_pixels_off_has_its_changes_as_much_off():
    world = _built(1)
    stack = world.stack()
    rolled = replace(stack, data=stack.data.roll(x=6, y=-10))
    [here], [there] = detect_changes(stack).kept, detect_changes(rolled).kept
    assert iou(affinity.translate(here.outline, 6 * 3, 10 * 3), there.outline) > 0.97
    assert (here.kind, here.between) == (there.kind, there.between)
    assert there.strength == pytest.approx(here.strength, rel=0.02)


def test_a_weaker_change_elsewhere_leaves_the_id_of_a_stronger_one():
    world = _built(1)
    [alone] = detect_changes(world.stack()).kept
    world.roof(rectangle(16, 66, 10, 8), 130, slice(17, None))
    both = detect_changes(world.stack()).kept
    assert len(both) == 2
    assert alone.id in {change.id for change in both}


def test_of_two_changes_of_one_day_and_place_each_has_an_id_of_its_own():
    [change] = detect_changes(_built(1).stack()).kept
    first, second = named([change, replace(change, strength=change.strength / 2)])
    assert first.id == change.id
    assert second.id == f"{change.id}-2"


def test_how_far_it_is_can_be_followed():
    told: list[tuple[str, int, int]] = []
    detect_changes(_built().stack(), progress=lambda *step: told.append(step))
    assert told
    assert told[-1][1] == told[-1][2]
