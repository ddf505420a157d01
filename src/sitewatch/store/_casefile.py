"""case.yaml: read with file, line and key in every error."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from pyproj.exceptions import CRSError
from shapely import Polygon, box
from shapely.affinity import rotate
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import CaseFileError
from sitewatch.geo import from_geojson, from_pixels, length_m
from sitewatch.model import Mark, Name, NamedOutline, Publication, Site, Span, Table, construct, parse_yaml
from sitewatch.store._files import read_bytes
from sitewatch.store._publishing import clean_text, publication_of

__all__ = ["CASE_FILE", "SMALLEST_SIDE_PX", "CaseFile", "read_case", "read_site"]

CASE_FILE = "case.yaml"
SMALLEST_SIDE_PX = 8  # less than that cannot be aligned
_LARGEST_BYTES = 1_000_000
_LARGEST_PIXELS = 100_000_000
_LARGEST_SCALE_ERROR = 0.01  # UTM keeps within 0.1 % in its zone; Web Mercator is 30 % off at 40 degrees north
_T = TypeVar("_T")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What people wrote in case.yaml: the site, the time, and one table per source and per stage."""

    path: Path
    site: Site
    span: Span
    sources: tuple[Table, ...]
    options: Mapping[str, Table]
    seed: int
    publication: Publication

    def options_of(self, stage: str, kind: Callable[..., _T]) -> _T:
        """A stage's options from its table; the case's seed where the stage draws at random and names none."""
        table = self.options[stage]
        needs_seed = "seed" in signature(kind).parameters and "seed" not in table.nodes
        return construct(kind, table.copy(), self.path.parent, {"seed": self.seed} if needs_seed else {})


def read_case(folder: Path, stages: Collection[str]) -> CaseFile:
    """The case file of a folder; ``stages`` may have a table of options each.

    Raises CaseFileError with the file, the line and the key of whatever cannot be used.
    """
    path, top = folder / CASE_FILE, _parsed(folder / CASE_FILE)
    site = _site(top.table("site"))
    scenes = top.table("scenes")
    span = _span(scenes)
    sources = tuple(scenes.tables("sources"))
    scenes.done("start, end, sources")
    seed = top.take("seed", int, 0)
    if seed < 0:
        raise CaseFileError(path, top.lines["seed"], "seed", f"{seed} is below zero", "Give a whole number from 0")
    options = {stage: top.table(stage) for stage in stages if stage != "scenes"}
    publication = publication_of(top.table("publish"))
    top.done(", ".join(["site", "scenes", "seed", "publish", *options]))
    return CaseFile(path=path, site=site, span=span, sources=sources, options=options, seed=seed,
                    publication=publication)


def read_site(folder: Path) -> Site:
    """The site of a folder's case file, whatever else stands there; CaseFileError as above."""
    return _site(_parsed(folder / CASE_FILE).table("site"))


def _parsed(path: Path) -> Table:
    if not path.is_file():
        raise CaseFileError(path, None, "file", "there is no such file, so this folder is no case",
                            "Make a case with `sitewatch new`, or name its folder")
    return parse_yaml(read_bytes(path, _LARGEST_BYTES), path)


def _site(table: Table) -> Site:
    slug = table.take("slug", str)
    if not _SLUG.fullmatch(slug):
        raise CaseFileError(table.file, table.line, "site.slug", f"{slug[:60]!r} is not a short name",
                            "Use up to 64 small letters, digits and hyphens")
    names = tuple(_name(entry) for entry in table.tables("names"))
    grid = _grid(table.table("grid"))
    site = Site(slug=slug, names=names, grid=grid, area=_area(table, grid),
                question=_text(table, "question"), part_of=_text(table, "part_of"),
                references=_outlines(table, "references", grid), controls=_outlines(table, "controls", grid),
                marks=_marks(table, grid))
    table.done("slug, names, question, part_of, area, grid, references, controls, marks")
    return site


def _name(table: Table) -> Name:
    name = Name(text=clean_text(table.take("text", str)), language=clean_text(table.take("language", str, "en")),
                romanisation=_text(table, "romanisation"))
    table.done("text, language, romanisation")
    return name


def _text(table: Table, key: str) -> str | None:
    return clean_text(table.take(key, str, ""), 2000) or None


def _grid(table: Table) -> GeoBox:
    crs = _crs(table)
    gsd_m, left, top = (table.take(key, float) for key in ("gsd_m", "left", "top"))
    width, height = (table.take(key, int) for key in ("width_px", "height_px"))
    table.done("crs, gsd_m, left, top, width_px, height_px")
    if not 0.01 <= gsd_m <= 10_000:
        raise CaseFileError(table.file, table.line, "site.grid.gsd_m", f"{gsd_m} m is no pixel size",
                            "Give metres per pixel, 0.01 to 10000")
    if min(width, height) < SMALLEST_SIDE_PX or width * height > _LARGEST_PIXELS:
        raise CaseFileError(table.file, table.line, "site.grid.width_px", f"{width} x {height} pixels is no grid",
                            f"Give at least {SMALLEST_SIDE_PX} to a side and at most {_LARGEST_PIXELS} in all")
    if max(abs(left), abs(top)) > 1e8:
        raise CaseFileError(table.file, table.line, "site.grid.left", "lies off the Earth", "Give metres in the CRS")
    grid = GeoBox((height, width), Affine(gsd_m, 0, left, 0, -gsd_m, top), crs)
    middle = left + gsd_m * width / 2, top - gsd_m * height / 2
    true_m = length_m(*middle, middle[0] + gsd_m, middle[1], grid)
    if not abs(true_m / gsd_m - 1) < _LARGEST_SCALE_ERROR:
        raise CaseFileError(table.file, table.line, "site.grid.crs", f"its metres are not those of the ground there "
                            f"(a pixel of {gsd_m:g} m is {true_m:.3g} m wide)", "Write the UTM zone of the place")
    return grid


