"""Did it look like that before, or does it look as before again? Then it was a season or a passing thing."""

from __future__ import annotations

import numpy as np

from sitewatch.changes._objects import Thing

__all__ = ["NEAR_DAYS", "why_passing"]

NEAR_DAYS = 400.0     # a state that was there within a year and a month, or comes back within it, is a season's
_SEASON_DAYS = 30.0    # looks whose days of the year lie this near show the same season
_YEAR_DAYS = 365.25
_LEAST_SHARE, _LEAST_LOOKS = 0.5, 2   # of the looks at the same season of another year


def why_passing(thing: Thing, series: np.ndarray, days: np.ndarray, max_return: float,
                near_days: float = NEAR_DAYS) -> str | None:
    """Why a step is not lasting, None where it is; (time, band) series of the place, days since 1970 (time).

    ``near_days``: looks farther off in time do not count.
    """
    seen, index = np.isfinite(series[:, 0]), np.arange(len(series))
    half = np.linalg.norm(thing.after - thing.before) / 2
    to_before, to_after = (np.linalg.norm(series - level, axis=1) for level in (thing.before, thing.after))
    as_before, as_after = (to_before < to_after) & (to_before < half), (to_after < to_before) & (to_after < half)
    near = np.abs(days - days[thing.look]) < near_days
    earlier, later = seen & near & (index <= thing.look), seen & near & (index > thing.look)
    if (share := _share(as_after, earlier)) > max_return:
        return (f"the place looked like this already in {100 * share:.0f} % of the looks of the {near_days:.0f} days "
                "before: a season or a passing thing")
    if (share := _share(as_before, later)) > max_return:
        return (f"the place looked as before again in {100 * share:.0f} % of the looks of the {near_days:.0f} days "
                "after: a season or a passing thing")
    again = later & _season_of(days, earlier & as_before) | earlier & _season_of(days, later & as_after)
    turned = np.where(index > thing.look, as_before, as_after)
    if again.sum() >= _LEAST_LOOKS and (share := _share(turned, again)) > _LEAST_SHARE:
        return f"{100 * share:.0f} % of the looks at the same season of another year show no difference: a season"
    return None


def _share(which: np.ndarray, among: np.ndarray) -> float:
    return float(which[among].mean()) if among.any() else 0.0


def _season_of(days: np.ndarray, some: np.ndarray) -> np.ndarray:
    """(time) bool: looks at the same time of the year as some of them, in another year."""
    apart = np.abs(days[:, None] - days[None, some])
    season = np.abs((apart + _YEAR_DAYS / 2) % _YEAR_DAYS - _YEAR_DAYS / 2)
    return np.asarray(((season < _SEASON_DAYS) & (apart > _YEAR_DAYS / 2)).any(axis=1))
