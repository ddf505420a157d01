"""What is known of the real cases: read from the shared folder, never copied from it."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import rasterio
import yaml
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from shapely import Polygon, box
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from sitewatch.geo import WGS84, from_pixels, picture_grid, reproject
from sitewatch.model import Between

__all__ = ["CASES", "Known", "Truth", "read_truth", "write_outlines"]

CASES: Mapping[str, str] = {"dubai": "dubai-warehouses", "golf": "golf-course-club"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One thing on the ground; sigmas are shares of its size as read. ``is_asked``: it must be found."""

    name: str
    kind: str
    outline: Polygon
    came: Between
    is_asked: bool = False
    area_sigma: float | None = None
    length_sigma: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that is known of one case, in grid coordinates as of ``zero``, the frame that was read.

    ``phases``: by name of the thing and of its phase. ``clear_on_second_look``: cloudy frames, and where the cloud is.
    ``artifacts_px``: boxes (column, row, column, row) that show no ground.
    """

    case: str
    images: Path
    gsd_m: float
    crs: CRS | None
    zero: date
    site: BaseGeometry
    known: tuple[Known, ...]
    units: tuple[Known, ...]
    cloudy: frozenset[date]
    snow: frozenset[date]
    shifts: Mapping[date, tuple[float, float]]
    frames: int
    compare_with: str | None
    phases: Mapping[tuple[str, str], Between]
    clear_on_second_look: Mapping[date, str]
    least_cloudy: int | None = None
    real_changes: Mapping[str, BaseGeometry] = field(default_factory=dict)
    decoys: Mapping[str, BaseGeometry] = field(default_factory=dict)
    quiet_spans: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    artifacts_px: tuple[tuple[float, float, float, float], ...] = ()

    def of_kind(self, kind: str) -> tuple[Known, ...]:
        """What is new, existing or control."""
        return tuple(known for known in self.known if known.kind == kind)


def read_truth(case: str, shared: Path) -> Truth:
    """The truth of a case by its short name."""
    folder = shared / "cases" / CASES[case]
    return {"dubai": _dubai, "golf": _golf}[case](folder)


def write_outlines(truth: Truth, kind: str, file: Path) -> Path:
    """A GeoJSON file of all known things of a kind, as a person would give them to a new case."""
    features = [{"type": "Feature", "properties": {"name": known.name},
                 "geometry": mapping(_as_given(known.outline, truth))} for known in truth.of_kind(kind)]
    crs = {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{truth.crs.epsg}"}}} if truth.crs \
        else {}
    file.write_text(json.dumps({"type": "FeatureCollection", **crs, "features": features}))
    return file


def _as_given(outline: Polygon, truth: Truth) -> BaseGeometry:
    """Pictures without georeference take pixel columns and rows."""
    if truth.crs is not None:
        return outline
    return Polygon([(x / truth.gsd_m, -y / truth.gsd_m) for x, y in outline.exterior.coords])


# The rows' widths of 51 to 62 m are known to 8 to 10 m at each edge, so areas to 20 %, lengths to 3 %.
_ROWS = {"row_1_ne", "row_2_mid", "row_3_sw"}
# The reading in truth.yaml that says when a phase of a structure came.
_DUBAI_PHASES = {("row_1_ne", "ground works"): "ground_works_row_1_dark_strip",
                 ("row_2_mid", "ground works"): "ground_works_row_2_dark_strips",
                 ("row_1_ne", "all of it stands"): "row_1_ne_complete",
                 ("row_2_mid", "all of it stands"): "row_2_mid_complete",
                 ("row_3_sw", "all of it stands"): "row_3_sw_east_unit_roofed"}
_GOLF_PHASES = {("club_building", "ground works"): "grading_starts"}
# (column, row) boxes of truth.yaml's other_real_changes.
_DUBAI_REAL = {"ground north-east of row 1": (120, 55, 175, 115), "yard south-west of row 3": (100, 110, 130, 135),
               "bitumen lot north-west": (0, 27, 38, 57), "yards east": (165, 28, 230, 145),
               "yards west": (10, 60, 70, 110), "courtyard building north": (113, 18, 123, 28),
               "highway south": (0, 195, 256, 232)}
# Cloudy frames in which a person sees all of the site: the cloud lies elsewhere.
_DUBAI_CLEAR = {date(2018, 10, 16): "a wisp at the west corner, the rest is clear",
                date(2018, 10, 26): "cloud north of the site", date(2018, 12, 25): "cloud north and south of the site"}
_GOLF_CLEAR = {date(2017, 9, 5): "cloud in the west", date(2019, 5, 13): "cloud in the south",
               date(2019, 9, 25): "cloud in the north-east"}


def _dubai(folder: Path) -> Truth:
    told = yaml.safe_load((folder / "truth.yaml").read_text())
    with rasterio.open(folder / "images" / f"{told['images']['reference_frame']}.tif") as image:
        crs = CRS(told["images"]["crs"])
        grid = GeoBox((image.height, image.width), image.transform, crs)
    site = shape(json.loads((folder / "site.geojson").read_text())["features"][0]["geometry"])
    features = json.loads((folder / "structures.geojson").read_text())["features"]
    units = json.loads((folder / "structures_units.geojson").read_text())["features"]
    return Truth(
        **_common(folder, told, _DUBAI_PHASES), crs=crs, site=reproject(site, WGS84, crs), compare_with="hall_nw",
        known=tuple(_dubai_known(feature) for feature in features), units=tuple(_dubai_known(unit) for unit in units),
        clear_on_second_look=_DUBAI_CLEAR, least_cloudy=11,
        real_changes={name: from_pixels(box(*bounds), grid) for name, bounds in _DUBAI_REAL.items()})


def _dubai_known(feature: Mapping[str, Any]) -> Known:
    told = feature["properties"]
    sizes = {"area_sigma": 0.2, "length_sigma": 0.03} if told["name"] in _ROWS else {}
    return Known(name=told["name"], kind=told["kind"], outline=shape(feature["geometry"]), came=_came(told),
                 is_asked=told["kind"] == "new", **sizes)


# The new buildings are 6 x 14 and 4 x 5 px with edges known to 1.3 px: areas to 40 % and 60 %.
_GOLF_ASKED = {"club_building": 0.4, "south_building": 0.6}
_GOLF_DECOYS = {"bright object 2018-07 (92, 79)": (89, 76, 95, 82), "bright object 2018-07 (108, 70)":
                (105, 67, 111, 73), "bright object 2019-07 (104, 68)": (101, 65, 107, 71),
                "ball field": (33, 86, 45, 98), "ploughed field": (65, 90, 100, 112),
                "bare patch 2019-09": (113, 18, 121, 26), "road north": (65, 5, 128, 15)}
_GOLF_QUIET = {"tillage 2017-10 to 2018-03": (date(2017, 10, 1), date(2018, 4, 1))}


def _golf(folder: Path) -> Truth:
    told = yaml.safe_load((folder / "truth.yaml").read_text())
    drawn = json.loads((folder / "structures_px.json").read_text())["structures"]
    images = told["images"]
    grid = picture_grid(images["width_px"], images["height_px"], images["pixel_m"])
    known = tuple(_golf_known(one, grid) for one in drawn)
    club = unary_union([one.outline for one in known if one.name.startswith("club_")])
    return Truth(
        **_common(folder, told, _GOLF_PHASES), crs=None, site=club.convex_hull, units=(), compare_with=None,
        known=known, quiet_spans=_GOLF_QUIET, clear_on_second_look=_GOLF_CLEAR,
        decoys={name: from_pixels(box(*bounds), grid) for name, bounds in _GOLF_DECOYS.items()})


def _golf_known(told: Mapping[str, Any], grid: GeoBox) -> Known:
    return Known(name=told["name"], kind=told["kind"], outline=from_pixels(Polygon(told["polygon_px"]), grid),
                 came=_came(told), is_asked=told["name"] in _GOLF_ASKED, area_sigma=_GOLF_ASKED.get(told["name"]))


def _common(folder: Path, told: Mapping[str, Any], phases: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    images, read = told["images"], told["readings"]["features"]
    return {"case": told["case"], "images": folder / images["folder"], "gsd_m": float(images["pixel_m"]),
            "zero": _day(images["reference_frame"]), "frames": images["count"],
            "artifacts_px": tuple(tuple(spot) for spot in images["artifacts_px"]["boxes"]),
            "cloudy": frozenset(_day(text) for text in told["cloudy_frames"]),
            "snow": frozenset(_day(text) for text in told.get("snow_frames", ())),
            "phases": {phase: Between(after=_midnight(read[name]["after"]), by=_midnight(read[name]["by"]))
                       for phase, name in phases.items()},
            "shifts": _shifts(folder / "frame_shifts.csv")}


def _shifts(file: Path) -> dict[date, tuple[float, float]]:
    """The reliable shifts of the content, (right, down) in pixels."""
    with file.open(newline="") as lines:
        return {_day(line["date"]): (float(line["d_col_px"]), float(line["d_row_px"]))
                for line in csv.DictReader(lines) if line["reliable"] == "yes"}


def _came(told: Mapping[str, Any]) -> Between:
    after = told.get("first_roof_after") or told.get("first_seen_after")
    by = told.get("first_roof_by") or told.get("first_seen_by")
    return Between(after=_midnight(after), by=_midnight(by))


def _day(told: str | date) -> date:
    """YAML reads some days as text and some as dates."""
    return told if isinstance(told, date) else date.fromisoformat(told)


def _midnight(told: str | date | None) -> datetime | None:
    return datetime.fromisoformat(str(told)).replace(tzinfo=UTC) if told else None
