"""From kept files to numbers: bands in a common order, physical units, provider masks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from sitewatch.errors import ImageError
from sitewatch.geo import describe, lay_nearest, lay_on, length_m, read_image, read_stored, unclear
from sitewatch.model import SENSORS, Kept, Scene, Sensor, Site
from sitewatch.stack._scale import (
    Known,
    check_counts,
    check_product,
    formula,
    holds_added,
    low_counts,
    own_evidence,
)
from sitewatch.stack._snow import snow_told

__all__ = ["Counts", "View", "lay_brightness", "lay_view", "read_view", "settle"]

# The edges of a mask lie off by about a pixel, and the pixel beside a cloud holds some of it by the sensor's blur.
# So a mask is grown by one pixel; a second one would take 2 % of the clear ground for 1 % of the cloud.
_MASK_EDGE = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_MAX_RESAMPLING = 4.0  # pixels that differ more from the site's grid than this are another kind of image
_FILLERS = (65535, -9999, -32768)  # what files hold where they have no image, even where they do not say so
_COARSEST_MASK = 6.5   # Sentinel-2's own masks have pixels of up to 60 m


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """(band, y, x) ``stored`` numbers of an image, of the file's own type; (y, x) bool where they are ``hidden``."""

    stored: np.ndarray
    hidden: np.ndarray

    def kept_in(self, room: np.ndarray) -> Counts | None:
        """The same in the memory of another array, which is free until then; None where it is too small."""
        free, end = room.reshape(-1).view(np.uint8), self.stored.nbytes
        if end + self.hidden.nbytes > free.nbytes:
            return None
        stored = free[:end].view(self.stored.dtype).reshape(self.stored.shape)
        hidden = free[end:end + self.hidden.nbytes].view(bool).reshape(self.hidden.shape)
        stored[...], hidden[...] = self.stored, self.hidden
        return Counts(stored=stored, hidden=hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One scene as received, on its own grid; of its bands those that all views of the stack have.

    ``scaling`` says how the counts become physical units, and on what evidence; ``added`` of them are to be taken off;
    ``low`` are the low counts by which ``settle`` judges, None for pictures. ``snow`` (y, x) float32 is what the
    provider's mask says: 1 snow, 0 ground without, NaN hidden; None where there is no mask or it cannot say. ``held``
    are its counts; where they have been let go, they are read again whenever they are needed.
    """

    scene: Scene
    bands: tuple[str, ...]
    grid: GeoBox
    scaling: str
    added: float = 0.0
    low: np.ndarray | None = None
    snow: np.ndarray | None = None
    held: Counts | None = field(default=None, repr=False)

    @property
    def counts(self) -> Counts:
        """As stored, with what is masked."""
        return _counts(self.scene, self.grid, self.bands)[0] if self.held is None else self.held

    @property
    def pixels(self) -> np.ndarray:
        """(band, y, x) float32 in physical units, NaN where masked."""
        counts = self.counts
        pixels = counts.stored.astype(np.float32)
        pixels[:, counts.hidden] = np.nan
        return self.in_units(pixels)

    def kept_in(self, room: np.ndarray) -> View:
        """The same view, whose counts are in the memory of an array that is free until it is laid; of a view with more
        pixels than have room there they are let go."""
        return replace(self, held=None if self.held is None else self.held.kept_in(room))

    def let_go(self) -> View:
        """The same view, which holds no counts."""
        return replace(self, held=None)

    def in_units(self, counts: np.ndarray) -> np.ndarray:
        """Counts of this scene in physical units, in place."""
        sensor = SENSORS[self.scene.sensor]
        if sensor.is_reflectance:
            counts += np.float32(sensor.offset - self.added)
            counts *= np.float32(sensor.scale)
        return counts


def read_view(scene: Scene, site: Site, bands: tuple[str, ...] = ()) -> View:
    """Read these bands of a scene's image, without any all of them, and its provider mask; what newer processing adds
    to its counts is still in them.

    Raises ImageError when a file is not kept, not readable or not what its sensor profile says.
    """
    sensor, image = SENSORS[scene.sensor], _image(scene)
    check_product(scene, f"{image.href} {scene.id}", sensor)
    info = describe(image.path)
    own = info.grid if info.grid.crs is not None else _picture_grid(info.grid, site)
    _require_like_pixels(scene, own, site)
    bands = bands or sensor.bands
    held, snow = _counts(scene, own, bands)
    if not sensor.is_reflectance:
        return View(scene=scene, bands=bands, held=held, grid=own, scaling="grey levels as delivered")
    low = low_counts(held.stored, held.hidden, bands)
    check_counts(scene, low, sensor, info.dtype)
    return View(scene=scene, bands=bands, held=held, grid=own, scaling=formula(sensor), low=low, snow=snow)


def _image(scene: Scene) -> Kept:
    image = scene.asset("image")
    if image is None or image.kept is None:
        raise ImageError(f"{scene.id} has no kept image. Run the scenes stage again")
    return image.kept


def _counts(scene: Scene, grid: GeoBox, bands: tuple[str, ...]) -> tuple[Counts, np.ndarray | None]:
    """The kept image on its own grid, and what its mask tells of snow."""
    sensor, mask = SENSORS[scene.sensor], scene.asset("mask")
    stored, hidden = read_stored(_image(scene).path)
    if len(stored) != len(sensor.bands):
        raise ImageError(f"{scene.id} has {len(stored)} bands, {sensor.title} has {len(sensor.bands)}. "
                         "State the right sensor for these images")
    hidden |= _no_image(stored, hidden, sensor)
    if bands != sensor.bands:
        stored = stored[[sensor.bands.index(band) for band in bands]]
    if mask is None or mask.kept is None or sensor.mask is None:
        return Counts(stored=stored, hidden=hidden), None
    codes = _codes(scene, mask.kept.path, grid)
    hidden |= cv2.dilate(unclear(codes[0], sensor.mask).astype(np.uint8), _MASK_EDGE) > 0
    return Counts(stored=stored, hidden=hidden), snow_told(codes, sensor.mask)


def settle(views: list[View]) -> tuple[list[View], list[tuple[Scene, str]]]:
    """Take off what newer processing has added to the counts, view by view, where it is still in them.

    A scene is judged by its metadata, its own pixels and the other scenes. Gives the views whose units are known, and
    the scenes whose units are not, each with the reason.
    """
    settled: list[View] = []
    refused: list[tuple[Scene, str]] = []
    known = [_known(view) for view in views]
    for i, view in enumerate(views):
        try:
            settled.append(_settled(view, [one for j, one in enumerate(known) if one is not None and j != i]))
        except ImageError as error:
            refused.append((view.scene, str(error)))
    return settled, refused


def lay_view(view: View, site: Site, placing: Affine = Affine.identity(), out: np.ndarray | None = None) -> np.ndarray:
    """(band, y, x) in physical units on the site's grid, resampled once, with ``placing`` undone; in ``out``, if it is
    given, which may be what the view is kept in."""
    counts = view.counts
    if out is not None and np.may_share_memory(out, counts.stored):
        counts = counts.kept_in(np.empty_like(out)) or counts
    return view.in_units(lay_on(counts.stored, view.grid, site.grid, placing, hidden=counts.hidden, out=out))


def lay_brightness(view: View, site: Site, placing: Affine = Affine.identity()) -> np.ndarray:
    """(y, x) mean of the bands of what `lay_view` gives."""
    counts = view.counts
    mean = counts.stored.mean(axis=0, dtype=np.float32, keepdims=True)
    return np.asarray(view.in_units(lay_on(mean, view.grid, site.grid, placing, hidden=counts.hidden))[0])


def _picture_grid(pixel_grid: GeoBox, site: Site) -> GeoBox:
    """A picture's grid: the stated pixel size from the top left corner."""
    return GeoBox(pixel_grid.shape, site.grid.affine, None)


def _no_image(stored: np.ndarray, hidden: np.ndarray, sensor: Sensor) -> np.ndarray:
    """(y, x) bool: where (band, y, x) counts are fill although the file does not say so, as it does of ``hidden``.

    Of data products 0 in all bands is fill; in one band it may be water from which too much was taken. Black in a
    picture may be real, but what is black from a corner on is the outside of the image.
    """
    empty = ~(stored.any(axis=0) | hidden)
    if not sensor.is_reflectance:
        _, patch = cv2.connectedComponents(empty.astype(np.uint8), connectivity=4)
        empty &= np.isin(patch, patch[[0, 0, -1, -1], [0, -1, 0, -1]])
    for filler in _FILLERS:
        if np.issubdtype(stored.dtype, np.inexact) or np.can_cast(np.min_scalar_type(filler), stored.dtype):
            empty |= (stored == filler).any(axis=0)
    return np.asarray(empty)


def _require_like_pixels(scene: Scene, own: GeoBox, site: Site) -> None:
    """Raises ImageError where an image's pixels, in true metres and in either direction, are of another kind."""
    a, (x, y) = own.affine, own.affine @ (own.width / 2, own.height / 2)
    for to_x, to_y in ((a.a, a.d), (a.b, a.e)):
        ratio = length_m(x, y, x + to_x, y + to_y, own) / site.gsd_m
        if not 1 / _MAX_RESAMPLING < ratio < _MAX_RESAMPLING:
            raise ImageError(f"{scene.id} has pixels {ratio:.1f} times those of the site's grid. "
                             "Watch it as a site of its own, or choose another pixel size")


def _codes(scene: Scene, path: Path, grid: GeoBox) -> np.ndarray:
    """(band, y, x) codes of a mask on the image's grid, NaN outside it: the first band, and a UDM2's second."""
    info = describe(path)
    codes, own = read_image(path, bands=[1, 2][:info.bands]), info.grid
    if own.crs is None or grid.crs is None:
        own = _same_frame(scene, own, grid)
    laid = lay_nearest(codes, own, grid)
    if np.isnan(laid).all():
        raise ImageError(f"{scene.id}: its mask shows nothing of what its image shows. Put the mask of this image "
                         "beside it, or remove the mask")
    return laid


def _same_frame(scene: Scene, mask: GeoBox, grid: GeoBox) -> GeoBox:
    """The grid of a mask that shows its image's frame in pixels of its own, as large or larger.

    Only its numbers of pixels tell: where they cannot be those of the same frame, nothing is stretched.
    """
    wide, high = grid.width / mask.width, grid.height / mask.height
    is_same_shape = abs(wide / high - 1) * max(mask.width, mask.height) < 1  # to less than one of its pixels
    if not is_same_shape or not 1 <= min(wide, high) <= max(wide, high) < _COARSEST_MASK:
        raise ImageError(f"{scene.id}: its mask has {mask.width} x {mask.height} pixels, its image {grid.width} x "
                         f"{grid.height}, and without georeference they cannot be laid on each other. Cut the mask as "
                         "the image was cut, or give both with their georeference")
    return GeoBox(mask.shape, grid.affine @ Affine.scale(wide, high), grid.crs)


def _known(view: View) -> Known | None:
    """What a view can tell of the others: nothing, unless it is known by itself."""
    sensor = SENSORS[view.scene.sensor]
    if view.low is None or not sensor.added_counts or np.isnan(view.low).any():
        return None
    try:
        holds, _ = own_evidence(view.scene, view.low, sensor, [])
    except ImageError:
        return None
    return None if holds is None else Known(low=view.low, holds=holds)


def _settled(view: View, others: list[Known]) -> View:
    sensor = SENSORS[view.scene.sensor]
    if view.low is None or not sensor.added_counts:
        return view
    holds, evidence = holds_added(view.scene, view.low, sensor, others)
    return replace(view, added=sensor.added_counts if holds else 0.0,
                   scaling=f"{formula(sensor, holds)}: {evidence}")
