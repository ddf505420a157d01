"""Two looks and no more: what differs is told with its bracket and a low chance, or it is said why nothing can be."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from tests.worlds import World, iou, rectangle, with_scenes

from sitewatch.changes import ChangesOptions, _pair, detect_changes
from sitewatch.changes._patches import patches_between

_HALL = rectangle(60, 50, 24, 16, 20)
_LOW = 0.5


def _world(seed: int = 0, looks: int = 2, bands: int = 4, years: float = 1.0) -> World:
    """The same ground a year later, in another light where there are two looks only."""
    world = World(seed, looks=looks, bands=bands, size_px=128, every_days=365 * years)
    world.wander(0.1)
    if looks == 2:
        world.gain, world.offset = world.draw.uniform(0.8, 1.2, 2), world.draw.uniform(-15, 15, 2)
    return world


@pytest.mark.parametrize(("level", "kind"), [(165, "appeared"), (40, "appeared")])
def test_a_new_hall_is_found_between_two_looks_with_their_days_and_a_low_chance(level, kind):
    world = _world()
    world.roof(_HALL, level, slice(1, None))
    found = detect_changes(with_scenes(world.stack()))
    change = max(found.kept, key=lambda one: one.strength)
    assert iou(change.outline, world.on_grid(_HALL)) > 0.6
    assert (change.between.after, change.between.by) == tuple(world.taken)
    assert change.kind == kind
    assert change.chance <= _LOW
    assert found.false_alarms_per_year == 1.0


def test_a_hall_that_went_is_found_too():
    world = _world(1)
    world.roof(_HALL, 165, slice(1))
    change = max(detect_changes(with_scenes(world.stack())).kept, key=lambda one: one.strength)
    assert iou(change.outline, world.on_grid(_HALL)) > 0.6
    assert change.kind == "vanished"


@pytest.mark.parametrize("asked", [0.5, 1.0])
def test_where_nothing_changed_no_more_places_are_kept_than_were_asked_for(asked):
    options = ChangesOptions(false_alarms_per_year=asked)
    kept = [len(detect_changes(with_scenes(_world(seed).stack()), options).kept) for seed in range(8)]
    assert np.mean(kept) <= asked


def test_half_a_year_apart_two_looks_are_not_compared_and_every_candidate_says_so():
    world = _world(years=0.5)
    world.roof(_HALL, 165, slice(1, None))
    found = detect_changes(with_scenes(world.stack()))
    assert not found.kept
    assert any("too unlike to be compared" in (one.why_not or "") and "6 months apart" in one.why_not for one in found)


def test_two_looks_two_months_apart_in_season_give_a_lower_chance():
    same, later = _world(2), _world(2)
    for world in (same, later):
        world.taken = [taken.replace(hour=0, minute=0) for taken in world.taken]  # a day alone: the sun is not known
        world.roof(_HALL, 165, slice(1, None))
    later.taken[1] += timedelta(days=60)
    best = [max(one.chance for one in detect_changes(with_scenes(world.stack())).kept) for world in (same, later)]
    assert best[1] < best[0]


def test_a_pair_that_differs_over_much_of_the_ground_abstains(monkeypatch):
    monkeypatch.setattr(_pair, "_FLOOD", 0.02)  # the hall covers so much
    world = _world(3)
    world.roof(_HALL, 165, slice(1, None))
    found = detect_changes(with_scenes(world.stack()))
    assert not found.kept
    assert any("of the ground differs" in (one.why_not or "") for one in found)


def test_what_goes_back_in_a_third_look_is_a_passing_thing():
    world = _world(4, looks=3)
    world.roof(_HALL, 165, slice(1, 2))
    found = detect_changes(with_scenes(world.stack()))
    assert not [one for one in found.kept if iou(one.outline, world.on_grid(_HALL)) > 0.3]
    assert any("passing thing" in (one.why_not or "") for one in found)


def test_what_stays_over_five_looks_is_found_between_the_two_that_show_it_come():
    world = _world(5, looks=5)
    world.roof(_HALL, 165, slice(3, None))
    change = max(detect_changes(with_scenes(world.stack())).kept, key=lambda one: one.strength)
    assert (change.between.after, change.between.by) == (world.taken[2], world.taken[3])


def test_six_looks_are_a_series_with_its_own_past():
    world = _world(6, looks=6)
    assert with_scenes(world.stack()).is_series
    assert not with_scenes(_world(6, looks=5).stack()).is_series


def test_what_one_look_hides_is_not_compared():
    world = _world(7)
    world.roof(_HALL, 165, slice(1, None))
    world.hidden[1, 30:75, 35:90] = True
    found = detect_changes(with_scenes(world.stack()))
    assert not [one for one in found.kept if one.outline.intersects(world.on_grid(_HALL))]


def test_a_control_keeps_its_word():
    world = _world(8)
    world.roof(_HALL, 165, slice(1, None))
    world.controls = (world.named("yard", _HALL),)
    assert any("control area yard" in (one.why_not or "") for one in detect_changes(with_scenes(world.stack())))


def test_a_field_that_changes_its_colour_counts_less_than_a_roof_as_strong():
    field, roof = _world(9), _world(9)
    field.roof(_HALL, 60, slice(0, 1))
    field.roof(_HALL, 140, slice(1, None))   # its edges stand in both looks
    roof.roof(_HALL, 180, slice(1, None))
    one, other = (patches_between(*world.stack().values, sigma_px=0.1, blur_px=0.8, gsd_m=3.0).strengths.max(initial=0)
                  for world in (field, roof))
    assert one < other / 2


def test_fine_pixels_are_compared_at_two_metres():
    world = _world(10)
    world.roof(_HALL, 165, slice(1, None))
    one, other = (view.repeat(4, axis=1).repeat(4, axis=2) for view in with_scenes(world.stack()).values)
    found = patches_between(one, other, sigma_px=0.4, blur_px=3.2, gsd_m=0.5)
    assert found.labels.shape == (512, 512)
    assert (found.labels[200, 240] > 0) == (found.strengths.max() > 0)


def test_the_same_looks_give_the_same_bytes():
    one, other = (detect_changes(with_scenes(_world(11).stack())) for _ in range(2))
    assert one == other
