"""Small things that a person has marked: in which looks are they there, and did they come or go?

A crane of two by seven pixels is too small to be found, but not to be followed once somebody has said where it stands.
In each look its place is weighed by its own outline, blurred as the sensor blurs it, against the ground around: one
contrast per band. A step in that series is held against the steps of many other places of the same shape on the same
site, where nothing is known to have changed, so that season, light and works elsewhere are what a real one has to beat.
Of two or three looks each counts for itself. How far they scatter is then known from those other places alone, which
may be bare; so it is looked for beside its place too, where a tall thing leans in another view.

Which sizes could have been told is tried out: things of its shape are drawn into the earlier looks of those other
places. Their contrast is one of those of the roofs of ``_trials``: that which the mark itself seems to have would
promise whatever was told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np
from shapely import Polygon
from shapely.affinity import scale

from sitewatch.geo import coverage, look_noise, seen_mad, seen_median, whitening
from sitewatch.model import SURE, Between, Changes, Look, LookState, Mark, Stack, Structure, Trial, smallest_seen
from sitewatch.structures._looks import bracket

__all__ = ["followed"]

_PLACES = 400          # others that it is held against: the least probability is one in so many
_FEWEST_PLACES = 60
_RING_PX = (1.6, 4.5)  # from the outline: outside its blurred edge, and still its surroundings
_LEAST_SEEN = 0.8
_LEAST_LOOKS = 2       # on each side of a step
_CALM = 0.5            # of the usual scatter of such places: none is calmer than that
_SURE = 0.95
_CHANCE = 0.7          # from which on a step is told
_THERE = 0.9           # one in ten marks is not what the person took it for, or moved a little
_CLEARER = 1.5         # times: a thing stands out from its surroundings more than the ground that it leaves
_LEAN_M = 6.0          # so far a thing of 12 m leans from one view to another, 25 degrees apart
_LIKE_IT = 0.5         # of its contrast
_BESIDE = (f"the like of it stands within {_LEAN_M:.0f} m in a look without it: it may be seen from another side, or "
           "have been moved a little")
_NEAR_PX = 60          # ground of other kinds lies farther away
_TIMES = (1, 2, 4, 8)  # the smallest area that the search reports: in two looks less may as well be the point spread
_LESS = (0.25, 0.5)    # of that area: a series tells of less where the place and the shape are known
_CONTRAST = 3.0        # noises of a look, of what is drawn: an eye makes it out
_EVERY = 4             # so many of the other places give one that is drawn into


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """After which look a series stepped, up to which ``then``, by how many standard errors, and its levels before and
    after (band)."""

    look: int
    then: int
    strength: float
    before: np.ndarray
    after: np.ndarray


def followed(mark: Mark, changes: Changes, stack: Stack, values: np.ndarray) -> Structure:
    """The marked object with its looks; ``values`` (time, band, y, x) are the stack's, whitened."""
    inside, ring = _footprint(mark.outline, stack)
    shares = np.isfinite(values[:, 0][:, inside > 0]).mean(axis=1) if inside.any() else np.zeros(len(values))
    own = _series(values, inside, ring) if inside.any() and ring.any() else np.full(values.shape[:2], np.nan)
    least = _LEAST_LOOKS if len(own) >= 2 * _LEAST_LOOKS else 1
    others = _elsewhere(inside, ring, changes, stack, values, least) if inside.any() and ring.any() else []
    found = _followed(mark, own, others, [fit.taken for fit in stack.used], least)
    if least < _LEAST_LOOKS and found.went is not None and _is_beside(found, own, values, inside, ring, stack):
        found = _Found(states=[("unclear", 0.5)] * len(own), reasons=(*found.reasons, _BESIDE))
    trials = tuple(_drawn(mark.outline, changes, stack, values, least))
    smallest = smallest_seen(trials, stack.site.gsd_m)
    if smallest and mark.outline.area < smallest[0]:
        too_small = f"{smallest[1]}, and it covers {mark.outline.area:.0f} m²"
        found = _Found(states=[("unclear", 0.5)] * len(own), reasons=(*found.reasons, too_small))
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, state=state, chance=chance, seen_share=round(float(share), 3))
                  for fit, (state, chance), share in zip(stack.used, found.states, shares, strict=True))
    states, taken = [look.state for look in looks], [look.taken for look in looks]
    first = bracket(states, taken) if found.went is False else Between()
    last = bracket(states, taken, first="present", then="absent") if found.went else Between()
    told = f"marked in the case by a person{f'; {smallest[1]}' if smallest else ''}"
    return Structure(id=mark.id, label=mark.id.replace("_", " "), outline=mark.outline, class_="marked object",
                     chance=round(found.chance, 2), first=first, last=last, looks=looks, trials=trials,
                     reasons=(told, *found.reasons))


