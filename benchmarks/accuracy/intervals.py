"""Do 90 % intervals hold the true size in 90 % of cases? Measured on simulated ground, by size of the structure.

    python -m benchmarks.accuracy.intervals [--worlds 40] [--family tune|test]

Two families of ground: "tune" (clouds of tone at all scales), on which the factor in measurements/_interval.py was
set, and "test" (parcels, lanes and small roofs), on which the printed coverage is to be judged. Everything is
rendered at an eighth of a pixel: point spread, pixel, shadow, displaced looks, seasons, a yard around every second
new roof, a bright neighbour. The overhang of real roofs, which the interval allows for, is not rendered; "texture"
is the coverage without that allowance. The baseline states 10 % either way for whatever it measures.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import xarray as xr
from affine import Affine
from rasterio.features import rasterize
from scipy.stats import norm
from shapely import Polygon, affinity, box

from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, show
from sitewatch.geo import from_pixels, picture_grid
from sitewatch.measurements import measure_structures
from sitewatch.model import (
    Asset,
    Between,
    Look,
    Measurement,
    Scene,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Structure,
    Structures,
)

TIERS: tuple[Tier, ...] = ("simulated",)
_FINE, _SIZE_PX, _GSD_M, _BLUR_PX, _LOOKS = 8, 80, 3.0, 0.73, 10
_STRATA = ((5, 4), (8, 4), (10, 6), (20, 12), (36, 18))
_ALLOWED_FOR = "where an edge is taken to be", "size of a pixel"   # causes that are not rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rendered world: what was measured and what is true."""

    stratum: str
    what: str
    true: float
    measured: Measurement


def worlds(family: str, stratum: tuple[int, int], count: int) -> Iterator[Case]:
    """Measured and true sizes of ``count`` worlds of one family and size; the same seeds give the same worlds."""
    for seed in range(count):
        draw = np.random.default_rng([*family.encode(), *stratum, seed])
        length, width = (side * draw.uniform(0.85, 1.15) for side in stratum)
        new = _roof(draw, (26, 40), length, width)
        reference = _roof(draw, (62, 40), draw.uniform(14, 26), draw.uniform(8, 14))
        stack, structures = _rendered(draw, family, new, reference)
        result = measure_structures(structures, stack)
        area, area_of_reference = new.area * _GSD_M**2, reference.area * _GSD_M**2
        for what, subject, of, true in (("area", "new", None, area), ("length", "new", None, length * _GSD_M),
                                        ("area ratio", "new", "reference", area / area_of_reference),
                                        ("area", "reference", None, area_of_reference)):
            found = result.of(subject, what, of)
            if found is not None:
                name = "reference" if subject == "reference" else f"{stratum[0]}x{stratum[1]}"
                yield Case(stratum=name, what=what, true=true, measured=found)


def _roof(draw: np.random.Generator, middle: tuple[float, float], length: float, width: float) -> Polygon:
    turned = affinity.rotate(box(-length / 2, -width / 2, length / 2, width / 2), draw.uniform(0, 180), origin=(0, 0))
    return affinity.translate(turned, *(at + draw.uniform(-0.5, 0.5) for at in middle))


def _rendered(draw: np.random.Generator, family: str, new: Polygon, reference: Polygon) -> tuple[Stack, Structures]:
    ground, season = (_texture(draw, family) for _ in range(2))
    tone = draw.uniform(0.25, 0.6) * draw.choice([-0.6, 1.0])
    yard = draw.uniform(-0.25, 0.35) * (draw.random() < 0.5)
    if abs(yard - tone) < 0.12:  # a roof like its yard cannot be told from it by anybody
        yard = 0.0
    away = max(14 + max(new.minimum_rotated_rectangle.bounds[3] - 40, 0), 20) + draw.uniform(0, 4)
    other = _mask(_roof(draw, (26, 40 + int(draw.choice([-1, 1])) * away), 14, 9))
    views = []
    for look in range(2 * _LOOKS):
        canvas = 0.3 + 0.05 * ground + draw.normal(0, 0.02) * season
        canvas = canvas + 0.3 * other
        canvas = np.where(_mask(reference) > 0, 0.75 + 0.01 * season, canvas)
        if look >= _LOOKS:
            near = _mask(new.buffer(4, join_style="mitre")) > 0
            canvas = np.where(near, canvas + yard * (1 + 0.1 * season), canvas)
            canvas = np.where(_mask(new) > 0, 0.3 + tone + 0.015 * season, canvas)
        views.append(_seen(draw, canvas))
    return _as_stack(np.stack(views)[:, None], new, reference, draw)


def _texture(draw: np.random.Generator, family: str) -> np.ndarray:
    """(y, x) fine texture of mean 0 and spread 1."""
    size = _SIZE_PX * _FINE
    total = np.zeros((size, size), np.float32)
    if family == "tune":
        for cells, weight in ((4, 1.0), (8, 0.7), (18, 0.6), (36, 0.5), (72, 0.4), (144, 0.3)):
            patch = draw.standard_normal((cells, cells)).astype(np.float32)
            total += weight * cv2.resize(patch, (size, size), interpolation=cv2.INTER_CUBIC)
    else:
        for _ in range(60):
            x, y, a, b = draw.uniform(0, size), draw.uniform(0, size), draw.uniform(16, 220), draw.uniform(8, 90)
            corners = cv2.boxPoints(((x, y), (a, b), draw.uniform(0, 180))).astype(np.int32)
            cv2.fillPoly(total, [corners], float(draw.normal(0, 1.2)))
        total += 0.3 * cv2.resize(draw.standard_normal((90, 90)).astype(np.float32), (size, size))
    return np.asarray((total - total.mean()) / total.std())


