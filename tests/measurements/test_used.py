"""What people drew and want used stands beside what was fitted, with who drew it and whether the two agree."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shapely import Polygon
from tests.measurements.test_by_hand import _FOOT
from tests.measurements.test_measure_structures import _seen_as, _world

from sitewatch.geo import from_pixels
from sitewatch.measurements import measure_structures
from sitewatch.measurements._used import used_by_hand
from sitewatch.model import (
    Between,
    Decision,
    Measurement,
    Measurements,
    Quantity,
    Structure,
    Structures,
    seen_of,
)
from sitewatch.store._results import decode, encode

_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack():
    return _seen_as(_world())


@pytest.fixture(scope="module")
def hall(stack) -> Structure:
    return Structure(id="hall", label="Hall", outline=from_pixels(Polygon(_FOOT), stack.site.grid), chance=0.9,
                     class_="new structure", first=Between(), last=Between())


def _drawn(hall, stack, *shapes, dimension="area", **given):
    common = {"subject": hall.id, "actor": "ana", "scene": stack.used[-1].scene, "dimension": dimension,
              "seen": seen_of(hall, "v"), **given}
    made = [Decision(what="measure", drawn=tuple(map(tuple, shape)), **common) for shape in shapes]
    return [replace(d, id=f"d{i}", at=_DAY + timedelta(days=i))
            for i, d in enumerate([*made, Decision(what="use", **common)])]


def _used(stack, hall, decisions, fitted=()):
    return list(used_by_hand(Structures(site=stack.site, records=(hall,)), stack, fitted, decisions, 0.9))


def test_what_was_drawn_twice_is_one_measurement_that_shows_the_spread(stack, hall):
    fitted = Measurement(subject="hall", what="area", scenes=(), value=Quantity(
        value=7200, low=7000, high=7400, unit="m²", method="fit"))
    [one] = _used(stack, hall, _drawn(hall, stack, _FOOT, _FOOT + 0.5), [fitted])
    assert (one.subject, one.what, one.by, one.scenes) == ("hall", "area", "ana", (stack.used[-1].scene,))
    assert one.value.low < 800 * stack.site.gsd_m**2 < one.value.high
    assert "drawn by hand on the look of" in one.value.method
    assert "2 times" in one.value.method
    assert "by ana; the fitted one is" in one.value.method
    assert "They agree" in one.value.method
    assert sum(term.share for term in one.budget) == pytest.approx(1, abs=1e-3)


def test_the_fitted_number_is_spoken_of_where_there_is_one_and_the_drawn_one_where_not(stack, hall):
    [by_hand] = _used(stack, hall, _drawn(hall, stack, _FOOT))
    fitted = Measurement(subject="hall", what="area", scenes=(), value=by_hand.value)
    unknown = replace(fitted, value=None, why_not="too small")
    for first, expected in ((fitted, fitted), (unknown, by_hand)):
        found = Measurements(site=stack.site, records=(first, by_hand))
        assert found.of("hall", "area") is expected
    assert Measurements(site=stack.site, records=(unknown,)).of("hall", "area") is unknown


def test_it_survives_on_disk_with_its_author(stack, hall):
    made = Measurements(site=stack.site, records=tuple(_used(stack, hall, _drawn(hall, stack, _FOOT))))
    data = encode(made, stack.site.grid)
    [row] = csv.DictReader(io.StringIO(data.decode()))
    assert (row["by"], row["what"]) == ("ana", "area")
    assert encode(decode("measurements", data, stack.site, "m.csv"), stack.site.grid) == data


def test_it_follows_its_structure_to_another_id_and_warns_when_that_is_gone(stack, hall):
    decisions = _drawn(hall, stack, _FOOT[:2], dimension="length")
    [one] = _used(stack, replace(hall, id="other"), decisions)
    assert (one.subject, one.what) == ("other", "length")
    far = from_pixels(hall.outline, stack.site.grid)
    with pytest.warns(UserWarning, match="hall is gone"):
        assert _used(stack, replace(hall, id="other", outline=far), decisions) == []


def test_a_scene_that_is_no_longer_used_has_no_effect_and_warns(stack, hall):
    with pytest.warns(UserWarning, match="is not used in this case"):
        assert _used(stack, hall, _drawn(hall, stack, _FOOT, scene="gone")) == []


def test_the_stage_puts_it_after_what_it_fitted(stack, hall):
    structures = Structures(site=stack.site, records=(hall,))
    found = measure_structures(structures, stack, decisions=_drawn(hall, stack, _FOOT))
    assert [m.by for m in found] == [*["tool"] * (len(found.records) - 1), "ana"]
    assert found.records[:-1] == measure_structures(structures, stack).records