def _crs(table: Table) -> CRS | None:
    if not table.has("crs"):
        table.any("crs")
        return None
    wrong = table.wrong("crs", "is not a coordinate system in metres", "Write a UTM zone, such as EPSG:32652, "
                        "or null for pictures without georeference")
    try:
        crs = CRS(table.take("crs", str))
    except CRSError as error:
        raise wrong from error
    if not crs.projected or crs.units != ("metre", "metre"):
        raise wrong
    return crs


def _area(table: Table, grid: GeoBox) -> BaseGeometry:
    """EPSG:4326, or the grid's own frame where there is no georeference (the file then holds pixels)."""
    found = _geometry(table, "area")
    if found.geom_type not in ("Polygon", "MultiPolygon"):
        raise table.wrong("area", "is not a GeoJSON Polygon", "Give a Polygon or a MultiPolygon")
    if grid.crs is None:
        return from_pixels(found, grid)
    if not box(-180, -90, 180, 90).covers(found):
        raise table.wrong("area", "does not lie on the Earth", "Give longitude, latitude in degrees, in that order")
    return found


def _outlines(table: Table, key: str, grid: GeoBox) -> tuple[NamedOutline, ...]:
    outlines: list[NamedOutline] = []
    for entry in table.tables(key):
        name = clean_text(entry.take("id", str), 100)
        found = from_geojson(_geometry(entry, "outline").__geo_interface__, grid)
        if not isinstance(found, Polygon) or not found.intersects(grid.extent.geom):
            raise entry.wrong("outline", "is not a GeoJSON Polygon that meets the site's grid",
                              "Give a Polygon within the area")
        if name in {outline.id for outline in outlines}:
            raise entry.wrong("id", f"{name!r} stands here twice", "Give each outline its own id")
        entry.done("id, outline")
        outlines.append(NamedOutline(id=name, outline=found))
    return tuple(outlines)


def _marks(table: Table, grid: GeoBox) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    for entry in table.tables("marks"):
        name = clean_text(entry.take("id", str), 100)
        outline = _marked_at(entry, grid) if entry.has("at") else from_geojson(
            _geometry(entry, "outline").__geo_interface__, grid)
        if not isinstance(outline, Polygon) or not grid.extent.geom.covers(outline):
            raise entry.wrong("at" if entry.has("at") else "outline", "is not a place within the site's grid",
                              "Give a Polygon as outline, or at: [x, y] with size_m: [length, width], within the area")
        if name in {mark.id for mark in marks}:
            raise entry.wrong("id", f"{name!r} stands here twice", "Give each mark its own id")
        seen = entry.moment("seen")
        entry.done("id, outline, at, size_m, turn_deg, seen")
        marks.append(Mark(id=name, outline=outline, seen=seen))
    return tuple(marks)


def _marked_at(entry: Table, grid: GeoBox) -> Polygon:
    """A rectangle of that size in metres, its length turned so many degrees clockwise from east."""
    x, y = entry.numbers("at", 2)
    length, width = entry.numbers("size_m", 2)
    turn_deg = entry.take("turn_deg", float, 0.0)
    if not (0 < length <= 1000 and 0 < width <= 1000 and abs(turn_deg) <= 360):
        raise entry.wrong("size_m", "is no size of a small thing", "Give [length, width] in metres, up to 1000")
    middle = from_geojson({"type": "Point", "coordinates": [x, y]}, grid)
    around = box(middle.x - length / 2, middle.y - width / 2, middle.x + length / 2, middle.y + width / 2)
    return rotate(around, -turn_deg, origin="center")


def _geometry(table: Table, key: str) -> BaseGeometry:
    wrong = table.wrong(key, "is not a GeoJSON geometry that can be used", "Give type and coordinates (RFC 7946)")
    value: Any = table.any(key)
    try:
        found = shape(value)
        usable = found.is_valid and not found.is_empty and all(abs(number) < 1e9 for number in found.bounds)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise wrong from error
    if not usable:
        raise wrong
    return found


def _span(table: Table) -> Span:
    start, end = table.moment("start"), table.moment("end")
    if start and end and end <= start:
        raise CaseFileError(table.file, table.line, "scenes.end", "is not after the start",
                            "The end itself is not part of the time; give a later day")
    return Span(start=start, end=end)
