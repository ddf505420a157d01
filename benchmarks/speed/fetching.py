"""How long do crops from an archive take, and does all arrive from one that fails?

    python -m benchmarks.speed.fetching

An archive on loopback with 200 scenes. "seconds" are by the clock, "core_seconds" this process's own, the archive's
included; "times_blocks" is what was received beside the crops' own blocks; "failed_percent" is counted: the share of
the requests for files that was made to fail (503, 429, cut midway, hung up, 502 with a page), where every fifth was to,
and every twentieth of the others to be 50 ms late. "same" says whether what arrived is byte for byte what the archive
that answers well gave. "limit" is the most seconds that are meant to be taken.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from affine import Affine
from shapely import box
from shapely.geometry import mapping
from tests.archive import COLLECTION, cog
from tests.loopback import Faults, Loopback, serving

from benchmarks.accuracy.frame import Cell, Row, commit, keep, show
from sitewatch.case import Case, NewCase
from sitewatch.fetching import fetch
from sitewatch.geo import WGS84, reproject, square_around, utm_grid
from sitewatch.model import Scene, Site, Span
from sitewatch.sources import StacSource

_SCENES, _SIZE_M, _GSD_M, _TILE_PX, _BLOCK_PX = 200, 1000.0, 3.0, 1536, 512
_AREAS, _QUICK, _QUICK_LIMIT_S = 500, 60, 20.0
_FILES = 3   # of a scene: the image, its mask, its item
_FAULTS = Faults(rate=0.2, slow=0.05, seed=3)
_RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run, print and write the CSV."""
    measured = commit()
    with TemporaryDirectory() as name, serving(Path(name) / "files") as archive:
        _fill(archive)
        rows = [Row(tier="simulated", set=told, cells=cells) for told, cells in _cells(Path(name), archive)]
    show(f"Crops of {_SIZE_M:g} m at {_GSD_M:g} m, {os.cpu_count()} cores", rows)
    keep("fetching", rows, measured, _RESULTS)
    return 0


def _cells(folder: Path, archive: Loopback) -> Iterator[tuple[str, dict[str, Cell]]]:
    """What was asked for, and how it went."""
    print("fetching from an archive that answers well", flush=True)
    quick, _ = _fetched(folder / "quick", archive, archive.items[:_QUICK])
    yield f"{_QUICK} crops", quick | {"limit": _QUICK_LIMIT_S}
    well, whole = _fetched(folder / "whole", archive, archive.items)
    yield f"{_SCENES} crops", well
    print("fetching from one that fails", flush=True)
    archive.faults = _FAULTS
    failing, arrived = _fetched(folder / "failing", archive, archive.items)
    yield f"{_SCENES} crops, a failing archive", failing | {"same": arrived == whole}
    yield f"{_SCENES} crops, a failing archive, killed and fetched again", _killed(folder / "killed", archive, whole)
    print("fetching many areas", flush=True)
    archive.faults = Faults()
    yield f"{_AREAS} areas searched and cut through one source", _timed(lambda: {"arrived": _many_areas(archive)})


def _fill(archive: Loopback) -> None:
    """Scenes of one tile under many dates: what is measured is the fetching, not the making."""
    area = square_around(38.0, -33.0, _SIZE_M)
    grid = utm_grid(area, _GSD_M)
    corner = grid.affine @ Affine.translation(-600, -600)
    draw = np.random.default_rng(0)
    pixels = draw.normal(2000, 400, (4, _TILE_PX, _TILE_PX)).clip(1, 8000).astype(np.uint16)
    cog(archive.files / "analytic.tif", pixels, corner, str(grid.crs), _BLOCK_PX)
    cog(archive.files / "udm2.tif", np.ones((8, _TILE_PX, _TILE_PX), np.uint8), corner, str(grid.crs), _BLOCK_PX)
    left, bottom = corner @ (0, _TILE_PX)
    outline = reproject(box(left, bottom, left + _TILE_PX * _GSD_M, corner.f), grid.crs, WGS84)
    archive.collections[COLLECTION["id"]] = COLLECTION
    archive.page = 50
    archive.items[:] = [_item(archive.url, i, mapping(outline)) for i in range(_SCENES)]


