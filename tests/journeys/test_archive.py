"""A user's way from a place on the map to a checked report: the commands of the docs, against a server that fails."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from shapely.geometry import shape
from tests.archive import COLLECTION, place_of, tiles_of
from tests.loopback import Faults, Loopback, serving
from tests.pgstac import stac_server
from tests.shared import SHARED, needs

from sitewatch.geo import square_around, utm_grid
from sitewatch.model import SENSORS, Refusal, Scene, Site, Span
from sitewatch.sources import StacSource

_PAGE = Path(__file__).parents[2] / "docs" / "first-case.md"
_CHANGES_FOUND = 10
_reads_shared, _has_recorded = needs("data/planet_stac_metadata")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """COGs and a real STAC server behind one door that fails at every tenth request."""
    folder = tmp_path_factory.mktemp("archive")
    with stac_server() as api, serving(folder / "files") as served:
        _posted(f"{api}/collections", COLLECTION)
        for tile in tiles_of(folder, served.url):
            _posted(f"{api}/collections/{COLLECTION['id']}/items", tile.item)
        served.upstream = api
        served.answers["/place"] = lambda *_: (200, place_of(folder))
        yield served


@pytest.fixture(scope="module")
def commands(archive: Loopback, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The documented commands, run in order in a folder of their own, with our place in the stead of Hamhung."""
    here, done = tmp_path_factory.mktemp("user"), {}
    block = re.search(r"^```text\n(sitewatch new hamhung.*?)^```$", _PAGE.read_text(), re.M | re.S)
    assert block
    lat, lon = archive.answers["/place"]("GET", {}, None)[1]
    archive.faults = Faults(rate=0.1, seed=1)
    for line in block[1].splitlines():
        words = shlex.split(line.replace("39.9202,127.6571", f"{lat},{lon}").replace("--size 3000", "--size 1300")
                            .replace("--since 2023-01-01", "--since 2022-01-01"))
        done[line] = _sitewatch(here, *words[1:])
        if words[1] == "new":
            file = here / "hamhung" / "case.yaml"
            file.write_text(file.read_text().replace(
                'profile: "earth-search"', f'profile: "earth-search", url: "{archive.url}", allow_private: true')
                + "\nstructures:\n  trials: 0\n")   # most of the work, and no part of this journey
    done["folder"] = here
    return done


def test_every_command_of_the_page_does_what_it_says(commands):
    new, look, fetch, run = [done for line, done in commands.items() if line != "folder"]
    assert (new.returncode, look.returncode, fetch.returncode) == (0, 0, 0), f"{look.stderr}{fetch.stderr}"
    assert run.returncode == _CHANGES_FOUND, run.stderr
    assert "scenes to fetch" in look.stdout
    assert "next: sitewatch run hamhung" in fetch.stderr
    assert "new structure" in run.stdout


def test_a_run_reaches_no_network_and_what_is_held_is_not_fetched_again(archive, commands):
    here = commands["folder"]
    archive.log.clear()
    assert _sitewatch(here, "run", "hamhung").returncode == _CHANGES_FOUND
    assert archive.log == []
    assert _sitewatch(here, "fetch", "hamhung").returncode == 0
    held = [path.name for path in (here / "hamhung" / "pixels").iterdir()]
    assert held
    assert _asked_again(archive, held) == []


def test_every_scene_that_was_found_is_held_or_has_its_reason(archive, commands):
    told = json.loads(_sitewatch(commands["folder"], "show", "hamhung", "scenes", "--json").stdout)
    search = f"{archive.upstream}/search?limit=100&collections={COLLECTION['id']}"
    ids = {item["id"] for item in requests.get(search, timeout=20).json()["features"]}
    assert {one["id"] for one in told} == ids
    assert all(one["used"] or one["why_not"] for one in told)


