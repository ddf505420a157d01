"""How long, wide and big is it? Within intervals that hold the truth, or with the reason why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, unary_union
from tests.worlds import World, rectangle

from sitewatch.geo import Rectangle, from_pixels
from sitewatch.measurements import MeasurementsOptions, measure_structures
from sitewatch.model import (
    Between,
    Look,
    Measurement,
    Measurements,
    Scene,
    Scenes,
    Stack,
    Structure,
    StructureClass,
    Structures,
)

_FROM = 10  # the first look that shows what came
_HALL = rectangle(32, 44, 22, 12, 25)
_OLD = rectangle(68, 44, 20, 12, 70)


def _world(seed: int = 0, **asked: int) -> World:
    world = World(seed, looks=20, bands=3, size_px=96, **asked)
    world.wander(0.06)
    world.roof(_OLD, 170)
    return world


def _seen_as(world: World, sensor: str = "planetscope-4") -> Stack:
    stack = world.stack()
    scenes = tuple(Scene(id=fit.scene, source="world", sensor=sensor, taken=fit.taken, taken_from="simulated",
                         assets=()) for fit in stack.fits)
    return replace(stack, scenes=Scenes(site=stack.site, scenes=scenes))


_SUNS = np.linspace(25, 60, 20)  # degrees above the horizon; it shines from the south-east


def _shone_on(world: World) -> Stack:
    """The stack of a world whose looks say where the sun stood."""
    stack = _seen_as(world)
    return replace(stack, scenes=replace(stack.scenes, scenes=tuple(
        replace(scene, sun_azimuth_deg=150.0, sun_elevation_deg=float(elevation))
        for scene, elevation in zip(stack.scenes.scenes, _SUNS, strict=True))))


def _with_shadow(world: World, where: Rectangle, faces: tuple[float, float], height_m: float) -> None:
    """A roof of two faces and the shadow, darker than either, that it throws under the sun of each look with it."""
    size = world.views.shape[2:]
    north = replace(where, width=where.width / 2, x=where.x + where.width / 4 * np.sin(where.angle),
                    y=where.y - where.width / 4 * np.cos(where.angle))
    roof, face = where.seen(size, world.blur_px), north.seen(size, world.blur_px)
    for i in range(_FROM, 20):
        reach = height_m / np.tan(np.radians(_SUNS[i])) / 3
        right, down = -np.sin(np.radians(150)) * reach, np.cos(np.radians(150)) * reach
        swept = np.max([replace(where, x=where.x + part * right, y=where.y + part * down).seen(size, world.blur_px)
                        for part in np.linspace(0, 1, 60)], axis=0)
        world.views[i] = (world.views[i] * (1 - swept) + 45 * (swept - roof) + faces[0] * face
                          + faces[1] * (roof - face))


def _measured_in_sunshine(world: World, where: Rectangle) -> Measurements:
    stack = _shone_on(world)
    return measure_structures(Structures(site=stack.site, records=(_structure(stack, where),)), stack)


def _structure(stack: Stack, where: Rectangle | Polygon, kind: StructureClass = "new structure",
               name: str = "hall") -> Structure:
    """A structure as it is traced: its outline a little off."""
    polygon = where if isinstance(where, Polygon) else replace(
        where, x=where.x + 0.4, length=where.length * 1.06, width=where.width * 0.95, angle=where.angle + 0.04).polygon
    there = {"new structure": lambda i: i >= _FROM, "removed structure": lambda i: i < _FROM}.get(kind, lambda i: True)
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, state="present" if there(i) else "absent", chance=0.99,
                       seen_share=1.0) for i, fit in enumerate(stack.fits))
    return Structure(id=name, label=name, outline=from_pixels(polygon, stack.site.grid), class_=kind, chance=0.9,
                     first=Between(), last=Between(), looks=looks)


def _measured(world: World, where: Rectangle | Polygon = _HALL, kind: StructureClass = "new structure",
              sensor: str = "planetscope-4") -> Measurements:
    stack = _seen_as(world, sensor)
    records = (_structure(stack, where, kind), _structure(stack, _OLD, "reference", "old"))
    return measure_structures(Structures(site=stack.site, records=records), stack)


def _built(seed: int = 0, where: Rectangle = _HALL, level: float = 175.0) -> World:
    world = _world(seed)
    world.roof(where, level, slice(_FROM, None))
    return world


def _holds(measurement: Measurement | None, true: float) -> bool:
    return bool(measurement and measurement.value and measurement.value.low <= true <= measurement.value.high)


@pytest.mark.parametrize("where", [_HALL, rectangle(32, 44, 9, 6, 130), rectangle(32, 44, 34, 8, 85)])
@pytest.mark.parametrize("level", [175.0, 40.0])
def test_the_size_of_a_known_roof_lies_in_its_interval(where, level):
    found = _measured(_built(1, where, level), where)
    assert _holds(found.of("hall", "area"), where.length * where.width * 9)
    assert _holds(found.of("hall", "length"), where.length * 3)
    assert _holds(found.of("hall", "width"), where.width * 3)
    assert _holds(found.of("hall", "area ratio", "old"), where.length * where.width / 240)


def test_intervals_hold_about_as_often_as_they_say():
    held = [_holds(_measured(_built(seed), _HALL).of("hall", what), true)
            for seed in range(12) for what, true in (("area", 22 * 12 * 9), ("length", 66))]
    assert np.mean(held) >= 0.75  # 24 numbers at 90 %: fewer than 18 once in 500 times


def test_what_is_removed_is_measured_from_the_looks_before():
    world = _world(3)
    world.roof(_HALL, 175, slice(None, _FROM))
    area = _measured(world, kind="removed structure").of("hall", "area")
    assert _holds(area, 22 * 12 * 9)
    assert set(area.scenes) == {f"look-{i:02d}" for i in range(_FROM)}


def test_a_yard_as_bright_as_half_the_roof_is_not_part_of_it():
    world = _world(4)
    world.roof(replace(_HALL, length=30, width=20), 135, slice(_FROM, None))
    world.roof(_HALL, 175, slice(_FROM, None))
    assert _holds(_measured(world).of("hall", "area"), 22 * 12 * 9)


@pytest.mark.parametrize(("short", "ends"), [(8, 1), (6, -1)])
def test_a_roof_whose_outline_stops_short_of_one_end_is_measured_whole(short, ends):
    row = rectangle(40, 40, 46, 9, 35)
    world = _built(8, row)
    back = ends * short / 2
    part = replace(row, x=row.x - np.cos(row.angle) * back, y=row.y - np.sin(row.angle) * back,
                   length=(row.length - short) / 1.06)
    found = _measured(world, part)
    assert _holds(found.of("hall", "length"), 46 * 3)
    assert _holds(found.of("hall", "area"), 46 * 9 * 9)


def test_an_apron_nearly_as_bright_as_the_roof_is_not_part_of_it():
    along = np.array([np.cos(_HALL.angle), np.sin(_HALL.angle)]) * (22 / 2 + 2.5)
    world = _world(4)
    world.roof(rectangle(_HALL.x + along[0], _HALL.y + along[1], 5, 12, 25), 155, slice(_FROM, None))
    world.roof(_HALL, 175, slice(_FROM, None))
    assert _holds(_measured(world).of("hall", "length"), 66)


def test_a_shadow_along_one_side_does_not_move_that_side():
    world = _built(5)
    along = np.array([np.cos(_HALL.angle), np.sin(_HALL.angle)])
    beside = _HALL.width / 2 + 2
    world.roof(replace(_HALL, x=_HALL.x - along[1] * beside, y=_HALL.y + along[0] * beside, width=4), 60,
               slice(_FROM, None))
    assert _holds(_measured(world).of("hall", "width"), 36)


@pytest.mark.parametrize("seed", range(3))
def test_the_shadow_of_a_dark_roof_is_no_part_of_it_where_the_sun_is_known(seed):
    world, hall = _world(seed), replace(_HALL, angle=np.radians(15))
    _with_shadow(world, hall, (55.0, 65.0), 9.0)
    in_sunshine, without_sun = (measured(world, hall).of("hall", "area").value.value
                                for measured in (_measured_in_sunshine, _measured))
    assert in_sunshine == pytest.approx(22 * 12 * 9, rel=0.12)
    assert without_sun > 1.2 * 22 * 12 * 9


def test_the_two_faces_of_a_roof_are_one_roof_where_the_sun_is_known():
    world = _world(18)
    _with_shadow(world, _HALL, (125.0, 190.0), 7.0)
    found = _measured_in_sunshine(world, _HALL)
    assert found.of("hall", "area").value.value == pytest.approx(22 * 12 * 9, rel=0.03)


def test_an_interval_is_wider_where_it_matters_how_much_of_the_surroundings_is_looked_at():
    def share(world: World) -> float:
        area = _measured_in_sunshine(world, _HALL).of("hall", "area")
        half = np.log(area.value.high / area.value.value)
        return float(half * np.sqrt({term.cause: term.share for term in area.budget}["what adjoins it"]))
    plain, adjoined = _built(19), _built(19)
    beside = np.array([-np.sin(_HALL.angle), np.cos(_HALL.angle)]) * (_HALL.width / 2 + 6)
    adjoined.roof(replace(_HALL, x=_HALL.x + beside[0], y=_HALL.y + beside[1], length=26, width=11), 160,
                  slice(_FROM, None))
    assert share(adjoined) > 2 * share(plain)


def test_a_building_that_stood_next_to_it_before_is_not_part_of_it():
    world = _world(6)
    along = np.array([np.cos(_HALL.angle), np.sin(_HALL.angle)]) * (22 / 2 + 10 / 2 + 1)
    world.roof(rectangle(_HALL.x + along[0], _HALL.y + along[1], 10, 12, 25), 175)
    world.roof(_HALL, 175, slice(_FROM, None))
    assert _holds(_measured(world).of("hall", "length"), 66)


def test_an_l_is_two_rectangles_with_the_area_of_both():
    world = _world(7)
    long, short = rectangle(32, 40, 26, 10), rectangle(24, 50, 10, 12)
    for part in (long, short):
        world.roof(part, 175, slice(_FROM, None))
    area = _measured(world, unary_union([long.polygon, short.polygon])).of("hall", "area")
    assert "two rectangles" in area.value.method
    assert area.value.value == pytest.approx((260 + 110) * 9, rel=0.06)
    assert area.outline.area == pytest.approx(area.value.value, rel=0.01)


def test_what_both_share_cancels_in_a_ratio_of_like_sizes():
    twin = replace(_OLD, x=30.0)
    found = _measured(_built(8, twin, 170.0), twin)
    ratio = found.of("hall", "area ratio", "old").value
    each = [np.log(area.high / area.low) for name in ("hall", "old") for area in [found.of(name, "area").value]]
    assert ratio.low <= 1 <= ratio.high
    assert np.log(ratio.high / ratio.low) < 0.7 * np.hypot(*each)


def test_a_picture_stretched_for_display_has_wider_intervals():
    world = _built(9)
    as_picture, as_reflectance = (_measured(world, sensor=name).of("hall", "area").value
                                  for name in ("picture", "planetscope-4"))
    assert as_picture.value == pytest.approx(as_reflectance.value, rel=1e-6)
    assert np.log(as_picture.high / as_picture.low) > 1.5 * np.log(as_reflectance.high / as_reflectance.low)


def test_the_shares_of_a_budget_make_the_whole_and_name_their_cause():
    for measurement in (m for m in _measured(_built(10)) if m.value):
        assert sum(term.share for term in measurement.budget) == pytest.approx(1, abs=0.001)
        assert all(term.cause for term in measurement.budget)


@settings(max_examples=6, deadline=None)
@given(right=st.integers(-8, 8), down=st.integers(-8, 8))
def test_a_world_that_is_shifted_keeps_its_sizes(right, down):
    here, there = _HALL, replace(_HALL, x=_HALL.x + right, y=_HALL.y + down)
    one, other = _built(11, here), _built(11, here)
    other.views = np.roll(other.views, (down, right), (2, 3))
    areas = [_measured(world, where).of("hall", "area").value.value for world, where in ((one, here), (other, there))]
    assert areas[0] == pytest.approx(areas[1], rel=0.03)


def test_the_order_of_the_structures_does_not_matter():
    stack = _seen_as(_built(12))
    records = (_structure(stack, _HALL), _structure(stack, _OLD, "reference", "old"))
    one, other = (measure_structures(Structures(site=stack.site, records=order), stack)
                  for order in (records, records[::-1]))
    assert {(m.subject, m.what, m.reference): m for m in one} == {(m.subject, m.what, m.reference): m for m in other}


def test_three_pixels_are_present_not_measurable_and_it_says_what_would_be_needed():
    small = rectangle(32, 44, 2.4, 1.4)
    area = _measured(_built(13, small), small.polygon).of("hall", "area")
    assert area.value is None
    assert "present, not measurable at this resolution" in area.why_not
    assert "m or finer would be needed" in area.why_not


def test_scattered_sheds_are_not_measured_as_one_building():
    world = _world(14)
    for x in range(20, 46, 12):
        for y in range(31, 60, 12):
            world.roof(rectangle(x, y, 4, 4), 220, slice(_FROM, None))
    area = _measured(world, rectangle(32, 44, 29, 32).polygon).of("hall", "area")
    assert area.value is None
    assert "neither one rectangle nor two explain" in area.why_not


def test_fewer_than_three_clear_looks_give_no_number():
    world = _built(15)
    world.hidden[_FROM:-2] = True
    area = _measured(world).of("hall", "area")
    assert area.value is None
    assert "three looks" in area.why_not


def test_a_wider_level_gives_a_wider_interval():
    stack = _seen_as(_built(16))
    structures = Structures(site=stack.site, records=(_structure(stack, _HALL),))
    narrow, wide = (measure_structures(structures, stack, MeasurementsOptions(level=level)).of("hall", "area").value
                    for level in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert (narrow.level, wide.level) == (0.5, 0.95)


def test_the_same_inputs_give_the_same_numbers():
    assert _measured(_built(17)).records == _measured(_built(17)).records
