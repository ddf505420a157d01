"""What kind of images a folder holds, and on which pixel lattice: asked once, when a case is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox
from shapely import box
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import AreaError, ImageError, InputError
from sitewatch.geo import common_footprint, length_m, picture_grid, utm_grid
from sitewatch.model import SENSORS, Sensor
from sitewatch.sources.folder._listing import Image, hrefs, list_folder
from sitewatch.sources.folder._products import Product

__all__ = ["Survey", "commonest_shape", "gsd_of", "sensor_of", "survey"]

_REASONS_SHOWN = 3
_FINEST_PLANETSCOPE_M = 1.5   # its pixels are of 3 m, SkySat's of 0.5 m, and both may have been resampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A folder's images in short.

    ``sensor`` is an id in SENSORS. ``grid`` is in metres, north up: the commonest image's own where it is
    such a grid, else one laid over that image; for pictures the commonest picture's plane. ``footprint`` is
    what the images have in common, EPSG:4326, or the plane's box for pictures.
    """

    sensor: str
    gsd_m: float
    grid: GeoBox
    footprint: BaseGeometry
    is_georeferenced: bool


def survey(path: Path, sensor: str | None = None, gsd_m: float | None = None) -> Survey:
    """Look at the headers of a folder's images; a stated sensor or pixel size is believed.

    Raises InputError when there is no such folder, no image in it, an unknown sensor, or pictures without a
    stated pixel size, ImageError when no image can be read or fits the sensor, AreaError when georeferenced
    and plain images are mixed or most have no ground in common.
    """
    if gsd_m is not None and not 0 < gsd_m < 1000:
        raise InputError(f"a pixel size of {gsd_m} m is none. Give the ground sample distance in metres")
    images, products, refused = list_folder(path)
    if not images and not products:
        reasons = "".join(f"\n  {refusal.what}: {refusal.why}" for refusal in refused[:_REASONS_SHOWN])
        if refused:
            raise ImageError(f"not one of the images in {path} can be used:{reasons}")
        raise InputError(f"there is no image in {path}. Put GeoTIFF, COG, JPEG 2000, PNG or JPEG files there")
    profile = sensor_of(images, sensor, [product.sensor for product in products])
    images = images + [_band(product) for product in products]
    fitting = [image for image in images if image.bands == len(profile.bands)]
    if not fitting:
        raise ImageError(f"{profile.title} has {len(profile.bands)} bands, but not one image in {path} has as many. "
                         f"State another sensor: {_profiles()}")
    plain = [image for image in fitting if image.footprint is None]
    if plain and len(plain) < len(fitting):
        raise AreaError(f"{len(plain)} of {len(fitting)} images have no georeference ({hrefs(plain)}): plain and "
                        "georeferenced images cannot be laid on each other. Give them in folders of their own")
    return _of_pictures(plain, profile, gsd_m) if plain else _of_ground(fitting, profile, gsd_m)


def sensor_of(images: list[Image], stated: str | None, told: Sequence[str] = ()) -> Sensor:
    """The stated sensor's profile, or the one that most of the images can be, or that products say they are.

    Raises InputError when the stated one is not known or the images could be of several sensors or of none.
    """
    if stated is not None:
        if stated not in SENSORS:
            raise InputError(f"no sensor is called {stated!r}. Known are {_profiles()}")
        return SENSORS[stated]
    guessed = Counter([*told, *(guess for image in images if (guess := _guess(image)) is not None)])
    if not guessed:
        seen = ", ".join(sorted({f"{image.bands} bands of {image.dtype}" for image in images}))
        raise InputError(f"the images ({seen}) do not tell their sensor. State one: {_profiles()}")
    return SENSORS[guessed.most_common(1)[0][0]]


def gsd_of(image: Image) -> float:
    """The pixel size of a georeferenced image in true metres, or of its grid where the two agree to 1 %."""
    grid, a = image.grid, image.grid.affine
    x = a.c + a.a * grid.width / 2 + a.b * grid.height / 2
    y = a.f + a.d * grid.width / 2 + a.e * grid.height / 2
    true_m = length_m(x, y, x + a.a, y + a.d, grid)
    return abs(a.a) if abs(true_m / max(abs(a.a), 1e-12) - 1) < 0.01 else float(f"{true_m:.3g}")


