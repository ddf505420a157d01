"""Grids, true areas, rasters and outlines: the only place with rasterio and pyproj."""

from sitewatch.geo.grid import WGS84, common_footprint, degrees_grid, picture_grid, reproject, square_around, utm_grid
from sitewatch.geo.masks import unclear
from sitewatch.geo.outline import (
    area_m2,
    coverage,
    from_geojson,
    from_pixels,
    length_m,
    outline_of,
    read_features,
    to_geojson,
    to_lonlat,
    to_pixels,
)
from sitewatch.geo.raster import ImageInfo, describe, read_image, write_geotiff
from sitewatch.geo.rectangle import PIXEL_VARIANCE, Rectangle
from sitewatch.geo.resample import lay_on
from sitewatch.geo.robust import look_noise, seen_mad, seen_median, series_of, whitening
from sitewatch.geo.stac import stac_footprint
from sitewatch.geo.sun import sun_at
from sitewatch.geo.window import Cut, PartialFile, plan_cut, read_cut

__all__ = [
    "PIXEL_VARIANCE", "WGS84", "Cut", "ImageInfo", "PartialFile", "Rectangle", "area_m2", "common_footprint",
    "coverage", "degrees_grid", "describe", "from_geojson", "from_pixels", "lay_on", "length_m", "look_noise",
    "outline_of", "picture_grid", "plan_cut", "read_cut", "read_features", "read_image", "reproject", "seen_mad",
    "seen_median", "series_of", "square_around", "stac_footprint", "sun_at", "to_geojson", "to_lonlat", "to_pixels",
    "unclear", "utm_grid", "whitening", "write_geotiff",
]
