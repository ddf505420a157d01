"""Worlds as files: what cannot be is refused with its line; what is delivered can be watched as any provider's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import shape

from sitewatch.errors import CaseFileError, InputError, UsageError
from sitewatch.geo import describe, read_image
from sitewatch.model import Scene, Span
from sitewatch.sources import FolderSource
from sitewatch.sources.simulated import deliver, read_world, site_of, truth_of, world_names
from sitewatch.sources.simulated._cameras import CAMERAS
from sitewatch.sources.simulated._read import KINDS

_SHED = """\
title: A shed behind the barn
about: Would a 12 m shed be seen?
question: Was a shed put up?
latitude: 48
size: [180, 150]
climate: {cloud: 0.3}
looks:
  - {sensor: planetscope-4, start: 2024-03-01, end: 2024-08-01, every_days: 30}
things:
  - {id: barn, kind: hall, at: [60, 70], size: [40, 18], surface: rust roof, reference: true}
  - id: shed
    kind: hall
    at: [120, 90]
    size: [12, 8]
    height: 4
    steps:
      - {do: foundation, from: 2024-04-20, to: 2024-04-28}
      - {do: roof, from: 2024-05-02, to: 2024-05-20}
"""


@pytest.fixture
def shed(tmp_path: Path) -> Path:
    """The world file of a shed, as its docs show it."""
    path = tmp_path / "shed.yaml"
    path.write_text(_SHED)
    return path


def test_a_world_of_ones_own_is_read_from_its_file(shed):
    world = read_world(str(shed))
    assert (world.name, world.size_m, world.land) == ("shed", (180, 150), "fields")
    assert [thing.id for thing in world.things] == ["barn", "shed"]
    assert truth_of(world).objects[0].happened.after == datetime(2024, 4, 20, tzinfo=UTC)
    assert [reference.id for reference in site_of(world).references] == ["barn"]


@pytest.mark.parametrize(("was", "now", "line", "said"), [
    ("do: foundation", "do: roof", 17, "roof comes without a foundation, or before it"),
    ("from: 2024-05-02, to", "from: 2024-04-22, to", 18, "roof begins before the foundation is finished"),
    ("to: 2024-04-28", "to: 2024-04-20", 17, "is not after `from`"),
    ("do: foundation, from: 2024-04-20,", "do: foundation,", 17, "is missing"),
    ("do: foundation", "do: blessing", 17, "a hall has no step 'blessing'"),
    ("at: [120, 90]", "at: [176, 90]", 13, "reaches beyond it"),
    ("at: [120, 90]", "at: [1200, 90]", 13, "lies outside the world"),
    ("at: [120, 90]", "at: [120]", 13, "has to be two numbers"),
    ("size: [12, 8]", "size: [-12, 8]", 14, "has to be two lengths above 0"),
    ("height: 4", "height: -4", 15, "has to be from 0 to 200 m"),
    ("height: 4", "height: tall", 15, "is not of the kind float"),
    ("height: 4", "hight: 4", 15, "is not known here"),
    ("surface: rust roof", "surface: jade", 10, "no surface is called 'jade'"),
    ("surface: rust roof", "surface: [0.1, 0.2]", 10, "give four reflectances"),
    ("kind: hall\n", "kind: castle\n", 12, "'castle' is not known"),
    ("id: shed", "id: barn", 11, "stands here twice"),
    ("  - id: shed\n    kind", "  - kind", 11, "part of the truth"),
    ("latitude: 48", "latitude: 84", 4, "from -60 to 60 degrees"),
    ("size: [180, 150]", "size: [180, 1]", 5, "from 60 to 6000 m"),
    ("cloud: 0.3", "cloud: 3", 6, "a share from 0 to below 1"),
    ("sensor: planetscope-4", "sensor: eye", 8, "'eye' is not simulated"),
    ("end: 2024-08-01", "end: 2024-02-01", 8, "has to be after `start`"),
    ("every_days: 30", "every_days: 0", 8, "from 0.2 to 3660 days"),
    ("every_days: 30", "days: [soon]", 8, "is not a day"),
    ("looks:\n  - {sensor: planetscope-4, start: 2024-03-01, end: 2024-08-01, every_days: 30}\n", "", 1, "are missing"),
    ("title: A shed behind the barn\n", "", 1, "a str is missing"),
    ("question:", "land: moon\nquestion:", 3, "'moon' is not known"),
])
def test_what_cannot_be_is_refused_with_its_line(shed, was, now, line, said):
    assert was in _SHED
    shed.write_text(_SHED.replace(was, now, 1) if "kind: hall\n" not in was else _SHED.replace(was, now))
    with pytest.raises(CaseFileError, match=r".") as refused:
        read_world(str(shed))
    assert said in str(refused.value)
    assert refused.value.line == line


@pytest.mark.parametrize(("steps", "said"), [
    ("[{do: demolition, from: 2024-05-01}, {do: foundation, from: 2024-06-01}]", "foundation comes after demolition"),
    ("[{do: cleared, from: 2024-05-01}]", "cleared comes without a demolition"),
    ("[{do: foundation, from: 2024-05-01}, {do: demolition, from: 2024-06-01}]", "never had a roof"),
    ("[{do: reroof, from: 2024-05-01, surface: jade}]", "no surface is called 'jade'"),
    ("[{do: reroof, from: 2024-05-01, colour: red}]", "is not known here"),
])
def test_a_script_that_makes_no_sense_is_refused(shed, steps, said):
    text = _SHED[:_SHED.index("    steps:")] + f"    steps: {steps}\n"
    shed.write_text(text)
    with pytest.raises(CaseFileError, match=said):
        read_world(str(shed))


def test_a_file_that_is_no_world_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_world(str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match="no world that comes with sitewatch is called"):
        read_world("none")
    strange = tmp_path / "My World!.yaml"
    strange.write_text(_SHED)
    with pytest.raises(InputError, match="is no name for a world"):
        read_world(str(strange))
    large = tmp_path / "large.yaml"
    large.write_text("#" * 1_000_001)
    with pytest.raises(InputError, match="larger than"):
        read_world(str(large))


def test_every_world_that_comes_along_can_be_read_and_holds_all_its_things():
    assert {"estate", "february-11"} <= set(world_names())
    for name in world_names():
        world = read_world(name)
        assert world.name == name
        assert world.things
        assert truth_of(world, 3).objects


def test_every_world_kind_step_and_sensor_is_on_the_page_about_worlds():
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text()
    rows = {cells[1].strip(" `"): cells for line in page.splitlines() if (cells := line.split("|"))[1:]}
    for kind, thing in KINDS.items():
        told = rows[kind][-2]
        assert "as `hall`" in told or all(step in told for step in thing.ORDER), kind
    assert set(world_names()) <= set(rows)
    assert all(f"`{sensor}`" in page for sensor in CAMERAS)


def test_what_is_delivered_are_images_and_items_that_a_folder_source_reads(shed, tmp_path):
    world = read_world(str(shed))
    folder = deliver(world, 0, tmp_path / "out")
    offers = list(FolderSource(folder / "scenes").find(site_of(world), Span()))
    assert all(isinstance(offer, Scene) for offer in offers), offers
    assert len(offers) == 6
    for scene in offers:
        item = json.loads((folder / "scenes" / f"{scene.id.removesuffix('_SR')}.json").read_text())
        assert scene.taken.isoformat().replace("+00:00", "Z") == item["properties"]["datetime"]
        assert scene.sun_elevation_deg == item["properties"]["view:sun_elevation"]
        assert [asset.role for asset in scene.assets] == ["image", "mask"]
        assert scene.is_simulated
        assert scene.attribution.startswith("simulated by sitewatch")
        assert describe(folder / "scenes" / scene.assets[0].href).grid == site_of(world).grid
        assert shape(item["geometry"]).intersects(site_of(world).area)


def test_the_truth_lies_apart_and_says_what_stands_there_and_what_hides_it(shed, tmp_path):
    folder = deliver(read_world(str(shed)), 0, tmp_path / "out")
    assert not [path for path in (folder / "scenes").iterdir() if "truth" in path.name or "hidden" in path.name]
    [thing] = json.loads((folder / "truth" / "things.geojson").read_text())["features"]
    assert thing["properties"] | {"about": ""} == {
        "id": "shed", "class": "new structure", "height_m": 4, "about": "",
        "happened": ["2024-04-20T00:00:00Z", "2024-05-20T00:00:00Z"],
        "phases": {"foundation": ["2024-04-20T00:00:00Z", "2024-04-28T00:00:00Z"],
                   "roof": ["2024-05-02T00:00:00Z", "2024-05-20T00:00:00Z"]}}
    scenes = json.loads((folder / "truth" / "scenes.json").read_text())
    for scene in scenes:
        hidden = read_image(folder / "truth" / f"{scene['scene']}_hidden.tif")
        assert hidden.shape == (3, 50, 60)
        assert (hidden[0] > 10).mean() == pytest.approx(scene["cloud_share"], abs=0.02)


def test_a_delivery_that_was_stopped_goes_on_and_ends_the_same(shed, tmp_path):
    world, whole, part = read_world(str(shed)), tmp_path / "whole", tmp_path / "part"
    deliver(world, 0, whole)

    class Stopped(Exception):  # noqa: N818
        pass

    def stop(step: str, done: int, total: int) -> None:
        if done == 2:
            raise Stopped
    with pytest.raises(Stopped):
        deliver(world, 0, part, stop)
    (part / "scenes" / "half.part").write_text("{")
    done: list[int] = []
    deliver(world, 0, part, lambda step, number, total: done.append(total))
    assert set(done) == {6}
    (part / "scenes" / "half.part").unlink()
    for path in whole.rglob("*.*"):
        assert (part / path.relative_to(whole)).read_bytes() == path.read_bytes(), path.name


def test_a_folder_with_something_else_in_it_is_left_alone(shed, tmp_path):
    world = read_world(str(shed))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(UsageError, match="is not empty"):
        deliver(world, 0, tmp_path / "mine")
    deliver(world, 0, tmp_path / "out")
    with pytest.raises(UsageError, match="holds another world or seed"):
        deliver(world, 1, tmp_path / "out")


def test_two_sensors_may_look_at_one_world(shed, tmp_path):
    shed.write_text(_SHED.replace("things:", "  - {sensor: skysat, days: [2024-06-01]}\n"
                                             "  - {sensor: sentinel-2, days: [2024-06-02], bits: 8}\nthings:"))
    folder = deliver(read_world(str(shed)), 0, tmp_path / "out")
    sizes = {tuple(np.shape(read_image(path))) for path in (folder / "scenes").glob("*.tif")
             if not path.stem.endswith("udm2")}
    assert sizes == {(4, 50, 60), (4, 300, 360), (3, 15, 18)}
