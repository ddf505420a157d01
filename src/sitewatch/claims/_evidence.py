"""What the images gave, and which of it a claim speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Point
from shapely.geometry.base import BaseGeometry

from sitewatch.claims._ground import grounds_of
from sitewatch.claims._links import Links
from sitewatch.geo import WGS84, reproject
from sitewatch.model import (
    SENSORS,
    Change,
    Changes,
    Claim,
    ClaimPart,
    Claims,
    Entity,
    Measurements,
    Stack,
    Structure,
    Structures,
    plain_name,
)

__all__ = ["Evidence"]

_REACH_M = 10.0  # a point that somebody read off a map or an image lies some metres beside the thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the images gave, and the claims that are held against it."""

    claims: Claims
    changes: Changes
    structures: Structures
    measurements: Measurements
    stack: Stack
    links: Links

    @property
    def gsd_m(self) -> float:
        """The pixel size of the images, not of the grid where that is finer."""
        used = {fit.scene for fit in self.stack.used}
        sensors = {scene.sensor for scene in self.stack.scenes.scenes if scene.id in used}
        known = [SENSORS[sensor].gsd_m or 0.0 for sensor in sensors if sensor in SENSORS]
        return max([self.stack.site.gsd_m, *known])

    @property
    def reach_m(self) -> float:
        """How far beside a thing a point of it may lie."""
        return max(2 * self.stack.site.gsd_m, _REACH_M)

    def called(self, name: str) -> str:
        """The name to print for what a claim speaks of."""
        entity = self.claims.entities.find(name)
        return entity.name if entity else name

    def names(self, name: str) -> list[str]:
        """All names of what a claim speaks of on which a verdict may rest, the one to print first."""
        entity = self.claims.entities.find(name, sourced=True)
        known = [one.text for one in entity.names if one.carries] if entity else []
        first = [entity.name] if entity and entity.name in known else []
        return list(dict.fromkeys([*first, name, *known]))

    def name(self, structure: str) -> str:
        """What the claims call a structure."""
        return next((entity.name for entity in self.claims.entities if entity.structure == structure), structure)

    def thing(self, name: str, claim: Claim | None = None,
              part: ClaimPart = "subject") -> tuple[Entity | None, Structure | None]:
        """The entity that a part of a claim speaks of, and the structure that it is, as far as somebody said which."""
        entity = self.claims.entities.find(name)
        if claim and (link := self.links.of(claim, part)) and link.structure:
            return entity, link.structure
        return entity, None if self.doubt(name) else self._standing(name, entity)

    def doubt(self, name: str) -> str | None:
        """Why what stands there must not decide on a thing of this name; None where nothing speaks against it."""
        entity = self.claims.entities.find(name)
        if entity is None:
            return None
        if self.claims.entities.find(name, sourced=True) is not entity:
            return (f"names.yaml gives no source for “{name}” as a name of {entity.name}, and such a name decides "
                    f"nothing: add its source, or write {entity.id}")
        structure = self._standing(name, entity)
        other = next((other for other in self.claims.entities.held_apart(entity)
                      if structure and self._standing(other.id, other) == structure), None)
        return f"names.yaml says that {entity.name} is not {other.name}, and one place is given for both" \
            if other else None

    def _standing(self, name: str, entity: Entity | None) -> Structure | None:
        """The structure of that id or label, or at the place that the registry gives."""
        wanted = entity.structure if entity and entity.structure else name
        named = [s for s in self.structures if wanted.casefold() in (s.id.casefold(), s.label.casefold())]
        if named or entity is None or (entity.at is None and entity.area is None):
            return named[0] if named else None
        if entity.at is None:
            return self._within(entity)
        spot = Point(entity.at)
        near = sorted((s.outline.distance(spot), s.id) for s in self.structures)
        return self.structures[near[0][1]] if near and near[0][0] <= self.reach_m else None

    def _within(self, entity: Entity) -> Structure | None:
        """What came or went within an area that somebody drew around a thing, such as rows of houses: the largest."""
        inside = [s for s in self.structures.changed if entity.type != "site" and entity.area is not None
                  and entity.area.contains(s.outline.centroid)]
        return max(inside, key=lambda s: (s.outline.area, s.id), default=None)

    def ground(self, name: str) -> BaseGeometry | None:
        """Where a thing is, in the coordinates of the site's grid: its area, its traced outline, its point; the whole
        site for what is the site. None where nobody has said."""
        entity, structure = self.thing(name)
        if self.doubt(name):
            return None
        if entity is not None and entity.area is not None:
            return entity.area
        if structure is not None:
            return structure.outline
        if entity is not None and entity.at is not None:
            return Point(entity.at)
        return self._whole if self._is_site(entity, name) else None

    def ground_changed(self, entity: Entity | None) -> tuple[Change, ...]:
        """How the ground changed, and stayed so, where a thing is said to be and no structure was traced: in order of
        time, of the largest place of works there."""
        spot = None if entity is None else entity.area or (Point(entity.at) if entity.at else None)
        there = [ground.changes for ground in grounds_of(self.changes, self.structures)
                 if spot is not None and ground.outline.distance(spot) <= self.reach_m]
        return there[0] if there else ()

    def _is_site(self, entity: Entity | None, name: str) -> bool:
        """Whether it is the very place that was looked at; what is part of it or holds it is another."""
        site = self.structures.site
        own = {plain_name(text) for text in (site.slug, *(known.text for known in site.names))}
        called = (entity.id, *(known.text for known in entity.names)) if entity else (name,)
        return bool(own & {plain_name(text) for text in called})

    @property
    def _whole(self) -> BaseGeometry:
        site = self.structures.site
        return reproject(site.area, WGS84, site.grid.crs) if site.grid.crs else site.area
