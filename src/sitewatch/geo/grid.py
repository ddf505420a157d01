"""Pixel grids: pinned once per site, in UTM metres on the Earth or in metres of a picture's own frame."""

from __future__ import annotations

import math
import threading
from operator import attrgetter

from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from pyproj import Geod, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info
from shapely import MultiPolygon, Point, Polygon, box, get_parts, transform
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import AreaError

__all__ = ["WGS84", "common_footprint", "degrees_grid", "picture_grid", "reproject", "square_around", "utm_grid"]

WGS84 = CRS("EPSG:4326")
_ELLIPSOID = Geod(ellps="WGS84")


class _Transformers(threading.local):
    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Transformer] = {}


_TRANSFORMERS = _Transformers()


def picture_grid(width_px: int, height_px: int, gsd_m: float) -> GeoBox:
    """The grid of pictures without georeference: metres from the top left corner, y negative downwards."""
    return GeoBox((height_px, width_px), Affine(gsd_m, 0, 0, 0, -gsd_m, 0), None)


def utm_grid(area: BaseGeometry, gsd_m: float, like: GeoBox | None = None) -> GeoBox:
    """The pinned grid of an area in EPSG:4326: its UTM zone, edges on whole multiples of the pixel size.

    With ``like``, a grid of the same CRS and pixel size, the edges fall on that grid's edges instead, so
    that images already on it need no resampling for the grid's sake.
    """
    if area.is_empty or not area.is_valid or not box(-180, -90, 180, 90).covers(area):
        raise AreaError(f"the area {area.wkt[:80]} is not a valid area in longitude, latitude (EPSG:4326). "
                        "Give a polygon with longitudes in -180..180 and latitudes in -90..90, in that order")
    crs = like.crs if like is not None and like.crs is not None else _utm_of(area)
    left, bottom, right, top = reproject(area, WGS84, crs).bounds
    x0, y0 = (like.affine.c % gsd_m, like.affine.f % gsd_m) if like is not None else (0.0, 0.0)
    # A millionth of a pixel of play keeps an area that ends on an edge from gaining a row of pixels.
    col0, col1 = math.floor((left - x0) / gsd_m + 1e-6), math.ceil((right - x0) / gsd_m - 1e-6)
    row0, row1 = math.floor((bottom - y0) / gsd_m + 1e-6), math.ceil((top - y0) / gsd_m - 1e-6)
    affine = Affine(gsd_m, 0, x0 + col0 * gsd_m, 0, -gsd_m, y0 + row1 * gsd_m)
    return GeoBox((max(row1 - row0, 1), max(col1 - col0, 1)), affine, crs)


def _utm_of(area: BaseGeometry) -> CRS:
    west, _, east, _ = area.bounds
    # The middle of two parts on either side of the antimeridian lies on the other side of the Earth.
    point = (max(get_parts(area), key=attrgetter("area")) if east - west > 180 else area).centroid
    found = query_utm_crs_info(datum_name="WGS 84",
                               area_of_interest=AreaOfInterest(point.x, point.y, point.x, point.y))
    if not found:
        raise AreaError(f"no UTM zone at longitude {point.x:.3f}, latitude {point.y:.3f}: "
                        "UTM ends at 84° N and 80° S; choose an area between them")
    return CRS(f"EPSG:{found[0].code}")


def square_around(lat: float, lon: float, size_m: float) -> Polygon | MultiPolygon:
    """A square of ``size_m`` metres on the ellipsoid around a point, in EPSG:4326.

    It is two rectangles where it crosses the antimeridian, as GeoJSON wants it (RFC 7946, 3.1.9).
    """
    if not (-90 < lat < 90 and -180 <= lon <= 180 and 0 < size_m < 1e5):
        raise AreaError(f"latitude {lat}, longitude {lon}, size {size_m} m is not a place: give latitude, "
                        "longitude in degrees and a size between 0 and 100 km")
    east, _, _ = _ELLIPSOID.fwd(lon, lat, 90, size_m / 2)
    _, north, _ = _ELLIPSOID.fwd(lon, lat, 0, size_m / 2)
    _, south, _ = _ELLIPSOID.fwd(lon, lat, 180, size_m / 2)
    half = (east - lon) % 360
    left, right = lon - half, lon + half
    if left < -180:
        return MultiPolygon([box(left + 360, south, 180, north), box(-180, south, right, north)])
    if right > 180:
        return MultiPolygon([box(left, south, 180, north), box(-180, south, right - 360, north)])
    return box(left, south, right, north)


def common_footprint(grids: list[GeoBox]) -> BaseGeometry:
    """What all the grids cover, in EPSG:4326.

    Raises AreaError when nothing is common to all.
    """
    footprints = [Geometry(grid.extent.geom, grid.crs).to_crs(WGS84).geom for grid in grids]
    common = footprints[0]
    for footprint in footprints[1:]:
        common = common.intersection(footprint)
    if common.is_empty or common.area == 0:
        raise AreaError("the images have no ground in common: give the area with --area or --at")
    return common


def reproject(shape: BaseGeometry, source: CRS, target: CRS) -> BaseGeometry:
    """A shape in another CRS, x before y."""
    if source == target:
        return shape
    return transform(shape, _transformer(source, target).transform, interleaved=False)


def _transformer(source: CRS, target: CRS) -> Transformer:
    """Made once per thread: making one takes longer than using it, and pyproj's are not safe between threads."""
    made, names = _TRANSFORMERS.made, (str(source), str(target))   # to hash a CRS, pyproj writes it out each time
    if names not in made:
        made[names] = Transformer.from_crs(source, target, always_xy=True)
    return made[names]


def degrees_grid(grid: GeoBox) -> GeoBox:
    """The upright rectangle of longitude and latitude that lies within a grid, EPSG:4326, of about its pixels.

    A UTM grid is turned against the meridians by up to a few degrees: the slivers along its sides are left out.
    """
    if grid.crs is None:
        raise AreaError("these images have no georeference: there is no longitude and latitude to give")
    left, bottom, right, top = grid.boundingbox
    corners = [reproject(Point(x, y), grid.crs, WGS84) for x in (left, right) for y in (bottom, top)]
    (bl, tl, br, tr) = ((corner.x, corner.y) for corner in corners)
    west, east, south, north = max(bl[0], tl[0]), min(br[0], tr[0]), max(bl[1], br[1]), min(tl[1], tr[1])
    width = max(1, round(grid.width * (east - west) / (max(br[0], tr[0]) - min(bl[0], tl[0]))) - 2)
    height = max(1, round(grid.height * (north - south) / (max(tl[1], tr[1]) - min(bl[1], br[1]))) - 2)
    x, y = (east - west) / (width + 2), (north - south) / (height + 2)   # a pixel less on each side: edges are curved
    return GeoBox((height, width), Affine(x, 0, west + x, 0, -y, north - y), WGS84)
