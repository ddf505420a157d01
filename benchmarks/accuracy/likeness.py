"""How like the real series are the simulated ones, in what a stack tells of its noise, shifts, seasons and texture?

    python -m benchmarks.accuracy.likeness [--tier simulated|real]

All from the stack, on stable ground (the half of the pixels that has varied least):

- noise: per band, of single pixels about their own median, relative to the band's mean level; median of the looks;
- shift_sigma_px: the alignment error that the stack states, median of the looks; shift_scatter_px: how far the looks
  as delivered lie apart, standard deviation per axis;
- season: standard deviation over time of means of 5 x 5 pixels, relative to their level, median of the places;
- texture: standard deviation over the picture relative to the mean level; texture_length_px: the distance at which the
  picture resembles itself to less than 1/e, mean of both axes; both of the median look, all of the ground;
- share_used: looks that the stack does not refuse; share_clear: of the site in the looks that it uses, mean.

The real series are two, both of enlarged 8-bit pictures of Sentinel-2, stretched for display: their range is narrow,
and another sensor need not lie in it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

import sitewatch as sw
from benchmarks.accuracy import cases, worlds
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, shared_folder, show
from benchmarks.accuracy.truth import CASES, read_truth
from sitewatch.geo import seen_mad, seen_median
from sitewatch.model import Stack

__all__ = ["main", "outside", "statistics_of"]

TIERS: tuple[Tier, ...] = ("simulated", "real")
_BLOCK_PX = 5
_BANDS = ("red", "green", "blue")  # what all have in common


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV; simulated places are held against the real series, which are measured first."""
    asked, measured = options("likeness", __doc__, TIERS).parse_args(arguments), commit()
    tiers = asked.tier or TIERS
    with tempfile.TemporaryDirectory() as scratch:
        real = {name: statistics_of(case.stack()) for name, case in _real(Path(scratch))}
        rows = [Row(tier="real", set=name, cells=found) for name, found in real.items()] if "real" in tiers else []
        for name, case in _simulated(Path(scratch)) if "simulated" in tiers else ():
            found = statistics_of(case.stack())
            rows.append(Row(tier="simulated", set=name, cells={**found, **outside(found, list(real.values()))}))
    if rows:
        show("What the stacks tell, series by series", [*rows, *_range_rows(list(real.values()))])
        keep("likeness", rows, measured)
    return 0


def statistics_of(stack: Stack) -> dict[str, float]:
    """All the statistics of one stack."""
    values, bands = stack.values, [str(band) for band in stack.data["band"].values]
    stable = seen_mad(values).mean(axis=0)
    stable = stable <= np.nanmedian(stable)
    typical = seen_median(values)
    level = {band: float(np.nanmean(view[stable])) for band, view in zip(bands, typical, strict=True)}
    noise = dict(zip(bands, np.median(stack.data["noise"].values, axis=0), strict=True))
    shifts = np.array([(fit.shift_x_px, fit.shift_y_px) for fit in stack.used], np.float64)
    brightness = typical.mean(axis=0)
    return {**{f"noise_{band}": float(noise[band]) / level[band] for band in _BANDS},
            "shift_sigma_px": float(np.median(stack.data["shift_sigma_px"])),
            "shift_scatter_px": float(np.sqrt(shifts.var(axis=0).mean())),
            "season": _season(values.mean(axis=1), stable),
            "texture": float(np.nanstd(brightness) / np.nanmean(brightness)),
            "texture_length_px": _length(brightness),
            "share_used": len(stack.used) / len(stack.fits),
            "share_clear": float(np.mean([fit.site_clear_share for fit in stack.used]))}


def outside(found: Mapping[str, float], real: Sequence[Mapping[str, float]]) -> dict[str, str | int | None]:
    """Which statistics of a world lie outside the range of the real series, and how many inside; nothing without any
    real series."""
    if not real:
        return {"inside": None, "outside": None}
    beyond = []
    for name, value in found.items():
        low, high = min(one[name] for one in real), max(one[name] for one in real)
        if not low <= value <= high:
            beyond.append(f"{name} {'below' if value < low else 'above'}")
    return {"inside": len(found) - len(beyond), "outside": ", ".join(beyond)}


def _range_rows(real: Sequence[Mapping[str, float]]) -> Iterator[Row]:
    for what, edge in (("real, lowest", min), ("real, highest", max)) if real else ():
        yield Row(tier="real", set=what, cells={name: edge(one[name] for one in real) for name in real[0]})


def _season(brightness: np.ndarray, stable: np.ndarray) -> float:
    """Of (time, y, x) brightness about its own median, in blocks that are mostly stable ground and mostly seen."""
    typical = seen_median(brightness)
    off = _blocks(np.where(stable, brightness - typical, np.nan))
    level = np.nanmedian(_blocks(np.where(stable, typical, np.nan)[None]))
    means = np.where(np.isfinite(off).mean(axis=3) > 0.5, np.nansum(off, axis=3) / np.maximum(
        np.isfinite(off).sum(axis=3), 1), np.nan)
    enough = np.isfinite(means).mean(axis=0) > 0.5
    return float(np.median(np.nanstd(means[:, enough], axis=0)) / level) if enough.any() else float("nan")


def _blocks(views: np.ndarray) -> np.ndarray:
    """(time, block row, block column, pixel) of (time, y, x) views; a rest at the borders is left out."""
    down, across = (side // _BLOCK_PX for side in views.shape[1:])
    cut = views[:, :down * _BLOCK_PX, :across * _BLOCK_PX].reshape(len(views), down, _BLOCK_PX, across, _BLOCK_PX)
    return cut.transpose(0, 1, 3, 2, 4).reshape(len(views), down, across, _BLOCK_PX**2)


def _length(picture: np.ndarray) -> float:
    """Where the autocorrelation, from neighbours along the axes, falls below 1/e, between whole pixels by a line."""
    centred = picture - np.nanmean(picture)
    variance = float(np.nanmean(centred**2))
    last = 1.0
    for lag in range(1, min(picture.shape) // 2):
        along = np.nanmean(centred[:, lag:] * centred[:, :-lag]), np.nanmean(centred[lag:] * centred[:-lag])
        like = float(np.mean(along)) / variance
        if like < np.exp(-1):
            return lag - 1 + (last - np.exp(-1)) / (last - like)
        last = like
    return float("inf")


def _real(scratch: Path) -> Iterator[tuple[str, sw.Case]]:
    shared = shared_folder()
    for name in CASES if shared else ():
        truth = read_truth(name, shared)
        yield truth.case, sw.Case.open(cases.new_case(truth, scratch))


def _simulated(scratch: Path) -> Iterator[tuple[str, sw.Case]]:
    for world in worlds.FROZEN["test"]:
        yield world.name, worlds.new_case(world, scratch / world.name)


if __name__ == "__main__":
    sys.exit(main())