def _drawn(outline: Polygon, changes: Changes, stack: Stack, values: np.ndarray, least: int) -> Iterator[Trial]:
    """Things of that shape, lighter and darker than the ground, in the first half of the looks at other places: how
    many are seen to go. The sizes grow to one that is seen, in few looks from the smallest that the search reports."""
    grey, pixel_m2 = whitening(stack.values).sum(axis=1), stack.site.gsd_m**2
    way = _CONTRAST * look_noise(values.shape[1]) * grey / np.linalg.norm(grey)
    tried = (*_LESS, *_TIMES) if least == _LEAST_LOOKS else _TIMES
    for area_px in (changes.smallest_px * times for times in tried):
        wider = math.sqrt(area_px * pixel_m2 / outline.area)
        inside, ring = _footprint(scale(outline, wider, wider), stack)
        others = _elsewhere(inside, ring, changes, stack, values, least) if inside.any() and ring.any() else []
        if len(others) < _FEWEST_PLACES:
            return
        calm = _CALM * np.median([_scatter(series) for series in others], axis=0)
        null = _strengths(others, calm, least)
        seen_of_it = float((inside**2).sum() / inside.sum())
        first_half = (np.arange(len(values)) < len(values) / 2)[:, None]
        drawn = [series + (-1) ** number * seen_of_it * way * first_half
                 for number, series in enumerate(others[::_EVERY])]
        shares = [(1 + (null >= strength).sum()) / (1 + len(null)) for strength in _strengths(drawn, calm, least)]
        found = sum(_chance(float(share)) >= _CHANCE for share in shares)
        yield Trial(side_px=round(math.sqrt(area_px), 2), contrast=_CONTRAST, tried=len(drawn), found=found)
        if found >= SURE * len(drawn):
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Each look's state and probability of presence; whether it ``went`` (False: came, None: neither was seen)."""

    states: list[tuple[LookState, float]]
    reasons: tuple[str, ...]
    went: bool | None = None
    chance: float = 0.5


def _followed(mark: Mark, own: np.ndarray, others: list[np.ndarray], taken: list[datetime], least: int) -> _Found:
    unclear: list[tuple[LookState, float]] = [("unclear", 0.5)] * len(taken)
    enough = len(others) >= _FEWEST_PLACES
    usual = np.median([_scatter(series) for series in others], axis=0) if enough else np.zeros(own.shape[1])
    calm = _CALM * usual
    step = _step(own, calm, least) if enough else None
    if step is None:
        return _Found(states=unclear, reasons=("it could not be followed: its place, or enough other places to hold it "
                                               "against, are not seen often enough",))
    null = _strengths(others, calm, least)
    share = float((1 + (null >= step.strength).sum()) / (1 + len(null)))
    if _chance(share) < _CHANCE:
        stayed = _there_or_unknown(own, calm, null)
        return replace(stayed, reasons=("no step was found in its place", *stayed.reasons))
    told = (f"its place departs from its past by {step.strength:.1f} standard errors; of {len(null)} other places of "
            f"its shape {(null >= step.strength).sum()} do as much",)
    is_later = _is_later(mark, step, taken)
    if is_later is None:
        stayed = _there_or_unknown(own, calm, null)
        return replace(stayed, reasons=(*told, "it stands out from the ground around as much before as after, so that "
                                               "this is no coming or going", *stayed.reasons))
    with_it, without = (step.after, step.before) if is_later else (step.before, step.after)
    scatter = usual if least < _LEAST_LOOKS else np.maximum(_scatter(own), calm)
    return _Found(states=_states(own, with_it, without, scatter), went=not is_later, chance=_chance(share),
                  reasons=told)


