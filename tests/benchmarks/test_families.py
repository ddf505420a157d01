"""The families of simulated worlds: each can be read, is the same every time, and shares nothing with the other."""

from __future__ import annotations

import pytest
from benchmarks.accuracy.families import FAMILIES, write_world
from benchmarks.accuracy.worlds import FROZEN

from sitewatch.sources.simulated import read_world, truth_of

_MADE = [world for half in FROZEN.values() for world in half if world.family in FAMILIES]


@pytest.mark.parametrize("world", _MADE, ids=lambda world: world.name)
def test_every_frozen_world_can_be_read_and_something_is_built_there(world, tmp_path):
    path = write_world(world.family, world.seed, tmp_path)
    made, written = read_world(str(path)), path.read_bytes()
    assert write_world(world.family, world.seed, tmp_path).read_bytes() == written
    assert any(thing.steps for thing in made.things)
    changing = [thing for thing in made.things if thing.steps]
    outlines = [rect.polygon() for thing in changing for rect in thing.footprints]
    assert not any(a.intersects(b) for i, a in enumerate(outlines) for b in outlines[i + 1:])


def test_no_world_is_in_both_halves_and_the_halves_are_of_different_families():
    tune, test = ({(world.family, world.seed) for world in FROZEN[half]} for half in ("tune", "test"))
    assert not tune & test
    assert {family for family, _ in tune} & {family for family, _ in test} <= {"february-11"}


def test_the_families_share_no_land_and_no_material(tmp_path):
    estates, compounds = (read_world(str(write_world(family, 0, tmp_path))) for family in ("estates", "compounds"))
    assert estates.land != compounds.land
    surfaces = [{thing.surface for thing in world.things if thing.steps} for world in (estates, compounds)]
    assert not surfaces[0] & surfaces[1]
    assert truth_of(estates).objects
