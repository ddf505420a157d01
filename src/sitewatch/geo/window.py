"""A window of an image of which only parts are at hand: what must be fetched to see a site, and not a byte more."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import numpy as np
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from rasterio.errors import RasterioError
from rasterio.windows import Window

from sitewatch.errors import AreaError, ImageError
from sitewatch.geo.jp2 import is_jp2, tile_ranges
from sitewatch.geo.mosaic import Piece
from sitewatch.geo.raster import open_image
from sitewatch.geo.tiff import touch_directories

__all__ = ["Cut", "PartialFile", "plan_cut", "read_cut", "read_window", "window_on"]

_LARGEST_PIXELS = 100_000_000    # as the largest grid of a site
_LARGEST_BLOCK_BYTES = 256_000_000   # decoded; a tile of 4096 pixels in 8 bands of 16 bits
_OF_UNPACKED = 2                 # a packed block is at most this many times its pixels: noise does not shrink
_LEADER_BYTES = 4                # a COG of GDAL's repeats the block's size before and its last bytes after it


class PartialFile(Protocol):
    """A file of a known length, of which only parts are on disk; what is read through it or needed is fetched."""

    @property
    def path(self) -> Path:
        """Where its bytes are, with holes."""
        ...

    @property
    def total(self) -> int:
        """How many bytes the whole file has."""
        ...

    def need(self, ranges: Iterable[tuple[int, int]]) -> None:
        """See that the bytes from start to stop (excluded) are there."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """As of any binary file."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As of any binary file."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A window of an image: its own pixels, not resampled. ``ranges`` hold the packed blocks that cover it."""

    grid: GeoBox
    column: int
    row: int
    bands: int
    dtype: str
    nodata: float | None
    ranges: tuple[tuple[int, int], ...]

    @property
    def bytes(self) -> int:
        """What the blocks weigh, packed."""
        return sum(stop - start for start, stop in self.ranges)


def plan_cut(file: PartialFile, site: GeoBox, margin_px: int = 8) -> Cut:
    """Where in a GeoTIFF, COG or JPEG 2000 file the grid of a site lies, ``margin_px`` of its pixels wider.

    Only directories and headers are read.

    Raises AreaError where the two do not meet, ImageError where the image cannot be cut.
    """
    file.seek(0)
    if is_jp2(file.read(12)):
        tile_ranges(file, file.total, (0, 0, 0, 0))  # what there is before GDAL looks: its headers
    else:
        file.seek(0)
        touch_directories(cast(BinaryIO, file))
    with open_image(file.path, largest_pixels=None) as image:
        if image.crs is None:
            raise ImageError("it has no georeference, so that the site cannot be found in it")
        if image.driver not in ("GTiff", "JP2OpenJPEG"):
            raise ImageError(f"a piece of a {image.driver} file cannot be fetched alone")
        grid = GeoBox(image.shape, image.transform, image.crs.to_wkt())
        window = _window(grid, site, margin_px)
        own = grid[window.row_off:window.row_off + window.height, window.col_off:window.col_off + window.width]
        return Cut(grid=own, column=int(window.col_off), row=int(window.row_off), bands=image.count,
                   dtype=image.dtypes[0], nodata=image.nodata,
                   ranges=_ranges(image, window) if image.driver == "GTiff" else tile_ranges(file, file.total, (
                       window.col_off, window.row_off, window.col_off + window.width,
                       window.row_off + window.height)))


def read_cut(file: PartialFile, cut: Cut, bands: tuple[int, ...] = ()) -> np.ndarray:
    """(band, y, x) pixels of a cut as stored, of all bands or of some (1-based); fetches its blocks.

    Raises ImageError where the blocks that arrive are damaged.
    """
    file.need(cut.ranges)
    with open_image(file.path, largest_pixels=None) as image:
        try:  # GDAL's own words name a temporary file and an inner function
            return np.asarray(image.read(list(bands) or None, window=Window(
                cut.column, cut.row, cut.grid.width, cut.grid.height)))
        except (RasterioError, IndexError, ValueError, MemoryError) as error:
            raise ImageError("it is damaged, or not what its directory says: its blocks cannot be decoded") from error


def read_window(path: Path, site: GeoBox, margin_px: int = 8) -> Piece:
    """The part of an image on this machine that shows a site, ``margin_px`` of its pixels wider, as stored.

    Raises AreaError where the two do not meet, ImageError where the image cannot be read.
    """
    with open_image(path) as image:
        if image.crs is None:
            raise ImageError(f"{path.name} has no georeference, so that the site cannot be found in it")
        grid = GeoBox(image.shape, image.transform, image.crs.to_wkt())
        window = _window(grid, site, margin_px)
        own = grid[window.row_off:window.row_off + window.height, window.col_off:window.col_off + window.width]
        try:
            return Piece(pixels=image.read(window=window), grid=own)
        except (RasterioError, ValueError, MemoryError) as error:
            raise ImageError(f"{path.name} is damaged or truncated. Fetch it again or remove it") from error


def window_on(lattice: GeoBox, site: GeoBox, margin_px: int = 8) -> GeoBox:
    """The pixels of a lattice that cover the grid of a site, ``margin_px`` wider, also where its own image ends.

    Raises AreaError where the site cannot be found in its coordinate system, or takes too many of its pixels.
    """
    left, top, right, bottom = _bounded(*_around(lattice, site, margin_px))
    return GeoBox((bottom - top, right - left), lattice.affine @ Affine.translation(left, top), lattice.crs)


def _window(grid: GeoBox, site: GeoBox, margin_px: int) -> Any:
    """The pixels that cover the site's grid, within the image."""
    left, top, right, bottom = _around(grid, site, margin_px)
    if left + margin_px >= grid.width or top + margin_px >= grid.height or right <= margin_px or bottom <= margin_px:
        raise AreaError("it does not reach the site")
    left, top, right, bottom = _bounded(max(0, left), max(0, top), min(grid.width, right), min(grid.height, bottom))
    return Window(left, top, right - left, bottom - top)


