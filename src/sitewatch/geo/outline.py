"""Outlines: between pixels, polygons and GeoJSON; true areas and lengths on the ellipsoid."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np
import shapely
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from pyproj import Geod
from pyproj.exceptions import CRSError
from rasterio.features import rasterize, shapes
from shapely import Polygon, affinity, make_valid, segmentize
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import AreaError
from sitewatch.geo.grid import WGS84, reproject

__all__ = ["area_m2", "coverage", "from_geojson", "from_pixels", "length_m", "outline_of", "read_features",
           "to_geojson", "to_lonlat", "to_pixels"]

_ELLIPSOID = Geod(ellps="WGS84")


def to_pixels(outline: BaseGeometry, grid: GeoBox) -> BaseGeometry:
    """Grid coordinates to pixel coordinates: column, row from the top left corner; (0, 0) covers 0..1."""
    a = ~grid.affine
    return affinity.affine_transform(outline, [a.a, a.b, a.d, a.e, a.c, a.f])


def from_pixels(outline: BaseGeometry, grid: GeoBox) -> BaseGeometry:
    """Pixel coordinates to grid coordinates."""
    a = grid.affine
    return affinity.affine_transform(outline, [a.a, a.b, a.d, a.e, a.c, a.f])


def to_lonlat(outline: BaseGeometry, grid: GeoBox) -> BaseGeometry:
    """Grid coordinates to EPSG:4326; needs a georeferenced grid."""
    if grid.crs is None:
        raise AreaError("these images have no georeference: there is no longitude and latitude to give")
    return reproject(outline, grid.crs, WGS84)


def to_geojson(outline: BaseGeometry, grid: GeoBox) -> dict[str, Any]:
    """An RFC 7946 geometry: EPSG:4326 to 7 decimals (1 cm), or pixel coordinates to 3 decimals without
    georeference."""
    where, decimals = (to_pixels(outline, grid), 3) if grid.crs is None else (to_lonlat(outline, grid), 7)
    return {**_rounded(mapping(where), decimals)}


def from_geojson(geometry: Mapping[str, Any], grid: GeoBox, crs: CRS | None = None) -> BaseGeometry:
    """The reverse of ``to_geojson``; ``crs`` overrides EPSG:4326 for files that state another one."""
    found = shape(geometry)
    return from_pixels(found, grid) if grid.crs is None else reproject(found, crs or WGS84, grid.crs)


def read_features(text: str, what: str) -> tuple[list[tuple[Mapping[str, Any], BaseGeometry]], CRS]:
    """The (properties, shape) pairs of a GeoJSON text and its CRS.

    A bare geometry or Feature counts as one; the older ``crs`` member is honoured.
    """
    try:
        document = json.loads(text)
        if document["type"] == "FeatureCollection":
            features = document["features"]
        elif document["type"] == "Feature":
            features = [document]
        else:
            features = [{"properties": {}, "geometry": document}]
        if not features:
            raise ValueError("it holds no outline")
        named = (document.get("crs") or {}).get("properties", {}).get("name", "EPSG:4326")
        crs = WGS84 if "CRS84" in named else CRS(named)
        return [(dict(f.get("properties") or {}), make_valid(shape(f["geometry"]))) for f in features], crs
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CRSError, ShapelyError) as error:
        raise AreaError(f"{what} is not GeoJSON that can be used ({type(error).__name__}: {error}). "
                        "Give a FeatureCollection, a Feature or a Polygon (RFC 7946)") from error


def area_m2(outline: BaseGeometry, grid: GeoBox) -> float:
    """Area on the WGS 84 ellipsoid (geodesic), or of the plane where there is no georeference."""
    if grid.crs is None:
        return float(outline.area)
    # Edges of the outline are straight in the grid, not geodesics: 50 m steps keep the difference below 1e-8.
    return abs(float(_ELLIPSOID.geometry_area_perimeter(to_lonlat(segmentize(outline, 50.0), grid))[0]))


def length_m(x0: float, y0: float, x1: float, y1: float, grid: GeoBox) -> float:
    """True distance between two points in grid coordinates."""
    if grid.crs is None:
        return float(np.hypot(x1 - x0, y1 - y0))
    line = to_lonlat(shape({"type": "LineString", "coordinates": [(x0, y0), (x1, y1)]}), grid)
    return float(_ELLIPSOID.geometry_length(line))


def coverage(outline: BaseGeometry, grid: GeoBox) -> np.ndarray:
    """(y, x) float32: the share of each pixel that lies inside the outline."""
    share = np.zeros(grid.shape, np.float32)
    placed = to_pixels(outline, grid)
    if not placed.area:
        return share
    left, top, right, bottom = placed.bounds
    x0, x1 = max(math.floor(left), 0), min(math.ceil(right), grid.width)
    y0, y1 = max(math.floor(top), 0), min(math.ceil(bottom), grid.height)
    if x0 >= x1 or y0 >= y1:
        return share
    burn = partial(rasterize, out_shape=(y1 - y0, x1 - x0), transform=Affine.translation(x0, y0), dtype="uint8")
    # A pixel beside the line may be cut by less than the burning's own rounding.
    lines = [part.boundary for part in shapely.get_parts(placed) if part.area]
    edge = cv2.dilate(burn(lines, all_touched=True), np.ones((3, 3), np.uint8)) > 0
    inside = burn([placed]).astype(np.float32)
    y, x = np.nonzero(edge)
    inside[edge] = shapely.area(shapely.intersection(shapely.box(x + x0, y + y0, x + x0 + 1, y + y0 + 1), placed))
    share[y0:y1, x0:x1] = inside
    return share


def outline_of(mask: np.ndarray, grid: GeoBox, corner: tuple[int, int] = (0, 0)) -> Polygon:
    """The largest connected part of a (y, x) mask as a polygon along pixel edges, holes filled.

    ``corner``: row and column of the grid at which the mask begins, where it is that of a window.
    """
    found = shapes(mask.astype(np.uint8), mask=mask.astype(bool), connectivity=4)
    parts = [_on_grid(np.array(geometry["coordinates"][0]) + corner[::-1], grid) for geometry, _ in found]
    return max(parts, key=lambda part: part.area, default=Polygon())


def _on_grid(ring: np.ndarray, grid: GeoBox) -> Polygon:
    """A (point, 2: x, y) ring of pixel coordinates, as GDAL lays it on a grid, to the last bit."""
    a, (x, y) = grid.affine, ring.T
    return Polygon(np.column_stack([a.c + a.a * x + a.b * y, a.f + a.d * x + a.e * y]))


def _rounded(value: Any, decimals: int) -> Any:
    if isinstance(value, float):
        return round(value, decimals)
    if isinstance(value, list | tuple):
        return [_rounded(item, decimals) for item in value]
    return {key: _rounded(item, decimals) for key, item in value.items()} if isinstance(value, Mapping) else value
