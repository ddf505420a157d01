"""Where a thing lies: within an area, or to which side of another thing."""

from __future__ import annotations

import math

from shapely.geometry.base import BaseGeometry

from sitewatch.model import Answer

__all__ = ["SIDES", "found_beside", "found_within"]

SIDES = {"north_of": 0.0, "east_of": 90.0, "south_of": 180.0, "west_of": 270.0}
_QUARTER, _BLURRED = 45.0, 10.0  # degrees: a side is a quarter of the horizon, whose ends people draw differently


def found_within(ground: BaseGeometry, area: BaseGeometry, name: str, place: str, reach_m: float) -> Answer:
    """Whether it lies within an area, its own place known to ``reach_m``. Across the boundary, or nearer to it than
    that, one cannot tell."""
    apart, depth = ground.distance(area), ground.distance(area.boundary)
    if area.covers(ground) and depth > reach_m:
        return Answer(what="position", verdict="supported", chance=1.0, measured=f"{depth:,.0f} m within",
                      why=f"{name} lies within {place}, {depth:,.0f} m from its boundary")
    if apart > reach_m:
        return Answer(what="position", verdict="refuted", chance=0.0, measured=f"{apart:,.0f} m outside",
                      why=f"{name} lies outside {place}, {apart:,.0f} m from its boundary")
    return Answer(what="position", verdict="cannot tell", decides="a boundary and a position that are known better",
                  why=f"{name} lies on the boundary of {place}, or nearer to it than the {reach_m:.0f} m to which "
                      "positions are known here")


def found_beside(one: BaseGeometry, other: BaseGeometry, side: str, names: tuple[str, str], reach_m: float) -> Answer:
    """Whether one lies to the stated side of the other, by the bearing between their middles (grid north)."""
    east, north = one.centroid.x - other.centroid.x, one.centroid.y - other.centroid.y
    apart, bearing = math.hypot(east, north), math.degrees(math.atan2(east, north)) % 360
    off = abs((bearing - SIDES[side] + 180) % 360 - 180)
    why = f"{names[0]} lies {apart:,.0f} m from {names[1]}, at a bearing of {bearing:.0f}°"
    unsure = _BLURRED + math.degrees(math.atan2(reach_m, apart))
    if abs(off - _QUARTER) <= unsure or apart <= 2 * reach_m:
        return Answer(what="position", verdict="cannot tell", measured=f"{apart:,.0f} m at {bearing:.0f}°",
                      decides="positions that are known better", why=f"{why}: between two sides, or too near to tell")
    holds = off < _QUARTER
    return Answer(what="position", verdict="supported" if holds else "refuted", chance=float(holds), why=why,
                  measured=f"{apart:,.0f} m at {bearing:.0f}°")
