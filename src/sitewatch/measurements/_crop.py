"""What a fit is held against: a structure's surroundings in all its clear looks, and what stands next to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from shapely import Polygon, affinity, box

from sitewatch.geo import Rectangle, coverage, seen_median, to_pixels
from sitewatch.model import Stack, Structure

__all__ = ["Crop", "Lit", "crop_of", "looks_with"]

_MOST_LOOKS = 48        # more add nothing: what limits a fit is the ground around, which is in every look
_SEEN = 0.95            # of the crop, for a look to count
_IMAGES = 4             # what differs between looks beyond brightness, contrast, light and one more is noise
_SUNS, _IMAGES_LIT = 4, 2    # looks under like suns have like shadows; what differs between them is less
_LEAST_OF_A_SUN = 3
_LOWEST_SUN_DEG = 10.0       # lower, and shadows reach beyond what is looked at
_OTHER_LOOKS = 10       # enough for a clean picture, few enough that the neighbourhood is still the same
_OVERLAP = 0.3          # a neighbour that covers more of the structure is another reading of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """Looks under like suns. ``images`` (pixel, image): orthogonal images that together hold these looks in all bands.

    ``way``: how far, right and down in pixels, a shadow falls per metre of height; None where the sun is not known.
    ``may_move``: whether small displacements of single looks show in them.
    """

    images: np.ndarray
    way: tuple[float, float] | None
    may_move: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """``suns``: all looks and bands of a part of the grid, the looks under like suns together.

    The sum of squares of any linear model over their images is that over all looks and bands, so one fit to
    them is one fit to all looks together, each with its own contrasts and background.
    ``other`` (pixel, n) shows the place in its other state: before a new structure came, after a removed one
    went. ``neighbours`` (pixel, n) are seen shares of what stands next to the structure; ``start`` the rectangle to
    begin with, in the pixels of the crop. Only pixels near the outline count: ``inside`` (y, x) says which, ``x``
    and ``y`` (pixel) where their centres are.
    """

    suns: tuple[Lit, ...]
    other: np.ndarray
    neighbours: np.ndarray
    inside: np.ndarray
    left: int
    top: int
    start: Rectangle
    scenes: tuple[str, ...]
    shift_sigma_px: float

    @property
    def is_lit(self) -> bool:
        """Whether it is known from where the sun shines in every look."""
        return all(lit.way is not None for lit in self.suns)

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


def crop_of(structure: Structure, stack: Stack, scenes: Sequence[str], others: Iterable[Structure],
            wider_px: int = 0) -> Crop | None:
    """The crop around a structure in those scenes, so much wider than usual; None where fewer than three show it."""
    outline = to_pixels(structure.outline, stack.site.grid)
    margin = round(4 + 3 * stack.blur_px) + wider_px
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
    ways = _ways(stack, [names[i] for i in chosen])
    return Crop(suns=tuple(_suns(values[chosen], ways)), other=_other(values, seen, absent, chosen), inside=inside,
                neighbours=_neighbours(outline, others, stack, window)[inside.ravel()], left=x0, top=y0,
                start=start, scenes=tuple(names[i] for i in chosen), shift_sigma_px=float(sigma))


def _ways(stack: Stack, scenes: Sequence[str]) -> np.ndarray | None:
    """(time, 2) pixels right and down by which a shadow falls per metre of height; None where one sun is not known.

    Grid north is taken for true north: in a UTM zone they differ by less than 3 degrees up to 45 of latitude.
    """
    suns = [(scene.sun_azimuth_deg, scene.sun_elevation_deg) for scene in map(stack.scenes.__getitem__, scenes)]
    known = np.array(suns, np.float64)  # None becomes NaN
    if not np.isfinite(known).all():
        return None
    azimuth, elevation = np.radians(known[:, 0]), np.radians(np.maximum(known[:, 1], _LOWEST_SUN_DEG))
    away = np.stack([-np.sin(azimuth), np.cos(azimuth)], axis=1)
    return np.asarray(away / (np.tan(elevation) * stack.site.gsd_m)[:, None])


def _suns(values: np.ndarray, ways: np.ndarray | None) -> Iterator[Lit]:
    """(time, band, pixel) looks from the shortest shadows to the longest, those that are alike together.

    Where the sun is not known all are taken together, and displacements show in every image but the mean one.
    """
    if ways is None:
        images = _images(values)
        yield Lit(images=images[:, :1], way=None)
        yield Lit(images=images[:, 1:], way=None, may_move=True)
        return
    by_length = np.argsort(np.hypot(*ways.T), kind="stable")
    for alike in np.array_split(by_length, max(1, min(_SUNS, len(values) // _LEAST_OF_A_SUN))):
        right, down = ways[alike].mean(axis=0)
        share = math.sqrt(len(alike) / len(values))
        yield Lit(images=_images(values[alike], _IMAGES_LIT) * share, way=(float(right), float(down)))


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
