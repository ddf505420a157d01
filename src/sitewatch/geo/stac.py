"""Where an image lies, as a STAC item says it."""

from __future__ import annotations

from typing import Any

from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry

from sitewatch.geo.grid import WGS84

__all__ = ["stac_footprint"]


def stac_footprint(grid: GeoBox) -> tuple[dict[str, Any] | None, list[float] | None, dict[str, Any]]:
    """A grid's GeoJSON geometry and bounds in EPSG:4326 to 7 decimals (1 cm), and its fields of the STAC projection
    extension 2.0.0; without a CRS neither geometry nor bounds, and only the shape of the fields."""
    shape = {"proj:shape": list(grid.shape)}
    if grid.crs is None:
        return None, None, {"proj:code": None, **shape}
    extent = Geometry(grid.extent.geom, grid.crs).to_crs(WGS84).geom
    code = f"EPSG:{grid.crs.epsg}" if grid.crs.epsg else None
    ring = [[round(x, 7), round(y, 7)] for x, y in extent.exterior.coords]
    projection = {"proj:code": code, **({} if code else {"proj:wkt2": grid.crs.to_wkt()}), **shape,
                  "proj:transform": list(grid.affine)[:6]}
    return ({"type": "Polygon", "coordinates": [ring]}, [round(number, 7) for number in extent.bounds], projection)
