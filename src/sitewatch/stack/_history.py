"""What each view of a series has before and after it, on any part of the site.

Whatever part is asked for, its pixels come out the same to the last bit, so that a large site can be judged in strips.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Part", "Views", "blurred", "grown", "histories", "smooth_mean", "widened", "within"]

Part = tuple[slice, slice]
_REACH = 4.0  # standard deviations that OpenCV sums of a Gaussian; 6 parts of 100,000 lie beyond
_Three = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """(time, band, y, x) values, NaN where hidden; (time, y, x) uint8 ``marks``, whose lowest bit says what has been
    found unclear so far; and which views (time) may serve as history."""

    values: np.ndarray
    marks: np.ndarray
    usable: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """(y, x) of one view."""
        height, width = self.values.shape[2:]
        return height, width

    def brightness(self, i: int, part: Part) -> np.ndarray:
        """(y, x) mean of the bands of a part of view ``i``: of a large series, all of it is never held at once."""
        return np.asarray(self.values[i][(slice(None), *part)].mean(axis=0))

    def seen(self, i: int, part: Part = (slice(None), slice(None))) -> np.ndarray:
        """(y, x) bool: what is not hidden of a part of view ``i``."""
        return np.asarray(np.isfinite(self.values[i, 0][part]))

    def smooth(self, part: Part, looks: Iterable[int], sigma: float) -> list[np.ndarray]:
        """A part of the views, each smoothed with what lies around it."""
        wide = widened(part, sigma, self.shape)
        inner = within(part, wide)
        return [smooth_mean(self.brightness(i, wide), sigma)[inner] for i in looks]

    def clear(self, part: Part, looks: Iterable[int]) -> list[np.ndarray]:
        """Where a part of the views has not been found unclear."""
        return [(self.marks[i][part] & 1) == 0 for i in looks]

    def before(self, i: int, part: Part, sigma: float) -> np.ndarray:
        """The history of a part of view ``i``, from no more of the earlier views than it takes."""
        few, start = self.seen(i, part), i
        count = np.zeros(few.shape, np.uint8)
        while start > 0 and few.any():
            start -= 1
            if self.usable[start]:
                count += self.clear(part, [start])[0]
                few &= count < 3
        looks = range(start, i + 1)
        *_, last = histories(self.smooth(part, looks, sigma), self.clear(part, looks), self.usable[start:], True)
        return last[1]


def widened(part: Part, sigma: float, shape: Sequence[int]) -> Part:
    """The part with all that a Gaussian of that sigma takes in, as far as the picture goes."""
    by = round(_REACH * sigma)
    rows, columns = (slice(max(0, one.start - by), min(size, one.stop + by))
                     for one, size in zip(part, shape, strict=True))
    return rows, columns


def within(part: Part, wide: Part) -> Part:
    """Where the part lies in the wider one."""
    rows, columns = (slice(one.start - other.start, one.stop - other.start)
                     for one, other in zip(part, wide, strict=True))
    return rows, columns


def smooth_mean(view: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean of the seen pixels only; NaN where not seen."""
    seen = np.isfinite(view)
    if seen.all():
        whole = blurred(np.ones((1, 1), bool), sigma)[0, 0]  # the sum of the weights, which single precision rounds
        mean = cv2.GaussianBlur(view, (0, 0), sigma)
        return np.asarray(mean if whole == 1 else np.divide(mean, whole, out=mean))
    total = cv2.GaussianBlur(_mixed(np.zeros_like(view), view, seen), (0, 0), sigma)
    weight = blurred(seen, sigma)
    np.maximum(weight, np.float32(1e-3), out=weight)
    return _mixed(np.full_like(view, np.nan), np.divide(total, weight, out=total), seen)


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """The share of the mask around each pixel, by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma))


def grown(mask: np.ndarray, by_px: int) -> np.ndarray:
    """A (y, x) mask and all that lies no farther from it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by_px + 1, 2 * by_px + 1))
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel)).view(bool)


def histories(views: Sequence[np.ndarray], clear: Sequence[np.ndarray], usable: np.ndarray,
              is_forward: bool) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """At each view, in the order of time or against it, the median of the last three clear values met before it, and
    the last one seen; NaN with none.

    With fewer than three the earliest one is repeated. Planes that are given may be the views' own: not to be altered.
    """
    nearest = np.full(views[0].shape, np.nan, np.float32)
    last, full = (nearest, nearest, nearest), False
    for i in range(len(views)) if is_forward else range(len(views) - 1, -1, -1):
        yield i, _middle(*last), nearest
        if usable[i]:
            last = _pushed(last, views[i], clear[i], full)
            nearest = _mixed(nearest, views[i], np.isfinite(views[i]))
            full = full or not np.isnan(last[0]).any()


def _middle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    if b is c:
        return b
    high = np.maximum(a, b)
    np.minimum(high, c, out=high)
    return np.asarray(np.maximum(np.minimum(a, b), high, out=high))


def _pushed(last: _Three, view: np.ndarray, take: np.ndarray, full: bool) -> _Three:
    """The three last clear values after one more, the newest first; ``full``: each pixel has one."""
    a, b, c = last
    one, two = a, b
    if not full:
        none = np.isnan(a)
        one, two = _mixed(a, view, none), _mixed(b, view, none)
    older = _mixed(b, one, take)
    return _mixed(a, view, take), older, older if b is c and one is two else _mixed(c, two, take)


def _mixed(old: np.ndarray, new: np.ndarray, where: np.ndarray) -> np.ndarray:
    """``new`` where told, else ``old``; one of the two itself where it is nothing else."""
    if where.all():
        return new
    if not where.any():
        return old
    return np.asarray(cv2.copyTo(new, where.view(np.uint8), old.copy()))  # ten times as fast as numpy's where
