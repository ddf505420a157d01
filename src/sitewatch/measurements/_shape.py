"""Footprints that a fit can turn and stretch: one rectangle, or two or three end to end that make an L, a T or a U.

A shape is a vector: the edges in a frame that is turned by an angle about a fixed origin, then the angle, then
the logarithm of the point spread. Everything is in pixels. Where the sun is known there are six more: its height in
metres, by how much the ground rises along its shadow, and the logarithm of the width of its yard beyond each side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from shapely import Polygon, affinity, box, unary_union

from sitewatch.geo import Rectangle

__all__ = ["HEIGHT", "HEIGHT_M", "ONE", "RISE", "THREE", "TWO", "YARD", "YARD_PX", "Layout", "Part", "Shape"]

_SMALLEST_PX = 1.0
HEIGHT_M, YARD_PX = 8.0, 2.5    # where a fit begins: a hall, and a yard of a few pixels
_HEIGHTS_M, _RISES, _YARDS_PX = (1.0, 60.0), (-0.15, 0.15), (0.5, 10.0)
HEIGHT, RISE, YARD = -6, -5, slice(-4, None)    # where these stand in the vector of a shape in sunshine

Part = tuple[int, int, int, int]
"""Indices into the vector of a part's two ends along the angle and its two sides across it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many rectangles, and which elements of the vector are their edges along and across the angle."""

    parts: tuple[Part, ...]
    axes: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def edges(self) -> int:
        """How many edges it has."""
        return sum(len(axis) for axis in self.axes)


