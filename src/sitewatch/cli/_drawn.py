"""What a person drew elsewhere: shapes of a GeoJSON file, laid on the site's grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sitewatch.cli._output import shown
from sitewatch.errors import InputError

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

__all__ = ["drawn_in"]


def drawn_in(file: Path, grid: GeoBox) -> list[BaseGeometry]:
    """The shapes of a file in the coordinates of the grid; in pixels where the pictures carry no georeference."""
    from sitewatch.geo import from_pixels, read_features, reproject

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{shown(file)} cannot be read ({error}). Give a GeoJSON file") from error
    features, crs = read_features(text, str(file))
    return [from_pixels(shape, grid) if grid.crs is None else reproject(shape, crs, grid.crs) for _, shape in features]
