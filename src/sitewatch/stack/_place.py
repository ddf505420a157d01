"""Placement: what takes each view onto the site's grid, a shift or, where its windows show it, more than that.

Pictures come turned and scaled, aerial images stretched. A model that says more than a shift has to foretell windows
that it was not fitted to, and then to align the view better once it is resampled with it; else the shift stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from affine import Affine

from sitewatch.model import Placement, Site
from sitewatch.stack._align import Shift, align_views, stands_out
from sitewatch.stack._read import View, lay_brightness
from sitewatch.stack._windows import middles
from sitewatch.stack._wrong import HIDDEN, what_is_wrong

__all__ = ["Placed", "needs_more", "place_views"]

_ROUNDS = 4             # the first finds the middle of a view that is turned by much, the others its rim
_LEAST_WINDOWS = 6
_WORTH_PX = 0.2         # windows that lie no farther off a shift need nothing else
_GAIN = 0.5             # of the error in windows that were held out
_INLIER_PX = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """``placing`` takes places on the grid, in pixels, to where the view as delivered shows them; ``shift`` is what
    was left of it when ``placement`` was known. ``wrong``: what a view that cannot be registered probably is."""

    shift: Shift
    placement: Placement
    placing: Affine
    wrong: str = ""

    def off_px(self, site: Site) -> tuple[float, float]:
        """How far to the right and down the view shows the middle of the grid."""
        middle = site.grid.width / 2, site.grid.height / 2
        x, y = self.placing @ middle
        return x - middle[0], y - middle[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """Brightness on the site's grid, laid whenever it is asked for: that of a large series is not held."""

    views: Sequence[View]
    placings: Sequence[Affine]
    site: Site

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, i: int) -> np.ndarray:
        return lay_brightness(self.views[i], self.site, self.placings[i])


def place_views(views: Sequence[View], site: Site, zero: int | None = None,
                tick: Callable[[int], None] | None = None) -> list[Placed]:
    """How every view lies; view ``zero`` lies on the grid, without it the median of all does (see ``align_views``)."""
    middle = middles(*site.grid.shape)
    flat = _Laid(views=views, placings=[Affine.identity()] * len(views), site=site)
    known = [Placed(shift=shift, placement="shift", placing=Affine.identity())
             for shift in align_views(flat, zero, tick)]
    for _ in range(_ROUNDS):
        better = {i: found for i, one in enumerate(known) if i != zero and (found := _better(one, middle))}
        if not better:
            break
        bent = replace(flat, placings=[better.get(i, one).placing for i, one in enumerate(known)])
        shifts = align_views(bent, zero)
        gained = {i for i in better if _is_closer(shifts[i], known[i].shift)}
        known = [replace(better[i], shift=shifts[i]) if i in gained else one for i, one in enumerate(known)]
        flat = replace(flat, placings=[one.placing for one in known])
        if not gained:
            break
    good = flat[int(np.argmax([one.shift.strength for one in known]))]
    return [_settled(one, partial(flat.__getitem__, i), good) for i, one in enumerate(known)]


def needs_more(known: Placed, site: Site) -> bool:
    """Whether its windows show more than a shift."""
    return _better(known, middles(*site.grid.shape)) is not None


def _settled(known: Placed, view: Callable[[], np.ndarray], good: np.ndarray) -> Placed:
    """With the last shift; what is mirrored or turned may find a few windows that agree by chance."""
    shift = known.shift
    wrong = what_is_wrong(view(), good) if 2 * shift.agreeing <= shift.windows else ""
    if shift.agreeing == 0 or wrong not in ("", HIDDEN):
        return replace(known, shift=replace(shift, agreeing=0, sigma_px=float("inf"), ties_px=None), wrong=wrong)
    return replace(known, placing=known.placing @ Affine.translation(known.shift.x_px, known.shift.y_px))


def _better(known: Placed, middle: np.ndarray) -> Placed | None:
    """The stiffest model that foretells held-out windows clearly better than stiffer ones do."""
    peaks = known.shift.peaks
    strong = stands_out(peaks[:, 2])
    if strong.sum() < _LEAST_WINDOWS:
        return None
    here, there = middle[strong], middle[strong] + peaks[strong, :2]
    errors = {placement: _held_out(here, there, fit) for placement, fit in _FITS.items()}
    if errors["shift"] < _WORTH_PX:
        return None
    best: Placement = "shift"
    for placement in _FITS:
        best = placement if errors[placement] < _GAIN * errors[best] else best
    if best == "shift":
        return None
    matrix = _FITS[best](here, there)
    return replace(known, placement=max(best, known.placement, key=list(_FITS).index),
                   placing=known.placing @ Affine(*matrix.ravel()))


def _held_out(here: np.ndarray, there: np.ndarray, fit: _Fit) -> float:
    """Median error in pixels of whole rows and columns of windows, which the others have to foretell: neighbours
    overlap, so that one window at a time would be foretold by its own ground."""
    errors = []
    for axis in (0, 1):
        for place in np.unique(here[:, axis]):
            out = here[:, axis] == place
            matrix = fit(here[~out], there[~out])
            foretold = here[out] @ matrix[:, :2].T + matrix[:, 2]
            errors.append(np.hypot(*(there[out] - foretold).T))
    return float(np.nan_to_num(np.median(np.concatenate(errors)), nan=np.inf))


def _shift(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return np.column_stack([np.eye(2), np.median(there - here, axis=0) if len(here) else [np.nan, np.nan]])


def _similarity(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return _consensus(cv2.estimateAffinePartial2D, here, there)


def _affine(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return _consensus(cv2.estimateAffine2D, here, there)


def _consensus(estimate: Callable[..., tuple[np.ndarray | None, np.ndarray]], here: np.ndarray,
               there: np.ndarray) -> np.ndarray:
    """(2, 3) on which most windows agree (Fischler & Bolles 1981), NaN where nothing can be fitted."""
    matrix = estimate(here, there, method=cv2.RANSAC, ransacReprojThreshold=_INLIER_PX)[0] if len(here) > 2 else None
    return np.full((2, 3), np.nan) if matrix is None else matrix


def _is_closer(one: Shift, other: Shift) -> bool:
    """Whether more windows agree, or as many and better."""
    return (one.agreeing, -one.sigma_px) > (other.agreeing, -other.sigma_px)


_Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]
_FITS: dict[Placement, _Fit] = {"shift": _shift, "similarity": _similarity, "affine": _affine}  # stiffest first
