"""detect_changes: where the ground departed from its own past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from shapely.geometry.base import BaseGeometry

from sitewatch.changes._judge import Judge, named
from sitewatch.changes._null import Null, Shuffle, chance_alone
from sitewatch.changes._objects import Strength, group_breaks, smallest_thing_px
from sitewatch.changes._pair import compare_looks
from sitewatch.changes._segment import find_breaks, pixel_noise, tame
from sitewatch.geo import coverage, whitened
from sitewatch.model import Changes, Progress, Stack

__all__ = ["ChangesOptions", "detect_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesOptions:
    """``false_alarms_per_year``: how many false changes the site may show per year by chance alone.

    Of fewer looks than make a series it is the number per pair of looks. ``penalty``: what a step must gain in squared
    errors, in units of the noise. ``min_looks``: clear looks on each side of a step. ``max_return``: share of looks
    within 400 days that may show the other state. ``shuffles``: how many shuffled histories set the threshold.
    ``seed`` of the shuffles.
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
                   progress: Progress | None = None, *, threshold: float | None = None,
                   near: BaseGeometry | None = None, since: datetime | None = None) -> Changes:
    """Compare each place with its own past and keep what is stronger than the site's own quiet history.

    Every candidate is recorded, the rejected ones with the reason. ``threshold``: of a stack that differs from one
    that was searched before by little: what chance alone does is not asked again, and what is weaker not recorded, nor
    what does not meet ``near``, a geometry in the site's CRS, nor what came before ``since``.
    """
    tell = progress or (lambda step, done, total: None)
    if not stack.is_series:
        return compare_looks(stack, options.false_alarms_per_year, options.max_return, tell)
    days, smallest = _days(stack), smallest_thing_px(stack.blur_px)
    values = whitened(stack.values)
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
    wanted = np.ones(noise[0].size, bool) if near is None else coverage(near, stack.site.grid).ravel() > 0
    first = 0 if since is None else sum(fit.taken < since for fit in stack.used)
    judge = Judge(values=values, days=days, null=null, strengths=strengths, controls=controls, stack=stack,
                  allowed=options.false_alarms_per_year, max_return=options.max_return,
                  times=(days[-1] - days[0]) / 365.25)
    records = [judge.record(thing, float(strength)) for thing, strength in zip(things, strengths, strict=True)
               if strength >= (threshold or 0) and wanted[thing.pixels].any() and thing.look >= first]
    tell("judge", 4, 4)
    return Changes(site=stack.site, records=tuple(named(records)), smallest_px=smallest,
                   threshold=null.threshold(options.false_alarms_per_year),
                   false_alarms_per_year=options.false_alarms_per_year)


def _days(stack: Stack) -> np.ndarray:
    """Days since 1970 of every look."""
    return np.asarray(stack.data["time"].values.astype("datetime64[s]").astype(np.float64) / 86400)
