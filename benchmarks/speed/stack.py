"""How long does the whole stage "stack" take, and how much memory, with a large series?

    python -m benchmarks.speed.stack [--side 2000] [--looks 24] [--runs 3]

Looks at one made-up place in 4 bands of 16 bits, each off by some tenths of a pixel, noisy, half of them after 60
buildings came; every third has clouds and their shadows. The files lie on a disk that has just been written, so that
reading them, which is a line of its own, is decoding. "seconds" are the least of the runs, on all cores; the floor is
the time to read and write the series once, as it comes out. "peak_mb" is the most memory that the process takes, its
libraries and the stack that it gives included; it is told on Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely import box

from benchmarks.accuracy.frame import Row, commit, keep, show
from benchmarks.speed.alignment import timed
from benchmarks.speed.known_shift import shifted
from benchmarks.speed.seeing import peak_mb, series_of_looks
from sitewatch.geo import read_image, to_lonlat, write_geotiff
from sitewatch.model import Asset, Kept, Scene, Scenes, Site
from sitewatch.stack import build_stack

__all__ = ["main"]

_RESULTS = Path(__file__).parent / "results"
_SIDE_PX, _LOOKS = 2000, 24
_BANDS = (0.8, 1.0, 1.15, 1.9)
_OFF_PX, _HIDDEN = 0.6, 20.0
_START = datetime(2023, 1, 4, 10, 30, tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV; only the full size is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.stack", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=_SIDE_PX, help="of the looks, in pixels")
    parser.add_argument("--looks", type=int, default=_LOOKS)
    parser.add_argument("--runs", type=int, default=3)
    asked, measured = parser.parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as folder:
        print("making the series", flush=True)
        scenes = _written(asked.looks, asked.side, Path(folder))
        rows = list(_rows(scenes, asked.runs))
    show(f"{asked.looks} looks of {asked.side} x {asked.side} px in {len(_BANDS)} bands, {os.cpu_count()} cores", rows)
    if (asked.side, asked.looks) == (_SIDE_PX, _LOOKS):
        keep("stack", rows, measured, _RESULTS)
    return 0


def _written(looks: int, side: int, folder: Path) -> Scenes:
    """The series as kept files."""
    draw = np.random.default_rng(5)
    grid = GeoBox((side, side), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")
    scenes = tuple(_scene(folder / f"look-{i:02d}.tif", i, _counts(view, draw), grid)
                   for i, view in enumerate(series_of_looks(looks, side)))
    return Scenes(site=Site(slug="large", names=(), area=to_lonlat(box(*grid.boundingbox), grid), grid=grid),
                  scenes=scenes)


def _counts(view: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(band, y, x) uint16 of (y, x) brightness, 0 where it is not told, off its place by parts of a pixel."""
    counts = shifted(np.nan_to_num(view, nan=0.0), tuple(draw.normal(0, _OFF_PX, 2)))
    bands = np.clip(10 * np.array(_BANDS, np.float32)[:, None, None] * counts, 1, 10_000).astype(np.uint16)
    bands[:, counts < _HIDDEN] = 0
    return bands


def _scene(path: Path, number: int, counts: np.ndarray, grid: GeoBox) -> Scene:
    write_geotiff(path, counts, grid)
    content = path.read_bytes()
    kept = Kept(path=path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), fetched_at=_START,
                href=path.name)
    return Scene(id=path.stem, source="made up", sensor="planetscope-4", taken=_START + timedelta(days=9 * number),
                 taken_from="made up", assets=(Asset(role="image", href=path.name, kept=kept),))


def _rows(scenes: Scenes, runs: int) -> Iterator[Row]:
    shape = len(scenes.scenes), len(_BANDS), *scenes.site.grid.shape
    floor, floor_worked = _floor(shape, runs)
    _, reading, reading_worked = timed(lambda: [read_image(_path(scene)) for scene in scenes.scenes[:4]], 1)
    times = len(scenes.scenes) / 4
    peak_mb(is_reset=True)
    used, seconds, worked = timed(lambda: len(build_stack(scenes).used), runs)  # no run holds the stack of another
    taken_mb = peak_mb() or None
    for method, clock, cores, peak in (
            ("read and written once", floor, floor_worked, None),
            ("its files read", times * reading, times * reading_worked, None),
            (f"build_stack, {used} used", seconds, worked, taken_mb)):
        yield Row(tier="semi-synthetic", set=" x ".join(str(side) for side in shape), cells={
            "method": method, "seconds": clock, "core_seconds": cores, "times_floor": clock / floor, "peak_mb": peak})


def _path(scene: Scene) -> Path:
    image = scene.asset("image")
    assert image is not None
    assert image.kept is not None
    return image.kept.path


def _floor(shape: tuple[int, ...], runs: int) -> tuple[float, float]:
    pixels = np.ones(shape[1:], np.float32)
    copy = np.zeros_like(pixels)  # touched, so that no run waits for its pages
    _, seconds, worked = timed(lambda: np.copyto(copy, pixels), 3 * runs)
    return shape[0] * seconds, shape[0] * worked


if __name__ == "__main__":
    sys.exit(main())
