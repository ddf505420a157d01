"""In which views is it there? Present, absent or unclear, look by look; and the bracket that follows.

In each look, every pixel is either nearer to its state before or to its state after; the share that turned is
near 0 before, near 1 after. How far looks of one state scatter about their own end says how sure that is. A
look in between, off the way from one colour to the other, or mostly covered is unclear: works in progress are
neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sitewatch.geo import Rectangle, seen_median
from sitewatch.model import Between, Look, LookState, Stack

__all__ = ["Sighting", "bracket", "combined", "looks_of", "sightings"]

_NEAR_NONE = 0.05   # more of it than this is already a part of it
_NEAR_WHOLE = 0.25  # the rim of a roof is a mixture and lags behind
_ON_ITS_WAY = 0.3   # a slab is no roof yet, but no longer a field
_BEGUN = 0.2        # more of it than this on its way is neither there nor not there
_OFF = 0.8          # of the step: farther off the way it is neither state
_SURE = 0.95
_CORE_PX = -0.8     # inside the blurred edge
_PAST, _FUTURE = 15, 30
_LEAST_SCATTER = 0.12
_LEAST_SEEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at one place: whether the later state is there, its probability, the share of it that was clear."""

    state: LookState
    chance: float
    seen_share: float


def sightings(rectangle: Rectangle, look: int, values: np.ndarray) -> list[Sighting]:
    """Every look's sighting of what came after ``look`` inside a rectangle; ``values`` (time, band, y, x)."""
    distance = rectangle.distance(values.shape[2:])
    core = distance < (_CORE_PX if (distance < _CORE_PX).sum() >= 6 else 0.0)
    inside = values[:, :, core]
    clear = np.isfinite(inside[:, 0]).mean(axis=1)
    turned, begun, off, scatter = _turned(inside, look)
    # Two normal distributions of equal scatter about 0 and 1: the log likelihood ratio is linear.
    chance = 1 / (1 + np.exp(-np.clip((2 * turned - 1) / (2 * scatter**2), -50, 50)))
    return [_sighting(*row, scatter) for row in zip(turned, begun, off, chance, clear, strict=True)]


def _turned(inside: np.ndarray, look: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Of the pixels (time, band, pixel): the share that turned, the share that is on its way and usually is not, their
    distance off the way, and the scatter about its ends.

    The share, not the mean colour: a roof that covers a tenth of its walls is seen at once.
    """
    seen = np.isfinite(inside[:, 0]).mean(axis=1) >= _LEAST_SEEN
    index = np.arange(len(inside))
    before, after = np.flatnonzero(seen & (index <= look))[-_PAST:], np.flatnonzero(seen & (index > look))[:_FUTURE]
    start, end = seen_median(inside[before]), seen_median(inside[after])
    step = end - start
    length = np.maximum((step**2).sum(axis=0), 1e-9)
    way = ((inside - start) * step).sum(axis=1) / length
    share, begun = (np.where(seen, _mean(way > part, np.isfinite(way)), np.nan) for part in (0.5, _ON_ITS_WAY))
    begun = begun - (np.median(begun[before]) if len(before) else 0.0)
    rest = np.linalg.norm(inside - start - way[:, None] * step, axis=1) / np.sqrt(length)
    off = np.where(seen, _mean(rest, np.isfinite(rest)), np.nan)
    ends = np.concatenate([share[before], 1 - share[after]])
    return share, begun, off, max(1.4826 * float(np.median(ends)) if ends.size else 1.0, _LEAST_SCATTER)


def _mean(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what counts."""
    return np.asarray(np.where(where, values, 0).sum(axis=-1) / np.maximum(where.sum(axis=-1), 1))


def _sighting(turned: float, begun: float, off: float, chance: float, clear: float, scatter: float) -> Sighting:
    if not np.isfinite(turned):
        return Sighting(state="unclear", chance=0.5, seen_share=round(float(clear), 3))
    state: LookState = "unclear"
    if off < _OFF and turned > 1 - _NEAR_WHOLE and chance > _SURE:
        state = "present"
    elif (off < _OFF and turned < max(_NEAR_NONE, scatter - _LEAST_SCATTER) and chance < 1 - _SURE
          and begun < _BEGUN):
        state = "absent"
    return Sighting(state=state, chance=round(float(np.clip(chance, 0.001, 0.999)), 3),
                    seen_share=round(float(clear), 3))


def combined(parts: list[list[Sighting]]) -> list[Sighting]:
    """Of a whole with parts: present once a part is, absent while none is."""
    together = []
    for views in zip(*parts, strict=True):
        states = {view.state for view in views}
        state: LookState = "present" if "present" in states else "absent" if states == {"absent"} else "unclear"
        together.append(Sighting(state=state, chance=max(view.chance for view in views),
                                 seen_share=min(view.seen_share for view in views)))
    return together


def bracket(states: list[LookState], taken: list[datetime], first: LookState = "absent",
            then: LookState = "present") -> Between:
    """From the last ``first`` look to the first ``then`` look around the one turn that fits the looks best."""
    wrong = [sum(s == then for s in states[:turn]) + sum(s == first for s in states[turn:])
             for turn in range(len(states) + 1)]
    turn = min(range(len(wrong)), key=lambda i: (wrong[i], i))
    earlier = [t for t, state in zip(taken[:turn], states[:turn], strict=True) if state == first]
    later = [t for t, state in zip(taken[turn:], states[turn:], strict=True) if state == then]
    return Between(after=earlier[-1] if earlier else None, by=later[0] if later else None)


def looks_of(seen: list[Sighting], stack: Stack, *, removed: bool) -> tuple[Look, ...]:
    """Records of the sightings; of a structure that went, the earlier state is the present one."""
    other: dict[LookState, LookState] = {"present": "absent", "absent": "present", "unclear": "unclear"}
    return tuple(
        Look(scene=fit.scene, taken=fit.taken, seen_share=view.seen_share,
             state=other[view.state] if removed else view.state,
             chance=round(1 - view.chance, 3) if removed else view.chance)
        for fit, view in zip(stack.used, seen, strict=True))
