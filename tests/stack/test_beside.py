"""A new look laid beside a stack lies where the whole, built anew, has it, within stated tolerances."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.worlds import World, rectangle

from sitewatch.model import Scenes, Stack
from sitewatch.stack import StackOptions, build_stack, lay_beside

_PLACE_PX, _LEVEL, _HIDDEN = 0.1, 0.5, 0.02   # pixels per axis; noises of a look, in the median; share of a look


def _first(scenes: Scenes, count: int) -> Scenes:
    return replace(scenes, scenes=scenes.scenes[:count])


_FIXED = StackOptions(zero="look-00")   # else a new look moves the middle of all by a part of how far they wander


def _laid(scenes: Scenes) -> Stack:
    longer = lay_beside(build_stack(_first(scenes, len(scenes.scenes) - 1), _FIXED), scenes, _FIXED)
    assert longer is not None
    return longer


@pytest.mark.parametrize("seed", range(3))
def test_a_look_laid_beside_the_others_is_what_the_whole_has_of_it(tmp_path, seed):
    world = World(seed, looks=16, bands=4)
    world.wander(0.8)
    world.gain, world.offset = world.draw.uniform(0.95, 1.05, 16), world.draw.uniform(-5, 5, 16)
    world.roof(rectangle(60, 32, 22, 14, 25), 180, slice(13, None))
    world.cloud(15, 30, 60, 12)
    scenes = world.scenes(tmp_path)
    one, whole = _laid(scenes), build_stack(scenes, _FIXED)
    assert [fit.scene for fit in one.used] == [fit.scene for fit in whole.used] == list(one.data["scene"].values)
    moved = np.array([(a.shift_x_px - b.shift_x_px, a.shift_y_px - b.shift_y_px)
                      for a, b in zip(one.fits, whole.fits, strict=True)])
    assert np.abs(moved).max() < _PLACE_PX
    seen, other = np.isfinite(one.values[:, 0]), np.isfinite(whole.values[:, 0])
    assert (seen != other).mean(axis=(1, 2)).max() < _HIDDEN
    noise = whole.data["noise"].values
    for ours, theirs, usual in zip(one.values, whole.values, noise, strict=True):
        assert (np.nanmedian(np.abs(ours - theirs), axis=(1, 2)) < _LEVEL * usual).all()


def test_what_a_later_look_tells_of_the_latest_ones_is_told(tmp_path):
    world = World(5, looks=14, bands=4)
    roof = rectangle(48, 48, 30, 24, 10)
    world.roof(roof, 190, slice(12, None))
    longer = _laid(world.scenes(tmp_path))
    inside = roof.seen(world.views.shape[2:], world.blur_px) > 0.9
    assert np.isfinite(longer.values[-2:, 0][:, inside]).mean() > 0.98   # it stays, so it is ground in both


def test_a_look_that_only_a_cloud_is_in_is_refused_as_the_whole_refuses_it(tmp_path):
    world = World(1, looks=12, bands=4)
    world.cloud(11, 48, 48, 52)
    scenes = world.scenes(tmp_path)
    longer, whole = lay_beside(build_stack(_first(scenes, 11)), scenes, StackOptions()), build_stack(scenes)
    assert not whole.fits[-1].used
    assert longer is None or not longer.fits[-1].used


def test_only_the_whole_tells_of_what_is_not_the_latest_or_cannot_be_placed(tmp_path):
    world = World(2, looks=10, bands=4)
    world.shift_px[9] = 14, 0   # farther off than the windows reach
    scenes = world.scenes(tmp_path)
    stack = build_stack(_first(scenes, 9))
    assert lay_beside(stack, scenes, StackOptions()) is None
    early = replace(scenes.scenes[9], taken=stack.fits[3].taken + timedelta(hours=1))
    assert lay_beside(stack, replace(scenes, scenes=(*scenes.scenes[:9], early)), StackOptions()) is None
    Path(scenes.scenes[9].assets[0].kept.path).write_bytes(b"no image")
    assert lay_beside(stack, scenes, StackOptions()) is None
    few = _first(scenes, 5)
    assert lay_beside(build_stack(few), _first(scenes, 6), StackOptions()) is None
