"""Seeing: what passes is not ground, what is being built is, however unlike the ground before and after it looks."""

from __future__ import annotations

import numpy as np
import pytest
from tests.worlds import World, rectangle

from sitewatch.stack import build_stack
from sitewatch.stack._see import unclear_pixels

_HALL = rectangle(60, 32, 22, 14, 25)
_SITE = rectangle(60, 32, 30, 22, 25)
_EARTH, _SLAB, _ROOF, _WHITE = 165.0, 210.0, 70.0, 235.0


def _works(seed: int) -> World:
    """Cleared earth in looks 8 to 10, a pale slab in 11 and 12, then a dark roof: brighter than before and after."""
    world = World(seed, looks=24, bands=4)
    world.roof(_SITE, _EARTH, slice(8, 13))
    world.roof(_HALL, _SLAB, slice(11, 13))
    world.roof(_SITE, 90.0, slice(13, None))
    world.roof(_HALL, _ROOF, slice(13, None))
    return world


def _unseen(world: World, folder, masks=None) -> np.ndarray:
    """(look, y, x) bool; every look is used."""
    stack = build_stack(world.scenes(folder, masks))
    assert len(stack.used) == len(world.taken)
    return np.isnan(stack.values[:, 0])


def _within(world: World, where=_HALL) -> np.ndarray:
    return where.seen(world.views.shape[2:], world.blur_px) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_cleared_earth_and_a_slab_that_stay_for_some_looks_are_ground(tmp_path, seed):
    world = _works(seed)
    unseen = _unseen(world, tmp_path)
    assert unseen[:, _within(world, _SITE)].mean(axis=1).max() < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_a_state_that_one_look_alone_shows_is_ground_where_the_ground_changes_anyway(tmp_path, seed):
    world = World(seed, looks=20, bands=4)
    world.roof(_HALL, _SLAB, slice(9, 10))
    world.roof(_HALL, 140.0, slice(10, None))
    assert _unseen(world, tmp_path)[9, _within(world)].mean() < 0.02


def test_the_same_in_one_look_where_nothing_changes_is_a_passing_thing(tmp_path):
    world = World(0, looks=20, bands=4)
    world.roof(_HALL, _SLAB, slice(9, 10))
    assert _unseen(world, tmp_path)[9, _within(world)].mean() > 0.95


@pytest.mark.parametrize("level", [45.0, 230.0])
def test_a_cloud_over_a_building_site_is_not_ground(tmp_path, level):
    world = _works(1)
    cloud = world.cloud(9, 56, 36, 22, level)
    unseen = _unseen(world, tmp_path)
    assert unseen[9][cloud > 0.5].mean() > 0.9
    assert unseen[[8, 10]][:, _within(world)].mean() < 0.05


def test_clouds_in_two_looks_that_overlap_elsewhere_are_not_ground(tmp_path):
    world = World(2, looks=16, bands=4)
    clouds = {7: world.cloud(7, 40, 44, 15, 235.0), 8: world.cloud(8, 60, 56, 15, 205.0)}
    unseen = _unseen(world, tmp_path)
    for look, cloud in clouds.items():
        assert unseen[look][cloud > 0.5].mean() > 0.9


@pytest.mark.parametrize("starts", [5, 15, 21, 22])
def test_a_new_white_roof_is_never_left_out_for_more_than_two_looks(tmp_path, starts):
    world = World(3, looks=24, bands=4)
    world.roof(_HALL, _WHITE, slice(starts, None))
    missed = _unseen(world, tmp_path)[:, _within(world)].mean(axis=1) > 0.5
    assert missed.sum() <= 2
    assert not missed[:starts].any()


def test_the_edges_of_a_providers_mask_are_left_out_with_it(tmp_path):
    world = World(4, looks=8, bands=4)
    mask = np.ones((96, 96))
    mask[30:50, 40:60] = 0
    unseen = _unseen(world, tmp_path, {3: mask})[3]
    assert unseen[30:50, 39:61].all()
    assert unseen[29:51, 40:60].all()
    assert not unseen[40, :32].any()


def test_thin_cloud_beside_what_the_provider_hides_is_left_out_sooner_than_elsewhere(tmp_path):
    shares = []
    for masks in (None, True):
        world = World(5, looks=16, bands=4)
        mask = np.ones((96, 96))
        mask[40:56, 40:56] = 0
        thin = np.zeros((96, 96), bool)
        thin[37:59, 37:59] = True
        thin[39:57, 39:57] = False
        world.views[8] += np.where(thin | (mask == 0), 1.8, 0.0)
        folder = tmp_path / str(masks)
        folder.mkdir()
        shares.append(_unseen(world, folder, {8: mask} if masks else None)[8][thin].mean())
    assert shares[1] > shares[0] + 0.3


def test_a_season_that_stays_is_ground(tmp_path):
    world = World(6, looks=24, bands=4)
    levels = np.zeros(24)
    levels[10:14] = 20.0
    world.till(rectangle(48, 48, 40, 30), levels)
    assert _unseen(world, tmp_path).mean() < 0.01


def test_how_many_rows_are_judged_at_a_time_changes_no_pixel():
    world = World(7, looks=14, bands=1)
    world.cloud(5, 40, 44, 15, 235.0)
    world.cloud(13, 60, 30, 24, 205.0)  # in the last look, where broad means reach far beyond a strip
    brightness = world.views[:, 0].astype(np.float32)
    brightness[3, 20:50, 30:60] = np.nan
    brightness[11:, 70:90, 10:40] = np.nan
    usable = np.ones(14, bool)
    usable[6] = False
    whole = unclear_pixels(brightness[:, None], usable, 96)
    assert whole[13].mean() > 0.1
    for rows in (None, 5, 32):
        assert np.array_equal(unclear_pixels(brightness[:, None], usable, rows), whole)
