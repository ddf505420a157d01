"""Straight edges seen through the point spread: shares of light, and how these change as an edge moves.

A blurred edge is the normal distribution's integral, taken to 0.00014 by a logistic curve whose slope costs nothing
more (Bowling et al. 2009, A logistic approximation to the cumulative normal distribution).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sitewatch.geo import PIXEL_VARIANCE
from sitewatch.measurements._crop import Crop
from sitewatch.measurements._shape import Shape

__all__ = ["Area", "Frame", "Told", "crossed"]

_A, _B = 1.5957691216, 0.07056
_FAR = 8.0    # in sigmas: nothing comes from beyond

Told = tuple[float, tuple[tuple[int, float], ...]]
"""Where an edge lies, and which elements of the vector move it, each by how much."""


@dataclass(slots=True)
class Area:
    """(pixel) ``share`` of light from an area, and ``by`` (element of the vector: pixel) how that changes."""

    share: np.ndarray
    by: dict[int, np.ndarray] = field(default_factory=dict)

    def moved(self, elements: Sequence[tuple[int, float]], change: np.ndarray) -> None:
        """Each element changes the share by so much of that."""
        for element, much in elements:
            more = change if much == 1 else much * change
            self.by[element] = self.by[element] + more if element in self.by else more


def crossed(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of light from beyond an edge that lies z sigmas behind, and its derivative."""
    z = np.clip(z, -_FAR, _FAR)
    square = z * z
    share = 1 / (1 + np.exp(-z * (_A + _B * square)))
    return share, share * (1 - share) * (_A + 3 * _B * square)


class Frame:
    """The pixels of a crop in the frame of a shape, along and across its angle, in pixels about its origin."""

    def __init__(self, shape: Shape, crop: Crop) -> None:
        cos, sin = math.cos(shape.angle), math.sin(shape.angle)
        dx, dy = crop.x - shape.origin[0], crop.y - shape.origin[1]
        self.along, self.across = dx * cos + dy * sin, dy * cos - dx * sin
        self.sigma = math.sqrt(shape.blur_px**2 + PIXEL_VARIANCE)
        self.by_log_blur = (shape.blur_px / self.sigma) ** 2
        self.turn, self.spread = ((shape.layout.edges + i, 1.0) for i in range(2))
        self._axes = cos, sin

    def rectangle(self, edges: Sequence[Told]) -> Area:
        """Light from between two ends and two sides."""
        (first, last, low, high), told = (np.array([edge for edge, _ in edges]), [by for _, by in edges])
        z = np.stack([self.along - first, self.along - last, self.across - low, self.across - high]) / self.sigma
        share, slope = crossed(z)
        ends, sides = share[0] - share[1], share[2] - share[3]
        slope *= np.stack([sides, -sides, ends, -ends]) / self.sigma
        area = Area(ends * sides)
        for elements, change in zip(told, slope, strict=True):
            area.moved(elements, -change)
        area.moved([self.turn], (slope[0] + slope[1]) * self.across - (slope[2] + slope[3]) * self.along)
        area.moved([self.spread], -(self.sigma * self.by_log_blur) * np.einsum("ep,ep->p", slope, z))
        return area

    def shadow(self, edges: Sequence[Told], way: tuple[float, float],
               longer: Sequence[tuple[int, tuple[float, float]]]) -> Area:
        """Light from all that a rectangle crosses on a way (right, down, in pixels), without its own place.

        ``longer``: elements of the vector that lengthen the way, each by how much. Two sheared strips lie beyond the
        two edges on the far side, and meet where the far corner goes.
        """
        first, last, low, high = edges
        right, up = self._turned(way)
        by = [(element, self._turned(much)) for element, much in longer]
        beyond = _Way(up, right, -right, up, [(element, (much[1], much[0])) for element, much in by])
        area = self._sheared((self.across, -self.along), (self.along, self.across),
                             (high if up > 0 else low, first, last), beyond)
        beside = _Way(right, up, up, -right, by)
        other = self._sheared((self.along, self.across), (self.across, -self.along),
                              (last if right > 0 else first, low, high), beside)
        area.share = area.share + other.share
        for element, change in other.by.items():
            area.moved([(element, 1.0)], change)
        return area

    def _turned(self, way: tuple[float, float]) -> tuple[float, float]:
        """Along and across, from right and down."""
        cos, sin = self._axes
        return way[0] * cos + way[1] * sin, way[1] * cos - way[0] * sin

    def _sheared(self, out: tuple[np.ndarray, np.ndarray], along: tuple[np.ndarray, np.ndarray],
                 edges: tuple[Told, Told, Told], way: _Way) -> Area:
        """A strip beyond an edge, between two ends that go aside the farther out. ``out`` and ``along`` are where the
        pixels lie, and how that changes as all is turned."""
        base, first, last = edges
        sign, far = math.copysign(1, way.far), max(abs(way.far), 1e-6)
        beyond = sign * (out[0] - base[0])
        share_out = np.clip(beyond / far, 0, 1)
        aside = along[0] - share_out * way.side
        z = np.stack([beyond, beyond - far, aside - first[0], aside - last[0]]) / self.sigma
        share, slope = crossed(z)
        wide, long = share[0] - share[1], share[2] - share[3]
        slope *= np.stack([long, long, wide, wide]) / self.sigma
        by_out, by_along = slope[0] - slope[1], slope[2] - slope[3]
        leans = np.where((share_out > 0) & (share_out < 1), by_along * (way.side / far), 0)
        area = Area(wide * long)
        area.moved(base[1], sign * (leans - by_out))
        area.moved(first[1], -slope[2])
        area.moved(last[1], slope[3])
        blurred = slope[0] * z[0] - slope[1] * z[1] + slope[2] * z[2] - slope[3] * z[3]
        area.moved([self.spread], -(self.sigma * self.by_log_blur) * blurred)

        def longer(far_by: float, side_by: float) -> np.ndarray:
            return np.asarray(sign * far_by * (slope[1] + share_out * leans) - side_by * share_out * by_along)
        area.moved([self.turn], sign * out[1] * (by_out - leans) + along[1] * by_along
                   + longer(way.far_turned, way.side_turned))
        for element, (far_by, side_by) in way.longer:
            area.moved([(element, 1.0)], longer(far_by, side_by))
        return area


@dataclass(frozen=True, slots=True)
class _Way:
    """How far out and aside a shadow goes, how that changes as the frame is turned, and with which elements."""

    far: float
    side: float
    far_turned: float
    side_turned: float
    longer: Sequence[tuple[int, tuple[float, float]]]
