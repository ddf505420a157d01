"""What pixels see of a footprint, of its shadow and yard, and of the ground around, through the point spread.

Where the sun is known in every look, a rectangle is a gabled roof (two faces, each of its own tone), its shadow, which
follows from one height and the sun, and a yard that ends where it ends. Elsewhere, and for two rectangles, it is a roof
of one tone with a strip of its own tone beside each edge, which has to stand for shadow, apron and yard alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sitewatch.geo import PIXEL_VARIANCE
from sitewatch.measurements._crop import Crop
from sitewatch.measurements._shape import Shape

__all__ = ["Seen", "seen_of"]

_STRIP_PX, _STRIP_BLURS = 3.0, 4.0    # how wide the strips beside the edges are
_SMALL_PX = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """``columns`` (pixel, thing) for each sun: shares of light from what has a tone of its own there, the first
    ``faces`` of them the roof's, the next the ``strips`` beside those edges; ``share`` (pixel) of light from the whole
    roof."""

    columns: tuple[np.ndarray, ...]
    share: np.ndarray
    faces: int
    strips: tuple[int, ...] = ()


def seen_of(shape: Shape, crop: Crop, stepped_from: Shape | None = None) -> Seen:
    """A shape before its ground, under each sun of the crop.

    ``stepped_from``: strips still end where they ended there; an edge that moves takes the place of its strip.
    """
    place = _Place(shape, crop)
    share = place.roof()
    level = np.stack([np.ones(len(crop.x)), *((at - at.mean()) / 10 for at in (crop.x, crop.y)), *crop.neighbours.T], 1)
    if not shape.is_lit:
        outside = crop.other * (1 - share)[:, None]
        there = stepped_from or shape
        strips = place.strips(there.vector, max(_STRIP_PX, _STRIP_BLURS * there.blur_px))
        columns = np.column_stack([share, *strips.values(), outside, level])
        moved = np.column_stack([columns, *place.moved()])
        return Seen(columns=tuple(moved if lit.may_move else columns for lit in crop.suns), share=share, faces=1,
                    strips=tuple(strips))
    roof = list(place.faces())
    yard = place.grown(shape.yard_px) - share
    under = []
    for lit in crop.suns:
        dark = place.shadow(lit.way or (0.0, 0.0), shape.height_m)
        outside = crop.other * ((1 - share - yard) * (1 - dark))[:, None]
        under.append(np.column_stack([*roof, dark, yard * (1 - dark), outside, level]))
    return Seen(columns=tuple(under), share=share, faces=len(roof))


class _Place:
    """The pixels of a crop in the frame of a shape."""

    def __init__(self, shape: Shape, crop: Crop) -> None:
        self._shape, self._edges = shape, shape.vector
        self._cos, self._sin = math.cos(shape.angle), math.sin(shape.angle)
        self._sigma = math.sqrt(shape.blur_px**2 + PIXEL_VARIANCE)
        dx, dy = crop.x - shape.origin[0], crop.y - shape.origin[1]
        self._along, self._across = dx * self._cos + dy * self._sin, dy * self._cos - dx * self._sin
        v = shape.vector
        self.parts = [(self._between(self._along, v[a], v[b]), self._between(self._across, v[c], v[d]))
                      for a, b, c, d in shape.layout.parts]

    def strips(self, ends: np.ndarray, width_px: float) -> dict[int, np.ndarray]:
        """(pixel) of a strip outside each outer edge, so wide from the edges of that vector, by the edge's index."""
        v, strips = self._edges, {}
        inner = [i for i in self._shape.layout.axes[0] if sum(i in part for part in self._shape.layout.parts) > 1]
        for (a, b, c, d), (along, across) in zip(self._shape.layout.parts, self.parts, strict=True):
            for where, other, low, high in ((self._along, across, a, b), (self._across, along, c, d)):
                strips[low] = self._between(where, ends[low] - width_px, v[low]) * other
                strips[high] = self._between(where, v[high], ends[high] + width_px) * other
        return {edge: strip for edge, strip in sorted(strips.items()) if edge not in inner}

    def moved(self) -> Iterator[np.ndarray]:
        """(pixel) of what changes as the shape moves along, and across, its angle."""
        v, still = self._edges, self.roof()
        for right, down in ((_SMALL_PX, 0.0), (0.0, _SMALL_PX)):
            there = sum(self._between(self._along - right, v[a], v[b]) * self._between(self._across - down, v[c], v[d])
                        for a, b, c, d in self._shape.layout.parts)
            yield (there - still) / _SMALL_PX

    def roof(self) -> np.ndarray:
        """(pixel) of the whole roof."""
        return np.asarray(np.sum([ends * sides for ends, sides in self.parts], axis=0))

    def faces(self) -> Iterator[np.ndarray]:
        """(pixel) of the two faces of a roof whose ridge runs along the middle of the longer side."""
        first, last, low, high = self._edges[:4]
        [(ends, sides)] = self.parts
        if last - first >= high - low:
            ridge = (low + high) / 2
            yield from (ends * self._between(self._across, *face) for face in ((low, ridge), (ridge, high)))
        else:
            ridge = (first + last) / 2
            yield from (sides * self._between(self._along, *face) for face in ((first, ridge), (ridge, last)))

    def grown(self, by_px: np.ndarray) -> np.ndarray:
        """(pixel) of the rectangle and its yard, which reaches so far beyond each edge."""
        first, last, low, high = self._edges[:4] + by_px * (-1, 1, -1, 1)
        return np.asarray(self._between(self._along, first, last) * self._between(self._across, low, high))

    def shadow(self, way: tuple[float, float], height_m: float) -> np.ndarray:
        """(pixel) of what a flat-topped block hides from the sun: two sheared strips beyond the edges turned away."""
        by = (way[0] * self._cos + way[1] * self._sin) * height_m, (way[1] * self._cos - way[0] * self._sin) * height_m
        first, last, low, high = self._edges[:4]
        along, first, last = (self._along, first, last) if by[0] >= 0 else (-self._along, -last, -first)
        across, low, high = (self._across, low, high) if by[1] >= 0 else (-self._across, -high, -low)
        right, up = max(abs(by[0]), 1e-6), max(abs(by[1]), 1e-6)
        gone_up, gone_right = np.clip((across - high) / up, 0, 1), np.clip((along - last) / right, 0, 1)
        above = self._between(across, high, high + up) * self._between(along, first + gone_up * right,
                                                                      last + gone_up * right)
        beside = self._between(along, last, last + right) * self._between(across, low + gone_right * up,
                                                                         high + gone_right * up)
        return np.asarray(above + beside)

    def _between(self, position: np.ndarray, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
        """(pixel) share of light from between two edges."""
        return np.asarray(ndtr((position - low) / self._sigma) - ndtr((position - high) / self._sigma))
