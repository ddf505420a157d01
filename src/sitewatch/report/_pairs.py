"""Which two looks are shown side by side: clear at the place, and comparable in sun, view, season and snow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import numpy as np
from markupsafe import Markup

from sitewatch.geo import coverage, look_conditions
from sitewatch.model import Comparability, Comparison, Conditions, Stack, Structure, compare
from sitewatch.report._frames import Window
from sitewatch.report._language import english, gettext, gettext_noop
from sitewatch.report._pictures import Stretch, stretched

__all__ = ["Pair", "latest_clear", "pair_of_site", "pair_of_structure"]

# Beside the cost of the comparison, which is 1 for looks three months apart: a pair with a tenth of its crop unclear is
# as bad as one five weeks off in season.
_UNCLEAR, _LIGHT, _YEARS = 4.0, 2.0, 0.1
# Ground in shadow is hardly seen: of two pairs about as alike, that under the higher sun shows more. Per length of the
# shadow in heights of what throws it.
_SHADE, _LOWEST_SUN_DEG = 0.2, 10.0
_HOW: dict[Comparability, str] = {
    "good": gettext_noop("and they compare well:"), "fair": gettext_noop("and they compare fairly:"),
    "poor": gettext_noop("and they compare poorly:")}
_ALIKE = 0.02   # of a crop: no clearer to the eye


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two looks, as indices into the stack's time axis, what tells them apart, and out of how many pairs they are."""

    before: int
    after: int
    comparison: Comparison
    of: int

    @property
    def why(self) -> Markup:
        """In words: why these two, and how comparable they are."""
        told = self.comparison
        chosen = gettext("They are the only such pair") if self.of == 1 else gettext(
            "Of %(count)s pairs of such looks these two are clearest and most alike here")
        parts = [f"{chosen % {'count': self.of}}, {gettext(_HOW[told.word])}", english(f"{', '.join(told.reasons)}.")]
        if told.word == "poor":
            parts.append(gettext("Plants, shadows or snow may explain by themselves what differs."))
        if told.unknown:
            parts += [gettext("Not known:"), english(f"{', '.join(told.unknown)}.")]
        return Markup(" ").join(parts)


@dataclass(frozen=True, slots=True)
class _View:
    """What one look shows of a window."""

    index: int
    conditions: Conditions
    unclear: float
    light: float

    @property
    def taken(self) -> datetime:
        """When, UTC."""
        return self.conditions.taken


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
    """The last of the looks that are about as clear as the clearest one; without snow where that can be."""
    views = _views(stack, window, stretch, np.ones(stack.site.grid.shape))
    if not views:
        return None
    hidden = {view.index: view.unclear + (view.conditions.snow_share or 0.0) for view in views}
    clearest = min(hidden.values())
    return max(index for index, share in hidden.items() if share <= clearest + _ALIKE)


def _views(stack: Stack, window: Window, stretch: Stretch, weight: np.ndarray) -> list[_View]:
    """Every look of a window; its light is judged on the surroundings, which should not have changed."""
    around = weight[window.slices] > 0.5
    views = []
    for index, conditions in enumerate(look_conditions(stack)):
        grey = stretched(stack, index, window, stretch).mean(axis=2)
        seen = np.isfinite(grey)
        light = grey[seen & around] if (seen & around).any() else np.array([0.0])
        views.append(_View(index, conditions, 1 - float(seen.mean()), float(np.median(light))))
    return views


def _best(before: Sequence[_View], after: Sequence[_View]) -> Pair | None:
    pairs = [(a, b, compare(a.conditions, b.conditions)) for a, b in product(before, after) if a.index < b.index]
    if not pairs:
        return None
    a, b, comparison = min(pairs, key=lambda pair: (_cost(*pair), pair[0].index, pair[1].index))
    return Pair(before=a.index, after=b.index, comparison=comparison, of=len(pairs))


def _cost(a: _View, b: _View, comparison: Comparison) -> float:
    years = math.log1p((b.taken - a.taken).total_seconds() / (365.25 * 86400))
    return (comparison.cost + _UNCLEAR * (a.unclear + b.unclear) + _LIGHT * abs(a.light - b.light) + _YEARS * years
            + _SHADE * max(_shadow(a.conditions), _shadow(b.conditions)))


def _shadow(conditions: Conditions) -> float:
    """Its length in heights of what throws it; 0 where the sun is not known."""
    if conditions.sun_elevation_deg is None:
        return 0.0
    return 1 / math.tan(math.radians(max(conditions.sun_elevation_deg, _LOWEST_SUN_DEG)))


def _second(moment: datetime) -> int:
    """Whole seconds: a stored time and a record's time may differ by what rounding left."""
    return int(moment.timestamp())
