"""How far off are sizes, sizes of references and ratios in simulated places, and do their intervals hold?

    python -m benchmarks.accuracy.sizes [--half tune|test]

The same worlds as ``simulated_places``, but every number is scored: area, length, width and height of what changed and
was found and of the references, and the ratios between them, which are what a story quotes. Halls have gabled roofs,
shadows that move with the sun, yards, and a metre of concrete around what is newly built. The baseline takes the
outline as traced, 10 % either way; that of a reference is the truth, which a site names, and which no measurement is
given. Of heights it takes eight metres, 50 % either way.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely import Polygon

import sitewatch as sw
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, show
from benchmarks.accuracy.scoring import iou
from benchmarks.accuracy.worlds import FROZEN, World, heights_of, new_case, things_of
from sitewatch.geo import Rectangle
from sitewatch.model import Measurement, Quantity

TIERS: tuple[Tier, ...] = ("simulated",)
_SAME_PLACE, _GUESSED_M = 0.5, 8.0  # intersection over union; what a hall is guessed to be high


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One number, what is true, and what the outline as traced says."""

    of: str
    what: str
    true: float
    traced: float
    measured: Quantity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _True:
    """The outline on the grid and the height of the eaves."""

    outline: Polygon
    height_m: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and write the CSV."""
    parser = options("sizes", __doc__, TIERS)
    parser.add_argument("--half", choices=list(FROZEN), default="test", help="of the frozen worlds")
    half = parser.parse_args(arguments).half
    measured = commit()
    with tempfile.TemporaryDirectory() as folder:
        scored = [one for world in FROZEN[half] for one in numbers_of(world, Path(folder) / world.name)]
    keys = sorted({(one.of, one.what) for one in scored})
    rows = [row_of(half, *key, [one for one in scored if (one.of, one.what) == key]) for key in keys]
    show(f"Sizes and ratios in simulated places, {half!r}", rows)
    keep("sizes", rows, measured)
    return 0


def numbers_of(world: World, folder: Path) -> Iterator[Scored]:
    """Every number of one world whose truth is known."""
    case = new_case(world, folder)
    true = _true(world, case)
    traced = {s.id: _True(outline=s.outline, height_m=_GUESSED_M) for s in case.structures()}
    for measurement in case.measurements():
        told = [measurement.subject, *([measurement.reference] if measurement.reference else [])]
        if all(name in true for name in told):
            yield Scored(of=_kind(case, measurement), what=measurement.what, measured=measurement.value,
                         true=_number(measurement, true), traced=_number(measurement, traced))


def _true(world: World, case: sw.Case) -> dict[str, _True]:
    """By the id of what was found there; a reference is what the site says that it is. Rows of houses are no hall."""
    high = heights_of(world)
    found = {s.id: _True(outline=s.outline, height_m=high[s.id]) for s in case.structures() if s.class_ == "reference"}
    left = list(case.structures().changed)
    for thing in things_of(world):
        same = [s for s in left if s.class_ == thing.class_ and iou(s.outline, thing.outline) > _SAME_PLACE]
        if same and isinstance(thing.outline, Polygon):
            left.remove(same[0])
            found[same[0].id] = _True(outline=thing.outline, height_m=high[thing.name])
    return found


def _kind(case: sw.Case, measurement: Measurement) -> str:
    is_reference = case.structures()[measurement.subject].class_ == "reference"
    if measurement.reference:
        return "control" if is_reference else "ratio"
    return "reference" if is_reference else "changed"


def _number(measurement: Measurement, told: dict[str, _True]) -> float:
    size = _size(told[measurement.subject], measurement.what)
    return size / _size(told[measurement.reference], measurement.what) if measurement.reference else size


def _size(of: _True, what: str) -> float:
    outline = of.outline
    if what == "height":
        return of.height_m
    if "area" in what:
        return float(outline.area)
    # About its middle: UTM coordinates are too large for single precision.
    around = Rectangle.around_points(np.asarray(outline.exterior.coords) - np.asarray(outline.centroid.coords))
    return around.length if "length" in what else around.width


def row_of(half: str, of: str, what: str, scored: Sequence[Scored]) -> Row:
    """Errors, widths and coverage of one kind of number."""
    given = [one for one in scored if one.measured is not None]
    error = np.array([math.log(one.measured.value / one.true) for one in given if one.measured])
    width = np.array([math.log(one.measured.high / one.measured.value) for one in given if one.measured])
    holds = np.array([one.measured.low <= one.true <= one.measured.high for one in given if one.measured])
    traced, wide = np.array([math.log(one.traced / one.true) for one in scored]), 1.5 if what == "height" else 1.1
    return Row(tier="simulated", set=half, cells={
        "of": of, "what": what, "numbers": len(scored), "not_measured": len(scored) - len(given),
        "median_error_percent": round(100 * float(np.median(np.abs(error))), 1),
        "rms_error_percent": round(100 * float(np.sqrt((error**2).mean())), 1),
        "half_width_percent": round(100 * float(np.median(width)), 1),
        "holds": int(holds.sum()), "coverage_percent": round(100 * float(holds.mean()), 1),
        "baseline_rms_error_percent": round(100 * float(np.sqrt((traced**2).mean())), 1),
        "baseline_coverage_percent": round(100 * float((np.abs(traced) <= math.log(wide)).mean()), 1)})


if __name__ == "__main__":
    sys.exit(main())
