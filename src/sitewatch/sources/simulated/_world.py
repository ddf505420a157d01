"""A world: an imaginary place, its script of change, and when satellites look at it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely import box

from sitewatch.model import SENSORS
from sitewatch.sources.simulated._cameras import CAMERAS
from sitewatch.sources.simulated._outdoors import Control
from sitewatch.sources.simulated._things import Placed, ThingError

__all__ = ["LONGITUDE_DEG", "Climate", "LandKind", "MisplacedError", "Series", "World"]

# The middle of the Atlantic, where no land lies between Greenland and the Antarctic: nobody lives there, and no
# simulated image can be taken for one of a real place.
LONGITUDE_DEG = -33.0
_SNAP_M = 30.0  # so that the pixels of every sensor begin at the same corner
_LARGEST_M = 6000.0
_MOST_LOOKS = 1000

LandKind = Literal["fields", "dry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Weather through the year. ``cloud``: mean share of the sky covered; ``wettest``: month; ``snow``: chance that
    snow lies in the middle of the winter; ``haze``: median share of light that haze adds."""

    cloud: float = 0.5
    wettest: int = 7
    snow: float = 0.0
    haze: float = 0.05

    def __post_init__(self) -> None:
        for key, value in (("cloud", self.cloud), ("snow", self.snow), ("haze", self.haze)):
            if not 0 <= value < 1:
                raise ThingError(key, f"has to be a share from 0 to below 1, not {value:g}")
        if not 1 <= self.wettest <= 12:
            raise ThingError("wettest", f"has to be a month from 1 to 12, not {self.wettest}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Looks of one sensor: the first with at most ``max_cloud`` after each of ``every_days``, or the stated ``days``.

    ``bits``: 16 as analysts get them; 12 for their steps of brightness; 8 for a picture made for display.
    """

    sensor: str
    start: datetime | None = None
    end: datetime | None = None
    every_days: float = 10.0
    days: tuple[datetime, ...] = ()
    max_cloud: float = 0.6
    bits: int = 16

    def __post_init__(self) -> None:
        if self.sensor not in CAMERAS:
            raise ThingError("sensor", f"{self.sensor[:40]!r} is not simulated. Use one of {', '.join(CAMERAS)}")
        if self.bits not in (8, 12, 16):
            raise ThingError("bits", f"has to be 8, 12 or 16, not {self.bits}")
        if not self.days and (self.start is None or self.end is None or self.end <= self.start):
            raise ThingError("end", "has to be after `start`, or name the days of the looks as `days`")
        if not 0.2 <= self.every_days <= 3660 or not 0 <= self.max_cloud <= 1:
            raise ThingError("every_days", "has to be from 0.2 to 3660 days, and `max_cloud` a share from 0 to 1")
        if self.start and self.end and (self.end - self.start) / timedelta(days=self.every_days) > _MOST_LOOKS:
            raise ThingError("every_days", f"gives more than {_MOST_LOOKS} looks")


@dataclass(frozen=True, kw_only=True)
class World:
    """An imaginary place of ``size_m`` (width, height) in metres at ``latitude`` degrees.

    ``land`` is the kind of country around; ``things`` stand in it in the order in which they are painted.
    """

    name: str
    title: str
    about: str
    question: str
    latitude: float
    size_m: tuple[float, float]
    series: tuple[Series, ...]
    things: tuple[Placed, ...] = ()
    land: LandKind = "fields"
    climate: Climate = Climate()

    def __post_init__(self) -> None:
        if not -60 <= self.latitude <= 60:
            raise ThingError("latitude", f"has to be from -60 to 60 degrees, not {self.latitude:g}")
        if not all(60 <= side <= _LARGEST_M for side in self.size_m):
            raise ThingError("size", f"has to be two lengths from 60 to {_LARGEST_M:g} m, not {list(self.size_m)}")
        for number in range(len(self.things)):
            self._require_inside(number)

    @property
    def key(self) -> int:
        """A number by which everything drawn for this world differs from another's."""
        return zlib.crc32(self.name.encode())

    @cached_property
    def corner(self) -> tuple[str, float, float]:
        """CRS, easting and northing of the top left corner."""
        crs = "EPSG:32625" if self.latitude >= 0 else "EPSG:32725"
        east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(LONGITUDE_DEG, self.latitude)
        left, top = east - self.size_m[0] / 2, north + self.size_m[1] / 2
        return crs, round(left / _SNAP_M) * _SNAP_M, round(top / _SNAP_M) * _SNAP_M

    def grid(self, gsd_m: float) -> GeoBox:
        """The world in pixels of that size, whole pixels only."""
        crs, left, top = self.corner
        width, height = (max(1, int(side / gsd_m + 1e-6)) for side in self.size_m)
        return GeoBox((height, width), Affine(gsd_m, 0, left, 0, -gsd_m, top), crs)

    @property
    def site_grid(self) -> GeoBox:
        """The pinned grid of a case about this world: the pixels of its most frequent sensor."""
        most = max(self.series, key=lambda series: len(series.days) or (series.end - series.start) / series.every_days
                   if series.start and series.end else timedelta(0))
        return self.grid(SENSORS[CAMERAS[most.sensor].sensor].gsd_m or 3.0)

    def _require_inside(self, number: int) -> None:
        place, thing = box(0, 0, *self.size_m), self.things[number]
        must_be_whole = bool(thing.steps) or thing.reference or isinstance(thing, Control)
        for rect in thing.footprints:
            outline = rect.polygon()
            if not (place.contains(outline) if must_be_whole else place.intersects(outline)):
                raise MisplacedError(number, f"lies outside the world of {self.size_m[0]:g} x {self.size_m[1]:g} m"
                                 + (", or reaches beyond it" if must_be_whole else ""))


class MisplacedError(ValueError):
    """A thing that does not fit its world, by its place among the things."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(problem)
        self.number = number
