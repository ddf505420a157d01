"""Where two looks differ in more than light, season and placement make them.

Each look is foretold from the other one, all bands together, and what is left counts where it is unusual in both
directions (anomalous change detection: Schaum & Stocker 1997, "Spectrally selective target detection"; Theiler &
Perkins 2006, "Proposed framework for anomalous change detection"). What the surroundings share is taken away, for haze
and season come by the field and not by the roof (context: Kondmann et al. 2021, "SiROC"), and what the error of the
placement can make of an edge is no change. A patch then counts by its size and strength, times how much of the edge
around it stands in one of the two looks only: a field that changes its colour keeps its edges, and what was built or
pulled down does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import scipy

from sitewatch.changes._objects import smallest_thing_px
from sitewatch.geo import seen_mad

__all__ = ["Patches", "patches_between", "smallest_px"]

# Set on pairs of looks of simulated estates, which are no part of any table.
_PIXEL_M = 2.0             # finer ones show leaves, cars and leaning walls
_SMOOTH_PX, _EDGE_PX = 1.0, 0.7
_LEAST_BLUR_PX = 0.5
_CONTEXT_M, _CONTEXT_PX = 36.0, 8.0    # wider than a hall, and than the blur
_AS_USUAL = 3.0            # noises: what the surroundings share is no more than that
_STANDS_OUT = 2.5          # noises, in both directions
_HIDDEN_PX = 3             # beside what a mask hides lie the thin edges that it has missed
_SAMPLE, _ROUNDS, _OUTLYING = 20_000, 6, 2.0   # pixels, rounds and medians of a robust covariance
_LEAST_SEEN = 200          # pixels: fewer do not tell how two looks go together


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """Where two looks differ: (y, x) ``labels``, 0 where they do not, and the strength of each label from 1 on.

    ``seen`` is the share of the pixels that both looks show.
    """

    labels: np.ndarray
    strengths: np.ndarray
    seen: float


def patches_between(one: np.ndarray, other: np.ndarray, *, sigma_px: float, blur_px: float, gsd_m: float) -> Patches:
    """Where two (band, y, x) views of one scale differ in more than light, season and ``sigma_px`` of placement."""
    coarse, shape = _coarse(blur_px, gsd_m), one.shape[1:]
    one, other = coarse.of(one), coarse.of(other)
    seen = np.isfinite(one).all(axis=0) & np.isfinite(other).all(axis=0)
    if seen.sum() < _LEAST_SEEN:
        return Patches(labels=np.zeros(shape, np.int32), strengths=np.empty(0), seen=0.0)
    told = _Foretold.of(one, other, seen)
    edges = [_gradient(told.scaled(view)) for view in (one, other)]
    stands_out = told.unusual(one, other, coarse.context_px) / np.hypot(1, sigma_px / coarse.times * _widened(
        np.maximum(*edges)))
    hidden = cv2.dilate((~seen).astype(np.uint8), np.ones((2 * _HIDDEN_PX + 1,) * 2, np.uint8)) > 0
    stands_out[hidden] = 0
    strong = cv2.morphologyEx((stands_out > _STANDS_OUT).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    number, labels = cv2.connectedComponents(strong, connectivity=4)
    kept = np.zeros(number, np.int32)
    strengths: list[float] = []
    for label, window in _windows(labels, number):
        mask = labels[window] == label
        if mask.sum() * coarse.times**2 >= coarse.smallest_px:
            kept[label] = len(strengths) + 1
            strengths.append(float(stands_out[window][mask].mean() * np.sqrt(mask.sum() / (4 * np.pi * coarse.blur**2))
                                   * _turned(mask, *(edge[window] for edge in edges))))
    return Patches(labels=coarse.back(kept[labels], shape), strengths=np.array(strengths), seen=float(seen.mean()))


def smallest_px(blur_px: float, gsd_m: float) -> float:
    """Pixels below which no patch is told."""
    return _coarse(blur_px, gsd_m).smallest_px


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coarse:
    """Pixels ``times`` as wide as the grid's, with their ``blur`` and the width of the surroundings in such pixels."""

    times: int
    blur: float
    context_px: float

    @property
    def smallest_px(self) -> float:
        """Of the grid's pixels: what is smaller is not found."""
        return smallest_thing_px(self.blur) * self.times**2

    def of(self, view: np.ndarray) -> np.ndarray:
        """Means of square blocks of a (band, y, x) view, NaN where a part is not seen; the rest of the edge is left."""
        bands, rows, columns = view.shape[0], *(size // self.times for size in view.shape[1:])
        cut = view[:, :rows * self.times, :columns * self.times]
        return np.asarray(cut.reshape(bands, rows, self.times, columns, self.times).mean(axis=(2, 4)), np.float32)

    def back(self, labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Labels (y, x) on the grid."""
        whole = np.zeros(shape, np.int32)
        wide = labels.repeat(self.times, axis=0).repeat(self.times, axis=1)
        whole[:wide.shape[0], :wide.shape[1]] = wide
        return whole


def _coarse(blur_px: float, gsd_m: float) -> _Coarse:
    times = max(1, round(_PIXEL_M / gsd_m))
    return _Coarse(times=times, blur=max(blur_px / times, _LEAST_BLUR_PX),
                   context_px=max(_CONTEXT_M / (gsd_m * times), _CONTEXT_PX))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foretold:
    """Each of two views as the other one foretells it: their means (band), and of each direction the lines (band,
    band) and what makes the rest of them equal and independent in all bands (band, band)."""

    seen: np.ndarray
    means: tuple[np.ndarray, np.ndarray]
    lines: tuple[np.ndarray, np.ndarray]
    scales: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, one: np.ndarray, other: np.ndarray, seen: np.ndarray) -> _Foretold:
        """From their common covariance on ground that has not changed, which the rounds find by what is left."""
        both = np.concatenate([one, other])[:, seen].astype(np.float64)
        both, bands = both[:, ::max(1, both.shape[1] // _SAMPLE)], len(one)
        weight = np.ones(both.shape[1])
        for _ in range(_ROUNDS):
            mean = (weight * both).sum(axis=1) / weight.sum()
            away = both - mean[:, None]
            covariance = (weight * away) @ away.T / weight.sum()
            covariance += 1e-6 * np.trace(covariance) / len(mean) * np.eye(len(mean)) + 1e-12 * np.eye(len(mean))
            lines, rests = zip(*(_line(covariance, bands, forward=forward) for forward in (True, False)), strict=True)
            left = (away[bands:] - lines[0] @ away[:bands], away[:bands] - lines[1] @ away[bands:])
            far = np.maximum(*((part * np.linalg.solve(rest, part)).sum(axis=0)
                               for part, rest in zip(left, rests, strict=True)))
            weight = 1 / np.maximum(1, far / (_OUTLYING * np.median(far))) ** 2
        return cls(seen=seen, means=(mean[:bands], mean[bands:]), lines=lines,
                   scales=(_whitened(rests[0]), _whitened(rests[1])))

    def scaled(self, view: np.ndarray) -> np.ndarray:
        """A (band, y, x) view in units in which what is not foretold has the spread 1."""
        filled = np.where(self.seen, view, np.nanmean(view[:, self.seen], axis=1)[:, None, None])
        return _through(self.scales[0], filled)

    def unusual(self, one: np.ndarray, other: np.ndarray, context_px: float) -> np.ndarray:
        """(y, x) how far, in noises per band, each pixel of both views is from what the other foretells: the less."""
        first, second = (np.where(self.seen, view - mean[:, None, None], 0)
                         for view, mean in zip((one, other), self.means, strict=True))
        rests = (_through(self.scales[0], second - _through(self.lines[0], first)),
                 _through(self.scales[1], first - _through(self.lines[1], second)))
        return np.asarray(np.minimum(*(self._size(rest, context_px) for rest in rests)))

    def _size(self, rest: np.ndarray, context_px: float) -> np.ndarray:
        smooth = np.stack([_blurred(band, _SMOOTH_PX) for band in rest])
        own = smooth - np.stack([_blurred(np.clip(band, -_AS_USUAL, _AS_USUAL), context_px) for band in smooth])
        return np.asarray(np.sqrt(np.mean((own / seen_mad(own[:, self.seen].T)[:, None, None]) ** 2, axis=0)))


def _line(covariance: np.ndarray, bands: int, *, forward: bool) -> tuple[np.ndarray, np.ndarray]:
    """(band, band) what foretells one view from the other, and the covariance of what it leaves."""
    first, second = (slice(None, bands), slice(bands, None))[::1 if forward else -1]
    line = np.linalg.solve(covariance[first, first], covariance[first, second]).T
    return line, covariance[second, second] - line @ covariance[first, second]


def _whitened(covariance: np.ndarray) -> np.ndarray:
    size, axes = np.linalg.eigh(covariance)
    return np.asarray((axes / np.sqrt(np.maximum(size, 1e-12))) @ axes.T)


def _through(matrix: np.ndarray, view: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,jyx->iyx", matrix, view), np.float32)


def _blurred(band: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(band, (0, 0), sigma))


def _gradient(view: np.ndarray) -> np.ndarray:
    """(y, x) length of the steepest way of a (band, y, x) view, over all bands."""
    smooth = [_blurred(band, _EDGE_PX) for band in view]
    return np.asarray(np.sqrt(sum(np.gradient(band, axis=axis) ** 2 for band in smooth for axis in (0, 1))), np.float32)


def _widened(view: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.dilate(view, np.ones((3, 3), np.uint8)))


def _windows(labels: np.ndarray, number: int) -> Iterator[tuple[int, tuple[slice, slice]]]:
    """Each label with the part of the picture that holds it and its rim."""
    for label, window in enumerate(scipy.ndimage.find_objects(labels, number - 1), 1):
        rows, columns = (slice(max(side.start - 1, 0), side.stop + 1) for side in window)
        yield label, (rows, columns)


def _turned(mask: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    """How much of the edge along a patch's rim stands in one of the two looks only: 0 if it is the same, to 1."""
    wide = mask.astype(np.uint8)
    rim = (cv2.dilate(wide, np.ones((3, 3), np.uint8)) > cv2.erode(wide, np.ones((3, 3), np.uint8)))
    was, is_ = before[rim], after[rim]
    return float(np.median(np.abs(is_ - was) / (is_ + was + 1e-6)))
