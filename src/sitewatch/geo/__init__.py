"""Grids, true areas, rasters and outlines: the only place with rasterio and pyproj."""

from sitewatch.geo.grid import WGS84, common_footprint, degrees_grid, picture_grid, reproject, square_around, utm_grid
from sitewatch.geo.looks import look_conditions, look_times
from sitewatch.geo.masks import snowy, unclear
from sitewatch.geo.mgrs import mgrs_square
from sitewatch.geo.mosaic import Piece, joined, shares_lattice
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
from sitewatch.geo.raster import ImageInfo, describe, read_delivered, read_image, read_stored, write_geotiff
from sitewatch.geo.rectangle import PIXEL_VARIANCE, Rectangle
from sitewatch.geo.resample import lay_nearest, lay_on
from sitewatch.geo.robust import (
    look_noise,
    seen_mad,
    seen_median,
    seen_row_median,
    series_of,
    whitened,
    whitening,
)
from sitewatch.geo.stac import stac_footprint
from sitewatch.geo.sun import sun_at
from sitewatch.geo.window import Cut, PartialFile, plan_cut, read_cut, read_window, window_on

__all__ = [
    "PIXEL_VARIANCE", "WGS84", "Cut", "ImageInfo", "PartialFile", "Piece", "Rectangle", "area_m2",
    "common_footprint", "coverage", "degrees_grid", "describe", "from_geojson", "from_pixels", "joined",
    "lay_nearest", "lay_on", "length_m", "look_conditions", "look_noise", "look_times", "mgrs_square",
    "outline_of", "picture_grid", "plan_cut", "read_cut", "read_delivered", "read_features", "read_image",
    "read_stored", "read_window", "reproject", "seen_mad", "seen_median", "seen_row_median", "series_of",
    "shares_lattice", "snowy", "square_around", "stac_footprint", "sun_at", "to_geojson", "to_lonlat", "to_pixels",
    "unclear", "utm_grid", "whitened", "whitening", "window_on", "write_geotiff",
]
