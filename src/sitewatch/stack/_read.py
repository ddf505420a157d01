"""From kept files to numbers: bands in a common order, physical units, provider masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from sitewatch.errors import ImageError
from sitewatch.geo import describe, lay_on, read_image
from sitewatch.model import SENSORS, MaskKind, Scene, Site

__all__ = ["View", "lay_view", "read_view"]

# Sentinel-2 scene classification: no data, defective, cloud shadow, medium and high cloud, cirrus.
_SCL_UNCLEAR = (0, 1, 3, 8, 9, 10)
# Landsat Collection 2 pixel quality, bit by bit (USGS LSDS-1619, table "Pixel Quality Assessment (QA_PIXEL) Bit
# Index"): 0 fill, 1 dilated cloud, 2 cirrus, 3 cloud, 4 cloud shadow. Bit 5, snow, shows the ground as it is.
_QA_PIXEL_UNCLEAR = 0b11111
# The edges of a mask lie off by about a pixel, and the pixel beside a cloud holds some of it by the sensor's blur.
# So a mask is grown by one pixel; a second one would take 2 % of the clear ground for 1 % of the cloud.
_MASK_EDGE = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_MAX_RESAMPLING = 4.0  # pixels that differ more from the site's grid than this are another kind of image


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One scene as received: (band, y, x) pixels in physical units on their own grid, NaN where masked."""

    scene: Scene
    pixels: np.ndarray
    grid: GeoBox


def read_view(scene: Scene, site: Site) -> View:
    """Read a scene's image and its provider mask.

    Raises ImageError when a file is not kept, not readable or not what its sensor profile says.
    """
    image = scene.asset("image")
    if image is None or image.kept is None:
        raise ImageError(f"{scene.id} has no kept image. Run the scenes stage again")
    sensor = SENSORS[scene.sensor]
    info = describe(image.kept.path)
    pixels = read_image(image.kept.path)
    if len(pixels) != len(sensor.bands):
        raise ImageError(f"{scene.id} has {len(pixels)} bands, {sensor.title} has {len(sensor.bands)}. "
                         "State the right sensor for these images")
    if sensor.is_reflectance:
        pixels = (pixels + sensor.offset) * sensor.scale
    own = info.grid if info.grid.crs is not None else _picture_grid(info.grid, site)
    ratio = abs(own.affine.a) / site.gsd_m if own.crs is None or own.crs.projected else 1.0
    if not 1 / _MAX_RESAMPLING < ratio < _MAX_RESAMPLING:
        raise ImageError(f"{scene.id} has pixels {ratio:.1f} times those of the site's grid. "
                         "Watch it as a site of its own, or choose another pixel size")
    mask = scene.asset("mask")
    if mask is not None and mask.kept is not None and sensor.mask is not None:
        unclear = cv2.dilate(_unclear(mask.kept.path, sensor.mask, own).astype(np.uint8), _MASK_EDGE) > 0
        pixels = np.where(unclear, np.nan, pixels).astype(np.float32)
    return View(scene=scene, pixels=pixels, grid=own)


def lay_view(view: View, site: Site, shift_px: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """(band, y, x) on the site's grid, resampled once, with the content moved back by ``shift_px``."""
    return lay_on(view.pixels, view.grid, site.grid, shift_px)


def _picture_grid(pixel_grid: GeoBox, site: Site) -> GeoBox:
    """A picture's grid: the stated pixel size from the top left corner."""
    return GeoBox(pixel_grid.shape, site.grid.affine, None)


def _unclear(path: Path, kind: MaskKind, grid: GeoBox) -> np.ndarray:
    """(y, x) bool on the image's grid, from a UDM2 (band 1: 1 is clear), a scene classification or QA_PIXEL bits."""
    codes, own = read_image(path, bands=[1]), describe(path).grid
    if own.crs is None or grid.crs is None:  # it shows its image's frame, in pixels of its own
        scale = Affine.scale(grid.width / own.width, grid.height / own.height)
        own = GeoBox(own.shape, grid.affine @ scale, grid.crs)
    laid = lay_on(codes, own, grid, nearest=True)[0]
    if kind == "udm2":
        return np.asarray(laid != 1)
    if kind == "scl":
        return np.asarray(np.isnan(laid) | np.isin(laid, _SCL_UNCLEAR))
    return np.asarray(np.isnan(laid) | (np.nan_to_num(laid).astype(np.uint16) & _QA_PIXEL_UNCLEAR != 0))
