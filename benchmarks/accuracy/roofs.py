"""One roof at a time, rendered with all that is known of it: what ``intervals`` measures.

Two families of ground: "tune" (clouds of tone at all scales), on which constants may be set, and "test" (parcels, lanes
and small roofs), on which what is printed is to be judged. Everything is drawn at a sixth of a pixel and seen through
the point spread and the pixel: the roof and a reference, their shadows where the sun shines, displaced looks, seasons,
a yard around every second new roof, a bright neighbour, and eaves. Eaves stand over the walls, whose outline is the
truth, by as much as the interval allows for: 0.3 m for all roofs of a place alike and 0.25 m for each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import cv2
import numpy as np
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from shapely import MultiPoint, Polygon, affinity, box, unary_union

from sitewatch.geo import from_pixels, picture_grid
from sitewatch.model import (
    Asset,
    Between,
    Look,
    Scene,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Structure,
    StructureClass,
    Structures,
)

__all__ = ["BLUR_PX", "EAVES_M", "GROUND", "NOISE", "Family", "Form", "Roof", "World", "rendered", "scenes_of",
           "structure_of"]

Family = Literal["tune", "test"]
Form = Literal["rectangle", "L", "T"]
_FINE, _BEFORE, _AROUND_PX, _SHIFT_PX, _LIGHT_LEFT = 6, 5, 15, 0.1, 0.4
_SHARED_EAVES_M, _OWN_EAVES_M = 0.3, 0.25
BLUR_PX = 0.73                                          # point spread, a standard deviation
EAVES_M = math.hypot(_SHARED_EAVES_M, _OWN_EAVES_M)     # how far a roof stands over its walls, likewise
_TONE, _ALIKE = 0.3, 0.05
NOISE, GROUND = 0.01, 0.05                              # of a pixel in reflectance, and of the ground's fine texture


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """What is asked for: sides in pixels, ``contrast`` to the ground in reflectance, ``looks`` that show it, and how
    high it stands in metres, None where nothing says from where the sun shines, and there are no shadows."""

    length_px: float
    width_px: float
    form: Form = "rectangle"
    gsd_m: float = 3.0
    contrast: float = 0.25
    looks: int = 10
    height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A rendered place: what a measurement is given, and the true outlines of "new" and "reference" in pixels."""

    stack: Stack
    structures: Structures
    true: Mapping[str, Polygon]


def rendered(family: Family, roof: Roof, seed: int) -> World:
    """The same roof and seed give the same world."""
    draw = np.random.default_rng([*family.encode(), *(round(10 * side) for side in (roof.length_px, roof.width_px)),
                                  len(roof.form), round(10 * roof.gsd_m), roof.looks, seed])
    length, width = (side * draw.uniform(0.85, 1.15) for side in (roof.length_px, roof.width_px))
    side = math.ceil(2 * _AROUND_PX + 44 + math.hypot(length, width))
    across = _AROUND_PX + math.hypot(length, width) / 2
    parts = {"new": _placed(draw, (across, side / 2), _parts(roof.form, length, width)),
             "reference": _placed(draw, (side - _AROUND_PX - 13, side / 2),
                                  _parts("rectangle", draw.uniform(14, 22), draw.uniform(8, 13)))}
    true = {name: unary_union([_grown(part, 1e-6) for part in some]) for name, some in parts.items()}
    suns = _suns(draw, _BEFORE + roof.looks) if roof.height_m else None
    canvas = _Canvas(draw, family, roof, parts, side)
    views = np.stack([canvas.seen(look, suns[look] if suns is not None else None)
                      for look in range(_BEFORE + roof.looks)])
    return _as_world(views, true, roof, suns, draw)


def _parts(form: Form, length: float, width: float) -> list[Polygon]:
    """Rectangles about the middle, which make an outline of that length and width."""
    thick = {"rectangle": width, "L": 0.45 * width, "T": 0.45 * width}[form]
    bar = box(-length / 2, -width / 2, length / 2, thick - width / 2)
    wing = {"L": (-length / 2, -0.1 * length), "T": (-0.2 * length, 0.2 * length)}.get(form)
    return [bar, box(wing[0], thick - width / 2, wing[1], width / 2)] if wing else [bar]


def _placed(draw: np.random.Generator, middle: tuple[float, float], parts: list[Polygon]) -> list[Polygon]:
    turn, off = draw.uniform(0, 180), draw.uniform(-0.5, 0.5, 2)
    return [affinity.translate(affinity.rotate(part, turn, origin=(0, 0)), middle[0] + off[0], middle[1] + off[1])
            for part in parts]


