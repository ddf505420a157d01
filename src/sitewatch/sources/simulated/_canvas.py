"""Painting rectangles of ground cover on a fine canvas, in reflectance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.sources.simulated._scenario import SIZE_M, Rect

__all__ = ["FINE_PX", "MARGIN_PX", "SURFACES", "Canvas", "cloudy_noise"]

MARGIN_PX = 24                            # fine pixels of 1 m beyond the site, so that shifted views have an edge
FINE_PX = int(SIZE_M) + 2 * MARGIN_PX

# Typical surface reflectance in blue, green, red, near infrared.
SURFACES: dict[str, np.ndarray] = {
    name: np.array(values, np.float32) for name, values in {
        "dry soil": (0.082, 0.122, 0.172, 0.260),
        "ploughed": (0.058, 0.082, 0.112, 0.172),
        "stubble": (0.094, 0.148, 0.200, 0.315),
        "crop": (0.026, 0.062, 0.030, 0.440),
        "grass": (0.044, 0.082, 0.066, 0.300),
        "dry grass": (0.072, 0.112, 0.132, 0.255),
        "tree": (0.020, 0.040, 0.026, 0.270),
        "bare tree": (0.040, 0.058, 0.066, 0.160),
        "asphalt": (0.072, 0.080, 0.086, 0.105),
        "gravel": (0.150, 0.186, 0.218, 0.275),
        "packed earth": (0.118, 0.158, 0.200, 0.280),
        "fresh earth": (0.130, 0.182, 0.245, 0.345),
        "concrete": (0.225, 0.252, 0.272, 0.310),
        "rubble": (0.170, 0.195, 0.220, 0.265),
        "straw": (0.175, 0.255, 0.330, 0.430),
        "water": (0.046, 0.056, 0.040, 0.018),
        "white roof": (0.365, 0.378, 0.380, 0.410),
        "pale roof": (0.245, 0.268, 0.280, 0.310),
        "grey roof": (0.168, 0.180, 0.188, 0.215),
        "rust roof": (0.088, 0.115, 0.175, 0.235),
        "tile roof": (0.066, 0.098, 0.168, 0.262),
        "dark roof": (0.062, 0.068, 0.076, 0.098),
        "lorry": (0.420, 0.430, 0.430, 0.440),
    }.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """Fine pixels of 1 m being painted: (band, y, x) reflectance, (y, x) height in metres, (y, x) mottling."""

    reflectance: np.ndarray
    height_m: np.ndarray
    mottle: np.ndarray

    def paint(self, rect: Rect, surface: str, *, share: float = 1.0, rough: float = 0.06,
              height_m: float = 0.0) -> None:
        """Cover the rectangle, or ``share`` of its length from one end, with a surface of that height."""
        window, covered = _coverage(rect, share)
        if covered.size == 0:
            return
        tone = 1 + rough * self.mottle[window]
        wanted = SURFACES[surface][:, None, None] * tone
        ground = self.reflectance[:, *window]
        ground += covered * (wanted - ground)
        self.height_m[window] += covered * (height_m - self.height_m[window])

    def shade_gable(self, rect: Rect, sun_azimuth_deg: float, contrast: float = 0.07) -> None:
        """Lighten the side of a ridged roof that faces the sun, darken the other."""
        window, covered = _coverage(rect, 1.0)
        if covered.size == 0:
            return
        _, across = _along_across(rect, window)
        faces_deg = rect.turn_deg + 180  # compass direction of the side with growing "across": right of east
        lit = math.cos(math.radians(sun_azimuth_deg - faces_deg)) * np.sign(across)
        self.reflectance[:, *window] *= 1 + contrast * lit * covered


def cloudy_noise(draw: np.random.Generator, size_px: int, broadest_px: float, octaves: int = 5) -> np.ndarray:
    """(y, x) float32 noise of mean 0 and spread 1 with patches from ``broadest_px`` down by halves."""
    total = np.zeros((size_px, size_px), np.float32)
    for octave in range(octaves):
        cells = max(2, math.ceil(size_px / broadest_px * 2**octave)) + 3
        patch = draw.standard_normal((min(cells, size_px), min(cells, size_px)), np.float32)
        total += cv2.resize(patch, (size_px, size_px), interpolation=cv2.INTER_CUBIC) * 0.55**octave
    return np.asarray((total - total.mean()) / total.std())


def _coverage(rect: Rect, share: float) -> tuple[tuple[slice, slice], np.ndarray]:
    """The window that the rectangle touches and the share of each of its pixels that lies within."""
    reach = math.hypot(rect.length, rect.width) / 2 + 1
    rows, cols = (slice(max(0, math.floor(centre + MARGIN_PX - reach)),
                        max(0, min(FINE_PX, math.ceil(centre + MARGIN_PX + reach))))
                  for centre in (rect.y, rect.x))
    along, across = _along_across(rect, (rows, cols))
    end = rect.length * (share - 0.5)
    inside = np.clip(along + rect.length / 2 + 0.5, 0, 1) * np.clip(end - along + 0.5, 0, 1)
    return (rows, cols), (inside * np.clip(rect.width / 2 - np.abs(across) + 0.5, 0, 1)).astype(np.float32)


def _along_across(rect: Rect, window: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Metres along and across the rectangle from its centre, at the centres of the window's pixels."""
    turn = math.radians(rect.turn_deg)
    y = np.arange(window[0].start, window[0].stop)[:, None] + 0.5 - MARGIN_PX - rect.y
    x = np.arange(window[1].start, window[1].stop)[None] + 0.5 - MARGIN_PX - rect.x
    return x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
