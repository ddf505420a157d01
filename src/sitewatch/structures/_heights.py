"""Does it stand up? Its shadow, on the side away from the sun, before and after the step, that one height explains.

What stands hides the sun from a strip behind it, whose length follows from its height and the sun's elevation in each
look. Around a rectangle, each pixel keeps a level of its own, each look a light of its own, and the step may put a yard
of any tone around it, as wide on all sides; what is left, and lies where a shadow would fall, is shadow. That is asked
for the looks before and for those after, so that what came, what went, what was there all along and what is flat are
told apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial, reduce

import numpy as np

from sitewatch.geo import Rectangle, seen_median
from sitewatch.model import Stack

__all__ = ["DEPTH", "Shadows", "Sunlit", "shadow_of", "shadows_of", "sunlit"]

_HEIGHTS_M = (3.0, 5.0, 8.0, 12.0)
DEPTH, _DEPTH_SIGMA = 0.55, 0.2   # share of its light that ground in shadow loses: the sky's is left
_NEAR_PX = 0.3          # outside the rectangle: nearer is roof,
_REACH_PX = 3.0         # and so far beyond the longest shadow the ground shows what it would be without
_WIDEST_PX = 14
_BANDS_PX = (1.5, 3.0, 4.5)   # a yard's tone may differ in each
_LEAST_LOOKS, _MOST_LOOKS = 4, 16   # of each side
# Where no shadow can fall (beside things, and on their sunny side), depths still stray from 0: by 0.35 over the root of
# the height in metres, since a low shadow lies in the blur of the roof's edge.
_STRAY = 0.35
_LEAST_SEEN = 0.7       # of the ground around
_ROUNDS = 6             # of taking out pixels' levels and looks' lights in turn
_OUTLIER = 3.0
_LOWEST_SUN_DEG = 8.0   # lower, shadows reach out of all frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunlit:
    """A stack's light: ``values`` (time, band, y, x) as measured, ``ways`` (time, 2) pixels right and down by which a
    shadow falls per metre of height, NaN where the sun is not known, ``blur_px``."""

    values: np.ndarray
    ways: np.ndarray
    blur_px: float

    @property
    def is_known(self) -> bool:
        """Whether enough looks know their sun for a shadow to be asked for before and after a step."""
        return int(np.isfinite(self.ways[:, 0]).sum()) >= 2 * _LEAST_LOOKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """Share of light lost where a shadow would fall ``before`` and ``after``, their standard errors (``sigmas``), for
    the ``height_m`` that fits best; ``odds`` are log likelihoods of (shadow before, shadow after) against none."""

    before: float
    after: float
    sigmas: tuple[float, float]
    height_m: float
    odds: tuple[float, float, float]


def sunlit(stack: Stack) -> Sunlit:
    """The stack's values and where its shadows fall.

    Grid north is taken for true north: in a UTM zone they differ by less than 3 degrees up to 45 of latitude.
    """
    known = {scene.id: (scene.sun_azimuth_deg, scene.sun_elevation_deg) for scene in stack.scenes.scenes}
    suns = np.array([known.get(fit.scene, (None, None)) for fit in stack.used], np.float64)  # None becomes NaN
    azimuth, elevation = np.radians(suns.reshape(-1, 2).T)
    away = np.stack([-np.sin(azimuth), np.cos(azimuth)], axis=1)
    low = elevation < math.radians(_LOWEST_SUN_DEG)
    ways = np.where(low[:, None], np.nan, away / (np.tan(elevation) * stack.site.gsd_m)[:, None])
    return Sunlit(values=stack.values, ways=ways, blur_px=stack.blur_px)


def shadows_of(rectangle: Rectangle, before: np.ndarray, after: np.ndarray, light: Sunlit) -> Shadows | None:
    """The shadows of a rectangle in the looks ``before`` and ``after`` ((time) bool); None where they cannot be asked
    for: the sun is not known, too few looks, pixels below about a metre, or the ground around is not seen."""
    known = np.isfinite(light.ways[:, 0])
    sides = before & known, after & known
    if min(side.sum() for side in sides) < _LEAST_LOOKS:
        return None
    looks = np.concatenate([_spread(np.flatnonzero(side), light.ways) for side in sides])
    ways = light.ways[looks]
    longest = np.hypot(*ways.T) * _HEIGHTS_M[-1]
    if np.median(longest) > _WIDEST_PX:
        return None  # in pixels this fine, shadows leave the ground around, and what stands on legs throws them apart
    crop = _crop(rectangle, looks, light, float(longest.max()))
    return _best(list(_fits(crop, ways, sides[1][looks], light.blur_px))) if crop else None


def _spread(looks: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """At most so many of the looks, from the shortest shadows to the longest: many alike say no more than a few."""
    ordered = looks[np.argsort(np.hypot(*ways[looks].T), kind="stable")]
    chosen = np.unique(np.linspace(0, len(looks) - 1, min(len(looks), _MOST_LOOKS)).round().astype(int))
    return np.asarray(np.sort(ordered[chosen]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crop:
    light: np.ndarray
    near: np.ndarray
    rectangle: Rectangle
    shape: tuple[int, int]


def _crop(rectangle: Rectangle, looks: np.ndarray, light: Sunlit, longest_px: float) -> _Crop | None:
    reach = min(longest_px + _REACH_PX, _WIDEST_PX)
    left, top, right, bottom = rectangle.polygon.buffer(reach).bounds
    x0, y0 = max(math.floor(left), 0), max(math.floor(top), 0)
    cut = light.values[looks, :, y0:math.ceil(bottom), x0:math.ceil(right)]
    shape = (cut.shape[2], cut.shape[3])
    own = Rectangle(x=rectangle.x - x0, y=rectangle.y - y0, length=rectangle.length, width=rectangle.width,
                    angle=rectangle.angle)
    distance = own.distance(shape)
    near = (distance > _NEAR_PX) & (distance < reach)
    ring = cut[:, :, near]
    level = np.median(seen_median(ring), axis=1)
    if not (np.isfinite(level).all() and (level > 0).all()):
        return None
    seen = (ring / level[:, None]).mean(axis=1)
    seen[np.isfinite(seen).mean(axis=1) < _LEAST_SEEN] = np.nan
    return _Crop(light=seen, near=near, rectangle=own, shape=shape)


def _fits(crop: _Crop, ways: np.ndarray, is_after: np.ndarray, blur_px: float
          ) -> Iterator[tuple[float, np.ndarray, np.ndarray, float]]:
    """Height, depths (2), their covariance (2, 2) and the sum of squares that is left, for each height."""
    seen = np.isfinite(crop.light)
    yard = [is_after[:, None] * column for column in _yard(crop, blur_px)]
    fixed = [_centred(column, seen) for column in yard]
    target = _centred(np.where(seen, crop.light, 0), seen)
    seen_near = cache(partial(Rectangle.seen, shape=crop.shape, blur_px=blur_px, where=crop.near))
    for height in _HEIGHTS_M:
        share = np.stack([shadow_of(crop.rectangle, way * height, seen_near) for way in ways])
        shade = [_centred(-share * side[:, None], seen) for side in (~is_after, is_after)]
        yield height, *_regressed(target, [*shade, *fixed], seen)


def _yard(crop: _Crop, blur_px: float) -> Iterator[np.ndarray]:
    """(pixel) of the roof's blurred edge, of its shift right and down, and of the strips of ground around it."""
    own = crop.rectangle.seen(crop.shape, blur_px)
    yield own[crop.near]
    yield from (slope[crop.near] for slope in np.gradient(own))
    distance = crop.rectangle.distance(crop.shape)[crop.near]
    inner = 0.0
    for outer in _BANDS_PX:
        yield ((distance >= inner) & (distance < outer)).astype(np.float64)
        inner = outer


