"""Each place against its own past: the best division of a pixel's history into steady segments.

Optimal partitioning by dynamic programming (Jackson et al. 2005, "An algorithm for optimal partitioning of
data on an interval"), least squares on values in units of the pixel's own noise, with a minimum number of
clear looks per segment: what does not persist is not a change.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sitewatch.geo import seen_median

__all__ = ["Breaks", "find_breaks", "pixel_noise", "tame"]

_CHUNK_PIXELS = 8192  # the programme's tables of one chunk stay in cache
_STANDS_OUT = 2.5      # a step this many noises of a single look is one that a person can see too


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """Every step of every pixel: flat arrays of equal length.

    ``pixel`` is the flat index in (y, x); the step falls between looks ``look`` and ``look + 1`` of the
    stack; ``before`` and ``after`` (n, band) are the levels of the segments on both sides; ``energy`` is the
    squared step in units of its own error.
    """

    pixel: np.ndarray
    look: np.ndarray
    before: np.ndarray
    after: np.ndarray
    energy: np.ndarray

    def take(self, some: np.ndarray) -> Breaks:
        """The steps at these indices, or where this mask is true."""
        return Breaks(pixel=self.pixel[some], look=self.look[some], before=self.before[some],
                      after=self.after[some], energy=self.energy[some])


def pixel_noise(values: np.ndarray, shift_sigma_px: float) -> np.ndarray:
    """(band, y, x) noise of a single look: from successive differences, never below what misregistration
    makes of the ground's own gradient, nor below half of what is usual at the site."""
    typical = seen_median(values)
    gradient = np.hypot(*(np.gradient(np.nan_to_num(typical), axis=axis) for axis in (1, 2)))
    difference = np.abs(np.diff(values, axis=0))
    scatter = 1.4826 * seen_median(difference) / np.sqrt(2)
    usual = np.nanmedian(scatter, axis=(1, 2), keepdims=True)
    return np.asarray(np.sqrt(np.nan_to_num(scatter) ** 2 + (shift_sigma_px * gradient) ** 2 + (0.5 * usual) ** 2),
                      np.float32)


def tame(values: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Values held within three noises of the median of the nearest five looks: passing things leave."""
    tamed = np.empty_like(values)
    for i in range(len(values)):
        low = min(max(0, i - 2), max(0, len(values) - 5))
        middle = seen_median(values[low:low + 5])
        tamed[i] = np.clip(values[i], middle - 3 * noise, middle + 3 * noise)
    return tamed


def find_breaks(values: np.ndarray, noise: np.ndarray, penalty: float, min_looks: int) -> Breaks:
    """Divide every pixel of (time, band, y, x) into steady segments; each step costs ``penalty``.

    Pixels whose cumulative sum never strays are left out before the programme runs, steps that do not stand
    out from the scatter of single looks afterwards.
    """
    looks, bands = values.shape[:2]
    scaled = (values / noise).reshape(looks, bands, -1)
    candidates = np.flatnonzero(_may_have_step(scaled, penalty))
    parts = [some for some in np.array_split(candidates, max(1, len(candidates) // _CHUNK_PIXELS)) if len(some)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the array operations run without Python's lock
        found = list(threads.map(lambda some: _divide(scaled[:, :, some], some, penalty, min_looks), parts))
    if not found:
        empty = np.empty((0, bands), np.float32)
        none = np.empty(0, np.int64)
        return Breaks(pixel=none, look=none, before=empty, after=empty, energy=np.empty(0, np.float32))
    pixel, look, before, after, energy = (np.concatenate(columns) for columns in zip(*found, strict=True))
    scale = noise.reshape(bands, -1)[:, pixel].T
    breaks = Breaks(pixel=pixel, look=look, before=before * scale, after=after * scale, energy=energy)
    step = np.linalg.norm(breaks.after - breaks.before, axis=1)
    return breaks.take(step > _STANDS_OUT * np.linalg.norm(scale, axis=1))


def _may_have_step(scaled: np.ndarray, penalty: float) -> np.ndarray:
    """(pixel) bool: whether any single division gains at least half the penalty."""
    weight, total, _ = _sums(scaled)
    count = np.maximum(weight[-1], 1)
    best = np.zeros(scaled.shape[2], np.float32)
    for cut in range(1, len(scaled)):
        left, right = weight[cut], count - weight[cut]
        stray = total[cut] - total[-1] * (left / count)
        gain = (stray**2).sum(axis=0) * count / np.maximum(left * right, 1)
        best = np.maximum(best, np.where((left > 0) & (right > 0), gain, 0))
    return best > penalty / 2


def _sums(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cumulative counts (time + 1, pixel), sums (time + 1, band, pixel) and squares (time + 1, pixel)."""
    seen = np.isfinite(scaled[:, 0])
    values = np.nan_to_num(scaled)
    zero = np.zeros_like(values[:1])
    weight = np.concatenate([zero[:, 0], seen]).cumsum(axis=0, dtype=np.float32)
    total = np.concatenate([zero, values]).cumsum(axis=0, dtype=np.float32)
    square = np.concatenate([zero[:, 0], (values**2).sum(axis=1)]).cumsum(axis=0, dtype=np.float32)
    return weight, total, square


def _divide(scaled: np.ndarray, pixels: np.ndarray, penalty: float, min_looks: int) -> tuple[np.ndarray, ...]:
    """The programme: best[end] = min over start of best[start] + cost(start, end) + penalty."""
    weight, total, square = _sums(scaled - np.nanmean(scaled, axis=0))
    looks, count = len(scaled), scaled.shape[2]
    best = np.full((looks + 1, count), np.inf, np.float32)
    best[0] = -penalty
    came = np.zeros((looks + 1, count), np.int32)
    for end in range(1, looks + 1):
        n = weight[end] - weight[:end]
        cost = (square[end] - square[:end]) - ((total[end] - total[:end]) ** 2).sum(axis=1) / np.maximum(n, 1)
        value = np.where(n >= min_looks, best[:end] + cost + penalty, np.inf)
        came[end] = value.argmin(axis=0)
        best[end] = np.take_along_axis(value, came[end][None].astype(np.int64), axis=0)[0]
    return _traced(came, np.isfinite(best[looks]), weight, total, pixels, np.nanmean(scaled, axis=0))


def _traced(came: np.ndarray, solved: np.ndarray, weight: np.ndarray, total: np.ndarray, pixels: np.ndarray,
            mean: np.ndarray) -> tuple[np.ndarray, ...]:
    """Walk back from the last look and write down each step with the levels of both sides."""
    rows: list[tuple[np.ndarray, ...]] = []
    here = np.flatnonzero(solved)
    end = np.full(len(here), len(came) - 1)
    while len(here) or not rows:
        start = came[end, here]
        inner = start > 0
        here, end, start = here[inner], end[inner], start[inner]
        before_start = came[start, here]
        n1, n0 = weight[end, here] - weight[start, here], weight[start, here] - weight[before_start, here]
        after = (total[end, :, here] - total[start, :, here]) / n1[:, None]
        before = (total[start, :, here] - total[before_start, :, here]) / n0[:, None]
        energy = ((after - before) ** 2).sum(axis=1) * n0 * n1 / (n0 + n1)
        base = mean[:, here].T
        rows.append((pixels[here], start - 1, before + base, after + base, energy))
        end = start
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))
