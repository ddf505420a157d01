"""Do 90 % intervals hold the true size in 90 % of cases, and how much wider are they than need be? Rendered roofs.

    python -m benchmarks.accuracy.intervals [--worlds 120] [--family tune|test] [--plot FILE.svg]

Each world draws one pixel size, one size, contrast, number of looks and form, so that every line of the table holds the
others mixed: a stratum is never an easy world only. Families of ground and what is drawn: ``roofs``; the factor in
measurements/_interval.py was set on "tune", the coverage is to be judged on "test". "bound" is the least error that any
estimate can have of a roof before even ground whose tones and point spread are known, in pixels whose independent noise
is as strong as noise and ground are here (Cramer and Rao), and that eaves leave; "times_bound" is how much wider the
interval is. The baseline states 10 % either way for whatever it measures.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, show
from benchmarks.accuracy.plot import scatter
from benchmarks.accuracy.roofs import BLUR_PX, EAVES_M, GROUND, NOISE, Family, Form, Roof, World, rendered
from sitewatch.geo import Rectangle
from sitewatch.measurements import measure_structures
from sitewatch.model import Dimension, Measurement

TIERS: tuple[Tier, ...] = ("simulated",)
_SIZES = ((5, 4), (8, 4), (10, 6), (20, 12), (36, 18))
_GSDS_M, _CONTRASTS, _LOOKS = (0.5, 3.0, 10.0), (0.15, 0.25, 0.45), (4, 12)
_FORMS: tuple[Form, ...] = ("rectangle", "rectangle", "L", "T")
_STEPPED_PX = 16     # from this length on a roof may be an L or a T
_HEIGHTS_M = 4.0, 16.0
_LONGEST_M = 500.0   # no hall is longer: so large in pixels only where these are smaller
_WHAT: tuple[Dimension, ...] = ("area", "length", "width", "height", "area ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One number of one world: what was measured, what is true, in which strata, and the least relative error."""

    strata: Mapping[str, str]
    what: str
    true: float
    measured: Measurement
    bound: float | None


def worlds(family: Family, count: int) -> Iterator[Case]:
    """The numbers of so many worlds of a family; the same seeds give the same worlds."""
    for seed in range(count):
        roof, strata = _drawn(np.random.default_rng([*family.encode(), seed]))
        world = rendered(family, roof, seed)
        result = measure_structures(world.structures, world.stack)
        true = _true(world, roof)
        for what in _WHAT:
            found = result.of("new", what, "reference" if "ratio" in what else None)
            if found is not None and what in true:
                yield Case(strata=strata, what=what, true=true[what], measured=found,
                           bound=_bound(roof, world) if what == "area" else None)


def _drawn(draw: np.random.Generator) -> tuple[Roof, Mapping[str, str]]:
    gsd_m, contrast, looks = (float(draw.choice(some)) for some in (_GSDS_M, _CONTRASTS, _LOOKS))
    sizes = [size for size in _SIZES if size[0] * gsd_m <= _LONGEST_M]
    length, width = sizes[draw.integers(len(sizes))]
    form = _FORMS[draw.integers(len(_FORMS))] if length > _STEPPED_PX else "rectangle"
    width = width if form == "rectangle" else round(0.75 * length)
    is_sunny = draw.random() < 0.7
    roof = Roof(length_px=length, width_px=width, form=form, gsd_m=gsd_m, contrast=contrast, looks=int(looks),
                height_m=draw.uniform(*_HEIGHTS_M) if is_sunny else None)
    size = "stepped" if form != "rectangle" else f"{length}x{width}"
    return roof, {"all": "all", "pixel": f"{gsd_m:g} m", "size": size, "contrast": f"{contrast:g}",
                  "looks": f"{looks:g}", "sun": "known" if is_sunny else "not known"}


def _true(world: World, roof: Roof) -> dict[str, float]:
    outline, reference = world.true["new"], world.true["reference"]
    around = Rectangle.around_points(np.asarray(outline.exterior.coords))
    true = {"area": outline.area * roof.gsd_m**2, "length": around.length * roof.gsd_m,
            "width": around.width * roof.gsd_m, "area ratio": outline.area / reference.area}
    return {**true, "height": roof.height_m} if roof.height_m else true


