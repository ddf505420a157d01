"""What pixels see of a footprint, of what is around it and of the ground, through the point spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._shape import Shape
from sitewatch.measurements._strips import Strips
from sitewatch.measurements._sunny import Sunny

__all__ = ["Seen", "seen_of"]


class Seen(Protocol):
    """``columns`` (pixel, thing) for each sun: shares of light from what has a tone of its own there, the first
    ``faces`` of them the roof's; ``share`` (pixel) of light from the whole roof."""

    @property
    def columns(self) -> tuple[np.ndarray, ...]: ...
    @property
    def share(self) -> np.ndarray: ...
    @property
    def faces(self) -> int: ...

    def changes(self, tones: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each sun (vector, image, pixel): how what is seen in those tones changes with each element."""


def seen_of(shape: Shape, crop: Crop) -> Seen:
    """A shape before its ground, under each sun of the crop."""
    return Sunny(shape, crop) if shape.is_lit else Strips(shape, crop)
