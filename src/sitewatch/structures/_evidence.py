"""What speaks for a structure: one material, evenly bright, in a rectangle with edges all around, and it stays.

A change says that a place departed from its past. Whether a structure came or went is judged from two
pictures, the median of the clear looks before the step and of those after it: how much of each pixel is made
of the new material, how well a rectangle seen through the sensor's point spread explains that, how even the
material is, and how much of its rim stands against other ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy

from sitewatch.geo import Rectangle, seen_median, series_of

__all__ = ["Crop", "Evidence", "Place", "examine"]

_SOON_LOOKS = 8        # enough for a clean median, few enough that the next works next door have not begun
_LATER_LOOKS = 30      # about a year: the seasons of the surroundings average out
_RIM_PX = (1.2, 3.0)   # where the rim is judged: outside the blurred edge, inside the neighbour
_GABLE = 3.0           # the faces of a gable differ by so many times their own scatter
_FACE_PX = 20          # fewer pixels cannot show that a face is even
_TURN = 0.4            # radians by which the rectangle may turn from the smallest one around the pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A part of the stack around one change: values (time, band, y, x), its pixels (y, x), its top left corner."""

    values: np.ndarray
    mask: np.ndarray
    left: int
    top: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one side of a step looks like. ``rectangle`` is in the stack's pixels.

    ``contrast``: the step in noises (``level``) of stable ground. ``unevenness``: scatter of the material over the
    step, each face of a gable roof about its own colour. ``fit``: share of the picture's variance that the blurred
    rectangle explains. ``rim``: share of the rim that is of other material, ``stands_out``: by how many noises its
    median is. ``stays``: share of the looks on that side that show this material; ``at_once``: whether the first of
    them do. ``common``: share of the site that is of this material too. ``days`` that side was watched. ``material``
    (band) is its colour. ``turn``: the last look on the other side of the turn to this material that fits all looks
    best: of what goes up in several steps, each of them a change, the material of the last one shows its outline.
    """

    rectangle: Rectangle
    contrast: float
    level: float
    unevenness: float
    fit: float
    rim: float
    stands_out: float
    stays: float
    at_once: bool
    common: float
    days: float
    material: np.ndarray
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What all changes of a site are judged against: ``typical`` (band, y, x) is the median of all looks,
    ``level`` the noise of stable ground over all bands, ``days`` (time) when each look was taken."""

    typical: np.ndarray
    level: float
    blur_px: float
    days: np.ndarray


def examine(crop: Crop, look: int, place: Place, *, backwards: bool = False) -> Evidence | None:
    """Evidence for a structure after the step between ``look`` and ``look + 1``, or before it if ``backwards``.

    None where too few looks show the place on one of the sides.
    """
    values = crop.values[::-1] if backwards else crop.values
    last = len(values) - 2 - look if backwards else look
    series = series_of(values, crop.mask)
    seen = np.isfinite(series[:, 0])
    index = np.arange(len(values))
    past, future = np.flatnonzero(seen & (index <= last)), np.flatnonzero(seen & (index > last))
    if len(past) < 3 or len(future) < 3:
        return None
    old = seen_median(series[past[-_SOON_LOOKS:]])
    material = seen_median(series[future[:_LATER_LOOKS]])
    step = float(np.linalg.norm(material - old))
    before = _share_of(seen_median(values[past[-_SOON_LOOKS:]]), material, step)
    soon = _share_of(seen_median(values[future[:_SOON_LOOKS]]), material, step)
    picture = seen_median(values[future[:_LATER_LOOKS]])
    pixels = _grown(crop.mask, soon - before)
    near = cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, 5) <= 1.5
    rectangle, fit = _fitted(np.where(near, _share_of(picture, material, step), 0), pixels, place.blur_px)
    distance = rectangle.distance(pixels.shape)
    away = np.nan_to_num(np.linalg.norm(picture - material[:, None, None], axis=0))
    core, rim = distance < min(-0.7, float(distance.min()) * 0.6), (distance > _RIM_PX[0]) & (distance < _RIM_PX[1])
    like = np.linalg.norm(series - material, axis=1) < 0.5 * step
    shows, turn = like[future], _turn(like, seen, last)
    elsewhere = np.linalg.norm(place.typical - material[:, None, None], axis=0) < 1.5 * place.level
    return Evidence(rectangle=_moved(rectangle, crop), contrast=step / place.level, level=place.level,
                    unevenness=_unevenness(away, picture, rectangle, core) / max(step, 1e-6), fit=fit,
                    rim=float((away[rim] > max(0.2 * step, 1.5 * place.level)).mean()) if rim.any() else 0.0,
                    stands_out=_median(away[rim], 0.0) / place.level, stays=float(shows.mean()),
                    at_once=bool(shows[:4].mean() >= 0.5), common=float(elsewhere.mean()), material=material,
                    days=float(np.ptp(place.days[:look + 1] if backwards else place.days[look + 1:])),
                    turn=len(values) - 2 - turn if backwards else turn)


