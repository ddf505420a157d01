"""What a fit is held against: a structure's surroundings in all its clear looks, and what stands next to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from shapely import Polygon, affinity, box

from sitewatch.geo import Rectangle, coverage, seen_median, to_pixels
from sitewatch.model import Scene, Stack, Structure

__all__ = ["Crop", "Lit", "crop_of", "looks_with"]

_MOST_LOOKS = 48        # more add nothing: what limits a fit is the ground around, which is in every look
_SEEN = 0.95            # of the crop, for a look to count
_IMAGES = 4             # what differs between looks beyond brightness, contrast, light and one more is noise
_SUNS, _IMAGES_LIT = 4, 2    # looks under like suns have like shadows; what differs between them is less
_STEEPEST = math.tan(math.radians(5))
_LOWEST_SUN_DEG = 10.0       # lower, and shadows reach beyond what is looked at
_USUAL_M, _FARTHEST_PX = 10.0, 24    # of a hall's height; the farthest that is looked at for its shadow
_USUAL_OFF_NADIR_DEG = 4.0   # of satellites that look straight down
_OTHER_LOOKS = 10       # enough for a clean picture, few enough that the neighbourhood is still the same
_INSIDE, _OUTSIDE = 0.9, 0.1    # shares of light
_OVERLAP = 0.3          # a neighbour that covers more of the structure is another reading of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """Looks under like suns. ``images`` (pixel, image): orthogonal images that together hold these looks in all bands.

    ``away``: how far, right and down in pixels, a shadow falls per metre of height where ``tan_elevation`` is 1, None
    where the sun is not known; ``lean``: how far a roof stands off its own walls per metre of height, as it was not
    seen from straight above. ``may_move``: whether small displacements of single looks show in them.
    """

    images: np.ndarray
    away: tuple[float, float] | None = None
    tan_elevation: float = 1.0
    lean: tuple[float, float] = (0.0, 0.0)
    may_move: bool = False

    def shadow(self, rise: float) -> tuple[float, float]:
        """Where a shadow ends from the roof that throws it, right and down in pixels per metre of height, on ground
        that rises so much along it."""
        right, down = self.away or (0.0, 0.0)
        reach = 1 / max(self.tan_elevation + rise, _STEEPEST)
        return right * reach - self.lean[0], down * reach - self.lean[1]

    def by_rise(self, rise: float) -> tuple[float, float]:
        """How that changes with the rise of the ground."""
        right, down = self.away or (0.0, 0.0)
        reach = 1 / max(self.tan_elevation + rise, _STEEPEST)
        return -right * reach**2, -down * reach**2


@dataclass(frozen=True, kw_only=True)
class Crop:
    """``suns``: all looks and bands of a part of the grid, the looks under like suns together.

    The sum of squares of any linear model over their images is that over all looks and bands, so one fit to
    them is one fit to all looks together, each with its own contrasts and background.
    ``traced`` (pixel) is the share of light from inside the outline as it was traced or given.
    ``contrast`` (band) is by how much it is brighter than what is around it, in multiples of the noise.
    ``other`` (pixel, n) shows the place in its other state: before a new structure came, after a removed one
    went. ``neighbours`` (pixel, n) are seen shares of what stands next to the structure; ``start`` the rectangle to
    begin with, in the pixels of the crop. Only pixels near the outline count: ``inside`` (y, x) says which, ``x``
    and ``y`` (pixel) where their centres are. ``lean_sigma``: by how much roofs may lean, per metre of height, for a
    reason that no record gives.
    """

    suns: tuple[Lit, ...]
    traced: np.ndarray
    contrast: np.ndarray
    other: np.ndarray
    neighbours: np.ndarray
    inside: np.ndarray
    left: int
    top: int
    start: Rectangle
    scenes: tuple[str, ...]
    shift_sigma_px: float
    lean_sigma: float
    gsd_m: float

    @property
    def is_lit(self) -> bool:
        """Whether it is known from where the sun shines in every look."""
        return all(lit.away is not None for lit in self.suns)

    @cached_property
    def x(self) -> np.ndarray:
        """(pixel) columns of the centres."""
        return np.asarray(np.nonzero(self.inside)[1] + 0.5)

    @cached_property
    def y(self) -> np.ndarray:
        """(pixel) rows of the centres."""
        return np.asarray(np.nonzero(self.inside)[0] + 0.5)

    @cached_property
    def level(self) -> np.ndarray:
        """(pixel, n) what is everywhere: an even tone, one that goes from side to side, and what stands next to it."""
        return np.column_stack([np.ones(len(self.x)), *((at - at.mean()) / 10 for at in (self.x, self.y)),
                                self.neighbours])

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
    margin = _margin_px(stack, scenes) + wider_px
    left, top, right, bottom = outline.bounds
    x0, y0 = max(math.floor(left) - margin, 0), max(math.floor(top) - margin, 0)
    height, width = stack.site.grid.shape
    window = slice(y0, min(math.ceil(bottom) + margin, height)), slice(x0, min(math.ceil(right) + margin, width))
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
    traced = _blurred(structure.outline, stack, window)[inside]
    return Crop(suns=tuple(_suns(values[chosen], ways, stack.site.gsd_m, stack.blur_px)),
                traced=traced, contrast=_contrast(values[chosen], traced), inside=inside,
                other=_other(values, seen, absent, chosen),
                neighbours=_neighbours(outline, others, stack, window)[inside.ravel()], left=x0, top=y0,
                start=start, scenes=tuple(names[i] for i in chosen), shift_sigma_px=float(sigma),
                lean_sigma=_lean_sigma([stack.scenes[names[i]] for i in chosen]), gsd_m=stack.site.gsd_m)


def _margin_px(stack: Stack, scenes: Sequence[str]) -> int:
    """How much of the surroundings is looked at: the point spread and a yard, and in fine images the usual shadow."""
    suns = [scene.sun_elevation_deg for scene in map(stack.scenes.__getitem__, scenes)]
    known = [max(sun, _LOWEST_SUN_DEG) for sun in suns if sun is not None]
    shadow_m = _USUAL_M / math.tan(math.radians(float(np.median(known)))) if known else 0.0
    return max(round(4 + 3 * stack.blur_px), min(math.ceil(shadow_m / stack.site.gsd_m), _FARTHEST_PX))


def _ways(stack: Stack, scenes: Sequence[str]) -> np.ndarray | None:
    """(time, 4) pixels right and down per metre of height by which a shadow falls on level ground, and by which a roof
    leans off its walls, which is away from where the sensor stood, if that is known; None where one sun is not known.

    Grid north is taken for true north: in a UTM zone they differ by less than 3 degrees up to 45 of latitude.
    """
    known = [stack.scenes[scene] for scene in scenes]
    suns = np.array([(scene.sun_azimuth_deg, scene.sun_elevation_deg) for scene in known], np.float64)
    if not np.isfinite(suns).all():  # None has become NaN
        return None
    views = np.array([(scene.view_azimuth_deg, scene.off_nadir_deg) for scene in known], np.float64)
    views = np.where(np.isfinite(views).all(axis=1, keepdims=True), views, 0.0)
    long = 1 / np.tan(np.radians(np.maximum(suns[:, 1], _LOWEST_SUN_DEG)))
    leaning = np.tan(np.radians(views[:, 1]))
    per_metre = 1 / stack.site.gsd_m
    return np.hstack([_away(suns[:, 0], long * per_metre), _away(views[:, 0], leaning * per_metre)])


def _lean_sigma(scenes: Sequence[Scene]) -> float:
    """Along a shadow, where a record does not say from where the sensor looked, or how far from straight down."""
    angles = [0.0 if scene.view_azimuth_deg is not None and scene.off_nadir_deg is not None
              else _USUAL_OFF_NADIR_DEG if scene.off_nadir_deg is None else scene.off_nadir_deg for scene in scenes]
    return float(np.mean([math.tan(math.radians(angle)) for angle in angles])) / math.sqrt(2)


def _away(azimuth_deg: np.ndarray, far: np.ndarray) -> np.ndarray:
    """(time, 2) right and down, so far away from what stands in that direction."""
    azimuth = np.radians(azimuth_deg)
    return np.asarray(np.stack([-np.sin(azimuth), np.cos(azimuth)], axis=1) * far[:, None])


def _suns(values: np.ndarray, ways: np.ndarray | None, gsd_m: float, blur_px: float) -> Iterator[Lit]:
    """(time, band, pixel) looks from the shortest shadows to the longest, those that are alike together.

    Where the sun is not known all are taken together, and displacements show in every image but the mean one.
    """
    if ways is None:
        images = _images(values)
        yield Lit(images=images[:, :1])
        yield Lit(images=images[:, 1:], may_move=True)
        return
    by_length = np.argsort(np.hypot(*ways[:, :2].T), kind="stable")
    for alike in np.array_split(by_length, _told_apart(_USUAL_M * ways[:, :2], blur_px)):
        right, down, *lean = (float(mean) for mean in ways[alike].mean(axis=0))
        tan = 1 / (math.hypot(right, down) * gsd_m)
        yield Lit(images=_images(values[alike], _IMAGES_LIT) * math.sqrt(len(alike) / len(values)),
                  away=(right * tan, down * tan), tan_elevation=tan, lean=(lean[0], lean[1]))


def _told_apart(shadows: np.ndarray, blur_px: float) -> int:
    """How many groups of (time, 2) ends of shadows lie a point spread apart: splitting more finely only adds tones."""
    far = float(np.hypot(*np.ptp(shadows, axis=0))) / blur_px
    return int(np.clip(math.ceil(far), 1, min(_SUNS, len(shadows))))


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
        if place.intersects(frame) and place.intersection(outline).area <= _OVERLAP * min(place.area, outline.area):
            shares.append(_blurred(other.outline, stack, window).ravel())
    size = stack.values[0, 0][window].size
    return np.stack(shares, axis=1) if shares else np.empty((size, 0))


def _contrast(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(band) of (time, band, pixel) looks: the middle of what is inside less that of what is outside."""
    inside, outside = (seen_median(values[:, :, where].mean(axis=0).T) if where.any() else np.zeros(values.shape[1])
                       for where in (share > _INSIDE * share.max(), share < _OUTSIDE))
    return np.asarray(inside - outside, np.float64)


def _blurred(outline: Polygon, stack: Stack, window: tuple[slice, slice]) -> np.ndarray:
    """(y, x) share of light from inside an outline, through the point spread, in a window of the grid."""
    share = coverage(outline, stack.site.grid[window])
    return np.asarray(cv2.GaussianBlur(share, (0, 0), max(stack.blur_px, 0.4)), np.float64)
