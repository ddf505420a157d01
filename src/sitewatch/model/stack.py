"""What each clear view saw: every used scene on one grid, aligned, with its noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from sitewatch.model.scene import Scenes
from sitewatch.model.site import Site

if TYPE_CHECKING:  # half a second to import, which most commands need not wait for
    import xarray as xr

__all__ = ["SERIES_LOOKS", "Placement", "SceneFit", "Stack"]

SERIES_LOOKS = 6
"""Fewer looks have no past of their own: three on each side are the least that tells a lasting change from a cloud."""

Placement = Literal["shift", "similarity", "affine"]
"""What moves a view onto the grid, from the stiffest to the most supple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFit:
    """How one scene sits in the stack, or why it does not.

    ``shift_x_px``, ``shift_y_px``: how far the content of the scene as delivered lies to the right and
    down of the site's grid, in grid pixels, at the middle of the grid; ``shift_sigma_px`` is the standard error
    per axis, ``placement`` what was needed to move it back. ``site_clear_share`` is the share of the site's pixels
    that this scene shows clearly, ``snow_share`` that of snow on the ground that is not hidden, 0 to 1; None where
    nobody can tell.
    ``scaling`` says how its counts became physical units, and on what evidence.
    """

    scene: str
    taken: datetime
    used: bool
    why_not: str | None = None
    site_clear_share: float | None = None
    shift_x_px: float | None = None
    shift_y_px: float | None = None
    shift_sigma_px: float | None = None
    snow_share: float | None = None
    placement: Placement | None = None
    scaling: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Aligned, normalised views.

    ``data`` holds, for the used scenes in order of time:

    - ``values`` (time, band, y, x) float32, in the units of the first sensor, NaN where not clearly seen;
    - ``shift_sigma_px`` (time) float64, the alignment error per axis;
    - ``noise`` (time, band) float64, robust spread of stable ground about its own median;
    - ``ties_px`` (time, window, axis) float32, how far each window's content, right and down, lies off where the
      view's placement puts it; NaN where the window cannot be trusted. Coordinates ``window_x``, ``window_y``
      (window) are the windows' middles in grid pixels;
    - coordinates ``time`` (datetime64[ns], UTC) and ``scene`` (time), attribute ``blur_px``: the standard
      deviation of the point spread in grid pixels.

    ``fits`` has one row per scene that was offered, used or not.
    """

    site: Site
    scenes: Scenes
    data: xr.Dataset
    fits: tuple[SceneFit, ...]

    @property
    def values(self) -> np.ndarray:
        """(time, band, y, x) float32, NaN where not clearly seen."""
        return np.asarray(self.data["values"].values)

    @property
    def used(self) -> tuple[SceneFit, ...]:
        """The fits of the scenes that are in ``data``, in the order of its time axis."""
        return tuple(fit for fit in self.fits if fit.used)

    @property
    def is_series(self) -> bool:
        """Whether there are looks enough to compare the place with its own past; fewer are compared with each other."""
        return len(self.used) >= SERIES_LOOKS

    @property
    def blur_px(self) -> float:
        """Standard deviation of the point spread in grid pixels."""
        return float(self.data.attrs["blur_px"])
