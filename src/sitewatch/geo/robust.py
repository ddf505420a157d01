"""Robust statistics over the first axis of arrays in which NaN means not seen."""

from __future__ import annotations

import numpy as np

__all__ = ["look_noise", "seen_mad", "seen_median", "seen_row_median", "series_of", "whitened", "whitening"]

_LOOK_NOISE = 1.5         # a single look scatters by 1 in each whitened band, seasons add half as much
_AT_A_TIME = 4_000_000  # values that are sorted together
_FEW = 6   # rows that are faster put in order by swapping them whole than by sorting each column


def seen_median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis of what was seen; NaN where nothing was. Twice as fast as numpy's.

    Some of the pixels are sorted at a time, so that little more memory is taken than by the values.
    """
    if not len(values):
        return np.full(values.shape[1:], np.nan, values.dtype)
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    middle, step = np.empty(flat.shape[1], values.dtype), max(1, _AT_A_TIME // len(values))
    for start in range(0, len(middle), step):
        middle[start:start + step] = _median_of(flat[:, start:start + step])
    return middle.reshape(values.shape[1:])


def _median_of(values: np.ndarray) -> np.ndarray:
    ordered = _swapped(values) if len(values) <= _FEW else np.sort(values, axis=0)  # NaN sorts last
    count = np.isfinite(values).sum(axis=0)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, len(values) - 1)[None], axis=0)[0]
    lower = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], axis=0)[0]
    return np.where(count > 0, (upper + lower) / 2, np.nan).astype(values.dtype)


def _swapped(values: np.ndarray) -> np.ndarray:
    """The columns of a few rows, each in order, what was not seen last as infinity."""
    rows = list(np.where(np.isnan(values), np.inf, values))
    for turn in range(len(rows)):
        for i in range(turn % 2, len(rows) - 1, 2):
            rows[i], rows[i + 1] = np.minimum(rows[i], rows[i + 1]), np.maximum(rows[i], rows[i + 1])
    return np.stack(rows)


def seen_row_median(values: np.ndarray) -> np.ndarray:
    """As ``seen_median``, over the last axis, along which the values lie side by side."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(values).sum(axis=-1, keepdims=True)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1), axis=-1)
    lower = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=-1)
    return np.where(count > 0, (upper + lower) / 2, np.nan)[..., 0].astype(values.dtype)


def seen_mad(values: np.ndarray, middle: np.ndarray | None = None) -> np.ndarray:
    """Robust standard deviation over the first axis: 1.4826 times the median distance from the median."""
    middle = seen_median(values) if middle is None else middle
    return np.asarray(1.4826 * seen_median(np.abs(values - middle)))


def series_of(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(time, band) median of (time, band, y, x) values over a (y, x) mask; NaN where less than half was seen."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return np.full(values.shape[:2], np.nan, values.dtype)
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    inside = values[(slice(None), slice(None), *box)][:, :, mask[box]]
    enough = np.isfinite(inside[:, 0]).mean(axis=1) >= 0.5
    return np.asarray(np.where(enough[:, None], seen_row_median(inside), np.nan))


def look_noise(bands: int) -> float:
    """The noise of a single look over all whitened bands: what the contrast of a structure is told in."""
    return float(_LOOK_NOISE * np.sqrt(bands))


def whitened(values: np.ndarray) -> np.ndarray:
    """(time, band, y, x) values in bands whose noise is equal and independent."""
    matrix = whitening(values)
    mixed = np.zeros_like(values)
    for row, column in np.ndindex(matrix.shape):
        mixed[:, row] += matrix[row, column] * values[:, column]
    return mixed


def whitening(values: np.ndarray) -> np.ndarray:
    """(band, band) matrix that makes the noise of successive looks equal and independent in all bands.

    Light, haze and wetness move all bands together; a change of colour is the rarer and the surer sign. See
    Nielsen, Conradsen & Simpson (1998), "Multivariate alteration detection (MAD)".
    """
    step = np.diff(values[:, :, ::2, ::2], axis=0).transpose(1, 0, 2, 3).reshape(values.shape[1], -1)
    step = step[:, np.isfinite(step[0])]
    length = np.linalg.norm(step, axis=0)
    quiet = step[:, length <= 3 * np.median(length)] if length.size else np.eye(values.shape[1])
    covariance = quiet @ quiet.T / (2 * quiet.shape[1])
    size, axes = np.linalg.eigh(covariance)
    size = np.maximum(size, 0.02 * max(size.max(), 1e-12))  # a band that repeats another one must not blow up
    return np.asarray((axes / np.sqrt(size)) @ axes.T, np.float32)
