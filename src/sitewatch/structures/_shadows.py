"""Shadows of new structures: dark, along a side of what throws them, and away from the sun."""

from __future__ import annotations

import numpy as np

from sitewatch.model import Stack
from sitewatch.structures._classify import Hypothesis

__all__ = ["is_cast_by", "shadow_ways"]

_BESIDE_PX = 2.0         # from side to side: the blur lies between,
_BEHIND_PX = 3.0         # and where it lies away from the sun, the far face of a roof, which is darker too
_BESIDE_SHARE = 0.6      # of its own length that must lie along the other
_BESIDE_DAYS = 120.0     # where the sun is not known
_AWAY = 0.5              # cosine to the shadows' direction: a shadow lies behind, not to the side
_LOOKS = 8


def shadow_ways(stack: Stack) -> np.ndarray:
    """(time, 2) unit vectors, right and down, in which shadows fall in each used look; NaN where it is not known.

    Grid north is taken for true north: in a UTM zone they differ by less than 3 degrees up to 45 of latitude.
    """
    azimuths = {scene.id: scene.sun_azimuth_deg for scene in stack.scenes.scenes}
    known = np.array([azimuths.get(fit.scene) for fit in stack.used], np.float64)  # None becomes NaN
    return np.column_stack([-np.sin(np.radians(known)), np.cos(np.radians(known))])


def is_cast_by(one: Hypothesis, other: Hypothesis, ways: np.ndarray) -> bool:
    """Whether a dark strip along a new structure is its shadow, or its apron.

    Where the sun is known it has to lie away from it, and may show long after the structure, when the sun is lower;
    where not, it has to come with it and to be the less sure and the narrower of the two.
    """
    if not one.class_ == other.class_ == "new structure" or sum(one.change.step) >= 0:
        return False
    way = ways[one.look + 1:one.look + 1 + _LOOKS].mean(axis=0)
    is_known = bool(np.isfinite(way).all())
    near = other.polygon.buffer(_BEHIND_PX if is_known else _BESIDE_PX)
    if one.polygon.exterior.intersection(near).length <= _BESIDE_SHARE * one.rectangle.length:
        return False
    if is_known:
        behind = np.array([one.rectangle.x - other.rectangle.x, one.rectangle.y - other.rectangle.y])
        is_away = behind @ way > _AWAY * np.linalg.norm(behind) * np.linalg.norm(way)
        return bool(is_away and one.first_day > other.first_day - _BESIDE_DAYS)
    return (one.chance < other.chance and one.rectangle.width < other.rectangle.width
            and abs(one.first_day - other.first_day) <= _BESIDE_DAYS)
