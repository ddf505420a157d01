"""A verdict rests on structures and measurements alone; "cannot tell" stands there until a test decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate
from tests.claims.said import WORLD, area_ratio, checked, claims_of, traced

from sitewatch.claims._likelihood import chance_within, deciding_gsd_m, times_better, verdict_of
from sitewatch.errors import CaseFileError
from sitewatch.geo import to_lonlat
from sitewatch.model import Between, Measurement, Quantity

_HALL = [{"id": "hall", "type": "building", "structure": "hall"}]
_DAY = {name: f"{WORLD.taken[i]:%Y-%m-%d}" for i, name in enumerate("abcdefghijkl")}


def _one(tmp_path, claim, *structures, measured=(), names=_HALL, text="The hall was put up.", gsd_m=3.0):
    claims = claims_of(tmp_path, {"paper": {"text": text}}, [{"id": "x", "quote": text[:-1], **claim}], names)
    return checked(claims, *structures, measured=measured, gsd_m=gsd_m)["x"]


def _ratio(form, low, high):
    return {"kind": "measurement", "triple": ["hall", "size_ratio_to", "old"],
            "quantity": {"form": form, "low": low, "high": high, "dimension": "footprint"}}


@st.composite
def _quantities(draw):
    value = draw(st.floats(0.01, 100))
    return Quantity(value=value, low=value / draw(st.floats(1.001, 3)), high=value * draw(st.floats(1.001, 3)),
                    unit="1", method="fit")


@given(_quantities(), st.floats(0.01, 50), st.floats(0.01, 50), st.floats(0.01, 50))
def test_a_wider_statement_is_never_less_likely(measured, low, width, more):
    narrow = chance_within(measured, [(low, low + width)])
    assert 0 <= narrow <= chance_within(measured, [(max(0, low - more), low + width + more)]) <= 1


@given(_quantities())
def test_the_measured_interval_holds_its_level_and_overlaps_count_once(measured):
    inside = (measured.low, measured.high)
    assert chance_within(measured, [inside]) == pytest.approx(0.9, abs=1e-3)
    assert chance_within(measured, [inside, inside]) == chance_within(measured, [inside])
    assert times_better(measured, [inside], inside) == 1.0


@given(_quantities(), st.floats(0.1, 10))
def test_finer_pixels_are_asked_for_only_where_these_do_not_decide(measured, half):
    stated = [(max(0.0, measured.value - half), measured.value + half)]
    needed = deciding_gsd_m(measured, stated, 3.0)
    assert needed is None or 0 < needed < 3.0


@pytest.mark.parametrize(("chance", "verdict"), [(0.95, "supported"), (0.94, "cannot tell"), (0.06, "cannot tell"),
                                                 (0.05, "refuted")])
def test_a_verdict_needs_95_in_100(chance, verdict):
    assert verdict_of(chance) == verdict


def test_a_wide_measurement_cannot_tell_and_says_which_images_would(tmp_path):
    check = _one(tmp_path, _ratio("of", 0.6, 0.7), traced("hall"), traced("old", class_="reference"),
                 measured=[area_ratio("hall", "old", 0.65, 0.5, 0.85)])
    assert check.verdict == "cannot tell"
    assert check.tested[0].decides == "images of about 1 m per pixel"


def test_n_times_larger_is_borne_out_by_either_of_its_two_meanings(tmp_path):
    for value in (2.0, 3.0):
        check = _one(tmp_path, _ratio("times_larger", 2, 2), traced("hall"), traced("old", class_="reference"),
                     measured=[area_ratio("hall", "old", value, value * 0.98, value * 1.02)])
        assert check.verdict == "supported"


def test_size_without_a_dimension_is_the_footprint_and_says_how_a_length_would_fare(tmp_path):
    claim = _ratio("of", 0.6, 0.7)
    claim["quantity"]["dimension"] = "unspecified"
    def measured(what, value):
        return Measurement(subject="hall", what=what, reference="old", scenes=("look-07",), value=Quantity(
            value=value, low=value * 0.97, high=value * 1.03, unit="1", method="fit"))
    measurements = [measured("area ratio", 0.65), measured("length ratio", 0.8), measured("width ratio", 0.81)]
    check = _one(tmp_path, claim, traced("hall"), traced("old", class_="reference"), measured=measurements)
    assert [test.verdict for test in check.tested] == ["supported", "refuted", "refuted"]
    assert check.verdict == "supported"
    assert check.why.endswith("had another dimension been meant, it would be otherwise: length refuted, width refuted")
    alike = [measured(f"{what} ratio", 0.65) for what in ("area", "length", "width")]
    check = _one(tmp_path, claim, traced("hall"), traced("old", class_="reference"), measured=alike)
    assert "otherwise" not in check.why


def test_without_a_word_on_which_structure_it_is_nothing_is_decided(tmp_path):
    check = _one(tmp_path, _ratio("of", 0.6, 0.7), traced("something"))
    assert check.verdict == "cannot tell"
    assert "names.yaml" in check.why


@pytest.mark.parametrize(("off_m", "verdict"), [(0, "supported"), (8, "supported"), (25, "cannot tell")])
def test_a_point_some_metres_beside_a_thing_still_means_it_and_one_far_off_does_not(tmp_path, off_m, verdict):
    hall = traced("Structure A")
    spot = to_lonlat(translate(hall.outline.centroid, xoff=hall.outline.length / 8 + off_m), WORLD.grid)
    names = [{"id": "hall", "type": "building", "at": [round(spot.x, 7), round(spot.y, 7)]}]
    check = _one(tmp_path, {"triple": ["hall", "stands_on", ""]}, hall, names=names)
    assert check.verdict == verdict


def _so_many_metres(dimension, low, form="value"):
    return _ratio("of", 0.6, 0.7) | {"quantity": {"form": form, "low": low, "unit": "m" if form == "value" else "1",
                                                  "dimension": dimension}}


@pytest.mark.parametrize(("metres", "verdict"), [(12, "supported"), (20, "refuted")])
def test_a_height_is_held_against_that_of_the_shadow(tmp_path, metres, verdict):
    height = Measurement(subject="hall", what="height", scenes=("look-07",),
                         value=Quantity(value=12.0, low=11.7, high=12.3, unit="m", method="shadow"))
    check = _one(tmp_path, _so_many_metres("height", metres), traced("hall"), measured=[height])
    assert (check.verdict, check.tested[0].what) == (verdict, "height")


def test_a_height_that_no_shadow_gives_cannot_be_told_and_why(tmp_path):
    height = Measurement(subject="hall", what="height", scenes=("look-07",), value=None, why_not="the sun is not known")
    check = _one(tmp_path, _so_many_metres("height", 12), traced("hall"), measured=[height])
    assert (check.verdict, check.tested[0].why) == ("cannot tell", "the sun is not known")


_TONNES = {**_ratio("of", 0.6, 0.7), "quantity": {"form": "value", "low": 40, "unit": "t"}}


@pytest.mark.parametrize("claim", [_so_many_metres("depth", 12), _so_many_metres("height", 0.6, "of"), _TONNES])
def test_a_depth_a_mass_and_a_ratio_of_heights_are_not_testable(tmp_path, claim):
    assert _one(tmp_path, claim, traced("hall")).verdict == "not testable"


@pytest.mark.parametrize(("observed", "verdict"), [("g", "supported"), ("b", "refuted")])
def test_what_is_said_to_stand_there_is_held_against_the_looks_of_that_day(tmp_path, observed, verdict):
    claim = {"triple": ["hall", "present_on", ""], "observed": _DAY[observed]}
    assert _one(tmp_path, claim, traced("hall", "aaaaapppppp" + "p")).verdict == verdict


def test_a_day_between_two_looks_that_agree_is_decided_by_them_and_else_not(tmp_path):
    claim = {"triple": ["hall", "present_on", ""], "observed": "2020-02-01"}  # looks on 24 January and 3 February
    assert _one(tmp_path, claim, traced("hall", "p" * 12)).verdict == "supported"
    assert _one(tmp_path, claim, traced("hall", "aaapppppp" + "ppp")).verdict == "cannot tell"


def test_what_was_not_traced_is_not_refuted(tmp_path):
    check = _one(tmp_path, {"triple": ["hall", "built", ""]})
    assert check.verdict == "cannot tell"
    assert "no sign that it is not there" in check.why


def test_a_hall_that_may_be_mere_works_is_not_supported_as_built_but_is_as_works(tmp_path):
    hall = traced("hall", "aaaaapppppp" + "p", chance=0.88)
    built = _one(tmp_path, {"triple": ["hall", "built", ""]}, hall)
    works = _one(tmp_path, {"triple": ["hall", "under_construction_on", ""]}, hall)
    assert (built.verdict, works.verdict) == ("cannot tell", "supported")
    assert built.chance == pytest.approx(0.88, abs=0.01)


def test_a_known_building_is_not_called_new(tmp_path):
    known = traced("hall", class_="reference")
    assert _one(tmp_path, {"triple": ["hall", "built", ""]}, known).verdict == "cannot tell"


@pytest.mark.parametrize(("observed", "verdict"), [
    ("2020-02", "supported"), ("2020-03", "refuted"), ("2020-02-15", "cannot tell")])
def test_a_stated_date_is_held_against_the_bracket(tmp_path, observed, verdict):
    hall = traced("hall", "aaaaappppppp")  # between 13 and 23 February
    check = _one(tmp_path, {"triple": ["hall", "appeared_on", ""], "observed": observed}, hall)
    assert check.verdict == verdict


@pytest.mark.parametrize(("before", "states", "verdict", "decides"), [
    ("2020-05-01", "pppppaaaaaaa", "supported", None),
    ("2020-05-01", "aaaaaaaaaaaa", "cannot tell", "a clear image with it"),
    ("2020-05-01", "pppppppppppp", "cannot tell", "a clear image between 2020-04-23 and 2020-05-01, or one on or after "
                                                  "2020-05-01 that still shows it"),
    ("2020-03-20", "pppppppppppp", "refuted", None),
    ("2020-03-20", "ppppppppaaaa", "cannot tell", "a clear image between 2020-03-14 and 2020-03-20"),
    ("2020-03-14", "ppppppppaaaa", "refuted", None)])
def test_what_is_said_to_be_gone_has_to_have_been_there_and_may_have_gone_after_the_last_look(
        tmp_path, before, states, verdict, decides):
    """The looks end on 23 April. A thing that was there then may be gone by 1 May: that refutes nothing, which an
    earlier form of this test took it to. Only a look at the end of the stated time or later that shows it refutes."""
    claim = {"triple": ["hall", "removed", ""], "observed": f"before {before}"}
    check = _one(tmp_path, claim, traced("hall", states, class_="removed structure"))
    assert (check.verdict, check.tested[0].decides) == (verdict, decides)


@pytest.mark.parametrize(("observed", "states", "verdict"), [
    ("2020-02", "a" * 12, "refuted"),
    ("2020-02", "aaaaaapppppp", "cannot tell"),     # absent on 3, 13 and 23 February, present on 4 March
    ("2020-02", "pppaaaaaaaaa", "cannot tell"),     # present on 24 January, absent on 3 February
    ("2020-02-03", "aaaapppppppp", "refuted")])     # absent on that very day
def test_what_is_absent_in_the_looks_of_the_stated_time_may_have_come_after_them_or_gone_before(
        tmp_path, observed, states, verdict):
    claim = {"triple": ["hall", "present_on", ""], "observed": observed}
    assert _one(tmp_path, claim, traced("hall", states)).verdict == verdict


def test_what_was_not_seen_to_come_is_not_called_new(tmp_path):
    there = replace(traced("hall", class_="marked object"), first=Between())
    check = _one(tmp_path, {"triple": ["hall", "built", ""]}, there)
    assert (check.verdict, "was not seen to come" in check.why) == ("cannot tell", True)


def test_a_thing_narrower_than_three_pixels_is_not_told_from_its_images(tmp_path):
    claim = {"triple": ["hall", "stands_on", ""]}
    for size_m, verdict in ((6.0, "cannot tell"), (12.0, "supported")):
        check = _one(tmp_path, claim, traced("hall"), names=[{**_HALL[0], "size_m": size_m}])
        assert check.verdict == verdict


def test_function_is_never_testable_however_fine_the_images(tmp_path):
    for gsd_m in (3.0, 0.5):
        check = _one(tmp_path, {"triple": ["hall", "used_for", "centrifuges"]}, traced("hall"), gsd_m=gsd_m)
        assert (check.verdict, check.tested[1].verdict) == ("not testable", "supported")


def test_a_word_of_function_in_a_supported_claim_is_said_to_be_untested_unless_it_is_a_name(tmp_path):
    claim = {"triple": ["hall", "stands_on", ""]}
    text = "An assembly hall stands at the Red Factory."
    red = [*_HALL, {"id": "red", "names": [{"text": "Red Factory"}]}]
    tested = _one(tmp_path, claim, traced("hall"), text=text, names=red).tested
    assert [test.why for test in tested if test.what == "function"] == [
        "that it is for “assembly” no image can show: only that it stands there was tested"]


@pytest.mark.parametrize(("predicate", "hint"), [
    ("stand_on", "did you mean stands_on?"), ("north of", ""), ("locatedin", "did you mean located_in?"),
    ("admired", "there is no test for “admired”")])
def test_a_predicate_that_is_spelt_nearly_like_a_tested_one_is_pointed_out(tmp_path, predicate, hint):
    check = _one(tmp_path, {"triple": ["hall", predicate, "hill"]}, traced("hall"))
    assert check.verdict == "cannot tell"
    assert hint in check.why
    assert ("did you mean" in check.why) == (predicate != "admired")


def test_a_growth_needs_a_size_from_which_it_grows(tmp_path):
    quantity = {"form": "by", "low": 10, "unit": "ha"}
    with pytest.raises(CaseFileError, match=r"claims\.yaml:\d+: \S*quantity\.start: nobody can tell what it grows"):
        _one(tmp_path, {"kind": "measurement", "quantity": quantity}, traced("hall"))
    grown = _one(tmp_path, {"kind": "measurement", "triple": ["hall", "grew", ""],
                            "quantity": {**quantity, "start": 20}}, traced("hall"))
    assert (grown.verdict, grown.why) == (
        "cannot tell", "nobody has said what it is compared with, or how large it was before was not measured")


def test_what_nobody_confirmed_gets_no_verdict(tmp_path):
    check = _one(tmp_path, {"triple": ["hall", "stands_on", ""], "confirmed": False}, traced("hall"))
    assert (check.verdict, check.tested) == ("cannot tell", ())


def test_many_publishers_make_a_claim_no_more_likely(tmp_path):
    def verdict(publishers):
        claims = claims_of(tmp_path, {"paper": {"text": "The hall is twice the size of the old."}}, [
            {"id": "x", "quote": "twice the size of the old", **_ratio("times", 2, 2)}], _HALL, variants_of_x=[
            {"form": "times", "low": 2, "high": 2, "publishers": publishers}])
        return checked(claims, traced("hall"), traced("old", class_="reference"),
                       measured=[area_ratio("hall", "old", 0.65, 0.6, 0.7)])["x"]
    assert verdict(["one"]) == verdict([f"paper {i}" for i in range(50)])
    assert verdict(["one"]).verdict == "refuted"


def test_an_inference_holds_if_one_of_those_holds_on_which_it_rests(tmp_path):
    def verdict(states):
        claims = claims_of(tmp_path, {"paper": {"text": "The hall stands. The site grows."}}, [
            {"id": "a", "quote": "The hall stands", "triple": ["hall", "present_on", ""], "observed": _DAY["g"]},
            {"id": "b", "kind": "inference", "quote": "The site grows", "triple": ["site", "status", "growing"]}],
            _HALL, relations=[{"type": "rests_on", "a": "b", "b": ["a"]}])
        return checked(claims, traced("hall", states))["b"].verdict
    assert verdict("aaaaappppppp") == "supported"
    assert verdict("a" * 12) == "cannot tell"
