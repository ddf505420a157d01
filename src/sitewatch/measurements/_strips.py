"""A building whose sun is not known: a roof of one tone with a strip of its own tone beside each edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._edges import Frame, crossed
from sitewatch.measurements._shape import Shape

__all__ = ["Strips"]

_STRIP_PX, _STRIP_BLURS = 3.0, 4.0    # how wide the strips beside the edges are
_SMALL_PX = 0.02
_APART = 0.02, 0.002, 0.02            # by how much an edge in pixels, the angle and the log blur are moved


class Strips:
    """A strip stands for shadow, apron and yard alike. Its outer end stays when the edge is moved: an edge that moves
    takes the place of its strip."""

    faces = 1

    def __init__(self, shape: Shape, crop: Crop, stepped_from: Shape | None = None) -> None:
        self._shape, self._crop = shape, crop
        there = stepped_from or shape
        self._frame, v = Frame(shape, crop), shape.vector
        self._parts = [(self._along(v[a], v[b]), self._across(v[c], v[d])) for a, b, c, d in shape.layout.parts]
        self.share = np.asarray(np.sum([ends * sides for ends, sides in self._parts], axis=0))
        strips = self._strips(there.vector, max(_STRIP_PX, _STRIP_BLURS * there.blur_px))
        self.strips = tuple(strips)
        outside = crop.other * (1 - self.share)[:, None]
        plain = np.column_stack([self.share, *strips.values(), outside, crop.level])
        moved = np.column_stack([plain, *self._moved()]) if any(lit.may_move for lit in crop.suns) else plain
        self.columns = tuple(moved if lit.may_move else plain for lit in crop.suns)

    def changes(self, tones: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each sun (vector, image, pixel): how what is seen in those tones changes with each element."""
        shape, size = self._shape, len(self._shape.vector)
        out = [np.empty((size, tone.shape[1], len(self.share))) for tone in tones]
        for element, by in enumerate([_APART[0]] * shape.layout.edges + list(_APART[1:])):
            there = replace(shape, vector=shape.vector + by * np.eye(size)[element])
            beyond = Strips(there, self._crop, shape)
            for change, after, before, tone in zip(out, beyond.columns, self.columns, tones, strict=True):
                change[element] = ((after - before) @ (tone / by)).T
        return out

    def _strips(self, ends: np.ndarray, width_px: float) -> dict[int, np.ndarray]:
        """(pixel) of a strip outside each outer edge, so wide from the edges of that vector, by the edge's index."""
        v, strips = self._shape.vector, {}
        inner = self._shape.layout.axes[0][1:-1]
        for (a, b, c, d), (along, across) in zip(self._shape.layout.parts, self._parts, strict=True):
            strips[a] = self._along(ends[a] - width_px, v[a]) * across
            strips[b] = self._along(v[b], ends[b] + width_px) * across
            strips[c] = self._across(ends[c] - width_px, v[c]) * along
            strips[d] = self._across(v[d], ends[d] + width_px) * along
        return {edge: strip for edge, strip in sorted(strips.items()) if edge not in inner}

    def _moved(self) -> list[np.ndarray]:
        """(pixel) of what changes as the shape moves along, and across, its angle."""
        v, moved = self._shape.vector, []
        for right, down in ((_SMALL_PX, 0.0), (0.0, _SMALL_PX)):
            there = sum(self._along(v[a] + right, v[b] + right) * self._across(v[c] + down, v[d] + down)
                        for a, b, c, d in self._shape.layout.parts)
            moved.append((there - self.share) / _SMALL_PX)
        return moved

    def _along(self, low: float, high: float) -> np.ndarray:
        return self._between(self._frame.along, low, high)

    def _across(self, low: float, high: float) -> np.ndarray:
        return self._between(self._frame.across, low, high)

    def _between(self, position: np.ndarray, low: float, high: float) -> np.ndarray:
        """(pixel) share of light from between two edges."""
        return np.asarray(crossed((position - low) / self._frame.sigma)[0]
                          - crossed((position - high) / self._frame.sigma)[0])
