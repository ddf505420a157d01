"""Veils: a view that haze or shadow dulls from edge to edge is no look; one with less light, or other ground, is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.worlds import World, texture

from sitewatch.stack import build_stack
from sitewatch.stack._normalise import Line
from sitewatch.stack._veil import veiled_pixels

_AIR, _LOOK, _LOOKS = 230.0, 10, 20


def _views(seed: int = 0, size_px: int = 96, bands: int = 1, noise: float = 3) -> np.ndarray:
    """(time, band, y, x) looks at one ground, each with its own noise."""
    draw = np.random.default_rng(seed)
    ground = 100 + 30 * texture(draw, size_px, bands)
    return (ground + draw.normal(0, noise, (_LOOKS, bands, size_px, size_px))).astype(np.float32)


def _hazy(view: np.ndarray, least: float, most: float) -> np.ndarray:
    """A (..., y, x) view through a veil that takes that much of its light, and more of it here than there."""
    rows, columns = np.mgrid[:view.shape[-2], :view.shape[-1]] / view.shape[-1] * 2 * np.pi
    waves = np.sin(rows) + np.cos(columns + 2) + np.sin(2 * columns + rows)
    through = 1 - least - (most - least) * (waves - waves.min()) / np.ptp(waves)
    return np.asarray(through * view + (1 - through) * _AIR)


def _found(views: np.ndarray, every_days: float = 10, gain: float = 1) -> np.ndarray:
    """(time, y, x) bool; the stack's scale is that of the views, which were delivered at another ``gain``."""
    taken = [datetime(2020, 1, 4, tzinfo=UTC) + timedelta(days=every_days * i) for i in range(len(views))]
    lines = [[Line(gain=gain, offset=0, correlation=1)] * views.shape[1]] * len(views)
    return veiled_pixels(views, np.isnan(views[:, 0]), lines, np.ones(len(views), bool), taken)


def _veiled(views: np.ndarray, every_days: float = 10, gain: float = 1) -> list[int]:
    """The looks of which something is veiled, and then all of it."""
    found = _found(views, every_days, gain)
    assert np.array_equal(found.any(axis=(1, 2)), found.all(axis=(1, 2)))
    return [int(i) for i in np.flatnonzero(found.any(axis=(1, 2)))]


def _refused(world: World, folder) -> set[int]:
    return {int(fit.scene[-2:]) for fit in build_stack(world.scenes(folder)).fits if not fit.used}


@pytest.mark.parametrize("looks", [[_LOOK], [0, 19]])
def test_a_look_in_the_shadow_of_a_cloud_is_refused(tmp_path, looks):
    world = World(4, looks=_LOOKS, bands=4)
    world.gain[looks], world.noise[looks] = 0.3, 1.5
    assert _refused(world, tmp_path) == set(looks)


def test_a_look_through_an_even_veil_that_still_shows_the_ground_is_kept(tmp_path):
    world = World(3, looks=_LOOKS, bands=4)
    world.offset[_LOOK] = 450
    assert not _refused(world, tmp_path)


def test_what_a_veiled_look_shows_does_not_make_ground_of_the_same_in_the_next(tmp_path):
    world = World(5, looks=_LOOKS, bands=4)
    clouds = [world.cloud(look, 40, 44, 8, 165) for look in (_LOOK, _LOOK + 1)]
    world.gain[_LOOK], world.noise[_LOOK] = 0.3, 1
    stack = build_stack(world.scenes(tmp_path))
    assert len(stack.used) == _LOOKS - 1
    assert np.isnan(stack.values[_LOOK, 0])[clouds[1] > 0.5].mean() > 0.95


def test_a_cloud_over_a_part_leaves_the_rest_of_the_look(tmp_path):
    world = World(10, looks=_LOOKS, bands=4)
    cloud = world.cloud(_LOOK, 25, 25, 25, _AIR)
    stack = build_stack(world.scenes(tmp_path))
    unseen = np.isnan(stack.values[_LOOK, 0])
    assert len(stack.used) == _LOOKS
    assert unseen[cloud > 0.5].mean() > 0.95
    assert unseen[cloud < 0.01].mean() < 0.3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bands", [1, 4])
