"""Alignment: how far each view's content lies off the site's grid, to a fraction of a pixel.

Edges, not brightness, are compared, so that haze, gain and season matter little: the complex gradient is
compressed (a bright roof counts as much as a dark road) and correlated by half-whitened phase correlation
in overlapping windows; a robust mean over the windows that agree gives the shift and its error. The first
pass compares with the view that resembles the others most, the second with the mean of the nearest views
in time. See Foroosh, Zerubia & Berthod (2002), "Extension of phase correlation to subpixel registration",
and Fitch et al. (2002) for orientation correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import fft  # keeps single precision, which numpy's does not

__all__ = ["Shift", "align_views"]

_WINDOW_PX = 128
_LARGE_PX, _LARGE_WINDOW_PX, _LARGE_WINDOWS = 1000, 256, 8  # of large views: fewer and larger windows to a side
_COARSE_PX = 512       # a whole view is compared at most that large
_REACH_PX = 8          # around the coarse shift
_COARSE_REACH_PX = 64  # a view farther off than this is refused
_WHITENING = 0.5       # 1 is plain phase correlation, 0 cross-correlation; half keeps noise out of the peak
_NEIGHBOURS = 14
_APART_PX = 1.5        # windows farther from the middle than this have locked onto something else
_CLEARLY = 1.5         # rows of like roofs match themselves one row off almost as well
_LINKS = 5             # views that a link of the chain is matched with
_LEAST_AGREEING = 2    # one window alone may lock onto anything
_PLENTY, _MANY = 0.7, 12  # so large a share or number of agreeing windows needs no second opinion
_TIGHT_PX = 0.1        # nor do windows that agree so well
_SECONDED = 0.9        # of the windows that support a shift of few, by the second matcher
_LARGEST_SHARE = 0.75  # of a small view that a window takes, so that there are several to agree


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Displacement of a view's content against the grid: x to the right, y down; sigma per axis.

    ``strength`` is the sum of the agreeing windows' peaks, in standard deviations.
    """

    x_px: float
    y_px: float
    sigma_px: float
    agreeing: int
    windows: int
    strength: float = 0.0


def align_views(views: np.ndarray, zero: int | None = None,
                tick: Callable[[int], None] | None = None) -> list[Shift]:
    """Shifts of (time, y, x) brightness views, NaN where there is no image.

    View ``zero`` lies on the grid; without it the median of all views does, which is better than any one
    view: geolocation errors of single passes cancel.
    """
    edges = np.stack([_edges(view) for view in views])
    first = _chained(edges, _most_typical(np.stack([_shrunk(view)[0] for view in edges])))
    aligned = np.stack([_moved(view, shift) for view, shift in zip(edges, first, strict=True)])
    weights = np.array([shift.agreeing / shift.windows for shift in first])
    second = []
    for i, view in enumerate(edges):
        nearest = np.argsort(np.abs(np.arange(len(edges)) - i), kind="stable")[1:_NEIGHBOURS + 1]
        if weights[nearest].sum() == 0:
            second.append(first[i])
            continue
        composite = np.tensordot(weights[nearest], aligned[nearest], 1) / weights[nearest].sum()
        second.append(_checked(composite, view, _fine(composite, view, (round(first[i].x_px), round(first[i].y_px)))))
        if tick:
            tick(i + 1)
    return _centred(second, zero)


