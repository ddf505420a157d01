"""Contradictions that were published about real places; the numbers stand in public reports."""

from __future__ import annotations

import pytest
from tests.claims.said import checked, claims_of

from sitewatch.claims._disagreements import disagreements_of

_COUNT = {"form": "value", "unit": "count"}


def _one(claims):
    [found] = checked(claims).disagreements
    return found


def _area(value, unit="km²", **more):
    return {"form": "value", "low": value, "unit": unit, "dimension": "area", **more}


def test_kangson_ten_rooms_and_nine_partitions_are_a_dispute_of_two_origins(tmp_path):
    claims = claims_of(tmp_path, {
        "north": {"text": "The annex has 10 rooms, each 11 by 9 m.", "publisher": "38 North"},
        "daily": {"text": "There are nine partitions, 1,595 square metres in all.", "publisher": "Daily NK"}}, [
        {"id": "a", "document": "north", "quote": "10 rooms", "triple": ["annex", "rooms", ""],
         "quantity": {**_COUNT, "low": 10}},
        {"id": "b", "document": "daily", "quote": "nine partitions", "triple": ["annex", "rooms", ""],
         "quantity": {**_COUNT, "low": 9}}])
    found = _one(claims)
    assert (found.kind, found.publishers, found.origins) == ("dispute", 2, 2)


def test_kangson_990_and_1595_square_metres_are_a_dispute_with_a_suspected_slip(tmp_path):
    claims = claims_of(tmp_path, {
        "north": {"text": "Ten rooms of 11 by 9 m make 990 m².", "publisher": "38 North"},
        "daily": {"text": "The partitions cover 1,595 m².", "publisher": "Daily NK"}}, [
        {"id": "a", "document": "north", "quote": "990 m²", "kind": "measurement", "triple": ["rooms", "area", ""],
         "quantity": _area(990, "m²")},
        {"id": "b", "document": "daily", "quote": "1,595 m²", "kind": "measurement", "triple": ["rooms", "area", ""],
         "quantity": _area(1595, "m²")}])
    found = _one(claims)
    assert (found.kind, found.slip) == ("dispute", "miles and kilometres")  # 1.611; it may be chance


def test_fiery_cross_grew_by_eleven_times_and_to_twelve(tmp_path):
    text = "The reef was increased 11 times over, from .08 to .96 km²."
    claims = claims_of(tmp_path, {"amti": {"text": text}}, [
        {"id": "a", "quote": "11 times over, from .08 to .96 km²", "kind": "measurement",
         "triple": ["fiery-cross", "grew", ""],
         "quantity": {"form": "grew_times", "low": 11, "dimension": "area", "start": 0.08, "end": 0.96}}])
    [flag] = [flag for flag in checked(claims).flags if flag.word == "BY_OR_TO"]
    assert "12 times the size" in flag.why


def test_a_growth_whose_own_numbers_give_neither_is_a_self_contradiction(tmp_path):
    claims = claims_of(tmp_path, {"paper": {"text": "It grew 5 times over, from 1 to 20 km²."}}, [
        {"id": "a", "quote": "5 times over, from 1 to 20 km²", "kind": "measurement", "triple": ["reef", "grew", ""],
         "quantity": {"form": "grew_times", "low": 5, "dimension": "area", "start": 1, "end": 20}}])
    assert "SELF_CONTRADICTION" in {flag.word for flag in checked(claims).flags}


def test_hami_800_and_nearly_500_square_kilometres_are_a_slip_of_miles_and_kilometres(tmp_path):
    claims = claims_of(tmp_path, {
        "fas": {"text": "The silos cover an area of about 800 km²."},
        "today": {"text": "The field spans nearly 500 square km."}}, [
        {"id": "a", "document": "fas", "quote": "about 800 km²", "kind": "measurement",
         "triple": ["hami", "area", ""], "quantity": _area(800)},
        {"id": "b", "document": "today", "quote": "nearly 500 square km", "kind": "measurement",
         "triple": ["hami", "area", ""], "quantity": _area(500)}])
    found = _one(claims)
    assert (found.kind, found.slip) == ("dispute", "miles and kilometres")
    assert [reading.means for reading in found.printed] == ["750 to 850 km²", "450 to 550 km²"]
    assert "may have slipped" in found.why
    assert found.why.endswith("a factor of lengths and these are areas, so perhaps it is chance")


@pytest.mark.parametrize(("other", "slip"), [(35 * 3.281, "metres and feet"), (35 * 1.609, "miles and kilometres"),
                                             (35 * 2, None)])
