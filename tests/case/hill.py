"""A hill whose stages are quick and whose results anybody can check by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from shapely import box

from sitewatch.case import Case
from sitewatch.geo import read_image, square_around, utm_grid, write_geotiff
from sitewatch.model import (
    Between,
    Change,
    Changes,
    Finding,
    Findings,
    Measurement,
    Measurements,
    Quantity,
    Report,
    SceneFit,
    Stack,
    Structure,
    Structures,
)

AREA = square_around(39.9, 127.6, 120)
GRID = utm_grid(AREA, 3.0)
CALLS: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    share: float = 1 / 3


def stack_of(scenes, options, progress=None):
    CALLS.append("stack")
    values = np.stack([read_image(scene.assets[0].kept.path)[:1] for scene in scenes.scenes])
    fits = tuple(SceneFit(scene=s.id, taken=s.taken, used=True, shift_x_px=1 / 7, shift_y_px=0.0, shift_sigma_px=0.1)
                 for s in scenes.scenes)
    coords = {"time": np.array([s.taken.replace(tzinfo=None) for s in scenes.scenes], "datetime64[ns]"),
              "scene": ("time", [s.id for s in scenes.scenes]), "band": ["pan"]}
    sigma = ("time", np.full(len(values), 0.1))
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values), "shift_sigma_px": sigma}, coords=coords,
                      attrs={"blur_px": 0.7})
    return Stack(site=scenes.site, scenes=scenes, data=data, fits=fits)


def changes_of(stack, options):
    CALLS.append("changes")
    left, bottom, _, _ = stack.site.grid.boundingbox
    step = float(np.nanmean(stack.values[-1]) - np.nanmean(stack.values[0]))
    change = Change(id="c-1", outline=box(left + 3, bottom + 3, left + 33, bottom + 24), kind="appeared", step=(step,),
                    between=Between(after=stack.fits[0].taken, by=stack.fits[-1].taken), strength=step / 3,
                    false_alarms=0.01, chance=0.95)
    return Changes(site=stack.site, records=(change,), threshold=options.share, false_alarms_per_year=0.1,
                   smallest_px=7.0)


def structures_of(changes, stack):
    CALLS.append("structures")
    records = [Structure(id=c.id.replace("c", "s"), label="hall", outline=c.outline, class_="new structure",
                         chance=c.chance, first=c.between, last=Between(), changes=(c.id,)) for c in changes]
    return Structures(site=stack.site, records=tuple(records))


def measurements_of(structures, stack, progress=None):
    CALLS.append("measurements")
    area = [s.outline.area for s in structures]
    records = [Measurement(subject=s.id, what="area", scenes=(stack.fits[0].scene,), value=Quantity(
        value=a, low=a * 0.9, high=a * 1.1, unit="m²", method="test")) for s, a in zip(structures, area, strict=True)]
    return Measurements(site=stack.site, records=tuple(records))


def findings_of(changes, structures, measurements, stack):
    CALLS.append("claims")
    value = measurements.records[0].value.value if measurements.records else 0.0
    return Findings(site=stack.site, title=f"A hall at {stack.site.name}", records=(
        Finding(id="f-1", text=f"{value:.1f} m² in {len(stack.fits)} looks", layer="measured", evidence=("s-1",)),))


def report_of(findings, changes, structures, measurements, stack, provenance):
    CALLS.append("report")
    page = "\n".join([findings.title, *(f.text for f in findings), *(f"{k}={v}" for k, v in provenance.items())])
    return Report(title=findings.title, files={"index.html": page.encode(), "img/a.png": b"\x89PNG"})


def image(folder: Path, day: int) -> None:
    pixels = np.random.default_rng(day).integers(1, 99 + day, (1, *GRID.shape), np.uint8)
    write_geotiff(folder / f"2024-03-{day:02d}.tif", pixels, GRID)


def failed(case: Case) -> list[str]:
    return [check.what for check in Case.open(case.folder).verify() if not check.holds]
