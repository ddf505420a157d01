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

__all__ = ["lay_on"]

_SAME_PX = 1e-3    # grids of which no pixel lies farther off a plain shift have the same pixels
_WHOLE_PX = 1e-6


def lay_on(pixels: np.ndarray, source: GeoBox, grid: GeoBox, placing: Affine = Affine.identity(),
           *, nearest: bool = False) -> np.ndarray:
    """Resample (band, y, x) pixels once from their own grid onto the site's grid, as float32.

    ``placing`` takes each place on the site's grid, in its pixels, to the place at which the source shows it; it is
    undone in the same step. Cubic convolution (Keys 1981). NaN, which all bands have in common, stays NaN; where one of
    its sixteen pixels is not seen, what is seen of the nearest four is taken.
    """
    moved = grid.affine @ placing  # the grid is moved, not the source, whose coordinates may be those of another CRS
    way = ~source.affine @ moved
    if not nearest and source.crs == grid.crs and _is_shift(way, grid.shape):
        return _shifted(pixels, grid.shape, way.c, way.f)
    out = np.full((pixels.shape[0], *grid.shape), np.nan, np.float32)
    reproject(pixels.astype(np.float32), out, src_transform=source.affine, src_crs=crs_of(source), src_nodata=np.nan,
              dst_transform=moved, dst_crs=crs_of(grid), dst_nodata=np.nan, tolerance=0.0,
              resampling=Resampling.nearest if nearest else Resampling.cubic)
    return out


def _is_shift(way: Affine, shape: Sequence[int]) -> bool:
    height, width = shape
    turn = (abs(way.a - 1) + abs(way.d)) * width + (abs(way.e - 1) + abs(way.b)) * height
    return bool(turn < _SAME_PX)


def _shifted(pixels: np.ndarray, shape: Sequence[int], x: float, y: float) -> np.ndarray:
    """(band, *shape): pixel (row, column) is what the source shows at (row + y, column + x)."""
    (left, part_x), (top, part_y) = _split(x), _split(y)
    (height, width), (before, after) = shape, ((0, 0) if part_x == part_y == 0 else (1, 2))
    around = _cropped(pixels, slice(top - before, top + height + after), slice(left - before, left + width + after))
    if not after:
        return around
    hidden = np.isnan(around).any(axis=0)
    whole = np.nan_to_num(around, copy=False) if hidden.any() else around
    across, down = _cubic(part_x), _cubic(part_y)
    out = np.empty((len(pixels), height, width), np.float32)
    for band, into in zip(whole, out, strict=True):  # a kernel's first weight is that of the pixel itself
        into[...] = cv2.sepFilter2D(band, cv2.CV_32F, across, down, anchor=(0, 0))[:height, :width]
    if hidden.any():
        _mend(out, whole, ~hidden, part_x, part_y)
    return out


def _split(by: float) -> tuple[int, float]:
    """The whole pixels and the rest, which is 0 where it is next to nothing."""
    whole = round(by)
    return (whole, 0.0) if abs(by - whole) < _WHOLE_PX else (math.floor(by), by - math.floor(by))


def _cropped(pixels: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """A (band, rows, columns) float32 copy, NaN beyond the source."""
    out = np.full((len(pixels), rows.stop - rows.start, columns.stop - columns.start), np.nan, np.float32)
    inner = [slice(max(0, part.start), max(0, min(size, part.stop)))
             for part, size in zip((rows, columns), pixels.shape[1:], strict=True)]
    into = [slice(part.start - cut.start, part.stop - cut.start)
            for part, cut in zip(inner, (rows, columns), strict=True)]
    if all(part.stop > part.start for part in inner):
        out[:, into[0], into[1]] = pixels[:, inner[0], inner[1]]
    return out


def _cubic(t: float) -> np.ndarray:
    """Weights of the pixels at -1, 0, 1 and 2 for a place at ``t`` (Keys 1981, with a = -1/2)."""
    return 0.5 * np.array([-t**3 + 2 * t**2 - t, 3 * t**3 - 5 * t**2 + 2, -3 * t**3 + 4 * t**2 + t, t**3 - t**2])


def _mend(out: np.ndarray, around: np.ndarray, seen: np.ndarray, part_x: float, part_y: float) -> None:
    """Where not all of the sixteen pixels are ``seen``: the nearest four, weighed as far as they are seen; NaN where
    the nearest one is not. ``around`` (band, y, x) begins one pixel before ``out``."""
    whole = cv2.erode(seen.astype(np.uint8), np.ones((4, 4), np.uint8), anchor=(0, 0))[:out.shape[1], :out.shape[2]]
    rows, columns = np.nonzero(whole == 0)
    weight, total = np.zeros(len(rows)), np.zeros((len(out), len(rows)))
    for y, share_y in ((1, 1 - part_y), (2, part_y)):
        for x, share_x in ((1, 1 - part_x), (2, part_x)):
            share = share_y * share_x * seen[rows + y, columns + x]
            weight += share
            total += share * around[:, rows + y, columns + x]
    nearest = seen[rows + (2 if part_y >= 0.5 else 1), columns + (2 if part_x >= 0.5 else 1)]
    out[:, rows, columns] = np.where(nearest, total / np.maximum(weight, 1e-9), np.nan)