def _suns(draw: np.random.Generator, looks: int) -> np.ndarray:
    """(look, 2) azimuth and elevation in degrees, as a morning pass of a year has them: low suns stand in the south."""
    elevation = draw.uniform(25, 62, looks)
    return np.stack([172 - 0.6 * (elevation - 25) + draw.normal(0, 3, looks), elevation], axis=1)


class _Canvas:
    """The ground and all that stands on it, at a sixth of a pixel."""

    def __init__(self, draw: np.random.Generator, family: Family, roof: Roof, parts: Mapping[str, list[Polygon]],
                 side: int) -> None:
        self._draw, self._roof, self._side = draw, roof, side
        self._ground, self._season = (_texture(draw, family, side) for _ in range(2))
        eaves = draw.normal(0, _SHARED_EAVES_M)
        self._parts = {name: [_grown(part, (eaves + draw.normal(0, _OWN_EAVES_M)) / roof.gsd_m) for part in some]
                       for name, some in parts.items()}
        self._tone = roof.contrast * draw.choice([-0.6, 1.0])
        if roof.height_m and abs(_TONE + self._tone - _TONE * _LIGHT_LEFT) < _ALIKE:
            self._tone = roof.contrast  # a roof like its shadow cannot be told from it by anybody
        yard = draw.uniform(-0.25, 0.35) * (draw.random() < 0.5)
        # Nor can a roof like its yard.
        self._yard = 0.0 if abs(yard - self._tone) < min(0.12, roof.contrast / 2) else yard
        self._near = self._mask(_grown(unary_union(parts["new"]).minimum_rotated_rectangle, 4))
        bounds = unary_union(parts["new"]).bounds
        up = int(draw.choice([-1, 1]))
        spot = bounds[1] - 8 - draw.uniform(0, 3) if up < 0 else bounds[3] + 8 + draw.uniform(0, 3)
        self._other = self._mask(affinity.translate(box(-7, -4.5, 7, 4.5), (bounds[0] + bounds[2]) / 2, spot))
        self._other_height = draw.uniform(4, 12)
        self._heights = {"new": roof.height_m or 0.0, "reference": draw.uniform(5, 12)}
        self._faces = draw.uniform(-0.08, 0.08)

    def seen(self, look: int, sun: np.ndarray | None) -> np.ndarray:
        """(band, y, x) as delivered."""
        grey = _TONE + GROUND * self._ground + self._draw.normal(0, 0.02) * self._season + 0.3 * self._other
        standing = ["reference", *(["new"] if look >= _BEFORE else [])]
        if look >= _BEFORE:
            grey = np.where(self._near, grey + self._yard * (1 + 0.1 * self._season), grey)
        if sun is not None:
            dark = np.max([self._shadow(self._parts[name], self._heights[name], sun) for name in standing], axis=0)
            grey = grey * np.where(dark, _LIGHT_LEFT, 1.0)
        light = 1 if sun is None else 1 + self._faces * math.cos(math.radians(sun[1]))
        for name, tone in (("reference", 0.75), ("new", _TONE + self._tone)):
            if name in standing:
                grey = np.where(self._mask(unary_union(self._parts[name])), tone * light + 0.015 * self._season, grey)
        return np.stack([self._delivered(grey), self._delivered(0.9 * grey + 0.02 * self._ground)])

    def _shadow(self, parts: list[Polygon], height_m: float, sun: np.ndarray) -> np.ndarray:
        azimuth, reach = math.radians(sun[0]), height_m / math.tan(math.radians(sun[1])) / self._roof.gsd_m
        way = -math.sin(azimuth) * reach, math.cos(azimuth) * reach
        swept = [MultiPoint([*part.exterior.coords, *affinity.translate(part, *way).exterior.coords]).convex_hull
                 for part in parts]
        return self._mask(unary_union(swept))

    def _mask(self, shape: Polygon) -> np.ndarray:
        """(y, x) bool of the fine pixels inside an outline in pixels."""
        return np.asarray(rasterize([shape], out_shape=(self._side * _FINE,) * 2,
                                    transform=Affine.scale(1 / _FINE))) > 0

    def _delivered(self, canvas: np.ndarray) -> np.ndarray:
        """(y, x) displaced by what alignment leaves, blurred, sampled, with gain and noise."""
        shift = self._draw.normal(0, _SHIFT_PX * _FINE, 2)
        moved = cv2.warpAffine(canvas.astype(np.float32), np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]),
                               canvas.shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        optics = BLUR_PX * self._draw.uniform(0.95, 1.05) * _FINE
        blurred = cv2.resize(cv2.GaussianBlur(moved, (0, 0), optics), (self._side,) * 2, interpolation=cv2.INTER_AREA)
        return np.asarray(blurred * self._draw.normal(1, 0.02) + self._draw.normal(0, 0.01)
                          + self._draw.normal(0, NOISE, blurred.shape))


