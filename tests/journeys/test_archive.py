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
from tests.archive import COLLECTION, place_of, tiles_of
from tests.loopback import Faults, Loopback, serving
from tests.pgstac import stac_server

_PAGE = Path(__file__).parents[2] / "docs" / "first-case.md"
_CHANGES_FOUND = 10


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
    ids = {item["id"] for item in requests.get(f"{archive.upstream}/search?limit=100", timeout=20).json()["features"]}
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
