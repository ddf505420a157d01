"""How comparable two looks are, and that the words say what the numbers say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.model import Conditions, Scene, compare, conditions_of

_JUNE = Conditions(taken=datetime(2023, 6, 10, 10, 30, tzinfo=UTC), sensor="planetscope-4", sun_azimuth_deg=140.0,
                   sun_elevation_deg=60.0, off_nadir_deg=3.0, view_azimuth_deg=98.0, snow_share=0.0)
_DARK = replace(_JUNE, sun_azimuth_deg=None, sun_elevation_deg=None)
_SHARES = st.none() | st.floats(0, 1)
_CONDITIONS = st.builds(
    Conditions, taken=st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    sensor=st.sampled_from(("skysat", "planetscope-4")), sun_azimuth_deg=st.none() | st.floats(0, 360),
    sun_elevation_deg=st.none() | st.floats(-90, 90), off_nadir_deg=st.none() | st.floats(0, 60),
    view_azimuth_deg=st.none() | st.floats(0, 360), snow_share=_SHARES)


@given(_CONDITIONS, _CONDITIONS)
def test_a_comparison_does_not_ask_which_look_came_first(one, other):
    forth, back = compare(one, other), compare(other, one)
    assert forth.cost == pytest.approx(back.cost)
    assert (forth.season_days, forth.snow, forth.unknown) == (back.season_days, back.snow, back.unknown)


@given(_CONDITIONS)
def test_a_look_is_comparable_with_itself_unless_its_snow_hides_the_ground(one):
    same = compare(one, one)
    assert same.season_days == 0
    assert same.shadow_m in (None, 0)
    if one.snow_share is None or one.snow_share < 0.1:
        known = one.view_azimuth_deg is not None or not one.off_nadir_deg
        assert same.cost == 0 or not known


@given(_CONDITIONS, _CONDITIONS)
def test_what_cannot_be_compared_is_named_and_costs_nothing(one, other):
    told = compare(one, other)
    assert ("shadows" in told.unknown) == (told.shadow_m is None)
    assert ("angles of view" in told.unknown) == (told.view_m is None)
    assert ("snow" in told.unknown) == (told.snow == "unknown")
    blind = compare(*(replace(look, sun_azimuth_deg=None, off_nadir_deg=None, snow_share=None)
                      for look in (one, other)))
    assert blind.unknown == ("shadows", "angles of view", "snow")
    assert blind.cost <= 1.3


@pytest.mark.parametrize(("day", "days"), [((2023, 6, 13), 3), ((2021, 6, 10), 0), ((2024, 6, 9), 0),
                                           ((2022, 12, 10), 182), ((2022, 12, 12), 180)])
def test_the_season_goes_round_the_year(day, days):
    assert compare(_JUNE, replace(_JUNE, taken=datetime(*day, tzinfo=UTC))).season_days == pytest.approx(days, abs=1)
    new_year = [replace(_JUNE, taken=datetime(2022 + i, *at, tzinfo=UTC)) for i, at in enumerate(((12, 31), (1, 2)))]
    assert compare(*new_year).season_days in (2, 3)


def test_shadows_of_a_ten_metre_thing_are_compared_end_to_end():
    assert compare(replace(_JUNE, sun_elevation_deg=45.0), replace(_JUNE, sun_elevation_deg=26.565)
                   ).shadow_m == pytest.approx(10, abs=0.01)
    turned = compare(replace(_JUNE, sun_elevation_deg=45.0), replace(
        _JUNE, sun_elevation_deg=45.0, sun_azimuth_deg=200.0))
    assert turned.shadow_m == pytest.approx(10, abs=0.01)
    assert turned.sun_azimuth_deg == 60
    assert turned.reasons[0] == "shadows 10 m apart"


def test_a_sun_at_the_horizon_throws_no_shadow_that_could_be_compared():
    assert compare(_JUNE, replace(_JUNE, sun_elevation_deg=0.5)).shadow_m is None


def test_directions_are_compared_round_the_compass():
    assert compare(replace(_JUNE, sun_azimuth_deg=359.0), replace(_JUNE, sun_azimuth_deg=2.0)).sun_azimuth_deg == 3


def test_views_from_two_sides_lean_apart_and_unknown_sides_count_as_opposite():
    east, west, aside = (replace(_JUNE, off_nadir_deg=26.565, view_azimuth_deg=way) for way in (98.0, 278.0, None))
    assert compare(east, west).view_m == pytest.approx(10, abs=0.01)
    assert compare(aside, east).view_m == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(("one", "other", "state"), [(0.0, 0.02, "neither"), (0.0, 0.8, "one"), (0.6, 0.8, "both"),
                                                     (None, 0.8, "unknown")])
def test_snow_in_one_look_only_makes_a_pair_poor(one, other, state):
    told = compare(replace(_JUNE, snow_share=one), replace(_JUNE, snow_share=other))
    assert told.snow == state
    assert ("snow in one only" in told.reasons) == (told.word == "poor") == (state == "one")


def test_looks_three_months_apart_are_poor_and_five_weeks_apart_still_good():
    words = {days: compare(_DARK, replace(_DARK, taken=_DARK.taken + timedelta(days=days))).word
             for days in (0, 35, 60, 91, 180)}
    assert words == {0: "good", 35: "good", 60: "fair", 91: "poor", 180: "poor"}


def test_reasons_are_in_plain_words_and_the_worst_comes_first():
    low = replace(_JUNE, taken=datetime(2022, 5, 5, tzinfo=UTC), sun_elevation_deg=25.0, sensor="skysat")
    assert compare(_JUNE, low).reasons == (
        "shadows 16 m apart", "taken by two sensors", "5 weeks apart in season")


def test_the_sun_is_computed_only_where_the_record_has_none():
    scene = Scene(id="s", source="folder", sensor="skysat", taken=_JUNE.taken, taken_from="csv", assets=(),
                  sun_azimuth_deg=10.0, sun_elevation_deg=20.0)
    assert conditions_of(scene, sun=(1.0, 2.0)).sun_azimuth_deg == 10
    bare = conditions_of(replace(scene, sun_elevation_deg=None), snow_share=0.3, sun=(1.0, 2.0))
    assert (bare.sun_azimuth_deg, bare.sun_elevation_deg, bare.snow_share) == (1, 2, 0.3)
    assert conditions_of(replace(scene, sun_azimuth_deg=None)).sun_elevation_deg == 20
