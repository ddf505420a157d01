"""The ground that is there anyway: fields through the seasons, a village, roads, yards, trees, a pond."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import cv2
import numpy as np

from sitewatch.sources.simulated._canvas import FINE_PX, MARGIN_PX, SURFACES, Canvas, cloudy_noise
from sitewatch.sources.simulated._scenario import SIZE_M, TURN_DEG, Rect, at

__all__ = ["Ground", "ground_of", "lay_ground", "raise_trees"]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A dwelling: its roof and what the roof is made of."""

    rect: Rect
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What never moves: (y, x) parcel numbers and textures on the fine canvas, houses, tree crowns."""

    parcels: np.ndarray
    kinds: tuple[str, ...]
    lateness_days: np.ndarray
    soil_tone: np.ndarray
    furrows: np.ndarray
    margins: np.ndarray
    mottle: np.ndarray
    grain: np.ndarray
    houses: tuple[House, ...]
    tree_cover: np.ndarray
    tree_height_m: np.ndarray


@lru_cache(maxsize=4)
def ground_of(seed: int) -> Ground:
    """Everything about the ground that does not depend on the date."""
    draw = np.random.default_rng([seed, 0x6E0])
    parcels, margins = _parcels(draw)
    count = int(parcels.max()) + 1
    mottle = cloudy_noise(draw, FINE_PX, 60)
    houses = _houses(draw)
    cover, height = _trees(draw, margins, houses)
    _, across = _along_across_road()
    kinds = tuple(draw.choice(["winter crop", "summer crop", "meadow", "fallow"], count, p=[0.42, 0.26, 0.17, 0.15]))
    return Ground(parcels=parcels, kinds=kinds, lateness_days=draw.normal(0, 9, count),
                  soil_tone=draw.normal(1, 0.09, count).clip(0.8, 1.2).astype(np.float32),
                  furrows=_furrows(across), margins=margins, mottle=mottle,
                  grain=cloudy_noise(draw, FINE_PX, 6, octaves=2), houses=houses,
                  tree_cover=cover, tree_height_m=height)


def lay_ground(ground: Ground, moment: datetime, season_shift_days: float) -> Canvas:
    """A fresh canvas with fields, roads, yards and houses as they are at that moment, trees not yet."""
    days = moment.timetuple().tm_yday + season_shift_days
    table = np.stack([_field_colour(kind, days + late) * tone for kind, late, tone in
                      zip(ground.kinds, ground.lateness_days, ground.soil_tone, strict=True)])
    spring = _bump(days, 125, 45)
    edge = spring * SURFACES["grass"] + (1 - spring) * SURFACES["dry grass"]
    colours = table[ground.parcels].transpose(2, 0, 1)
    colours = colours + ground.margins * (edge[:, None, None] - colours)
    texture = 1 + 0.055 * ground.mottle + 0.03 * ground.grain + 0.03 * ground.furrows * (1 - ground.margins)
    canvas = Canvas(reflectance=(colours * texture).astype(np.float32),
                    height_m=np.zeros((FINE_PX, FINE_PX), np.float32), mottle=ground.mottle)
    _lay_roads(canvas)
    _lay_pond(canvas, days)
    for house in ground.houses:
        canvas.paint(house.rect, house.surface, rough=0.05, height_m=5.0)
    return canvas


def raise_trees(canvas: Canvas, ground: Ground, moment: datetime) -> None:
    """Trees stand over whatever is beneath them; they are bare in winter."""
    leafy = _bump(moment.timetuple().tm_yday, 195, 75)
    colour = leafy * SURFACES["tree"] + (1 - leafy) * SURFACES["bare tree"]
    cover = ground.tree_cover * (0.55 + 0.4 * leafy)
    tone = 1 + 0.15 * ground.grain
    canvas.reflectance[:] += cover * (colour[:, None, None] * tone - canvas.reflectance)
    np.maximum(canvas.height_m, ground.tree_height_m * (0.4 + 0.6 * leafy), out=canvas.height_m)


def _along_across_road() -> tuple[np.ndarray, np.ndarray]:
    turn = math.radians(TURN_DEG)
    centre = np.arange(FINE_PX, dtype=np.float32) + 0.5 - MARGIN_PX - SIZE_M / 2
    x, y = centre[None], centre[:, None]
    return x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)


def _parcels(draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) parcel numbers and (y, x) share of grassy margin: strips across, cut along, edges uneven."""
    along, across = _along_across_road()
    wander = 3 * cloudy_noise(draw, FINE_PX, 220, octaves=3)
    across = across + wander
    cuts = np.cumsum(draw.uniform(55, 110, 14)) - 480
    strips = np.searchsorted(cuts, across)
    nearest = np.abs(across[..., None] - cuts).min(axis=-1)
    parcels, count = np.zeros((FINE_PX, FINE_PX), np.int32), 0
    for strip in range(strips.max() + 1):
        ends = np.cumsum(draw.uniform(70, 210, 9)) - 520
        slanted = along + 0.12 * across * draw.uniform(-1, 1) + wander
        inside = strips == strip
        parcels[inside] = count + np.searchsorted(ends, slanted[inside])
        nearest[inside] = np.minimum(nearest[inside], np.abs(slanted[inside][:, None] - ends).min(axis=-1))
        count += len(ends) + 1
    return parcels, np.clip(2.6 - nearest, 0, 1).astype(np.float32)


