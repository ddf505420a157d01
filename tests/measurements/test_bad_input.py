"""What cannot be measured is not: the reason stands in its place, and says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from benchmarks.accuracy.roofs import Roof, World, rendered
from shapely import Polygon, affinity

from sitewatch.measurements import measure_structures
from sitewatch.model import Between, Measurement, Structure, Structures

_HALL = Roof(length_px=20, width_px=12, contrast=0.45, height_m=8.0)


def _of(world: World, *records: Structure, what: str = "area", to: str | None = None) -> Measurement:
    return measure_structures(Structures(site=world.stack.site, records=records), world.stack).of("new", what, to)


@pytest.fixture(scope="module")
def world() -> World:
    return rendered("tune", _HALL, 3)


def test_a_structure_half_outside_the_site_is_not_measured(world):
    new = world.structures["new"]
    left = new.outline.centroid.x
    area = _of(world, replace(new, outline=affinity.translate(new.outline, -left)))
    assert area.value is None
    assert "outside the site: give the case a larger area" in area.why_not


def test_an_outline_without_area_is_not_measured_nor_compared_with(world):
    new, reference = world.structures.records
    x, y = reference.outline.centroid.coords[0]
    line = replace(reference, outline=Polygon([(x, y), (x + 30, y), (x + 60, y)]))
    ratio = _of(world, new, line, what="area ratio", to="reference")
    assert ratio.value is None
    assert "of the reference: its outline has no area" in ratio.why_not


def test_a_structure_seen_on_one_date_has_no_size_yet(world):
    new = world.structures["new"]
    last = new.looks[-1].scene
    looks = tuple(replace(look, state=look.state if look.scene == last else "absent") for look in new.looks)
    area = _of(world, replace(new, looks=looks))
    assert area.value is None
    assert "fewer than three looks" in area.why_not


def test_what_lies_under_a_permanent_shadow_gets_no_narrow_interval(world):
    data = world.stack.data.copy(deep=True)
    dark = data["values"].values
    dark[:] = 0.05 + 0.02 * (dark - dark.mean())
    area = measure_structures(world.structures, replace(world.stack, data=data)).of("new", "area")
    lit = measure_structures(world.structures, world.stack).of("new", "area").value
    if area.value is not None:
        assert area.value.high / area.value.low >= 0.99 * lit.high / lit.low


@pytest.mark.parametrize("kind", ["removed structure", "altered structure"])
def test_a_reference_that_changed_itself_is_refused_with_the_date(world, kind):
    new, reference = world.structures.records
    when = Between(after=datetime(2024, 3, 1, tzinfo=UTC), by=datetime(2024, 3, 13, tzinfo=UTC))
    changed = replace(new, id="other", class_=kind, outline=reference.outline, first=when, last=when)
    ratio = _of(world, new, reference, changed, what="area ratio", to="reference")
    assert ratio.value is None
    assert "the reference itself changed between 2024-03-01 and 2024-03-13" in ratio.why_not


def test_the_ratio_of_two_references_is_a_control_and_its_scatter_stands_beside_it():
    world = rendered("tune", _HALL, 2)
    new, reference = world.structures.records
    named = replace(new, class_="reference", looks=tuple(look for look in new.looks if look.state == "present"))
    found = measure_structures(Structures(site=world.stack.site, records=(reference, named)), world.stack)
    control = found.of("new", "area ratio", "reference")
    true = world.true["new"].area / world.true["reference"].area
    assert control.value.low <= true <= control.value.high
    assert "in 2 parts of the looks it is" in control.value.method
    assert "a scatter of" in control.value.method
