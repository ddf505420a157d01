"""How comparable two looks are: sun, view, season and snow make them differ where nothing was built or removed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sitewatch.model.scene import Scene

__all__ = ["Comparability", "Comparison", "Conditions", "SnowState", "compare", "conditions_of"]

Comparability = Literal["good", "fair", "poor"]
SnowState = Literal["neither", "one", "both", "unknown"]

_THING_M = 10.0          # of height: a hall's, so that angles become metres on the ground
_LOWEST_SUN_DEG = 1.0    # below that a shadow has no end
_YEAR_DAYS = 365.25
# Unlikeness of unchanged ground (1 minus the correlation of its fine structure) over 7,000 pairs of looks of the demo
# and of two real series: 0.09 for pairs alike in all, 0.06 more for each 10 m between the shadows of a 10 m thing, at
# most as much for the season, which says no more beyond three months, and two fifths of it where shadows are counted.
_FAR_M, _FAR_DAYS = 10.0, 91.0
_SEASON_BESIDE_SHADOWS = 0.4
_SNOWY, _FAR_SNOW = 0.1, 0.25   # shares of the ground: that is seen at once; that hides what it looks like
_SNOW_IN_BOTH = 0.3      # it never lies twice in the same places
_TWO_SENSORS = 0.3       # other bands and another blur
_GOOD, _FAIR = 0.5, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which one look was taken; None where not known.

    Azimuths are degrees clockwise from true north, ``view_azimuth_deg`` as the scene's record has it; elevation is
    above the horizon. ``snow_share`` is the share of the ground under snow, 0 to 1.
    """

    taken: datetime
    sensor: str
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    off_nadir_deg: float | None = None
    view_azimuth_deg: float | None = None
    snow_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What tells two looks apart although nothing was built or removed; None where one of them does not tell.

    ``season_days``: between their days of the year, over the turn of the year. ``shadow_m``: between the ends of the
    shadows that a thing of 10 m throws. ``view_m``: between the places at which the top of such a thing is seen, or
    the most that it can be where the direction of view is not known. ``reasons`` say it in plain words, what counts
    most first; ``unknown`` what could not be compared.

    ``cost``: 0 for looks that differ in nothing, 1 for two looks as unlike as if only three months lay between their
    seasons.
    """

    season_days: int
    sun_azimuth_deg: float | None
    sun_elevation_deg: float | None
    shadow_m: float | None
    view_m: float | None
    snow: SnowState
    is_one_sensor: bool
    cost: float
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def word(self) -> Comparability:
        """The cost as a word: good below 0.5, fair below 1, else poor."""
        return "good" if self.cost < _GOOD else "fair" if self.cost < _FAIR else "poor"


def conditions_of(scene: Scene, snow_share: float | None = None,
                  sun: tuple[float, float] | None = None) -> Conditions:
    """The conditions of a scene. ``sun`` (azimuth, elevation) is used where its record has none."""
    azimuth, elevation = scene.sun_azimuth_deg, scene.sun_elevation_deg
    if azimuth is None or elevation is None:
        azimuth, elevation = sun or (azimuth, elevation)
    return Conditions(taken=scene.taken, sensor=scene.sensor, sun_azimuth_deg=azimuth, sun_elevation_deg=elevation,
                      off_nadir_deg=scene.off_nadir_deg, view_azimuth_deg=scene.view_azimuth_deg,
                      snow_share=snow_share)


def compare(one: Conditions, other: Conditions) -> Comparison:
    """What sun, view, season, snow and sensor alone change between two looks."""
    season, shadow, view = _season_days(one, other), _shadow_m(one, other), _view_m(one, other)
    snow, is_one_sensor = _snow(one, other), one.sensor == other.sensor
    beside = 1.0 if shadow is None else _SEASON_BESIDE_SHADOWS
    parts = [(beside * min(season / _FAR_DAYS, 1.0), _season_words(season)),
             (_snow_cost(one, other, snow), {"one": "snow in one only", "both": "snow in both"}.get(snow, "")),
             (0.0 if is_one_sensor else _TWO_SENSORS, "" if is_one_sensor else "taken by two sensors")]
    if shadow is not None:
        parts.append((shadow / _FAR_M, f"shadows {_metres(shadow)} apart"))
    if view is not None:
        parts.append((view / _FAR_M, f"tops {_metres(view)} apart by the angle of view" if view >= 1 else ""))
    parts = sorted((part for part in parts if part[1]), key=lambda part: -part[0])
    unknown = (("shadows", shadow is None), ("angles of view", view is None), ("snow", snow == "unknown"))
    return Comparison(
        season_days=season, shadow_m=shadow, view_m=view, snow=snow, is_one_sensor=is_one_sensor,
        sun_azimuth_deg=_apart_deg(one.sun_azimuth_deg, other.sun_azimuth_deg),
        sun_elevation_deg=_apart_deg(one.sun_elevation_deg, other.sun_elevation_deg),
        cost=sum(cost for cost, _ in parts), reasons=tuple(words for _, words in parts),
        unknown=tuple(word for word, is_unknown in unknown if is_unknown))


def _season_days(one: Conditions, other: Conditions) -> int:
    apart = abs(one.taken.timetuple().tm_yday - other.taken.timetuple().tm_yday)
    return round(min(apart, _YEAR_DAYS - apart))


def _apart_deg(one: float | None, other: float | None) -> float | None:
    """Between two directions, 0 to 180."""
    return None if one is None or other is None else abs((one - other + 180) % 360 - 180)


def _shadow_m(one: Conditions, other: Conditions) -> float | None:
    ends = []
    for look in (one, other):
        if look.sun_azimuth_deg is None or look.sun_elevation_deg is None or look.sun_elevation_deg < _LOWEST_SUN_DEG:
            return None
        ends.append(_reach(90 - look.sun_elevation_deg, look.sun_azimuth_deg + 180))
    return math.dist(*ends)


def _view_m(one: Conditions, other: Conditions) -> float | None:
    """Both tops lean away from their satellites; without the directions, as if to opposite sides."""
    if one.off_nadir_deg is None or other.off_nadir_deg is None:
        return None
    if one.view_azimuth_deg is None or other.view_azimuth_deg is None:
        return math.dist(_reach(one.off_nadir_deg, 0), _reach(other.off_nadir_deg, 180))
    return math.dist(_reach(one.off_nadir_deg, one.view_azimuth_deg),
                     _reach(other.off_nadir_deg, other.view_azimuth_deg))


def _reach(from_zenith_deg: float, azimuth_deg: float) -> tuple[float, float]:
    """Metres east and north that the thing's top is moved along rays of that slant."""
    length, way = _THING_M * math.tan(math.radians(from_zenith_deg)), math.radians(azimuth_deg)
    return length * math.sin(way), length * math.cos(way)


def _snow(one: Conditions, other: Conditions) -> SnowState:
    if one.snow_share is None or other.snow_share is None:
        return "unknown"
    states: tuple[SnowState, ...] = ("neither", "one", "both")
    return states[(one.snow_share >= _SNOWY) + (other.snow_share >= _SNOWY)]


def _snow_cost(one: Conditions, other: Conditions, state: SnowState) -> float:
    if one.snow_share is None or other.snow_share is None or state == "neither":
        return 0.0
    differing = abs(one.snow_share - other.snow_share)
    return _SNOW_IN_BOTH + differing if state == "both" else min(differing / _FAR_SNOW, 1.0)


def _season_words(days: int) -> str:
    if days == 0:
        return "the same day of the year"
    if days < 14:
        return f"{days} day{'s' if days > 1 else ''} apart in season"
    return f"{round(days / 7)} weeks apart in season" if days < 75 else f"{round(days / 30.44)} months apart in season"


def _metres(length: float) -> str:
    return f"{length:.0f} m" if length >= 1 else "less than 1 m"
