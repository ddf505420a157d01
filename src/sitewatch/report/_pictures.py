"""Pictures of single looks: one stretch for all, nothing invented where nothing was clearly seen."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import scipy
from PIL import Image

from sitewatch.model import SENSORS, Stack
from sitewatch.report._frames import Window
from sitewatch.report._language import gettext
from sitewatch.report._options import ReportOptions

__all__ = ["Picture", "Stretch", "blank", "coarsened", "enlargement", "hatched", "paled", "picture_of", "stretch_of",
           "stretched"]

_HATCH_LIGHT, _HATCH_DARK = 205, 160
_BLANK = 0.86   # light enough for dark lines, dark enough to be no paper
_PALEST = 0.45   # what black becomes under a drawing
# Percentiles need a sample of the ground, not every pixel of it.
_SAMPLE_LOOKS, _SAMPLE_PIXELS = 12, 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which bands are shown as red, green and blue; what is black and white in each; how dark parts are lifted."""

    bands: tuple[int, int, int]
    names: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    gamma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An encoded picture."""

    data: bytes
    suffix: str
    width: int
    height: int


def stretch_of(stack: Stack, options: ReportOptions) -> Stretch:
    """The stretch between two percentiles of all that was clearly seen, band by band: one for all pictures.

    Reflectance, which is linear, gets the brightness curve that display pictures have already.
    """
    bands, names = _bands_shown(stack)
    sample = _sample(stack)
    lows, highs = [], []
    for band in bands:
        seen = sample[:, band][np.isfinite(sample[:, band])]
        low, high = np.percentile(seen, [options.low_percentile, options.high_percentile]) if seen.size else (0.0, 1.0)
        lows.append(float(low))
        highs.append(float(high if high > low else low + 1.0))
    sensors = {scene.sensor for scene in stack.scenes.scenes}
    linear = any(SENSORS[name].is_reflectance for name in sensors if name in SENSORS)
    return Stretch(bands=bands, names=names, low=(lows[0], lows[1], lows[2]), high=(highs[0], highs[1], highs[2]),
                   gamma=options.reflectance_gamma if linear else 1.0)


def _sample(stack: Stack) -> np.ndarray:
    """Evenly spaced looks and pixels: enough for percentiles."""
    looks, _, rows, columns = stack.values.shape
    each = max(1, looks // _SAMPLE_LOOKS)
    step = max(1, math.isqrt(_SAMPLE_LOOKS * rows * columns // _SAMPLE_PIXELS))
    return stack.values[::each, :, ::step, ::step]


def _bands_shown(stack: Stack) -> tuple[tuple[int, int, int], str]:
    count = stack.values.shape[1]
    names = [str(name) for name in stack.data["band"].values] if "band" in stack.data.coords else []
    if {"red", "green", "blue"} <= set(names):
        red, green, blue = (names.index(name) for name in ("red", "green", "blue"))
        return (red, green, blue), gettext("true colour (red, green, blue)")
    if count >= 3:
        return (0, 1, 2), gettext("first three bands, not true colour")
    return (0, 0, 0), gettext("one band, in grey")


def stretched(stack: Stack, index: int, window: Window, stretch: Stretch) -> np.ndarray:
    """(y, x, 3) in 0..1, NaN where not clearly seen."""
    rows, cols = window.slices
    pixels = stack.values[index][list(stretch.bands), rows, cols].transpose(1, 2, 0)
    low, high = np.asarray(stretch.low), np.asarray(stretch.high)
    return np.asarray(np.clip((pixels - low) / (high - low), 0, 1) ** (1 / stretch.gamma))


def blank(window: Window) -> np.ndarray:
    """(y, x, 3) of one grey: the ground for outlines where a licence lets no pixel be shown."""
    return np.full((window.height, window.width, 3), _BLANK)


def coarsened(pixels: np.ndarray) -> np.ndarray:
    """The same at half the resolution: means of 2 x 2 pixels, NaN where none of them was clearly seen."""
    rows, columns, bands = pixels.shape
    even = np.pad(pixels, ((0, rows % 2), (0, columns % 2), (0, 0)), constant_values=np.nan)
    blocks = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2, bands)
    seen = np.isfinite(blocks)
    count = seen.sum(axis=(1, 3))
    means = np.where(seen, blocks, 0).sum(axis=(1, 3)) / np.where(count, count, np.nan)
    return np.asarray(means.repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns])


def paled(pixels: np.ndarray) -> np.ndarray:
    """The same in light grey: a ground on which dark lines stand out, on a screen and in print."""
    grey = pixels.mean(axis=2, keepdims=True)
    return np.repeat(_PALEST + (1 - _PALEST) * grey, 3, axis=2)


def enlargement(window: Window, width_px: int) -> int:
    """How many picture pixels each pixel of the grid becomes."""
    return max(1, math.ceil(width_px / window.width))


def picture_of(pixels: np.ndarray, times: int, method: str, widest_px: int) -> Picture:
    """Encode stretched pixels as JPEG ("bicubic") or PNG ("nearest"), unclear pixels hatched in grey."""
    unclear = ~np.isfinite(pixels).all(axis=2)
    image = Image.fromarray(np.uint8(np.round(255 * _filled(pixels, unclear))))
    size = _size(image.width, image.height, times, widest_px)
    image = image.resize(size, _resampling(image.width, size[0], method))
    mask = Image.fromarray(np.uint8(255 * unclear)).resize(size, Image.Resampling.NEAREST)
    image.paste(_hatching(*size), mask=mask)
    out = io.BytesIO()
    if method == "bicubic":
        image.save(out, "JPEG", quality=88, subsampling=0, optimize=True)
    else:
        image.save(out, "PNG", optimize=True)
    return Picture(data=out.getvalue(), suffix="jpg" if method == "bicubic" else "png", width=size[0], height=size[1])


def hatched(pixels: np.ndarray) -> Image.Image:
    """Stretched pixels as they are, unclear ones hatched in grey."""
    unclear = ~np.isfinite(pixels).all(axis=2)
    image = Image.fromarray(np.uint8(np.round(255 * _filled(pixels, unclear))))
    image.paste(_hatching(*image.size), mask=Image.fromarray(np.uint8(255 * unclear)))
    return image


def _size(width: int, height: int, times: int, widest_px: int) -> tuple[int, int]:
    """Whole pixels of the picture per pixel of the grid, unless that would be much wider than asked for."""
    if width * times <= 1.5 * widest_px:
        return width * times, height * times
    return widest_px, max(1, round(height * widest_px / width))


def _resampling(had: int, gets: int, method: str) -> Image.Resampling:
    if gets < had:
        return Image.Resampling.BOX
    return Image.Resampling.BICUBIC if method == "bicubic" and gets > had else Image.Resampling.NEAREST


def _filled(pixels: np.ndarray, unclear: np.ndarray) -> np.ndarray:
    """Neighbours' values under the hatching, only so that enlarging does not bleed black into clear pixels."""
    if not unclear.any():
        return pixels
    if unclear.all():
        return np.zeros_like(pixels)
    nearest = scipy.ndimage.distance_transform_edt(unclear, return_distances=False, return_indices=True)
    return np.asarray(pixels[nearest[0], nearest[1]])


def _hatching(width: int, height: int) -> Image.Image:
    """Diagonal stripes: an empty part of a picture must not look like ground, in colour or in print."""
    y, x = np.mgrid[:height, :width]
    grey = np.where((x + y) // 7 % 2 == 0, _HATCH_LIGHT, _HATCH_DARK).astype(np.uint8)
    return Image.fromarray(np.repeat(grey[..., None], 3, axis=2))
