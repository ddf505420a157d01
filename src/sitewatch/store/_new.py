"""A new case from what a person names: images, area, references, controls."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from odc.geo.geobox import GeoBox
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import AreaError, InputError
from sitewatch.geo import from_pixels, picture_grid, read_features, reproject, utm_grid
from sitewatch.model import Name, NamedOutline, Site
from sitewatch.store._casefile import SMALLEST_SIDE_PX
from sitewatch.store._files import read_bytes
from sitewatch.store._publishing import clean_text

__all__ = ["NewCase", "Surveyed", "folder_source", "site_of_plan", "sources_of_plan"]

# 5000 x 5000 pixels of four bands are 400 MB per view: more than that is not one site.
_LARGEST_SITE_PX = 25_000_000
_LARGEST_GEOJSON_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What a person says about a new case; everything but ``images``, or else ``area``, may be left out.

    ``area`` is in EPSG:4326. ``source`` names the archive from which images are to be fetched. ``dates`` is a
    CSV file with the columns file,date. ``references`` and ``controls`` are GeoJSON files whose features carry a name
    or an id.
    """

    images: Path | None = None
    source: str | None = None
    area: BaseGeometry | None = None
    gsd_m: float | None = None
    sensor: str | None = None
    dates: Path | None = None
    references: Path | None = None
    controls: Path | None = None
    name: str | None = None
    question: str | None = None


class Surveyed(Protocol):
    """What a look at the images' headers told: see ``sitewatch.sources.folder.survey``."""

    @property
    def gsd_m(self) -> float:
        """Pixel size in metres."""
        ...

    @property
    def grid(self) -> GeoBox:
        """The grid of the commonest image."""
        ...

    @property
    def footprint(self) -> BaseGeometry:
        """What all images have in common, EPSG:4326."""
        ...

    @property
    def is_georeferenced(self) -> bool:
        """Whether the images lie on the Earth."""
        ...


def site_of_plan(folder: Path, plan: NewCase, survey: Surveyed) -> Site:
    """The site with its grid pinned for good; AreaError where area, outlines and images do not meet."""
    area, grid = _place(plan, survey)
    if grid.width * grid.height > _LARGEST_SITE_PX:
        raise AreaError(f"the site would be {grid.width} x {grid.height} pixels of {survey.gsd_m:g} m. Give a smaller "
                        "area with --area, or with --at and --size")
    if min(grid.width, grid.height) < SMALLEST_SIDE_PX:
        raise AreaError(f"the site would be {grid.width} x {grid.height} pixels of {survey.gsd_m:g} m, where at least "
                        f"{SMALLEST_SIDE_PX} to a side are needed. Give a larger area, or images with smaller pixels")
    name = clean_text(plan.name or "") or clean_text(folder.resolve().name)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-")
    return Site(slug=slug or "site", names=(Name(text=name or "site"),), area=area, grid=grid,
                question=clean_text(plan.question or "", 2000) or None,
                references=_outlines(plan.references, "reference", grid),
                controls=_outlines(plan.controls, "control", grid))


def sources_of_plan(folder: Path, plan: NewCase, sensor: str) -> list[dict[str, Any]]:
    """The entries of case.yaml for the folder of images and for the archive, where there are any."""
    archive = ({"kind": "planet", "sensor": sensor} if plan.source == "planet" else
               {"kind": "stac", "profile": plan.source, "sensor": sensor})
    return [*([folder_source(folder, plan)] if plan.images else []), *([archive] if plan.source else [])]


def folder_source(folder: Path, plan: NewCase) -> dict[str, Any]:
    """The entry for the folder of images; paths near the case are relative to it."""
    if plan.images is None:
        raise InputError("a new case needs images: name a folder of dated images of one place with --images")
    if plan.dates is not None and not plan.dates.is_file():
        raise InputError(f"there is no file {plan.dates}. Give a CSV file with the columns file,date")
    return {"kind": "folder", "path": _near(plan.images, folder), "sensor": plan.sensor, "gsd_m": plan.gsd_m,
            "dates": None if plan.dates is None else _near(plan.dates, folder)}


def _place(plan: NewCase, survey: Surveyed) -> tuple[BaseGeometry, GeoBox]:
    if not survey.is_georeferenced:
        if plan.area is not None:
            raise AreaError("these pictures have no georeference, so an area in longitude and latitude cannot be "
                            "found in them. Leave the area out, or cut the pictures to the site")
        grid = picture_grid(survey.grid.width, survey.grid.height, survey.gsd_m)
        return from_pixels(Polygon([(0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height)]), grid), grid
    area = survey.footprint if plan.area is None else plan.area
    if area.geom_type not in ("Polygon", "MultiPolygon"):
        raise AreaError(f"the area is a {area.geom_type}, which encloses no ground. Draw it as one or more Polygons")
    if not area.intersects(survey.footprint):
        raise AreaError(f"the area {_bounds(area)} and the images {_bounds(survey.footprint)} have no ground in "
                        "common. Give an area within the images, longitude before latitude")
    return area, utm_grid(area, survey.gsd_m, like=survey.grid if _is_utm(survey.grid, survey.gsd_m) else None)


def _is_utm(grid: GeoBox, gsd_m: float) -> bool:
    """Whether the site may lie on the images' own pixels: true metres, north up, square."""
    code = (grid.crs.epsg or 0) if grid.crs is not None else 0
    affine = grid.affine
    return (32601 <= code <= 32660 or 32701 <= code <= 32760) and affine.b == affine.d == 0 and \
        abs(affine.a - gsd_m) < 1e-6 * gsd_m and abs(affine.e + gsd_m) < 1e-6 * gsd_m


def _bounds(area: BaseGeometry) -> str:
    return "[" + ", ".join(f"{number:.4f}" for number in area.bounds) + "]"


def _outlines(file: Path | None, what: str, grid: GeoBox) -> tuple[NamedOutline, ...]:
    """The named polygons of a GeoJSON file in the grid's coordinates."""
    if file is None:
        return ()
    features, crs = read_features(read_bytes(file, _LARGEST_GEOJSON_BYTES).decode("utf-8-sig", "replace"), str(file))
    outlines: dict[str, NamedOutline] = {}
    for number, (properties, shape) in enumerate(features, start=1):
        name = clean_text(str(properties.get("name") or properties.get("id") or f"{what}-{number}"), 100)
        found = from_pixels(shape, grid) if grid.crs is None else reproject(shape, crs, grid.crs)
        if isinstance(found, MultiPolygon) and len(found.geoms) == 1:
            found = found.geoms[0]
        if not isinstance(found, Polygon):
            raise AreaError(f"{file}: {name} is a {found.geom_type}, not one Polygon. Draw each {what} as one Polygon")
        if not found.intersects(grid.extent.geom):
            raise AreaError(f"{file}: {name} lies outside the site. Give longitude before latitude (EPSG:4326), or "
                            "pixel columns and rows for pictures without georeference")
        if name in outlines:
            raise AreaError(f"{file}: {name} stands there twice. Give each {what} its own name or id")
        outlines[name] = NamedOutline(id=name, outline=found)
    return tuple(outlines.values())


def _near(path: Path, folder: Path) -> str:
    """Relative to the case where both may be moved together: inside it, or at most two folders up."""
    relative = os.path.relpath(path.resolve(), folder.resolve())
    return str(path.resolve()) if relative.startswith(os.path.join("..", "..", "..")) else Path(relative).as_posix()
