"""Where an image lies, in the words of a STAC item."""

from __future__ import annotations

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import shape

from sitewatch.geo import WGS84, picture_grid, reproject, stac_footprint

_GRID = GeoBox((20, 24), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")


def test_the_geometry_is_the_grids_ground_and_the_bounds_are_its_own():
    geometry, bbox, _ = stac_footprint(_GRID)
    ground = shape(geometry)
    assert ground.bounds == tuple(bbox)
    assert reproject(ground, WGS84, _GRID.crs).bounds == pytest.approx(tuple(_GRID.boundingbox), abs=0.02)


def test_the_projection_fields_give_the_grid_back():
    _, _, projection = stac_footprint(_GRID)
    assert list(projection) == ["proj:code", "proj:shape", "proj:transform"]
    assert GeoBox(projection["proj:shape"], Affine(*projection["proj:transform"]), projection["proj:code"]) == _GRID


def test_a_crs_without_a_code_is_written_out():
    crs = "+proj=tmerc +lat_0=0 +lon_0=1.5 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
    _, _, projection = stac_footprint(GeoBox((20, 24), Affine(3, 0, 0, 0, -3, 4_500_000), crs))
    assert projection["proj:code"] is None
    assert "Transverse Mercator" in projection["proj:wkt2"]


def test_a_picture_without_georeference_lies_nowhere_and_says_so():
    assert stac_footprint(picture_grid(24, 20, 3.0)) == (None, None, {"proj:code": None, "proj:shape": [20, 24]})