def commonest_shape(images: list[Image]) -> tuple[int, int]:
    """(height, width) of most images, the first by name where several are as common."""
    return Counter((int(image.grid.height), int(image.grid.width)) for image in images).most_common(1)[0][0]


def _of_pictures(images: list[Image], profile: Sensor, gsd_m: float | None) -> Survey:
    size_m = gsd_m or profile.gsd_m
    if size_m is None:
        raise InputError(f"the images ({hrefs(images)}) have no georeference, so their pixel size is not known. "
                         "State the ground sample distance in metres with --gsd")
    height, width = commonest_shape(images)
    return Survey(sensor=profile.id, gsd_m=size_m, grid=picture_grid(width, height, size_m),
                  footprint=box(0, -height * size_m, width * size_m, 0), is_georeferenced=False)


def _of_ground(images: list[Image], profile: Sensor, gsd_m: float | None) -> Survey:
    lattices = Counter(_lattice(image.grid) for image in images)
    lattice = lattices.most_common(1)[0][0]
    first = next(image for image in images if _lattice(image.grid) == lattice)
    common, sharing = common_footprint([first.grid]), 0
    for image in images:
        both = common if image.footprint is None else common.intersection(image.footprint)
        if both.area > 0:  # an image from elsewhere does not take the others' ground away; it is refused later
            common, sharing = both, sharing + 1
    if sharing * 2 < len(images) or (len(images) == 2 and sharing == 1):
        raise AreaError(f"most of the images have no ground in common with {first.href}. "
                        "Give the images of one site")
    own_m = gsd_of(first)
    size_m = gsd_m or own_m
    fits = size_m == own_m == abs(first.grid.affine.a) and _is_north_up_metres(first.grid)
    grid = _by_code(first.grid) if fits else utm_grid(common_footprint([first.grid]), size_m)
    return Survey(sensor=profile.id, gsd_m=size_m, grid=grid, footprint=common, is_georeferenced=True)


def _by_code(grid: GeoBox) -> GeoBox:
    """The same grid with its CRS by its EPSG code where it has one, which people can read in a case file."""
    epsg = grid.crs.epsg if grid.crs is not None else None
    return grid if epsg is None else GeoBox(grid.shape, grid.affine, f"EPSG:{epsg}")


def _band(product: Product) -> Image:
    """A product as if its bands were one file."""
    return Image(path=product.bands[0], href=product.href, grid=product.info.grid, footprint=product.footprint,
                 bands=len(product.bands), dtype=product.info.dtype, tags={})


def _lattice(grid: GeoBox) -> tuple[object, ...]:
    """What images on one pixel lattice share: the CRS, the pixel, and where pixel edges fall."""
    a = grid.affine
    phase = tuple(float(np.round((edge / step) % 1.0, 3)) % 1.0 for edge, step in ((a.c, a.a or 1), (a.f, a.e or 1)))
    return str(grid.crs), round(a.a, 9), round(a.b, 9), round(a.d, 9), round(a.e, 9), phase


def _is_north_up_metres(grid: GeoBox) -> bool:
    a = grid.affine
    return bool(grid.crs is not None and grid.crs.projected and a.b == a.d == 0 and a.a > 0 and a.e == -a.a)


def _guess(image: Image) -> str | None:
    """The profile of an image by its number of bands; of 16 bits each, 4 or 8 are Planet's, or 4 are those of the
    provider whose mask lies beside."""
    if image.dtype != "uint16" or image.bands not in (4, 8):
        return {1: "grey", 3: "picture"}.get(image.bands)
    if image.bands == 8:
        return "planetscope-8"
    if image.mask is not None and image.mask.kind != "udm2":
        return "sentinel-2" if image.mask.kind == "scl" else "landsat"
    is_fine = image.footprint is not None and gsd_of(image) < _FINEST_PLANETSCOPE_M
    return "skysat" if is_fine else "planetscope-4"


def _profiles() -> str:
    return ", ".join(f"{sensor.id} ({', '.join(sensor.bands)})" for sensor in SENSORS.values())
