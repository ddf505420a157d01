"""Seeing: which pixels of a view show the ground, judged by the site's own history.

Cloud, haze, their shadows, snow and glint depart from what was there before and from what is there
afterwards, both in the same direction. A new roof departs only from what was there before: it stays, so it
is ground, however bright. The same idea is used for series by Grompone von Gioi et al. (IPOL 2021).

Works at a building site depart like a cloud: cleared earth is brighter than the field before and the roof after.
But they lie there in the look before or after too, where a cloud has moved on; and what comes and goes on ground
that is another one afterwards is part of its change. Whole patches are judged, since a passing thing passes with
its edges.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

__all__ = ["unclear_pixels"]

_SMOOTH_PX = 2.0   # clouds are wider than this, single vehicles narrower
_BROAD_PX = 8.0    # in the last views, where no later look can tell, only departures this broad count as cloud
_GROW_PX = 3       # thin edges of clouds and shadows
_SIGMAS = 5.0
_BESIDE_PX = 3     # beside what the provider hides lie the thin edges that its mask has missed,
_BESIDE = 2.0      # so that less of a departure is enough to believe in cloud there
_ALIKE = 0.5       # of its departure: nearer to a neighbouring look than this, something has stayed
_CHANGED = 4.0     # sigmas between before and after: above what seasons do, below what building does
_MOSTLY = 0.6      # of a patch is ground, and it is ground: a cloud that hides half a building site is none


def unclear_pixels(brightness: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(time, y, x) bool: where (time, y, x) normalised brightness does not show the ground.

    ``usable`` (time) says which views may serve as history for the others; NaN brightness is not seen.
    """
    smooth = np.stack([_smoothed(view, _SMOOTH_PX) for view in brightness])
    hidden = ~np.isfinite(brightness)
    stays, noisier = _least_step(smooth, usable), _noisier(hidden)
    enough = np.where(_grown(hidden, _BESIDE_PX), _BESIDE, _SIGMAS)
    unclear = hidden
    for _ in range(2):  # the second round's history is free of the clouds that the first has found
        before = _history(smooth, ~unclear, usable, range(len(smooth)))
        after = _history(smooth, ~unclear, usable, range(len(smooth) - 1, -1, -1))
        sigma, departure = _sigma((smooth - before)[usable]), _departure(smooth, before, after)
        ground = (stays < _ALIKE * departure) | (np.abs(before - after) > _CHANGED * sigma)
        sigmas = departure / (sigma * noisier)
        passing = np.stack([_passing(*view) for view in zip(sigmas > enough, ground, strict=True)])
        unclear = hidden | passing | _grown(passing & (sigmas > _SIGMAS), _GROW_PX)
    return np.asarray(unclear)


def _smoothed(view: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean of the seen pixels only."""
    seen = np.isfinite(view).astype(np.float32)
    total = cv2.GaussianBlur(np.where(seen > 0, view, 0).astype(np.float32), (0, 0), sigma)
    weight = cv2.GaussianBlur(seen, (0, 0), sigma)
    return np.where(seen > 0, total / np.maximum(weight, 1e-3), np.nan)


def _least_step(views: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """How far each view is from the nearest one before or after it that sees that pixel, whichever is more alike."""
    least = np.full_like(views, np.nan)
    for order in (range(len(views)), range(len(views) - 1, -1, -1)):
        nearest = np.full(views.shape[1:], np.nan, np.float32)
        for i in order:
            least[i] = np.fmin(least[i], np.abs(views[i] - nearest))
            if usable[i]:
                nearest = np.where(np.isfinite(views[i]), views[i], nearest)
    return least


def _noisier(hidden: np.ndarray) -> np.ndarray:
    """By how much the smoothed noise is larger beside what is hidden, where fewer pixels are in the mean."""
    seen = np.stack([cv2.GaussianBlur(1 - view.astype(np.float32), (0, 0), _SMOOTH_PX) for view in hidden])
    return np.asarray(1 / np.sqrt(np.maximum(seen, 0.1)))


def _history(views: np.ndarray, clear: np.ndarray, usable: np.ndarray, order: Iterable[int]) -> np.ndarray:
    """At each view the median of the last three clear values met in ``order`` before it; NaN with none.

    With fewer than three the earliest one is repeated.
    """
    history = np.full_like(views, np.nan)
    last: list[np.ndarray] = [np.full(views.shape[1:], np.nan, np.float32)] * 3
    for i in order:
        a, b, c = last
        history[i] = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
        if usable[i]:
            take = clear[i]
            none = np.isnan(a)
            last = [np.where(take, views[i], a), np.where(take, np.where(none, views[i], a), b),
                    np.where(take, np.where(none, views[i], b), c)]
    return history


def _sigma(steps: np.ndarray) -> float:
    """The stack's usual step from its own past, as a robust standard deviation."""
    sizes = np.abs(steps)
    moved = sizes[sizes > 0]
    return 1.4826 * float(np.median(moved)) if moved.size else 1.0


def _departure(views: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far each pixel departs from both sides in one direction, or from the only side that there is; else 0."""
    departure = np.zeros_like(views)
    for i, (p, f) in enumerate(zip(views - before, views - after, strict=True)):
        both = np.where(np.sign(p) == np.sign(f), np.minimum(np.abs(p), np.abs(f)), 0)
        only_future = np.where(np.isnan(p), np.abs(f), both)
        broad = np.abs(_smoothed(p, _BROAD_PX)) if np.isnan(f).any() else p
        departure[i] = np.nan_to_num(np.where(np.isnan(f), np.minimum(np.abs(p), broad), only_future))
    return departure


def _passing(departing: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(y, x) bool: the connected patches of what departs that are not mostly ground."""
    count, patch = cv2.connectedComponents(departing.astype(np.uint8), connectivity=8)
    share = np.bincount(patch.ravel(), ground.ravel(), count) / np.maximum(np.bincount(patch.ravel(), None, count), 1)
    return np.asarray(departing & (share[patch] < _MOSTLY))


def _grown(masks: np.ndarray, by_px: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) > 0 for mask in masks])
