"""Seeing: which pixels of a view show the ground, judged by the site's own history.

Cloud, haze, their shadows, snow and glint depart from what was there before and from what is there
afterwards, both in the same direction. A new roof departs only from what was there before: it stays, so it
is ground, however bright. The same idea is used for series by Grompone von Gioi et al. (IPOL 2021).
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


def unclear_pixels(brightness: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(time, y, x) bool: where (time, y, x) normalised brightness does not show the ground.

    ``usable`` (time) says which views may serve as history for the others; NaN brightness is not seen.
    """
    smooth = np.stack([_smoothed(view, _SMOOTH_PX) for view in brightness])
    unclear = ~np.isfinite(brightness)
    for _ in range(2):  # the second round's history is free of the clouds that the first has found
        before = _history(smooth, ~unclear, usable, range(len(smooth)))
        after = _history(smooth, ~unclear, usable, range(len(smooth) - 1, -1, -1))
        unclear = ~np.isfinite(brightness) | _departs(smooth, before, after, usable)
    return np.asarray(unclear)


def _smoothed(view: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean of the seen pixels only."""
    seen = np.isfinite(view).astype(np.float32)
    total = cv2.GaussianBlur(np.where(seen > 0, view, 0).astype(np.float32), (0, 0), sigma)
    weight = cv2.GaussianBlur(seen, (0, 0), sigma)
    return np.where(seen > 0, total / np.maximum(weight, 1e-3), np.nan)


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


def _departs(views: np.ndarray, before: np.ndarray, after: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Departures from both sides in one direction, beyond five robust sigmas of the stack, grown a little."""
    past, future = views - before, views - after
    step = np.abs(past[usable])
    sigma = 1.4826 * float(np.nanmedian(step[step > 0])) if np.isfinite(step).any() else 1.0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _GROW_PX + 1, 2 * _GROW_PX + 1))
    found = np.zeros(views.shape, bool)
    for i, (p, f) in enumerate(zip(past, future, strict=True)):
        both = np.where(np.sign(p) == np.sign(f), np.minimum(np.abs(p), np.abs(f)), 0)
        only_future = np.where(np.isnan(p), np.abs(f), both)
        broad = np.abs(_smoothed(p, _BROAD_PX)) if np.isnan(f).any() else p
        departure = np.where(np.isnan(f), broad, only_future)
        found[i] = cv2.dilate((np.nan_to_num(departure) > _SIGMAS * sigma).astype(np.uint8), kernel) > 0
    return found
