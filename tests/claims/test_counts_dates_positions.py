"""Counts, dates, heights and positions against what was traced: never more than the images carry."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box
from tests.claims.said import WORLD, checked, claims_of, traced
from tests.worlds import rectangle

from sitewatch.claims._counts import found_count
from sitewatch.claims._positions import found_beside, found_within
from sitewatch.claims._presence import found_images
from sitewatch.geo import to_geojson, to_lonlat
from sitewatch.model import Between, Measurement, Phase, Quantity, Scene
from sitewatch.store._documents import span_of

_NEW = "aaaaapppppp" + "p"  # first seen between 13 and 23 February 2020
_YARD = [{"id": "yard", "area": to_geojson(WORLD.on_grid(rectangle(12, 12, 22, 22)), WORLD.grid)}]
_EDGE = WORLD.on_grid(rectangle(12, 12, 22, 22))


def _one(tmp_path, claim, *structures, names=_YARD, measured=()):
    text = "Two new halls stand there"
    claims = claims_of(tmp_path, {"paper": {"text": f"{text}."}}, [{"id": "x", "quote": text, **claim}], names)
    return checked(claims, *structures, measured=measured)["x"]


def _count(number, predicate="built", high=None, **more):
    return {"triple": ["yard", predicate, "hall"], "quantity": {
        "form": "value", "low": number, "high": high or number, "unit": "count"}, **more}


def _halls(*chances, class_="new structure", states=_NEW):
    return [traced(f"hall {i}", states, class_=class_, chance=chance, x=4 + 3 * i) for i, chance in enumerate(chances)]


@pytest.mark.parametrize(("number", "verdict"), [(1, "refuted"), (2, "supported"), (3, "cannot tell")])
def test_two_new_halls_are_two_not_one_and_perhaps_three(tmp_path, number, verdict):
    check = _one(tmp_path, _count(number), *_halls(0.99, 0.99), traced("old", class_="reference"))
    assert (check.verdict, check.tested[0].measured) == (verdict, "2 structures")
    assert ("no sign that there are no more" in check.why) == (verdict == "cannot tell")


def test_a_count_is_no_surer_than_the_things_that_are_counted(tmp_path):
    check = _one(tmp_path, _count(2), *_halls(0.99, 0.6))
    assert (check.verdict, check.chance) == ("cannot tell", pytest.approx(0.594))


@given(st.lists(st.floats(0, 1), max_size=6), st.integers(0, 7))
def test_a_wider_count_is_never_less_likely_and_all_counts_together_are_sure(chances, number):
    halls, within = _halls(*[0.5] * len(chances)), box(*_EDGE.bounds).buffer(1e4)
    of = {hall.id: chance for hall, chance in zip(halls, chances, strict=True)}

    def chance(low, high):
        return found_count(halls, within, [(low, high)], "yard", "9 m²", lambda one: of[one.id]).chance
    assert chance(number, number) <= chance(number, number + 2) + 1e-4
    assert chance(0, len(chances)) == pytest.approx(1, abs=1e-3)


def test_only_what_lies_within_the_area_and_came_in_the_stated_time_is_counted(tmp_path):
    half = [{"id": "yard", "area": to_geojson(WORLD.on_grid(rectangle(4, 12, 5, 22)), WORLD.grid)}]
    assert _one(tmp_path, _count(1), *_halls(0.99, 0.99), names=half).verdict == "supported"
    early = _count(2, "appeared_on", observed="2020-01")
    assert _one(tmp_path, early, *_halls(0.99, 0.99)).tested[0].measured == "0 structures"
    assert _one(tmp_path, _count(2, "appeared_on", observed="2020-02"), *_halls(0.99, 0.99)).verdict == "supported"


def test_what_went_is_counted_apart_from_what_came(tmp_path):
    gone = _halls(0.99, 0.99, class_="removed structure", states="ppppppaaaaaa")
    assert _one(tmp_path, _count(2, "demolished", observed="2020-01/2020-04"), *gone).verdict == "supported"
    assert _one(tmp_path, _count(1, "built"), *gone).tested[0].measured == "0 structures"


def test_what_stood_there_all_along_is_not_counted_nor_what_nobody_has_drawn(tmp_path):
    assert _one(tmp_path, _count(2, "stands_on"), *_halls(0.99, 0.99)).verdict == "cannot tell"
    check = _one(tmp_path, _count(2), *_halls(0.99, 0.99), names=[{"id": "yard"}])
    assert (check.verdict, "which area" in check.why) == ("cannot tell", True)


def test_the_site_itself_needs_no_drawing(tmp_path):
    names = [{"id": "yard", "names": [{"text": WORLD.site.name, "source": "x"}]}]
    assert _one(tmp_path, _count(2), *_halls(0.99, 0.99), names=names).verdict == "supported"


def test_rooms_and_missiles_are_not_counted_from_above(tmp_path):
    check = _one(tmp_path, _count(10, "rooms") | {"kind": "measurement"}, *_halls(0.99))
    assert (check.verdict, check.tested) == ("cannot tell", ())


@pytest.mark.parametrize(("predicate", "observed", "verdict"), [
    ("started_on", "2020-03", "refuted"),        # it stood by 23 February
    ("started_on", "2020-01", "cannot tell"),    # works may have begun unseen
    ("appeared_on", "2020-01", "refuted"),       # a clear look of 13 February is without it
    ("appeared_on", "2020-02", "supported")])
def test_a_start_is_only_refuted_by_what_stood_before_and_an_appearance_by_both_looks(tmp_path, predicate, observed,
                                                                                      verdict):
    claim = {"triple": ["hall 0", predicate, ""], "observed": observed}
    assert _one(tmp_path, claim, *_halls(0.99)).verdict == verdict


def test_a_start_is_held_against_the_works_on_the_ground_and_an_end_against_the_whole(tmp_path):
    works = Phase(name="ground works", between=Between(after=WORLD.taken[1], by=WORLD.taken[2]))  # 14 to 24 January
    whole = Phase(name="all of it stands", between=Between(after=WORLD.taken[7], by=WORLD.taken[8]))  # 14 to 24 March
    [hall] = [replace(hall, phases=(works, whole)) for hall in _halls(0.99)]
    for predicate, month in (("started_on", "2020-01"), ("completed_on", "2020-03"), ("appeared_on", "2020-02")):
        claim = {"triple": ["hall 0", predicate, ""], "observed": month}
        assert _one(tmp_path, claim, hall).verdict == "supported", predicate


@pytest.mark.parametrize(("dimension", "low", "verdict"), [
    ("height", 12, "supported"), ("height", 20, "refuted"), ("depth", 12, "not testable")])
def test_a_dimension_is_testable_where_it_was_measured(tmp_path, dimension, low, verdict):
    tall = Measurement(subject="hall 0", what="height", scenes=("look-07",),
                       value=Quantity(value=12, low=11.8, high=12.2, unit="m", method="shadow"))
    claim = {"kind": "measurement", "triple": ["hall 0", dimension, ""], "quantity": {
        "form": "value", "low": low, "unit": "m", "dimension": dimension}}
    assert _one(tmp_path, claim, *_halls(0.99), measured=[tall]).verdict == verdict


def _town(x, size):
    return [{"id": "town", "area": to_geojson(WORLD.on_grid(rectangle(x, 12, size, size)), WORLD.grid)}]


@pytest.mark.parametrize(("x", "size", "verdict"), [(12, 40, "supported"), (200, 40, "refuted"), (5, 8, "cannot tell")])
def test_what_lies_in_a_town_lies_within_its_boundary(tmp_path, x, size, verdict):
    claim = {"triple": ["hall 0", "located_in", "town"]}
    assert _one(tmp_path, claim, *_halls(0.99), names=_town(x, size)).verdict == verdict


def test_without_a_boundary_one_cannot_tell_what_lies_within_it(tmp_path):
    claim = {"triple": ["hall 0", "located_in", "town"]}
    check = _one(tmp_path, claim, *_halls(0.99), names=[{"id": "town"}])
    assert (check.verdict, "names.yaml" in check.why) == ("cannot tell", True)


def test_hamhung_building_a_lies_north_of_building_b(tmp_path):
    # The published positions: 39.921628, 127.656521 and 39.920212, 127.657091; A is 157 m north and 49 m west of B.
    one, other = Point(-49, 157).buffer(10), Point(0, 0).buffer(10)
    verdicts = {side: found_beside(one, other, side, ("A", "B"), 10).verdict
                for side in ("north_of", "south_of", "west_of", "east_of")}
    assert verdicts == {"north_of": "supported", "south_of": "refuted", "west_of": "refuted", "east_of": "refuted"}
    assert "164 m from B, at a bearing of 343°" in found_beside(one, other, "north_of", ("A", "B"), 10).why
    assert found_beside(Point(100, 100), Point(0, 0), "north_of", ("A", "B"), 10).verdict == "cannot tell"


def test_hamhung_in_and_outside_of_the_city_is_decided_by_a_boundary_alone():
    plant = Point(10_000, 0)  # some 10 km from the middle of the city
    assert found_within(plant, Point(0, 0).buffer(8000), "plant", "Hamhung", 10).verdict == "refuted"
    assert found_within(plant, Point(0, 0).buffer(15000), "plant", "Hamhung", 10).verdict == "supported"
    for just in (9998, 10_002):  # nearer to the boundary than positions are known
        assert found_within(plant, Point(0, 0).buffer(just), "plant", "Hamhung", 10).verdict == "cannot tell"


def test_a_point_is_a_place_too_and_a_side_of_a_named_thing_is_testable(tmp_path):
    spot = to_lonlat(WORLD.on_grid(rectangle(12, 2, 1, 1)).centroid, WORLD.grid)
    names = [{"id": "gate", "at": [round(spot.x, 7), round(spot.y, 7)]}]
    hall = traced("hall 0", _NEW)
    assert _one(tmp_path, {"triple": ["hall 0", "south_of", "gate"]}, hall, names=names).verdict == "supported"
    assert _one(tmp_path, {"triple": ["hall 0", "located_in", "gate"]}, hall, names=names).verdict == "cannot tell"


def test_what_came_within_an_area_drawn_around_it_is_the_thing_and_for_whom_stays_untested(tmp_path):
    rows = [{"id": "rows", "type": "housing", "area": to_geojson(WORLD.on_grid(rectangle(12, 12, 22, 22)), WORLD.grid)}]
    claim = {"triple": ["rows", "function", "for workers"], "observed": "2020-03"}
    function, presence = _one(tmp_path, claim, *_halls(0.9), traced("old", class_="reference"), names=rows).tested
    assert (function.verdict, presence.verdict, presence.structure) == ("not testable", "supported", "hall 0")
    nothing = _one(tmp_path, claim, traced("old", class_="reference"), names=rows).tested[1]
    assert (nothing.verdict, "no sign that it is not there" in nothing.why) == ("cannot tell", True)


@pytest.mark.parametrize(("sensor", "observed", "verdict"), [
    ("planetscope-4", "2020-02", "supported"), ("planetscope-4", "2024-10", "cannot tell"),
    ("sentinel-2", "2020-02", "cannot tell")])
def test_images_of_a_provider_are_there_or_an_archive_has_to_be_asked(sensor, observed, verdict):
    scenes = [Scene(id=str(taken), source="x", sensor=sensor, taken=taken, taken_from="csv", assets=())
              for taken in WORLD.taken]
    answer = found_images(scenes, ["Planet Labs", "planet"], span_of(observed))
    assert answer.verdict == verdict
    assert ("Planet Labs’s archive" in (answer.decides or "")) == (verdict == "cannot tell")


def test_who_took_the_images_is_asked_of_the_case(tmp_path):
    check = _one(tmp_path, {"triple": ["imagery", "acquired_by", "planet"]}, *_halls(0.99))
    assert (check.verdict, check.why) == ("cannot tell", "the case holds no image of planet")
