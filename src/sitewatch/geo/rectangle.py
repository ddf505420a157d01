"""Rectangles as a sensor sees them: in pixel coordinates, blurred by the point spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import scipy
from shapely import Polygon

__all__ = ["PIXEL_VARIANCE", "Rectangle"]

PIXEL_VARIANCE = 1 / 12  # a square pixel integrates light over its own width


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A rectangle in pixel coordinates (pixel (0, 0) covers 0..1); ``angle`` in radians turns its length
    from the x axis towards the y axis."""

    x: float
    y: float
    length: float
    width: float
    angle: float

    @classmethod
    def around(cls, mask: np.ndarray) -> Rectangle:
        """The rectangle of smallest area around the pixels of a (y, x) mask."""
        rows, columns = np.nonzero(mask)
        middles = cls.around_points(np.column_stack([columns, rows]) + 0.5)
        return replace(middles, length=middles.length + 1, width=middles.width + 1)

    @classmethod
    def around_points(cls, points: np.ndarray) -> Rectangle:
        """The rectangle of smallest area around (point, 2: x, y), its length the longer side."""
        (x, y), (a, b), degrees = cv2.minAreaRect(np.asarray(points, np.float32))
        angle = math.radians(degrees)
        length, width, angle = (a, b, angle) if a >= b else (b, a, angle + math.pi / 2)
        return cls(x=float(x), y=float(y), length=float(length), width=float(width), angle=angle)

    @classmethod
    def of(cls, vector: np.ndarray) -> Rectangle:
        """From (x, y, length, width, angle)."""
        x, y, length, width, angle = (float(v) for v in vector)
        return cls(x=x, y=y, length=length, width=width, angle=angle)

    @property
    def vector(self) -> np.ndarray:
        """(x, y, length, width, angle)."""
        return np.array([self.x, self.y, self.length, self.width, self.angle])

    @property
    def polygon(self) -> Polygon:
        """Its outline in pixel coordinates."""
        along = np.array([math.cos(self.angle), math.sin(self.angle)]) * self.length / 2
        across = np.array([-math.sin(self.angle), math.cos(self.angle)]) * self.width / 2
        corners = [along + across, -along + across, -along - across, along - across]
        return Polygon([(self.x + dx, self.y + dy) for dx, dy in corners])

    def seen(self, shape: tuple[int, int], blur_px: float, where: np.ndarray | None = None) -> np.ndarray:
        """(y, x) share of each pixel's light that comes from inside, through a Gaussian point spread; flat, of the
        pixels alone in which a (y, x) mask ``where`` is true."""
        along, across = self._axes(shape, where)
        sigma = math.sqrt(2 * (blur_px**2 + PIXEL_VARIANCE))
        return np.asarray(_between(along, self.length / 2, sigma) * _between(across, self.width / 2, sigma) / 4)

    def slopes(self, shape: tuple[int, int], blur_px: float, where: np.ndarray) -> np.ndarray:
        """(pixel, 5) how ``seen`` of these pixels changes with x, y, length, width and angle."""
        along, across = self._axes(shape, where)
        sigma, cos, sin = math.sqrt(2 * (blur_px**2 + PIXEL_VARIANCE)), math.cos(self.angle), math.sin(self.angle)
        lengthwise, by_along, by_length = _between_slopes(along, self.length / 2, sigma)
        crosswise, by_across, by_width = _between_slopes(across, self.width / 2, sigma)
        by_along, by_across = by_along * crosswise, by_across * lengthwise
        return np.column_stack([by_across * sin - by_along * cos, -by_along * sin - by_across * cos,
                                by_length * crosswise / 2, by_width * lengthwise / 2,
                                by_along * across - by_across * along]) / 4

    def distance(self, shape: tuple[int, int]) -> np.ndarray:
        """(y, x) distance of each pixel's centre from the nearest side in pixels, negative inside."""
        along, across = self._axes(shape)
        dx, dy = np.abs(along) - self.length / 2, np.abs(across) - self.width / 2
        return np.asarray(np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0))

    def _axes(self, shape: tuple[int, int], where: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = np.ogrid[:shape[0], :shape[1]] if where is None else np.nonzero(where)
        y, x = rows + 0.5 - self.y, columns + 0.5 - self.x
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return x * cos + y * sin, y * cos - x * sin


def _between(away: np.ndarray, half: float, sigma: float) -> np.ndarray:
    """Twice the share of light from within ``half`` of a middle line that is ``away``."""
    return np.asarray(scipy.special.erf((away + half) / sigma) - scipy.special.erf((away - half) / sigma))


def _between_slopes(away: np.ndarray, half: float, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``_between``, and how it changes with ``away`` and with ``half``."""
    one, other = (2 / (math.sqrt(math.pi) * sigma) * np.exp(-((away + side) / sigma) ** 2) for side in (half, -half))
    return _between(away, half, sigma), one - other, one + other
