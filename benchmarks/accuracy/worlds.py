"""The one door to simulated places: what is frozen, how a place becomes a case, and what is true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from shapely import Polygon

import sitewatch as sw
from sitewatch import store
from sitewatch.sources.simulated import demo_site, truth

__all__ = ["FROZEN", "Half", "Thing", "World", "new_case", "things_of"]

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
    outline: Polygon
    start: datetime | None
    end: datetime | None


# Constants may be set on "tune" only; "test" is what the tables print. Seed 0, the demo, was looked at while the
# stages were written.
FROZEN: Mapping[Half, tuple[World, ...]] = {
    "tune": (World(family="demo", seed=0),),
    "test": tuple(World(family="demo", seed=seed) for seed in range(1, 7)),
}
# The phases whose first start and last end are seen: from the slab to the roof, from the roof to the rubble.
_WORKS = {"new-hall": ("foundation", "roof"), "removed-hall": ("rubble", "rubble")}


def new_case(world: World, folder: Path, *, is_told: bool = True) -> sw.Case:
    """A fresh case that watches the place; ``is_told``: of its reference halls and its controls."""
    site = demo_site() if is_told else replace(demo_site(), references=(), controls=())
    store.write_case(folder, site, [{"kind": "simulated", "seed": world.seed, "scenario": world.family}])
    return sw.Case.open(folder)


def things_of(world: World) -> tuple[Thing, ...]:
    """Everything that comes or goes there, decoys included."""
    things = []
    for true in truth(world.family, world.seed).objects:
        phases = dict(true.phases)
        first, last = (phases[name] for name in _WORKS[true.id]) if true.id in _WORKS else (true.happened,) * 2
        things.append(Thing(name=true.id, class_=true.class_, outline=true.on_grid, start=first.after, end=last.by))
    return tuple(things)
