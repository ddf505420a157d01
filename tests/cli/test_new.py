"""What ``sitewatch new`` hands on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely import box
from shapely.geometry import mapping


def test_new_prints_the_next_command(case, sitewatch):
    done = sitewatch("new", "my yard", "--images", "pictures")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "next: sitewatch run 'my yard'"


def test_new_hands_every_option_to_the_case(case, sitewatch):
    sitewatch("new", "yard", "--images", "a", "--gsd", "6", "--sensor", "picture", "--dates", "b", "--references",
              "c", "--controls", "d", "--name", "Yard", "--question", "What was built?")
    plan = case.made_with
    assert (plan.images, plan.dates, plan.references, plan.controls) == tuple(map(Path, "abcd"))
    assert (plan.gsd_m, plan.sensor, plan.name, plan.question, plan.area) == (
        6.0, "picture", "Yard", "What was built?", None)


def test_at_gives_latitude_first_and_a_square_in_metres(case, sitewatch):
    sitewatch("new", "yard", "--at", "-33.9,18.4", "--size", "2000")
    left, bottom, right, top = case.made_with.area.bounds
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((18.4, -33.9), abs=1e-5)
    assert (top - bottom) * 110_900 == pytest.approx(2000, rel=0.01)


def test_an_area_of_several_outlines_is_their_union(case, sitewatch, tmp_path):
    parts = [{"type": "Feature", "properties": {}, "geometry": mapping(box(x, 25, x + 1, 26))} for x in (55, 56)]
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": parts}))
    sitewatch("new", "yard", "--area", file)
    assert case.made_with.area.bounds == (55, 25, 57, 26)


def test_new_describes_the_case_to_machines(case, sitewatch):
    made = sitewatch("new", "yard", "--images", "a", "--json").data
    assert made["case"] == "yard"
    assert made["grid"]["crs"] == "EPSG:32640"
    assert made["grid"]["gsd_m"] == 3.0
    assert made["next"] == "sitewatch run yard"


def test_a_place_without_images_is_to_be_fetched_next(case, sitewatch):
    done = sitewatch("new", "yard", "--at", "39.9202,127.6571", "--size", "3000", "--source", "planetary-computer")
    assert done.out.splitlines()[-1] == "next: sitewatch fetch yard --dry-run"
    assert (case.made_with.images, case.made_with.source) == (None, "planetary-computer")