def _item(url: str, number: int, geometry: dict[str, Any]) -> dict[str, Any]:
    taken = datetime(2022, 1, 1, 10, tzinfo=UTC) + timedelta(days=3 * number)
    bands = [{"name": name, "common_name": name} for name in ("blue", "green", "red", "nir")]
    return {"type": "Feature", "stac_version": "1.0.0", "id": f"scene-{number}", "geometry": geometry, "links": [],
            "properties": {"datetime": taken.isoformat(), "platform": "simulated"},
            "assets": {"ortho_analytic_4b_sr": {"href": f"{url}/files/analytic.tif?of={number}", "type": "image/tiff",
                                                "eo:bands": bands},
                       "ortho_udm2": {"href": f"{url}/files/udm2.tif?of={number}", "type": "image/tiff"}}}


def _fetched(folder: Path, archive: Loopback, items: list[dict[str, Any]]) -> tuple[dict[str, Cell], dict[str, str]]:
    """How a fetch went, and the hash of each image."""
    case = _case(folder, archive)
    every, archive.items = archive.items, items
    archive.log.clear()

    def fetched() -> dict[str, Cell]:
        plan = fetch(case)
        return {"times_blocks": plan.received / sum(row.weight.bytes or 0 for row in plan.rows)}

    cells, images = _timed(fetched), _images(folder)
    archive.items = every
    return cells | {"arrived": len(images), "failed_percent": _failed_percent(archive)}, images


def _timed(work: Callable[[], dict[str, Cell]]) -> dict[str, Cell]:
    """What some work tells, after what it took."""
    began, worked = time.perf_counter(), time.process_time()
    told = work()
    return {"seconds": time.perf_counter() - began, "core_seconds": time.process_time() - worked, **told}


def _failed_percent(archive: Loopback) -> float:
    failed, asked = archive.failed("/files/")
    return 100 * failed / asked


def _killed(folder: Path, archive: Loopback, wanted: dict[str, str]) -> dict[str, Cell]:
    """A fetch of a server that fails is killed at a random moment and goes on: what is asked for again, what comes."""
    case = _case(folder, archive)
    most = random.randrange(20, _SCENES - 20)
    archive.log.clear()
    with subprocess.Popen([sys.executable, "-m", "sitewatch.cli", "fetch", str(folder)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        while len(list(folder.glob("pixels/*/image.tif"))) < most and process.poll() is None:
            time.sleep(random.random() / 20)
        process.kill()
    failed_percent = _failed_percent(archive)
    held = {scene.name for scene in folder.glob("pixels/*") if len(
        [path for path in scene.iterdir() if not path.name.startswith(".")]) == _FILES}
    archive.log.clear()
    fetch(case)
    again = {f"scene-{request.path.rpartition('=')[2]}" for request in archive.log if "?of=" in request.path} & held
    images = _images(folder)
    return {"held_when_killed": len(held), "asked_for_again": len(again), "arrived": len(images),
            "failed_percent": failed_percent, "same": images == wanted}


def _case(folder: Path, archive: Loopback) -> Case:
    case = Case.new(folder, NewCase(area=square_around(38.0, -33.0, _SIZE_M), gsd_m=_GSD_M))
    file = folder / "case.yaml"
    file.write_text(file.read_text().replace('profile: "earth-search", sensor: "sentinel-2"', (
        f'url: "{archive.url}", collection: sentinel-2-l2a, sensor: planetscope-4, allow_private: true')))
    return Case.open(case.folder)


def _images(folder: Path) -> dict[str, str]:
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.glob("pixels/*/image.tif")}


def _many_areas(archive: Loopback) -> int:
    source = StacSource(url=archive.url, collection="sentinel-2-l2a", sensor="planetscope-4", allow_private=True)
    archive.items = archive.items[:1]
    places = [square_around(38.0 + 0.00002 * i, -33.0, 150) for i in range(_AREAS)]
    sites = [Site(slug="a", names=(), area=area, grid=utm_grid(area, _GSD_M)) for area in places]

    def crop(site: Site) -> int:
        scenes = [offer for offer in source.find(site, Span()) if isinstance(offer, Scene)]
        return sum(len(b"".join(source.open(scene.assets[1]))) > 0 for scene in scenes)

    with ThreadPoolExecutor(32) as threads:
        return sum(threads.map(crop, sites))


if __name__ == "__main__":
    sys.exit(main())
