"""Sun and shadow: what stands in the light, what it hides from whom, and how its sides and roofs catch the sun."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._looks import Look
from sitewatch.sources.simulated._plan import Rect
from sitewatch.sources.simulated._surfaces import spectrum, wavelengths_nm
from sitewatch.sources.simulated._things import Layer

__all__ = ["Light", "light_of", "raise_layers", "shade_ground", "shadow_tops"]

# What is left of the light in shadow: the blue sky fills shadows, near infrared hardly reaches them.
_SKY_NM, _SKY = (443, 490, 560, 665, 865), (0.46, 0.42, 0.34, 0.29, 0.24)
_HALF_PX = 0.5         # a wall stands at the edge of its last pixel, not at the middle
_SIDE_SKY = 0.5        # a wall sees half of the sky
_GLINT = 0.015         # chance that a smooth roof mirrors the sun into the camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of one look. ``tops`` (y, x): up to which height in metres each place lies in shadow;
    ``land_m`` (y, x): the lie of the land; ``sky`` (band): what is left of the light in shadow."""

    sun: tuple[float, float]
    view: tuple[float, float]
    sky: np.ndarray
    tops: np.ndarray
    land_m: np.ndarray
    snow: float
    glint: np.random.Generator

    def lit(self, up: tuple[float, float, float]) -> float:
        """Direct light on a face with that upward normal (right, down, up), against that on level ground."""
        azimuth, elevation = (math.radians(angle) for angle in self.sun)
        towards = math.sin(azimuth) / math.tan(elevation), -math.cos(azimuth) / math.tan(elevation), 1.0
        norm = math.sqrt(sum(side * side for side in up))
        return max(0.0, sum(a * b for a, b in zip(up, towards, strict=True)) / norm)

    def on(self, direct: float | np.ndarray, sky: float = 1.0) -> np.ndarray:
        """(band, …) light: ``direct`` sun, 1 on level ground, and that share of the sky."""
        shape = (-1,) + (1,) * np.ndim(direct)
        skylight = self.sky.reshape(shape)
        return np.asarray(skylight * sky + (1 - skylight) * direct, np.float32)

    def dark(self, height_m: np.ndarray | float, window: tuple[slice, slice], soft_m: float) -> np.ndarray:
        """(y, x) share of the sun that things taller than that height take away."""
        return np.asarray(np.clip((self.tops[window] - self.land_m[window] - height_m) / soft_m, 0, 1), np.float32)


def light_of(canvas: Canvas, land_m: np.ndarray, look: Look, snow: float) -> Light:
    """The light of a look in which everything on the canvas stands."""
    sky = np.interp(wavelengths_nm(canvas.bands), _SKY_NM, _SKY).astype(np.float32)
    tops = shadow_tops(land_m + canvas.height_m, look.sun, canvas.frame.pixel_m)
    return Light(sun=look.sun, view=look.view, sky=sky, tops=tops, land_m=land_m, snow=snow, glint=look.draw(7))


