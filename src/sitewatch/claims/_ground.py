"""Where the ground changed for good and no structure was traced: works, rows of small things, a surface laid anew."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shapely import unary_union
from shapely.geometry.base import BaseGeometry

from sitewatch.claims._words import counted
from sitewatch.geo import area_m2, to_lonlat
from sitewatch.model import Between, Change, Changes, Site, Stack, Structures, area_text

__all__ = ["Ground", "ground_changes", "grounds_of"]

Sentence = tuple[str, tuple[str, ...]]
_TOLD = 3          # places, the largest: the report lists all changes
_NEAR_M = 10.0     # what lies nearer to each other, or within two pixels, is one place of works
_SIDES = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_MIDDLE = 0.2      # of the site's side: what lies so near its middle is in no corner of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One place: its ``outline`` in the coordinates of the site's grid, and its ``changes`` in order of time."""

    outline: BaseGeometry
    changes: tuple[Change, ...]

    @property
    def first(self) -> Between:
        """When it changed first."""
        return self.changes[0].between


def grounds_of(changes: Changes, structures: Structures) -> tuple[Ground, ...]:
    """The places of kept changes that belong to no structure and lie on none, the largest first."""
    told = {name for structure in (*structures, *structures.rejected) for name in structure.changes}
    stands = unary_union([structure.outline for structure in structures.changed])
    alone = [change for change in changes.kept if change.id not in told and not change.outline.intersects(stands)]
    reach = max(_NEAR_M, 2 * changes.site.gsd_m) / 2
    joined = unary_union([change.outline.buffer(reach) for change in alone])
    places = [] if joined.is_empty else list(getattr(joined, "geoms", [joined]))
    groups = ([change for change in alone if change.outline.intersects(place)] for place in places)
    grounds = [Ground(outline=unary_union([change.outline for change in group]),
                      changes=tuple(sorted(group, key=_when))) for group in groups]
    return tuple(sorted(grounds, key=lambda one: (-one.outline.area, one.changes[0].id)))


def _when(change: Change) -> tuple[float, str]:
    moment = change.between.by or change.between.after
    return moment.timestamp() if moment else math.inf, change.id


def ground_changes(changes: Changes, structures: Structures, stack: Stack) -> Iterator[Sentence]:
    """That the ground changed elsewhere, where most of it, since when; with the scenes on both sides of those dates."""
    grounds = grounds_of(changes, structures)
    if not grounds:
        return
    largest, site = grounds[:_TOLD], changes.site
    places = "; ".join(f"about {area_text(area_m2(ground.outline, site.grid))} {_where(ground.outline, site)}, first "
                       f"changed {ground.first}" for ground in largest)
    besides = "Besides, the" if structures.changed else "The"
    many = counted(len(grounds), "place", "places")
    which = "It covers" if len(grounds) == 1 else "They cover" if len(grounds) <= _TOLD else "The largest cover"
    some = counted(sum(len(ground.changes) for ground in grounds), "such change", "such changes")
    yield (f"{besides} ground changed at {many} and had not changed back by the last look, in ways that do not read as "
           f"one structure: works on the ground, several small things, another surface. {which} {places}. Of {some} "
           f"chance alone would make about {_by_chance(changes, stack)} in this time.", _scenes(largest, stack))


def _by_chance(changes: Changes, stack: Stack) -> str:
    years = (stack.used[-1].taken - stack.used[0].taken).total_seconds() / (365.25 * 86400)
    return counted(max(1, round(changes.false_alarms_per_year * years)), "", "").strip()


def _where(outline: BaseGeometry, site: Site) -> str:
    """In which part of the site it lies, and at which latitude and longitude where that is known."""
    west, south, east, north = site.grid.boundingbox
    middle = outline.centroid
    right, up = (middle.x - (west + east) / 2) / (east - west), (middle.y - (south + north) / 2) / (north - south)
    side = "middle" if math.hypot(right, up) < _MIDDLE else \
        _SIDES[round(math.degrees(math.atan2(right, up)) / 45) % len(_SIDES)]
    if not site.is_georeferenced:
        return f"in the {side} of the site"
    place = to_lonlat(middle, site.grid)
    return f"in the {side} of the site (around {place.y:.5f}, {place.x:.5f})"


def _scenes(grounds: Sequence[Ground], stack: Stack) -> tuple[str, ...]:
    days = {moment for ground in grounds for moment in (ground.first.after, ground.first.by) if moment}
    return tuple(fit.scene for fit in stack.used if fit.taken in days)
