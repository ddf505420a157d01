"""The images as received, beside the aligned ones: what the provider's mask hides, and nothing moved or levelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from odc.geo.geobox import GeoBox

from sitewatch.errors import ImageError
from sitewatch.geo import describe, lay_nearest, read_image
from sitewatch.model import SENSORS, Scene, Site

__all__ = ["Received"]

_HELD_BYTES = 256_000_000


class Received:
    """Draws the kept files of a series of scenes on the site's grid, each pixel as it is."""

    def __init__(self, site: Site, scenes: Sequence[Scene]) -> None:
        self._site, self._scenes = site, scenes
        held = max(2, _HELD_BYTES // (3 * 4 * site.grid.width * site.grid.height))
        self.look: Callable[[int], np.ndarray] = lru_cache(held)(self._look)

    def _look(self, look: int) -> np.ndarray:
        """(3, y, x) float32 counts in red, green and blue, NaN where the file has nothing."""
        scene = self._scenes[look]
        image = scene.asset("image")
        if image is None or image.kept is None:
            raise ImageError(f"{scene.id} has no kept image. Run the case again")
        told = describe(image.kept.path)
        own = told.grid if told.grid.crs else GeoBox(told.grid.shape, self._site.grid.affine, None)
        return lay_nearest(read_image(image.kept.path, _colours(scene.sensor, told.bands)), own, self._site.grid)


def _colours(sensor: str, count: int) -> list[int]:
    """The 1-based numbers of the bands that are red, green and blue; of an image with other bands the first ones."""
    names = SENSORS[sensor].bands
    wanted = [names.index(name) + 1 for name in ("red", "green", "blue") if name in names]
    return wanted if len(wanted) == 3 <= count else [min(i, count) for i in (1, 2, 3)]
