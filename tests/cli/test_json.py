"""The contract of ``show --json``: exact keys, exact forms."""

from __future__ import annotations

from shapely.geometry import shape

_FEATURE_KEYS = {"id", "class", "chance", "first_after", "first_by", "last_after", "last_by", "area_m2", "area_m2_low",
                 "area_m2_high"}


def test_structures_are_geojson_in_degrees_with_area_and_bracket(case, sitewatch):
    told = sitewatch("show", "yard", "structures", "--json").data
    assert (told["type"], told["coordinates_in"]) == ("FeatureCollection", "EPSG:4326")
    new, reference = told["features"]
    assert _FEATURE_KEYS | {"label", "by"} == set(new["properties"])
    assert new["properties"]["first_by"] == "2024-03-11T10:30:00Z"
    assert new["properties"]["last_by"] is None
    assert new["properties"]["area_m2"] == 612.346
    assert reference["properties"]["class"] == "reference"
    assert reference["properties"]["area_m2"] is None
    assert 55 < shape(new["geometry"]).centroid.x < 55.01


def test_pictures_are_told_in_pixels_not_degrees(case, sitewatch, pictured):
    case.place = pictured
    told = sitewatch("show", "yard", "structures", "--json").data
    assert told["coordinates_in"] == "pixels"
    left, top, right, bottom = shape(told["features"][0]["geometry"]).bounds
    assert (round(right - left, 3), round(bottom - top, 3)) == (10.0, 6.667)


def test_a_vanished_change_is_dated_at_its_end_and_rejected_ones_are_left_out(case, sitewatch):
    appeared, vanished = (f["properties"] for f in sitewatch("show", "yard", "changes", "--json").data["features"])
    assert set(appeared) == _FEATURE_KEYS
    assert (appeared["class"], vanished["class"]) == ("appeared", "vanished")
    assert appeared["chance"] == 0.9877
    assert (appeared["first_after"], appeared["last_by"]) == ("2024-03-01T10:00:00Z", None)
    assert (vanished["first_after"], vanished["last_by"]) == (None, "2024-03-11T10:30:00Z")


def test_a_number_that_cannot_be_given_is_null_with_its_reason(case, sitewatch):
    area, width = sitewatch("show", "yard", "measurements", "--json").data
    assert list(area) == ["subject", "what", "reference", "value", "low", "high", "unit", "level", "method", "scenes",
                          "why_not"]
    assert (area["unit"], area["level"], area["scenes"]) == ("m²", 0.9, ["s1"])
    assert width["value"] is width["low"] is width["high"] is None
    assert width["why_not"] == "narrower than the blur"


def test_scenes_list_the_refused_ones_too(case, sitewatch):
    used, unused, refused = sitewatch("show", "yard", "scenes", "--json").data
    assert list(used) == ["id", "taken", "source", "used", "why_not", "site_clear_share", "shift_x_px", "shift_y_px",
                          "shift_sigma_px", "placement", "scaling", "snow_share"]
    assert (used["placement"], used["snow_share"], used["scaling"][:11]) == ("affine", 0.25, "grey levels")
    assert (unused["placement"], unused["snow_share"], unused["scaling"]) == (None, None, None)
    assert (used["used"], used["shift_x_px"], used["site_clear_share"]) == (True, 0.123457, 0.987654)
    assert (unused["used"], unused["why_not"], unused["shift_x_px"]) == (False, "cloud", None)
    assert (refused["id"], refused["used"], refused["taken"]) == ("notes.txt", False, None)


def test_findings_carry_layer_and_evidence(case, sitewatch):
    told = sitewatch("show", "yard", "claims", "--json").data
    assert told["title"] == "A hall was built"
    assert told["findings"][1] == {"id": "F02", "text": "That it is a hall is likely.", "layer": "inferred",
                                   "evidence": ["S1"], "chance": 0.7, "reviewed": None}
