"""Whether it stands up: shadows away from the sun tell what came, what went, what stayed and what is flat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.structures.halls import FROM, HALL, SEEDS, quiet_world
from tests.worlds import World

from sitewatch.changes import detect_changes
from sitewatch.geo import Rectangle
from sitewatch.model import Scene, Stack, Structures
from sitewatch.structures import StructuresOptions, trace_structures
from sitewatch.structures._heights import Shadows, shadows_of, sunlit
from sitewatch.structures._kinds import judged

_LOOKS, _HEIGHT_M = 26, 9.0
_BEFORE = np.arange(_LOOKS) < FROM
_SUNS = [(120 + 45 * np.sin(i / 4) ** 2, 25 + 35 * np.cos(i / 4) ** 2) for i in range(_LOOKS)]   # azimuth, elevation


def _shade(world: World, where: Rectangle, looks: range, *, turned: bool = False) -> None:
    """The shadow of a block of that height, or one that falls towards the sun, which none does."""
    shape = world.views.shape[2:]
    for look in looks:
        azimuth, elevation = np.radians(_SUNS[look])
        reach = (1 if turned else -1) * _HEIGHT_M / np.tan(elevation) / 3
        share = np.zeros(shape)
        for part in np.linspace(0, 1, 9):
            moved = replace(where, x=where.x + part * reach * np.sin(azimuth),
                            y=where.y - part * reach * np.cos(azimuth))
            share = np.maximum(share, moved.seen(shape, world.blur_px))
        world.views[look] *= 1 - 0.55 * np.maximum(share - where.seen(shape, world.blur_px), 0)


def _sunlit(stack: Stack) -> Stack:
    scenes = tuple(Scene(id=fit.scene, source="test", sensor="picture", taken=fit.taken, taken_from="csv", assets=(),
                         sun_azimuth_deg=float(azimuth), sun_elevation_deg=float(elevation))
                   for fit, (azimuth, elevation) in zip(stack.used, _SUNS, strict=True))
    return replace(stack, scenes=replace(stack.scenes, scenes=scenes))


def _world(seed: int, came: bool, shaded: range, *, turned: bool = False) -> Stack:
    world = quiet_world(seed)
    _shade(world, HALL, shaded, turned=turned)
    world.roof(HALL, 160, slice(FROM, None) if came else slice(FROM))
    return _sunlit(world.stack())


def _shadows(stack: Stack, before: np.ndarray = _BEFORE) -> Shadows | None:
    return shadows_of(HALL, before, ~before, sunlit(stack))


@SEEDS
@pytest.mark.parametrize(("shaded", "likeliest"), [
    (range(FROM), 0), (range(FROM, _LOOKS), 1), (range(_LOOKS), 2)], ids=["went", "came", "stayed"])
def test_the_side_with_the_shadow_is_told_from_the_side_without(seed, shaded, likeliest):
    found = _shadows(_world(seed, came=True, shaded=shaded))
    assert found is not None
    assert int(np.argmax(found.odds)) == likeliest
    assert found.odds[likeliest] > 3
    depths = [found.before, found.after]
    for side, looks in enumerate((range(FROM), range(FROM, _LOOKS))):
        assert depths[side] == pytest.approx(0.55 if set(looks) <= set(shaded) else 0.0, abs=0.2)


@SEEDS
def test_one_height_is_found_that_explains_the_shadows_of_all_dates(seed):
    found = _shadows(_world(seed, came=True, shaded=range(FROM, _LOOKS)))
    assert found is not None
    assert found.height_m == 8.0   # of 3, 5, 8 and 12 the nearest to 9


@SEEDS
@pytest.mark.parametrize("shaded", [range(0), range(FROM, _LOOKS)], ids=["flat", "dark towards the sun"])
def test_paving_and_what_is_dark_on_its_sunny_side_speak_against_a_structure(seed, shaded):
    found = _shadows(_world(seed, came=True, shaded=shaded, turned=True))
    assert found is not None
    assert max(found.odds) < -1


def test_without_suns_or_with_too_few_looks_nobody_can_tell():
    stack = _world(0, came=True, shaded=range(FROM, _LOOKS))
    plain = tuple(replace(scene, sun_azimuth_deg=None) for scene in stack.scenes.scenes)
    assert _shadows(replace(stack, scenes=replace(stack.scenes, scenes=plain))) is None
    assert _shadows(stack, np.arange(_LOOKS) < 3) is None


def _traced(stack: Stack) -> Structures:
    return trace_structures(detect_changes(stack), stack)


@SEEDS
def test_a_hall_with_a_shadow_is_surer_than_one_whose_sun_is_not_known(seed):
    stack = _world(seed, came=True, shaded=range(FROM, _LOOKS))
    [lit] = _traced(stack).changed
    plain = replace(stack.scenes, scenes=tuple(replace(s, sun_elevation_deg=None) for s in stack.scenes.scenes))
    [dim] = _traced(replace(stack, scenes=plain)).changed
    assert (lit.class_, dim.class_) == ("new structure", "new structure")
    assert lit.chance > 0.93 > dim.chance
    assert "would throw its shadow" in lit.reasons[0]
    assert "not tested" in dim.reasons[0]


@SEEDS
def test_what_looks_like_a_roof_and_throws_no_shadow_is_no_structure(seed):
    stack = _world(seed, came=True, shaded=range(0))
    found = _traced(stack).changed
    assert {one.class_ for one in found} <= {"ground works"}
    assert all(one.label == "Ground works A" and one.id.startswith("works-") for one in found)
    assert found or trace_structures(detect_changes(stack), stack, StructuresOptions(least_chance=0.5)).changed


def _odds(went: float, came: float, both: float) -> Shadows:
    return Shadows(before=0, after=0, sigmas=(0.1, 0.1), height_m=8, odds=(went, came, both))


def test_the_word_of_the_shape_stands_where_shadows_say_nothing():
    assert judged("new structure", 0.8, None, holds_too=True) == ("new structure", 0.8)
    kind, chance = judged("new structure", 0.8, _odds(0, 0, 0), holds_too=False)
    assert (kind, round(chance, 6)) == ("new structure", 0.8)


@pytest.mark.parametrize(("odds", "kind"), [
    (_odds(9, -3, 4), "removed structure"), (_odds(-3, 9, 4), "new structure"), (_odds(4, 4, 12), "altered structure"),
    (_odds(-4, -4, -8), "ground works")])
def test_shadows_outvote_a_shape_that_can_be_read_either_way(odds, kind):
    assert judged("new structure", 0.85, odds, holds_too=True)[0] == kind


def test_a_shape_that_holds_in_one_way_only_is_never_read_the_other_way():
    assert judged("new structure", 0.85, _odds(9, -9, 2), holds_too=False)[0] == "ground works"