ONE = Layout(parts=((0, 1, 2, 3),), axes=((0, 1), (2, 3)))
TWO = Layout(parts=((0, 1, 3, 4), (1, 2, 5, 6)), axes=((0, 1, 2), (3, 4, 5, 6)))
THREE = Layout(parts=((0, 1, 4, 5), (1, 2, 6, 7), (2, 3, 8, 9)), axes=((0, 1, 2, 3), (4, 5, 6, 7, 8, 9)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A layout with its vector about an origin (x, y)."""

    layout: Layout
    origin: tuple[float, float]
    vector: np.ndarray

    @classmethod
    def of_rectangle(cls, rectangle: Rectangle, blur_px: float) -> Shape:
        """One rectangle, seen through a point spread."""
        length, width = rectangle.length / 2, rectangle.width / 2
        return cls(layout=ONE, origin=(rectangle.x, rectangle.y),
                   vector=np.array([-length, length, -width, width, rectangle.angle, math.log(blur_px)]))

    def turned(self) -> Shape:
        """The same rectangle with its ends for sides and its sides for ends."""
        first, last, low, high, angle, *rest = self.vector
        ends = rest[-4:] if self.is_lit else []
        around = [*rest[:-4], ends[2], ends[3], ends[1], ends[0]] if self.is_lit else rest
        return Shape(layout=ONE, origin=self.origin,
                     vector=np.array([low, high, -last, -first, angle + math.pi / 2, *around]))

    def cut(self, part: int, share: float, sides: tuple[tuple[float, float], tuple[float, float]]) -> Shape:
        """One of its parts as two that meet at a share of its length, each so far in from its sides, in widths."""
        v, parts = self.vector, self.layout.parts
        ends = [v[i] for i in self.layout.axes[0]]
        ends.insert(part + 1, ends[part] + share * (ends[part + 1] - ends[part]))
        across = []
        for number, (_, _, low, high) in enumerate(parts):
            wide = v[high] - v[low]
            across += [(v[low] + a * wide, v[high] - b * wide) for a, b in (sides if number == part else ((0, 0),))]
        layout = {2: TWO, 3: THREE}[len(across)]
        return Shape(layout=layout, origin=self.origin,
                     vector=np.array([*ends, *np.ravel(across), *v[self.layout.edges:]]))

    def lit(self) -> Shape:
        """The same shape with a height and a yard, on level ground, as the sun shows them."""
        around = [HEIGHT_M, 0.0, *[math.log(YARD_PX)] * 4]
        return Shape(layout=self.layout, origin=self.origin, vector=np.append(self.unlit().vector, around))

    def unlit(self) -> Shape:
        """The same shape without height and yard, for looks whose sun is not known."""
        return Shape(layout=self.layout, origin=self.origin, vector=self.vector[:self.layout.edges + 2])

    def shrunk(self, share: float) -> Shape:
        """One rectangle with sides of that share of its own."""
        first, last, low, high, *rest = self.vector
        along, across = (last - first) * (1 - share) / 2, (high - low) * (1 - share) / 2
        return Shape(layout=self.layout, origin=self.origin,
                     vector=np.array([first + along, last - along, low + across, high - across, *rest]))

    def lengthened(self, edges: np.ndarray, by_px: float) -> Shape:
        """The shape with those of its outer edges (edge, bool) moved outwards."""
        outwards = np.zeros(len(self.vector))
        for first, last, low, high in self.layout.parts:
            outwards[[first, low]], outwards[[last, high]] = -by_px, by_px
        outwards[:len(edges)] *= edges
        return Shape(layout=self.layout, origin=self.origin, vector=self.vector + outwards)

    def seen_from(self, dx: float, dy: float) -> Shape:
        """The same shape in a frame whose origin lies at (dx, dy) of this one."""
        return Shape(layout=self.layout, origin=(self.origin[0] - dx, self.origin[1] - dy), vector=self.vector)

    def stepped(self, step: np.ndarray) -> Shape:
        """The shape with its vector moved; edges keep a pixel between them."""
        vector = self.vector + step
        for first, last, low, high in self.layout.parts:
            vector[last] = max(vector[last], vector[first] + _SMALLEST_PX)
            vector[high] = max(vector[high], vector[low] + _SMALLEST_PX)
        if self.is_lit:
            vector[HEIGHT] = np.clip(vector[HEIGHT], *_HEIGHTS_M)
            vector[RISE] = np.clip(vector[RISE], *_RISES)
            vector[YARD] = np.clip(vector[YARD], *np.log(_YARDS_PX))
        return Shape(layout=self.layout, origin=self.origin, vector=vector)

    @property
    def is_lit(self) -> bool:
        """Whether it has a height and a yard."""
        return len(self.vector) > self.layout.edges + 2

    @property
    def angle(self) -> float:
        """Radians from the x axis towards the y axis."""
        return float(self.vector[self.layout.edges])

    @property
    def blur_px(self) -> float:
        """Standard deviation of the point spread."""
        return math.exp(self.vector[self.layout.edges + 1])

    @property
    def height_m(self) -> float:
        """By its shadow; only where the sun is known."""
        return float(self.vector[HEIGHT])

    @property
    def rise(self) -> float:
        """Metres by which the ground rises per metre along the shadow; only where the sun is known."""
        return float(self.vector[RISE])

    @property
    def yard_px(self) -> np.ndarray:
        """(4) widths of its yard beyond its ends and its sides; only where the sun is known."""
        return np.asarray(np.exp(self.vector[YARD]))

    @property
    def polygon(self) -> Polygon:
        """Its outline in the pixels of the crop."""
        v = self.vector
        whole = unary_union([box(v[a], v[c], v[b], v[d]) for a, b, c, d in self.layout.parts])
        turned = affinity.rotate(whole, self.angle, origin=(0, 0), use_radians=True)
        return affinity.translate(turned, *self.origin)

    @property
    def area(self) -> tuple[float, np.ndarray]:
        """Square pixels, and its gradient over edges and angle."""
        v, gradient, total = self.vector, np.zeros(self.layout.edges + 1), 0.0
        for a, b, c, d in self.layout.parts:
            along, across = v[b] - v[a], v[d] - v[c]
            total += along * across
            gradient[[a, b]] += (-across, across)
            gradient[[c, d]] += (-along, along)
        return float(total), gradient

    @property
    def outermost(self) -> tuple[int, int, int, int]:
        """The elements of the vector that are its first and last end, its lowest and its highest side."""
        ends = self.layout.axes[0]
        lows, highs = ([part[i] for part in self.layout.parts] for i in (2, 3))
        return (ends[0], ends[-1], min(lows, key=lambda i: float(self.vector[i])),
                max(highs, key=lambda i: float(self.vector[i])))

    @property
    def sides(self) -> tuple[tuple[float, np.ndarray], tuple[float, np.ndarray]]:
        """Extent along and across the angle in pixels, each with its gradient."""
        first, last, low, high = self.outermost
        return self._between(first, last), self._between(low, high)

    def _between(self, low: int, high: int) -> tuple[float, np.ndarray]:
        gradient = np.zeros(self.layout.edges + 1)
        gradient[[low, high]] = (-1, 1)
        return float(self.vector[high] - self.vector[low]), gradient
