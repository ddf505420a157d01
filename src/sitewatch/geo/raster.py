"""Raster files: what they are, and their pixels."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from sitewatch.errors import ImageError

__all__ = ["ImageInfo", "check_pixels", "crs_of", "describe", "open_image", "read_delivered", "read_image",
           "read_stored", "write_geotiff"]

# Pictures without georeference share one plane: any projected CRS does, it is never transformed.
_PLANE = rasterio.crs.CRS.from_epsg(3857)
# First bytes of TIFF, BigTIFF, PNG, JPEG, JPEG 2000. Nothing else is opened, whatever its name says: other formats, a
# VRT for one, can make the reader open other files or fetch from a network.
_DRIVERS = {b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"MM\0+": "GTiff", b"\x89PNG\r\n\x1a\n": "PNG",
            b"\xff\xd8\xff": "JPEG", b"\0\0\0\x0cjP  ": "JP2OpenJPEG", b"\xff\x4f\xff\x51": "JP2OpenJPEG"}
_LARGEST_PIXELS = 400_000_000
_CHECKED_AT_ONCE = 8_000_000
# Only the file itself counts: our kept copies have no sidecars. A JPEG that ends early is damage, not a warning.
_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO",
         "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInfo:
    """An image file's header. ``grid`` has no CRS, and one pixel per unit, where there is no georeference.

    ``bands`` counts an alpha channel too, where ``has_alpha``. With ``has_palette`` its values are no brightness but
    places in a table of colours. ``offset`` is what the file itself says to add to its scaled values, None where it
    gives no scale.
    """

    grid: GeoBox
    bands: int
    dtype: str
    tags: Mapping[str, str]
    descriptions: tuple[str | None, ...]
    has_alpha: bool = False
    has_palette: bool = False
    offset: float | None = None


def describe(path: Path) -> ImageInfo:
    """Read an image's header.

    Raises ImageError when the file is no image, is empty or is too large to be opened safely.
    """
    with open_image(path) as image:
        affine = image.transform if image.crs else Affine(1, 0, 0, 0, -1, 0)
        return ImageInfo(grid=GeoBox(image.shape, affine, image.crs.to_wkt() if image.crs else None),
                         bands=image.count, dtype=image.dtypes[0], tags=dict(image.tags()),
                         descriptions=tuple(image.descriptions),
                         has_alpha=rasterio.enums.ColorInterp.alpha in image.colorinterp,
                         has_palette=rasterio.enums.ColorInterp.palette in image.colorinterp,
                         offset=float(image.offsets[0]) if image.scales[0] != 1 else None)


def read_image(path: Path, bands: Sequence[int] | None = None) -> np.ndarray:
    """(band, y, x) float32 pixel values as stored, NaN in all bands where the file says nodata, fully transparent
    or, in any band, no finite number.

    ``bands`` are 1-based; without it all bands but an alpha channel are read.
    """
    stored, hidden = read_stored(path, bands)
    pixels = stored.astype(np.float32)
    if hidden.any():
        pixels[:, hidden] = np.nan
    return pixels


def read_stored(path: Path, bands: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The same as the (band, y, x) numbers of the file's own type, which take half of the memory where they are counts,
    and (y, x) bool where `read_image` has NaN."""
    with open_image(path) as image:
        wanted = list(bands) if bands else [i for i in image.indexes
                                            if image.colorinterp[i - 1] != rasterio.enums.ColorInterp.alpha]
        try:
            stored, hidden = np.asarray(image.read(wanted)), np.asarray(image.dataset_mask() == 0)
        except (RasterioError, ValueError) as error:
            raise ImageError(f"{path.name} is damaged or truncated ({error}). Fetch it again or remove it") from error
    if np.issubdtype(stored.dtype, np.inexact):
        hidden |= ~np.isfinite(stored).all(axis=0)
    return stored, hidden


def read_delivered(path: Path) -> tuple[np.ndarray, GeoBox, float | None]:
    """(band, y, x) pixels of a georeferenced image as stored, where they lie, and what it says nodata is."""
    with open_image(path) as image:
        if image.crs is None:
            raise ImageError(f"{path.name} has no georeference")
        try:
            return image.read(), GeoBox(image.shape, image.transform, image.crs.to_wkt()), image.nodata
        except (RasterioError, ValueError) as error:
            raise ImageError(f"{path.name} is damaged or truncated ({error}). Fetch it again or remove it") from error


def check_pixels(path: Path) -> None:
    """Decode every pixel once, a few rows at a time; raises ImageError when the file is damaged or truncated."""
    with open_image(path) as image:
        rows = max(1, _CHECKED_AT_ONCE // (image.width * image.count))
        rows = max(rows - rows % image.block_shapes[0][0], image.block_shapes[0][0])
        try:
            for top in range(0, image.height, rows):
                image.read(window=Window(0, top, image.width, min(rows, image.height - top)))
        except (RasterioError, ValueError) as error:
            raise ImageError(f"{path.name} is damaged or truncated ({error}). Fetch it again or remove it") from error
        if image.driver == "PNG" and b"IEND\xaeB`\x82" not in path.read_bytes()[-1024:]:  # libpng goes on without
            raise ImageError(f"{path.name} is truncated. Fetch it again or remove it")


def write_geotiff(path: Path, pixels: np.ndarray, grid: GeoBox, tags: Mapping[str, str] | None = None,
                  nodata: float | None = None) -> None:
    """Write (band, y, x) pixels as a tiled, deflated GeoTIFF."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", driver="GTiff", width=grid.width, height=grid.height, count=pixels.shape[0],
                           dtype=pixels.dtype, crs=None if grid.crs is None else crs_of(grid), nodata=nodata,
                           transform=grid.affine, tiled=True, blockxsize=256, blockysize=256,
                           compress="deflate", predictor=2) as image:
            image.write(pixels)
            image.update_tags(**(tags or {}))


def crs_of(grid: GeoBox) -> rasterio.crs.CRS:
    """What rasterio calls the CRS of a grid; pictures have one plane in common."""
    return _PLANE if grid.crs is None else rasterio.crs.CRS.from_wkt(grid.crs.to_wkt())


def open_image(path: Path, largest_pixels: int | None = _LARGEST_PIXELS) -> rasterio.DatasetReader:
    """An image opened by the driver that its first bytes ask for; ImageError for what is none or is too large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.Env(**_GDAL):
                image = rasterio.open(path, driver=_driver_of(path))
        except (RasterioError, OSError) as error:
            raise ImageError(f"{path.name} is not an image that can be read ({error}). "
                             "Supply a GeoTIFF, COG, JPEG 2000, PNG or JPEG, or remove the file") from error
    if image.count == 0 or image.width * image.height > (largest_pixels or math.inf):
        image.close()
        raise ImageError(f"{path.name} holds {image.count} bands of {image.width} x {image.height} pixels: "
                         "nothing in it, or too much to open safely. Cut the image to the site first")
    return image


def _driver_of(path: Path) -> str:
    with path.open("rb") as file:
        first = file.read(12)
    found = next((driver for begin, driver in _DRIVERS.items() if first.startswith(begin)), None)
    if found is None:
        raise ImageError(f"{path.name} is not an image, whatever its name says. "
                         "Supply a GeoTIFF, COG, JPEG 2000, PNG or JPEG, or remove the file")
    return found
