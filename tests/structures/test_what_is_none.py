"""What is no structure: bare ground, roads, shadows, what was rejected, what was there before."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tests.structures.halls import FROM, HALL, is_at, quiet_world, traced, with_hall
from tests.worlds import World, rectangle, texture

from sitewatch.changes import detect_changes
from sitewatch.model import Scene, Scenes, Stack
from sitewatch.structures import StructuresOptions, trace_structures
from sitewatch.structures._evidence import _unevenness


@pytest.mark.parametrize("seed", range(4))
def test_bare_ground_of_irregular_shape_is_never_very_likely_a_structure(seed):
    world = World(seed, looks=30, bands=3, size_px=96)
    world.wander(0.06)
    patch = _ragged_patch(world.draw)
    share = gaussian_filter(patch.astype(float), world.blur_px)
    world.views[12:] += share * (135 + 8 * texture(world.draw, 96, 3) - world.views[12:])
    stack = world.stack()
    changes = detect_changes(stack)
    assert changes.kept
    assert all(structure.chance < 0.8 for structure in trace_structures(changes, stack).changed)


def _ragged_patch(draw: np.random.Generator) -> np.ndarray:
    """(96, 96) one connected patch of about a tenth of the picture, off its sides, with bays and spits."""
    rows, columns = np.mgrid[:96, :96]
    rough = gaussian_filter(draw.standard_normal((96, 96)), 5)
    height = rough / rough.std() - np.hypot(rows - 48, columns - 48) / 16
    patch = cv2.morphologyEx((height > np.quantile(height, 0.86)).astype(np.uint8), cv2.MORPH_OPEN,
                             np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(patch, connectivity=4)
    return np.asarray(labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]))


@pytest.mark.parametrize("degrees", [0, 30])
def test_a_road_is_no_structure(degrees):
    world = World(2, looks=26, bands=3, size_px=96)
    world.wander(0.06)
    world.roof(rectangle(48, 48, 60, 7, degrees), 170, slice(FROM, None))
    stack = world.stack()
    changes = detect_changes(stack)
    assert changes.kept
    assert trace_structures(changes, stack).changed == ()


def test_a_rejected_change_is_no_structure():
    world = with_hall()
    world.controls = (world.named("yard", rectangle(44, 40, 34, 26, 20)),)
    assert traced(world).changed == ()


@pytest.mark.parametrize(("looks", "found"), [(1, 1), (3, 0)])
def test_what_had_been_there_in_more_than_a_tenth_of_the_earlier_looks_is_no_new_structure(looks, found):
    world = with_hall()
    [change] = (changes := detect_changes(world.stack())).kept
    world.roof(HALL, 160, slice(3, 3 + looks))
    assert change.between.after == world.taken[FROM - 1]
    assert len(trace_structures(changes, world.stack()).changed) == found


def test_a_quiet_place_has_no_structures():
    assert traced(quiet_world()).records == ()


def test_the_least_chance_of_a_structure_is_an_option():
    world = with_hall()
    world.roof(rectangle(16, 64, 9, 8), 128, slice(17, None))
    chances = [structure.chance for structure in traced(world, StructuresOptions(least_chance=0.0)).changed]
    assert len(traced(world, StructuresOptions(least_chance=1.0)).changed) == 0
    for least in (0.3, 0.7, 0.95):
        found = traced(world, StructuresOptions(least_chance=least)).changed
        assert all(structure.chance >= least - 0.005 for structure in found)
        assert len(found) <= len(chances)


def _in_the_sun(world: World, azimuth_deg: float | None) -> Stack:
    """The world's stack with scenes that know where the sun stood."""
    stack = world.stack()
    scenes = tuple(Scene(id=fit.scene, source="world", sensor="grey", taken=fit.taken, taken_from="simulated",
                         assets=(), sun_azimuth_deg=azimuth_deg) for fit in stack.fits)
    return replace(stack, scenes=Scenes(site=stack.site, scenes=scenes))


@pytest.mark.parametrize("y", [41.5, 39.5])    # at the foot of the wall, or beyond the far face of the roof
@pytest.mark.parametrize(("azimuth_deg", "found"), [(180.0, 1), (0.0, 2)])
def test_a_dark_strip_beside_a_new_roof_is_its_shadow_only_where_it_lies_away_from_the_sun(azimuth_deg, found, y):
    world = World(5, looks=30)
    world.roof(rectangle(48, 52, 30, 12), 190, looks=slice(12, None))
    world.roof(rectangle(48, y, 30, 8), 40, looks=slice(20, None))    # to the north, and later: the sun is lower
    stack = _in_the_sun(world, azimuth_deg)
    structures = trace_structures(detect_changes(stack), stack)
    assert len(structures.changed) == found
    assert any(is_at(structure, rectangle(48, 52, 30, 12), world) for structure in structures.changed)


def test_two_even_faces_of_a_gable_are_even_and_a_mottled_yard_is_not():
    roof, draw = rectangle(48, 48, 34, 16, 20), np.random.default_rng(0)
    rows, columns = np.mgrid[:96, :96] + 0.5
    across = (rows - roof.y) * np.cos(roof.angle) - (columns - roof.x) * np.sin(roof.angle)
    core = roof.distance((96, 96)) < -1
    gable = 100 + 20 * np.sign(across) + draw.normal(0, 2, (96, 96))
    yard = 100 + 20 * np.sign(draw.normal(0, 1, (96, 96)))
    even, mottled = (_unevenness(np.abs(picture - 100), picture[None], roof, core) for picture in (gable, yard))
    assert even < 3
    assert mottled == 20