def _around(grid: GeoBox, site: GeoBox, margin_px: int) -> tuple[int, int, int, int]:
    """From which column and row of an endless grid to which one a site reaches, with a margin."""
    # The sides of a square are curves in another projection: 32 points to a side keep them within a pixel.
    step = max(site.height, site.width) * abs(site.affine.a) / 32
    outline = Geometry(site.extent.geom, site.crs).to_crs(CRS(grid.crs), resolution=step).geom
    if outline.is_empty or not all(map(math.isfinite, outline.bounds)):
        raise AreaError("the site cannot be found in its coordinate system")
    inverse = ~grid.affine
    corners = [inverse @ point for ring in _rings(outline) for point in ring.coords]
    columns, rows = ([corner[i] for corner in corners] for i in (0, 1))
    left, right = math.floor(min(columns)) - margin_px, math.ceil(max(columns)) + margin_px
    top, bottom = math.floor(min(rows)) - margin_px, math.ceil(max(rows)) + margin_px
    return left, top, right, bottom


def _bounded(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    if (right - left) * (bottom - top) > _LARGEST_PIXELS:
        raise AreaError(f"the site covers {right - left} x {bottom - top} of its pixels, too many for one site")
    return left, top, right, bottom


def _rings(outline: Any) -> Iterable[Any]:
    return [part.exterior for part in getattr(outline, "geoms", [outline])]


def _ranges(image: Any, window: Any) -> tuple[tuple[int, int], ...]:
    """From where to where the blocks lie that the window touches, in order, each once."""
    found: set[tuple[int, int]] = set()
    for band, (high, wide) in zip(image.indexes, image.block_shapes, strict=True):
        unpacked = high * wide * image.count * np.dtype(image.dtypes[0]).itemsize
        if unpacked > _LARGEST_BLOCK_BYTES:
            raise ImageError(f"its blocks of {wide} x {high} pixels are too large to be opened safely")
        for row in range(int(window.row_off) // high, -(-int(window.row_off + window.height) // high)):
            for column in range(int(window.col_off) // wide, -(-int(window.col_off + window.width) // wide)):
                start, size = (int(image.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band) or 0)
                               for what in ("OFFSET", "SIZE"))
                if size > _OF_UNPACKED * unpacked + 65_536:
                    raise ImageError(f"a block of {size} bytes is larger than its {wide} x {high} pixels can be")
                if size:  # a block without bytes holds nothing but nodata
                    found.add((max(0, start - _LEADER_BYTES), start + size + _LEADER_BYTES))
    return tuple(sorted(found))
