"""The plan of a world: rectangles in metres, and the fine pixels on which they are painted.

Plan coordinates: x metres to the right (east) and y metres down (south) from the world's top left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from odc.geo.geobox import GeoBox
from shapely import Polygon

__all__ = ["Frame", "Rect", "Texture", "cloudy_noise"]

_LATTICE = 256  # random numbers to a side before a lattice repeats itself
_CUBIC = 0.87   # spread of a cubic interpolation between random numbers of spread 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A rectangle on the plan: centre and sides in metres, long side turned clockwise from east."""

    x: float
    y: float
    length: float
    width: float
    turn_deg: float = 0.0

    def moved(self, right_m: float, down_m: float) -> Rect:
        """The same rectangle elsewhere."""
        return replace(self, x=self.x + right_m, y=self.y + down_m)

    def along(self, along_m: float, across_m: float = 0.0) -> Rect:
        """The same rectangle, moved in its own directions."""
        turn = math.radians(self.turn_deg)
        return self.moved(along_m * math.cos(turn) - across_m * math.sin(turn),
                          along_m * math.sin(turn) + across_m * math.cos(turn))

    def grown(self, by_m: float) -> Rect:
        """Wider by so much on every side."""
        return replace(self, length=self.length + 2 * by_m, width=self.width + 2 * by_m)

    def turned_round(self) -> Rect:
        """The same rectangle, its first end now its last."""
        return replace(self, turn_deg=self.turn_deg + 180)

    def first(self, share: float) -> Rect:
        """The first share of its length, 0 to 1."""
        return replace(self.along((share - 1) * self.length / 2), length=self.length * share)

    def strip(self, across_m: float, width_m: float) -> Rect:
        """A strip along it, its middle so far across from the rectangle's own."""
        return replace(self.along(0, across_m), width=width_m)

    def polygon(self) -> Polygon:
        """Its outline in plan coordinates."""
        corners = [self.along(a * self.length / 2, b * self.width / 2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        return Polygon([(corner.x, corner.y) for corner in corners])

    def outline(self, grid: GeoBox) -> Polygon:
        """Its outline in the coordinates of a grid whose top left corner is the world's."""
        return Polygon([(grid.affine.c + x, grid.affine.f - y) for x, y in self.polygon().exterior.coords])


@dataclass(frozen=True, slots=True)
class Frame:
    """Fine pixels of ``pixel_m`` over the plan and ``margin_m`` around it."""

    pixel_m: float
    size_px: tuple[int, int]
    margin_m: float

    @classmethod
    def around(cls, size_m: tuple[float, float], pixel_m: float, margin_m: float) -> Frame:
        """The frame of a world of that width and height."""
        width, height = (math.ceil((side + 2 * margin_m) / pixel_m) for side in size_m)
        return cls(pixel_m, (height, width), margin_m)

    @property
    def x(self) -> np.ndarray:
        """(1, x) float32 plan coordinate of the pixels' centres."""
        return ((np.arange(self.size_px[1], dtype=np.float32) + 0.5) * self.pixel_m - self.margin_m)[None]

    @property
    def y(self) -> np.ndarray:
        """(y, 1) float32 plan coordinate of the pixels' centres."""
        return ((np.arange(self.size_px[0], dtype=np.float32) + 0.5) * self.pixel_m - self.margin_m)[:, None]

    def coverage(self, rect: Rect) -> tuple[tuple[slice, slice], np.ndarray]:
        """The window that the rectangle touches and the (y, x) share of each of its pixels that lies within."""
        reach = math.hypot(rect.length, rect.width) / 2 + self.pixel_m
        rows, cols = (slice(min(max(0, math.floor((centre + self.margin_m - reach) / self.pixel_m)), end),
                            min(max(0, math.ceil((centre + self.margin_m + reach) / self.pixel_m)), end))
                      for centre, end in ((rect.y, self.size_px[0]), (rect.x, self.size_px[1])))
        along, across = self.along_across(rect, (rows, cols))
        sides = [np.clip(half / self.pixel_m - np.abs(way) / self.pixel_m + 0.5, 0, min(1.0, 2 * half / self.pixel_m))
                 for way, half in ((along, rect.length / 2), (across, rect.width / 2))]
        return (rows, cols), sides[0] * sides[1]

    def along_across(self, rect: Rect, window: tuple[slice, slice] = (slice(None), slice(None))
                     ) -> tuple[np.ndarray, np.ndarray]:
        """(y, x) metres along and across the rectangle from its centre, at the centres of the window's pixels."""
        turn = math.radians(rect.turn_deg)
        y, x = self.y[window[0]] - np.float32(rect.y), self.x[:, window[1]] - np.float32(rect.x)
        cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
        return x * cos + y * sin, y * cos - x * sin


@dataclass(frozen=True, slots=True)
class Texture:
    """Noise that belongs to the place: the same on every frame, patches from ``broadest_m`` down by halves."""

    key: tuple[int, ...]
    broadest_m: float
    octaves: int = 5

    def on(self, frame: Frame) -> np.ndarray:
        """(y, x) float32 of mean 0 and spread 1; patches finer than two pixels are left out, as blur would."""
        total, power = np.zeros(frame.size_px, np.float32), 0.0
        for octave in range(self.octaves):
            cell_m = self.broadest_m / 2**octave
            power += 0.55**(2 * octave)
            if octave and cell_m < 2 * frame.pixel_m:
                continue
            total += 0.55**octave * _lattice(self.key, octave, cell_m, frame)
        return np.asarray(total / (_CUBIC * math.sqrt(power)), np.float32)


def cloudy_noise(draw: np.random.Generator, size_px: tuple[int, int], broadest_px: float,
                 octaves: int = 5) -> np.ndarray:
    """(y, x) float32 noise of mean 0 and spread 1 with patches from ``broadest_px`` down by halves."""
    total = np.zeros(size_px, np.float32)
    for octave in range(octaves):
        cells = tuple(min(max(2, math.ceil(side / broadest_px * 2**octave)) + 3, side) for side in size_px)
        patch = draw.standard_normal(cells, np.float32)
        total += cv2.resize(patch, size_px[::-1], interpolation=cv2.INTER_CUBIC) * 0.55**octave
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-6))


def _lattice(key: tuple[int, ...], octave: int, cell_m: float, frame: Frame) -> np.ndarray:
    """(y, x) cubic interpolation of random numbers that stand every ``cell_m`` from a corner far outside."""
    origin_m = frame.margin_m + 3 * cell_m
    cells = [math.ceil((side * frame.pixel_m + 6 * cell_m) / cell_m) + 2 for side in frame.size_px]
    # Whoever looks from a frame of another margin must find the same number at the same place of the plan.
    first = math.floor(-origin_m / cell_m)
    draw = np.random.default_rng([*key, octave])
    field = draw.standard_normal((_LATTICE, _LATTICE), np.float32)
    rows, cols = (np.arange(first, first + count) % _LATTICE for count in cells)
    step = cell_m / frame.pixel_m
    offset = (first * cell_m + frame.margin_m) / frame.pixel_m + step / 2 - 0.5
    move = np.array([[step, 0, offset], [0, step, offset]])
    return np.asarray(cv2.warpAffine(field[np.ix_(rows, cols)], move, frame.size_px[::-1], flags=cv2.INTER_CUBIC,
                                     borderMode=cv2.BORDER_REFLECT))

