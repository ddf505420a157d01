"""Areas and lengths are those of the Earth, whatever the grid makes of them; a grid is pinned in its UTM zone."""

from __future__ import annotations

import math

import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Proj, Transformer
from shapely import Polygon, box

from sitewatch.errors import AreaError
from sitewatch.geo import (
    WGS84,
    area_m2,
    common_footprint,
    length_m,
    picture_grid,
    reproject,
    square_around,
    to_lonlat,
    utm_grid,
)

_LATITUDES = st.floats(-75, 80)
_LONGITUDES = st.floats(-179, 179)


def _grid(crs: str, x: float = 0.0, y: float = 0.0) -> GeoBox:
    return GeoBox((100, 100), Affine(3, 0, x, 0, -3, y), crs)


def _at(crs: str, lon: float, lat: float) -> tuple[float, float]:
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return float(x), float(y)


def test_a_square_of_utm_at_60_north_has_its_area_on_the_ellipsoid():
    x, y = _at("EPSG:32631", 3.0, 60.0)  # on the central meridian, where UTM shrinks lengths to 0.9996
    square = box(x - 150, y - 150, x + 150, y + 150)
    assert area_m2(square, _grid("EPSG:32631")) == pytest.approx(300**2 / 0.9996**2, rel=1e-6)


def test_web_mercator_at_60_north_shows_four_times_the_area_that_is_there():
    x, y = _at("EPSG:3857", 3.0, 60.0)
    square = box(x - 150, y - 150, x + 150, y + 150)
    assert area_m2(square, _grid("EPSG:3857")) == pytest.approx(square.area / 4, rel=0.01)


@settings(max_examples=10, deadline=None)
@given(lon=_LONGITUDES, lat=_LATITUDES, size_m=st.floats(10, 400))
def test_an_area_is_that_of_the_plane_over_the_projections_own_areal_scale(lon, lat, size_m):
    grid = utm_grid(square_around(lat, lon, 100.0), 3.0)
    x, y = _at(str(grid.crs), lon, lat)
    square = box(x - size_m / 2, y - size_m / 2, x + size_m / 2, y + size_m / 2)
    scale = Proj(str(grid.crs)).get_factors(lon, lat).areal_scale
    assert area_m2(square, grid) == pytest.approx(size_m**2 / scale, rel=2e-5)


@settings(max_examples=10, deadline=None)
@given(lon=_LONGITUDES, lat=_LATITUDES, degrees=st.floats(0, 360))
def test_a_length_is_that_of_the_plane_over_the_projections_own_scale(lon, lat, degrees):
    grid = utm_grid(square_around(lat, lon, 100.0), 3.0)
    x, y = _at(str(grid.crs), lon, lat)
    east, north = 100 * math.cos(math.radians(degrees)), 100 * math.sin(math.radians(degrees))
    scale = math.sqrt(Proj(str(grid.crs)).get_factors(lon, lat).areal_scale)  # conformal: alike in all directions
    assert length_m(x - east, y - north, x + east, y + north, grid) == pytest.approx(200 / scale, rel=2e-5)


def test_an_area_does_not_depend_on_the_side_from_which_the_outline_is_walked():
    x, y = _at("EPSG:32631", 3.0, 45.0)
    ring = [(x, y), (x + 90, y), (x + 90, y + 60), (x, y + 60)]
    grid = _grid("EPSG:32631")
    assert area_m2(Polygon(ring), grid) == pytest.approx(area_m2(Polygon(ring[::-1]), grid))


def test_the_area_of_a_wide_outline_is_the_sum_of_its_parts():
    x, y = _at("EPSG:32631", 5.5, 55.0)
    grid = _grid("EPSG:32631")
    parts = [box(x + i, y + j, x + i + 5000, y + j + 5000) for i in range(0, 40_000, 5000) for j in (0, 5000)]
    assert area_m2(box(x, y, x + 40_000, y + 10_000), grid) == pytest.approx(
        sum(area_m2(part, grid) for part in parts), rel=1e-9)


def test_a_hole_is_not_part_of_an_area():
    x, y = _at("EPSG:32631", 3.0, 45.0)
    outer, inner = box(x, y, x + 100, y + 100), box(x + 20, y + 20, x + 60, y + 60)
    grid = _grid("EPSG:32631")
    assert area_m2(outer.difference(inner), grid) == pytest.approx(area_m2(outer, grid) - area_m2(inner, grid))


