"""Views that haze, thin cloud or the shadow of a whole cloud dulls from edge to edge, judged by the looks around them.

Nothing in such a view departs from its surroundings, and one line per band takes most of the veil out of it again; but
what is left tells less of the ground than any other look does. Light that a veil adds lowers the contrast to the
brightness (Koschmieder 1924; He, Sun & Tang 2011, "Single image haze removal", equation 1: seen light = ground's light
* transmission + veil); contrast is standard deviation over mean (Peli 1990, "Contrast in complex images").

A view is compared with the looks before and after it, so near in time that no season comes and goes between them, and
with the typical view, all on the ground that varies least over the series (pseudo-invariant features: Schott, Salvaggio
& Volchok 1988), where neither works nor crops speak. What stays, a season, another sensor or a building, is no veil.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np

from sitewatch.geo import seen_median
from sitewatch.stack._history import Part
from sitewatch.stack._normalise import Line, stable_ground
from sitewatch.stack._threads import each

__all__ = ["veiled_pixels"]

_BLOCK_PX = 256     # a large site is judged in blocks with sides from here to twice that: veils are wider
_SAMPLE = 3_000     # pixels tell the contrast of a block as well as all of them
_LEAST_SEEN = 0.25  # of the sampled ground has to be seen in both of two views that are compared
_NEAR = 3           # looks on both sides: some of them may be veiled too
_NEAR_DAYS = 60.0   # and no season comes and goes
# Shares of what the looks around and the typical view have. In a real series (golf-course-club) the view in a cloud's
# shadow has 0.34 of the contrast, those that show the ground 0.58 and more; a view through broken thin cloud has 0.59
# of the contrast to its own brightness. No simulated view of 500, some of them hazy, has less than 0.74 of either.
_DIM, _DULL = 0.45, 0.7
# A dull view tells of the ground all the same, unless the looks around leave more of what it shows unexplained than
# this, and more than so many times what they leave of each other: of that view 0.27 and 4 times as much; of hazy ones
# that tell enough to date a building by 0.15 and less; of others 0.06, and 1.5 times as much.
_LEFT, _UNLIKE = 0.2, 2.0


def veiled_pixels(values: np.ndarray, unclear: np.ndarray, lines: Sequence[Sequence[Line]], usable: np.ndarray,
                  taken: Sequence[datetime]) -> np.ndarray:
    """(time, y, x) bool: the views, of a large site their blocks, that a veil dulls.

    ``lines`` (time, band) brought the (time, band, y, x) ``values`` from what was delivered to one scale; ``unclear``
    (time, y, x) is already known not to show the ground; ``usable`` (time) says which views others may be compared
    with; ``taken`` (time) is in order.
    """
    days = np.array([(at - taken[0]).total_seconds() / 86_400 for at in taken])
    veiled, parts = np.zeros(unclear.shape, bool), list(_blocks(unclear.shape[1:]))
    for part, found in zip(parts, each(lambda part: _veiled(_stable_sample(values, unclear, lines, part), usable, days),
                                       parts), strict=True):
        veiled[(found, *part)] = True
    return veiled


def _blocks(shape: tuple[int, ...]) -> Iterator[Part]:
    rows, columns = (np.linspace(0, size, max(1, size // _BLOCK_PX) + 1).astype(int) for size in shape)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            yield slice(top, bottom), slice(left, right)


def _stable_sample(values: np.ndarray, unclear: np.ndarray, lines: Sequence[Sequence[Line]], part: Part) -> np.ndarray:
    """(time, pixel) brightness as delivered of some of a block's stable ground, NaN where not seen."""
    rows, columns = part
    step = max(1, round(((rows.stop - rows.start) * (columns.stop - columns.start) / _SAMPLE) ** 0.5))
    some = slice(rows.start, rows.stop, step), slice(columns.start, columns.stop, step)
    normal = values[:, :, *some].astype(np.float64)
    normal = np.where(unclear[:, None, *some], np.nan, normal)
    known = np.isfinite(normal).all(axis=1).any(axis=0)
    normal = normal[:, :, known]
    if known.any():
        normal = normal[:, :, stable_ground(normal.mean(axis=1, keepdims=True))]
    told = np.array([[(line.gain, line.offset) for line in bands] for bands in lines])
    gain, offset = told[:, :, :1], told[:, :, 1:]
    return np.asarray(((normal - offset) / np.maximum(gain, 1e-9)).mean(axis=1))


def _veiled(sample: np.ndarray, usable: np.ndarray, days: np.ndarray) -> np.ndarray:
    """(time) bool, from (time, pixel) brightness."""
    alike, contrast, mean = _compared(np.vstack([sample, seen_median(sample[usable])]))  # the last is the typical view
    found = np.zeros(len(sample), bool)
    for i in range(len(sample)):
        sides = _around(i, usable & np.isfinite(alike[i, :-1]), days)
        nearest = [side[np.argmax(alike[i, side])] for side in sides if len(side)]
        if not nearest or np.isnan(alike[i, -1]):
            continue
        others = np.array([*nearest, -1])
        kept = contrast[i, others] / contrast[others, i]
        brighter = mean[i, others] / mean[others, i]
        clearness = (kept / brighter).max() if (brighter > 0).all() else np.inf
        is_unlike = _is_unlike(alike[i, others].max(), alike[np.ix_(*sides)])
        found[i] = kept.max() < _DIM or (clearness < _DULL and is_unlike)
    return found


def _compared(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(view, view) each, of what both see: correlation; the first one's standard deviation; and its mean."""
    seen = np.isfinite(sample)
    zero = float(sample[seen].mean()) if seen.any() else 0.0
    filled, one = np.where(seen, sample - zero, 0.0), seen.astype(np.float64)
    both = one @ one.T
    both[both < max(2.0, _LEAST_SEEN * sample.shape[1])] = np.nan
    mean = filled @ one.T / both
    contrast = np.sqrt(np.maximum(filled**2 @ one.T / both - mean**2, 1e-12))
    return (filled @ filled.T / both - mean * mean.T) / (contrast * contrast.T), contrast, mean + zero


def _around(i: int, usable: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest usable views before and after view ``i``."""
    near = np.flatnonzero(usable & (np.abs(days - days[i]) <= _NEAR_DAYS))
    return near[near < i][-_NEAR:], near[near > i][:_NEAR]


def _is_unlike(own: float, around: np.ndarray) -> bool:
    """Whether a view is less like the looks ``around`` it than these are, (before, after), like each other."""
    if not np.isfinite(around).any():
        return False
    return bool(1 - own**2 > max(_LEFT, _UNLIKE * (1 - float(np.nanmax(around))**2)))
