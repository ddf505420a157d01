"""What is likely wrong with a view that cannot be registered: mirrored, turned, of another scale, or hidden."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from sitewatch.stack._align import align_views, likeness

__all__ = ["HIDDEN", "what_is_wrong"]

# Standard deviations of the correlation's surface: the best of noise is at about 4.5, the best of haze, which has no
# detail, at 13 in simulated series; a turned image of the site is beyond 50.
_SURE = 20.0
_CLEARLY = 1.5  # better than as it is
_MOST = 0.5     # of the windows
HIDDEN = "cloud, haze or snow hides the ground, or it is another place"


def what_is_wrong(view: np.ndarray, good: np.ndarray) -> str:
    """A clause about a (y, x) view, NaN where there is no image, beside one that is right; HIDDEN where nothing else
    is clear."""
    ways = {HIDDEN: view, **{words: _fitted(change(view), view.shape) for words, change in _CHANGES.items()}}
    alike = dict(zip(ways, likeness(good, np.stack(list(ways.values()))), strict=True))
    best = max(alike, key=lambda words: alike[words])
    is_clear = alike[best] > max(_SURE, _CLEARLY * alike[HIDDEN])
    return best if is_clear and _is_registered(ways[best], good) else HIDDEN


def _is_registered(view: np.ndarray, good: np.ndarray) -> bool:
    """Whether most windows agree on where a changed view lies against a good one, and the good one against it."""
    return all(shift.agreeing > _MOST * shift.windows for shift in align_views(np.stack([good, view]), 0))


def _fitted(view: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The middle of a view in that shape, NaN beyond it."""
    out = np.full(shape, np.nan, np.float32)
    (top, left), (from_top, from_left) = (
        [max(0, (wide - narrow) // 2) for wide, narrow in zip(*sides, strict=True)]
        for sides in ((shape, view.shape), (view.shape, shape)))
    part = view[from_top:from_top + shape[0], from_left:from_left + shape[1]]
    out[top:top + part.shape[0], left:left + part.shape[1]] = part
    return out


def _scaled(times: float) -> Callable[[np.ndarray], np.ndarray]:
    way = cv2.INTER_LINEAR if times > 1 else cv2.INTER_AREA
    return lambda view: np.asarray(cv2.resize(view, None, fx=times, fy=times, interpolation=way))


_CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "it shows the site mirrored left to right. Turn it over and supply it again": lambda view: view[:, ::-1],
    "it shows the site upside down, mirrored. Turn it over and supply it again": lambda view: view[::-1],
    "it shows the site turned by 180 degrees. Turn it and supply it again": lambda view: view[::-1, ::-1],
    "it shows the site turned by 90 degrees to the right. Turn it and supply it again": np.rot90,
    "it shows the site turned by 90 degrees to the left. Turn it and supply it again": lambda view: np.rot90(view, -1),
    "it shows the site at half the size that its pixel size says. State the right one": _scaled(2.0),
    "it shows the site at twice the size that its pixel size says. State the right one": _scaled(0.5)}
