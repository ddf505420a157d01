"""A site made by hand: a bright hall on dark ground, so that what the page shows can be checked to the letter."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape

import numpy as np
import xarray as xr
from PIL import Image
from shapely import Polygon, box

from sitewatch.geo import from_pixels, picture_grid, utm_grid
from sitewatch.model import (
    Asset,
    Between,
    BudgetTerm,
    Change,
    Changes,
    Finding,
    Findings,
    Kept,
    Look,
    Measurement,
    Measurements,
    Name,
    NamedOutline,
    Quantity,
    Refusal,
    Report,
    Scene,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Structure,
    Structures,
)
from sitewatch.report import ReportOptions, compose_report

LOOKS, CAME = 10, 5
DAYS = tuple(datetime(2022, 2, 10, 10, 30, tzinfo=UTC) + timedelta(days=60 * i) for i in range(LOOKS))
BRACKET = Between(after=DAYS[CAME - 1], by=DAYS[CAME])
PROVENANCE = {"sitewatch": "0.1.0", "case": "c0ffee", "run:stack": "5ac4", "run:changes": "c4a9",
              "command": "sitewatch verify ."}


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that the report takes."""

    site: Site
    stack: Stack
    changes: Changes
    structures: Structures
    measurements: Measurements
    findings: Findings

    def report(self, options: ReportOptions | None = None) -> Report:
        return compose_report(self.findings, self.changes, self.structures, self.measurements, self.stack,
                              options=options or ReportOptions(figure_width_px=240, map_width_px=240),
                              provenance=PROVENANCE)

    def page(self, options: ReportOptions | None = None) -> str:
        return self.report(options).files["index.html"].decode()


def hall(site: Site, column: float = 30, row: float = 24, width: float = 12, height: float = 8) -> Polygon:
    """A rectangle by its top left corner and size in pixels."""
    return from_pixels(box(column, row, column + width, row + height), site.grid)


def quantity(value: float, unit: str = "m²") -> Quantity:
    return Quantity(value=value, low=value * 0.9, high=value * 1.1, unit=unit, method="footprint fit")


def structure_at(outline: Polygon, number: int = 0, label: str | None = None, **more: object) -> Structure:
    looks = tuple(Look(scene=f"scene-{i}", taken=taken, chance=0.9, seen_share=1.0,
                       state="unclear" if i == 2 else "present" if i >= CAME else "absent")
                  for i, taken in enumerate(DAYS))
    return replace(Structure(
        id=f"new-{number}", label=label or f"Structure {chr(65 + number % 26)}", outline=outline,
        class_="new structure", chance=0.97, first=BRACKET, last=Between(), looks=looks,
        reasons=("it is even",), changes=("change-0",)), **more)


def measured(structures: tuple[Structure, ...]) -> tuple[Measurement, ...]:
    budget = (BudgetTerm(cause="texture of the roof", share=0.3), BudgetTerm(cause="where an edge lies", share=0.7))
    scenes = ("scene-6", "scene-7")
    records = []
    for s in structures:
        records += [
            Measurement(subject=s.id, what="area", value=quantity(864), scenes=scenes, budget=budget),
            Measurement(subject=s.id, what="length", value=quantity(36, "m"), scenes=scenes, budget=budget),
            Measurement(subject=s.id, what="width", value=None, scenes=(), why_not="narrower than the blur")]
        if s.class_ != "reference":
            records.append(Measurement(subject=s.id, what="area ratio", reference="old-hall", scenes=scenes,
                                       value=quantity(0.8, "1"), budget=budget))
    return tuple(records)


def said_of(structures: tuple[Structure, ...]) -> tuple[Finding, ...]:
    records = []
    for s in structures:
        records += [Finding(id="F", text=f"{s.label} was first seen {s.first}.", layer="seen", evidence=(s.id,)),
                    Finding(id="F", text=f"{s.label} measures 864 [778, 950] m² (90 %).", layer="measured",
                            evidence=(s.id,)),
                    Finding(id="F", text=f"That {s.label} is a new structure is almost certain (chance 0.97).",
                            layer="inferred", evidence=(s.id,), chance=0.97)]
    return (*records, Finding(id="F", text="What the place is for cannot be told.", layer="unknown", evidence=()))


