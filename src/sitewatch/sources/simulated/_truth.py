"""What is really there and how each scene really was: for tests, calibration and readers, never for a stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely import MultiPolygon, Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from sitewatch.geo import to_lonlat
from sitewatch.model import Between, StructureClass
from sitewatch.sources.simulated._looks import Look, looks_of
from sitewatch.sources.simulated._render import hidden_in
from sitewatch.sources.simulated._things import Placed
from sitewatch.sources.simulated._world import World

__all__ = ["TrueObject", "TrueView", "Truth", "truth_of", "view_of"]

_HIDES = 0.1  # share of the light from which on a pixel counts as hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueObject:
    """One thing of the world that its script changes. ``outline`` is in EPSG:4326, ``on_grid`` in the world's CRS.

    ``class_`` is None for a decoy, which changes but must not be reported; ``phases`` are the steps by name, each with
    its first and last day; ``happened`` are the first and last day of what makes it news.
    """

    id: str
    class_: StructureClass | None
    outline: BaseGeometry
    on_grid: BaseGeometry
    height_m: float
    happened: Between
    phases: tuple[tuple[str, Between], ...]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueView:
    """One scene's true misplacement (content to the right and down, in its pixels): mean and spread over the scene,
    and the shares of it that are hidden, 0 to 1."""

    scene: str
    sensor: str
    taken: datetime
    shift_x_px: float
    shift_y_px: float
    warp_px: float
    cloud_share: float
    cloud_shadow_share: float
    outside_swath_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is really there, and how each scene really was."""

    objects: tuple[TrueObject, ...]
    views: tuple[TrueView, ...]


def truth_of(world: World, seed: int = 0) -> Truth:
    """What the scenes of that world and seed really show."""
    return Truth(objects=tuple(_object(thing, world) for thing in world.things if thing.steps),
                 views=tuple(view_of(world, look) for look in looks_of(world, seed)))


def view_of(world: World, look: Look) -> TrueView:
    """How one scene really was."""
    hidden = hidden_in(world, look)
    right, down = hidden.placing.right, hidden.placing.down
    return TrueView(scene=look.id, sensor=look.camera.sensor, taken=look.taken, shift_x_px=float(right.mean()),
                    shift_y_px=float(down.mean()), warp_px=float((right.var() + down.var()) ** 0.5),
                    cloud_share=float((hidden.cloud > _HIDES).mean()),
                    cloud_shadow_share=float((hidden.shadow > _HIDES).mean()),
                    outside_swath_share=hidden.placing.seen_from / right.shape[1])


def _object(thing: Placed, world: World) -> TrueObject:
    grid = world.site_grid
    outlines = [rect.outline(grid) for rect in thing.footprints]
    on_grid: Polygon | MultiPolygon = outlines[0] if len(outlines) == 1 else unary_union(outlines)
    class_, happened = thing.news()
    phases = tuple((step.name, Between(after=step.start, by=step.end)) for step in thing.steps)
    return TrueObject(id=thing.id, class_=class_, outline=to_lonlat(on_grid, grid), on_grid=on_grid,
                      height_m=thing.height, phases=phases, about=thing.about, happened=happened or Between(
                          after=thing.steps[0].start, by=thing.steps[-1].end))
