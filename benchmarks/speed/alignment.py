"""How fast and how exact is the matcher on a large pair of known shift, beside its peers and the speed of memory?

    python -m benchmarks.speed.alignment [--side 4000] [--runs 3]

Two pictures of 4000 x 4000 pixels and 4 bands, of 16 bits; the second lies off by a known part of a pixel, is brighter,
and has 60 new buildings; both are noisy. The shift is exact and the same everywhere, which favours phase correlation.
Every method gets the mean of the bands, whose cost is a line of its own; "seconds" are the least of the runs, of the
estimate alone, with all the cores that a method takes. The floor is the time to read and write the pair once.

Then a whole series as a site has it, 60 views of 256 x 256 pixels, each off by whole pixels and noisy; its error is the
median over the views, and its floor that of the views.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.accuracy.alignment import centred
from benchmarks.accuracy.alignment_matchers import MATCHERS, PEERS, missing_peers
from benchmarks.accuracy.frame import Cell, Row, commit, keep, show
from benchmarks.speed.known_shift import KnownShift, pair_of
from sitewatch.stack._align import align_views

__all__ = ["main", "timed"]

_RESULTS = Path(__file__).parent / "results"
_ENOUGH_SECONDS = 15.0  # no further run of a method that has taken as long
_VIEWS, _VIEW_PX, _OFF_PX = 60, 256, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV; only the full size is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.alignment", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=KnownShift().side_px, help="of the pictures, in pixels")
    parser.add_argument("--runs", type=int, default=3)
    asked, measured = parser.parse_args(arguments), commit()
    if missing_peers():
        print(missing_peers())
    told = KnownShift(side_px=asked.side)
    print("making the pair", flush=True)
    rows = [*_rows(told, asked.runs), *_series_rows(told, asked.runs)]
    show(f"Shift ({told.shift_px[0]:+}, {told.shift_px[1]:+}) px of {told.side_px} x {told.side_px} px in 4 bands, "
         f"{os.cpu_count()} cores", rows)
    if told == KnownShift():
        keep("alignment", rows, measured, _RESULTS)
    return 0


def timed(work: Callable[[], Any], runs: int) -> tuple[Any, float, float]:
    """The last result, and the least seconds of the clock and of all cores together over the runs."""
    clock, cores = [], []
    while len(clock) < runs and sum(clock) < _ENOUGH_SECONDS:
        started, worked = perf_counter(), process_time()
        result = work()
        clock.append(perf_counter() - started)
        cores.append(process_time() - worked)
    return result, min(clock), min(cores)


def _rows(told: KnownShift, runs: int) -> Iterator[Row]:
    pair = np.stack(pair_of(told))
    floor, worked = _floor(pair, runs)
    yield _row(told, "read and written once", floor, worked, {"times_floor": 1.0})
    means, seconds, worked = timed(lambda: pair.mean(axis=1, dtype=np.float32), runs)
    yield _row(told, "mean of the bands", seconds, worked, {"times_floor": seconds / floor})
    for name, matcher in {"sitewatch": MATCHERS["sitewatch"], **PEERS}.items():
        print(f"timing {name}", flush=True)
        found, seconds, worked = timed(lambda match=matcher: match(means[0], means[1]), runs)
        off = found.x_px - told.shift_px[0], found.y_px - told.shift_px[1]
        yield _row(told, name, seconds, worked, {
            "times_floor": seconds / floor, "error_x_px": off[0], "error_y_px": off[1],
            "error_px": float(np.hypot(*off)), "stated_sigma_px": found.sigma_px, "refused": found.is_refused})


def _series_rows(told: KnownShift, runs: int) -> Iterator[Row]:
    """Windows of the reference, each cut elsewhere by whole pixels, with noise of its own."""
    draw = np.random.default_rng(told.seed)
    ground = pair_of(replace(told, side_px=_VIEW_PX + 2 * _OFF_PX, noise=0.0, new=0))[0].mean(axis=0, dtype=np.float32)
    off = draw.integers(-_OFF_PX, _OFF_PX + 1, (_VIEWS, 2))
    views = np.stack([ground[_OFF_PX - y:][:_VIEW_PX, _OFF_PX - x:][:, :_VIEW_PX] for x, y in off])
    views += np.float32(told.noise / 2) * draw.standard_normal(views.shape, np.float32)  # the mean of four bands
    floor, worked = _floor(views, runs)
    yield _row(told, "read and written once", floor, worked, {"times_floor": 1.0}, len(views))
    print("timing a series", flush=True)
    shifts, seconds, worked = timed(lambda: align_views(views), runs)
    residuals = np.hypot(*centred(np.array([(shift.x_px, shift.y_px) for shift in shifts]), off).T)
    yield _row(told, "sitewatch", seconds, worked, {
        "times_floor": seconds / floor, "error_px": float(np.median(residuals)),
        "stated_sigma_px": float(np.median([shift.sigma_px for shift in shifts]))}, len(views))


def _floor(pixels: np.ndarray, runs: int) -> tuple[float, float]:
    copy = np.zeros_like(pixels)  # touched, so that no run waits for its pages
    return timed(lambda: np.copyto(copy, pixels), 3 * runs)[1:]


def _row(told: KnownShift, method: str, seconds: float, worked: float, cells: dict[str, Cell],
         views: int = 0) -> Row:
    size = f"{views} views of {_VIEW_PX} x {_VIEW_PX}" if views else f"{told.side_px} x {told.side_px} x 4"
    return Row(tier="semi-synthetic", set=size, cells={
        "method": method, "seconds": seconds, "core_seconds": worked, **cells})


if __name__ == "__main__":
    sys.exit(main())