def test_a_fetch_that_was_killed_goes_on_where_it_was(archive, commands, tmp_path):
    here = commands["folder"]
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "case.yaml").write_text((here / "hamhung" / "case.yaml").read_text())
    archive.faults = Faults(slow=1.0)
    with subprocess.Popen([sys.executable, "-m", "sitewatch.cli", "fetch", "again"], cwd=tmp_path,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        while len(list(tmp_path.glob("again/scenes/*.json"))) < 3:
            time.sleep(0.02)
        os.kill(killed.pid, signal.SIGKILL)
    whole = {item.stem for item in tmp_path.glob("again/scenes/*.json")  # whose files are all written down as held
             if _held(item) == _held(here / "hamhung" / "scenes" / item.name)}
    before = {path: path.stat().st_ino for path in tmp_path.glob("again/pixels/*/*") if path.parent.name in whole
              and not path.name.startswith(".")}
    assert before
    archive.faults, archive.log[:] = Faults(), []
    assert _sitewatch(tmp_path, "fetch", "again").returncode == 0
    after = {path: path.stat().st_ino for path in tmp_path.glob("again/pixels/*/*")}
    assert before.items() <= after.items()
    assert _asked_again(archive, whole) == []
    ours, theirs = ({path.relative_to(case): path.read_bytes() for path in case.glob("pixels/*/*")}
                    for case in (tmp_path / "again", here / "hamhung"))
    assert ours == theirs


@_reads_shared
@_has_recorded
def test_recorded_items_of_planets_are_found_in_a_real_stac_server_by_their_outlines(archive):
    """Those of its open data of a flood as recorded, in words of STAC 1.0; and those of a search of its Data API."""
    archive.faults = Faults()
    folder = SHARED / "data" / "planet_stac_metadata"
    flood = folder / "stactools-planet" / "disaster"
    now = {"type": "Collection", "stac_version": "1.0.0"}
    _posted(f"{archive.upstream}/collections", json.loads((flood / "collection.json").read_text()) | now)
    recorded = [json.loads(path.read_text()) for path in sorted(flood.glob("*/*/*/*.json"))]
    for item in recorded:
        _posted(f"{archive.upstream}/collections/planet-disaster-data/items", item | {
            "stac_version": "1.0.0", "stac_extensions": []})
    scenes, refused = _found(archive, "picture", "planet-disaster-data", (28.95, -95.36), 50.0)
    assert {(one.id, one.licence, one.attribution) for one in scenes} == {
        ("20170831_162740_ssc1d1", "CC-BY-SA-4.0", "Planet Disaster Team")}
    assert refused == []

    _posted(f"{archive.upstream}/collections", COLLECTION | {"id": "psscene"})
    features = json.loads((folder / "milan_scenes_jan2025.json").read_text())["features"][:60]
    for feature in features:
        _posted(f"{archive.upstream}/collections/psscene/items", _as_stac(feature))
    scenes, refused = _found(archive, "planetscope-8", "psscene", (45.3, 9.75), 3.0)
    area = square_around(45.3, 9.75, 900)
    there = {one["id"] for one in features if shape(one["geometry"]).intersects(area)}
    assert len(there) > 3
    assert {one.id for one in scenes} | {one.what for one in refused} == there
    assert scenes


def _as_stac(feature: dict[str, Any]) -> dict[str, Any]:
    """An item of Planet's Data API as one of STAC, with nothing left out but its addresses."""
    bands = [{"name": name} for name in SENSORS["planetscope-8"].bands]
    return {"type": "Feature", "stac_version": "1.0.0", "stac_extensions": [], "links": [], "id": feature["id"],
            "collection": "psscene", "geometry": feature["geometry"], "bbox": list(shape(feature["geometry"]).bounds),
            "properties": feature["properties"] | {"datetime": feature["properties"]["acquired"]},
            "assets": {name: {"href": f"https://example.org/{name}.tif", "type": "image/tiff",
                              **({"bands": bands} if name == "ortho_analytic_8b_sr" else {})}
                       for name in feature["assets"]}}


def _found(archive: Loopback, sensor: str, collection: str, place: tuple[float, float],
           gsd_m: float) -> tuple[list[Scene], list[Refusal]]:
    area = square_around(*place, 900)
    source = StacSource(url=archive.url, collection=collection, sensor=sensor, allow_private=True)
    offers = list(source.find(Site(slug="there", names=(), area=area, grid=utm_grid(area, gsd_m)), Span()))
    return ([one for one in offers if isinstance(one, Scene)], [one for one in offers if isinstance(one, Refusal)])


def _held(item: Path) -> int:
    """How many files of a scene its item holds the hash of."""
    return item.read_text().count('"file:checksum"')


def _asked_again(archive: Loopback, held: Collection[str]) -> list[str]:
    """Which of the scenes that were held had a file asked for all the same."""
    asked = [request.path.replace("-", "") for request in archive.log if request.path.startswith("/files/")]
    return [scene for scene in held if any(scene.split("_")[2] in path for path in asked)]


def _posted(url: str, body: object) -> None:
    answer = requests.post(url, json=body, timeout=30)
    assert answer.ok, answer.text


def _sitewatch(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sitewatch.cli", *arguments], cwd=here, capture_output=True, text=True,
                          check=False, env={**os.environ, "COLUMNS": "200"})