def _turn(shows: np.ndarray, seen: np.ndarray, last: int) -> int:
    """The last look before the turn that leaves the fewest of the seen looks on its wrong side, ``last`` among equals;
    ``shows`` (time) bool."""
    early, late = np.cumsum(shows & seen)[:-1], np.cumsum((~shows & seen)[::-1])[::-1][1:]
    fewest = np.flatnonzero(early + late == (early + late).min())
    return int(fewest[np.abs(fewest - last).argmin()])


def _median(values: np.ndarray, otherwise: float) -> float:
    return float(np.median(values)) if values.size else otherwise


def _unevenness(away: np.ndarray, picture: np.ndarray, rectangle: Rectangle, core: np.ndarray) -> float:
    """Median distance of the core's pixels from the material; of a gable roof, mean distance from their own face's.

    The two faces of a gable differ by up to 2 * pitch / tan(sun elevation), which is no unevenness; two even halves
    on both sides of the long axis are one.
    """
    whole = _median(away[core], math.inf)
    rows, columns = np.nonzero(core)
    across = (rows + 0.5 - rectangle.y) * math.cos(rectangle.angle) - (columns + 0.5 - rectangle.x) * math.sin(
        rectangle.angle)
    faces = [picture[:, rows[side], columns[side]].T for side in (across < 0, across >= 0)]
    if min(len(face) for face in faces) < _FACE_PX:
        return whole
    middles = [seen_median(face) for face in faces]
    scatter = max(float(np.mean(np.nan_to_num(np.linalg.norm(face - middle, axis=1))))
                  for face, middle in zip(faces, middles, strict=True))
    is_gable = float(np.linalg.norm(middles[0] - middles[1])) > _GABLE * scatter
    return scatter if is_gable else whole


def _share_of(picture: np.ndarray, material: np.ndarray, step: float) -> np.ndarray:
    """(y, x) share of each pixel that is of the material, from how near its colour is."""
    away = np.linalg.norm(picture - material[:, None, None], axis=0)
    return np.asarray(np.nan_to_num(np.clip(1 - away / max(step, 1e-6), 0, 1)))


def _grown(mask: np.ndarray, gained: np.ndarray) -> np.ndarray:
    """All pixels around the change that turned into its material with it, joined to it, without thin bridges."""
    turned = cv2.morphologyEx((gained > 0.5).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    number, labels = cv2.connectedComponents(turned, connectivity=4)
    shared = np.bincount(labels[mask], minlength=number)
    shared[0] = 0
    if shared.max() < 0.4 * mask.sum():
        return mask
    grown = labels == int(shared.argmax())
    return cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0


def _fitted(share: np.ndarray, pixels: np.ndarray, blur_px: float) -> tuple[Rectangle, float]:
    """The blurred rectangle that explains the material's share best, and the share of variance explained."""
    start = Rectangle.around(pixels)
    window = start.distance(pixels.shape) < 6
    target = share[window]
    blur = max(blur_px, 0.7)  # narrower than a pixel, the fit would stick between pixels

    def residual(vector: np.ndarray) -> np.ndarray:
        seen = Rectangle.of(vector).seen(pixels.shape, blur, window)
        return np.asarray(seen * (seen @ target) / max(seen @ seen, 1e-9) - target)

    def slopes(vector: np.ndarray) -> np.ndarray:
        rectangle = Rectangle.of(vector)
        seen, by = rectangle.seen(pixels.shape, blur, window), rectangle.slopes(pixels.shape, blur, window)
        size = max(seen @ seen, 1e-9)
        share = (seen @ target) / size
        return np.asarray(share * by + np.outer(seen, (target @ by - 2 * share * (seen @ by)) / size))

    reach = np.array([3.0, 3.0, 4.0, 4.0, _TURN])
    lower = np.maximum(start.vector - reach, [-np.inf, -np.inf, 1.0, 1.0, -np.inf])
    found = scipy.optimize.least_squares(residual, start.vector, bounds=(lower, start.vector + reach), max_nfev=40,
                                         jac=slopes, x_scale=[1, 1, 1, 1, 0.05])
    variance = float(((target - target.mean()) ** 2).sum())
    fit = 1 - float((found.fun**2).sum()) / variance if variance > 0 else 0.0
    return _upright(Rectangle.of(found.x)), fit


def _upright(rectangle: Rectangle) -> Rectangle:
    """The same rectangle with its length the longer side."""
    if rectangle.length >= rectangle.width:
        return rectangle
    return Rectangle(x=rectangle.x, y=rectangle.y, length=rectangle.width, width=rectangle.length,
                     angle=rectangle.angle + math.pi / 2)


def _moved(rectangle: Rectangle, crop: Crop) -> Rectangle:
    return Rectangle(x=rectangle.x + crop.left, y=rectangle.y + crop.top, length=rectangle.length,
                     width=rectangle.width, angle=rectangle.angle)
