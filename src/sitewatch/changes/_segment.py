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

_CHUNK_PIXELS = 2048  # the programme's tables of one chunk stay in cache
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
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the array operations run without Python's lock
        stray = threads.map(lambda some: _may_have_step(scaled[:, :, some], penalty), _chunks(scaled.shape[2]))
        candidates = np.flatnonzero(np.concatenate(list(stray)))
        parts = [some for some in np.array_split(candidates, max(1, len(candidates) // _CHUNK_PIXELS)) if len(some)]
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


def _chunks(pixels: int) -> list[slice]:
    return [slice(start, start + _CHUNK_PIXELS) for start in range(0, max(pixels, 1), _CHUNK_PIXELS)]


def _may_have_step(scaled: np.ndarray, penalty: float) -> np.ndarray:
    """(pixel) bool: whether any single division gains at least half the penalty."""
    weight, total = _counted(scaled)
    count = np.maximum(weight[-1], 1)
    best = np.zeros(scaled.shape[2], np.float32)
    for cut in range(1, len(scaled)):
        left, right = weight[cut], count - weight[cut]
        stray = total[cut] - total[-1] * (left / count)
        gain = (stray**2).sum(axis=0) * count / np.maximum(left * right, 1)
        best = np.maximum(best, np.where((left > 0) & (right > 0), gain, 0))
    return best > penalty / 2


def _counted(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative counts (time + 1, pixel) and sums (time + 1, band, pixel) of what was seen."""
    return _cumulated(np.isfinite(scaled[:, 0])), _cumulated(np.nan_to_num(scaled))


def _cumulated(values: np.ndarray) -> np.ndarray:
    """The sums over time, from 0 on."""
    sums = np.zeros((len(values) + 1, *values.shape[1:]), np.float32)
    np.cumsum(values, axis=0, dtype=np.float32, out=sums[1:])
    return sums


def _divide(scaled: np.ndarray, pixels: np.ndarray, penalty: float, min_looks: int) -> tuple[np.ndarray, ...]:
    """The programme: best[end] = min over start of best[start] + cost(start, end) + penalty."""
    mean = np.nanmean(scaled, axis=0)
    sums = _Sums.of(scaled - mean, min_looks)
    best = np.full(sums.weight.shape, np.inf, np.float32)
    begun = np.full_like(best, np.inf)  # best[start] - square[start] + penalty: what an end need not work out again
    best[0], begun[0] = -penalty, -sums.square[0]
    room = np.empty((3, *best.shape), np.float32)
    for end in range(1, len(best)):
        np.minimum.reduce(sums.costs(end, begun, room), axis=0, out=best[end])
        best[end] += sums.square[end]
        np.subtract(best[end], sums.square[end] - np.float32(penalty), out=begun[end])
    return _traced(sums, begun, np.isfinite(best[-1]), pixels, mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Cumulative counts (time + 1, pixel), sums (band, time + 1, pixel) and squares (time + 1, pixel)."""

    weight: np.ndarray
    total: np.ndarray
    square: np.ndarray
    min_looks: int

    @classmethod
    def of(cls, scaled: np.ndarray, min_looks: int) -> _Sums:
        """Of (time, band, pixel) values, NaN where not seen."""
        weight, total = _counted(scaled)
        square = _cumulated((np.nan_to_num(scaled) ** 2).sum(axis=1))
        return cls(weight=weight, total=np.ascontiguousarray(total.transpose(1, 0, 2)), square=square,
                   min_looks=min_looks)

    def costs(self, end: int, begun: np.ndarray, room: np.ndarray) -> np.ndarray:
        """(start, pixel) for every start before ``end``, less what all of them share; ``room`` (3, time + 1, pixel) is
        worked in, and holds the result."""
        far: np.ndarray = room[0, :end]
        step, count = room[1:, :end]
        first, *others = self.total
        np.subtract(first[:end], first[end], out=far)
        far *= far
        for band in others:
            np.subtract(band[:end], band[end], out=step)
            step *= step
            far += step
        np.subtract(self.weight[end], self.weight[:end], out=count)
        far /= np.maximum(count, 1, out=step)
        np.subtract(begun[:end], far, out=far)
        far[count < self.min_looks] = np.inf
        return far


def _traced(sums: _Sums, begun: np.ndarray, solved: np.ndarray, pixels: np.ndarray,
            mean: np.ndarray) -> tuple[np.ndarray, ...]:
    """Walk back from the last look and write down each step with the levels of both sides."""
    rows: list[tuple[np.ndarray, ...]] = []
    here, histories = np.flatnonzero(solved), _Histories.of(sums, begun)
    end = np.full(len(here), len(begun) - 1)
    start = histories.starts(here, end)
    while len(here) or not rows:
        inner = start > 0
        here, end, start = here[inner], end[inner], start[inner]
        before_start = histories.starts(here, start)
        n1, n0 = sums.weight[end, here] - sums.weight[start, here], \
            sums.weight[start, here] - sums.weight[before_start, here]
        after = ((sums.total[:, end, here] - sums.total[:, start, here]) / n1).T
        before = ((sums.total[:, start, here] - sums.total[:, before_start, here]) / n0).T
        energy = ((after - before) ** 2).sum(axis=1) * n0 * n1 / (n0 + n1)
        base = mean[:, here].T
        rows.append((pixels[here], start - 1, before + base, after + base, energy))
        end, start = start, before_start
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Histories:
    """The sums and what the programme has begun with, of each pixel in a row: (pixel, time + 1), ``total`` (band,
    pixel, time + 1). Where few pixels are asked for, theirs lie side by side."""

    weight: np.ndarray
    total: np.ndarray
    begun: np.ndarray
    min_looks: int

    @classmethod
    def of(cls, sums: _Sums, begun: np.ndarray) -> _Histories:
        """The same, turned."""
        return cls(weight=np.ascontiguousarray(sums.weight.T), begun=np.ascontiguousarray(begun.T),
                   total=np.ascontiguousarray(sums.total.transpose(0, 2, 1)), min_looks=sums.min_looks)

    def starts(self, here: np.ndarray, end: np.ndarray) -> np.ndarray:
        """(n) where the segment begins that ends at ``end`` (n) in the pixels ``here`` (n), 0 for an end at 0."""
        far = np.zeros((len(here), self.weight.shape[1]), np.float32)
        for band in self.total:
            step = band[here]
            step -= band[here, end][:, None]
            step *= step
            far += step
        count = self.weight[here, end][:, None] - self.weight[here]
        far /= np.maximum(count, 1)
        np.subtract(self.begun[here], far, out=far)
        np.copyto(far, np.float32(np.inf), where=count < self.min_looks)
        return np.asarray(far.argmin(axis=1))