def test_uneven_haze_is_a_veil_and_even_haze_is_none(seed, bands):
    views = _views(seed, bands=bands)
    views[4] = _hazy(views[4], 0.45, 0.45)
    views[_LOOK] = _hazy(views[_LOOK], 0.2, 0.65)
    assert _veiled(views) == [_LOOK]


@pytest.mark.parametrize(("noise", "least", "most"), [(0.5, 0.42, 0.48), (25, 0.45, 0.45)])
def test_haze_through_which_the_ground_shows_as_well_as_in_other_looks_is_no_veil(noise, least, most):
    views = _views(11, noise=noise)
    views[_LOOK] = _hazy(views[_LOOK], least, most)
    assert not _veiled(views)


def test_haze_is_found_where_crops_make_looks_unlike_each_other():
    views = _views(12)
    fields = np.random.default_rng(12).normal(0, 40, (_LOOKS, 1, 4, 2)).astype(np.float32)
    views[:, :, :, :40] += np.kron(fields, np.ones((24, 20), np.float32))
    views[_LOOK] = _hazy(views[_LOOK], 0.2, 0.65)
    assert _veiled(views) == [_LOOK]


def test_two_hazy_looks_in_a_row_are_found():
    views = _views(1)
    views[9], views[_LOOK] = _hazy(views[9], 0.65, 0.2), _hazy(views[_LOOK], 0.2, 0.65)
    assert _veiled(views) == [9, _LOOK]


def test_light_and_air_as_they_change_from_look_to_look_are_no_veil():
    views, draw = _views(2), np.random.default_rng(2)
    views = views * draw.uniform(0.7, 1.4, (_LOOKS, 1, 1, 1)) + draw.uniform(-10, 40, (_LOOKS, 1, 1, 1))
    views[_LOOK] = _hazy(views[_LOOK], 0.05, 0.2)
    assert not _veiled(views)


@pytest.mark.parametrize(("gain", "offset"), [(0.3, 0), (1, 450)])
def test_light_that_gets_dim_or_dull_and_stays_so_is_no_veil(gain, offset):
    views = _views(3)
    views[_LOOK:] = gain * views[_LOOK:] + offset
    assert not _veiled(views)


def test_a_look_without_snow_between_looks_with_it_is_no_veil():
    views = _views(4)
    views[[7, 8, 9, 11, 12, 13]] *= 3
    assert not _veiled(views)


def test_what_one_look_alone_shows_is_no_veil_where_looks_are_months_apart():
    views = _views(5)
    views[_LOOK] = _hazy(views[_LOOK], 0.2, 0.65)
    assert _veiled(views) == [_LOOK]
    assert not _veiled(views, every_days=70)


@pytest.mark.parametrize("starts", [2, _LOOK, 18])
def test_white_roofs_over_a_third_of_a_site_are_no_veil(starts):
    views = _views(6)
    views[starts:, :, :, 60:] = _AIR
    assert not _veiled(views)


@pytest.mark.parametrize("looks", [slice(9, 11), slice(9, 10)])
def test_cleared_earth_over_a_third_of_a_site_and_a_roof_after_it_are_no_veil(looks):
    views = _views(7)
    views[looks, :, :, 60:] = 190
    views[looks.stop:, :, :, 60:] = 60
    assert not _veiled(views)


def test_haze_over_one_half_of_a_large_site_leaves_the_other():
    views = _views(8, 512)[6:14]
    views[4, 0, :, :256] = np.vstack([_hazy(half, 0.2, 0.65) for half in np.split(views[4, 0, :, :256], 2)])
    veiled = _found(views)
    assert veiled[4, :, :256].all()
    assert veiled.sum() == veiled[4, :, :256].sum()


@pytest.mark.parametrize("gain", [0.001, 40.0])
def test_what_a_veil_is_does_not_depend_on_the_unit_of_the_pixels(gain):
    views = _views(9)
    views[_LOOK] = _hazy(views[_LOOK], 0.2, 0.65)
    views[4] *= 0.3
    assert _veiled(views, gain=gain) == [4, _LOOK]


def test_what_is_not_seen_is_not_judged():
    views = _views(10)
    views[2], views[3, :, 10:] = np.nan, np.nan
    views[[3, 5]] *= 0.3
    assert _veiled(views) == [5]
    assert not _veiled(np.full_like(views, np.nan))
