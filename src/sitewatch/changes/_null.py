"""What chance alone would do: the site's own quiet history, shuffled, searched in the same way.

Each pixel's steady levels are taken away; what is left is weather, haze, season and misregistration. Blocks
of looks are shuffled (neighbouring looks are alike, so single looks may not be), the search runs again, and
whatever it finds is false. The strengths of such finds have a heavy tail, a power of the strength (Hill 1975, "A
simple general approach to inference about the tail of a distribution"), which gives the expected number per year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sitewatch.changes._objects import Strength, group_breaks
from sitewatch.changes._segment import Breaks, find_breaks
from sitewatch.geo import seen_median

__all__ = ["Null", "Shuffle", "chance_alone"]

_BLOCK_LOOKS = 6
_SMALLEST_PX = 4   # smaller and weaker things than those of interest, so that there are enough to fit
_SOFTER = 0.6
_TAIL_SHARE, _TAIL_FINDS = 0.1, 20   # of the finds, the strongest, whose strengths fall off as a power
_USUAL_TAIL, _USUAL_WEIGHT = 0.25, 4   # of the real sites looked at, counted as this many finds: few finds say little

_FAR = 10.0   # times below a known strength: what is weaker than that is not told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """False things per year at least as strong as s: ``per_year * (floor / s) ** (1 / tail)``."""

    per_year: float
    floor: float
    tail: float

    @classmethod
    def through(cls, strength: float, per_year: float) -> Null:
        """One of the usual tail that lets ``per_year`` things through at that strength."""
        return cls(per_year=per_year * _FAR ** (1 / _USUAL_TAIL), floor=strength / _FAR, tail=_USUAL_TAIL)

    def rate(self, strength: float) -> float:
        """Expected false things per site-year at least this strong."""
        return float(self.per_year * (self.floor / max(strength, self.floor)) ** (1 / self.tail))

    def threshold(self, per_year: float) -> float:
        """The strength that chance alone reaches ``per_year`` times a year."""
        return float(self.floor * max(self.per_year / per_year, 1.0) ** self.tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffle:
    """How the shuffled histories are searched: as the real one, with a softer penalty."""

    penalty: float
    min_looks: int
    blur_px: float
    shuffles: int
    seed: int


def chance_alone(values: np.ndarray, breaks: Breaks, noise: np.ndarray, days: np.ndarray, shuffle: Shuffle) -> Null:
    """Search block-shuffled versions of what the steady levels leave of (time, band, y, x) values."""
    rest = values - _levels(values, breaks)
    random = np.random.default_rng(shuffle.seed)
    strengths: list[float] = []
    for _ in range(shuffle.shuffles):
        shuffled = rest[_shuffled(len(rest), random)]
        found = find_breaks(shuffled, noise, _SOFTER * shuffle.penalty, shuffle.min_looks)
        strengths += map(Strength.of(shuffled, noise, shuffle.blur_px), group_breaks(found, noise, days, _SMALLEST_PX))
    years = shuffle.shuffles * max(float(days[-1] - days[0]), 1.0) / 365.25
    if not strengths:  # none seen in so many years: at most about one in them, as weak as the search finds any
        gain = _SOFTER * shuffle.penalty
        weakest = (gain * _SMALLEST_PX / (4 * np.pi * shuffle.blur_px**2) * gain) ** 0.25
        return Null(per_year=1 / years, floor=float(weakest), tail=_USUAL_TAIL)
    floor = float(np.sort(strengths)[-max(_TAIL_FINDS, int(_TAIL_SHARE * len(strengths))):][0])
    upper = np.array([strength for strength in strengths if strength >= floor])
    tail = (np.log(upper / floor).sum() + _USUAL_WEIGHT * _USUAL_TAIL) / (len(upper) + _USUAL_WEIGHT)
    return Null(per_year=len(upper) / years, floor=floor, tail=float(tail))


def _levels(values: np.ndarray, breaks: Breaks) -> np.ndarray:
    """(time, band, y, x) steady level of every pixel at every look."""
    looks, bands = values.shape[:2]
    flat = np.repeat(seen_median(values).reshape(1, bands, -1), looks, axis=0)
    order = np.lexsort((breaks.look, breaks.pixel))
    pixel, look = breaks.pixel[order], breaks.look[order]
    first = np.r_[True, pixel[1:] != pixel[:-1]] if len(pixel) else np.empty(0, bool)
    flat[:, :, pixel[first]] = breaks.before[order][first].T
    for look_index in range(looks - 1):  # later steps overwrite what follows them
        some = look == look_index
        flat[look_index + 1:, :, pixel[some]] = breaks.after[order][some].T
    return flat.reshape(values.shape)


def _shuffled(looks: int, random: np.random.Generator) -> np.ndarray:
    starts = random.permutation(np.arange(0, looks, _BLOCK_LOOKS))
    return np.concatenate([np.arange(start, min(start + _BLOCK_LOOKS, looks)) for start in starts])
