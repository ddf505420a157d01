"""Outlines keep their place between pixels, grid and GeoJSON; pixels know how much of them lies inside."""

from __future__ import annotations

import json

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely import Polygon, box
from tests.worlds import rectangle

from sitewatch.errors import AreaError
from sitewatch.geo import (
    coverage,
    from_geojson,
    from_pixels,
    outline_of,
    picture_grid,
    read_features,
    reproject,
    to_geojson,
    to_lonlat,
    to_pixels,
)
from sitewatch.model import Site

_GRID = GeoBox((40, 50), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")
_RECTANGLES = st.builds(rectangle, st.floats(15, 35), st.floats(15, 25), st.floats(3, 18), st.floats(2, 9),
                        st.floats(0, 180))
_GRIDS = st.builds(
    lambda gsd_m, x, y, crs: GeoBox((40, 50), Affine(gsd_m, 0, x, 0, -gsd_m, y), crs),
    st.sampled_from([0.3, 1.0, 3.0, 10.0]), st.floats(300_000, 700_000), st.floats(1_000_000, 8_000_000),
    st.sampled_from(["EPSG:32631", "EPSG:32737", None]))


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES, grid=_GRIDS)
def test_an_outline_comes_back_from_pixels_where_it_was(where, grid):
    there = from_pixels(where.polygon, grid)
    assert to_pixels(there, grid).hausdorff_distance(where.polygon) < 1e-6
    assert there.area == pytest.approx(where.polygon.area * grid.affine.a**2)


def test_pixel_coordinates_count_from_the_top_left_corner_downwards():
    assert to_pixels(box(600_003, 4_499_991, 600_009, 4_499_997), _GRID).bounds == pytest.approx((1, 1, 3, 3))


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES, grid=_GRIDS)
def test_an_outline_comes_back_from_geojson_within_a_centimetre_or_two(where, grid):
    there = from_pixels(where.polygon, grid)
    text = json.dumps(to_geojson(there, grid))
    assert from_geojson(json.loads(text), grid).hausdorff_distance(there) < 0.02


def test_geojson_of_a_place_on_earth_is_longitude_before_latitude():
    lon, lat = to_geojson(from_pixels(box(1, 1, 3, 3), _GRID), _GRID)["coordinates"][0][0]
    assert (lon, lat) == (pytest.approx(4.18, abs=0.01), pytest.approx(40.64, abs=0.01))


@settings(max_examples=10, deadline=None)
@given(where=_RECTANGLES)
def test_the_shares_of_pixels_that_lie_inside_are_those_of_the_exact_outline(where):
    shares = coverage(from_pixels(where.polygon, _GRID), _GRID)
    exact = np.array([[box(x, y, x + 1, y + 1).intersection(where.polygon).area for x in range(50)]
                      for y in range(40)])
    assert np.abs(shares - exact).max() < 1e-5
    assert shares.sum() == pytest.approx(where.polygon.area, rel=1e-5)


def test_a_thing_of_few_pixels_keeps_its_area():
    outline = box(14.1, 14.9375, 14.3, 17.0625)
    assert coverage(from_pixels(outline, _GRID), _GRID).sum() == pytest.approx(outline.area, rel=1e-6)


def test_an_outline_off_the_grid_covers_nothing():
    assert coverage(from_pixels(box(60, 60, 70, 70), _GRID), _GRID).sum() == 0
    assert coverage(Polygon(), _GRID).sum() == 0


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES)
def test_the_outline_of_pixels_covers_just_these_pixels(where):
    mask = coverage(from_pixels(where.polygon, _GRID), _GRID) > 0.5
    outline = outline_of(mask, _GRID)
    again = coverage(outline, _GRID)
    assert set(np.unique(again)) <= {0.0, 1.0}
    assert (again[~mask] == 0).all()
    assert again.sum() >= 0.5 * mask.sum()


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES, margin=st.integers(0, 3))
def test_the_outline_of_a_window_is_that_of_the_whole_grid_to_the_last_bit(where, margin):
    mask = coverage(from_pixels(where.polygon, _GRID), _GRID) > 0.5
    rows, columns = np.nonzero(mask)
    top, left = max(rows.min() - margin, 0), max(columns.min() - margin, 0)
    window = mask[top:rows.max() + 1 + margin, left:columns.max() + 1 + margin]
    assert outline_of(window, _GRID, (top, left)).equals_exact(outline_of(mask, _GRID), 0)


def test_of_several_parts_the_largest_is_outlined_and_its_holes_are_filled():
    mask = np.zeros(_GRID.shape, bool)
    mask[2:4, 2:4] = True
    mask[10:20, 10:25] = True
    mask[14:16, 14:16] = False
    assert to_pixels(outline_of(mask, _GRID), _GRID).equals(box(10, 10, 25, 20))
    assert outline_of(np.zeros(_GRID.shape, bool), _GRID).is_empty


def test_a_bare_geometry_a_feature_and_a_collection_say_the_same():
    bare = {"type": "Polygon", "coordinates": [[[4, 40], [5, 40], [5, 41], [4, 41], [4, 40]]]}
    feature = {"type": "Feature", "properties": {"name": "yard"}, "geometry": bare}
    many = {"type": "FeatureCollection", "features": [feature, feature]}
    found = [read_features(json.dumps(text), "x")[0] for text in (bare, feature, many)]
    assert [len(shapes) for shapes in found] == [1, 1, 2]
    assert all(shape.equals(box(4, 40, 5, 41)) for shapes in found for _, shape in shapes)
    assert [dict(properties) for properties, _ in found[2]] == [{"name": "yard"}] * 2


def test_an_older_files_own_crs_is_honoured():
    outline = from_pixels(box(1, 1, 9, 9), _GRID)
    text = json.dumps({"type": "FeatureCollection", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::32631"}},
                       "features": [{"type": "Feature", "properties": None, "geometry": outline.__geo_interface__}]})
    [(_, shape)], crs = read_features(text, "x")
    assert reproject(shape, crs, _GRID.crs).equals(outline)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "Feature"}', '{"type": "Polygon", "coordinates": 3}',
                                  '{"type": "FeatureCollection", "features": 7}', '{"type": "Topology"}', "[" * 99_999,
                                  '{"type": "FeatureCollection", "features": []}',
                                  '{"type": "Point", "coordinates": [1, 2], "crs": {"properties": {"name": "EPSG:1"}}}',
                                  '{"type": "Feature", "properties": [1], "geometry": {"type": "Point", '
                                  '"coordinates": [1, 2]}}'])
def test_what_is_not_geojson_is_refused_by_name(text):
    with pytest.raises(AreaError, match=r"area\.geojson is not GeoJSON"):
        read_features(text, "area.geojson")


def test_a_picture_has_pixels_but_no_longitude():
    grid = picture_grid(50, 40, 3.0)
    outline = from_pixels(box(1, 2, 3, 4), grid)
    assert to_geojson(outline, grid)["coordinates"][0][0] in ((1.0, 2.0), [1.0, 2.0], [3.0, 2.0], [3.0, 4.0])
    with pytest.raises(AreaError):
        to_lonlat(outline, Site(slug="s", names=(), area=outline, grid=grid).grid)