def test_two_lengths_that_differ_by_the_factor_of_a_conversion_are_pointed_out(tmp_path, other, slip):
    size = {"form": "value", "unit": "m", "dimension": "length", "hedge_tolerance": 0.1}
    claims = claims_of(tmp_path, {"a": {"text": "so long"}, "b": {"text": "that long"}}, [
        {"id": name, "document": name, "quote": quote, "kind": "measurement", "triple": ["shed", "length", ""],
         "quantity": {**size, "low": low}} for name, quote, low in (("a", "so long", 35.0), ("b", "that long", other))])
    found = _one(claims)
    assert found.slip == slip
    assert "perhaps it is chance" not in found.why


_35 = {"form": "value", "low": 35, "unit": "m"}


def _shed(name, document, quote, dimension):
    return {"id": name, "document": document, "quote": quote, "kind": "measurement", "triple": ["shed", dimension, ""],
            "quantity": {**_35, "dimension": dimension}}


def test_march_16_a_length_that_the_copy_leaves_out_is_no_slip_where_its_height_is_that_of_the_source(tmp_path):
    claims = claims_of(tmp_path, {
        "wow": {"text": "The shed is 35 m long and 15 to 18 m wide, and about 35 m high."},
        "times": {"text": "It is 35 m tall and 15 to 18 m across."}}, [
        _shed("a", "wow", "35 m long", "length"), _shed("b", "wow", "about 35 m high", "height"),
        _shed("c", "times", "35 m tall", "height")])
    assert checked(claims).disagreements == ()


def test_a_length_that_became_a_height_on_the_way_is_a_dimension_slip(tmp_path):
    claims = claims_of(tmp_path, {
        "source": {"text": "The shed is 35 m long and 15 to 18 m wide."},
        "copy": {"text": "It is 35 m tall and 15 to 18 m across."}}, [
        _shed("a", "source", "35 m long", "length"), _shed("b", "copy", "35 m tall", "height")])
    found = _one(claims)
    assert found.kind == "dimension slip"
    assert "length" in found.why
    assert "height" in found.why


def test_missiles_fired_received_and_sent_are_no_contradiction(tmp_path):
    texts = {"cnn": "about 60 were fired", "112": "over 100 were received", "asia": "1000 were sent"}
    numbers = {"cnn": 60, "112": 100, "asia": 1000}
    claims = claims_of(tmp_path, {name: {"text": text} for name, text in texts.items()}, [
        {"id": f"c-{name}", "document": name, "quote": text, "kind": "attribution",
         "triple": ["missiles", text.split()[-1], ""], "quantity": {**_COUNT, "low": numbers[name]}}
        for name, text in texts.items()])
    found = _one(claims)
    assert found.kind == "not comparable"
    assert "fired" in found.why


def test_a_treaty_of_june_2024_and_of_june_2023_from_one_origin_is_a_transmission_error(tmp_path):
    claims = claims_of(tmp_path, {
        "reuters": {"text": "They signed a treaty in June 2024."},
        "industry": {"text": "They signed a treaty in June 2023.", "origin": "reuters"}}, [
        {"id": "a", "document": "reuters", "quote": "signed a treaty in June 2024", "kind": "background",
         "triple": ["both", "signed", "treaty"], "observed": "2024-06"},
        {"id": "b", "document": "industry", "quote": "signed a treaty in June 2023", "kind": "background",
         "triple": ["both", "signed", "treaty"], "observed": "2023-06"}])
    found = _one(claims)
    assert (found.kind, found.publishers, found.origins) == ("transmission error", 2, 1)
    assert found.printed[0].means == "2024-06-01 to 2024-06-30"


def test_beirut_two_days_of_one_image_before_are_a_dispute(tmp_path):
    claims = claims_of(tmp_path, {
        "cnet": {"text": "The image before was taken on 31 May 2020."},
        "eusi": {"text": "The image before was taken on 31 July 2020."}}, [
        {"id": "a", "document": "cnet", "quote": "taken on 31 May 2020", "triple": ["before", "taken_on", "port"],
         "observed": "2020-05-31"},
        {"id": "b", "document": "eusi", "quote": "taken on 31 July 2020", "triple": ["before", "taken_on", "port"],
         "observed": "2020-07-31"}])
    assert _one(claims).kind == "dispute"


@pytest.mark.parametrize(("year", "kinds"), [("2016", ["dispute"]), ("2017", [])])
def test_sil_li_was_started_in_2016_or_in_june_2017_but_a_year_that_holds_the_month_would_be_no_contradiction(
        tmp_path, year, kinds):
    texts = {"one": {"text": f"It was started in {year}."}, "two": {"text": "It was begun in June 2017."}}
    claims = claims_of(tmp_path, texts, [
        {"id": "a", "document": "one", "quote": f"started in {year}", "triple": ["sil-li", "started_on", ""],
         "observed": year},
        {"id": "b", "document": "two", "quote": "begun in June 2017", "triple": ["sil-li", "started_on", ""],
         "observed": "2017-06"}])
    assert [found.kind for found in checked(claims).disagreements] == kinds


