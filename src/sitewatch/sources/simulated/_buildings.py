"""Buildings, cranes and tunnel portals: what a watcher is after."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import numpy as np

from sitewatch.model import Between, StructureClass
from sitewatch.sources.simulated._plan import Rect
from sitewatch.sources.simulated._surfaces import Surface
from sitewatch.sources.simulated._things import Layer, Moment, Placed, Shape, ThingError

__all__ = ["Crane", "Hall", "Housing", "Portal"]

_VILLAGE_ROOFS = ("tile roof", "tile roof", "rust roof", "grey roof", "dark roof", "pale roof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall(Placed):
    """A large building. Its script may build it, roof it anew and pull it down.

    ``pitch``: rise of its gable roof, metre per metre; wide halls have about 1 in 10, and 0 is flat.
    """

    ORDER: ClassVar[tuple[str, ...]] = ("clearing", "foundation", "walls", "roof", "reroof", "demolition", "cleared")
    height: float = 9.0
    surface: Surface = "grey roof"
    pitch: float = 0.1

    def layers(self, moment: Moment) -> Iterator[Layer]:
        at = moment.at
        if (clearing := self.share_of("clearing", at, 0.0)) > 0:
            yield Layer(rect=self.rect.grown(13).first(clearing), surface="fresh earth", rough=0.12)
        if (foundation := self.share_of("foundation", at, 0.0)) > 0:
            yield Layer(rect=self.rect.grown(1).first(foundation), surface="concrete")
        gone = self.share_of("demolition", at, 0.0)
        if gone > 0:
            yield Layer(rect=self.rect.grown(2).first(gone), surface="rubble", height_m=1.0, rough=0.3)
        if (cleared := self.share_of("cleared", at, 0.0)) > 0:
            yield Layer(rect=self.rect.grown(3).first(cleared), surface="packed earth", rough=0.16)
        if gone < 1:
            yield from self._standing(self.rect.turned_round().first(1 - gone) if gone else self.rect, at)

    def _standing(self, rect: Rect, at: datetime) -> Iterator[Layer]:
        built = self.has("foundation")
        walls, roofed = self.share_of("walls", at, 0.0), self.share_of("roof", at, 0.0 if built else 1.0)
        if walls > 0 and roofed < 1:
            yield Layer(rect=rect, surface="open hall", height_m=self.height * walls, rough=0.2)
        if roofed > 0:
            yield self._roof(rect.first(roofed), self.surface)
        for step in self.steps:
            if step.name == "reroof" and step.share(at) > 0:
                yield self._roof(rect.first(step.share(at)), step.surface or "pale roof")

    def _roof(self, rect: Rect, surface: Surface) -> Layer:
        return Layer(rect=rect, surface=surface, height_m=self.height, pitch=self.pitch, rough=0.02)

    def news(self) -> tuple[StructureClass | None, Between | None]:
        if self.has("foundation"):
            return "new structure", self.span_of("foundation", "roof")
        if self.has("demolition"):
            return "removed structure", self.span_of("demolition", "demolition")
        if self.has("reroof"):
            return "altered structure", self.span_of("reroof", "reroof")
        return None, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Housing(Placed):
    """Rows of houses: ``rows`` times ``columns`` of ``size``, ``gap`` metres apart along and across.

    ``untidy`` from 0 (all alike, as built in one go) to 1 (a grown village: gaps, turns, sizes and roofs of all kinds).
    """

    ORDER: ClassVar[tuple[str, ...]] = Hall.ORDER
    size: tuple[float, ...] = (12.0, 7.0)
    height: float = 4.5
    surface: Surface = "tile roof"
    rows: int = 2
    columns: int = 4
    gap: tuple[float, ...] = (6.0, 10.0)
    pitch: float = 0.4
    untidy: float = 0.0

    def __post_init__(self) -> None:
        Placed.__post_init__(self)
        for key in ("rows", "columns"):
            if not 1 <= getattr(self, key) <= 40:
                raise ThingError(key, f"has to be from 1 to 40, not {getattr(self, key)}")
        if not 0 <= self.untidy <= 1:
            raise ThingError("untidy", f"has to be from 0 to 1, not {self.untidy:g}")
        if len(self.gap) != 2 or min(self.gap) < 0:
            raise ThingError("gap", f"has to be two lengths from 0 up in metres, not {list(self.gap)}")

    @property
    def footprints(self) -> tuple[Rect, ...]:
        return tuple(house.rect for house in self._houses())

    def layers(self, moment: Moment) -> Iterator[Layer]:
        for house in self._houses():
            yield from house.layers(moment)

    def news(self) -> tuple[StructureClass | None, Between | None]:
        return Hall(at=self.at, steps=self.steps).news()

    def _houses(self) -> Iterator[Hall]:
        pitch = self.size[0] + self.gap[0], self.size[1] + self.gap[1]
        draw = np.random.default_rng([zlib.crc32(self.id.encode()), int(self.at[0]), int(self.at[1])])
        for row in range(self.rows):
            for column in range(self.columns):
                wobble, is_gap = self.untidy * draw.normal(0, 1, 5), draw.random() < 0.13 * self.untidy
                surface = self.surface if draw.random() > 0.7 * self.untidy else str(draw.choice(_VILLAGE_ROOFS))
                place = self.rect.along((column - (self.columns - 1) / 2) * pitch[0] + 2.2 * wobble[0],
                                        (row - (self.rows - 1) / 2) * pitch[1] + 1.4 * wobble[1])
                if not is_gap:
                    size = self.size[0] + 1.3 * wobble[3], self.size[1] + 0.7 * wobble[4]
                    yield Hall(at=(place.x, place.y), turn=self.turn + 5 * float(wobble[2]), height=self.height,
                               size=(max(float(size[0]), 3.0), max(float(size[1]), 3.0)),
                               surface=surface, pitch=self.pitch, steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crane(Placed):
    """A gantry crane: a bridge of ``size`` on legs, over two rails of ``track`` metres."""

    size: tuple[float, ...] = (24.0, 3.0)
    height: float = 11.0
    surface: Surface = "steel"
    track: float = 50.0

    def layers(self, moment: Moment) -> Iterator[Layer]:
        for side in (-1, 1):
            rail = replace(self.rect.along(side * self.size[0] / 2), length=1.2, width=self.track)
            yield Layer(rect=rail, surface="ballast")
        if self.share_of("placed", moment.at, 1.0) - self.share_of("removed", moment.at, 0.0) < 0.5:
            return
        for side in (-1, 1):
            leg = replace(self.rect.along(side * self.size[0] / 2), length=1.2, width=self.size[1] + 4)
            yield Layer(rect=leg, surface=self.surface, height_m=self.height - 1)
        yield Layer(rect=self.rect.grown(1), surface=self.surface, height_m=self.height, floats=True)

    def news(self) -> tuple[StructureClass | None, Between | None]:
        if self.has("removed"):
            return "removed structure", self.span_of("removed", "removed")
        return ("new structure", self.span_of("placed", "placed")) if self.has("placed") else (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal(Placed):
    """A tunnel mouth: a level cut of ``size`` into a slope, with a concrete face at its far (upper) end.

    The cut runs up from its lower side. ``widened`` makes it as wide as ``to_width``, and spoil lies before it.
    """

    ORDER: ClassVar[tuple[str, ...]] = ("opened", "widened")
    size: tuple[float, ...] = (8.0, 24.0)
    surface: Surface = "packed earth"
    to_width: float = 16.0

    def layers(self, moment: Moment) -> Iterator[Layer]:
        if (opened := self.share_of("opened", moment.at, 1.0)) <= 0:
            return
        cut, widened = self._cut(moment.at), self.share_of("widened", moment.at, 0.0)
        yield Layer(rect=cut, surface=self.surface, rough=0.1)
        if widened > 0:
            heap = replace(cut.along(0.9 * self.to_width, self.size[1] * 0.62), length=16 * widened, width=9)
            yield Layer(rect=heap, surface="spoil", height_m=2.5, rough=0.25)
        if opened >= 1:
            yield Layer(rect=cut.strip(-self.size[1] / 2 + 1, 2.0), surface="opening", rough=0)
            yield Layer(rect=cut.strip(-self.size[1] / 2 - 1, 2.5).grown(1.2), surface="concrete", height_m=7.0)

    def shape(self, land: Shape, at: datetime) -> None:
        if self.share_of("opened", at, 1.0) > 0:
            window, covered = land.frame.coverage(self._cut(at))
            land.height_m[window] *= 1 - covered

    def news(self) -> tuple[StructureClass | None, Between | None]:
        if self.has("opened"):
            return "new structure", self.span_of("opened", "opened")
        return ("altered structure", self.span_of("widened", "widened")) if self.has("widened") else (None, None)

    def _cut(self, at: datetime) -> Rect:
        wider = (self.to_width - self.size[0]) * self.share_of("widened", at, 0.0)
        return replace(self.rect, length=self.size[0] + wider)
