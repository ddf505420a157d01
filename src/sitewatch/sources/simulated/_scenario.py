"""What there is in the imaginary place, and what happens there: positions in metres, times in UTC.

Plan coordinates: x metres to the right and y metres down from the site's top left corner. The place is laid
out along a road: ``at`` turns metres along and across that road into plan coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely import Polygon

from sitewatch.errors import UsageError
from sitewatch.model import Between

__all__ = ["SIZE_M", "TURN_DEG", "Act", "Hall", "Plot", "Rect", "Scenario", "at", "scenario_of"]

SIZE_M = 600.0
TURN_DEG = -11.0   # of the road and of most of what stands along it, clockwise from east as seen on the plan
# Open ocean between Newfoundland and the Azores: nobody lives there and nobody can be mistaken for it.
_GRID = GeoBox((200, 200), Affine(3, 0, 412_200, 0, -3, 4_206_900), "EPSG:32624")
_LATITUDE_DEG, _LONGITUDE_DEG = 38.0, -40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle on the plan: centre and sides in metres, long side turned clockwise from east."""

    x: float
    y: float
    length: float
    width: float
    turn_deg: float = TURN_DEG

    def outline(self, grid: GeoBox) -> Polygon:
        """The rectangle in the coordinates of the grid."""
        turn = math.radians(self.turn_deg)
        east, south = math.cos(turn), math.sin(turn)
        corners = [(self.x + a * self.length / 2 * east - b * self.width / 2 * south,
                    self.y + a * self.length / 2 * south + b * self.width / 2 * east)
                   for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        return Polygon([(grid.affine.c + x, grid.affine.f - y) for x, y in corners])


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing done on a plot: from ``start`` until ``end`` it spreads over ``rect``, then it stays.

    ``rough`` is the relative spread of its brightness, ``until`` when something else ends it.
    """

    name: str
    rect: Rect
    surface: str
    start: datetime
    end: datetime
    until: datetime | None = None
    height_m: float = 0.0
    rough: float = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A hall that stands all the time and may serve as a reference."""

    id: str
    rect: Rect
    surface: str
    height_m: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A place where something happens. ``class_`` is its true class, None for what must not be reported.

    ``happened``: the works that make it news, from their first to their last day.
    """

    id: str
    outline: Rect
    class_: str | None
    happened: Between
    acts: tuple[Act, ...]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An imaginary place, its standing halls and yards, its works, and when it was looked at."""

    name: str
    grid: GeoBox
    latitude_deg: float
    longitude_deg: float
    moments: tuple[datetime, ...]
    halls: tuple[Hall, ...]
    controls: tuple[tuple[str, Rect], ...]
    plots: tuple[Plot, ...]


def scenario_of(name: str, seed: int) -> Scenario:
    """The scenario of that name; the seed moves the days of the looks, never the works."""
    if name != "demo":
        raise UsageError(f"no simulated scenario is called {name!r}. There is: demo")
    return Scenario(name=name, grid=_GRID, latitude_deg=_LATITUDE_DEG, longitude_deg=_LONGITUDE_DEG,
                    moments=_moments(seed), halls=_HALLS, controls=_CONTROLS, plots=(*_WORKS, *_DECOYS))


def at(along_m: float, across_m: float, length_m: float, width_m: float, turn_deg: float = 0.0) -> Rect:
    """A rectangle by its place along the road (0 at mid-site) and across it (positive to the south)."""
    turn = math.radians(TURN_DEG)
    return Rect(x=SIZE_M / 2 + along_m * math.cos(turn) - across_m * math.sin(turn),
                y=SIZE_M / 2 + along_m * math.sin(turn) + across_m * math.cos(turn),
                length=length_m, width=width_m, turn_deg=TURN_DEG + turn_deg)


def _moments(seed: int) -> tuple[datetime, ...]:
    """36 looks in two years, 20 days apart give or take a week, about a quarter past ten by the sun."""
    draw = np.random.default_rng([seed, 0xDA7E])
    first = datetime(2022, 3, 8, 12, 55, tzinfo=UTC)  # 40° W is 2 h 40 min behind UTC
    return tuple(first + timedelta(days=20 * i + int(draw.integers(-6, 7)), seconds=int(draw.integers(0, 2400)))
                 for i in range(36))


def _utc(year: int, month: int, day_: int) -> datetime:
    return datetime(year, month, day_, tzinfo=UTC)


_HALLS = (
    Hall(id="old-hall", rect=at(-5, -62, 78, 36), surface="grey roof"),
    Hall(id="long-hall", rect=at(150, -112, 90, 30), surface="pale roof"),
    Hall(id="barn", rect=at(-112, -52, 44, 22, 4), surface="rust roof", height_m=7),
)
_CONTROLS = (
    ("yard", at(78, -73, 54, 24)),       # lorries park on its other half
    ("old-roof", at(-5, -62, 60, 24)),
    ("long-roof", at(150, -112, 72, 18)),
)

_BUILT, _RAZED = _utc(2022, 11, 1), _utc(2023, 6, 12)
_NEW = at(118, 72, 72, 36)
_GONE = at(170, -52, 56, 28)
_WORKS = (
    Plot(id="new-hall", outline=_NEW, class_="new structure",
         happened=Between(after=_utc(2022, 12, 8), by=_utc(2023, 2, 14)),  # from its slab to its roof
         about="a hall on a former field: cleared, founded, roofed within fifteen weeks",
         acts=(
             Act(name="clearing", rect=at(118, 70, 112, 78), surface="fresh earth", start=_BUILT,
                 end=_utc(2022, 11, 9), rough=0.12),
             Act(name="access", rect=at(90, 22, 9, 40, 0), surface="gravel", start=_BUILT, end=_utc(2022, 11, 5)),
             Act(name="paving", rect=at(118, 72, 95, 57), surface="asphalt", start=_utc(2023, 3, 20),
                 end=_utc(2023, 4, 2)),   # around the hall: what is written later lies on top
             Act(name="foundation", rect=at(118, 72, 74, 38), surface="concrete", start=_utc(2022, 12, 8),
                 end=_utc(2022, 12, 22)),
             Act(name="roof", rect=_NEW, surface="white roof", start=_utc(2023, 1, 20), end=_utc(2023, 2, 14),
                 height_m=9.0, rough=0.02),
         )),
    Plot(id="removed-hall", outline=_GONE, class_="removed structure",
         happened=Between(after=_RAZED, by=_utc(2023, 6, 24)),
         about="a hall that is pulled down; its rubble is carted off and weeds come up",
         acts=(
             Act(name="standing", rect=_GONE, surface="white roof", start=_utc(2000, 1, 1), end=_utc(2000, 1, 2),
                 until=_RAZED, height_m=8.0, rough=0.02),
             Act(name="rubble", rect=at(170, -52, 62, 32), surface="rubble", start=_RAZED, end=_utc(2023, 6, 24),
                 until=_utc(2023, 8, 30), height_m=1.0, rough=0.3),
             Act(name="bare ground", rect=at(170, -52, 64, 34), surface="packed earth", start=_utc(2023, 8, 28),
                 end=_utc(2023, 8, 30), rough=0.16),
             Act(name="weeds", rect=at(173, -50, 52, 26, 3), surface="dry grass", start=_utc(2023, 10, 1),
                 end=_utc(2023, 11, 20), rough=0.25),
         )),
)
_DECOYS = (
    Plot(id="stockpile", outline=at(226, 14, 24, 12), class_=None,
         happened=Between(after=_utc(2022, 8, 4), by=_utc(2022, 8, 6)), about="straw stacked beside the road",
         acts=(Act(name="stack", rect=at(226, 16, 24, 12), surface="straw", start=_utc(2022, 8, 4),
                   end=_utc(2022, 8, 6), until=_utc(2022, 11, 20), height_m=5.0),)),
    Plot(id="field-track", outline=at(-40, 130, 170, 3.5), class_=None,
         happened=Between(after=_utc(2022, 9, 1), by=_utc(2022, 9, 20)), about="a track worn into a field",
         acts=(Act(name="track", rect=at(-40, 130, 170, 3.5), surface="gravel", start=_utc(2022, 9, 1),
                   end=_utc(2022, 9, 20), until=_utc(2023, 4, 1)),)),
)
