"""Alignment: how far each view's content lies off the site's grid, to a small part of a pixel.

Windows of edges are compared (see ``_windows``); a robust mean over the windows that agree gives the shift and its
error. The first pass compares with the view that resembles the others most, the second with the mean of the nearest
views in time, moved back by what the first has found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import numpy as np
import scipy
from threadpoolctl import threadpool_limits

from sitewatch.stack._threads import each
from sitewatch.stack._windows import REACH_PX, Windows, correlation, edges_of

__all__ = ["Looks", "Shift", "align_views", "likeness", "match_one", "stands_out"]

_COARSE_PX, _COARSE_STEP = 256, 8  # a whole view is compared about that large, in steps of at most so many pixels
_COARSE_REACH_PX = 64  # a view farther off than this is refused
_NEIGHBOURS = 14
_APART_PX = 1.5        # windows farther from the middle than this have locked onto something else
_CLEARLY = 1.5         # rows of like roofs match themselves one row off almost as well
_LINKS = 5             # views that a link of the chain is matched with
_LEAST_AGREEING = 2    # one window alone may lock onto anything
_PLENTY, _MANY = 0.7, 12  # so large a share or number of agreeing windows needs no second opinion
_TIGHT_PX = 0.1        # nor do windows that agree so well
_SPREAD_SHARE, _LEAST_SIGMA_PX = 0.8, 0.04  # on simulated series of the half "tune", 90 % lie within 1.645 of it
_SECONDED = 0.9        # of the windows that support a shift of few, by the second matcher


class Looks(Protocol):
    """(time) of (y, x) brightness, NaN where there is no image: an array, or what lays a view when it is asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, i: int, /) -> np.ndarray: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Displacement of a view's content against the grid: x to the right, y down; sigma per axis.

    ``strength`` is the sum of the agreeing windows' peaks, in standard deviations; ``peaks`` (window, 3) what each
    window says, x and y as above and its peak; ``ties_px`` (window, 2) how far it lies off the shift, NaN where it
    cannot be trusted.
    """

    x_px: float
    y_px: float
    sigma_px: float
    agreeing: int
    windows: int
    strength: float = 0.0
    peaks: np.ndarray = field(default_factory=lambda: np.empty((0, 3)), compare=False, repr=False)
    ties_px: np.ndarray | None = field(default=None, compare=False, repr=False)


def align_views(views: Looks, zero: int | None = None, tick: Callable[[int], None] | None = None) -> list[Shift]:
    """Shifts of brightness views, each of which is asked for once.

    View ``zero`` lies on the grid; without it the median of all views does, which is better than any one
    view: geolocation errors of single passes cancel.
    """
    with threadpool_limits(limits=1, user_api="blas"):  # one thread for each window: the same digits anywhere
        cut, small = _taken(views)
        first = _chained(cut, small)
        if tick:
            tick(len(views) // 2)
        weights = _neighbours(first)
        second = _checked(cut, first, weights, _match(cut, first, weights))
        shifts = [after if row.any() else before for before, after, row in zip(first, second, weights, strict=True)]
    if tick:
        tick(len(views))
    return _centred(shifts, zero)


def match_one(view: np.ndarray, earlier: np.ndarray) -> Shift | None:
    """How one more view lies, by the mean of ``earlier`` ones (time, y, x) that lie on the grid.

    None where it is not sure, or too far off to be found so.
    """
    cut, last = Windows(len(earlier) + 1, view.shape), len(earlier)
    each(lambda i: cut.take(i, view if i == last else earlier[i]), range(last + 1))
    weights = np.zeros((last + 1, last + 1), np.float32)
    weights[last, :last] = 1 / last
    here = Shift(x_px=0.0, y_px=0.0, sigma_px=float("inf"), agreeing=0, windows=1)
    found, = _match(cut, [here] * (last + 1), weights, [last])
    return found if _is_sure(found) and not _is_doubtful(found) else None


def _taken(views: Looks) -> tuple[Windows, list[np.ndarray]]:
    """The views in windows, and the edges of whole ones."""
    cut = Windows(len(views), views[0].shape)

    def take(i: int) -> np.ndarray:
        view = views[i]
        cut.take(i, view)
        return _whole_edges(view)

    return cut, each(take, range(len(views)))


def _neighbours(shifts: Sequence[Shift]) -> np.ndarray:
    """(time, time) weights of the nearest views in time, by how well each was matched."""
    trust = np.array([shift.agreeing / shift.windows for shift in shifts], np.float32)
    weights = np.zeros((len(shifts), len(shifts)), np.float32)
    for i in range(len(shifts)):
        nearest = np.argsort(np.abs(np.arange(len(shifts)) - i), kind="stable")[1:_NEIGHBOURS + 1]
        weights[i, nearest] = trust[nearest] / max(float(trust[nearest].sum()), 1e-6)
    return weights


def _match(cut: Windows, at: Sequence[Shift], weights: np.ndarray, rows: Sequence[int] | None = None) -> list[Shift]:
    """The shifts of the views ``rows``, each against the others in its row of ``weights``."""
    asked = np.arange(len(at)) if rows is None else np.array(rows)
    found = cut.peaks(_places(at), weights, asked)
    return [_agreed(found[:, k], at[i]) for k, i in enumerate(asked)]


def _places(shifts: Sequence[Shift]) -> np.ndarray:
    return np.array([(shift.x_px, shift.y_px) for shift in shifts])


def _agreed(found: np.ndarray, at: Shift) -> Shift:
    """Shift from all windows; a window counts when its peak stands out and agrees with the others."""
    x, y, peak = found.T
    nothing = replace(at, sigma_px=float("inf"), agreeing=0, windows=len(peak), strength=0.0, peaks=found, ties_px=None)
    strong = stands_out(peak)
    if not strong.any():
        return nothing
    mid_x, mid_y = np.median(x[strong]), np.median(y[strong])
    away = np.hypot(x - mid_x, y - mid_y)
    agree = strong & (away < max(0.5, min(2.5 * float(np.median(away[strong])), _APART_PX)))
    if agree.sum() < _LEAST_AGREEING:
        return nothing
    mean_x, mean_y = np.average(x[agree], weights=peak[agree]), np.average(y[agree], weights=peak[agree])
    ties = np.where(agree[:, None], np.stack([x - mean_x, y - mean_y], axis=1), np.nan)
    spread = np.sqrt(np.nanmean(ties**2))
    # Windows overlap by half and see the same ground, so their number counts by its square root only; there is a part
    # that no number of windows takes away: shadows, what changes between the views, and ground without edges.
    sigma = np.hypot(_SPREAD_SHARE * spread / agree.sum() ** 0.25, _LEAST_SIGMA_PX)
    return Shift(x_px=float(mean_x), y_px=float(mean_y), sigma_px=float(sigma), agreeing=int(agree.sum()),
                 windows=len(peak), strength=float(peak[agree].sum()), peaks=found, ties_px=ties)


def stands_out(peak: np.ndarray) -> np.ndarray:
    """(window) bool: pure noise peaks at about 4.5 of its own standard deviations."""
    return np.asarray(peak > max(6.0, 0.5 * float(np.median(peak))))


def _chained(cut: Windows, small: list[np.ndarray]) -> list[Shift]:
    """Shifts against one view; a view that does not match it, against the nearest in time that did.

    Where building changes most of a small site, the first views do not resemble the last ones, but each resembles
    its neighbours.
    """
    here = [Shift(x_px=0.0, y_px=0.0, sigma_px=float("inf"), agreeing=0, windows=1)] * len(cut)
    shifts, seed = _against_one(cut, small, here)
    sure = {i for i, shift in enumerate(shifts) if _is_sure(shift)} | {seed}
    todo = set(range(len(shifts))) - sure
    while todo:
        i = min(todo, key=lambda one: (min(abs(one - other) for other in sure), one))
        todo.remove(i)
        nearest = sorted(sure, key=lambda other: (abs(other - i), other))[:_LINKS]
        weights = np.zeros((len(shifts), len(shifts)), np.float32)
        weights[i, nearest] = 1 / len(nearest)
        linked, = _match(cut, [*shifts[:i], here[i], *shifts[i + 1:]], weights, [i])
        if _is_sure(linked):
            shifts[i] = linked
            sure.add(i)
    return shifts


def _against_one(cut: Windows, small: list[np.ndarray], here: list[Shift]) -> tuple[list[Shift], int]:
    """Where the windows agree best with the most typical view: near the georeference, or, if that is clearly better,
    far off it; and that view."""
    coarse, seed = _coarse(small, _step(cut.shape))
    weights = np.zeros((len(here), len(here)), np.float32)
    weights[:, seed] = 1
    shifts = _match(cut, here, weights)
    far = [int(i) for i in np.flatnonzero(np.abs(coarse).max(axis=1) >= REACH_PX // 2) if i != seed]
    starts = list(here)
    for i in far:
        starts[i] = replace(here[i], x_px=float(coarse[i, 0]), y_px=float(coarse[i, 1]))
    for i, shift in zip(far, _match(cut, starts, weights, far) if far else (), strict=True):
        if shift.strength > _CLEARLY * shifts[i].strength:
            shifts[i] = shift
    return shifts, seed


def _is_sure(shift: Shift) -> bool:
    return shift.agreeing >= max(_LEAST_AGREEING, shift.windows / 3)


def _coarse(small: list[np.ndarray], step: int) -> tuple[np.ndarray, int]:
    """(time, 2) whole-pixel shifts of whole views, where large first errors are found, against the view that
    correlates best with a sample of the others; and that view."""
    spectra = _spectra(small)
    some = np.unique(np.linspace(0, len(small) - 1, 12).astype(int))
    near, reach = max(2, REACH_PX // step), min(_COARSE_REACH_PX // step, min(spectra.shape[1:]) // 3)
    scores = [np.median([_whole(spectra[i], spectra[j], near)[2] for j in some if j != i] or [0.0]) for i in some]
    seed = int(some[int(np.argmax(scores))])
    found = np.array([_whole(spectra[seed], view, reach)[:2] for view in spectra])
    return np.rint(found * step).astype(int), seed


def likeness(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n) the peak of a whole (y, x) view with each of the (n, y, x) others, in standard deviations of the surface."""
    spectra = _spectra(each(_whole_edges, [one, *others]))
    reach = min(_COARSE_REACH_PX // _step(one.shape), min(spectra.shape[1:]) // 3)
    return np.array([_whole(spectra[0], spectrum, reach)[2] for spectrum in spectra[1:]])


def _whole(one: np.ndarray, other: np.ndarray, reach: int) -> tuple[float, float, float]:
    cross = other * np.conj(one)
    return correlation(cross / np.sqrt(np.abs(cross) + np.float32(1e-9)), reach)


def _spectra(small: list[np.ndarray]) -> np.ndarray:
    return np.asarray(scipy.fft.fft2(np.stack(small), workers=os.cpu_count(), overwrite_x=True))


def _step(shape: tuple[int, ...]) -> int:
    """The side of the blocks in which whole views are compared."""
    return min(-(-max(shape) // _COARSE_PX), _COARSE_STEP)


def _whole_edges(view: np.ndarray) -> np.ndarray:
    """(y, x) complex64: the tapered edges of a whole view, of a large one in blocks."""
    step = _step(view.shape)
    height, width = (max(1, side // step) for side in view.shape)
    taper, size = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32), (width, height)
    seen = np.isfinite(view)
    some = view[::step, ::step][seen[::step, ::step]]
    filled = np.where(seen, view, np.median(some) if some.size else 0).astype(np.float32)
    small = cv2.GaussianBlur(cv2.resize(filled, size, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    share = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    whole = cv2.erode((share > 0.99).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0
    x, y = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    typical = 2 * float(np.median(np.hypot(x, y)[whole])) if whole.any() else 1.0
    return np.asarray(taper * edges_of(x, y, whole.astype(np.float32), typical))


def _checked(cut: Windows, first: Sequence[Shift], weights: np.ndarray, second: list[Shift]) -> list[Shift]:
    """The shifts, less those on which few windows agree, and loosely, where a matcher blind to which side of an edge
    is the brighter finds another one.

    Snow and low sun turn edges over: what then still agrees are a few windows that have locked onto something else.
    The doubled angle of a gradient does not know its sign (Fitch et al. 2002).
    """
    doubtful = np.array([i for i, shift in enumerate(second) if _is_doubtful(shift)], int)
    if not len(doubtful):
        return second
    ways = [cut.peaks(_places(first), weights, doubtful, doubled=doubled) for doubled in (False, True)]
    checked = list(second)
    for k, i in enumerate(doubtful):
        one, other = (np.hypot(way[:, k, 0] - second[i].x_px, way[:, k, 1] - second[i].y_px) < _APART_PX / 2
                      for way in ways)
        if (one & other).sum() < max(_LEAST_AGREEING, _SECONDED * one.sum()):
            checked[i] = replace(second[i], sigma_px=float("inf"), agreeing=0, ties_px=None)
    return checked


def _is_doubtful(shift: Shift) -> bool:
    return 0 < shift.agreeing <= min(_PLENTY * shift.windows, _MANY) and shift.sigma_px >= _TIGHT_PX


def _centred(shifts: list[Shift], zero: int | None) -> list[Shift]:
    sure = [shifts[zero]] if zero is not None else [s for s in shifts if np.isfinite(s.sigma_px)] or shifts
    x0 = float(np.median([shift.x_px for shift in sure]))
    y0 = float(np.median([shift.y_px for shift in sure]))
    return [replace(s, x_px=s.x_px - x0, y_px=s.y_px - y0) for s in shifts]