def test_ryongchon_an_image_shown_as_of_2004_was_one_of_baghdad_of_2003(tmp_path):
    claims = claims_of(tmp_path, {
        "bbc": {"text": "The image was taken after the explosion of April 2004."},
        "gs": {"text": "The image shows Baghdad and was taken on 9 April 2003."}}, [
        {"id": "a", "document": "bbc", "quote": "taken after the explosion of April 2004",
         "triple": ["image", "taken_on", ""], "observed": "2004-04"},
        {"id": "b", "document": "gs", "quote": "taken on 9 April 2003", "triple": ["image", "taken_on", ""],
         "observed": "2003-04-09"}])
    assert _one(claims).kind == "dispute"


def test_sohae_the_start_and_the_end_of_the_rebuilding_are_two_events(tmp_path):
    claims = claims_of(tmp_path, {
        "early": {"text": "Rebuilding began between 16 February and 2 March 2019."},
        "late": {"text": "It was done between 6 and 8 March 2019."}}, [
        {"id": "a", "document": "early", "quote": "began between 16 February and 2 March 2019",
         "triple": ["sohae", "started_on", ""], "observed": "2019-02-16/2019-03-02"},
        {"id": "b", "document": "late", "quote": "done between 6 and 8 March 2019",
         "triple": ["sohae", "completed_on", ""], "observed": "2019-03-06/2019-03-08"}])
    assert checked(claims).disagreements == ()


def test_xinjiang_eleven_sites_added_and_six_removed_are_no_contradiction(tmp_path):
    claims = claims_of(tmp_path, {"aspi": {"text": "Of the sites 11 were added, and 6 were removed."}}, [
        {"id": "a", "quote": "11 were added", "kind": "background", "triple": ["sites", "added", ""],
         "quantity": {**_COUNT, "low": 11}},
        {"id": "b", "quote": "6 were removed", "kind": "background", "triple": ["sites", "left_out", ""],
         "quantity": {**_COUNT, "low": 6}}])
    assert _one(claims).kind == "not comparable"


def test_xinjiang_eight_decimals_of_a_degree_are_false_precision(tmp_path):
    text = "The facility lies at 40.56496789, 81.23598559."
    claims = claims_of(tmp_path, {"aspi": {"text": text}}, [{"id": "a", "quote": text}])
    assert "FALSE_PRECISION" in {flag.word for flag in checked(claims).flags}


def test_hamhung_what_is_said_of_the_complex_is_no_evidence_on_the_plant(tmp_path):
    text = "State media spoke of works at the complex. Works were confirmed at the plant."
    claims = claims_of(tmp_path, {"page": {"text": text}}, [
        {"id": "a", "quote": "works at the complex", "triple": ["ryongsong", "under_construction_on", "2024"]},
        {"id": "b", "quote": "confirmed at the plant", "triple": ["feb11", "under_construction_on", "2024"]}],
        names=[{"id": "ryongsong", "type": "site"}, {"id": "feb11", "type": "site", "part_of": "ryongsong"}],
        relations=[{"type": "rests_on", "a": "b", "b": "a"}])
    assert [(flag.claim, flag.word) for flag in checked(claims).flags] == [("b", "LEVEL_SLIP")]


@pytest.mark.parametrize(("stretch", "what"), [(1.304, "lengths"), (1.700, "areas")])
def test_a_size_taken_in_web_mercator_is_recognised_by_the_latitude(tmp_path, stretch, what):
    # At 39.92 degrees north EPSG:3857 stretches lengths by 1.304 and areas by 1.700; the world lies at 40.6.
    unit, dimension = ("m", "length") if what == "lengths" else ("m²", "area")
    size = {"form": "value", "unit": unit, "dimension": dimension}
    claims = claims_of(tmp_path, {"a": {"text": "1000 here"}, "b": {"text": "more there"}}, [
        {"id": "a", "document": "a", "quote": "1000 here", "kind": "measurement", "triple": ["hall", "size", ""],
         "quantity": {**size, "low": 1000, "hedge_tolerance": 1}},
        {"id": "b", "document": "b", "quote": "more there", "kind": "measurement", "triple": ["hall", "size", ""],
         "quantity": {**size, "low": 1000 * stretch, "hedge_tolerance": 1}}])
    [found] = disagreements_of(claims, latitude=39.92)
    assert found.slip == f"true {what} and those of Web Mercator"
    [elsewhere] = disagreements_of(claims, latitude=60.0)
    assert elsewhere.slip is None
