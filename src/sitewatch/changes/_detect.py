"""detect_changes: where the ground departed from its own past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import cv2
import numpy as np

from sitewatch.changes._null import Null, Shuffle, chance_alone
from sitewatch.changes._objects import Strength, Thing, group_breaks
from sitewatch.changes._place import Place
from sitewatch.changes._returns import why_passing
from sitewatch.changes._segment import find_breaks, pixel_noise, tame
from sitewatch.geo import coverage, outline_of, seen_median, series_of, whitening
from sitewatch.model import Between, Change, ChangeKind, Changes, Progress, Stack

__all__ = ["ChangesOptions", "detect_changes"]

_AROUND_PX = 4   # what surrounds a change lies so near


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesOptions:
    """``false_alarms_per_year``: how many false changes the site may show per year by chance alone.

    ``penalty``: what a step must gain in squared errors, in units of the noise. ``min_looks``: clear looks
    on each side of a step. ``max_return``: share of looks within 400 days that may show the other state.
    ``shuffles``: how many shuffled histories set the threshold. ``seed`` of the shuffles.
    """

    false_alarms_per_year: float = 1.0
    penalty: float = 40.0
    min_looks: int = 3
    max_return: float = 0.2
    shuffles: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.false_alarms_per_year, self.penalty) <= 0 or min(self.min_looks, self.shuffles) < 1:
            raise ValueError("false_alarms_per_year, penalty, min_looks and shuffles must be above 0")
        if not 0 <= self.max_return <= 1:
            raise ValueError(f"max_return is a share between 0 and 1, not {self.max_return:g}")


def detect_changes(stack: Stack, options: ChangesOptions = ChangesOptions(),
                   progress: Progress | None = None, *, threshold: float | None = None) -> Changes:
    """Compare each place with its own past and keep what is stronger than the site's own quiet history.

    Every candidate is recorded, the rejected ones with the reason. ``threshold``: of a stack that differs from one
    that was searched before by little: what chance alone does is not asked again, and what is weaker not recorded.
    """
    tell = progress or (lambda step, done, total: None)
    days, smallest = _days(stack), smallest_thing_px(stack.blur_px)
    values = np.einsum("ij,tjyx->tiyx", whitening(stack.values), stack.values)
    noise = pixel_noise(values, float(np.median(stack.data["shift_sigma_px"])))
    tamed = tame(values, noise)
    tell("divide", 1, 4)
    breaks = find_breaks(tamed, noise, options.penalty, options.min_looks)
    tell("group", 2, 4)
    things = group_breaks(breaks, noise, days, smallest)
    tell("shuffle", 3, 4)
    shuffle = Shuffle(penalty=options.penalty, min_looks=options.min_looks, blur_px=stack.blur_px,
                      shuffles=options.shuffles, seed=options.seed)
    null = (chance_alone(tamed, breaks, noise, days, shuffle) if threshold is None else
            Null.through(threshold, options.false_alarms_per_year))
    strengths = np.array(list(map(Strength.of(tamed, noise, stack.blur_px), things)))
    controls = {c.id: coverage(c.outline, stack.site.grid) > 0.5 for c in stack.site.controls}
    judge = _Judge(values=values, days=days, null=null, strengths=strengths, controls=controls, stack=stack,
                   options=options)
    records = [judge.record(thing, float(strength)) for thing, strength in zip(things, strengths, strict=True)
               if strength >= (threshold or 0)]
    tell("judge", 4, 4)
    return Changes(site=stack.site, records=tuple(_named(records)), smallest_px=2.5 * smallest,
                   threshold=null.threshold(options.false_alarms_per_year),
                   false_alarms_per_year=options.false_alarms_per_year)


def smallest_thing_px(blur_px: float) -> float:
    """Pixels below which the point spread alone decides what is seen: a square of four sigmas, at least 3 x 3."""
    return max(9.0, (4 * blur_px) ** 2)


def _days(stack: Stack) -> np.ndarray:
    """Days since 1970 of every look."""
    return np.asarray(stack.data["time"].values.astype("datetime64[s]").astype(np.float64) / 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What every thing is held against; ``values`` are whitened, ``controls`` are masks (y, x)."""

    values: np.ndarray
    days: np.ndarray
    null: Null
    strengths: np.ndarray
    controls: Mapping[str, np.ndarray]
    stack: Stack
    options: ChangesOptions

    def record(self, thing: Thing, strength: float) -> Change:
        """The record of one thing, with the first reason that speaks against it."""
        grid = self.stack.site.grid
        place = Place.around(thing.pixels, (grid.height, grid.width), _AROUND_PX)
        rate = self.null.rate(strength)
        by_chance = rate * (self.days[-1] - self.days[0]) / 365.25
        series = series_of(place.cut(self.stack.values), place.mask)
        sides = _sides(series, thing.look)
        return Change(id="", outline=outline_of(place.mask, grid, place.corner),
                      kind=self._kind(place, sides, thing.look, rate),
                      between=_bracket(series, thing.look, self.stack), strength=round(strength, 2), false_alarms=rate,
                      chance=round(float(np.clip(1 - by_chance / (self.strengths >= strength).sum(), 0, 0.99)), 3),
                      step=tuple(round(float(part), 4) for part in sides[1] - sides[0]),
                      why_not=self._why_not(thing, place, rate))

    def _why_not(self, thing: Thing, place: Place, rate: float) -> str | None:
        if rate > self.options.false_alarms_per_year:
            return f"chance alone makes about {rate:.1f} changes as strong as this per year here"
        series = series_of(place.cut(self.values), place.mask)
        if passing := why_passing(thing, series, self.days, self.options.max_return):
            return passing
        control = next((name for name, covered in self.controls.items()
                        if place.cut(covered)[place.mask].mean() > 0.5), None)
        return f"it lies in the control area {control}, which does not change: a false alarm" if control else None

    def _kind(self, place: Place, sides: tuple[np.ndarray, np.ndarray], look: int, rate: float) -> ChangeKind:
        """Appeared: it stands out from its surroundings twice as much as before; vanished: half; else altered."""
        if rate > self.options.false_alarms_per_year:
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


def _named(records: list[Change]) -> list[Change]:
    """Ids from the day of the step and the place on the grid: they stay when weaker candidates come or go."""
    named = []
    for record in records:
        day = f"{record.between.by or record.between.after:%Y%m%d}"
        point = record.outline.representative_point()
        named.append(replace(record, id=f"{day}-{point.x:.0f}-{point.y:.0f}"))
    return named