def shadow_tops(height_m: np.ndarray, sun: tuple[float, float], pixel_m: float) -> np.ndarray:
    """(y, x) metres up to which shadow reaches over each place; the surface's own height where the sun shines on it.

    Turned so that the sun stands at the left, a shadow's top falls by tan(elevation) per metre to the right: a running
    maximum of height + way * tan(elevation), in one pass over each row, however long the shadow.
    """
    if float(np.ptp(height_m)) < 0.05:
        return height_m
    rise = math.tan(math.radians(sun[1])) * pixel_m
    turn, side = _sun_to_the_left(sun[0], height_m.shape)
    turned = cv2.warpAffine(height_m, turn, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    way = np.arange(side, dtype=np.float32) * np.float32(rise)
    swept = np.maximum.accumulate(turned + way, axis=1)[:, :-1] - way[1:] + np.float32(_HALF_PX * rise)
    np.maximum(turned[:, 1:], swept, out=turned[:, 1:])
    return np.asarray(cv2.warpAffine(turned, turn, height_m.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def shade_ground(canvas: Canvas, light: Light, layers: list[Layer]) -> None:
    """Lighten the slopes that face the sun and darken what lies in shadow, on the ground and under what floats."""
    pixel_m = canvas.frame.pixel_m
    soft_m = math.tan(math.radians(light.sun[1])) * pixel_m
    everywhere = (slice(None), slice(None))
    direct = 1 - light.dark(0.0, everywhere, soft_m)
    for layer in layers:
        if layer.floats:
            window, covered = canvas.frame.coverage(layer.rect.moved(*_away(light.sun, layer.height_m)))
            direct[window] *= 1 - covered
    if float(np.ptp(light.land_m)) > 0:
        direct *= _slopes(light, pixel_m)
    np.multiply(canvas.reflectance, light.on(direct), out=canvas.reflectance)


def raise_layers(canvas: Canvas, light: Light, layers: list[Layer]) -> None:
    """Draw what stands, low before high, leaning away from the camera as an orthorectified image shows it.

    An image laid on a terrain model without buildings displaces a roof by height * tan(off-nadir), and shows the wall
    between its foot and its eaves.
    """
    for layer in sorted((layer for layer in layers if layer.height_m > 0), key=lambda layer: layer.height_m):
        azimuth, off_nadir = light.view
        lean = _away((azimuth, 90 - off_nadir), layer.height_m)
        if not layer.floats:
            _draw_walls(canvas, light, layer, lean)
        _draw_roof(canvas, light, layer, lean)


def _draw_walls(canvas: Canvas, light: Light, layer: Layer, lean: tuple[float, float]) -> None:
    azimuth, elevation = light.sun
    facing = math.cos(math.radians(azimuth - light.view[0])) / math.tan(math.radians(elevation))
    colour = spectrum("wall", canvas.bands) * light.on(max(0.0, facing), _SIDE_SKY)
    for part in range(math.ceil(math.hypot(*lean) / canvas.frame.pixel_m)):
        share = part * canvas.frame.pixel_m / math.hypot(*lean)
        canvas.paint(layer.rect.moved(lean[0] * share, lean[1] * share), colour)


def _draw_roof(canvas: Canvas, light: Light, layer: Layer, lean: tuple[float, float]) -> None:
    colour = spectrum(layer.surface, canvas.bands)
    colour = colour + light.snow * (spectrum("snow", canvas.bands) - colour)
    if layer.rough <= 0.02 and light.glint.random() < _GLINT:  # smooth roofs only
        colour = np.minimum(colour * light.glint.uniform(1.5, 3.5), 1.2).astype(np.float32)
    soft_m = math.tan(math.radians(light.sun[1])) * canvas.frame.pixel_m
    for face, normal in _faces(layer):
        window, covered = canvas.frame.coverage(face.moved(*lean))
        if covered.size:
            ridge_m = layer.height_m + layer.pitch * layer.rect.width / 2
            dark = light.dark(ridge_m, window, soft_m)
            canvas.cover(window, covered, colour[:, None, None] * light.on((1 - dark) * light.lit(normal)), layer.rough)


def _faces(layer: Layer) -> list[tuple[Rect, tuple[float, float, float]]]:
    """The faces of a roof and the normals (right, down, up) on which they rise."""
    if layer.pitch == 0:
        return [(layer.rect, (0.0, 0.0, 1.0))]
    turn, quarter = math.radians(layer.rect.turn_deg), layer.rect.width / 4
    across = -math.sin(turn) * layer.pitch, math.cos(turn) * layer.pitch
    return [(layer.rect.strip(side * quarter, 2 * quarter), (side * across[0], side * across[1], 1.0))
            for side in (-1, 1)]


def _slopes(light: Light, pixel_m: float) -> np.ndarray:
    """(y, x) direct light on the lie of the land against level ground (Lambert)."""
    azimuth, elevation = (math.radians(angle) for angle in light.sun)
    down, right = np.gradient(light.land_m, pixel_m)
    towards = math.sin(azimuth) / math.tan(elevation), -math.cos(azimuth) / math.tan(elevation)
    cosine = (1 - right * towards[0] - down * towards[1]) / np.sqrt(1 + right * right + down * down)
    return np.asarray(np.clip(cosine, 0, 2.5), np.float32)


def _away(direction: tuple[float, float], height_m: float) -> tuple[float, float]:
    """How far right and down the point below a height lies from where a ray from (azimuth, elevation) meets ground."""
    azimuth, elevation = (math.radians(angle) for angle in direction)
    way = height_m / math.tan(elevation)
    return -way * math.sin(azimuth), way * math.cos(azimuth)


def _sun_to_the_left(azimuth_deg: float, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """The turn (2 x 3, as OpenCV has it) that brings the sun to the left, and the side that holds the result."""
    right, down = math.sin(math.radians(azimuth_deg)), -math.cos(math.radians(azimuth_deg))
    side = math.ceil(math.hypot(*shape)) + 2
    turn = np.array([[-right, -down], [down, -right]])
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    return np.column_stack([turn, (side - 1) / 2 - turn @ middle]), side