def _is_beside(found: _Found, own: np.ndarray, values: np.ndarray, inside: np.ndarray, ring: np.ndarray, stack: Stack
               ) -> bool:
    """Whether a look that seems to be without it shows the like of it within some metres of its place."""
    there = np.array([state == "present" for state, _ in found.states])
    gone = np.array([state == "absent" for state, _ in found.states])
    if not there.any() or not gone.any():
        return True
    without = seen_median(own[gone])
    way = seen_median(own[there]) - without
    reach = math.ceil(_LEAN_M / stack.site.gsd_m)
    inside, ring = np.pad(inside, reach), np.pad(ring, reach)
    ground = np.pad(values[gone], ((0, 0), (0, 0), (reach, reach), (reach, reach)), constant_values=np.nan)
    rows, columns = np.nonzero((inside > 0) | ring)
    for dy in range(-reach, reach + 1, 2):
        for dx in range(-reach, reach + 1, 2):
            cut = np.s_[rows.min() + dy:rows.max() + 1 + dy, columns.min() + dx:columns.max() + 1 + dx]
            here = np.s_[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
            seen = _series(ground[(slice(None), slice(None), *cut)], inside[here], ring[here])
            if ((seen - without) @ way >= _LIKE_IT * float(way @ way)).any():
                return True
    return False


def _footprint(outline: Polygon, stack: Stack) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) share of each pixel's light that comes from it, and the ring around it."""
    covered = coverage(outline, stack.site.grid)
    share = cv2.GaussianBlur(covered.astype(np.float64), (0, 0), max(stack.blur_px, 0.4))
    share[share < 0.2 * share.max(initial=0.0)] = 0.0
    away = cv2.distanceTransform((covered <= 0).astype(np.uint8), cv2.DIST_L2, 5)
    return share, (away > _RING_PX[0]) & (away <= _RING_PX[1])


