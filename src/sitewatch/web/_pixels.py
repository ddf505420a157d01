"""Tiles and chips of single looks, drawn from the aligned pixels or as received: one stretch for all dates."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from PIL import Image

from sitewatch.geo import seen_median
from sitewatch.model import SENSORS, Stack
from sitewatch.report import ReportOptions
from sitewatch.web._received import Received

__all__ = ["TILE_PX", "Mode", "Pictures"]

Mode = Literal["true", "false", "change", "received"]
TILE_PX = 256
_CHIP_PX = 96
_HUFFMAN_ONLY = 2           # zlib's strategy: made for one reader on the same machine, speed counts and size does not
_STYLE = ReportOptions()
_STEPS = np.linspace(0, 1, 4096, dtype=np.float32)   # of brightness: finer than 8 bits show
_HATCH = (205, 160)         # what was not clearly seen must not look like ground
_SAMPLE_LOOKS, _SAMPLE_PX = 12, 500_000
_BEFORE = 5                 # looks that say what was there
_FULL = 12.0                # noises at which the strength of a change is drawn in full
_COLOURS = np.array([[255, 255, 255], [254, 217, 118], [240, 59, 32], [110, 0, 30]])
_RAMP = np.stack([np.interp(np.linspace(0, 3, 256), np.arange(4), part) for part in _COLOURS.T], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    bands: list[int]
    low: np.ndarray
    high: np.ndarray
    curve: np.ndarray


class Pictures:
    """Draws from one stack, stretched as the report stretches it.

    Level 0 shows the site in one tile; level ``levels - 1`` has a pixel of the grid per pixel.
    """

    def __init__(self, stack: Stack) -> None:
        self._values = stack.values
        self._noise = np.maximum(np.nanmedian(stack.data["noise"].values, axis=0), 1e-6) if "noise" in stack.data else \
            np.ones(self._values.shape[1])
        self.height, self.width = self._values.shape[2:]
        self.levels = 1 + max(0, math.ceil(math.log2(max(self.height, self.width) / TILE_PX)))
        scenes = {scene.id: scene for scene in stack.scenes.scenes}
        self._received = Received(stack.site, [scenes[fit.scene] for fit in stack.used])
        names = [str(name) for name in stack.data["band"].values] if "band" in stack.data.coords else []
        is_linear = any(SENSORS[s.sensor].is_reflectance for s in stack.scenes.scenes if s.sensor in SENSORS)
        self._curve = 255 * _STEPS ** (1 / _STYLE.reflectance_gamma if is_linear else 1.0)
        self._stretches = {mode: self._stretch(bands) for mode, bands in _bands(names).items()}

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What can be drawn: near infrared needs such a band."""
        return (*self._stretches, "change", "received")

    def tile(self, mode: Mode, look: int, z: int, x: int, y: int) -> bytes | None:
        """A PNG tile; None outside the site."""
        step = 2 ** (self.levels - 1 - z)
        rows = slice(y * TILE_PX * step, min((y + 1) * TILE_PX * step, self.height))
        columns = slice(x * TILE_PX * step, min((x + 1) * TILE_PX * step, self.width))
        if not 0 <= z < self.levels or x < 0 or y < 0 or rows.start >= self.height or columns.start >= self.width:
            return None
        drawn = self._drawn(mode, look, rows, columns, step)
        canvas = np.zeros((TILE_PX, TILE_PX, 4), np.uint8)
        canvas[:drawn.shape[0], :drawn.shape[1], :3] = drawn
        canvas[:drawn.shape[0], :drawn.shape[1], 3] = 255
        return _png(Image.fromarray(canvas))

    def picture(self, mode: Mode, look: int) -> bytes:
        """A PNG of the whole site."""
        return _png(Image.fromarray(self._drawn(mode, look, slice(0, self.height), slice(0, self.width), 1)))

    def strip(self, mode: Mode, bounds: tuple[float, float, float, float]) -> bytes:
        """One JPEG with a square chip of every look in a row, around bounds (left, top, right, bottom) in pixels."""
        left, top, right, bottom = bounds
        side = min(max(math.ceil(1.8 * max(right - left, bottom - top)), 16), self.width, self.height)
        x = min(max(round((left + right - side) / 2), 0), self.width - side)
        y = min(max(round((top + bottom - side) / 2), 0), self.height - side)
        step = max(1, side // (2 * _CHIP_PX))
        canvas = Image.new("RGB", (_CHIP_PX * len(self._values), _CHIP_PX))
        for look in range(len(self._values)):
            chip = Image.fromarray(self._drawn(mode, look, slice(y, y + side), slice(x, x + side), step))
            canvas.paste(chip.resize((_CHIP_PX, _CHIP_PX), Image.Resampling.BILINEAR), (look * _CHIP_PX, 0))
        out = io.BytesIO()
        canvas.save(out, "JPEG", quality=88)
        return out.getvalue()

    def _drawn(self, mode: Mode, look: int, rows: slice, columns: slice, step: int) -> np.ndarray:
        """(y, x, 3) uint8, hatched where nothing was clearly seen."""
        if mode == "change":
            strength = _coarser(self._strength(look, rows, columns)[None], step)[0]
            unclear = ~np.isfinite(strength)
            colour = _RAMP[(np.nan_to_num(np.clip(strength / _FULL, 0, 1)) * (len(_RAMP) - 1)).astype(np.uint8)]
        else:
            stretch = self._as_received if mode == "received" else self._stretches[mode]
            values = self._received.look(look) if mode == "received" else self._values[look]
            pixels = _coarser(values[stretch.bands, rows, columns], step).transpose(1, 2, 0)
            unclear = ~np.isfinite(pixels).all(axis=2)
            share = np.nan_to_num(np.clip((pixels - stretch.low) / (stretch.high - stretch.low), 0, 1))
            colour = stretch.curve[(share * (len(stretch.curve) - 1)).astype(np.uint16)]
        drawn: np.ndarray = np.round(colour).astype(np.uint8)
        if unclear.any():
            y, x = np.nonzero(unclear)
            drawn[y, x] = np.where((x + y) // 4 % 2 == 0, *_HATCH)[:, None]
        return drawn

    def _strength(self, look: int, rows: slice, columns: slice) -> np.ndarray:
        """(y, x) how many noises this look lies off the median of the looks before it, over all bands."""
        window = self._values[max(0, look - _BEFORE):look, :, rows, columns]
        if not len(window):
            return np.full(self._values[look, 0, rows, columns].shape, np.nan)
        away = (self._values[look][:, rows, columns] - seen_median(window)) / self._noise[:, None, None]
        return np.asarray(np.sqrt((away**2).mean(axis=0)))

    @cached_property
    def _as_received(self) -> _Stretch:
        """One for all files: the median of what each of some looks would ask for, as clouds are in them."""
        each = max(1, len(self._values) // _SAMPLE_LOOKS)
        asked = [_limits(self._received.look(look), axis=(1, 2)) for look in range(0, len(self._values), each)]
        low, high = np.nanmedian(asked, axis=0)
        return _Stretch(bands=[0, 1, 2], low=low, high=np.maximum(high, low + 1e-6), curve=self._curve)

    def _stretch(self, bands: list[int]) -> _Stretch:
        each = max(1, len(self._values) // _SAMPLE_LOOKS)
        step = max(1, math.isqrt(_SAMPLE_LOOKS * self.height * self.width // _SAMPLE_PX))
        low, high = _limits(self._values[::each, :, ::step, ::step][:, bands], axis=(0, 2, 3))
        return _Stretch(bands=bands, low=low, high=np.maximum(high, low + 1e-6), curve=self._curve)


def _limits(pixels: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    """What is drawn black and what white, band by band."""
    return np.asarray(np.nan_to_num(np.nanpercentile(pixels, (_STYLE.low_percentile, _STYLE.high_percentile), axis)))


def _bands(names: list[str]) -> dict[Mode, list[int]]:
    at = {name: i for i, name in enumerate(names)}
    if not {"red", "green", "blue"} <= set(at):
        return {"true": [0, 1, 2] if len(names) >= 3 else [0, 0, 0]}
    true = [at["red"], at["green"], at["blue"]]
    return {"true": true, "false": [at["nir"], at["red"], at["green"]]} if "nir" in at else {"true": true}


def _coarser(pixels: np.ndarray, step: int) -> np.ndarray:
    """(band, y, x) means of step by step pixels; NaN where one of them was not seen."""
    if step == 1:
        return pixels
    _, rows, columns = pixels.shape
    pixels = np.pad(pixels, ((0, 0), (0, -rows % step), (0, -columns % step)), mode="edge")
    blocks = pixels.reshape(len(pixels), pixels.shape[1] // step, step, -1, step)
    return np.asarray(blocks.mean(axis=(2, 4)))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, compress_type=_HUFFMAN_ONLY)
    return out.getvalue()
