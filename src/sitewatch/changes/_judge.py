"""What becomes of each thing that was found: its record, and the first reason that speaks against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import cv2
import numpy as np

from sitewatch.changes._null import Null
from sitewatch.changes._objects import Thing
from sitewatch.changes._place import Place
from sitewatch.changes._returns import NEAR_DAYS, why_passing
from sitewatch.geo import outline_of, seen_median, series_of
from sitewatch.model import Between, Change, ChangeKind, Stack

__all__ = ["Judge", "named"]

_MOST = 0.99     # nothing is surer
_AROUND_PX = 4   # what surrounds a change lies so near


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What every thing is held against; ``values`` are whitened, ``controls`` are masks (y, x).

    ``null`` counts false things ``per`` something, of which there are ``times``; ``most`` (look) is the surest that a
    step after that look can be told to be real, and ``unlike`` the reason why a step after a look tells nothing.
    """

    values: np.ndarray
    days: np.ndarray
    null: Null
    strengths: np.ndarray
    controls: Mapping[str, np.ndarray]
    stack: Stack
    allowed: float
    max_return: float
    times: float
    per: str = "per year"
    near_days: float = NEAR_DAYS
    most: Mapping[int, float] = field(default_factory=dict)
    unlike: Mapping[int, str] = field(default_factory=dict)

    def record(self, thing: Thing, strength: float) -> Change:
        """The record of one thing, with the first reason that speaks against it."""
        grid = self.stack.site.grid
        place = Place.around(thing.pixels, (grid.height, grid.width), _AROUND_PX)
        rate = self.null.rate(strength)
        by_chance = rate * self.times
        series = series_of(place.cut(self.stack.values), place.mask)
        sides = _sides(series, thing.look)
        return Change(id="", outline=outline_of(place.mask, grid, place.corner),
                      kind=self._kind(place, sides, thing.look, rate),
                      between=_bracket(series, thing.look, self.stack), strength=round(strength, 2), false_alarms=rate,
                      chance=round(float(np.clip(1 - by_chance / (self.strengths >= strength).sum(), 0,
                                                 self.most.get(thing.look, _MOST))), 3),
                      step=tuple(round(float(part), 4) for part in sides[1] - sides[0]),
                      why_not=self._why_not(thing, place, rate))

    def _why_not(self, thing: Thing, place: Place, rate: float) -> str | None:
        if rate > self.allowed:
            return f"chance alone makes about {rate:.1f} changes as strong as this {self.per} here"
        if unlike := self.unlike.get(thing.look):
            return unlike
        series = series_of(place.cut(self.values), place.mask)
        if passing := why_passing(thing, series, self.days, self.max_return, self.near_days):
            return passing
        control = next((name for name, covered in self.controls.items()
                        if place.cut(covered)[place.mask].mean() > 0.5), None)
        return f"it lies in the control area {control}, which does not change: a false alarm" if control else None

    def _kind(self, place: Place, sides: tuple[np.ndarray, np.ndarray], look: int, rate: float) -> ChangeKind:
        """Appeared: it stands out from its surroundings twice as much as before; vanished: half; else altered."""
        if rate > self.allowed:
            return "altered"
        near, inner = (cv2.dilate(place.mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0
                       for by in (_AROUND_PX, 1))
        around = _sides(series_of(place.cut(self.stack.values), near & ~inner), look)
        before, after = (float(np.linalg.norm(own - other)) for own, other in zip(sides, around, strict=True))
        return "appeared" if after > 2 * before else "vanished" if before > 2 * after else "altered"


def _sides(series: np.ndarray, look: int) -> tuple[np.ndarray, np.ndarray]:
    """Median levels (band) of the ten looks before and after a step."""
    return seen_median(series[:look + 1][-10:]), seen_median(series[look + 1:][:10])


def _bracket(series: np.ndarray, look: int, stack: Stack) -> Between:
    """From the last look before the step that shows the place to the first one after it."""
    seen = np.isfinite(series[:, 0])
    before, after = np.flatnonzero(seen[:look + 1]), np.flatnonzero(seen[look + 1:])
    taken = stack.data["time"].values.astype("datetime64[s]").astype(np.int64)
    moment = [datetime.fromtimestamp(int(second), UTC) for second in taken]
    return Between(after=moment[before[-1]] if len(before) else None,
                   by=moment[look + 1 + after[0]] if len(after) else None)


def named(records: list[Change]) -> list[Change]:
    """Ids from the day of the step and the place on the grid: they stay when weaker candidates come or go. Of several
    of one day and place the first keeps it, the others are numbered."""
    named, taken = [], Counter[str]()
    for record in records:
        point = record.outline.representative_point()
        name = f"{record.between.by or record.between.after:%Y%m%d}-{point.x:.0f}-{point.y:.0f}"
        taken[name] += 1
        named.append(replace(record, id=name if taken[name] == 1 else f"{name}-{taken[name]}"))
    return named
