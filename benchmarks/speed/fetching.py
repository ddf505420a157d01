"""``python -m benchmarks.speed.fetching``: crops from an archive on loopback, one that answers well and one that fails.

It prints what a fetch takes (by the clock, and of this process's own time, the archive's included), how much more than
the crops' own blocks is received, and whether what arrives from a server that fails at every fifth request is the same,
byte for byte, also where the fetch was killed on the way.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
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

from sitewatch.case import Case, NewCase
from sitewatch.fetching import fetch
from sitewatch.geo import WGS84, reproject, square_around, utm_grid
from sitewatch.model import Scene, Site, Span
from sitewatch.sources import StacSource

_SCENES, _SIZE_M, _GSD_M, _TILE_PX, _BLOCK_PX = 200, 1000.0, 3.0, 1536, 512
_AREAS = 500
_FILES = 3   # of a scene: the image, its mask, its item


def main() -> None:
    """Print each figure as it is known."""
    with TemporaryDirectory() as name, serving(Path(name) / "files") as archive:
        folder = Path(name)
        _fill(archive)
        quick = _fetched(folder / "quick", archive, archive.items[:60])
        print(f"60 crops of 1 km at 3 m: {quick[0]}, {quick[1]:.2f} times the crops' own blocks received", flush=True)
        whole = _fetched(folder / "whole", archive, archive.items)
        print(f"{_SCENES} crops of a server that answers well: {whole[0]}", flush=True)
        archive.faults = Faults(rate=0.2, seed=3)
        failing = _fetched(folder / "failing", archive, archive.items)
        print(f"{_SCENES} crops of a server that fails at every fifth request: {failing[0]}; "
              f"{len(failing[2])} arrived, {'all the same' if failing[2] == whole[2] else 'NOT the same'}", flush=True)
        print(_killed(folder / "killed", archive, whole[2]), flush=True)
        archive.faults = Faults()
        began = time.perf_counter()
        found = _many_areas(archive)
        print(f"{_AREAS} areas searched and cut at once through one source: {time.perf_counter() - began:.1f} s, "
              f"{found} crops")


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


def _fetched(folder: Path, archive: Loopback, items: list[dict[str, Any]]) -> tuple[str, float, dict[str, str]]:
    """How long it took, bytes received per byte of the crops' own blocks, and the hash of each image."""
    case = _case(folder, archive)
    every, archive.items = archive.items, items
    began, worked = time.perf_counter(), time.process_time()
    plan = fetch(case)
    told = f"{time.perf_counter() - began:.1f} s ({time.process_time() - worked:.1f} s of its own)"
    archive.items = every
    own = sum(row.weight.bytes or 0 for row in plan.rows)
    return told, plan.received / own, _images(folder)


def _killed(folder: Path, archive: Loopback, wanted: dict[str, str]) -> str:
    """A fetch of a server that fails is killed at a random moment and goes on: what is asked for again, what comes."""
    case = _case(folder, archive)
    most = random.randrange(20, _SCENES - 20)
    with subprocess.Popen([sys.executable, "-m", "sitewatch.cli", "fetch", str(folder)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        while len(list(folder.glob("pixels/*/image.tif"))) < most and process.poll() is None:
            time.sleep(random.random() / 20)
        process.kill()
    held = {scene.name for scene in folder.glob("pixels/*") if len(
        [path for path in scene.iterdir() if not path.name.startswith(".")]) == _FILES}
    archive.log.clear()
    plan = fetch(case)
    again = {f"scene-{request.path.rpartition('=')[2]}" for request in archive.log if "?of=" in request.path} & held
    return (f"killed with {len(held)} of {_SCENES} scenes held, then fetched again: {len(again)} of those asked for "
            f"again, {len(plan.lost)} lost, {'all the same' if _images(folder) == wanted else 'NOT the same'}")


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
    main()