def test_without_georeference_sizes_are_those_of_the_picture():
    grid = picture_grid(100, 80, 0.5)
    assert area_m2(box(1, -11, 21, -1), grid) == pytest.approx(200)
    assert length_m(0, 0, 3, -4, grid) == pytest.approx(5)
    with pytest.raises(AreaError, match="no georeference"):
        to_lonlat(box(0, -1, 1, 0), grid)


@settings(max_examples=10, deadline=None)
@given(lon=_LONGITUDES, lat=_LATITUDES, size_m=st.floats(50, 5000))
def test_a_square_around_a_place_has_its_size_there(lon, lat, size_m):
    square = square_around(lat, lon, size_m)
    grid = utm_grid(square, 10.0)
    assert area_m2(reproject(square, WGS84, grid.crs), grid) == pytest.approx(size_m**2, rel=5e-3)


@pytest.mark.parametrize(("lat", "lon", "size_m"), [(91, 0, 100), (40, 181, 100), (40, 0, 0), (40, 0, 1e6)])
def test_a_place_that_is_none_is_refused(lat, lon, size_m):
    with pytest.raises(AreaError, match="is not a place"):
        square_around(lat, lon, size_m)


@settings(max_examples=10, deadline=None)
@given(lon=_LONGITUDES, lat=_LATITUDES, gsd_m=st.sampled_from([0.5, 3.0, 10.0]))
def test_a_sites_grid_holds_its_area_and_lies_on_whole_pixels(lon, lat, gsd_m):
    area = square_around(lat, lon, 600.0)
    grid = utm_grid(area, gsd_m)
    a = grid.affine
    assert (a.a, a.e) == (gsd_m, -gsd_m)
    assert (a.c / gsd_m) % 1 == pytest.approx(0, abs=1e-6) or (a.c / gsd_m) % 1 == pytest.approx(1, abs=1e-6)
    left, bottom, right, top = reproject(area, WGS84, grid.crs).bounds
    play = 1e-3 * gsd_m
    assert a.c <= left + play
    assert a.f >= top - play
    assert a.c + grid.width * gsd_m >= right - play
    assert a.f - grid.height * gsd_m <= bottom + play
    assert (grid.width - 2) * gsd_m < right - left


@pytest.mark.parametrize(("lat", "lon", "code"), [(45, 3, 32631), (-33, 151, 32756), (40, -105.01, 32613)])
def test_the_grid_is_that_of_the_utm_zone(lat, lon, code):
    assert utm_grid(square_around(lat, lon, 100.0), 3.0).crs.epsg == code


def test_a_grid_like_the_images_falls_on_their_pixels():
    area = square_around(45.0, 3.0, 500.0)
    left, _, _, top = reproject(area, WGS84, utm_grid(area, 3.0).crs).bounds
    images = GeoBox((400, 400), Affine(3, 0, left - 100.7, 0, -3, top + 100.4), "EPSG:32631")
    grid = utm_grid(area, 3.0, like=images)
    column, row = ~images.affine @ (grid.affine.c, grid.affine.f)
    assert (column - round(column), row - round(row)) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))


@pytest.mark.parametrize("area", [Polygon(), box(500_000, 4_000_000, 500_100, 4_000_100),
                                  Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])])
def test_an_area_that_is_not_longitude_and_latitude_is_refused(area):
    with pytest.raises(AreaError, match="longitude"):
        utm_grid(area, 3.0)


def test_beyond_the_zones_there_is_no_grid():
    with pytest.raises(AreaError, match="no UTM zone"):
        utm_grid(box(0, 88, 1, 89), 3.0)


def test_what_images_have_in_common_is_where_they_overlap():
    one, other = _grid("EPSG:32631", 500_000, 5_000_000), _grid("EPSG:32631", 500_150, 5_000_060)
    common = reproject(common_footprint([one, other]), WGS84, one.crs)
    assert common.symmetric_difference(box(500_150, 4_999_760, 500_300, 5_000_000)).area < 1
    with pytest.raises(AreaError, match="no ground in common"):
        common_footprint([one, _grid("EPSG:32631", 600_000, 5_000_000)])
