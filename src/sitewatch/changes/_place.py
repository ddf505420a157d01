"""Where a few pixels lie on a large grid: what concerns them alone is worked out in a window around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A window of a grid: its ``corner`` (row, column), and the pixels of it that are meant, a (y, x) bool ``mask``."""

    corner: tuple[int, int]
    mask: np.ndarray

    @classmethod
    def around(cls, pixels: np.ndarray, shape: tuple[int, int], margin_px: int) -> Place:
        """Flat pixels of a grid of that shape, with so many pixels around them as far as the grid goes."""
        rows, columns = np.divmod(pixels, shape[1])
        top, left = (max(int(places.min()) - margin_px, 0) for places in (rows, columns))
        bottom, right = (min(int(places.max()) + 1 + margin_px, side)
                         for places, side in zip((rows, columns), shape, strict=True))
        mask = np.zeros((bottom - top, right - left), bool)
        mask[rows - top, columns - left] = True
        return cls(corner=(top, left), mask=mask)

    def cut(self, values: np.ndarray) -> np.ndarray:
        """The window of (..., y, x) values, as a view of them."""
        (top, left), (height, width) = self.corner, self.mask.shape
        return values[..., top:top + height, left:left + width]
