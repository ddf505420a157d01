"""What a fit is held against: a structure's surroundings in all its clear looks, and what stands next to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from shapely import Polygon, affinity, box

from sitewatch.geo import Rectangle, coverage, seen_median, to_pixels
from sitewatch.model import Stack, Structure

__all__ = ["Crop", "crop_of", "looks_with"]

_MOST_LOOKS = 48        # more add nothing: what limits a fit is the ground around, which is in every look
_SEEN = 0.95            # of the crop, for a look to count
_IMAGES = 4             # what differs between looks beyond brightness, contrast, light and one more is noise
_OTHER_LOOKS = 10       # enough for a clean picture, few enough that the neighbourhood is still the same
_OVERLAP = 0.3          # a neighbour that covers more of the structure is another reading of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """``images`` (pixel, image): orthogonal images that together hold all looks and bands of a part of the grid.

    The sum of squares of any linear model over these images is that over all looks and bands, so one fit to
    them is one fit to all looks together, each with its own contrast, background and small displacement.
    ``other`` (pixel, n) shows the place in its other state: before a new structure came, after a removed one
    went. ``neighbours`` (pixel, n) are seen shares of what stands next to the structure; ``start`` the rectangle to
    begin with, in the pixels of the crop. Only pixels near the outline count: ``inside`` (y, x) says which, ``x``
    and ``y`` (pixel) where their centres are.
    """

    images: np.ndarray
    other: np.ndarray
    neighbours: np.ndarray
    inside: np.ndarray
    left: int
    top: int
    start: Rectangle
    scenes: tuple[str, ...]
    shift_sigma_px: float

    @property
    def x(self) -> np.ndarray:
        """(pixel) columns of the centres."""
        return np.asarray(np.nonzero(self.inside)[1] + 0.5)

    @property
    def y(self) -> np.ndarray:
        """(pixel) rows of the centres."""
        return np.asarray(np.nonzero(self.inside)[0] + 0.5)

    def grid_of(self, values: np.ndarray) -> np.ndarray:
        """(y, x) of (pixel) values, zero elsewhere."""
        out = np.zeros(self.inside.shape, values.dtype)
        out[self.inside] = values
        return out

    def on_grid(self, polygon: Polygon) -> Polygon:
        """From the crop's pixels to those of the grid."""
        return affinity.translate(polygon, self.left, self.top)


def looks_with(structure: Structure) -> list[str]:
    """Scenes in which the whole structure stands, by its looks and its last phase."""
    whole = max((phase.between.by for phase in structure.phases if phase.between.by and phase.name != "ground works"),
                default=None)
    return [look.scene for look in structure.looks
            if look.state == "present" and (whole is None or look.taken >= whole)]


def crop_of(structure: Structure, stack: Stack, scenes: Sequence[str], others: Iterable[Structure]) -> Crop | None:
    """The crop around a structure in those scenes; None where fewer than three show it."""
    outline = to_pixels(structure.outline, stack.site.grid)
    margin = math.ceil(4 + 3 * stack.blur_px)
    left, top, right, bottom = outline.bounds
    x0, y0 = max(math.floor(left) - margin, 0), max(math.floor(top) - margin, 0)
    window = slice(y0, math.ceil(bottom) + margin), slice(x0, math.ceil(right) + margin)
    names = [str(name) for name in stack.data["scene"].values]
    wanted = set(scenes)
    noise = np.median(stack.data["noise"].values, axis=0)
    start = Rectangle.around_points(np.asarray(outline.exterior.coords) - (x0, y0))
    cut = stack.values[(slice(None), slice(None), *window)]
    inside = start.distance(cut.shape[2:]) < margin
    values = cut[:, :, inside] / noise[:, None]
    seen = np.isfinite(values[:, 0]).mean(axis=1)
    chosen = [i for i, name in enumerate(names) if name in wanted and seen[i] >= _SEEN]
    chosen = chosen[:: max(1, -(-len(chosen) // _MOST_LOOKS))]
    if len(chosen) < 3:
        return None
    absent = [names.index(look.scene) for look in structure.looks if look.state == "absent" and look.scene in names]
    sigma = np.median(stack.data["shift_sigma_px"].values[chosen]) / math.sqrt(len(chosen))
    return Crop(images=_images(values[chosen]), other=_other(values, seen, absent, chosen), inside=inside,
                neighbours=_neighbours(outline, others, stack, window)[inside.ravel()], left=x0, top=y0,
                start=start, scenes=tuple(names[i] for i in chosen), shift_sigma_px=float(sigma))


def _other(values: np.ndarray, seen: np.ndarray, absent: Sequence[int], present: Sequence[int]) -> np.ndarray:
    """(pixel, n) what the place mostly looked like without the structure, in the looks nearest to those with it."""
    middle = float(np.median(present))
    nearest = sorted((i for i in absent if seen[i] >= _SEEN), key=lambda i: abs(i - middle))[:_OTHER_LOOKS]
    if len(nearest) < 3:
        return np.empty((values.shape[2], 0))
    images = _images(values[nearest], 2)
    return np.asarray(images / np.maximum(images.std(axis=0), 1e-9))


def _images(values: np.ndarray, most: int = _IMAGES) -> np.ndarray:
    """(pixel, image) leading principal images of (time, band, pixel), each with the weight that it has in all."""
    flat = values.reshape(-1, values.shape[2]).astype(np.float64)
    middle = seen_median(flat)
    middle = np.where(np.isfinite(middle), middle, np.nanmedian(flat))
    level = np.nanmedian(flat - middle, axis=1, keepdims=True)
    flat = np.where(np.isfinite(flat), flat, middle + level)
    flat -= flat.mean(axis=1, keepdims=True)
    power, turn = np.linalg.eigh(flat @ flat.T)
    leading = turn[:, np.argsort(power)[::-1][:most]]
    return np.asarray((flat.T @ leading) / math.sqrt(len(flat)))


def _neighbours(outline: Polygon, others: Iterable[Structure], stack: Stack,
                window: tuple[slice, slice]) -> np.ndarray:
    """(pixel, n) share of light that comes from each other structure near the outline that is not the same place."""
    grid, (rows, columns) = stack.site.grid, window
    frame = box(columns.start, rows.start, columns.stop, rows.stop)
    shares = []
    for other in others:
        place = to_pixels(other.outline, grid)
        shared = place.intersection(outline).area / min(place.area, outline.area)
        if place.intersects(frame) and shared <= _OVERLAP:
            seen = cv2.GaussianBlur(coverage(other.outline, grid), (0, 0), max(stack.blur_px, 0.4))
            shares.append(seen[window].ravel().astype(np.float64))
    size = stack.values[0, 0][window].size
    return np.stack(shares, axis=1) if shares else np.empty((size, 0))
