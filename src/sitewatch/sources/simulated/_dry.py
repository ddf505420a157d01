"""Dry country: gravel plains, sand and dark rock in drifts, wadis of silt, and a short green after rain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sitewatch.sources.simulated._plan import Frame, Texture
from sitewatch.sources.simulated._seasons import bump
from sitewatch.sources.simulated._surfaces import blend, spectrum
from sitewatch.sources.simulated._world import World

__all__ = ["dry_land"]


def dry_land(world: World, seed: int, frame: Frame) -> Callable[[float, int, tuple[str, ...]], np.ndarray]:
    """``ground(day of the year, year, bands)``: (band, y, x) reflectance on that day."""
    drift, rock, bed, grain, scrub = (Texture((world.key, seed, part), size, octaves).on(frame) for part, size, octaves
                                      in ((21, 240.0, 6), (22, 90.0, 6), (23, 320.0, 4), (24, 8.0, 3), (25, 20.0, 5)))
    sandy = 1 / (1 + np.exp(-3 * drift))
    rocky = np.clip(rock - 1.1, 0, 1)
    wadi = np.exp(-(bed / 0.12) ** 2)                      # thin winding lines where the field crosses zero
    ripples = np.sin(2 * np.pi * (frame.x * 0.8 + frame.y * 0.6) / 34 + 2 * drift)
    texture = (1 + 0.065 * grain + 0.055 * rock + 0.03 * sandy * ripples).astype(np.float32)
    shrubs = (np.clip(scrub - 0.9, 0, 1) * (0.4 + 0.6 * wadi)).astype(np.float32)

    def ground(day: float, year: int, bands: tuple[str, ...]) -> np.ndarray:
        rain = float(np.random.default_rng([world.key, seed, year, 0xD27]).uniform(0.2, 1))
        flush = rain * bump(day, 70, 30)
        sand, plain, dark, silt = (spectrum(name, bands) for name in ("sand", "gravel plain", "dark rock", "silt"))
        shrub, grass = spectrum("shrub", bands), spectrum("grass", bands)
        colours = np.empty((len(bands), *frame.size_px), np.float32)
        for band, seen in enumerate(colours):
            np.multiply(sandy, sand[band] - plain[band], out=seen)
            np.add(seen, plain[band], out=seen)
            blend(seen, rocky, dark[band])
            blend(seen, wadi, silt[band])
            np.multiply(seen, texture, out=seen)
            blend(seen, shrubs, shrub[band] + flush * (grass[band] - shrub[band]))
            blend(seen, 0.35 * flush * wadi, grass[band])
        return colours
    return ground
