"""Things drawn into a site's own looks: how many of them were found says what could have been seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SURE", "Trial", "area_text", "smallest_seen", "smallest_sure", "trials_text"]

SURE = 0.8
"""Share of the roofs drawn that has to be found, at a size and at every larger one, before the size is promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Square new roofs of one size and contrast: ``found`` of ``tried``, as new structures and in their time. Or things
    of the shape of one that a person has marked, seen to go.

    ``side_px``, the root of their area, is in pixels of the site's grid; ``contrast`` is the step from the ground in
    noises of a single look.
    """

    side_px: float
    contrast: float
    tried: int
    found: int


def smallest_sure(trials: Sequence[Trial], contrast: float) -> float | None:
    """The side in pixels from which on, up to the largest that was tried, enough roofs of a contrast were found."""
    sure = None
    for trial in sorted((one for one in trials if one.contrast == contrast), key=lambda one: -one.side_px):
        if trial.found < SURE * trial.tried:
            break
        sure = trial.side_px
    return sure


def smallest_seen(trials: Sequence[Trial], gsd_m: float) -> tuple[float, str] | None:
    """Of things of one contrast: the area in m² from which on they could have been seen, infinite where the largest
    that was tried could not, with the words for it; None where nothing was tried."""
    if not trials:
        return None
    side = smallest_sure(trials, trials[0].contrast)
    one = next(trial for trial in trials if trial.side_px == (side or max(trial.side_px for trial in trials)))
    area, chance = (one.side_px * gsd_m) ** 2, f"(chance {one.found / one.tried:.2f})"
    return (area, f"smallest that could have been seen: {area_text(area)} {chance}") if side else (
        math.inf, f"smallest that could have been seen: larger than {area_text(area)} {chance}")


def trials_text(trials: Sequence[Trial], gsd_m: float) -> str:
    """What could have been seen, contrast by contrast, the strongest first; "" where nothing was tried."""
    told = [_told([one for one in trials if one.contrast == contrast], gsd_m)
            for contrast in sorted({one.contrast for one in trials}, reverse=True)]
    return "To try this out, square new roofs were drawn into these very images and searched for in the same way: " \
        f"{'; '.join(told)}." if told else ""


def _told(trials: Sequence[Trial], gsd_m: float) -> str:
    contrast, largest = trials[0].contrast, max(one.side_px for one in trials)
    side = smallest_sure(trials, contrast)
    some = [one for one in trials if one.side_px >= (side or largest)]
    count = f"{sum(one.found for one in some)} of {sum(one.tried for one in some)}"
    which = f"of those that differ from their ground by {contrast:g} times the noise of a look"
    if side is None:
        return f"{which}, no size was found reliably, of the largest ({area_text((largest * gsd_m)**2)}) {count}"
    return f"{which}, {count} were found from {area_text((side * gsd_m)**2)} on"


def area_text(area_m2: float) -> str:
    """An area rounded up to two figures: a limit must not look finer than it is."""
    step = 10 ** max(math.floor(math.log10(max(area_m2, 1))) - 1, 0)
    return f"{math.ceil(area_m2 / step) * step:,} m²".replace(",", "\N{NARROW NO-BREAK SPACE}")