def _furrows(across: np.ndarray) -> np.ndarray:
    """Tramlines every 21 m and a fine beat of the seed rows."""
    lines = np.where(np.abs((across + 1000) % 21 - 10.5) < 1.0, -2.0, 0.2)
    return np.asarray(lines + 0.6 * np.sin(across * 2 * np.pi / 5.3), np.float32)


def _field_colour(kind: str, day_of_year: float) -> np.ndarray:
    """Reflectance of a field: green while it grows, pale once cut, dark after the plough."""
    green, ploughed = {
        "winter crop": (max(_bump(day_of_year, 118, 38), 0.25 * _bump(day_of_year, 10, 45)),
                        _between(day_of_year, 268, 335)),
        "summer crop": (_bump(day_of_year, 205, 36), max(_between(day_of_year, 85, 150),
                                                          _between(day_of_year, 300, 345))),
        "meadow": (0.35 + 0.4 * _bump(day_of_year, 128, 50), 0.0),
        "fallow": (0.16 * _bump(day_of_year, 110, 40), 0.35 * _between(day_of_year, 95, 200)),
    }[kind]
    bare = "dry grass" if kind == "meadow" else "dry soil" if kind == "fallow" else "stubble"
    rest = (1 - ploughed) * SURFACES[bare] + ploughed * SURFACES["ploughed"]
    return np.asarray((1 - green) * rest + green * SURFACES["crop"], np.float32)


def _bump(day_of_year: float, middle: float, spread: float) -> float:
    """1 in the middle of the season, falling off to both sides, over the turn of the year."""
    away = (day_of_year - middle + 182.5) % 365 - 182.5
    return math.exp(-0.5 * (away / spread) ** 2)


def _between(day_of_year: float, first: float, last: float) -> float:
    """1 between two days of the year, with three days of change at either end."""
    days = day_of_year % 365
    rise, fall = (1 / (1 + math.exp(-(days - edge) / 1.5)) if abs(days - edge) < 60 else float(days > edge)
                  for edge in (first, last))
    return rise - fall