def _bound(roof: Roof, world: World) -> float | None:
    """The least relative error of the area of a rectangle: Cramer and Rao's bound, and what eaves leave."""
    if roof.form != "rectangle":
        return None
    true = Rectangle.around_points(np.asarray(world.true["new"].exterior.coords))
    side, small = math.ceil(true.length + 16), 1e-3
    middle = np.array([side / 2 + 0.3, side / 2 - 0.2, true.length, true.width, true.angle])
    slopes = np.stack([(Rectangle.of(middle + by).seen((side, side), BLUR_PX)
                        - Rectangle.of(middle - by).seen((side, side), BLUR_PX)).ravel() / (2 * small)
                       for by in small * np.eye(5)])
    noise = math.hypot(NOISE / math.sqrt(2 * roof.looks), GROUND)
    covariance = np.linalg.inv(slopes @ slopes.T) * (noise / roof.contrast) ** 2
    by = np.array([0, 0, 1 / true.length, 1 / true.width, 0])
    eaves = 2 * (true.length + true.width) / (true.length * true.width) * EAVES_M / roof.gsd_m
    return math.hypot(math.sqrt(float(by @ covariance @ by)), eaves)


def row_of(family: str, factor: str, stratum: str, what: str, cases: Sequence[Case]) -> Row:
    """Coverage and width of one kind of number in one stratum."""
    given = [(case, case.measured.value) for case in cases if case.measured.value is not None]
    half = np.array([(value.high - value.value) / value.value for _, value in given])
    error = np.array([value.value / case.true - 1 for case, value in given])
    holds = np.array([value.low <= case.true <= value.high for case, value in given])
    bounds = [(value.high - value.low) / 2 / value.value / (case.bound * norm.ppf(0.95))
              for case, value in given if case.bound]
    return Row(tier="simulated", set=family, cells={
        "by": factor, "stratum": stratum, "what": what, "worlds": len(cases), "not_measured": len(cases) - len(given),
        **_told(error, half, holds),
        "times_bound": round(float(np.median(bounds)), 2) if bounds else None,
        "coverage_of_always_10_percent": _percent(np.abs(error) <= 0.1)})


def _told(error: np.ndarray, half: np.ndarray, holds: np.ndarray) -> dict[str, float | None]:
    if not len(error):
        return dict.fromkeys(("bias_percent", "spread_percent", "half_width_percent", "coverage_percent"))
    return {"bias_percent": round(100 * float(np.median(error)), 2),
            "spread_percent": round(100 * float(np.quantile(np.abs(error - np.median(error)), 0.68)), 2),
            "half_width_percent": round(100 * float(np.median(half)), 1), "coverage_percent": _percent(holds)}


def _percent(which: np.ndarray) -> float | None:
    return round(100 * float(which.mean()), 1) if len(which) else None


def rows_of(family: Family, cases: Sequence[Case]) -> list[Row]:
    """One line per stratum and kind of number."""
    strata = list(dict.fromkeys((factor, stratum) for case in cases for factor, stratum in sorted(case.strata.items())))
    return [row_of(family, factor, stratum, what, chosen) for factor, stratum in sorted(strata) for what in _WHAT
            if (chosen := [case for case in cases if case.strata[factor] == stratum and case.what == what])]


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, measure, print the table, write the CSV and, where asked for, the plot."""
    parser = options("intervals", __doc__, TIERS)
    parser.add_argument("--worlds", type=int, default=120)
    parser.add_argument("--family", choices=("tune", "test"), action="append")
    parser.add_argument("--plot", type=Path, help="width against bound, as SVG")
    asked, measured = parser.parse_args(arguments), commit()
    for family in asked.family or ("tune", "test"):
        cases = list(worlds(family, asked.worlds))
        rows = rows_of(family, cases)
        show(f"Intervals on the ground {family!r}", rows)
        keep("intervals", rows, measured)
        if asked.plot:
            points = [(100 * case.bound, 50 * (value.high - value.low) / value.value / norm.ppf(0.95))
                      for case in cases if case.bound and (value := case.measured.value)]
            scatter(asked.plot, points, "least possible error of the area, percent", "stated error, percent", 1.6)
    return 0


if __name__ == "__main__":
    sys.exit(main())