def _edges(view: np.ndarray) -> np.ndarray:
    """The complex gradient with its length compressed; zero where there is no image."""
    seen = np.isfinite(view)
    smooth = cv2.GaussianBlur(np.where(seen, view, np.nanmedian(view) if seen.any() else 0).astype(np.float32),
                              (0, 0), 1.0)
    gradient = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    whole = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0
    length = np.abs(gradient)
    some = (slice(None, None, max(1, len(view) // _LARGE_PX)),) * 2  # a median needs no sixteen million lengths
    typical = 2 * np.median(length[some][whole[some]]) if whole[some].any() else 1.0
    compressed = gradient / np.sqrt(length**2 + typical**2 + 1e-12)
    return np.where(whole, compressed, 0).astype(np.complex64)


def _most_typical(edges: np.ndarray) -> int:
    """The view that correlates best with a sample of the others."""
    some = np.unique(np.linspace(0, len(edges) - 1, 12).astype(int))
    scores = [np.median([_correlate(edges[i], edges[j], _REACH_PX)[2] for j in some if j != i] or [0.0]) for i in some]
    return int(some[int(np.argmax(scores))])


def _chained(edges: np.ndarray, seed: int) -> list[Shift]:
    """Shifts against one view; a view that does not match it, against the nearest in time that did.

    Where building changes most of a small site, the first views do not resemble the last ones, but each resembles
    its neighbours.
    """
    shifts = [_match(edges[seed], view) for view in edges]
    sure = {i for i, shift in enumerate(shifts) if _is_sure(shift)} | {seed}
    todo = set(range(len(edges))) - sure
    while todo:
        i = min(todo, key=lambda one: (min(abs(one - other) for other in sure), one))
        todo.remove(i)
        nearest = sorted(sure, key=lambda other: (abs(other - i), other))[:_LINKS]
        linked = _fine(np.mean([_moved(edges[j], shifts[j]) for j in nearest], axis=0), edges[i], (0, 0))
        if _is_sure(linked):
            shifts[i] = linked
            sure.add(i)
    return shifts


def _match(reference: np.ndarray, view: np.ndarray) -> Shift:
    """Where the windows agree best: near the georeference, or, if that is clearly better, far off it."""
    near, coarse = _fine(reference, view, (0, 0)), _coarse(reference, view)
    if max(abs(coarse[0]), abs(coarse[1])) < _REACH_PX // 2:
        return near
    far = _fine(reference, view, coarse)
    return far if far.strength > _CLEARLY * near.strength else near


def _is_sure(shift: Shift) -> bool:
    return shift.agreeing >= max(_LEAST_AGREEING, shift.windows / 3)


def _coarse(reference: np.ndarray, view: np.ndarray) -> tuple[int, int]:
    """Whole-pixel shift of the whole view: large first errors are found here."""
    (one, step), (other, _) = _shrunk(reference), _shrunk(view)
    x, y, _ = _correlate(one, other, min(_COARSE_REACH_PX // step, min(other.shape) // 3))
    return round(x * step), round(y * step)


def _shrunk(edges: np.ndarray) -> tuple[np.ndarray, int]:
    """The means of square blocks of a large view's edges, and the blocks' side; a small view as it is."""
    step = -(-max(edges.shape) // _COARSE_PX)
    if step == 1:
        return edges, 1
    height, width = (side // step for side in edges.shape)
    blocks = edges[:height * step, :width * step].reshape(height, step, width, step)
    return blocks.mean(axis=(1, 3)), step


def _fine(reference: np.ndarray, view: np.ndarray, start: tuple[int, int]) -> Shift:
    """Shift from all windows; a window counts when its peak stands out and agrees with the others."""
    near = _rolled(view, start)
    found = []
    for rows, columns in _windows(*view.shape):
        x, y, peak = _correlate(reference[rows, columns], near[rows, columns], _REACH_PX)
        found.append((x + start[0], y + start[1], peak))
    x, y, peak = np.array(found).T
    strong = peak > max(6.0, 0.5 * np.median(peak))  # pure noise peaks at about 4.5 of its own standard deviations
    if not strong.any():
        return Shift(x_px=float(start[0]), y_px=float(start[1]), sigma_px=float("inf"), agreeing=0, windows=len(peak))
    mid_x, mid_y = np.median(x[strong]), np.median(y[strong])
    away = np.hypot(x - mid_x, y - mid_y)
    agree = strong & (away < max(0.5, min(2.5 * float(np.median(away[strong])), _APART_PX)))
    if agree.sum() < _LEAST_AGREEING:
        return Shift(x_px=float(start[0]), y_px=float(start[1]), sigma_px=float("inf"), agreeing=0, windows=len(peak))
    mean_x, mean_y = np.average(x[agree], weights=peak[agree]), np.average(y[agree], weights=peak[agree])
    spread = np.sqrt(np.mean((x[agree] - mean_x) ** 2 + (y[agree] - mean_y) ** 2) / 2)
    # Windows overlap by half and see the same ground, so their number counts by its square root only;
    # 0.05 px is the bias that the peak's parabola keeps however many windows there are.
    sigma = np.hypot(spread / max(agree.sum(), 1) ** 0.25, 0.05)
    return Shift(x_px=float(mean_x), y_px=float(mean_y), sigma_px=float(sigma), agreeing=int(agree.sum()),
                 windows=len(peak), strength=float(peak[agree].sum()))


def _checked(reference: np.ndarray, view: np.ndarray, shift: Shift) -> Shift:
    """The shift, unless few windows agree on it, and loosely, and a matcher blind to which side of an edge is the
    brighter finds another one.

    Snow and low sun turn edges over: what then still agrees are a few windows that have locked onto something else.
    The doubled angle of a gradient does not know its sign (Fitch et al. 2002).
    """
    if shift.agreeing == 0 or shift.agreeing > min(_PLENTY * shift.windows, _MANY) or shift.sigma_px < _TIGHT_PX:
        return shift
    start, seconded, supports = (round(shift.x_px), round(shift.y_px)), 0, 0
    near = _rolled(view, start)
    for rows, columns in _windows(*view.shape):
        one, other = reference[rows, columns], near[rows, columns]
        ways = [_correlate(*pair, _REACH_PX) for pair in ((one, other), (_axes(one), _axes(other)))]
        same = [np.hypot(x + start[0] - shift.x_px, y + start[1] - shift.y_px) < _APART_PX / 2 for x, y, _ in ways]
        supports += same[0]
        seconded += all(same)
    return shift if seconded >= max(_LEAST_AGREEING, _SECONDED * supports) else replace(
        shift, sigma_px=float("inf"), agreeing=0)


def _axes(edges: np.ndarray) -> np.ndarray:
    """Edges with their angle doubled and their length as it was: a rise and a fall in one direction are the same."""
    return np.asarray(edges**2 / np.maximum(np.abs(edges), 1e-6))


def _windows(height: int, width: int) -> list[tuple[slice, slice]]:
    is_large = min(height, width) >= _LARGE_PX
    size = _LARGE_WINDOW_PX if is_large else min(_WINDOW_PX, round(_LARGEST_SHARE * min(height, width)))

    def starts(length: int) -> list[int]:
        count = int(np.ceil((length - size) / (size / 2))) + 1
        count = min(count, _LARGE_WINDOWS) if is_large else count
        return sorted({round(start) for start in np.linspace(0, length - size, count)})

    return [(slice(y, y + size), slice(x, x + size)) for y in starts(height) for x in starts(width)]


def _correlate(reference: np.ndarray, view: np.ndarray, reach: int) -> tuple[float, float, float]:
    """Displacement of ``view`` against ``reference`` within ``reach``, and its peak in standard deviations."""
    taper = np.outer(np.hanning(reference.shape[0]), np.hanning(reference.shape[1])).astype(np.float32)
    cross = fft.fft2(view * taper) * np.conj(fft.fft2(reference * taper))
    surface = np.real(fft.ifft2(cross / (np.abs(cross) + 1e-9) ** _WHITENING))
    reach = min(reach, min(surface.shape) // 2 - 2)
    window = np.roll(surface, (reach + 1, reach + 1), (0, 1))[:2 * reach + 3, :2 * reach + 3]
    inner = window[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(inner)), inner.shape)
    around = window[row:row + 3, column:column + 3]
    return (float(column - reach + _vertex(around[1])), float(row - reach + _vertex(around[:, 1])),
            float(around[1, 1] / (surface.std() + 1e-12)))


def _vertex(three: np.ndarray) -> float:
    """Where a parabola through three samples peaks, in samples from the middle one."""
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.6, 0.6)) if bend < 0 else 0.0


def _rolled(view: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    return np.roll(view, (-by[1], -by[0]), (0, 1))


def _moved(view: np.ndarray, shift: Shift) -> np.ndarray:
    """The view with its content moved back onto the reference."""
    matrix = np.array([[1, 0, -shift.x_px], [0, 1, -shift.y_px]], np.float32)
    parts = np.dstack([view.real, view.imag]).astype(np.float32)
    moved = cv2.warpAffine(parts, matrix, view.shape[::-1], flags=cv2.INTER_LINEAR)
    return np.asarray(moved[..., 0] + 1j * moved[..., 1])


def _centred(shifts: list[Shift], zero: int | None) -> list[Shift]:
    sure = [shifts[zero]] if zero is not None else [s for s in shifts if np.isfinite(s.sigma_px)] or shifts
    x0 = float(np.median([shift.x_px for shift in sure]))
    y0 = float(np.median([shift.y_px for shift in sure]))
    return [replace(s, x_px=s.x_px - x0, y_px=s.y_px - y0) for s in shifts]