def _lay_roads(canvas: Canvas) -> None:
    canvas.paint(at(0, 0, 760, 15), "dry grass", rough=0.12)
    canvas.paint(at(0, 0, 760, 10), "gravel")
    canvas.paint(at(0, 0, 760, 7), "asphalt", rough=0.04)
    canvas.paint(at(-190, 50, 230, 5), "packed earth")
    canvas.paint(at(-190, 96, 230, 4), "packed earth")
    canvas.paint(at(-72, 160, 5, 330), "gravel")
    canvas.paint(at(-270, -170, 4.5, 330), "packed earth")
    canvas.paint(at(40, -205, 4.5, 250), "packed earth")
    for yard, surface in ((at(46, -62, 208, 76), "packed earth"), (at(-112, -48, 70, 64), "packed earth"),
                          (at(166, -84, 112, 112), "packed earth"), (at(120, -82, 130, 8), "gravel"),
                          (at(78, -62, 58, 52), "concrete"), (at(20, -14, 12, 28), "gravel")):
        canvas.paint(yard, surface, rough=0.09)


def _lay_pond(canvas: Canvas, day_of_year: float) -> None:
    """A pond whose level falls in summer: its bare shore shows."""
    full = 0.8 + 0.2 * _bump(day_of_year, 60, 70)
    canvas.paint(at(-205, -118, 58, 30, 20), "dry soil", rough=0.1)
    for length, width, turn in ((52, 24, 20), (44, 27, 12), (40, 26, 34)):
        canvas.paint(at(-205, -118, length * full, width * full, turn), "water", rough=0.02)


def _houses(draw: np.random.Generator) -> tuple[House, ...]:
    """Rows along the village lanes, each house a little off its neighbours."""
    roofs = ["tile roof", "tile roof", "rust roof", "grey roof", "dark roof", "pale roof"]
    houses = []
    for across, outbuildings in ((22, False), (38, True), (64, False), (84, True), (110, True)):
        for along in np.arange(-292, -84, 17.0):
            if draw.random() < 0.13:
                continue
            u, v = along + draw.normal(0, 2.2), across + draw.normal(0, 1.4)
            turn = draw.normal(0, 5) + (90 if draw.random() < 0.3 else 0)
            houses.append(House(rect=at(u, v, draw.uniform(9.5, 14), draw.uniform(7, 9.5), turn),
                                surface=str(draw.choice(roofs))))
            if outbuildings and draw.random() < 0.4:
                houses.append(House(rect=at(u + 4, v + 10, 6, 4, turn), surface=str(draw.choice(roofs))))
    return tuple(houses)


def _trees(draw: np.random.Generator, margins: np.ndarray,
           houses: tuple[House, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) share of crown cover and (y, x) crown height: along margins, in gardens, one wood, one orchard."""
    hedge = cloudy_noise(draw, FINE_PX, 130, octaves=2) > 0.75
    rows, cols = np.nonzero((margins > 0.5) & hedge)
    chosen = draw.choice(len(rows), min(330, len(rows)), replace=False)
    spots = [(float(cols[i]), float(rows[i])) for i in chosen]
    spots += [(h.rect.x + MARGIN_PX + draw.normal(0, 9), h.rect.y + MARGIN_PX + draw.normal(0, 9)) for h in houses]
    wood = [at(-330 + draw.normal(0, 34), -225 + draw.normal(0, 26), 1, 1) for _ in range(420)]
    orchard = [at(-20 + 8.5 * i, 205 + 8.5 * j, 1, 1) for i in range(9) for j in range(7)]
    spots += [(r.x + MARGIN_PX + draw.normal(0, 0.5), r.y + MARGIN_PX + draw.normal(0, 0.5)) for r in wood + orchard]
    cover, height = np.zeros((2, FINE_PX, FINE_PX), np.float32)
    for x, y in spots:
        radius = float(draw.uniform(1.6, 3.9))
        centre = (round((x - 0.5) * 16), round((y - 0.5) * 16))
        cv2.circle(cover, centre, round(radius * 16), 1.0, -1, shift=4)
        cv2.circle(height, centre, round(radius * 13), 2.1 * radius, -1, shift=4)
    for r in houses:
        col, row = int(r.rect.x) + MARGIN_PX, int(r.rect.y) + MARGIN_PX
        cover[max(0, row - 4):row + 5, max(0, col - 4):col + 5] *= 0.25
    return cv2.GaussianBlur(cover, (0, 0), 0.8), height
