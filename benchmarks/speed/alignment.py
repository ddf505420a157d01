"""How fast and how exact is the matcher on a large pair of known shift, beside its peers and the speed of memory?

    python -m benchmarks.speed.alignment [--side 4000] [--runs 3]

Two pictures of 4000 x 4000 pixels and 4 bands, of 16 bits; the second lies off by a known part of a pixel, is brighter,
and has 60 new buildings; both are noisy. The shift is exact and the same everywhere, which favours phase correlation.
Every method gets the mean of the bands, whose cost is a line of its own; "seconds" are the least of the runs, of the
estimate alone, with all the cores that a method takes. The floor is the time to read and write the pair once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.accuracy.alignment_matchers import MATCHERS, PEERS, Found, missing_peers
from benchmarks.accuracy.frame import Cell, Row, commit, keep, show
from benchmarks.speed.known_shift import KnownShift, pair_of

__all__ = ["main", "timed"]

_RESULTS = Path(__file__).parent / "results"
_ENOUGH_SECONDS = 40.0  # no further run of a method that has taken as long


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
    rows = list(_rows(told, asked.runs))
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
    copy = np.zeros_like(pair)  # touched, so that no run waits for its pages
    _, floor, worked = timed(lambda: np.copyto(copy, pair), 2 * runs)
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


def _row(told: KnownShift, method: str, seconds: float, worked: float, cells: dict[str, Cell]) -> Row:
    return Row(tier="semi-synthetic", set=f"{told.side_px} x {told.side_px} x 4", cells={
        "method": method, "seconds": seconds, "core_seconds": worked, **cells})


if __name__ == "__main__":
    sys.exit(main())
