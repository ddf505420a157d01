"""The one resampling, from a scene's own pixels onto the site's grid."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.warp import reproject

from sitewatch.geo.raster import crs_of

__all__ = ["lay_nearest", "lay_on"]

_SAME_PX = 1e-3    # grids of which no pixel lies farther off a plain shift have the same pixels
_WHOLE_PX = 1e-6
_ROWS = 128


def lay_on(pixels: np.ndarray, source: GeoBox, grid: GeoBox, placing: Affine = Affine.identity(),
           *, hidden: np.ndarray | None = None, out: np.ndarray | None = None) -> np.ndarray:
    """Resample (band, y, x) pixels of any type once from their own grid onto the site's grid, as float32.

    ``placing`` takes each place on the site's grid, in its pixels, to the place at which the source shows it; it is
    undone in the same step. Cubic convolution (Keys 1981). NaN, which all bands have in common, stays NaN, and so does
    what is ``hidden`` (y, x); where one of its sixteen pixels is not seen, what is seen of the nearest four is taken.
    ``out`` (band, y, x) is filled and given back instead of a new array.
    """
    out = np.empty((len(pixels), *grid.shape), np.float32) if out is None else out
    moved = grid.affine @ placing  # the grid is moved, not the source, whose coordinates may be those of another CRS
    way = ~source.affine @ moved
    if source.crs == grid.crs and _is_shift(way, grid.shape):
        _shift(pixels, hidden, (way.c, way.f), out)
        return out
    seen = pixels.astype(np.float32)
    if hidden is not None:
        seen[:, hidden] = np.nan
    return _reprojected(seen, source, grid, moved, out)


def lay_nearest(pixels: np.ndarray, source: GeoBox, grid: GeoBox, placing: Affine = Affine.identity()) -> np.ndarray:
    """Codes, of which no mean can be taken, laid in the same way: those of the nearest pixels."""
    out = np.empty((len(pixels), *grid.shape), np.float32)
    return _reprojected(pixels.astype(np.float32), source, grid, grid.affine @ placing, out, Resampling.nearest)


def _reprojected(pixels: np.ndarray, source: GeoBox, grid: GeoBox, moved: Affine, out: np.ndarray,
                 resampling: Resampling = Resampling.cubic) -> np.ndarray:
    out[...] = np.nan
    reproject(pixels, out, src_transform=source.affine, src_crs=crs_of(source), src_nodata=np.nan, dst_transform=moved,
              dst_crs=crs_of(grid), dst_nodata=np.nan, tolerance=0.0, resampling=resampling)
    return out


def _is_shift(way: Affine, shape: Sequence[int]) -> bool:
    height, width = shape
    turn = (abs(way.a - 1) + abs(way.d)) * width + (abs(way.e - 1) + abs(way.b)) * height
    return bool(turn < _SAME_PX)


def _shift(pixels: np.ndarray, hidden: np.ndarray | None, by: tuple[float, float], out: np.ndarray) -> None:
    """Fill (band, y, x) ``out``: pixel (row, column) is what the source shows at (row + y, column + x).

    A few rows at a time, which stay in the processor's cache.
    """
    (left, part_x), (top, part_y) = (_split(one) for one in by)
    height, width = out.shape[1:]
    before, after = (0, 0) if part_x == part_y == 0 else (1, 2)
    columns = slice(left - before, left + width + after)
    for first in range(0, height, _ROWS):
        into = out[:, first:first + _ROWS]
        rows = slice(top + first - before, top + first + into.shape[1] + after)
        around, unseen = _cropped(pixels, hidden, rows, columns)
        if after:
            _interpolate(around, unseen, (part_x, part_y), into)
        else:
            into[...] = around
            into[:, unseen] = np.nan


def _interpolate(around: np.ndarray, unseen: np.ndarray, part: tuple[float, float], into: np.ndarray) -> None:
    (across, down), (height, width) = (_cubic(one) for one in part), into.shape[1:]
    for band, filled in zip(around, into, strict=True):  # a kernel's first weight is that of the pixel itself
        filled[...] = cv2.sepFilter2D(band, cv2.CV_32F, across, down, anchor=(0, 0))[:height, :width]
    if unseen.any():
        _mend(into, around, ~unseen, *part)


def _split(by: float) -> tuple[int, float]:
    """The whole pixels and the rest, which is 0 where it is next to nothing."""
    whole = round(by)
    return (whole, 0.0) if abs(by - whole) < _WHOLE_PX else (math.floor(by), by - math.floor(by))


def _cropped(pixels: np.ndarray, hidden: np.ndarray | None, rows: slice,
             columns: slice) -> tuple[np.ndarray, np.ndarray]:
    """A (band, rows, columns) float32 copy, 0 beyond the source and where it is not seen; and (rows, columns) bool
    where that is."""
    shape = rows.stop - rows.start, columns.stop - columns.start
    out, unseen = np.zeros((len(pixels), *shape), np.float32), np.ones(shape, bool)
    inner = [slice(max(0, part.start), max(0, min(size, part.stop)))
             for part, size in zip((rows, columns), pixels.shape[1:], strict=True)]
    if any(part.stop <= part.start for part in inner):
        return out, unseen
    into = tuple(slice(part.start - cut.start, part.stop - cut.start)
                 for part, cut in zip(inner, (rows, columns), strict=True))
    out[(slice(None), *into)] = pixels[(slice(None), *inner)]
    unseen[into] = False if hidden is None else hidden[tuple(inner)]
    if np.issubdtype(pixels.dtype, np.inexact):
        unseen |= np.isnan(out).any(axis=0)
    if unseen.any():
        out[:, unseen] = 0
    return out, unseen


def _cubic(t: float) -> np.ndarray:
    """Weights of the pixels at -1, 0, 1 and 2 for a place at ``t`` (Keys 1981, with a = -1/2)."""
    return 0.5 * np.array([-t**3 + 2 * t**2 - t, 3 * t**3 - 5 * t**2 + 2, -3 * t**3 + 4 * t**2 + t, t**3 - t**2])


def _mend(out: np.ndarray, around: np.ndarray, seen: np.ndarray, part_x: float, part_y: float) -> None:
    """Where not all of the sixteen pixels are ``seen``: the nearest four, weighed as far as they are seen; NaN where
    the nearest one is not. ``around`` (band, y, x) begins one pixel before ``out``."""
    height, width = out.shape[1:]
    down, right = 2 if part_y >= 0.5 else 1, 2 if part_x >= 0.5 else 1
    nearest = seen[down:down + height, right:right + width]
    out[:, ~nearest] = np.nan
    whole = cv2.erode(seen.astype(np.uint8), np.ones((4, 4), np.uint8), anchor=(0, 0))[:height, :width]
    rows, columns = np.nonzero(nearest & (whole == 0))
    weight, total = np.zeros(len(rows)), np.zeros((len(out), len(rows)))
    for y, share_y in ((1, 1 - part_y), (2, part_y)):
        for x, share_x in ((1, 1 - part_x), (2, part_x)):
            share = share_y * share_x * seen[rows + y, columns + x]
            weight += share
            total += share * around[:, rows + y, columns + x]
    out[:, rows, columns] = total / np.maximum(weight, 1e-9)
