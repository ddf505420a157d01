"""What lies about a site: slopes, banks, yards, roads, water, trees, and what only looks like news."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import numpy as np

from sitewatch.sources.simulated._plan import Rect
from sitewatch.sources.simulated._surfaces import Surface
from sitewatch.sources.simulated._things import Layer, Moment, Placed, Shape, ThingError

__all__ = ["Berm", "Control", "Lorries", "Mast", "Patch", "Pile", "Pond", "Slope", "Trees", "Way"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope(Placed):
    """Land that rises by ``rise`` (metres per metre) from the lower long side of its rectangle, up to ``height``."""

    ORDER: ClassVar[tuple[str, ...]] = ()
    height: float = 40.0
    rise: float = 0.5

    def layers(self, moment: Moment) -> Iterator[Layer]:
        yield from ()

    def shape(self, land: Shape, at: datetime) -> None:
        along, across = land.frame.along_across(self.rect)
        up = np.clip((self.size[1] / 2 - across) * self.rise, 0, self.height)
        ends = np.clip((self.size[0] / 2 - np.abs(along)) / 20 + 0.5, 0, 1)
        np.maximum(land.height_m, up * ends, out=land.height_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Berm(Placed):
    """A bank of earth with sides at 1:1.5, as long and wide as ``size`` at its foot."""

    height: float = 4.0
    surface: Surface = "dry grass"

    def layers(self, moment: Moment) -> Iterator[Layer]:
        if (share := self._there(moment.at)) > 0:
            yield Layer(rect=self.rect.first(share), surface=self.surface, rough=0.12)

    def shape(self, land: Shape, at: datetime) -> None:
        if (share := self._there(at)) > 0:
            rect = self.rect.first(share)
            along, across = land.frame.along_across(rect)
            inward = np.minimum(rect.length / 2 - np.abs(along), rect.width / 2 - np.abs(across))
            np.maximum(land.height_m, np.clip(inward / 1.5, 0, self.height), out=land.height_m)

    def _there(self, at: datetime) -> float:
        return self.share_of("placed", at, 1.0) - self.share_of("removed", at, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch(Placed):
    """Something flat: a yard, bare ground, paint on a roof or on the ground. It counts as no structure."""

    rough: float = 0.09

    def layers(self, moment: Moment) -> Iterator[Layer]:
        for layer in Placed.layers(self, moment):
            yield replace(layer, rough=self.rough)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Placed):
    """A place that never changes and that a case may be checked against; nothing stands there for its sake."""

    ORDER: ClassVar[tuple[str, ...]] = ()

    def layers(self, moment: Moment) -> Iterator[Layer]:
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile(Placed):
    """A stockpile, a stack or containers: raised, but no structure."""

    height: float = 3.0
    surface: Surface = "straw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast(Placed):
    """A chimney or a mast: a thin thing of which little but its wandering shadow is seen."""

    size: tuple[float, ...] = (2.5, 2.5)
    height: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pond(Placed):
    """Water whose level falls in summer, so that its shore shows."""

    ORDER: ClassVar[tuple[str, ...]] = ()
    surface: Surface = "water"

    def layers(self, moment: Moment) -> Iterator[Layer]:
        low = 0.5 - 0.5 * math.cos(2 * math.pi * (moment.at.timetuple().tm_yday - 60) / 365)
        yield Layer(rect=self.rect.grown(2), surface="silt", rough=0.1)
        for turn, by in ((0, 0.0), (-9, 0.09), (13, 0.07)):
            shrunk = self.rect.grown(-min(self.size) * (by + 0.1 * low))
            yield Layer(rect=replace(shrunk, turn_deg=self.turn + turn), surface=self.surface, rough=0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lorries(Placed):
    """A yard where vehicles of ``each`` size park in rows across it, some other number every time."""

    ORDER: ClassVar[tuple[str, ...]] = ()
    each: tuple[float, ...] = (10.0, 2.6)
    surface: Surface = "packed earth"

    def layers(self, moment: Moment) -> Iterator[Layer]:
        yield Layer(rect=self.rect, surface=self.surface, rough=0.09)
        busy = moment.draw.uniform(0.1, 0.7)
        for row in range(int(self.size[1] // (1.4 * self.each[0]))):
            across = (row + 0.5) * 1.4 * self.each[0] - self.size[1] / 2
            for place in np.arange(-self.size[0] / 2 + 3, self.size[0] / 2 - 3, 1.7 * self.each[1]):
                if moment.draw.random() < busy:
                    yield Layer(rect=self._parked(float(place), across, moment), height_m=3.2,
                                surface=str(moment.draw.choice(["lorry", "lorry", "dark roof", "rust roof"])))

    def _parked(self, along: float, across: float, moment: Moment) -> Rect:
        return replace(self.rect.along(along, across), length=self.each[1],
                       width=self.each[0] * moment.draw.uniform(0.6, 1.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way(Placed):
    """A road, a track or a railway of ``width`` metres through ``points`` ([x, y] each)."""

    at: tuple[float, ...] = (0.0, 0.0)
    points: tuple[tuple[float, float], ...] = ()
    width: float = 6.0
    surface: Surface = "asphalt"

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ThingError("points", "has to name two places or more, as [x, y] each")
        if not 0 < self.width <= 100:
            raise ThingError("width", f"has to be above 0 and at most 100 m, not {self.width:g}")

    @property
    def footprints(self) -> tuple[Rect, ...]:
        return tuple(self._legs())

    def layers(self, moment: Moment) -> Iterator[Layer]:
        if self.share_of("placed", moment.at, 1.0) - self.share_of("removed", moment.at, 0.0) < 0.5:
            return
        for leg in self._legs():
            yield Layer(rect=leg, surface=self.surface, rough=0.05)

    def _legs(self) -> Iterator[Rect]:
        for (x0, y0), (x1, y1) in zip(self.points, self.points[1:], strict=False):
            yield Rect(x=(x0 + x1) / 2, y=(y0 + y1) / 2, length=math.hypot(x1 - x0, y1 - y0) + self.width / 2,
                       width=self.width, turn_deg=math.degrees(math.atan2(y1 - y0, x1 - x0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees(Placed):
    """A wood, an orchard or a row: crowns of ``crown`` metres, ``share`` of the rectangle covered."""

    ORDER: ClassVar[tuple[str, ...]] = ()
    share: float = 0.6
    crown: float = 6.0
    evergreen: bool = False

    def layers(self, moment: Moment) -> Iterator[Layer]:
        yield from ()  # the land grows them: see Land.trees

    def __post_init__(self) -> None:
        Placed.__post_init__(self)
        if not 0 < self.share <= 1:
            raise ThingError("share", f"has to be above 0 and at most 1, not {self.share:g}")
        if not 1 <= self.crown <= 30:
            raise ThingError("crown", f"has to be from 1 to 30 m, not {self.crown:g}")
