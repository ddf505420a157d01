"""Pieces of one pass put together on the pixels of the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.warp import reproject

from sitewatch.errors import ImageError
from sitewatch.geo.raster import crs_of

__all__ = ["Piece", "joined", "shares_lattice"]

_SAME_PX = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """(band, y, x) pixels as stored, and where they lie."""

    pixels: np.ndarray
    grid: GeoBox


def joined(pieces: Sequence[Piece], grid: GeoBox, empty: float) -> np.ndarray:
    """(band, y, x) pixels on a grid: of each pixel what the first piece shows that is not ``empty`` there in all bands.

    A piece on the lattice of the grid keeps its pixels where they are. One of another lattice, as from the neighbouring
    UTM zone, is laid by the nearest pixel: no value is changed, and none lies off by more than half a pixel.
    Raises ImageError for pieces of different bands or types.
    """
    first = pieces[0].pixels
    if len({(len(piece.pixels), piece.pixels.dtype) for piece in pieces}) > 1:
        raise ImageError("its pieces have different bands or types of numbers, and cannot be joined")
    canvas = np.full((len(first), *grid.shape), empty, first.dtype)
    for piece in pieces:
        laid = _laid(piece, grid, empty)
        is_free = (canvas == empty).all(axis=0)
        canvas[:, is_free] = laid[:, is_free]
    return canvas


def shares_lattice(one: GeoBox, other: GeoBox) -> bool:
    """Whether two grids have the same pixels where both are."""
    if one.crs != other.crs or max(abs(np.subtract(one.affine[:6], other.affine[:6])[[0, 1, 3, 4]])) > 1e-9:
        return False
    column, row = ~one.affine @ (other.affine.c, other.affine.f)
    return bool(max(abs(column - round(column)), abs(row - round(row))) < _SAME_PX)


def _laid(piece: Piece, grid: GeoBox, empty: float) -> np.ndarray:
    if not shares_lattice(grid, piece.grid):
        out = np.full((len(piece.pixels), *grid.shape), empty, piece.pixels.dtype)
        reproject(piece.pixels, out, src_transform=piece.grid.affine, src_crs=crs_of(piece.grid), src_nodata=empty,
                  dst_transform=grid.affine, dst_crs=crs_of(grid), dst_nodata=empty, tolerance=0.0,
                  resampling=Resampling.nearest)
        return out
    out = np.full((len(piece.pixels), *grid.shape), empty, piece.pixels.dtype)
    column, row = (round(value) for value in ~grid.affine @ (piece.grid.affine.c, piece.grid.affine.f))
    height, width = grid.shape
    top, left = max(0, row), max(0, column)
    bottom, right = min(height, row + piece.grid.height), min(width, column + piece.grid.width)
    if top < bottom and left < right:
        out[:, top:bottom, left:right] = piece.pixels[:, top - row:bottom - row, left - column:right - column]
    return out
