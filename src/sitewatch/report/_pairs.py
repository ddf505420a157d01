"""Which two looks are shown side by side: clear at the place, and alike in season and light."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import numpy as np

from sitewatch.geo import coverage
from sitewatch.model import Stack, Structure
from sitewatch.report._frames import Window
from sitewatch.report._pictures import Stretch, stretched

__all__ = ["Pair", "latest_clear", "pair_of_site", "pair_of_structure", "times_of"]

# A pair with a tenth of its crop unclear is as bad as one five weeks off in season.
_UNCLEAR, _SEASON, _LIGHT, _YEARS = 4.0, 2.0, 2.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two looks, as indices into the stack's time axis, and what tells them apart."""

    before: int
    after: int
    season_days: int


@dataclass(frozen=True, slots=True)
class _View:
    """What one look shows of a window."""

    index: int
    taken: datetime
    unclear: float
    light: float


def times_of(stack: Stack) -> list[datetime]:
    """When each look of the stack was taken, UTC."""
    nanoseconds = stack.data["time"].values.astype("datetime64[ns]").astype("int64")
    return [datetime.fromtimestamp(int(ns) // 10**9, UTC) for ns in nanoseconds]


def pair_of_structure(structure: Structure, stack: Stack, window: Window, stretch: Stretch) -> Pair | None:
    """The best look from before the bracket and the best from after it; None with fewer than two looks."""
    views = _views(stack, window, stretch, 1 - coverage(structure.outline, stack.site.grid))
    when, scenes = structure.happened, [str(name) for name in stack.data["scene"].values]
    judged = {look.scene: look.state for look in structure.looks}
    unclear = {index for index, scene in enumerate(scenes) if judged.get(scene) == "unclear"}
    clear = [view for view in views if view.index not in unclear] or views
    before = [view for view in clear if when.after and _second(view.taken) <= _second(when.after)]
    after = [view for view in clear if when.by and _second(view.taken) >= _second(when.by)]
    return _best(before or views[:1], after or views[-1:])


def pair_of_site(stack: Stack, window: Window, stretch: Stretch) -> Pair | None:
    """For a site where nothing changed: one early and one late look, from the first and last quarter."""
    views = _views(stack, window, stretch, np.ones(stack.site.grid.shape))
    quarter = max(1, len(views) // 4)
    return _best(views[:quarter], views[-quarter:])


def latest_clear(stack: Stack, window: Window, stretch: Stretch) -> int | None:
    """The last of the looks that are about as clear as the clearest one."""
    views = _views(stack, window, stretch, np.ones(stack.site.grid.shape))
    if not views:
        return None
    clearest = min(view.unclear for view in views)
    return max(view.index for view in views if view.unclear <= clearest + 0.02)


def _views(stack: Stack, window: Window, stretch: Stretch, weight: np.ndarray) -> list[_View]:
    """Every look of a window; its light is judged on the surroundings, which should not have changed."""
    around = weight[window.slices] > 0.5
    views = []
    for index, taken in enumerate(times_of(stack)):
        grey = stretched(stack, index, window, stretch).mean(axis=2)
        seen = np.isfinite(grey)
        light = grey[seen & around] if (seen & around).any() else np.array([0.0])
        views.append(_View(index, taken, 1 - float(seen.mean()), float(np.median(light))))
    return views


def _best(before: Sequence[_View], after: Sequence[_View]) -> Pair | None:
    pairs = [(a, b) for a, b in product(before, after) if a.index < b.index]
    if not pairs:
        return None
    a, b = min(pairs, key=lambda pair: (_cost(*pair), pair[0].index, pair[1].index))
    return Pair(before=a.index, after=b.index, season_days=_season_days(a.taken, b.taken))


def _cost(a: _View, b: _View) -> float:
    years = math.log1p((b.taken - a.taken).total_seconds() / (365.25 * 86400))
    return (_UNCLEAR * (a.unclear + b.unclear) + _SEASON * _season_days(a.taken, b.taken) / 183
            + _LIGHT * abs(a.light - b.light) + _YEARS * years)


def _season_days(a: datetime, b: datetime) -> int:
    apart = abs(a.timetuple().tm_yday - b.timetuple().tm_yday)
    return min(apart, 365 - apart) if apart <= 365 else 0


def _second(moment: datetime) -> int:
    """Whole seconds: a stored time and a record's time may differ by what rounding left."""
    return int(moment.timestamp())
