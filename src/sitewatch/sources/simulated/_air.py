"""Air between ground and camera: haze with its stray light, clouds and the shadows that they throw."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._light import Light
from sitewatch.sources.simulated._plan import Frame, cloudy_noise
from sitewatch.sources.simulated._surfaces import blend, wavelengths_nm

__all__ = ["Air", "air_of", "veil"]

_CLOUD, _STRAY = 0.64, 0.55
_HAZE_NM, _HAZE = (443, 490, 560, 665, 865), (0.165, 0.155, 0.140, 0.130, 0.120)
_CELL_M = 6.0       # clouds have no finer detail than that
_STRAY_M = 60.0     # light that haze scatters comes from as far around as that (adjacency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """One look's air: (y, x) float32 on the frame, 0 to 1. ``cloud`` cover, its ``shadow``, ``haze``."""

    cloud: np.ndarray
    shadow: np.ndarray
    haze: np.ndarray


def air_of(frame: Frame, cloud: float, haze: float, sun: tuple[float, float], draw: np.random.Generator) -> Air:
    """Draw the air of a look whose sky is covered to that share and whose haze has that median."""
    cover, shadow = _clouds(frame, cloud, sun, draw)
    thickness = min(haze * math.exp(draw.normal(0, 0.9)), 0.6) + 0.1 * cloud
    uneven = 1 + 0.35 * _coarse(frame, 500.0, 2, draw)
    return Air(cloud=cover, shadow=shadow, haze=np.clip(thickness * uneven, 0, 0.9).astype(np.float32))


def veil(canvas: Canvas, air: Air, light: Light) -> None:
    """Take the light away under clouds, add haze and the stray light of the neighbourhood, lay clouds over all."""
    hazy = np.interp(wavelengths_nm(canvas.bands), _HAZE_NM, _HAZE).astype(np.float32)
    has_cloud = bool(air.cloud.any())
    for band, seen in enumerate(canvas.reflectance):
        if has_cloud:
            blend(seen, air.shadow * np.float32(0.85 * (1 - light.sky[band])), 0.0)
        seen[:] += air.haze * (hazy[band] + _STRAY * (_around(seen, canvas.frame.pixel_m) - seen))
        if has_cloud:
            blend(seen, air.cloud, np.float32(_CLOUD) * (0.72 + 0.28 * air.cloud))


def _around(seen: np.ndarray, pixel_m: float) -> np.ndarray:
    """(y, x) mean of the neighbourhood: on a coarse copy, since it has no detail."""
    step = max(1, round(12 / pixel_m))
    small = cv2.resize(seen, (max(2, seen.shape[1] // step), max(2, seen.shape[0] // step)),
                       interpolation=cv2.INTER_AREA)
    side = max(3, round(_STRAY_M / (step * pixel_m)) | 1)
    return np.asarray(cv2.resize(cv2.blur(small, (side, side)), seen.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _coarse(frame: Frame, broadest_m: float, octaves: int, draw: np.random.Generator) -> np.ndarray:
    cells = tuple(max(2, math.ceil(side * frame.pixel_m / _CELL_M)) for side in frame.size_px)
    field = cloudy_noise(draw, (cells[0], cells[1]), broadest_m / _CELL_M, octaves)
    return np.asarray(cv2.resize(field, frame.size_px[::-1], interpolation=cv2.INTER_LINEAR))


def _clouds(frame: Frame, share: float, sun: tuple[float, float],
            draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) cover and (y, x) shadow; a cloud's shadow lies away from the sun by its height over tan(elevation)."""
    if share <= 0:
        none = np.zeros(frame.size_px, np.float32)
        return none, none
    away_m = draw.uniform(250, 900) / math.tan(math.radians(max(sun[1], 20.0)))
    reach = math.ceil(away_m / _CELL_M) + 1
    rows, cols = (math.ceil(side * frame.pixel_m / _CELL_M) + 2 for side in frame.size_px)
    field = cloudy_noise(draw, (rows + 2 * reach, cols + 2 * reach), draw.uniform(45, 90), octaves=6)
    bare = np.quantile(field, 1 - min(share, 0.999)) - 0.2
    cover = np.clip((field - bare) * 1.15, 0, 1) ** 1.3

    def over_site(row: float, col: float) -> np.ndarray:
        part = cover[round(row):round(row) + rows, round(col):round(col) + cols]
        size = round(cols * _CELL_M / frame.pixel_m), round(rows * _CELL_M / frame.pixel_m)
        fine = cv2.resize(part, size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(fine[:frame.size_px[0], :frame.size_px[1]], 0, 1), np.float32)

    towards = math.sin(math.radians(sun[0])), -math.cos(math.radians(sun[0]))
    return over_site(reach, reach), over_site(reach + away_m / _CELL_M * towards[1],
                                              reach + away_m / _CELL_M * towards[0])