def _series(values: np.ndarray, inside: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """(time, band) of what is inside less what is around, NaN where too little is seen."""
    weight = inside[inside > 0]
    own, around = values[:, :, inside > 0], values[:, :, ring]
    seen = np.isfinite(own[:, 0])
    shown = np.minimum((seen * weight).sum(axis=1) / weight.sum(), np.isfinite(around[:, 0]).mean(axis=1))
    total = (np.where(seen, weight, 0)[:, None] * np.nan_to_num(own)).sum(axis=2)
    level = seen_median(np.moveaxis(around, 2, 0))
    mean = total / np.maximum((seen * weight).sum(axis=1), 1e-9)[:, None]
    return np.asarray(np.where((shown >= _LEAST_SEEN)[:, None], mean - level, np.nan))


def _elsewhere(inside: np.ndarray, ring: np.ndarray, changes: Changes, stack: Stack, values: np.ndarray, least: int
               ) -> list[np.ndarray]:
    """The series of other places of its shape, the nearest first, where no change was kept."""
    rows, columns = np.nonzero((inside > 0) | ring)
    if not len(rows):
        return []
    height, width = inside.shape
    changed = np.zeros(inside.shape, bool)
    for change in changes.kept:
        changed |= coverage(change.outline, stack.site.grid) > 0
    top, left = np.arange(-rows.min(), height - rows.max()), np.arange(-columns.min(), width - columns.max())
    moves = np.array([(dy, dx) for dy in top[top % 3 == 0] for dx in left[left % 3 == 0]
                      if (abs(dy) >= np.ptp(rows) or abs(dx) >= np.ptp(columns)) and max(abs(dy), abs(dx)) <= _NEAR_PX])
    found: list[np.ndarray] = []
    own, there = np.s_[rows.min():rows.max() + 1, columns.min():columns.max() + 1], np.nonzero(inside > 0)
    for dy, dx in moves[np.argsort((moves**2).sum(axis=1), kind="stable")] if len(moves) else ():
        if changed[there[0] + dy, there[1] + dx].any():
            continue
        cut = np.s_[rows.min() + dy:rows.max() + 1 + dy, columns.min() + dx:columns.max() + 1 + dx]
        series = _series(values[(slice(None), slice(None), *cut)], inside[own], ring[own])
        if np.isfinite(series[:, 0]).sum() >= 2 * least:
            found.append(series)
        if len(found) == _PLACES:
            break
    return found


def _scatter(series: np.ndarray) -> np.ndarray:
    """(band) how far the looks of a place scatter from one to the next, steps not counted."""
    seen = series[np.isfinite(series[:, 0])]
    return np.asarray(seen_mad(np.diff(seen, axis=0), np.zeros(seen.shape[1])) / math.sqrt(2))


def _step(series: np.ndarray, calm: np.ndarray, least: int) -> _Step | None:
    """The strongest step of a series, against the scatter that is left about its two levels."""
    seen = np.flatnonzero(np.isfinite(series[:, 0]))
    cuts = range(least, len(seen) - least + 1)
    if not cuts:
        return None
    strengths = [float(_strength(series[seen[:cut]], series[seen[cut:]], calm)) for cut in cuts]
    cut = cuts[int(np.argmax(strengths))]
    return _Step(look=int(seen[cut - 1]), then=int(seen[cut]), strength=max(strengths),
                 before=seen_median(series[seen[:cut]]), after=seen_median(series[seen[cut:]]))


def _strengths(places: list[np.ndarray], calm: np.ndarray, least: int) -> np.ndarray:
    """(place) of the strongest step of each, 0 where there is none; those that are seen in the same looks at once."""
    strongest, alike = np.zeros(len(places)), dict[bytes, list[int]]()
    for number, series in enumerate(places):
        alike.setdefault(np.isfinite(series[:, 0]).tobytes(), []).append(number)
    for numbers in alike.values():
        together = np.stack([places[number] for number in numbers], axis=1)
        seen = together[np.isfinite(together[:, 0, 0])]
        for cut in range(least, len(seen) - least + 1):
            strongest[numbers] = np.maximum(strongest[numbers], _strength(seen[:cut], seen[cut:], calm))
    return strongest


def _strength(before: np.ndarray, after: np.ndarray, calm: np.ndarray) -> np.ndarray:
    """Standard errors between the levels of (time, ..., band), all bands together."""
    start, end = seen_median(before), seen_median(after)
    rest = np.concatenate([before - start, after - end])
    spread = np.maximum(seen_mad(rest, np.zeros(rest.shape[1:])), calm)
    error = spread * math.sqrt(1 / len(before) + 1 / len(after))
    return np.asarray(np.sqrt((((end - start) / np.maximum(error, 1e-9)) ** 2).mean(axis=-1)))


def _chance(share: float) -> float:
    """Probability of a step as strong as a ``share`` of places without one has, where either was as likely.

    Sellke, Bayarri and Berger (2001), "Calibration of p values for testing precise null hypotheses".
    """
    return 0.0 if share >= 1 / math.e else 1 / (1 - math.e * share * math.log(share))


def _is_later(mark: Mark, step: _Step, taken: list[datetime]) -> bool | None:
    """Whether it is there after the step and not before; None where neither the person nor its contrast says so. A day
    between the two looks says neither."""
    if mark.seen is not None and not taken[step.look].date() < mark.seen.date() < taken[step.then].date():
        return mark.seen.date() > taken[step.look].date()
    early, late = float(np.linalg.norm(step.before)), float(np.linalg.norm(step.after))
    if max(early, late) < _CLEARER * min(early, late):
        return None
    return late > early


def _states(series: np.ndarray, with_it: np.ndarray, without: np.ndarray, scatter: np.ndarray
            ) -> list[tuple[LookState, float]]:
    """Each look's state and probability of presence, from where it lies on the way from one level to the other."""
    way = with_it - without
    scale = np.maximum(scatter, 1e-9)
    weight = way / scale**2
    length = float(weight @ way)
    at = (series - without) @ weight / length
    spread = max(1 / math.sqrt(length), 0.15)
    told: list[tuple[LookState, float]] = []
    for place in at:
        if not np.isfinite(place):
            told.append(("unclear", 0.5))
            continue
        chance = float(1 / (1 + math.exp(-float(np.clip((2 * place - 1) / (2 * spread**2), -50, 50)))))
        state: LookState = "present" if chance > _SURE else "absent" if chance < 1 - _SURE else "unclear"
        told.append((state, round(min(max(chance, 0.001), 0.999), 3)))
    return told


def _there_or_unknown(own: np.ndarray, calm: np.ndarray, null: np.ndarray) -> _Found:
    """Present throughout where its going would have been told; unclear where it stands out too little for that."""
    level, count = seen_median(own), int(np.isfinite(own[:, 0]).sum())
    error = np.maximum(_scatter(own), calm) * math.sqrt(4 / count)
    gone, needed = float(np.sqrt(((level / np.maximum(error, 1e-9)) ** 2).mean())), float(np.quantile(null, 0.95))
    if gone > needed:
        return _Found(states=_states(own, level, np.zeros_like(level), np.maximum(_scatter(own), calm)),
                      chance=_THERE, reasons=(
            f"had it come or gone half way through, that would be a step of {gone:.1f} standard errors, and "
            f"{needed:.1f} are told",))
    return _Found(states=[("unclear", 0.5)] * len(own), reasons=(
        f"it stands out too little in these images to be seen to come or go: half way through that would be a step of "
        f"{gone:.1f} standard errors, and only {needed:.1f} are told",))
