"""Places with and without a hall, and what is traced in them."""

from __future__ import annotations

import pytest
from tests.worlds import World, iou, rectangle

from sitewatch.changes import detect_changes
from sitewatch.geo import Rectangle
from sitewatch.model import Structure, Structures
from sitewatch.structures import StructuresOptions, trace_structures

__all__ = ["FROM", "HALL", "SEEDS", "is_at", "quiet_world", "states_of", "traced", "with_hall"]

HALL = rectangle(44, 40, 22, 14, 20)
FROM = 13  # the first look that shows what came
SEEDS = pytest.mark.parametrize("seed", range(3))


def quiet_world(seed: int = 0, looks: int = 26) -> World:
    world = World(seed, looks=looks, bands=3, size_px=80)
    world.wander(0.06)
    return world


def with_hall(seed: int = 0, looks: int = 26) -> World:
    world = quiet_world(seed, looks)
    world.roof(HALL, 160, slice(FROM, None))
    return world


def traced(world: World, options: StructuresOptions | None = None) -> Structures:
    stack = world.stack()
    return trace_structures(detect_changes(stack), stack, options or StructuresOptions())


def is_at(structure: Structure, where: Rectangle, world: World) -> bool:
    return iou(structure.outline, world.on_grid(where)) > 0.5


def states_of(structure: Structure) -> list[str]:
    return [look.state for look in structure.looks]
