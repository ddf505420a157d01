"""Normalisation: one robust line per band, fitted on ground that has not changed; never histogram matching."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sitewatch.geo import seen_mad, seen_median
from sitewatch.stack._threads import each

__all__ = ["Line", "apply_lines", "fit_lines", "sample", "stable_ground", "typical_view"]

_SAMPLE_PIXELS = 6_000
_ENOUGH_PIXELS = 100_000
_ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``normal = offset + gain * value``; ``correlation`` says how well."""

    gain: float
    offset: float
    correlation: float


def sample(views: np.ndarray) -> np.ndarray:
    """(time, band, y, x) views themselves or, of large ones, pixels on a lattice, by which light is judged as well."""
    skip = max(1, math.isqrt(math.prod(views.shape[2:]) // _ENOUGH_PIXELS))
    return views[:, :, ::skip, ::skip]


def apply_lines(views: np.ndarray, lines: list[list[Line]]) -> None:
    """Bring (time, band, y, x) views to the scale of their lines, in place."""
    def apply(i: int) -> None:
        for band, line in enumerate(lines[i]):
            views[i, band] *= np.float32(line.gain)
            views[i, band] += np.float32(line.offset)

    each(apply, range(len(views)))


def typical_view(views: np.ndarray) -> np.ndarray:
    """(band, y, x) median of (time, band, y, x) views: what the site mostly looks like."""
    return seen_median(_some(views))


def stable_ground(views: np.ndarray) -> np.ndarray:
    """(y, x) bool: the half of the ground that has varied least, from (time, band, y, x) views."""
    variation = seen_mad(_some(views)).mean(axis=0)
    return np.asarray(variation <= np.nanmedian(variation))


def fit_lines(view: np.ndarray, reference: np.ndarray, stable: np.ndarray) -> list[Line]:
    """One line per band that takes a (band, y, x) view to the reference, on stable ground seen in both."""
    usable = stable & np.isfinite(view).all(axis=0) & np.isfinite(reference).all(axis=0)
    chosen = np.flatnonzero(usable)
    chosen = chosen[:: max(1, len(chosen) // _SAMPLE_PIXELS)]
    if len(chosen) < 50:
        return [Line(gain=1.0, offset=0.0, correlation=0.0) for _ in view]
    return [_robust_line(band.ravel()[chosen], target.ravel()[chosen])
            for band, target in zip(view, reference, strict=True)]


def _some(views: np.ndarray) -> np.ndarray:
    """At most 32 views, spread evenly: their median is as good as that of hundreds, and costs less."""
    return views[:: max(1, -(-len(views) // 32))]


def _robust_line(x: np.ndarray, y: np.ndarray) -> Line:
    """Reduced major axis with Cauchy-like weights: both sides carry noise, so least squares on y would
    flatten the slope (Canty, Nielsen & Schmidt 2004 use orthogonal regression for the same reason)."""
    mid_x, mid_y = float(np.median(x)), float(np.median(y))
    gain = float(np.median(np.abs(y - mid_y)) / max(float(np.median(np.abs(x - mid_x))), 1e-6))
    offset, correlation = mid_y - gain * mid_x, 0.0
    for _ in range(_ROUNDS):
        residual = y - offset - gain * x
        spread = 1.4826 * float(np.median(np.abs(residual))) + 1e-9
        weight = 1 / np.maximum(1.0, (residual / (2 * spread)) ** 2)
        total = weight.sum()
        mean_x, mean_y = (x * weight).sum() / total, (y * weight).sum() / total
        off_x, off_y = x - mean_x, y - mean_y
        var_x, var_y, both = ((product * weight).sum() / total for product in (off_x**2, off_y**2, off_x * off_y))
        correlation = float(both / np.sqrt(var_x * var_y + 1e-18))
        if correlation > 0.3:  # below that the slope of the major axis is noise
            gain = float(np.sqrt(var_y / (var_x + 1e-18)))
        offset = float(mean_y - gain * mean_x)
    return Line(gain=gain, offset=offset, correlation=correlation)
