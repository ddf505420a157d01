"""The archives that are known by name, and the grid of a place of which there are no images yet."""

from __future__ import annotations

from dataclasses import dataclass

from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.geo import utm_grid
from sitewatch.model import SENSORS
from sitewatch.sources.folder import Survey
from sitewatch.sources.planet import PRODUCTS, planet_key
from sitewatch.sources.stac import PROFILES

__all__ = ["ARCHIVE", "Archive", "known_archives", "place"]

ARCHIVE = "earth-search"
"""Where images of a new place come from unless another archive is named: it is open, and asks for no account."""

# Where the edges of pixels fall, in metres beside whole pixels from the origin of the UTM zone: Landsat's scenes have
# their centres there (USGS LSDS-1619), Sentinel-2's tiles their corners (ESA, Level-1 tiling grid).
_BESIDE_M = {"landsat": 15.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive by its name: ``sensors`` are ids in SENSORS, ``credential`` where its credential is from."""

    name: str
    title: str
    sensors: tuple[str, ...]
    credential: str


def known_archives() -> list[Archive]:
    """Every archive that can be named, with the credential that it would be asked with: where from, never what."""
    open_ones = [Archive(name=one.name, title=one.title, sensors=tuple(one.products),
                         credential=one.credential or "none, and none needed") for one in PROFILES.values()]
    try:
        key = planet_key()
        told = key.origin if key else "none: set PL_API_KEY, or sign in with `planet auth login`"
    except ProviderError as error:
        told = str(error)
    return [*open_ones, Archive(name="planet", sensors=tuple(PRODUCTS), credential=told,
                                title="Planet: PlanetScope and SkySat, of your account; what is ordered costs quota")]


def place(area: BaseGeometry | None, source: str, sensor: str | None = None, gsd_m: float | None = None) -> Survey:
    """What a look at images of an archive would tell of an area in EPSG:4326: sensor, pixel size and lattice.

    Raises InputError for no area, UsageError for an unknown archive or a sensor that it has not, AreaError for an area
    without a UTM zone.
    """
    if area is None:
        raise InputError("a new case needs a place: name a folder of dated images of it with --images, or say where it "
                         "is with --at or --area")
    known = {**{name: tuple(profile.products) for name, profile in PROFILES.items()}, "planet": tuple(PRODUCTS)}
    if source not in known:
        raise UsageError(f"no archive is called {source[:60]!r}. Choose one of {', '.join(known)}")
    products = known[source]
    chosen = sensor or next(iter(products))
    if chosen not in products:
        raise UsageError(f"{source} has no {chosen[:60]!r}. Choose one of {', '.join(products)}")
    size_m = gsd_m or SENSORS[chosen].gsd_m or 10.0
    grid = utm_grid(area, size_m)
    beside = _BESIDE_M.get(chosen, 0.0) if size_m == SENSORS[chosen].gsd_m else 0.0
    lattice = GeoBox((1, 1), Affine(size_m, 0, beside, 0, -size_m, beside), grid.crs)
    return Survey(sensor=chosen, gsd_m=size_m, grid=utm_grid(area, size_m, like=lattice), footprint=area,
                  is_georeferenced=True)
