"""How fast does the stage "stack" judge which pixels show the ground, and in how much memory?

    python -m benchmarks.speed.seeing [--side 2000] [--looks 24] [--runs 3]

Looks at one made-up place, noisy, half of them after 60 buildings came; every third has clouds and their shadows, of
which the provider has masked the thickest. "seconds" are the least of the runs, on all cores; the floor is the time to
read and write the series once. "peak_mb" is what the work takes beside its input, its result included; it is told on
Linux only.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.frame import Row, commit, keep, show
from benchmarks.speed.alignment import timed
from benchmarks.speed.known_shift import KnownShift, pair_of
from sitewatch.stack._see import unclear_pixels

__all__ = ["main", "peak_mb", "series_of_looks"]

_RESULTS = Path(__file__).parent / "results"
_SIDE_PX, _LOOKS = 2000, 24
_STATUS = Path("/proc/self/status")
_NOISE, _CLOUD = 1.2, 120.0  # of the brightness, whose ground has about 150
_APART_PX = 100              # between clouds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV; only the full size is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.seeing", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=_SIDE_PX, help="of the looks, in pixels")
    parser.add_argument("--looks", type=int, default=_LOOKS)
    parser.add_argument("--runs", type=int, default=3)
    asked, measured = parser.parse_args(arguments), commit()
    print("making the series", flush=True)
    rows = _rows(series_of_looks(asked.looks, asked.side), asked.runs)
    show(f"Seeing in {asked.looks} looks of {asked.side} x {asked.side} px, {os.cpu_count()} cores", rows)
    if (asked.side, asked.looks) == (_SIDE_PX, _LOOKS):
        keep("seeing", rows, measured, _RESULTS)
    return 0


def series_of_looks(looks: int, side_px: int, seed: int = 0) -> np.ndarray:
    """(look, y, x) brightness, NaN where the provider hides it."""
    told, draw = KnownShift(side_px=side_px, shift_px=(0.0, 0.0), gain=1.0, noise=0.0), np.random.default_rng(seed)
    states = [picture.mean(axis=0, dtype=np.float32) / np.float32(10) for picture in pair_of(told)]
    series = np.empty((looks, side_px, side_px), np.float32)
    for look, view in enumerate(series):
        noise = np.float32(_NOISE) * draw.standard_normal(view.shape, np.float32)
        np.add(states[2 * look >= looks], noise, out=view)
        if look % 3 == 1:
            coarse = draw.standard_normal((side_px // _APART_PX + 2,) * 2).astype(np.float32)
            cloud = np.clip(cv2.resize(coarse, view.shape[::-1], interpolation=cv2.INTER_CUBIC) - 0.9, 0, 1)
            shadow = np.minimum(1, 3 * np.roll(cloud, (60, 40), (0, 1)))
            view[:] = np.where(cloud > 0.5, np.nan, view * (1 - 0.6 * shadow) + np.float32(_CLOUD) * cloud)
    return series


def _rows(series: np.ndarray, runs: int) -> list[Row]:
    floor, floor_worked = _floor(series, runs)
    usable, before_mb = np.ones(len(series), bool), peak_mb(is_reset=True)
    _, seconds, worked = timed(lambda: unclear_pixels(series[:, None], usable), runs)
    taken_mb = peak_mb() - before_mb if _STATUS.exists() else None
    each, name = 1000 / (series.size / 1e6), f"{len(series)} looks of {series.shape[1]} x {series.shape[2]}"
    return [Row(tier="simulated", set=name, cells={
        "method": method, "seconds": clock, "core_seconds": cores, "ms_per_mp_look": each * clock,
        "times_floor": clock / floor, "peak_mb": peak})
        for method, clock, cores, peak in (("read and written once", floor, floor_worked, None),
                                           ("sitewatch", seconds, worked, taken_mb))]


def _floor(series: np.ndarray, runs: int) -> tuple[float, float]:
    copy = np.zeros_like(series)  # touched, so that no run waits for its pages
    return timed(lambda: np.copyto(copy, series), 3 * runs)[1:]


def peak_mb(*, is_reset: bool = False) -> float:
    """The process's largest memory since it was reset, or what it has now where it is reset."""
    if not _STATUS.exists():
        return 0.0
    if is_reset:
        Path("/proc/self/clear_refs").write_text("5")
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
