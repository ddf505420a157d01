"""Windows of views, compared edge by edge: how far each window's content lies off, to a hundredth of a pixel.

Edges, not brightness, are compared, so that haze, gain and season matter little, and none of shadows: what is darker
than its surroundings counts as its surroundings, for a shadow's end moves with the sun and would pull the view along.
The complex gradient is compressed (a bright roof counts as much as a dark road) and correlated by its phase alone.
The peak is found on whole pixels and again on half pixels around it, by the Fourier sum itself: a parabola through
whole pixels alone pulls every shift towards them. See Foroosh, Zerubia & Berthod (2002), "Extension of phase
correlation to subpixel registration", Fitch et al. (2002) for orientation correlation, and Guizar-Sicairos, Thurman &
Fienup (2008), "Efficient subpixel image registration algorithms", for the sum over part of the surface.

Only one window's spectra of all views are held at a time, on each core.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import scipy

from sitewatch.stack._threads import each

__all__ = ["REACH_PX", "Windows", "correlation", "edges_of", "middles"]

REACH_PX = 8           # around where a view is thought to be
_WINDOW_PX = 128
_LARGE_PX, _LARGE_WINDOW_PX, _LARGE_WINDOWS = 1000, 256, 6  # of large views: fewer and larger windows to a side
_LARGEST_SHARE = 0.75  # of a small view that a window takes, so that there are several to agree
_SURROUNDINGS_PX = 8.0
_SMOOTH = 0.15         # of the surface, as a frequency: beyond it there is more noise than edge
_HALF_PX = 0.5
_SURROUNDINGS_STEP = 4  # what is so broad is as well blurred in blocks
_ROWS = 4              # every so many of them tell the length of a view's gradient
_Window = tuple[slice, slice]


class Windows:
    """So many (y, x) brightness views, NaN where there is no image, cut into overlapping windows of one size."""

    def __init__(self, count: int, shape: tuple[int, int]) -> None:
        self._level, self._whole = np.empty((count, *shape), np.float32), np.empty((count, *shape), np.uint8)
        self._typical = [1.0] * count
        self.shape, self.spans = shape, _spans(*shape)
        self.side = self.spans[0][0].stop - self.spans[0][0].start
        self._taper = np.outer(np.hanning(self.side), np.hanning(self.side)).astype(np.float32)
        self._frequency = scipy.fft.fftfreq(self.side).astype(np.float32)
        low = np.exp(-0.5 * (self._frequency / _SMOOTH) ** 2)
        self._low = np.outer(low, low).astype(np.float32)

    def __len__(self) -> int:
        return len(self._typical)

    def take(self, i: int, view: np.ndarray) -> None:
        """View ``i``; what of it is compared is kept, with twice the length of its gradient in the median, as far as
        some of its rows tell."""
        self._level[i], self._whole[i] = level, whole = _level(view)
        x, y = (cv2.Sobel(level, cv2.CV_32F, *way)[::_ROWS][whole[::_ROWS] > 0] for way in ((1, 0), (0, 1)))
        if x.size:
            self._typical[i] = 2 * float(np.median(np.hypot(x, y)))

    def peaks(self, at: np.ndarray, weights: np.ndarray, rows: np.ndarray, *, doubled: bool = False) -> np.ndarray:
        """(window, row, 3): right and down in pixels, and the peak in standard deviations of the surface.

        Each of the views ``rows`` is compared with the mean of all views, moved back from ``at`` (time, 2), in the
        (time, time) ``weights`` of its row. ``doubled`` angles of the edges do not know which side is the brighter.
        """
        asked = weights[rows].any(axis=0)
        asked[rows] = True
        which = np.flatnonzero(asked)
        starts = np.rint(at[which]).astype(int)
        ramps, mixing = self._ramps(at[which] - starts), weights[np.ix_(rows, which)].astype(np.complex64)
        own = np.searchsorted(which, rows)

        def peaks_in(span: _Window) -> np.ndarray:
            spectra = self._spectra(span, which, starts, doubled)
            composite = mixing @ (spectra * ramps).reshape(len(which), -1)
            found = [self._located(spectra[i], one.reshape(self.side, self.side))
                     for i, one in zip(own, composite, strict=True)]
            return np.asarray(found + np.insert(starts[own], 2, 0, axis=1))

        return np.array(each(peaks_in, self.spans))

    def _spectra(self, span: _Window, which: np.ndarray, starts: np.ndarray, doubled: bool) -> np.ndarray:
        """(view, side, side) complex64: the edges of one window, of each view where it is thought to be."""
        edges = np.empty((len(which), self.side, self.side), np.complex64)
        for one, i, start in zip(edges, which, starts, strict=True):
            x, y, whole = _cut(self._level[i], self._whole[i], span, (int(start[0]), int(start[1])))
            one[...] = edges_of(x, y, self._taper * whole, self._typical[i], doubled=doubled)
        return np.asarray(scipy.fft.fft2(edges, overwrite_x=True))

    def _ramps(self, by: np.ndarray) -> np.ndarray:
        """(view, side, side): what moves a spectrum's content back by (view, 2) parts of a pixel."""
        x, y = (np.exp(2j * np.pi * by[:, axis, None] * self._frequency).astype(np.complex64) for axis in (0, 1))
        return np.asarray(y[:, :, None] * x[:, None, :])

    def _located(self, one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
        cross = one * np.conj(other)
        cross *= self._low / (np.sqrt(cross.real**2 + cross.imag**2) + np.float32(1e-9))
        reach = min(REACH_PX, self.side // 2 - 2)
        x, y, peak = correlation(cross, reach)
        near = np.array([-_HALF_PX, 0, _HALF_PX])
        around = _surface(cross, y + near, x + near)
        return x + _HALF_PX * _vertex(around[1]), y + _HALF_PX * _vertex(around[:, 1]), peak


def middles(height: int, width: int) -> np.ndarray:
    """(window, 2) right and down of the windows' middles in pixels of a view."""
    return np.array([((across.start + across.stop) / 2, (down.start + down.stop) / 2)
                     for down, across in _spans(height, width)])


def correlation(cross: np.ndarray, reach: int) -> tuple[float, float, float]:
    """Right and down of a (y, x) cross spectrum's peak within ``reach`` pixels, and its height in standard deviations
    of the whole surface."""
    grid = np.arange(-reach - 1, reach + 2)
    surface = _surface(cross, grid, grid)
    inner = surface[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(inner)), inner.shape)
    around = surface[row:row + 3, column:column + 3]
    power = float(np.vdot(cross, cross).real) / 2  # half of it in the surface's real part, by Parseval's theorem
    return (float(column - reach + _vertex(around[1])), float(row - reach + _vertex(around[:, 1])),
            float(around[1, 1] / np.sqrt(power + 1e-12)))


def edges_of(x: np.ndarray, y: np.ndarray, weight: np.ndarray, typical: float, *,
             doubled: bool = False) -> np.ndarray:
    """The gradient as complex numbers of compressed length, times a weight."""
    length = x * x + y * y
    squeezed = weight / np.sqrt(length + np.float32(typical**2 + 1e-12))
    edges = np.empty(x.shape, np.complex64)
    np.multiply(x, squeezed, out=edges.real)
    np.multiply(y, squeezed, out=edges.imag)
    if doubled:
        edges *= (x + 1j * y) / np.maximum(np.sqrt(length), np.float32(1e-12))
    return edges


def _surface(cross: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The correlation at the given places alone."""
    waves = [_waves(tuple(places), length) for places, length in zip((down, right), cross.shape, strict=True)]
    return np.asarray((waves[0] @ cross @ waves[1].T).real)


@lru_cache(maxsize=16)
def _waves(places: tuple[float, ...], length: int) -> np.ndarray:
    """(place, frequency) complex64."""
    return np.asarray(np.exp(2j * np.pi * np.outer(places, scipy.fft.fftfreq(length))), np.complex64)


def _cut(level: np.ndarray, whole: np.ndarray, span: _Window,
         start: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradient right and down, and where it is whole, in a window moved by ``start``; nothing beyond the view."""
    (top, bottom), (left, right) = ((part.start + by, part.stop + by)
                                    for part, by in zip(span, start[::-1], strict=True))
    inner = (slice(max(0, top), min(len(level), bottom)), slice(max(0, left), min(level.shape[1], right)))
    side = bottom - top, right - left
    parts = np.zeros(side, np.float32), np.zeros(side, np.float32), np.zeros(side, np.uint8)
    if inner[0].stop <= inner[0].start or inner[1].stop <= inner[1].start:
        return parts
    wide = (slice(max(0, inner[0].start - 1), inner[0].stop + 1), slice(max(0, inner[1].start - 1), inner[1].stop + 1))
    out_of = tuple(slice(part.start - cut.start, part.stop - cut.start) for part, cut in zip(inner, wide, strict=True))
    into = tuple(slice(part.start - first, part.stop - first) for part, first in zip(inner, (top, left), strict=True))
    for part, way in zip(parts, ((1, 0), (0, 1)), strict=False):
        part[into] = cv2.Sobel(level[wide], cv2.CV_32F, *way)[out_of]
    parts[2][into] = whole[inner]
    return parts


def _level(view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A view, smoothed, in which nothing is darker than its surroundings, and where no missing pixel is near (1)."""
    seen = np.isfinite(view)
    filled = view if seen.all() else np.where(seen, view, np.median(view[seen]) if seen.any() else 0)
    filled = np.asarray(filled, np.float32)
    small = tuple(max(1, side // _SURROUNDINGS_STEP) for side in view.shape[::-1])
    broad = cv2.GaussianBlur(cv2.resize(filled, small, interpolation=cv2.INTER_AREA), (0, 0),
                             _SURROUNDINGS_PX / _SURROUNDINGS_STEP)
    bright = np.maximum(filled, cv2.resize(broad, view.shape[::-1], interpolation=cv2.INTER_CUBIC))
    whole = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1)
    return cv2.GaussianBlur(bright, (0, 0), 1.0), whole


def _spans(height: int, width: int) -> list[_Window]:
    is_large = min(height, width) >= _LARGE_PX
    size = _LARGE_WINDOW_PX if is_large else min(_WINDOW_PX, max(8, round(_LARGEST_SHARE * min(height, width))))

    def starts(length: int) -> list[int]:
        count = int(np.ceil((length - size) / (size / 2))) + 1
        count = min(count, _LARGE_WINDOWS) if is_large else count
        return sorted({round(start) for start in np.linspace(0, length - size, count)})

    return [(slice(y, y + size), slice(x, x + size)) for y in starts(height) for x in starts(width)]


def _vertex(three: np.ndarray) -> float:
    """Where a parabola through three samples peaks, in samples from the middle one."""
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.6, 0.6)) if bend < 0 else 0.0
