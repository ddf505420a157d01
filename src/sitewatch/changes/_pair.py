"""Fewer looks than make a series: each is compared with the next, without a past that says what is usual here.

A pair has no quiet history that could be shuffled. Its own patches are the null: how their number falls off with their
strength is known from simulated pairs, and how many there are is counted in the pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sitewatch.changes._judge import Judge, named
from sitewatch.changes._null import Null
from sitewatch.changes._objects import Thing
from sitewatch.changes._patches import Patches, patches_between, smallest_px
from sitewatch.geo import coverage, look_conditions, look_times, seen_median, whitened
from sitewatch.model import Changes, Comparability, Stack, compare

__all__ = ["compare_looks"]

# Set on pairs of looks of simulated estates, which are no part of any table: the strength from which patches are
# counted, and how their number falls off with it: as strength ** (-1 / tail).
_WEAKEST, _TAIL = 1.5, 0.85
_SUREST: dict[Comparability, float] = {"good": 0.5, "fair": 0.3, "poor": 0.0}   # two looks show no past
_FLOOD = 0.3               # of the ground: that is a season or a veil, and no building site


def compare_looks(stack: Stack, per_pair: float, max_return: float,
                  tell: Callable[[str, int, int], None]) -> Changes:
    """The changes from each look to the next; by chance alone, ``per_pair`` of them are expected in each pair.

    None is given a high chance. Where the two looks are too unlike, by season, sun, view or snow, all are rejected.
    """
    pairs, found = list(pairwise(stack.values)), []
    for look, (one, other) in enumerate(pairs):
        sigma_px = float(np.hypot(*stack.data["shift_sigma_px"].values[look:look + 2]))
        found.append(patches_between(one, other, sigma_px=sigma_px, blur_px=stack.blur_px, gsd_m=stack.site.gsd_m))
        tell("compare", look + 1, len(pairs))
    weighed = [(look, label, float(strength)) for look, patches in enumerate(found)
               for label, strength in enumerate(patches.strengths, 1) if strength >= _WEAKEST]
    null = Null(per_year=len(weighed) / max(len(pairs), 1), floor=_WEAKEST, tail=_TAIL)
    threshold = null.threshold(per_pair)
    values = whitened(stack.values)
    days = np.array([at.timestamp() / 86400 for at in look_times(stack)])
    judge = Judge(values=values, days=days, near_days=float(np.ptp(days)) + 1, null=null, stack=stack,
                  strengths=np.array([strength for *_, strength in weighed]), allowed=per_pair,
                  controls={c.id: coverage(c.outline, stack.site.grid) > 0.5 for c in stack.site.controls},
                  max_return=max_return, times=len(pairs), per="per pair of looks", **_trust(stack, found, threshold))
    records = [judge.record(_thing(found[look].labels == label, look, values, strength), strength)
               for look, label, strength in sorted(weighed, key=lambda one: (-one[2], one[0], one[1]))]
    return Changes(site=stack.site, records=tuple(named(records)), threshold=threshold,
                   false_alarms_per_year=per_pair, smallest_px=smallest_px(stack.blur_px, stack.site.gsd_m))


def _trust(stack: Stack, found: Sequence[Patches], threshold: float) -> dict[str, dict[int, Any]]:
    """How sure a step after each look can be told at most, and after which looks nothing can be told, and why."""
    most, unlike = {}, {}
    for look, (one, other) in enumerate(pairwise(look_conditions(stack))):
        comparison = compare(one, other)
        most[look] = _SUREST[comparison.word]
        changed = np.isin(found[look].labels, 1 + np.flatnonzero(found[look].strengths >= threshold)).mean()
        if comparison.word == "poor":
            unlike[look] = ("the looks before and after it are too unlike to be compared without a series: "
                            f"{', '.join(comparison.reasons[:2])}")
        elif changed > _FLOOD * found[look].seen:
            unlike[look] = (f"{100 * changed / found[look].seen:.0f} % of the ground differs between the looks before "
                            "and after it: a season, snow or haze, and no building site")
    return {"most": most, "unlike": unlike}


def _thing(mask: np.ndarray, look: int, values: np.ndarray, strength: float) -> Thing:
    before, after = (seen_median(values[at][:, mask].T) for at in (look, look + 1))
    return Thing(pixels=np.flatnonzero(mask), look=look, before=before, after=after, energy=strength)