def shadow_of(r: Rectangle, way: np.ndarray, seen: Callable[[Rectangle], np.ndarray]) -> np.ndarray:
    """Share of light from ground in the shadow of a block whose top is displaced by ``way`` (right, down), where
    ``seen`` says what is seen of a rectangle."""
    steps = max(2, math.ceil(float(np.hypot(*way)) / 1.2))
    parts = np.linspace(0, 1, steps + 1)[1:]
    swept = reduce(np.maximum, (seen(replace(r, x=r.x + part * way[0], y=r.y + part * way[1])) for part in parts))
    return np.asarray(np.maximum(swept - seen(r), 0))


def _centred(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(time, pixel) without each pixel's own level and each look's own light, 0 where not seen."""
    left = np.where(seen, values, 0.0)
    of_look, of_pixel = np.maximum(seen.sum(axis=1), 1)[:, None], np.maximum(seen.sum(axis=0), 1)
    for _ in range(_ROUNDS):
        left = np.where(seen, left - left.sum(axis=1, keepdims=True) / of_look, 0)
        left = np.where(seen, left - left.sum(axis=0) / of_pixel, 0)
    return left


def _regressed(target: np.ndarray, columns: list[np.ndarray], seen: np.ndarray
               ) -> tuple[np.ndarray, np.ndarray, float]:
    """The first two coefficients, their covariance from residuals that are alike within a look and within a pixel."""
    x = np.stack(columns, axis=-1)
    weight, flat = seen.astype(np.float64), x.reshape(-1, len(columns))
    for _ in range(2):
        inverse = np.linalg.pinv((flat * weight.reshape(-1, 1)).T @ flat)
        rest = target - x @ (inverse @ ((weight * target).ravel() @ flat))
        spread = 1.4826 * float(np.median(np.abs(rest[seen]))) + 1e-9
        weight = seen * np.minimum(1, _OUTLIER * spread / np.maximum(np.abs(rest), 1e-9))
    found = inverse @ ((weight * target).ravel() @ flat)
    pull = x * (weight * rest)[..., None]
    meat = sum(part.T @ part for part in (pull.sum(axis=1), pull.sum(axis=0)))
    covariance = (inverse @ meat @ inverse)[:2, :2]
    return found[:2], covariance, float((weight * rest**2).sum())


def _best(fits: list[tuple[float, np.ndarray, np.ndarray, float]]) -> Shadows | None:
    """Of all heights the one that leaves the least of the light unexplained, on all dates together."""
    height, depth, covariance, _ = min(fits, key=lambda fit: fit[3])
    if not np.isfinite(covariance).all():
        return None
    covariance = covariance + np.eye(2) * _STRAY**2 / height
    went, came, both = (_odds(depth, covariance, is_cast) for is_cast in ((1, 0), (0, 1), (1, 1)))
    return Shadows(before=float(depth[0]), after=float(depth[1]), height_m=height, odds=(went, came, both),
                   sigmas=(math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])))


def _odds(depth: np.ndarray, covariance: np.ndarray, is_cast: tuple[int, int]) -> float:
    """Log likelihood ratio of a shadow of usual depth on these sides against none on either."""
    cast = np.array(is_cast, np.float64)
    spread = covariance + np.diag(cast * _DEPTH_SIGMA**2)
    away = depth - cast * DEPTH
    quadratic = depth @ np.linalg.solve(covariance, depth) - away @ np.linalg.solve(spread, away)
    return float(quadratic / 2 - math.log(np.linalg.det(spread) / np.linalg.det(covariance)) / 2)
