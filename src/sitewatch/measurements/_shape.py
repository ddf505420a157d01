"""Footprints that a fit can turn and stretch: one rectangle, or two end to end that make an L or a step.

A shape is a vector: the edges in a frame that is turned by an angle about a fixed origin, then the angle, then
the logarithm of the point spread. Everything is in pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from shapely import Polygon, affinity, box, unary_union

from sitewatch.geo import PIXEL_VARIANCE, Rectangle

__all__ = ["ONE", "TWO", "Layout", "Seen", "Shape"]

_SMALLEST_PX = 1.0

Part = tuple[int, int, int, int]
"""Indices into the vector of a part's two ends along the angle and its two sides across it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many rectangles, and which elements of the vector are their edges along and across the angle."""

    parts: tuple[Part, ...]
    axes: tuple[tuple[int, ...], tuple[int, ...]]


ONE = Layout(parts=((0, 1, 2, 3),), axes=((0, 1), (2, 3)))
TWO = Layout(parts=((0, 1, 3, 4), (1, 2, 5, 6)), axes=((0, 1, 2), (3, 4, 5, 6)))


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

    def in_two(self, share: float) -> Shape:
        """The same footprint as two rectangles that meet at a share of its length."""
        first, last, low, high, angle, blur = self.vector
        cut = first + share * (last - first)
        return Shape(layout=TWO, origin=self.origin,
                     vector=np.array([first, cut, last, low, high, low, high, angle, blur]))

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
        outwards[:-2] *= edges
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
        return Shape(layout=self.layout, origin=self.origin, vector=vector)

    @property
    def angle(self) -> float:
        """Radians from the x axis towards the y axis."""
        return float(self.vector[-2])

    @property
    def polygon(self) -> Polygon:
        """Its outline in the pixels of the crop."""
        v = self.vector
        whole = unary_union([box(v[a], v[c], v[b], v[d]) for a, b, c, d in self.layout.parts])
        turned = affinity.rotate(whole, self.angle, origin=(0, 0), use_radians=True)
        return affinity.translate(turned, *self.origin)

    @property
    def area(self) -> tuple[float, np.ndarray]:
        """Square pixels, and its gradient over the vector."""
        v, gradient, total = self.vector, np.zeros(len(self.vector)), 0.0
        for a, b, c, d in self.layout.parts:
            along, across = v[b] - v[a], v[d] - v[c]
            total += along * across
            gradient[[a, b]] += (-across, across)
            gradient[[c, d]] += (-along, along)
        return float(total), gradient

    @property
    def sides(self) -> tuple[tuple[float, np.ndarray], tuple[float, np.ndarray]]:
        """Extent along and across the angle in pixels, each with its gradient."""
        ends = self.layout.axes[0]
        lows, highs = ([part[i] for part in self.layout.parts] for i in (2, 3))
        low, high = min(lows, key=lambda i: self.vector[i]), max(highs, key=lambda i: self.vector[i])
        return self._between(ends[0], ends[-1]), self._between(low, high)

    def _between(self, low: int, high: int) -> tuple[float, np.ndarray]:
        gradient = np.zeros(len(self.vector))
        gradient[[low, high]] = (-1, 1)
        return float(self.vector[high] - self.vector[low]), gradient

    def seen(self, x: np.ndarray, y: np.ndarray, strip_px: float) -> Seen:
        """What pixels centred at x, y (pixel) see of the shape, and of a strip outside each of its outer edges."""
        v, cos, sin = self.vector, math.cos(self.angle), math.sin(self.angle)
        blur = math.exp(v[-1])
        sigma = math.sqrt(blur**2 + PIXEL_VARIANCE)
        dx, dy = x - self.origin[0], y - self.origin[1]
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        total, by = np.zeros(len(x)), np.zeros((len(x), len(v) - 2))
        strips = np.zeros_like(by)
        for a, b, c, d in self.layout.parts:
            ends, sides = (_strip(where, v[i], v[j], sigma) for where, i, j in ((along, a, b), (across, c, d)))
            total += ends * sides
            for where, other, low, high in ((along, sides, a, b), (across, ends, c, d)):
                by[:, low] -= _bell(where, v[low], sigma) * other
                by[:, high] += _bell(where, v[high], sigma) * other
                strips[:, low] = _strip(where, v[low] - strip_px, v[low], sigma) * other
                strips[:, high] = _strip(where, v[high], v[high] + strip_px, sigma) * other
        inner = [i for i in self.layout.axes[0] if sum(i in part for part in self.layout.parts) > 1]
        strips[:, inner] = 0
        away = np.empty_like(by)
        lever = np.empty_like(by)
        for axis, where, arm in zip(self.layout.axes, (along, across), (-across, along), strict=True):
            away[:, axis] = (where[:, None] - v[list(axis)]) / sigma
            lever[:, axis] = arm[:, None]
        return Seen(share=total, by_edge=by, lever=lever, spread=away * blur**2 / sigma, strips=strips)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """``share`` (pixel) of light from inside; ``by_edge`` (pixel, edge) how it changes as an edge moves outwards or
    inwards along its axis; the same times ``lever`` as the shape turns, times ``spread`` with the logarithm of the
    point spread; ``strips`` (pixel, edge) the share of light from a strip outside each edge."""

    share: np.ndarray
    by_edge: np.ndarray
    lever: np.ndarray
    spread: np.ndarray
    strips: np.ndarray


def _strip(position: np.ndarray, low: float, high: float, sigma: float) -> np.ndarray:
    """Share of light from between two edges."""
    return np.asarray(ndtr((position - low) / sigma) - ndtr((position - high) / sigma))


def _bell(position: np.ndarray, edge: float, sigma: float) -> np.ndarray:
    return np.asarray(np.exp(-(((position - edge) / sigma) ** 2) / 2) / (math.sqrt(2 * math.pi) * sigma))
