"""A small site on the Earth, one in a picture, and records of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from odc.geo.crs import CRS
from shapely import Polygon, box

from sitewatch.geo import WGS84, picture_grid, reproject, utm_grid
from sitewatch.model import (
    Answer,
    Asset,
    Attribution,
    Between,
    BudgetTerm,
    Change,
    Changes,
    Check,
    Checks,
    Claim,
    Disagreement,
    Document,
    Finding,
    Findings,
    Flag,
    Look,
    Measurement,
    Measurements,
    Name,
    NamedOutline,
    Phase,
    Place,
    Printed,
    Quantity,
    Rival,
    Scene,
    SceneFit,
    Scenes,
    Site,
    Span,
    Stack,
    Stated,
    Structure,
    Structures,
    Trial,
)

START = datetime(2024, 3, 1, 10, 30, 5, 250000, tzinfo=UTC)


def on_earth() -> Site:
    area = reproject(box(500_000, 4_400_000, 500_090, 4_400_060), CRS("EPSG:32652"), WGS84)
    grid = utm_grid(area, 3.0)
    return Site(slug="hill-1", names=(Name(text="Hill 1"), Name(text="언덕", language="ko", romanisation="MR")),
                area=area, grid=grid, question="What: was \"built\"?", part_of="Hills",
                references=(NamedOutline(id="old hall", outline=_part(grid, 2, 2, 6, 5)),),
                controls=(NamedOutline(id="roof", outline=_part(grid, 10, 10, 14, 12)),))


def in_picture() -> Site:
    grid = picture_grid(30, 20, 0.5)
    return Site(slug="picture", names=(), area=_part(grid, 0, 0, 30, 20), grid=grid,
                references=(NamedOutline(id="old hall", outline=_part(grid, 2, 2, 6, 5)),))


def _part(grid, left, top, right, bottom) -> Polygon:
    (x0, y0), (x1, y1) = grid.affine @ (left, top), grid.affine @ (right, bottom)
    return Polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


@pytest.fixture(params=[on_earth, in_picture], ids=["on-earth", "in-picture"])
def site(request) -> Site:
    return request.param()


@pytest.fixture
def earth() -> Site:
    return on_earth()


@pytest.fixture
def scenes(site) -> Scenes:
    looks = (Scene(id=f"s{i}", source="folder", sensor="grey", taken=START + timedelta(days=i), taken_from="csv",
                   assets=(Asset(role="image", href=f"file:///images/{i}.tif"),
                           Asset(role="mask", href=f"file:///images/{i}_udm2.tif")), gsd_m=3.0 + 1 / 3,
                   sun_azimuth_deg=141.23456789, licence="CC0-1.0", attribution="© somebody",
                   published=START + timedelta(days=i, hours=6)) for i in range(3))
    return Scenes(site=site, scenes=tuple(looks))


@pytest.fixture
def stack(site, scenes) -> Stack:
    values = np.random.default_rng(1).normal(0.2, 0.1, (2, 1, *site.grid.shape)).astype(np.float32)
    values[0, 0, 3, 3] = np.nan
    fits = (SceneFit(scene="s0", taken=START, used=True, site_clear_share=0.98765432, shift_x_px=-0.123456789,
                     shift_y_px=1e-9, shift_sigma_px=0.05, snow_share=0.25, placement="affine",
                     scaling="counts, 1 000 off; darkest 0.02"),
            SceneFit(scene="s1", taken=START + timedelta(days=1), used=False, why_not='cloud, "thick";\nsnow'),
            SceneFit(scene="s2", taken=START + timedelta(days=2), used=True, site_clear_share=1.0, shift_x_px=0.0,
                     shift_y_px=0.0, shift_sigma_px=0.1))
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values),
                       "shift_sigma_px": ("time", np.array([0.05, 0.1])), "noise": (("time", "band"), np.ones((2, 1)))},
                      coords={"time": np.array([fit.taken.replace(tzinfo=None) for fit in fits if fit.used],
                                               "datetime64[ns]"),
                              "scene": ("time", ["s0", "s2"]), "band": ["pan"]}, attrs={"blur_px": 0.7})
    return Stack(site=site, scenes=scenes, data=data, fits=fits)


@pytest.fixture
def changes(site) -> Changes:
    records = (Change(id="c-001", outline=_part(site.grid, 4, 4, 9, 8), kind="appeared",
                      between=Between(after=START, by=START + timedelta(days=2)), strength=np.float32(12.3456789),
                      false_alarms=1.23456789e-7, chance=np.float64(0.98765432), step=(0.1, float("nan"))),
               Change(id="c-002", outline=_part(site.grid, 1, 1, 3, 3), kind="vanished", between=Between(),
                      strength=float("inf"), false_alarms=0.5, chance=0.5, step=(), why_not="too small\nand faint"))
    return Changes(site=site, records=records, threshold=5.0, false_alarms_per_year=0.1, smallest_px=7.123456789)


@pytest.fixture
def structures(site) -> Structures:
    look = Look(scene="s0", taken=START, state="absent", chance=0.0123456789, seen_share=1.0)
    return Structures(site=site, records=(
        Structure(id="new-1", label="new hall, <b>north</b>", outline=_part(site.grid, 4, 4, 9, 8),
                  class_="new structure", chance=0.9, first=Between(after=START, by=START + timedelta(days=2)),
                  last=Between(after=START + timedelta(days=2)),
                  phases=(Phase(name="roofed", between=Between(by=START)),),
                  looks=(look,), reasons=("bright: stays",), changes=("c-001",)),
        Structure(id="old hall", label="old hall", outline=_part(site.grid, 2, 2, 6, 5), class_="reference", chance=1.0,
                  first=Between(by=START), last=Between(after=START))),
        trials=(Trial(side_px=6.0, contrast=3.0, tried=10, found=1),
                Trial(side_px=13.0, contrast=6.0, tried=7, found=6)))


@pytest.fixture
def measurements(site) -> Measurements:
    area = Quantity(value=2580.123456, low=2440.5, high=2730.0, unit="m²", method="fitted, sub-pixel")
    return Measurements(site=site, records=(
        Measurement(subject="new-1", what="area", value=area, scenes=("s0", "s2"), outline=_part(site.grid, 4, 4, 9, 8),
                    budget=(BudgetTerm(cause="edge; blur=1, \"x\"", share=0.75),
                            BudgetTerm(cause="scale", share=0.25))),
        Measurement(subject="new-1", what="area ratio", reference="old hall", value=None, scenes=(),
                    why_not="=too small, or\ntoo faint")))


@pytest.fixture
def findings(site) -> Findings:
    return Findings(site=site, title="A hall: built, “2024”", records=(
        Finding(id="f-1", text="- A hall # was built: 2 580 m².", layer="measured", evidence=("new-1", "s0")),
        Finding(id="f-2", text="2024-03-01", layer="inferred", evidence=(), chance=1 / 3)), checks=_checks())


def _checks() -> Checks:
    claim = Claim(id="c", document="d", kind="measurement", subject="hall", predicate="size_ratio_to", object="old",
                  quote="twice: \"2 ×\" # the size", place=Place(start=3, end=9, fit="moved"), noted=("GARBLED",),
                  attribution=(Attribution(who="Paper", act="publishes"),), observed=Span(end=START),
                  stated=Stated(form="times", low=2.0, high=2.0))
    value = Quantity(value=0.65, low=0.6, high=0.7, unit="1", method="fit")
    rival = Rival(text="half", low=0.4, high=0.6, chance=1 / 3, verdict="cannot tell", times=0.1)
    tested = Answer(what="footprint", verdict="refuted", why="0.65", chance=0.0, value=value, rivals=(rival,))
    return Checks(documents=(Document(id="d", path="documents/d.txt", sha256="ab", publisher="Paper"),),
                  records=(Check(claim=claim, verdict="refuted", why="0.65", chance=0.0, tested=(tested,)),),
                  flags=(Flag(claim="c", word="NO_YEAR", why="“in May”"),), disagreements=(Disagreement(
                      kind="dispute", about="hall", claims=("c",), publishers=2, origins=2, why="two", printed=(
                          Printed(text="2", low=1.8, high=2.2, publishers=("Paper",), origins=("x",)),)),))


@pytest.fixture
def case(tmp_path):
    """An empty folder for a case."""
    folder = tmp_path / "case"
    folder.mkdir()
    return folder.resolve()
