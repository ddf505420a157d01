"""The registry of names: what has no source decides nothing, and what is held apart is never tested on one thing."""

from __future__ import annotations

import pytest
from shapely.affinity import translate
from tests.claims.said import WORLD, checked, claims_of, traced

from sitewatch.geo import to_lonlat

_TEXT = "The hall was put up."
_SQUARE = ((-10, -10), (-10, 10), (10, 10), (10, -10), (-10, -10))  # metres from the hall


def _check(folder, subject, names, *structures, **claim):
    claims = claims_of(folder, {"paper": {"text": _TEXT}}, [
        {"id": "x", "quote": _TEXT[:-1], "triple": [subject, "stands_on", ""], **claim}], names)
    return checked(claims, *structures)["x"]


@pytest.mark.parametrize(("subject", "name", "verdict"), [
    ("Big Hall", {"text": "Big Hall", "source": "paper"}, "supported"),
    ("Big Hall", {"text": "Big Hall"}, "cannot tell"),
    ("Big Hall", {"text": "Big Hall", "status": "preferred"}, "cannot tell"),
    ("Big Hall", {"text": "Big Hall", "status": "unverified", "source": "paper"}, "cannot tell"),
    ("hall", {"text": "Big Hall"}, "supported")])
def test_a_name_without_a_source_decides_nothing(tmp_path, subject, name, verdict):
    names = [{"id": "hall", "type": "building", "structure": "s-1", "names": [name]}]
    check = _check(tmp_path, subject, names, traced("s-1"))
    assert check.verdict == verdict
    assert ("no source for “Big Hall” as a name of" in check.why) == (verdict == "cannot tell")


def test_a_size_a_count_and_a_place_are_not_taken_by_an_unverified_name_either(tmp_path):
    area = {"type": "Polygon", "coordinates": [[list(_lonlat(*at)) for at in _SQUARE]]}
    names = [{"id": "yard", "area": area, "structure": "s-1", "names": [{"text": "The Yard"}]}]
    count = {"form": "value", "low": 1, "unit": "count"}
    for claim in ({"triple": ["The Yard", "built", ""], "quantity": count},
                  {"triple": ["s-1", "within", "The Yard"]},
                  {"kind": "measurement", "triple": ["The Yard", "area", ""], "quantity": {
                      "form": "value", "low": 100, "unit": "m²", "dimension": "area"}}):
        check = _check(tmp_path, "", names, traced("s-1"), **claim)
        assert check.verdict == "cannot tell"
        assert "no source for “The Yard”" in check.why


def test_a_claim_about_one_thing_is_not_tested_on_another_that_it_is_not(tmp_path):
    names = [{"id": "hall", "type": "building", "structure": "s-1", "not_same_as": ["shed"]},
             {"id": "shed", "type": "building", "structure": "s-1"}]
    for subject in ("hall", "shed"):
        check = _check(tmp_path, subject, names, traced("s-1"))
        assert check.verdict == "cannot tell"
        assert "one place is given for both" in check.why
    names[1]["structure"] = "s-2"
    assert _check(tmp_path, "hall", names, traced("s-1"), traced("s-2", x=3)).verdict == "supported"


def _equated(folder, quote):
    names = [{"id": "x-1", "names": [{"text": "X-1", "scheme": "own", "source": "a"}]},
             {"id": "x-1a", "family": "x-1", "names": [{"text": "Y-23", "scheme": "abroad", "source": "a"}]},
             {"id": "x-1b", "family": "x-1", "names": [{"text": "Y-24", "scheme": "abroad", "source": "a"},
                                                       {"text": "Z-5", "scheme": "third", "source": "a"}]}]
    claims = claims_of(folder, {"paper": {"text": f"{quote}."}}, [{"id": "x", "kind": "background", "quote": quote}],
                       names)
    return {flag.word for flag in checked(claims).flags}


def test_the_name_of_a_family_may_stand_for_one_of_it_but_two_of_it_are_not_one(tmp_path):
    assert _equated(tmp_path, "It makes the Y-23 (X-1)") == set()
    assert _equated(tmp_path, "It makes the X-1 (Y-24)") == set()
    assert _equated(tmp_path, "It makes the Y-23 (Z-5)") == {"ALIAS_CONFLICT"}


def _lonlat(east, north):
    spot = to_lonlat(translate(traced("s-1").outline.centroid, east, north), WORLD.grid)
    return spot.x, spot.y
