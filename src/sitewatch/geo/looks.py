"""Under which sun, view and snow each look of a stack was taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from shapely import Point

from sitewatch.geo.outline import from_pixels, to_lonlat
from sitewatch.geo.sun import sun_at
from sitewatch.model import Conditions, Site, Stack, conditions_of

__all__ = ["look_conditions", "look_times"]


def look_times(stack: Stack) -> list[datetime]:
    """When each look of the stack was taken, UTC."""
    nanoseconds = stack.data["time"].values.astype("datetime64[ns]").astype("int64")
    return [datetime.fromtimestamp(int(ns) // 10**9, UTC) for ns in nanoseconds]


def look_conditions(stack: Stack) -> list[Conditions]:
    """Under which each look was taken; the sun is computed where a scene has a time of day but no angles."""
    snow = {fit.scene: fit.snow_share for fit in stack.fits}
    found = []
    for name, taken in zip(stack.data["scene"].values, look_times(stack), strict=True):
        scene = replace(stack.scenes[str(name)], taken=taken)
        found.append(conditions_of(scene, snow.get(scene.id), _sun(stack.site, taken)))
    return found


def _sun(site: Site, taken: datetime) -> tuple[float, float] | None:
    if not site.is_georeferenced or (taken.hour, taken.minute, taken.second) == (0, 0, 0):
        return None
    middle = Point(site.grid.width / 2, site.grid.height / 2)
    at = to_lonlat(from_pixels(middle, site.grid), site.grid)
    return sun_at(taken, at.x, at.y)
