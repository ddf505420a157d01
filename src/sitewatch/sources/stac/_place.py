"""A place of which there are no images yet: the pixel grid on which they will lie."""

from __future__ import annotations

from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import InputError, UsageError
from sitewatch.geo import utm_grid
from sitewatch.model import SENSORS
from sitewatch.sources.folder import Survey
from sitewatch.sources.stac._profiles import PROFILES

__all__ = ["place"]

# Where the edges of pixels fall, in metres beside whole pixels from the origin of the UTM zone: Landsat's scenes have
# their centres there (USGS LSDS-1619), Sentinel-2's tiles their corners (ESA, Level-1 tiling grid).
_BESIDE_M = {"landsat": 15.0}


def place(area: BaseGeometry | None, source: str, sensor: str | None = None, gsd_m: float | None = None) -> Survey:
    """What a look at images of an archive would tell of an area in EPSG:4326: sensor, pixel size and lattice.

    Raises InputError for no area, UsageError for an unknown archive or a sensor that it has not, AreaError for an area
    without a UTM zone.
    """
    if area is None:
        raise InputError("a new case needs a place: name a folder of dated images of it with --images, or say where it "
                         "is with --at or --area")
    if source not in PROFILES:
        raise UsageError(f"no archive is called {source[:60]!r}. Choose one of {', '.join(PROFILES)}")
    products = PROFILES[source].products
    chosen = sensor or next(iter(products))
    if chosen not in products:
        raise UsageError(f"{source} has no {chosen[:60]!r}. Choose one of {', '.join(products)}")
    size_m = gsd_m or SENSORS[chosen].gsd_m or 10.0
    grid = utm_grid(area, size_m)
    beside = _BESIDE_M.get(chosen, 0.0) if size_m == SENSORS[chosen].gsd_m else 0.0
    lattice = GeoBox((1, 1), Affine(size_m, 0, beside, 0, -size_m, beside), grid.crs)
    return Survey(sensor=chosen, gsd_m=size_m, grid=utm_grid(area, size_m, like=lattice), footprint=area,
                  is_georeferenced=True)
