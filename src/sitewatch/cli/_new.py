"""``sitewatch new``: a place and its images become a case."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import CASE, JSON, LATLON, PATH
from sitewatch.cli._output import shown, write_json
from sitewatch.errors import InputError, UsageError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sitewatch.case import Case

__all__ = ["new"]


@click.command()
@CASE
@click.option("--images", type=PATH, metavar="FOLDER", help="Folder of dated images of one place.")
@click.option("--source", metavar="NAME", help="Archive to fetch images from; see docs/sources.md. Without --images it "
                                               "is earth-search.")
@click.option("--area", type=PATH, metavar="FILE", help="GeoJSON file with the outline of the site.")
@click.option("--at", type=LATLON, metavar="LAT,LON", help="Centre of a square site, in degrees; needs --size.")
@click.option("--size", type=float, metavar="METRES", help="Side of the square site; needs --at.")
@click.option("--gsd", "gsd_m", type=float, metavar="METRES",
              help="Ground size of a pixel; needed for plain pictures without georeference.")
@click.option("--sensor", metavar="ID", help="Sensor of the images, if it cannot be told from them; see `sources`.")
@click.option("--dates", type=PATH, metavar="FILE",
              help="CSV file with columns file,date, for images that carry no date.")
@click.option("--references", type=PATH, metavar="FILE",
              help="GeoJSON file of known structures (property name or id) to compare sizes with.")
@click.option("--controls", type=PATH, metavar="FILE",
              help="GeoJSON file of places (property name or id) that did not change.")
@click.option("--name", metavar="TEXT", help="Name of the site.")
@click.option("--question", metavar="TEXT", help="The question that the case is to answer.")
@JSON
def new(case: Path, as_json: bool, **given: Any) -> None:
    """Make a case: the folder of one place and its images.

    With --at and --size, or --area, alone: a place whose images are still to be fetched from an archive. With
    --images alone: the site is what all of them have in common. The case keeps its own copy of every image; yours
    are only read.
    """
    from sitewatch.case import Case, NewCase  # slow to load; --help must not wait for it

    area = _area(given.pop("area"), given.pop("at"), given.pop("size"))
    _check_sensor(given["sensor"])
    is_to_fetch = given["images"] is None or given["source"] is not None
    made = Case.new(case, NewCase(area=area, **given))
    if as_json:
        write_json(_summary(made, is_to_fetch))
    else:
        click.echo(_told(made, is_to_fetch))


def _area(file: Path | None, at: tuple[float, float] | None, size_m: float | None) -> BaseGeometry | None:
    """The outline asked for, EPSG:4326, or None."""
    from sitewatch.geo import square_around

    if file is not None and at is not None:
        raise UsageError("--area and --at both name the site. Give one of them")
    if (at is None) != (size_m is None):
        raise UsageError("--at and --size belong together. Give both: --at 39.92,127.66 --size 2000")
    if at is not None and size_m is not None:
        return square_around(*at, size_m)
    return None if file is None else _area_in(file)


def _area_in(file: Path) -> BaseGeometry:
    from shapely import union_all

    from sitewatch.geo import WGS84, read_features, reproject

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read ({error}). Give a GeoJSON file with --area") from error
    features, crs = read_features(text, str(file))
    return reproject(union_all([shape for _, shape in features]), crs, WGS84)


def _check_sensor(sensor: str | None) -> None:
    from sitewatch.model import SENSORS

    if sensor is not None and sensor not in SENSORS:
        raise UsageError(f"no sensor is called {sensor!r}. Choose one of {', '.join(SENSORS)}")


def _summary(case: Case, is_to_fetch: bool) -> dict[str, Any]:
    """What was made, for machines."""
    grid = case.site.grid
    return {"case": str(case.folder), "name": case.site.name, "slug": case.site.slug,
            "grid": {"crs": None if grid.crs is None else str(grid.crs), "gsd_m": case.site.gsd_m,
                     "width_px": grid.width, "height_px": grid.height}, "next": _next(case, is_to_fetch)}


def _told(case: Case, is_to_fetch: bool) -> str:
    grid = case.site.grid
    return (f"made {shown(case.folder)}: {shown(case.site.name)}, {grid.width} x {grid.height} pixels of "
            f"{case.site.gsd_m:g} m\nnext: {shown(_next(case, is_to_fetch))}")


def _next(case: Case, is_to_fetch: bool) -> str:
    folder = quote(str(case.folder))
    return f"sitewatch fetch {folder} --dry-run" if is_to_fetch else f"sitewatch run {folder}"
