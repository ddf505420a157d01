"""The one door to simulated places: what is frozen, how a place becomes a case, and what is true of it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from shapely.geometry.base import BaseGeometry

import sitewatch as sw
from benchmarks.accuracy.families import FAMILIES, write_world
from sitewatch import store
from sitewatch.sources.simulated import read_world, site_of, truth_of

__all__ = ["FROZEN", "Half", "Thing", "World", "heights_of", "new_case", "things_of"]

Half = Literal["tune", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One simulated place: the family of its generator and its seed."""

    family: str
    seed: int

    @property
    def name(self) -> str:
        """As it stands in the tables."""
        return f"{self.family}-{self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A true thing; ``outline`` is in the coordinates of the site's grid, in metres.

    ``class_`` is None for a decoy, which changes but must not be reported. ``start`` and ``end``: from the first to
    the last day of the works that make it come or go.
    """

    name: str
    class_: str | None
    outline: BaseGeometry
    start: datetime | None
    end: datetime | None


# Constants may be set on "tune" only; "test" is what the tables print: another family, of other layouts, land and
# materials. Seed 0 of each world that comes with sitewatch is a demo, which people look at while they write the stages.
FROZEN: Mapping[Half, tuple[World, ...]] = {
    "tune": (World(family="estate", seed=0), World(family="february-11", seed=0),
             *(World(family="estates", seed=seed) for seed in range(8))),
    "test": (*(World(family="compounds", seed=seed) for seed in range(100, 110)),
             *(World(family="february-11", seed=seed) for seed in range(1, 3))),
}


def new_case(world: World, folder: Path, *, is_told: bool = True) -> sw.Case:
    """A fresh case that watches the place; ``is_told``: of its reference halls and its controls."""
    named = _named(world, folder.parent)
    site = site_of(read_world(named))
    site = site if is_told else replace(site, references=(), controls=())
    store.write_case(folder, site, [{"kind": "simulated", "world": named, "seed": world.seed}])
    return sw.Case.open(folder)


def things_of(world: World) -> tuple[Thing, ...]:
    """Everything that comes or goes there, decoys included."""
    with tempfile.TemporaryDirectory() as folder:
        made = read_world(_named(world, Path(folder)))
    return tuple(Thing(name=true.id, class_=true.class_, outline=true.on_grid, start=true.happened.after,
                       end=true.happened.by) for true in truth_of(made, world.seed).objects)


def heights_of(world: World) -> dict[str, float]:
    """How high in metres the eaves of each hall stand."""
    with tempfile.TemporaryDirectory() as folder:
        made = read_world(_named(world, Path(folder)))
    return {thing.id: float(getattr(thing, "height", 0.0)) for thing in made.things}


def _named(world: World, folder: Path) -> str:
    """What a source calls the world: a name that comes with sitewatch, or the file that its family makes."""
    return str(write_world(world.family, world.seed, folder)) if world.family in FAMILIES else world.family
