"""What numbers mean as stated, and names that are one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.model import UNITS, Entities, Entity, EntityName, Stated, canonical, plain_name


@pytest.mark.parametrize(("form", "low", "high", "means"), [
    ("of", 0.6, 0.7, [(0.55, 0.75)]),
    ("more_than", 0.6, 0.7, [(1.55, 1.75)]),
    ("less_than", 0.6, 0.7, [(0.25, 0.45)]),
    ("times", 2, 2, [(1.8, 2.2)]),
    ("times_larger", 3, 3, [(2.7, 3.3), (3.7, 4.3)]),
    ("of", 0.65, 0.65, [(0.645, 0.655)]),
    ("value", 1.1, 1.9, [(1.05, 1.95)]),
    ("value", 800, 800, [(750, 850)])])
def test_a_form_of_words_means_an_interval(form, low, high, means):
    for found, wanted in zip(canonical(Stated(form=form, low=low, high=high)), means, strict=True):
        assert found == pytest.approx(wanted)


@given(st.floats(0.01, 0.99), st.floats(0, 0.5))
def test_more_is_as_far_above_one_as_less_is_below(low, width):
    more, less = (canonical(Stated(form=form, low=low, high=low + width, tolerance=0.0))
                  for form in ("more_than", "less_than"))
    assert more[0][0] - 1 == pytest.approx(1 - min(1, less[0][1]), abs=1e-6)


def test_a_count_is_exact_and_a_stated_tolerance_is_taken():
    assert canonical(Stated(form="value", low=10, high=10, unit="count")) == ((10, 10),)
    assert canonical(Stated(form="of", low=0.6, high=0.7, tolerance=0.1)) == ((0.5, 0.8),)


def test_units_become_metres():
    assert canonical(Stated(form="value", low=1, high=1, unit="km²", tolerance=0))[0] == (1e6, 1e6)
    assert UNITS["mi²"][1] == pytest.approx(UNITS["mi"][1] ** 2, rel=1e-9)
    assert UNITS["acre"][1] == pytest.approx(43_560 * UNITS["ft"][1] ** 2, rel=1e-9)


@pytest.mark.parametrize("wrong", [{"low": 0.7, "high": 0.6}, {"low": 1, "high": 1, "unit": "furlong"}])
def test_an_interval_upside_down_and_an_unknown_unit_are_refused(wrong):
    with pytest.raises(ValueError, match=r"upside down|furlong"):
        Stated(form="of", **wrong)


@pytest.mark.parametrize(("one", "other"), [
    ("February 11 Plant", "Feb. 11 plant"), ("11 February plant", "February 11 plant"), ("2·11공장", "2월 11일 공장"),
    ("2.11공장", "2월11일공장"), ("룡성기계", "용성기계"), ("락원", "낙원"), ("Ryŏngsŏng", "Yongseong"),
    ("Hamhŭng", "Hamheung"), ("HWASONG-11A", "Hwasong 11A")])
def test_spellings_of_one_name_are_one(one, other):
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(("one", "other"), [
    ("Rakwon", "Ryongsong"), ("KN-23", "KN-24"), ("February 11", "March 16"), ("2·11", "2·8"),
    ("Hwasong", "Ryongsong")])
def test_different_names_stay_different(one, other):
    assert plain_name(one) != plain_name(other)


def test_a_name_leads_to_its_entity_and_an_unknown_one_to_none():
    plant = Entity(id="feb11", names=(EntityName(text="2·11공장", language="ko"), EntityName(
        text="February 11 plant", status="preferred")))
    names = Entities(records=(plant, Entity(id="old-hall")))
    assert names.find("Feb 11 Plant") is names.find("2월11일공장") is names.find("feb11") is plant
    assert names.find("March 16 factory") is None
    assert [entity.name for entity in names] == ["February 11 plant", "old hall"]
