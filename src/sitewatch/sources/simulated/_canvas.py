"""The fine pixels on which a scene is painted, one surface at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sitewatch.sources.simulated._plan import Frame, Rect
from sitewatch.sources.simulated._surfaces import blend, spectrum
from sitewatch.sources.simulated._things import Layer

__all__ = ["Canvas"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A scene being painted. All arrays are float32 on the frame.

    ``reflectance`` (band, y, x) of the ground, later the light that leaves it; ``height_m`` (y, x) of what stands on
    it; ``trees`` (y, x) share of crown cover; ``tone`` (y, x) unevenness of the place, mean 0 and spread 1.
    """

    frame: Frame
    bands: tuple[str, ...]
    reflectance: np.ndarray
    height_m: np.ndarray
    trees: np.ndarray
    tone: np.ndarray

    def lay(self, layers: Iterable[Layer]) -> None:
        """Put down surfaces in their order: what is flat in its colour, what stands as a height; trees give way."""
        for layer in layers:
            window, covered = self.frame.coverage(layer.rect)
            if covered.size == 0:
                continue
            self.trees[window] *= 1 - covered
            if layer.height_m == 0:
                self.cover(window, covered, spectrum(layer.surface, self.bands), layer.rough)
            if not layer.floats:  # all or nothing: half a height at an edge would throw half a shadow
                self.height_m[window][covered > 0.5 * covered.max()] = layer.height_m

    def cover(self, window: tuple[slice, slice], covered: np.ndarray, colour: np.ndarray, rough: float = 0.0) -> None:
        """Paint a (band) or (band, y, x) colour over a window by its (y, x) coverage."""
        colour = colour[:, None, None] if colour.ndim == 1 else colour
        wanted = colour * (1 + rough * self.tone[window]) if rough else colour
        blend(self.reflectance[:, *window], covered, wanted)

    def paint(self, rect: Rect, colour: np.ndarray, rough: float = 0.0) -> None:
        """Paint a (band) colour over a rectangle."""
        window, covered = self.frame.coverage(rect)
        if covered.size:
            self.cover(window, covered, colour, rough)
