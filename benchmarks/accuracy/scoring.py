"""Pure scoring: outlines, brackets, shifts and numbers against what is known of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from sitewatch.model import Between, Quantity

__all__ = ["Z90", "ShiftAgreement", "Verdict", "agreement_of", "assign", "bracket_fit", "covered", "iou", "lies_in",
           "moved", "overlaps_span", "pieces_of", "sigma_of", "z_score"]

# Half of a structure covered by one outline counts as found: less could be a neighbour's outline that bleeds over.
LEAST_COVERED = 0.5
# An object that lies with a tenth of itself, or on a tenth of the place, in a place is reported in that place.
LEAST_IN_PLACE = 0.1
# Two-sided 90 %: the half-width of an interval in standard deviations.
Z90 = 1.645


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was measured against its target; ``holds`` is None where there is no target or a person has to judge."""

    metric: str
    target: str
    measured: str
    holds: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftAgreement:
    """Absolute differences of two series of shifts, each about its own median, in pixels."""

    frames: int
    median_x_px: float
    median_y_px: float
    median_px: float
    largest_px: float
    farthest: date | None


def covered(truth: BaseGeometry, outline: BaseGeometry) -> float:
    """The share of the truth that the outline covers."""
    return float(truth.intersection(outline).area / truth.area)


def iou(one: BaseGeometry, other: BaseGeometry) -> float:
    """Intersection over union."""
    return float(one.intersection(other).area / one.union(other).area)


def assign(truths: Mapping[str, BaseGeometry], found: Mapping[str, BaseGeometry],
           least: float = LEAST_COVERED) -> dict[str, str]:
    """Which outline is the match of which truth: one each, at least ``least`` of the truth covered.

    Among all such pairings the one with the largest sum of intersections over unions.
    """
    names, ids = list(truths), list(found)
    if not names or not ids:
        return {}
    gain = np.array([[iou(truths[n], found[i]) if covered(truths[n], found[i]) >= least else 0.0 for i in ids]
                     for n in names])
    rows, columns = linear_sum_assignment(-gain)
    return {names[r]: ids[c] for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0}


def pieces_of(truth: BaseGeometry, found: Mapping[str, BaseGeometry]) -> tuple[str, ...]:
    """The outlines that lie mostly within a truth: more than one says that it was taken apart."""
    return tuple(name for name, outline in found.items() if covered(outline, truth) > 0.5)


def lies_in(outline: BaseGeometry, place: BaseGeometry, least: float = LEAST_IN_PLACE) -> bool:
    """Whether an object is in a place: by a share of itself, or of the place."""
    return max(covered(outline, place), covered(place, outline)) > least


def moved(outline: BaseGeometry, shift_x_px: float, shift_y_px: float, gsd_m: float) -> BaseGeometry:
    """An outline read in a frame whose content lies that far right and down of the grid, put on the grid."""
    return affinity.translate(outline, -shift_x_px * gsd_m, shift_y_px * gsd_m)


def bracket_fit(ours: Between, truth: Between) -> Literal["overlaps", "touches", "misses"]:
    """Whether both can be right: something came after a look without it and by a look with it.

    Brackets that share only an end touch: one says absent in the look in which the other says present.
    """
    after, by = max(_start(ours), _start(truth)), min(_end(ours), _end(truth))
    return "overlaps" if after < by else "touches" if after == by else "misses"


def overlaps_span(ours: Between, start: date, end: date) -> bool:
    """Whether something may have happened from ``start`` to ``end``, the end not included."""
    return _start(ours) < _midnight(end) and _end(ours) >= _midnight(start)


def agreement_of(ours: Mapping[date, tuple[float, float]], truth: Mapping[date, tuple[float, float]]) -> ShiftAgreement:
    """Compare (x, y) shifts of the frames that both have; only differences between frames are compared."""
    days = sorted(set(ours) & set(truth))
    if not days:
        return ShiftAgreement(frames=0, median_x_px=math.nan, median_y_px=math.nan, median_px=math.nan,
                              largest_px=math.nan, farthest=None)
    one, other = (np.array([series[d] for d in days]) for series in (ours, truth))
    off = (one - np.median(one, axis=0)) - (other - np.median(other, axis=0))
    apart = np.hypot(off[:, 0], off[:, 1])
    return ShiftAgreement(frames=len(days), median_x_px=float(np.median(np.abs(off[:, 0]))),
                          median_y_px=float(np.median(np.abs(off[:, 1]))), median_px=float(np.median(apart)),
                          largest_px=float(apart.max()), farthest=days[int(apart.argmax())])


def sigma_of(quantity: Quantity) -> float:
    """The standard deviation that a quantity's 90 % interval stands for."""
    return (quantity.high - quantity.low) / (2 * Z90)


def z_score(ours: Quantity, truth: float, truth_sigma: float) -> float:
    """The difference in units of what both do not know."""
    return (ours.value - truth) / math.hypot(sigma_of(ours), truth_sigma)


def _start(between: Between) -> datetime:
    return between.after or datetime.min.replace(tzinfo=UTC)


def _end(between: Between) -> datetime:
    return between.by or datetime.max.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
