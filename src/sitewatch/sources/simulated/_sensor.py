"""From light to a delivered file's numbers: point spread, misplacement, noise, storage, and an imperfect mask."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.model import SENSORS
from sitewatch.sources.simulated._air import Air
from sitewatch.sources.simulated._cameras import Camera
from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._looks import Look
from sitewatch.sources.simulated._plan import Frame, cloudy_noise

__all__ = ["Placing", "delivered", "mask_of", "placing_of", "sampled"]

_KNOTS = 5              # to a side, between which a scene's smooth warp is interpolated
_EDGE_OF_SWATH = 0.05   # chance that the swath ends within the site
_MISSED = 0.42          # cloud thinner than that is not in the provider's mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a scene's content lies. ``right``, ``down`` (y, x) float32: its misplacement against the georeference in
    delivered pixels; ``band_px`` (band, 2) of each band on top; the swath begins at column ``seen_from``."""

    right: np.ndarray
    down: np.ndarray
    band_px: np.ndarray
    seen_from: int


def placing_of(look: Look, size_px: tuple[int, int]) -> Placing:
    """Draw the misplacement of a look: a shift, a linear stretch and turn, a smooth warp."""
    camera, draw = look.camera, look.draw(4)
    height, width = size_px
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    parts = []
    for _ in range(2):
        shift = np.clip(draw.normal(0, camera.shift_px), -3 * camera.shift_px, 3 * camera.shift_px)
        linear = draw.normal(0, camera.stretch_px, 2)
        knots = draw.normal(0, camera.warp_px, (_KNOTS, _KNOTS)).astype(np.float32)
        warp = cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC)
        parts.append((shift + linear[0] * x + linear[1] * y + warp).astype(np.float32))
    bands = draw.normal(0, camera.band_px, (len(SENSORS[camera.sensor].bands), 2))
    cut = not look.tasked and draw.random() < _EDGE_OF_SWATH
    return Placing(right=parts[0], down=parts[1], band_px=bands,
                   seen_from=int(width * draw.uniform(0.1, 0.4)) if cut else 0)


def sampled(field: np.ndarray, frame: Frame, camera: Camera, placing: Placing, band: int | None = None) -> np.ndarray:
    """(y, x) float32: one fine field through the point spread, at the centres of the delivered pixels."""
    sensor = SENSORS[camera.sensor]
    gsd_m, blur_m = sensor.gsd_m or 3.0, sensor.blur_m or 2.2
    step, margin = gsd_m / frame.pixel_m, frame.margin_m / frame.pixel_m - 0.5
    # A fine pixel is the mean over its own square already: that much of the blur is there.
    spread = np.sqrt(max((blur_m / frame.pixel_m) ** 2 - 1 / 12, 0.01))
    blurred = cv2.GaussianBlur(field, (0, 0), spread)
    right, down = placing.band_px[band] if band is not None else (0.0, 0.0)
    height, width = placing.right.shape
    columns = (np.arange(width, dtype=np.float32)[None] + np.float32(0.5 - right) - placing.right) * step + margin
    rows = (np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5 - down) - placing.down) * step + margin
    return np.asarray(cv2.remap(blurred, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))


def delivered(canvas: Canvas, look: Look, placing: Placing) -> np.ndarray:
    """(band, y, x) as the provider delivers it: uint16 counts, or uint8 to look at; 0 beyond the swath."""
    camera, draw = look.camera, look.draw(5)
    sensor = SENSORS[camera.sensor]
    counts = np.empty((len(sensor.bands), *placing.right.shape), np.uint16)
    gain = draw.normal(1, camera.gain) * draw.normal(1, 0.012, len(counts))
    offset = draw.normal(0, 0.003, len(counts))
    columns = draw.normal(1, camera.stripes, (len(counts), 1, counts.shape[2])).astype(np.float32)
    floor, share = (np.float32(part) for part in camera.noise)
    for band, light in enumerate(canvas.reflectance):
        seen = sampled(light, canvas.frame, camera, placing, band) * np.float32(gain[band]) + np.float32(offset[band])
        seen *= columns[band]
        seen += draw.standard_normal(seen.shape, np.float32) * (floor + share * np.abs(seen))
        if look.bits == 12:
            seen = np.rint(seen * 3000) / 3000      # 4096 steps up to a reflectance of 1.36
        counts[band] = np.clip(np.rint(seen / sensor.scale - sensor.offset), 1, 65535)
    counts[:, :, :placing.seen_from] = 0
    return _for_display(counts, look) if look.bits == 8 else counts


def mask_of(look: Look, air: Air, frame: Frame, placing: Placing, snow: np.ndarray) -> np.ndarray:
    """(band, y, x) the provider's mask: thin cloud and half of the shadows are missed, edges are a pixel off.

    UDM2: clear, snow, shadow, light haze, heavy haze, cloud, confidence in percent, unusable. Sentinel-2: the scene
    classification. Landsat: the bits of QA_PIXEL. ``snow`` (y, x) is true where it lies.
    """
    draw = look.draw(6)
    cloud, shadow, haze = (sampled(field, frame, look.camera, placing) for field in (air.cloud, air.shadow, air.haze))
    wobble = 0.12 * cloudy_noise(draw, placing.right.shape, 20, octaves=3)
    is_cloud = cv2.dilate((cloud + wobble > _MISSED).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    is_shadow = ~is_cloud & (shadow + 2 * wobble > 0.62)
    is_thin = ~is_cloud & (cloud + wobble > 0.15)
    outside = np.zeros_like(is_cloud)
    outside[:, :placing.seen_from] = True
    if look.camera.mask == "scl":
        codes = np.select([outside, is_cloud, is_thin, is_shadow, snow], [0, 9, 8, 3, 11], 5)
        return np.asarray(codes[None], np.uint8)
    if look.camera.mask == "qa_pixel":
        bits = (is_cloud * 0b1010 + is_shadow * 0b1_0000 + snow * 0b10_0000 + outside * 1)
        clear = ~(is_cloud | is_shadow | snow | outside)
        return np.asarray((bits + clear * 0b100_0000)[None], np.uint16)
    is_heavy = ~is_cloud & ~is_shadow & (haze + wobble > 0.55)
    is_light = ~is_cloud & ~is_shadow & ~is_heavy & (haze + wobble > 0.35)
    is_snow = snow & ~is_cloud & ~is_shadow
    clear = ~(is_cloud | is_shadow | is_heavy | is_light | is_snow | outside)
    bands = np.stack([clear, is_snow, is_shadow, is_light, is_heavy, is_cloud, np.clip(80 + 60 * wobble, 0, 100),
                      outside]).astype(np.uint8)
    bands[:7, outside] = 0
    return np.asarray(bands)


def _for_display(counts: np.ndarray, look: Look) -> np.ndarray:
    """(3, y, x) uint8: red, green and blue with a tone curve, 0 only where nothing was seen."""
    sensor = SENSORS[look.camera.sensor]
    bands = [sensor.bands.index(name) for name in ("red", "green", "blue")]
    seen = (counts[bands].astype(np.float32) + np.float32(sensor.offset)) * np.float32(sensor.scale)
    grey = np.clip(np.rint(255 * np.clip(seen / 0.42, 0, 1) ** 0.8), 1, 255).astype(np.uint8)
    grey[counts[bands] == 0] = 0
    return np.asarray(grey)
