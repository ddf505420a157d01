"""Two large made-up pictures of one place, of which the second lies off by a shift that is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

__all__ = ["KnownShift", "pair_of", "shifted"]

_MARGIN_PX = 48         # cut off, so that what the shift carries over the edge is not seen
_BLUR_PX = 0.75         # point spread of a sharp sensor
_LEVEL, _SPREAD = 1500.0, 260.0     # counts of the ground, as of a 12-bit sensor
_PER_BUILDING_PX = 12_000           # of ground
_ROAD_PX = 260.0                    # between roads
_BANDS = (0.8, 1.0, 1.15, 1.9)      # brightness of the ground in each band, of its mean


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShift:
    """How the second picture differs: its content lies ``shift_px`` (right, down) off, its ``gain``, the ``noise`` of
    both in counts, and how many ``new`` buildings it has."""

    side_px: int = 4000
    shift_px: tuple[float, float] = (1.374, -0.617)  # no multiple of a step that a matcher may take
    gain: float = 1.07
    noise: float = 25.0
    new: int = 60
    seed: int = 0


def pair_of(told: KnownShift) -> tuple[np.ndarray, np.ndarray]:
    """Reference and view, each (band, y, x) uint16."""
    draw = np.random.default_rng(told.seed)
    side = told.side_px + 2 * _MARGIN_PX
    ground = _clouds_of_tone(draw, side)
    roofs = _roads(draw, side)
    _build(draw, roofs, side * side // _PER_BUILDING_PX)
    later = roofs.copy()
    _build(draw, later, told.new)
    pictures = []
    for built, gain, shift in ((roofs, 1.0, (0.0, 0.0)), (later, told.gain, told.shift_px)):
        scene = cv2.GaussianBlur(np.where(built > 0, built, _LEVEL + _SPREAD * ground), (0, 0), _BLUR_PX)
        moved = shifted(scene, shift)[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX] * np.float32(gain)
        pictures.append(_delivered(draw, moved, told.noise))
    return pictures[0], pictures[1]


def shifted(picture: np.ndarray, shift_px: tuple[float, float]) -> np.ndarray:
    """A periodic (y, x) picture with its content moved right and down, exactly: by a phase for each wave."""
    if shift_px == (0.0, 0.0):
        return picture
    waves = fft.rfft2(picture, workers=-1)
    down = np.exp(-2j * np.pi * fft.fftfreq(picture.shape[0]) * shift_px[1]).astype(np.complex64)
    right = np.exp(-2j * np.pi * fft.rfftfreq(picture.shape[1]) * shift_px[0]).astype(np.complex64)
    waves *= down[:, None]
    waves *= right[None]
    return np.asarray(fft.irfft2(waves, picture.shape, workers=-1), np.float32)


def _clouds_of_tone(draw: np.random.Generator, side: int) -> np.ndarray:
    """(y, x) of spread 1: tones of every size, as fields and soil have them (amplitude falls with frequency)."""
    waves = fft.rfft2(draw.standard_normal((side, side), np.float32), workers=-1)
    frequency = np.hypot(fft.fftfreq(side)[:, None], fft.rfftfreq(side)[None]).astype(np.float32)
    waves /= np.maximum(frequency, np.float32(1 / 400)) ** np.float32(1.2)
    waves[0, 0] = 0
    tones = np.asarray(fft.irfft2(waves, (side, side), workers=-1), np.float32)
    return tones / tones.std()


def _roads(draw: np.random.Generator, side: int) -> np.ndarray:
    """(y, x) counts of what is built, 0 where nothing is; straight roads to begin with."""
    built = np.zeros((side, side), np.float32)
    for _ in range(round(2 * side / _ROAD_PX)):
        start, end = draw.uniform(0, side, 2), draw.uniform(0, side, 2)
        across = (0, int(start[0])), (side, int(end[0]))
        ends = across if draw.random() < 0.5 else tuple((y, x) for x, y in across)
        cv2.line(built, *ends, float(draw.uniform(900, 2400)), int(draw.integers(2, 5)), cv2.LINE_AA)
    return built


def _build(draw: np.random.Generator, built: np.ndarray, count: int) -> None:
    """Paint roofs, each in one tone."""
    side = len(built)
    for _ in range(count):
        size = draw.uniform(4, 30) * np.array([1.0, draw.uniform(0.4, 1.0)])
        rectangle = tuple(draw.uniform(0, side, 2)), tuple(size), float(draw.uniform(0, 180))
        cv2.fillConvexPoly(built, np.rint(16 * cv2.boxPoints(rectangle)).astype(np.int32),
                           float(draw.uniform(700, 4500)), cv2.LINE_AA, 4)


def _delivered(draw: np.random.Generator, scene: np.ndarray, noise: float) -> np.ndarray:
    counts = np.empty((len(_BANDS), *scene.shape), np.uint16)
    for band, share in zip(counts, _BANDS, strict=True):
        noisy = scene * np.float32(share) + np.float32(noise) * draw.standard_normal(scene.shape, np.float32)
        np.copyto(band, np.clip(np.rint(noisy), 0, 65535), casting="unsafe")
    return counts
