"""What more than a shift takes a view onto the grid is found, undone and named; an ordinary view keeps its shift."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from scipy.ndimage import affine_transform
from tests.worlds import World, rectangle

from sitewatch.model import Stack
from sitewatch.stack import StackOptions, build_stack

_LOOKS, _SIZE, _ODD = 8, 256, 3


def _world() -> World:
    """Eight looks at sixteen roofs, each a little off."""
    world = World(17, looks=_LOOKS, size_px=_SIZE)
    for i in range(16):
        world.roof(rectangle(40 + 58 * (i % 4), 36 + 60 * (i // 4), 14 + i, 12, 23 * i), 150 + 5 * i)
    world.wander(0.4)
    world.noise[:] = 2.0
    return world


def _shown(world: World, placing: Affine) -> None:
    """Repaint one look so that it shows at ``placing`` of a place, in pixels, what the others show at the place."""
    back = ~placing
    matrix, offset = np.array([[back.e, back.d], [back.b, back.a]]), np.array([back.f, back.c])
    half = np.full(2, 0.5)  # arrays count from the middle of a pixel
    for band in world.views[_ODD]:
        band[...] = affine_transform(band.copy(), matrix, offset + matrix @ half - half, order=3, mode="reflect")
    world.shift_px[_ODD] = 0


def _left_over(stack: Stack) -> float:
    """Root mean square of the odd look less the median of the others, against that of another look."""
    values = stack.values[:, 0, 24:-24, 24:-24]
    typical = np.median(np.delete(values, _ODD, axis=0), axis=0)
    off, usual = (np.sqrt(np.nanmean((values[i] - typical) ** 2)) for i in (_ODD, _ODD + 1))
    return float(off / usual)


@pytest.mark.parametrize(("about", "placement"), [
    (Affine.rotation(1.0), "similarity"), (Affine.rotation(-3.0), "similarity"), (Affine.scale(1.02), "similarity"),
    (Affine.rotation(2.0) @ Affine.scale(0.985), "similarity"), (Affine.scale(1.02, 0.99), "affine"),
    (Affine.shear(1.5, 0.0), "affine")])
def test_a_view_that_is_turned_scaled_or_stretched_is_brought_back(tmp_path, about, placement):
    world = _world()
    to_middle = Affine.translation(_SIZE / 2, _SIZE / 2)
    placing = Affine.translation(1.3, -0.7) @ to_middle @ about @ ~to_middle
    _shown(world, placing)
    stack = build_stack(world.scenes(tmp_path))
    fit = stack.fits[_ODD]
    assert fit.used
    assert fit.placement == placement
    middle = np.median([(one.shift_x_px, one.shift_y_px) for i, one in enumerate(stack.fits) if i != _ODD]
                       - np.delete(world.shift_px, _ODD, axis=0), axis=0)
    assert np.array([fit.shift_x_px, fit.shift_y_px]) - middle == pytest.approx([1.3, -0.7], abs=0.1)
    assert fit.shift_sigma_px < 0.1
    assert _left_over(stack) < 1.3


def test_ordinary_views_keep_their_shifts(tmp_path):
    stack = build_stack(_world().scenes(tmp_path))
    assert {fit.placement for fit in stack.fits} == {"shift"}


def test_a_view_on_whose_position_all_others_are_counted_is_never_bent(tmp_path):
    world = _world()
    middle = Affine.translation(_SIZE / 2, _SIZE / 2)
    _shown(world, middle @ Affine.rotation(0.6) @ ~middle)
    stack = build_stack(world.scenes(tmp_path), StackOptions(zero=f"look-{_ODD:02d}"))
    assert stack.fits[_ODD].placement == "shift"
    assert (stack.fits[_ODD].shift_x_px, stack.fits[_ODD].shift_y_px) == (0.0, 0.0)