def site_on_earth(name: str = "Yard") -> Site:
    grid = utm_grid(box(55.0, 25.0, 55.003, 25.0025), 3.0)
    bare = Site(slug="yard", names=(Name(text=name),), area=box(55.0, 25.0, 55.003, 25.0025), grid=grid)
    return _with_known(bare)


def site_in_a_picture() -> Site:
    grid = picture_grid(100, 90, 3.0)
    return _with_known(Site(slug="yard", names=(Name(text="Yard"),), area=box(0, -270, 300, 0), grid=grid))


def _with_known(site: Site) -> Site:
    return replace(site, references=(NamedOutline(id="old-hall", outline=hall(site, 60, 40)),),
                   controls=(NamedOutline(id="car park", outline=hall(site, 60, 60)),))


def stack_of(site: Site, source: str = "folder", **scene_fields: object) -> Stack:
    """Ten looks: dark ground with texture, one hall from the sixth look on, a cloud in the first look's corner."""
    rows, columns = site.grid.shape
    ground = np.random.default_rng(0).normal(80, 6, (rows, columns))
    values = np.repeat(np.repeat(ground[None, None], 3, axis=1), LOOKS, axis=0).astype(np.float32)
    values[CAME:, :, 24:32, 30:42] = 200
    values[0, :, :10, :10] = np.nan
    scenes = tuple(replace(_scene(i, taken, source), **scene_fields) for i, taken in enumerate(DAYS))
    late = replace(_scene(LOOKS, DAYS[-1] + timedelta(days=9), source), **scene_fields)
    fits = (*(SceneFit(scene=s.id, taken=s.taken, used=True, site_clear_share=0.98, shift_x_px=0.42, shift_y_px=-1.3,
                       shift_sigma_px=0.06) for s in scenes),
            SceneFit(scene=late.id, taken=late.taken, used=False, why_not="haze over all of it"))
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values)}, attrs={"blur_px": 0.8}, coords={
        "time": np.array([d.replace(tzinfo=None) for d in DAYS], "datetime64[ns]"),
        "scene": ("time", [s.id for s in scenes]), "band": ["red", "green", "blue"]})
    held = Scenes(site=site, scenes=(*scenes, late), refusals=(Refusal(what="notes.txt", why="is not an image"),))
    return Stack(site=site, scenes=held, data=data, fits=fits)


def _scene(number: int, taken: datetime, source: str) -> Scene:
    kept = Kept(path="/nowhere/image.tif", sha256=f"{number:064x}", bytes=1, fetched_at=datetime.now(UTC), href="x")
    return Scene(id=f"scene-{number}", source=source, sensor="picture", taken=taken, taken_from="csv", gsd_m=3.0,
                 sun_elevation_deg=44.4, off_nadir_deg=3.2, assets=(Asset(role="image", href="x", kept=kept),),
                 licence="CC-BY-4.0", attribution="Image © 2024 Provider")


def world_of(site: Site | None = None, structures: tuple[Structure, ...] | None = None, stack: Stack | None = None,
             title: str = "New structure at Yard, first seen between 2022-10-08 and 2022-12-07") -> World:
    """One new hall on the Earth, unless given otherwise."""
    site = site or site_on_earth()
    news = (structure_at(hall(site)),) if structures is None else structures
    known = Structure(id="old-hall", label="old-hall", outline=site.references[0].outline, class_="reference",
                      chance=1.0, first=Between(), last=Between())
    candidates = tuple(Change(id=f"change-{i}", outline=hall(site), kind="appeared", between=BRACKET,
                              strength=20.0 - i, false_alarms=0.1, chance=0.9, step=(1.0,), why_not=why)
                       for i, why in enumerate((None, None, "it went back in 41 % of the looks",
                                                "it went back in 63 % of the looks")))
    return World(
        site=site, stack=stack or stack_of(site), structures=Structures(site=site, records=(*news, known)),
        changes=Changes(site=site, records=candidates, threshold=9.0, false_alarms_per_year=1.0, smallest_px=20.0),
        measurements=Measurements(site=site, records=measured((*news, known))),
        findings=Findings(site=site, title=title, records=said_of(news)))


def text_of(page: str) -> str:
    """What a reader sees: no style, no script, no tags, one space between words."""
    bare = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.S)
    within_words = re.sub(r"</?(?:bdi|b|time|span|code)\b[^>]*>", "", bare)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", within_words)).split())


def picture(data: bytes) -> np.ndarray:
    """(y, x, 3) 0..255."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

