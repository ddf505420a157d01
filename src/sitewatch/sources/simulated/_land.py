"""The land around: its colours through the seasons, how wet it is, its trees, and snow on all of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import cv2
import numpy as np

from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._dry import dry_land
from sitewatch.sources.simulated._fields import field_land
from sitewatch.sources.simulated._light import Light
from sitewatch.sources.simulated._looks import Look
from sitewatch.sources.simulated._outdoors import Trees
from sitewatch.sources.simulated._plan import Frame, Texture
from sitewatch.sources.simulated._seasons import bump
from sitewatch.sources.simulated._surfaces import blend, spectrum
from sitewatch.sources.simulated._world import World

__all__ = ["Land", "draw_trees", "land_of", "lay_snow", "snow_of"]

_GROWERS: dict[str, Callable[[World, int, Frame], Callable[[float, int, tuple[str, ...]], np.ndarray]]] = {
    "fields": field_land, "dry": dry_land}
_CLUTTER = 0.35         # relative brightness of the rarest spots
_WET_DARK = 0.28        # share of its light that soaked soil loses


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """What never moves. (y, x) float32 on the frame: ``tone`` and fine ``grain``, ``clutter`` that brightens or darkens
    a spot (rubbish, stones, ruts, bushes), where water ``gathers``, crown cover and height of the leafy and of the
    ``evergreen`` trees. ``ground(day, year, bands)`` is its colour."""

    frame: Frame
    ground: Callable[[float, int, tuple[str, ...]], np.ndarray]
    tone: np.ndarray
    grain: np.ndarray
    clutter: np.ndarray
    gathers: np.ndarray
    leafy: np.ndarray
    evergreen: np.ndarray
    crown_m: np.ndarray

    def canvas(self, look: Look, bands: tuple[str, ...], key: tuple[int, ...]) -> Canvas:
        """A fresh canvas with the land as it is at that look, nothing on it yet."""
        year = np.random.default_rng([*key, look.taken.year, 0x5EA])  # seasons come early or late
        day = look.taken.timetuple().tm_yday + float(year.normal(0, 6))
        colours = self.ground(day, look.taken.year, bands)
        wet = float(np.clip(look.draw(2).normal(0.25, 0.35), 0, 1))
        colours *= self.clutter
        colours *= 1 - _WET_DARK * np.clip(wet * (1 + 0.6 * self.gathers), 0, 1)
        return Canvas(frame=self.frame, bands=bands, reflectance=colours,
                      height_m=np.zeros(self.frame.size_px, np.float32), trees=self.leafy + self.evergreen,
                      tone=self.tone)


@lru_cache(maxsize=4)
def land_of(world: World, seed: int, frame: Frame) -> Land:
    """Everything about the land that does not depend on the date."""
    key = (world.key, seed)
    tone, grain, gathers, spots = (Texture((*key, number), broadest, octaves).on(frame) for number, broadest, octaves
                                   in ((1, 60.0, 6), (2, 6.0, 3), (3, 180.0, 4), (4, 9.0, 3)))
    clutter = 1 + _CLUTTER * np.sign(spots) * np.clip(np.abs(spots) - 1.3, 0, 2)
    cover, crown_m = _crowns(world, seed, frame)
    return Land(frame=frame, ground=_GROWERS[world.land](world, seed, frame), tone=tone, grain=grain,
                clutter=clutter, gathers=gathers, leafy=cover[0], evergreen=cover[1], crown_m=crown_m)


def draw_trees(canvas: Canvas, land: Land, light: Light, at: datetime) -> None:
    """Trees stand over the ground around them; the leafy ones are bare in winter."""
    if not canvas.trees.any():
        return
    leaves = bump(at.timetuple().tm_yday, 195, 75)
    evergreen = land.evergreen / np.maximum(land.leafy + land.evergreen, 1e-6)
    cover = canvas.trees * (0.5 + 0.4 * leaves + (0.4 - 0.4 * leaves) * evergreen)
    green = leaves * spectrum("tree", canvas.bands) + (1 - leaves) * spectrum("bare tree", canvas.bands)
    needles = spectrum("conifer", canvas.bands)
    everywhere = (slice(None), slice(None))
    dark = light.dark(land.crown_m * 0.8, everywhere, 2.0)
    tone = (1 + 0.15 * land.grain) * (1 - 0.5 * dark)
    for band, seen in enumerate(canvas.reflectance):
        blend(seen, cover, (green[band] + evergreen * (needles[band] - green[band])) * tone)


def snow_of(world: World, look: Look, seed: int) -> float:
    """How deep snow lies at that look, 0 to 1: it stays for weeks of midwinter and melts in patches."""
    midwinter = 15 if world.latitude >= 0 else 196
    chance = world.climate.snow * bump(look.taken.timetuple().tm_yday, midwinter, 32)
    week = np.random.default_rng([world.key, seed, look.taken.toordinal() // 9, 0x5104])
    return float(np.clip((chance - week.random()) * 3 + look.draw(3).normal(0, 0.1), 0, 1)) if chance > 0.02 else 0.0


def lay_snow(canvas: Canvas, land: Land, depth: float) -> None:
    """Snow lies in patches, thinnest where it is trodden and swept: on the bright, bare places."""
    if depth <= 0:
        return
    bare = np.clip((canvas.reflectance[0] - 0.1) / 0.1, 0, 1)  # roads, yards and concrete are cleared first
    cover = np.clip(2.2 * depth - 0.6 + 0.35 * land.gathers - 0.9 * bare, 0, 1)
    snow = spectrum("snow", canvas.bands)
    for band, seen in enumerate(canvas.reflectance):
        blend(seen, cover, snow[band] * (1 + 0.04 * land.tone))


def _crowns(world: World, seed: int, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """(leafy or evergreen, y, x) share of crown cover and (y, x) crown height of all the trees."""
    cover, height = np.zeros((2, *frame.size_px), np.float32), np.zeros(frame.size_px, np.float32)
    for number, thing in enumerate(world.things):
        if isinstance(thing, Trees):
            _plant(thing, np.random.default_rng([world.key, seed, 0x7EE, number]), frame, cover, height)
    return np.stack([cv2.GaussianBlur(part, (0, 0), 0.8 / frame.pixel_m + 0.3) for part in cover]), height


def _plant(wood: Trees, draw: np.random.Generator, frame: Frame, cover: np.ndarray, height: np.ndarray) -> None:
    count = math.ceil(wood.share * 1.6 * wood.size[0] * wood.size[1] / (math.pi * (wood.crown / 2) ** 2))
    for _ in range(min(count, 20_000)):
        spot = wood.rect.along(draw.uniform(-0.5, 0.5) * wood.size[0], draw.uniform(-0.5, 0.5) * wood.size[1])
        radius = wood.crown / 2 * draw.uniform(0.6, 1.35)
        centre = (round(((spot.x + frame.margin_m) / frame.pixel_m - 0.5) * 16),
                  round(((spot.y + frame.margin_m) / frame.pixel_m - 0.5) * 16))
        cv2.circle(cover[int(wood.evergreen)], centre, round(radius / frame.pixel_m * 16), 1.0, -1, shift=4)
        cv2.circle(height, centre, round(0.8 * radius / frame.pixel_m * 16), 2.3 * radius, -1, shift=4)
