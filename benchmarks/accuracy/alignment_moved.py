"""Real frames moved by a shift that is known exactly: what of it is found?

A record beside a real series is no better than its maker. So some of its frames are moved, by a phase for each wave,
and the series is aligned before and after. What counts is by how much the found positions differ, less the known shift:
that is the error of the matcher on real ground, light and noise. What is the same before and after, such as what
shadows do, does not show.
"""

from __future__ import annotations

import numpy as np

from benchmarks.speed.known_shift import shifted
from sitewatch.model import Scenes
from sitewatch.stack._align import Shift, align_views
from sitewatch.stack._read import lay_brightness, read_view

__all__ = ["brightness_of", "moved_residuals"]

_EVERY = 5       # frames: the others say where the grid is
_SHIFT_PX = 1.5  # at most, per axis
_RIM_PX = 16     # mirrored around, so that nothing comes in from the other side


def brightness_of(scenes: Scenes) -> np.ndarray:
    """(time, y, x) the frames on the site's grid, where they are said to lie."""
    return np.stack([lay_brightness(read_view(scene, scenes.site), scenes.site) for scene in scenes.scenes])


def moved_residuals(bright: np.ndarray, draws: int = 3) -> tuple[np.ndarray, int]:
    """(n, 2) found less known of the frames that were moved of a (time, y, x) series, in some draws of shifts, and how
    many were refused."""
    before = align_views(bright)
    several = [_residuals(bright, before, seed) for seed in range(draws)]
    return np.concatenate([found for found, _ in several]), sum(refused for _, refused in several)


def _residuals(bright: np.ndarray, before: list[Shift], seed: int) -> tuple[np.ndarray, int]:
    which = np.arange(_EVERY // 2, len(bright), _EVERY)
    known = np.random.default_rng(seed).uniform(-_SHIFT_PX, _SHIFT_PX, (len(which), 2))
    moved = bright.copy()
    for i, by in zip(which, known, strict=True):
        moved[i] = _moved(bright[i], (float(by[0]), float(by[1])))
    after = align_views(moved)
    usable = np.array([one.agreeing > 0 and other.agreeing > 0 for one, other in zip(before, after, strict=True)])
    step = _places(after) - _places(before)
    step -= np.median(np.delete(step, which, axis=0)[np.delete(usable, which)], axis=0)
    return (step[which] - known)[usable[which]], int((~usable[which]).sum())


def _places(shifts: list[Shift]) -> np.ndarray:
    return np.array([(shift.x_px, shift.y_px) for shift in shifts])


def _moved(view: np.ndarray, by_px: tuple[float, float]) -> np.ndarray:
    seen = np.isfinite(view)
    wide = np.pad(np.where(seen, view, np.median(view[seen])), _RIM_PX, mode="symmetric")
    inner = shifted(wide.astype(np.float32), by_px)[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX]
    return np.where(seen, inner, np.nan).astype(np.float32)
