"""What is worked out in a window around some pixels is what the whole grid gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sitewatch.changes._objects import _BRIDGE_PX
from sitewatch.changes._place import Place

_SHAPE = (40, 50)


def _blob(seed: int) -> np.ndarray:
    """Flat pixels of a ragged patch, of every fourth seed at a corner of the grid."""
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.normal(size=_SHAPE), (0, 0), 1.5)
    middle = (0, 0) if seed % 4 == 0 else random.integers(0, _SHAPE)
    away = np.hypot(*(np.indices(_SHAPE) - np.array(middle)[:, None, None]))
    return np.flatnonzero((noise > 0.05) & (away < 12))


def _opened(mask: np.ndarray, side: int) -> np.ndarray:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))


@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("seed", range(24))
def test_bridges_are_cut_and_parts_numbered_as_on_the_whole_grid(seed, side):
    pixels, whole = _blob(seed), np.zeros(_SHAPE, bool)
    whole.flat[pixels] = True
    place = Place.around(pixels, _SHAPE, _BRIDGE_PX)
    assert (place.cut(whole) == place.mask).all()
    assert place.mask.sum() == len(pixels)
    there, here = (cv2.connectedComponents(_opened(mask, side), connectivity=4)[1] for mask in (whole, place.mask))
    grown = [cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)) for labels in (there, here)]
    assert (place.cut(grown[0])[place.mask] == grown[1][place.mask]).all()


def test_a_window_ends_where_the_grid_does():
    place = Place.around(np.array([0, 51]), _SHAPE, 4)
    assert (place.corner, place.mask.shape) == ((0, 0), (6, 6))
    assert place.cut(np.zeros((3, *_SHAPE))).shape == (3, 6, 6)
