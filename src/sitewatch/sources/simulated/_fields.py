"""Farmland: parcels that are sown, grow green, are cut and ploughed, each in its own time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sitewatch.sources.simulated._plan import Frame, Rect, Texture
from sitewatch.sources.simulated._seasons import between, bump
from sitewatch.sources.simulated._surfaces import blend, spectrum
from sitewatch.sources.simulated._world import World

__all__ = ["field_land"]

_KINDS, _SHARES = ("winter crop", "summer crop", "meadow", "fallow"), (0.42, 0.26, 0.17, 0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    """Parcels of a farmland. ``number`` (y, x) of each; per parcel its crop, its lateness and how bright its soil is;
    (y, x) ``texture`` of the soil, ``vigour`` of what grows, ``margins`` of grass between."""

    number: np.ndarray
    kinds: tuple[str, ...]
    late_days: np.ndarray
    soil: np.ndarray
    texture: np.ndarray
    vigour: np.ndarray
    margins: np.ndarray


def field_land(world: World, seed: int, frame: Frame) -> Callable[[float, int, tuple[str, ...]], np.ndarray]:
    """``ground(day of the year, year, bands)``: (band, y, x) reflectance of the parcels on that day."""
    fields = _fields(world, seed, frame)

    def ground(day: float, year: int, bands: tuple[str, ...]) -> np.ndarray:
        # Sowing days and stands differ from year to year: what repeats every year is only the kind of crop.
        draw = np.random.default_rng([world.key, seed, year, 0xF1E])
        late = fields.late_days + draw.normal(0, 7, len(fields.kinds))
        strength = draw.uniform(0.8, 1.1, len(fields.kinds)).astype(np.float32)
        states = [_state(kind, day + days, bands) for kind, days in zip(fields.kinds, late, strict=True)]
        green = np.array([state[0] for state in states], np.float32) * strength
        rest = np.stack([state[1] for state in states]) * fields.soil[:, None]
        return _painted(fields, green, rest, day, bands)
    return ground


def _painted(fields: _Fields, green: np.ndarray, rest: np.ndarray, day: float, bands: tuple[str, ...]) -> np.ndarray:
    growing = np.clip(green[fields.number] * fields.vigour, 0, 1)
    crop = spectrum("crop", bands)
    spring = bump(day, 125, 45)
    edge = spring * spectrum("grass", bands) + (1 - spring) * spectrum("dry grass", bands)
    colours = np.empty((len(bands), *fields.number.shape), np.float32)
    for band, seen in enumerate(colours):
        np.take(rest[:, band], fields.number, out=seen)
        np.multiply(seen, fields.texture, out=seen)
        blend(seen, growing, crop[band])
        blend(seen, fields.margins, edge[band])
    return colours


def _fields(world: World, seed: int, frame: Frame) -> _Fields:
    draw = np.random.default_rng([world.key, seed, 0x6E0])
    number, margins = _parcels(world, seed, frame, draw)
    count = int(number.max()) + 1
    broad, fine, stand = (Texture((world.key, seed, part), size, octaves).on(frame)
                          for part, size, octaves in ((11, 60.0, 5), (12, 6.0, 3), (13, 40.0, 4)))
    kinds = tuple(str(kind) for kind in draw.choice(_KINDS, count, p=_SHARES))
    return _Fields(number=number, kinds=kinds, late_days=draw.normal(0, 9, count),
                   soil=draw.normal(1, 0.12, count).clip(0.7, 1.3).astype(np.float32),
                   texture=(1 + 0.075 * broad + 0.05 * fine).astype(np.float32),
                   vigour=(1 + 0.12 * stand + 0.05 * broad).astype(np.float32), margins=margins)


def _parcels(world: World, seed: int, frame: Frame, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) parcel numbers and (y, x) share of grassy margin: strips across, cut along, edges uneven."""
    turn_deg = float(draw.uniform(-30, 30))
    along, across = frame.along_across(Rect(x=world.size_m[0] / 2, y=world.size_m[1] / 2, length=1, width=1,
                                            turn_deg=turn_deg))
    wander = 3 * Texture((world.key, seed, 14), 220.0, 3).on(frame)
    across = across + wander
    reach = max(world.size_m) * 0.8 + 100
    cuts = -reach + np.cumsum(draw.uniform(55, 110, int(2 * reach / 80) + 2))
    strips = np.searchsorted(cuts, across)
    nearest = _nearest(across, cuts)
    parcels, count = np.zeros(frame.size_px, np.int32), 0
    for strip in range(int(strips.max()) + 1):
        ends = -reach + np.cumsum(draw.uniform(70, 210, int(2 * reach / 140) + 2))
        inside = strips == strip
        slanted = along[inside] + 0.12 * across[inside] * draw.uniform(-1, 1) + wander[inside]
        parcels[inside] = count + np.searchsorted(ends, slanted)
        nearest[inside] = np.minimum(nearest[inside], _nearest(slanted, ends))
        count += len(ends) + 1
    return parcels, np.clip((2.6 - nearest) / max(1.0, frame.pixel_m) + 0.3, 0, 1).astype(np.float32)


def _nearest(values: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """How far each value is from the nearest of the sorted marks."""
    after = np.searchsorted(marks, values).clip(1, len(marks) - 1)
    return np.asarray(np.minimum(np.abs(values - marks[after - 1]), np.abs(marks[after] - values)), np.float32)


def _state(kind: str, day: float, bands: tuple[str, ...]) -> tuple[float, np.ndarray]:
    """How green a field is, 0 to 1, and (band) what shows between: pale once cut, dark after the plough."""
    green, ploughed = {
        "winter crop": (max(bump(day, 118, 38), 0.25 * bump(day, 10, 45)), between(day, 268, 335)),
        "summer crop": (bump(day, 205, 36), max(between(day, 85, 150), between(day, 300, 345))),
        "meadow": (0.35 + 0.4 * bump(day, 128, 50), 0.0),
        "fallow": (0.16 * bump(day, 110, 40), 0.35 * between(day, 95, 200)),
    }[kind]
    bare = "dry grass" if kind == "meadow" else "dry soil" if kind == "fallow" else "stubble"
    return green, (1 - ploughed) * spectrum(bare, bands) + ploughed * spectrum("ploughed", bands)
