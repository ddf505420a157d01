"""What is loaded equals what was saved, and what is not a result is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon

from sitewatch.errors import CaseFileError
from sitewatch.geo import picture_grid
from sitewatch.model import Measurement, Measurements, Quantity, Site
from sitewatch.store._compare import difference
from sitewatch.store._plain import rounded
from sitewatch.store._results import decode, encode

FILE = Path("results/x")
RECORDS = {"changes": "changes", "structures": "structures", "measurements": "measurements", "claims": "findings"}
_GRID = picture_grid(30, 20, 0.5)
_SITE = Site(slug="a", names=(), area=Polygon([(0, 0), (15, 0), (15, -10)]), grid=_GRID)


@pytest.mark.parametrize("stage", RECORDS)
def test_a_saved_record_loads_back_to_an_equal_one(stage, site, request):
    record = request.getfixturevalue(RECORDS[stage])
    once = decode(stage, encode(record, site.grid), site, FILE)
    again = decode(stage, encode(once, site.grid), site, FILE)
    assert repr(once) == repr(again)  # repr: nan does not equal itself
    assert [r.__class__ for r in once.records] == [r.__class__ for r in record.records]
    assert encode(once, site.grid) == encode(record, site.grid)


def test_text_moments_and_outlines_come_back_unharmed(structures, measurements, findings, site):
    loaded = decode("structures", encode(structures, site.grid), site, FILE)
    first = loaded["new-1"]
    assert (first.label, first.first, first.looks[0].taken) == (
        "new hall, <b>north</b>", structures["new-1"].first, structures["new-1"].looks[0].taken)
    assert first.outline.hausdorff_distance(structures["new-1"].outline) < 0.02
    numbers = decode("measurements", encode(measurements, site.grid), site, FILE)
    assert numbers.records[0].budget == measurements.records[0].budget
    assert numbers.records[1].why_not == measurements.records[1].why_not
    assert numbers.records[0].value.value == 2580.12
    said = decode("claims", encode(findings, site.grid), site, FILE)
    assert [f.text for f in said] == [f.text for f in findings]
    assert said.title == findings.title


def test_scene_fits_come_back_with_their_reasons(stack, site):
    fits = decode("stack", encode(stack.fits, site.grid), site, FILE)
    assert decode("stack", encode(fits, site.grid), site, FILE) == fits
    assert [fit.why_not for fit in fits] == [fit.why_not for fit in stack.fits]
    assert fits[0].taken == stack.fits[0].taken
    assert fits[1].shift_x_px is None


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
_NUMBERS = st.floats(-1e9, 1e9).map(rounded)


@given(value=_NUMBERS, below=st.floats(0, 1e6), above=st.floats(0, 1e6), text=_TEXT, why_not=st.none() | _TEXT)
def test_any_measurement_survives_the_csv_file(value, below, above, text, why_not):
    quantity = Quantity(value=value, low=value - below, high=value + above, unit=text, method=text)
    record = Measurements(site=_SITE, records=(
        Measurement(subject=text, what="area", value=quantity, scenes=("s1",), why_not=why_not),))
    once = decode("measurements", encode(record, _GRID), _SITE, FILE)
    assert decode("measurements", encode(once, _GRID), _SITE, FILE) == once
    assert (once.records[0].subject, once.records[0].why_not) == (text, why_not)


def _forged(stage, text, site):
    with pytest.raises(CaseFileError) as caught:
        decode(stage, text.encode(), site, FILE)
    assert str(FILE) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("old", "new", "says"), [
    ('"chance": 0.987654', '"chance": "high"', "chance"), ('"chance": 0.987654', '"chance": NaN', "chance"),
    ('"kind": "appeared"', '"kind": "melted"', "kind"), ('"strength": 12.3457, ', "", "strength"),
    ('"id": "c-001", "kind"', '"id": 7, "kind"', "id"), ('"threshold": 5.0', '"threshold": true', "threshold"),
    ('"type": "Polygon"', '"type": "Point"', "Polygon"), ('"features"', '"feature"', "features"),
    ('"id": "c-001", "kind"', '"id": "c-001", "extra": 1, "kind"', "extra"),
    ("10:30:05.250000Z", "10:30:05.250000", "time zone")])
def test_a_forged_change_is_refused_with_its_key(old, new, says, changes, site):
    text = json.dumps(json.loads(encode(changes, site.grid)), ensure_ascii=False)
    assert old in text
    assert says in _forged("changes", text.replace(old, new), site)


def test_a_file_that_is_no_result_at_all_is_refused(site):
    _forged("changes", "[" * 100_000, site)
    _forged("changes", "[]", site)
    _forged("structures", "{}", site)
    _forged("measurements", "a,b\n1,2\n", site)
    _forged("measurements", encode(Measurements(site=site, records=()), site.grid).decode() + "x\n", site)
    _forged("stack", "\x00", site)
    _forged("claims", "title: 1\nfindings: []\n", site)
    _forged("claims", "title: a\nfindings: &a [*a]\n", site)
    _forged("claims", "!!python/object/apply:os.system ['true']", site)


def test_an_interval_that_does_not_hold_its_value_is_refused(measurements, site):
    text = encode(measurements, site.grid).decode()
    assert "does not hold" in _forged("measurements", text.replace(",2440.5,", ",2640.5,"), site)


def test_two_texts_may_differ_in_the_last_digit_only():
    assert difference(b"a 1.2345, c-001", b"a 1.2346, c-001") is None
    assert difference(b"127.12, 1.0e-07", b"127.1199999, 1.0e-07") is None
    assert "1.2347" in difference(b"a\nb 1.2345", b"a\nb 1.2347")
    assert "line 2" in difference(b"a\nb 1.2345", b"a\nb 1.2347")
    assert difference(b"c-001 1.5", b"c-002 1.5") == "line 1 differs"
    assert difference(b"2024-10-05T01:02:03.25Z", b"2024-10-05T01:02:03.35Z")
    assert difference(b"a\n", b"a\nb\n") == "their lengths differ"


def test_rounding_keeps_order():
    assert rounded(0.9999994) <= rounded(0.9999996) <= rounded(1.0)
