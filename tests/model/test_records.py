"""The nouns answer the questions that stages and faces ask of them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from tests.worlds import World

from sitewatch.model import (
    SENSORS,
    Asset,
    Between,
    Change,
    Changes,
    Measurement,
    Measurements,
    Name,
    Quantity,
    Scene,
    Scenes,
    Structure,
    Structures,
    fingerprint,
)

_SITE = World(size_px=16, looks=2).site
_WHEN = Between(after=datetime(2024, 1, 1, tzinfo=UTC), by=datetime(2024, 2, 1, tzinfo=UTC))
_UNDATED = Between()
_PLAIN = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                      lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4))


def _structure(name: str, class_: str, first: Between = _UNDATED, last: Between = _UNDATED) -> Structure:
    return Structure(id=name, label=name, outline=box(0, 0, 1, 1), class_=class_, chance=0.9, first=first, last=last)


def test_the_same_record_has_the_same_fingerprint_on_another_day_and_in_another_process():
    assert fingerprint({"a": 1, "b": ["é", None, 1.5]}) == "7853fa7db7ecad37"
    code = "from sitewatch.model import fingerprint; print(fingerprint({'b': ['é', None, 1.5], 'a': 1}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8",
                          env={"PYTHONHASHSEED": "77", "PYTHONIOENCODING": "utf-8"})
    assert told.stdout.strip() == "7853fa7db7ecad37"


@settings(max_examples=40, deadline=None)
@given(record=st.dictionaries(st.text(), _PLAIN, min_size=1))
def test_the_order_of_keys_does_not_count_but_every_value_does(record):
    assert fingerprint(dict(reversed(list(record.items())))) == fingerprint(record)
    for key, value in record.items():
        assert fingerprint({**record, key: [value]}) != fingerprint(record)


def test_a_removed_structure_is_news_when_it_went_any_other_when_it_came():
    later = Between(after=_WHEN.by)
    assert _structure("a", "removed structure", first=_WHEN, last=later).happened == later
    for class_ in ("new structure", "altered structure", "ground works"):
        assert _structure("a", class_, first=_WHEN, last=later).happened == _WHEN


def test_references_are_not_among_what_changed():
    found = Structures(site=_SITE, records=(_structure("hall", "reference"), _structure("a", "new structure")))
    assert [s.id for s in found.changed] == ["a"]
    assert [s.id for s in found] == ["hall", "a"]
    assert found["hall"].class_ == "reference"


def test_a_change_with_a_reason_against_it_is_not_kept():
    change = Change(id="a", outline=box(0, 0, 1, 1), kind="appeared", between=_WHEN, strength=9.0, false_alarms=0.1,
                    chance=0.9, step=(1.0,))
    both = Changes(site=_SITE, records=(change, replace(change, id="b", why_not="a season")), threshold=5.0,
                   false_alarms_per_year=1.0, smallest_px=20.0)
    assert [c.id for c in both.kept] == ["a"]
    assert both["b"].why_not == "a season"


def test_a_measurement_is_found_by_subject_dimension_and_reference():
    value = Quantity(value=2.0, low=1.0, high=3.0, unit="1", method="by hand")
    area = Measurement(subject="a", what="area", value=None, scenes=(), why_not="too small")
    ratio = Measurement(subject="a", what="area ratio", value=value, scenes=(), reference="hall")
    found = Measurements(site=_SITE, records=(area, ratio))
    assert found.of("a", "area") is area
    assert found.of("a", "area ratio", "hall") is ratio
    assert found.of("a", "area ratio") is None
    assert found.of("b", "area") is None


def test_a_site_prints_its_first_name_and_its_slug_without_one():
    assert _SITE.name == "world"
    assert replace(_SITE, names=(Name(text="Yard"), Name(text="Hof", language="de"))).name == "Yard"
    assert (_SITE.gsd_m, _SITE.is_georeferenced) == (3.0, True)


def test_a_scene_is_found_by_its_id_and_its_files_by_their_role():
    image = Asset(role="image", href="a.tif")
    scene = Scene(id="a", source="folder", sensor="grey", taken=_WHEN.by, taken_from="csv", assets=(image,))
    assert Scenes(site=_SITE, scenes=(scene,))["a"].asset("image") is image
    assert scene.asset("mask") is None


@pytest.mark.parametrize("things", [Scenes(site=_SITE, scenes=()), Structures(site=_SITE, records=()), Changes(
    site=_SITE, records=(), threshold=1.0, false_alarms_per_year=1.0, smallest_px=9.0)])
def test_an_id_that_is_not_there_is_a_key_error(things):
    with pytest.raises(KeyError, match="old-hall"):
        things["old-hall"]


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=lambda sensor: sensor.id)
def test_a_sensors_blur_lies_between_half_a_pixel_and_one(sensor):
    assert SENSORS[sensor.id] is sensor
    assert sensor.bands
    if sensor.blur_m is not None:
        assert 0.5 <= sensor.blur_m / sensor.gsd_m <= 1
