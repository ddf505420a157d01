"""How a satellite sees the ground: sun and shadow, cloud and haze, blur, misplacement, noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from sitewatch.sources.simulated._canvas import FINE_PX, MARGIN_PX, Canvas, cloudy_noise
from sitewatch.sources.simulated._scenario import SIZE_M, Scenario

__all__ = ["Sky", "cast_shadows", "detector_counts", "mask_bands", "sky_at", "sun_at"]

_GSD_PX = 3                              # fine pixels of 1 m per delivered pixel
_OUT_PX = int(SIZE_M) // _GSD_PX
# The profile's point spread of 2.2 m holds the square detector (3 m wide: 0.87 m) and the optics.
_OPTICS_PX = math.sqrt(2.2**2 - 3.0**2 / 12)
# What is left of the light in shadow: blue sky light fills shadows, near infrared does not.
_SKY_LIGHT = np.array([0.42, 0.34, 0.29, 0.24], np.float32)[:, None, None]
_CLOUD = np.array([0.62, 0.63, 0.64, 0.66], np.float32)[:, None, None]
_HAZE = np.array([0.155, 0.140, 0.130, 0.120], np.float32)[:, None, None]
_SKY_CELL_M = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """One scene's air and geometry. (y, x) arrays are on the fine canvas, 0 to 1.

    ``shift_px`` = (right, down) of the content against the georeference, in delivered pixels.
    ``seen_from_col``: the swath begins at this delivered column; 0 means the whole site was in it.
    """

    cloud: np.ndarray
    shadow: np.ndarray
    haze: np.ndarray
    shift_px: tuple[float, float]
    gain: np.ndarray
    offset: np.ndarray
    seen_from_col: int


def sun_at(moment: datetime, scenario: Scenario) -> tuple[float, float]:
    """Azimuth and elevation of the sun in degrees, to about a degree (Cooper 1969 for the declination)."""
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + moment.timetuple().tm_yday) / 365)
    hours = moment.hour + moment.minute / 60 + scenario.longitude_deg / 15
    angle, latitude = math.radians(15 * (hours - 12)), math.radians(scenario.latitude_deg)
    height = math.asin(math.sin(latitude) * math.sin(declination)
                       + math.cos(latitude) * math.cos(declination) * math.cos(angle))
    azimuth = math.atan2(-math.cos(declination) * math.sin(angle),
                         math.sin(declination) * math.cos(latitude)
                         - math.cos(declination) * math.sin(latitude) * math.cos(angle))
    return math.degrees(azimuth) % 360, math.degrees(height)


def sky_at(draw: np.random.Generator, sun: tuple[float, float]) -> Sky:
    """Draw the air, the misplacement and the gains of one scene: half the looks are clear."""
    weather = draw.choice(["clear", "hazy", "scattered", "overcast"], p=[0.50, 0.17, 0.27, 0.06])
    cloud, shadow = _clouds(draw, str(weather), sun)
    thickness = {"clear": 0.03, "hazy": draw.uniform(0.2, 0.5), "scattered": 0.09, "overcast": 0.3}[str(weather)]
    uneven = 1 + 0.35 * cloudy_noise(draw, FINE_PX, 500, octaves=2)
    shift = draw.normal(0, 0.4, 2).clip(-1.2, 1.2)
    return Sky(cloud=cloud, shadow=shadow, haze=np.clip(thickness * uneven, 0, 0.9).astype(np.float32),
               shift_px=(float(shift[0]), float(shift[1])),
               gain=draw.normal(1, 0.035) * draw.normal(1, 0.012, 4), offset=draw.normal(0, 0.003, 4),
               seen_from_col=int(draw.integers(20, 80)) if draw.random() < 0.06 else 0)


def cast_shadows(canvas: Canvas, sun: tuple[float, float]) -> None:
    """Darken what lies behind something higher, as seen from the sun: short shadows in summer, long in winter."""
    azimuth, elevation = math.radians(sun[0]), math.radians(max(sun[1], 8.0))
    rise = math.tan(elevation)
    reach = math.ceil(float(canvas.height_m.max()) / rise)
    dark = np.zeros_like(canvas.height_m)
    for step in range(1, reach + 1):
        # Look from each pixel towards the sun: what stands there above the ray takes the light away.
        rows, cols = round(step * math.cos(azimuth)), round(-step * math.sin(azimuth))
        ahead = np.roll(canvas.height_m, (rows, cols), (0, 1))
        np.maximum(dark, np.clip(ahead - canvas.height_m - step * rise, 0, 1), out=dark)
    soft = cv2.GaussianBlur(dark, (0, 0), 0.6)
    canvas.reflectance[:] *= 1 - soft * (1 - _SKY_LIGHT)


def detector_counts(canvas: Canvas, sky: Sky, draw: np.random.Generator) -> np.ndarray:
    """(4, y, x) uint16 as delivered: reflectance times 10 000, 0 where the swath does not reach."""
    light = canvas.reflectance * (1 - sky.shadow * (1 - _SKY_LIGHT) * 0.85)
    light += sky.haze * (_HAZE + 0.55 * (cv2.blur(light.mean(axis=0), (61, 61)) - light))
    light += sky.cloud * (_CLOUD * (0.72 + 0.28 * sky.cloud) - light)
    seen = np.stack([_through_optics(band, sky.shift_px) for band in light])
    seen = seen * sky.gain[:, None, None] + sky.offset[:, None, None]
    seen += draw.normal(0, 0.0022 + 0.008 * np.abs(seen))
    counts = np.clip(np.rint(seen * 1e4), 1, 15000).astype(np.uint16)
    counts[:, :, :sky.seen_from_col] = 0
    return np.asarray(counts)


def mask_bands(sky: Sky, draw: np.random.Generator) -> np.ndarray:
    """(8, y, x) uint8 usable data mask as a provider gives it: thin cloud and half of the shadows are missed.

    Bands: clear, snow, shadow, light haze, heavy haze, cloud, confidence in percent, unusable.
    """
    cloud, shadow, haze = (_through_optics(field, sky.shift_px) for field in (sky.cloud, sky.shadow, sky.haze))
    wobble = 0.12 * cloudy_noise(draw, _OUT_PX, 20, octaves=3)
    is_cloud = cv2.dilate((cloud + wobble > 0.42).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    is_shadow = ~is_cloud & (shadow + 2 * wobble > 0.62)
    is_heavy = ~is_cloud & ~is_shadow & (haze + wobble > 0.55)
    is_light = ~is_cloud & ~is_shadow & ~is_heavy & (haze + wobble > 0.35)
    outside = np.zeros_like(is_cloud)
    outside[:, :sky.seen_from_col] = True
    clear = ~(is_cloud | is_shadow | is_heavy | is_light | outside)
    bands = np.stack([clear, np.zeros_like(clear), is_shadow, is_light, is_heavy, is_cloud,
                      np.clip(80 + 60 * wobble, 0, 100), outside]).astype(np.uint8)
    bands[:7, outside] = 0
    return np.asarray(bands)


def _clouds(draw: np.random.Generator, weather: str, sun: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) cover and (y, x) shadow on the fine canvas; a cloud's shadow lies away from the sun."""
    if weather in ("clear", "hazy"):
        none = np.zeros((FINE_PX, FINE_PX), np.float32)
        return none, none
    base_m = draw.uniform(250, 700)
    away = base_m / math.tan(math.radians(max(sun[1], 20.0)))
    cells = FINE_PX // _SKY_CELL_M + 2
    reach = math.ceil(away / _SKY_CELL_M) + 1
    field = cloudy_noise(draw, cells + 2 * reach, draw.uniform(45, 80), octaves=6)
    bare = draw.uniform(0.35, 1.1) if weather == "scattered" else draw.uniform(-1.4, -0.8)
    cover = np.clip((field - bare) * 1.15, 0, 1) ** 1.3

    def over_site(col: float, row: float) -> np.ndarray:
        part = cover[round(row):round(row) + cells, round(col):round(col) + cells]
        fine = cv2.resize(part, (cells * _SKY_CELL_M, cells * _SKY_CELL_M), interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(fine[:FINE_PX, :FINE_PX], 0, 1))

    azimuth = math.radians(sun[0])
    towards = (away / _SKY_CELL_M * math.sin(azimuth), -away / _SKY_CELL_M * math.cos(azimuth))
    return over_site(reach, reach), over_site(reach + towards[0], reach + towards[1])


def _through_optics(field: np.ndarray, shift_px: tuple[float, float]) -> np.ndarray:
    """Blur, misplace and sample one (y, x) fine field to delivered pixels."""
    blurred = cv2.GaussianBlur(field, (0, 0), _OPTICS_PX)
    moved = np.array([[1, 0, shift_px[0] * _GSD_PX - MARGIN_PX], [0, 1, shift_px[1] * _GSD_PX - MARGIN_PX]])
    laid = cv2.warpAffine(blurred, moved, (int(SIZE_M), int(SIZE_M)), flags=cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(laid, (_OUT_PX, _OUT_PX), interpolation=cv2.INTER_AREA))
