"""SMART site models: valid by their specification, and silent about what no look shows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.report.yard import World
from tests.shared import SHARED

from sitewatch.geo import mgrs_square
from sitewatch.model import Between, Look, LookState, Phase
from sitewatch.report import compose_exports

_SITE = {"type", "region_id", "site_id", "version", "mgrs", "status", "start_date", "end_date", "model_content",
         "originator"}
_OBSERVED = {"type", "observation_date", "source", "sensor_name", "current_phase", "is_occluded", "is_site_boundary"}
_SCHEMA = SHARED / "data" / "smart_annotations" / "smart.schema.json"


def _models(world: World, **changes: object) -> dict[str, dict[str, Any]]:
    records = tuple(replace(s, **changes) if s.class_ != "reference" else s  # type: ignore[arg-type]
                    for s in world.structures)
    structures = replace(world.structures, records=records)
    _, files = compose_exports(structures, world.measurements, world.stack, {})
    return {name: json.loads(data) for name, data in files.items() if name.startswith("smart/")}


def _phases(model: dict[str, Any]) -> list[str]:
    return [feature["properties"]["current_phase"] for feature in model["features"][1:]]


def test_each_new_structure_is_one_site_model_of_the_specifications_form(world):
    [(name, model)] = _models(world).items()
    site, *observed = [feature["properties"] for feature in model["features"]]
    assert model["type"] == "FeatureCollection"
    assert set(site) - {"score", "validated", "cache"} == _SITE
    assert all(set(properties) == _OBSERVED for properties in observed)
    assert re.fullmatch(r"smart/[A-Z]{2}_Rxxx_\d{4}\.geojson", name)
    assert name == f"smart/{site['site_id']}.geojson"
    assert re.fullmatch(r"\d+\.\d+\.\d+", site["version"])
    assert (site["status"], site["validated"]) == ("system_proposed", "False")
    assert {feature["geometry"]["type"] for feature in model["features"]} == {"Polygon", "MultiPolygon"}
    assert all(row["sensor_name"] in (None, "Landsat 8", "Sentinel-2", "WorldView", "Planet") for row in observed)
    assert all(row["is_occluded"] in ("True", "False") and row["is_site_boundary"] == "True" for row in observed)


def test_the_looks_of_a_new_structure_are_no_activity_before_and_post_construction_since(world):
    [model] = _models(world).values()
    [structure] = world.structures.changed
    told = {"absent": "No Activity", "present": "Post Construction", "unclear": "Unknown"}
    assert _phases(model) == [told[look.state] for look in structure.looks]
    dates = [feature["properties"]["observation_date"] for feature in model["features"][1:]]
    assert (min(dates), max(dates)) == tuple(model["features"][0]["properties"][key] for key in
                                             ("start_date", "end_date"))


def _looks(states: str) -> tuple[Look, ...]:
    names: dict[str, LookState] = {"a": "absent", "p": "present", "u": "unclear"}
    return tuple(Look(scene=f"scene-{i}", taken=datetime(2022, 1 + i, 1, tzinfo=UTC), state=names[state], chance=0.5,
                      seen_share=1.0) for i, state in enumerate(states))


@pytest.mark.parametrize(("states", "phases", "told"), [
    ("aaaapp", {"ground works": (1, 3)}, "NN?SPP"),           # between its looks nobody saw the ground being broken
    ("aauppp", {"first part stands": (1, 3), "all of it stands": (3, 5)}, "NN?A?P"),   # half-way from part to whole
    ("uuuuuu", {}, "??????")])
def test_phases_that_no_look_shows_stay_unknown(world, states, phases, told):
    looks = _looks(states)
    brackets = tuple(Phase(name=name, between=Between(after=looks[a].taken, by=looks[b].taken))
                     for name, (a, b) in phases.items())
    named = [scene.id for scene in world.stack.scenes.scenes]
    looks = tuple(replace(look, scene=named[i]) for i, look in enumerate(looks))
    [model] = _models(world, looks=looks, phases=brackets).values()
    words = {"N": "No Activity", "S": "Site Preparation", "A": "Active Construction", "P": "Post Construction",
             "?": "Unknown"}
    assert _phases(model) == [words[letter] for letter in told]


def test_what_went_and_pictures_that_lie_nowhere_give_no_site_model(world):
    assert not _models(world, class_="removed structure", last=Between(by=datetime(2022, 6, 1, tzinfo=UTC)))


def test_a_person_s_decision_confirms_the_site(world):
    [model] = _models(world, by="Ada").values()
    assert [model["features"][0]["properties"][key] for key in ("status", "validated")] == ["system_confirmed", "True"]


@pytest.mark.parametrize(("lon", "lat", "square"), [
    (128.673172, 37.660776, "52SDG"), (55.049518, 24.865315, "40RCN"), (5.3, 60.3, "32VKM"), (15.6, 78.2, "33XWG"),
    (-70.66, -33.45, "19HCC"), (0.0, 86.0, None)])
def test_places_lie_in_their_square_of_the_military_grid(lon, lat, square):
    assert mgrs_square(lon, lat) == square


@pytest.mark.shared
@pytest.mark.skipif(not _SCHEMA.parent.is_dir(), reason=f"the programme's models are not at hand: {_SCHEMA.parent}")
def test_squares_are_those_of_the_programmes_own_models():
    for file in sorted((_SCHEMA.parent / "site_models").glob("*.geojson")):
        site = json.loads(file.read_text())["features"][0]
        lon, lat = site["geometry"]["coordinates"][0][0]
        assert mgrs_square(lon, lat) == site["properties"]["mgrs"]


@pytest.mark.shared
@pytest.mark.skipif(not _SCHEMA.is_file(), reason=f"the programme's schema is not at hand: there is no {_SCHEMA}")
def test_site_models_are_valid_by_the_programmes_schema(world):
    jsonschema = pytest.importorskip("jsonschema")
    for model in _models(world).values():
        jsonschema.validate(model, json.loads(_SCHEMA.read_text()))