def _grown(shape: Polygon, by_px: float) -> Polygon:
    return shape.buffer(by_px, join_style="mitre")


def _texture(draw: np.random.Generator, family: Family, side: int) -> np.ndarray:
    """(y, x) fine texture of mean 0 and spread 1."""
    size = side * _FINE
    total = np.zeros((size, size), np.float32)
    if family == "tune":
        for every_px, weight in ((20, 1.0), (10, 0.7), (4.5, 0.6), (2.2, 0.5), (1.1, 0.4), (0.55, 0.3)):
            patch = draw.standard_normal((math.ceil(side / every_px),) * 2).astype(np.float32)
            total += weight * cv2.resize(patch, (size, size), interpolation=cv2.INTER_CUBIC)
    else:
        for _ in range(round(60 * (side / 80) ** 2)):
            x, y = draw.uniform(0, size, 2)
            a, b = draw.uniform(2, 27) * _FINE, draw.uniform(1, 11) * _FINE
            corners = cv2.boxPoints(((x, y), (a, b), draw.uniform(0, 180))).astype(np.int32)
            cv2.fillPoly(total, [corners], float(draw.normal(0, 1.2)))
        total += 0.3 * cv2.resize(draw.standard_normal((side + 10,) * 2).astype(np.float32), (size, size))
    return np.asarray((total - total.mean()) / total.std())


def _as_world(values: np.ndarray, true: Mapping[str, Polygon], roof: Roof, suns: np.ndarray | None,
              draw: np.random.Generator) -> World:
    side = values.shape[-1]
    grid = picture_grid(side, side, roof.gsd_m)
    scenes, fits = scenes_of(grid, len(values), suns)
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values.astype(np.float32)),
                       "shift_sigma_px": ("time", np.full(len(fits), _SHIFT_PX)),
                       "noise": (("time", "band"), np.full((len(fits), 2), 0.02))},
                      coords={"scene": ("time", [fit.scene for fit in fits]), "band": ["one", "two"]},
                      attrs={"blur_px": BLUR_PX})
    rough = affinity.rotate(affinity.scale(true["new"], *draw.uniform(0.9, 1.15, 2)), draw.normal(0, 4))
    records = (structure_of("new", from_pixels(rough, grid), fits, "new structure"),
               structure_of("reference", from_pixels(true["reference"], grid), fits))
    return World(stack=Stack(site=scenes.site, scenes=scenes, data=data, fits=fits),
                 structures=Structures(site=scenes.site, records=records), true=true)


def scenes_of(grid: GeoBox, looks: int, suns: np.ndarray | None = None,
              sensor: str = "planetscope-4") -> tuple[Scenes, tuple[SceneFit, ...]]:
    """Looks at a grid every twelve days; ``suns`` (look, 2) azimuth and elevation in degrees, where these are known."""
    site = Site(slug="world", names=(), area=from_pixels(box(0, 0, grid.width, grid.height), grid), grid=grid)
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=12 * i) for i in range(looks)]
    angles = suns.tolist() if suns is not None else [(None, None)] * looks
    scenes = tuple(Scene(id=f"s{i}", source="simulated", sensor=sensor, taken=day, taken_from="simulated",
                         assets=(Asset(role="image", href=""),), sun_azimuth_deg=sun[0], sun_elevation_deg=sun[1])
                   for i, (day, sun) in enumerate(zip(days, angles, strict=True)))
    fits = tuple(SceneFit(scene=f"s{i}", taken=day, used=True, shift_x_px=0.0, shift_y_px=0.0,
                          shift_sigma_px=_SHIFT_PX) for i, day in enumerate(days))
    return Scenes(site=site, scenes=scenes), fits


def structure_of(name: str, outline: Polygon, fits: tuple[SceneFit, ...],
                 kind: StructureClass = "reference") -> Structure:
    """A reference, which stands in every look, or something that came after the first of them."""
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, chance=0.5, seen_share=1.0,
                       state="present" if i >= _BEFORE or kind == "reference" else "absent")
                  for i, fit in enumerate(fits))
    return Structure(id=name, label=name, outline=outline, class_=kind, chance=0.9, first=Between(), last=Between(),
                     looks=looks)