def _mask(shape: Polygon) -> np.ndarray:
    """(y, x) uint8 of the fine pixels inside an outline in pixels."""
    return np.asarray(rasterize([shape], out_shape=(_SIZE_PX * _FINE,) * 2, transform=Affine.scale(1 / _FINE)))


def _seen(draw: np.random.Generator, canvas: np.ndarray) -> np.ndarray:
    """(y, x) as delivered: displaced by what alignment leaves, blurred, sampled, with gain and noise."""
    shift = draw.normal(0, 0.1 * _FINE, 2)
    moved = cv2.warpAffine(canvas.astype(np.float32), np.float32([[1, 0, shift[0]], [0, 1, shift[1]]]),
                           canvas.shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    optics = math.sqrt(_BLUR_PX**2 * draw.uniform(0.95, 1.05) ** 2) * _FINE
    blurred = cv2.resize(cv2.GaussianBlur(moved, (0, 0), optics), (_SIZE_PX, _SIZE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(blurred * draw.normal(1, 0.02) + draw.normal(0, 0.01) + draw.normal(0, 0.01, blurred.shape))


def _as_stack(values: np.ndarray, new: Polygon, reference: Polygon,
              draw: np.random.Generator) -> tuple[Stack, Structures]:
    grid = picture_grid(_SIZE_PX, _SIZE_PX, _GSD_M)
    site = Site(slug="world", names=(), area=box(0, -_SIZE_PX * _GSD_M, _SIZE_PX * _GSD_M, 0), grid=grid)
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=12 * i) for i in range(len(values))]
    scenes = Scenes(site=site, scenes=tuple(
        Scene(id=f"s{i}", source="simulated", sensor="planetscope-4", taken=day, taken_from="simulated",
              assets=(Asset(role="image", href=""),)) for i, day in enumerate(days)))
    fits = tuple(SceneFit(scene=f"s{i}", taken=day, used=True, shift_x_px=0.0, shift_y_px=0.0, shift_sigma_px=0.1)
                 for i, day in enumerate(days))
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values.astype(np.float32)),
                       "shift_sigma_px": ("time", np.full(len(days), 0.1)),
                       "noise": (("time", "band"), np.full((len(days), 1), 0.02))},
                      coords={"time": np.array([day.replace(tzinfo=None) for day in days], "datetime64[ns]"),
                              "scene": ("time", [fit.scene for fit in fits]), "band": ["pan"]},
                      attrs={"blur_px": _BLUR_PX})
    rough = affinity.rotate(affinity.scale(new, *draw.uniform(0.9, 1.15, 2)), draw.normal(0, 4))
    records = (_structure("new", rough, "new structure", fits), _structure("reference", reference, "reference", fits))
    on_grid = tuple(Structure(**{name: getattr(record, name) for name in Structure.__slots__ if name != "outline"},
                              outline=from_pixels(record.outline, grid)) for record in records)
    return Stack(site=site, scenes=scenes, data=data, fits=fits), Structures(site=site, records=on_grid)


def _structure(name: str, outline: Polygon, kind: str, fits: tuple[SceneFit, ...]) -> Structure:
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, chance=0.5, seen_share=1.0,
                       state="present" if i >= _LOOKS or kind == "reference" else "absent")
                  for i, fit in enumerate(fits))
    return Structure(id=name, label=name, outline=outline, class_=kind, chance=0.9, first=Between(), last=Between(),
                     looks=looks)


def row_of(family: str, stratum: str, what: str, cases: list[Case]) -> Row:
    """Coverage and width of one kind of number in one stratum."""
    given = [case for case in cases if case.measured.value is not None]
    error = np.array([math.log(case.measured.value.value / case.true) for case in given])
    half = np.array([math.log(case.measured.value.high / case.measured.value.value) for case in given])
    shares = np.array([sum(term.share for term in case.measured.budget if term.cause not in _ALLOWED_FOR)
                       for case in given])
    rendered = half * np.sqrt(shares)
    z = np.abs(error) / np.maximum(rendered / norm.ppf(0.95), 1e-9)
    return Row(tier="simulated", set=family, cells={
        "size_px": stratum, "what": what, "worlds": len(cases), "not_measured": len(cases) - len(given),
        "bias_percent": round(100 * float(np.median(error)), 2),
        "spread_percent": round(100 * float(np.std(error)), 2),
        "half_width_percent": round(100 * float(np.median(half)), 1),
        "coverage_percent": round(100 * float((np.abs(error) <= half).mean()), 1),
        "texture_coverage_percent": round(100 * float((np.abs(error) <= rendered).mean()), 1),
        "z_that_holds_90_percent": round(float(np.quantile(z, 0.9)), 2),
        "coverage_of_always_10_percent": round(100 * float((np.abs(error) <= math.log(1.1)).mean()), 1)})


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, measure, print the table and write the CSV."""
    parser = options("intervals", __doc__, TIERS)
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--family", choices=("tune", "test"), action="append")
    asked, measured = parser.parse_args(arguments), commit()
    for family in asked.family or ("tune", "test"):
        cases = [case for stratum in _STRATA for case in worlds(family, stratum, asked.worlds)]
        rows = [row_of(family, *key, [case for case in cases if (case.stratum, case.what) == key])
                for key in dict.fromkeys((case.stratum, case.what) for case in cases)]
        show(f"Intervals on the ground {family!r}", rows)
        keep("intervals", rows, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
