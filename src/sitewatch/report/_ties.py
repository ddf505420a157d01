"""How the looks were aligned: what placed them, what is left over window by window, and where it is worst."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from sitewatch.model import SceneFit, Stack, day
from sitewatch.report._frames import Window, whole
from sitewatch.report._language import gettext

__all__ = ["Aligned", "Tie", "TieMap", "aligned_of"]

_LEAST_LOOKS = 3      # of a window: the spread of fewer is not known
_REACH = 0.45         # of the windows' distance: so far may an arrow with its ring go, as a rule
_KEY_SHARE = 0.2      # of the width, at most, for the arrow in the key
_LEFT_OVER = 0.9      # of all windows of all looks lie closer than the number that is printed
_MAD_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One window in the map, all in grid pixels: its middle, the tip of its arrow, the head's points, the ring."""

    x: float
    y: float
    tip_x: float
    tip_y: float
    head: str
    ring: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TieMap:
    """Arrows of what is left over, ``times`` as long as they are; ``key`` names a length, ``key_percent`` its width."""

    window: Window
    ties: tuple[Tie, ...]
    key: str
    key_percent: float
    times: str
    empty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Texts and numbers of the section; ``map`` and what is left over are missing where no ties were kept."""

    looks: int
    placements: tuple[str, ...]
    moved: str
    sigma: str
    left: str
    left_most: str
    trusted: str
    windows: int
    worst: str
    is_supple: bool
    map: TieMap | None


def aligned_of(stack: Stack) -> Aligned | None:
    """The section's content; None where no look was used."""
    if not stack.used:
        return None
    ties, gsd_m = _ties(stack), stack.site.gsd_m
    left = np.hypot(ties[..., 0], ties[..., 1])
    seen = left[np.isfinite(left)]
    moved = [math.hypot(fit.shift_x_px, fit.shift_y_px) for fit in stack.used
             if fit.shift_x_px is not None and fit.shift_y_px is not None]
    sigma = [fit.shift_sigma_px for fit in stack.used if fit.shift_sigma_px is not None]
    return Aligned(
        looks=len(stack.used), placements=_placements(stack.used), moved=_length(moved, 0.5, gsd_m),
        sigma=_length(sigma, 0.5, gsd_m), left=_length(seen, 0.5, gsd_m),
        left_most=_length(seen, _LEFT_OVER, gsd_m), windows=left.shape[1], worst=_worst(left, stack),
        trusted=f"{seen.size / left.size:.0%}".replace("%", " %") if left.size else "",
        is_supple=any(fit.placement == "affine" for fit in stack.used), map=_map(ties, stack) if seen.size else None)


def _ties(stack: Stack) -> np.ndarray:
    """(time, window, axis); without any window where an older stack has kept none."""
    if "ties_px" not in stack.data or not {"window_x", "window_y"} <= set(stack.data.coords):
        return np.empty((len(stack.used), 0, 2))
    return np.asarray(stack.data["ties_px"].values, np.float64)


def _length(lengths: Sequence[float] | np.ndarray, share: float, gsd_m: float) -> str:
    """That quantile in pixels and in metres; empty where nothing is known."""
    return _text(float(np.quantile(lengths, share)), gsd_m) if len(lengths) else ""


def _text(px: float, gsd_m: float) -> str:
    metres = px * gsd_m
    return f"{px:.2f} px ({f'{metres:.2f}' if metres < 1 else f'{metres:.1f}'} m)"


def _placements(fits: Sequence[SceneFit]) -> tuple[str, ...]:
    """"41 by a shift", most frequent first; "all by a shift"; a fit of an older case says nothing."""
    words = {"shift": gettext("%(count)s by a shift"), "affine": gettext("%(count)s by an affine map"),
             "similarity": gettext("%(count)s by a shift, a turn and a scale")}
    counts = Counter(fit.placement for fit in fits if fit.placement is not None)
    return tuple(words[name] % {"count": gettext("all") if count == len(fits) else count}
                 for name, count in counts.most_common())


def _worst(left: np.ndarray, stack: Stack) -> str:
    """The look whose windows lie farthest off: by how much in the middle of its windows, its day and its scene."""
    known = np.isfinite(left).sum(axis=1) >= _LEAST_LOOKS
    if not known.any():
        return ""
    middles = {int(index): float(np.nanmedian(left[index])) for index in np.flatnonzero(known)}
    index = max(middles, key=lambda one: (middles[one], -one))
    fit = stack.used[index]
    return gettext("%(far)s in the median of its windows: %(day)s, %(scene)s") % {
        "far": _text(middles[index], stack.site.gsd_m), "day": day(fit.taken), "scene": fit.scene}


def _map(ties: np.ndarray, stack: Stack) -> TieMap | None:
    """Median and spread of each window over the looks, drawn as large as the windows' distance allows."""
    x, y = (np.asarray(stack.data[name].values, np.float64) for name in ("window_x", "window_y"))
    enough = np.isfinite(ties).all(axis=2).sum(axis=0) >= _LEAST_LOOKS
    if not enough.any():
        return None
    some = ties[:, enough]
    middle = np.nanmedian(some, axis=0)
    spread = _MAD_SIGMA * np.sqrt((np.nanmedian(np.abs(some - middle), axis=0) ** 2).mean(axis=1))
    window = whole(stack.site)
    reach = float(np.quantile(np.hypot(*middle.T) + spread, 0.95))
    step, times = _scale(reach, _distance(x, y, window), window.width)
    rows = np.column_stack([x[enough], y[enough], times * middle, times * spread])
    return TieMap(window=window, ties=tuple(_tie(*row) for row in rows.tolist()),
                  key=f"{step:g} px = {step * stack.site.gsd_m:.2g} m",
                  key_percent=round(100 * step * times / window.width, 2), times=f"{times:.0f}",
                  empty=int((~enough).sum()))


def _distance(x: np.ndarray, y: np.ndarray, window: Window) -> float:
    """From the middle of a window to that of the nearest other one, as a rule."""
    if len(x) < 2:
        return min(window.width, window.height) / 2
    places = np.column_stack([x, y])
    return float(np.median(np.asarray(scipy.spatial.cKDTree(places).query(places, 2)[0])[:, 1]))


def _scale(reach_px: float, distance_px: float, width_px: int) -> tuple[float, float]:
    """The length in the key, 1, 2 or 5 times a power of ten, and how many times larger all is drawn."""
    times = _REACH * distance_px / max(reach_px, 0.01)
    longest = _KEY_SHARE * width_px / times
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest), times


def _tie(x: float, y: float, right: float, down: float, ring: float) -> Tie:
    """An arrow from the window's middle, with a head that is never longer than a third of it."""
    tip_x, tip_y, length = x + right, y + down, math.hypot(right, down)
    back = (right / 3, down / 3) if length else (0.0, 0.0)
    sides = [(tip_x - back[0] + turn * back[1] * 0.6, tip_y - back[1] - turn * back[0] * 0.6) for turn in (1, -1)]
    head = " ".join(f"{a:.2f},{b:.2f}" for a, b in ((tip_x, tip_y), *sides))
    return Tie(x=round(x, 2), y=round(y, 2), tip_x=round(tip_x, 2), tip_y=round(tip_y, 2), head=head,
               ring=round(ring, 2))
