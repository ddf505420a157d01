"""How well a measured quantity bears out what somebody stated."""

from __future__ import annotations

import math
from collections.abc import Sequence

import scipy

from sitewatch.model import Interval, Quantity, Verdict

__all__ = ["REFUTED", "SUPPORTED", "chance_within", "deciding_gsd_m", "times_better", "verdict_of"]

SUPPORTED, REFUTED = 0.95, 0.05
_MOST = 1000.0  # beyond that the tails of the distribution are guesswork


def chance_within(measured: Quantity, meanings: Sequence[Interval]) -> float:
    """The probability that the true value lies in any of the intervals.

    The measurement's interval gives the spread on each side: normal in the logarithm, as sizes and ratios are
    positive and their errors are relative.
    """
    edges = _merged(meanings)
    return round(float(min(1.0, sum(_below(measured, high) - _below(measured, low) for low, high in edges))), 4)


def times_better(measured: Quantity, own: Sequence[Interval], rival: Interval) -> float:
    """The likelihood ratio of two readings, each taken as uniform within its interval; from 0.001 to 1000."""
    density = chance_within(measured, own) / _width(_merged(own))
    other = chance_within(measured, [rival]) / _width([rival])
    if density == other:
        return 1.0
    return float(f"{min(_MOST, max(1 / _MOST, density / other if other > 0 else _MOST)):.2g}")


def verdict_of(chance: float) -> Verdict:
    """Supported from 0.95, refuted up to 0.05; in between the images cannot tell."""
    return "supported" if chance >= SUPPORTED else "refuted" if chance <= REFUTED else "cannot tell"


def deciding_gsd_m(measured: Quantity, meanings: Sequence[Interval], gsd_m: float) -> float | None:
    """The pixel size at which the measurement would be narrow enough for the stated interval; None if it is already.

    The error of an edge goes with the pixel. A statement is decided where its half-width is twice the error.
    """
    low, high = min(meanings, key=lambda one: abs((one[0] + one[1]) / 2 - measured.value))
    error = (measured.high - measured.low) / (2 * scipy.special.ndtri((1 + measured.level) / 2))
    needed = (high - low) / 2 / 2
    return None if needed <= 0 or error <= needed else gsd_m * needed / error


def _below(measured: Quantity, bound: float) -> float:
    """P(true value < bound)."""
    if bound <= 0:
        return 0.0
    if measured.low <= 0:  # an interval that reaches zero: plain normal
        side = measured.high - measured.value if bound > measured.value else measured.value - measured.low
        return float(scipy.special.ndtr((bound - measured.value) / max(_sigma(side, measured), 1e-12)))
    edge = measured.high if bound > measured.value else measured.low
    spread = _sigma(abs(math.log(edge / measured.value)), measured)
    return float(scipy.special.ndtr(math.log(bound / measured.value) / max(spread, 1e-12)))


def _sigma(side: float, measured: Quantity) -> float:
    return float(side / scipy.special.ndtri((1 + measured.level) / 2))


def _merged(meanings: Sequence[Interval]) -> list[Interval]:
    """The same range in intervals that do not overlap."""
    merged: list[Interval] = []
    for low, high in sorted(meanings):
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _width(intervals: Sequence[Interval]) -> float:
    return max(sum(high - low for low, high in intervals), 1e-9)
