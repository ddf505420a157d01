"""A rectangle as a sensor sees it: no light is lost, and none appears from nowhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from shapely import Point
from tests.worlds import iou, rectangle

from sitewatch.geo import Rectangle

_RECTANGLES = st.builds(rectangle, st.floats(22, 38), st.floats(22, 38), st.floats(4, 20), st.floats(2, 12),
                        st.floats(0, 180))
_FINE = 12


def _brute_force(where: Rectangle, size: int, blur_px: float) -> np.ndarray:
    """Fine points inside or outside, blurred, averaged over pixels."""
    y, x = (np.mgrid[:size * _FINE, :size * _FINE] + 0.5) / _FINE
    cos, sin = math.cos(where.angle), math.sin(where.angle)
    along, across = (x - where.x) * cos + (y - where.y) * sin, (y - where.y) * cos - (x - where.x) * sin
    inside = (np.abs(along) < where.length / 2) & (np.abs(across) < where.width / 2)
    fine = gaussian_filter(inside.astype(float), blur_px * _FINE)
    return fine.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES, blur_px=st.floats(0.5, 2.5))
def test_what_is_seen_of_a_rectangle_sums_to_its_area(where, blur_px):
    assert where.seen((60, 60), blur_px).sum() == pytest.approx(where.length * where.width, rel=2e-3)


@settings(max_examples=12, deadline=None)
@given(where=st.builds(rectangle, st.floats(12, 18), st.floats(12, 18), st.floats(3, 10), st.floats(2, 8),
                       st.floats(0, 180)), blur_px=st.floats(0.6, 1.8))
def test_every_pixel_sees_as_much_as_fine_points_through_the_blur_say(where, blur_px):
    assert np.abs(where.seen((30, 30), blur_px) - _brute_force(where, 30, blur_px)).max() < 0.03


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES, dx=st.integers(-8, 8), dy=st.integers(-8, 8))
def test_a_rectangle_that_moves_is_seen_where_it_went(where, dx, dy):
    there = Rectangle(x=where.x + dx, y=where.y + dy, length=where.length, width=where.width, angle=where.angle)
    assert np.allclose(np.roll(where.seen((80, 80), 0.8), (dy, dx), (0, 1)), there.seen((80, 80), 0.8), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES)
def test_a_rectangle_found_around_its_pixels_is_that_rectangle_to_a_pixel(where):
    found = Rectangle.around(where.seen((60, 60), 0.3) > 0.5)
    assert (found.x, found.y) == (pytest.approx(where.x, abs=1.2), pytest.approx(where.y, abs=1.2))
    assert found.length >= found.width
    assert found.length == pytest.approx(max(where.length, where.width), abs=2.2)
    assert found.width == pytest.approx(min(where.length, where.width), abs=2.2)


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES)
def test_the_outline_has_the_rectangles_sides_and_centre(where):
    assert where.polygon.area == pytest.approx(where.length * where.width)
    assert where.polygon.centroid.distance(Point(where.x, where.y)) < 1e-9
    assert iou(Rectangle.of(where.vector).polygon, where.polygon) == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(where=_RECTANGLES)
def test_distance_is_that_to_the_outline_negative_inside(where):
    distance = where.distance((60, 60))
    for row, column in ((30, 30), (5, 7), (45, 31), (28, 52)):
        centre = Point(column + 0.5, row + 0.5)
        sign = -1 if where.polygon.contains(centre) else 1
        assert distance[row, column] == pytest.approx(sign * where.polygon.exterior.distance(centre), abs=1e-6)


@given(where=_RECTANGLES, blur_px=st.floats(0.3, 3))
def test_what_is_seen_at_some_pixels_is_what_is_seen_of_all_to_the_last_bit(where, blur_px):
    some = where.distance((60, 60)) < 3
    assert (where.seen((60, 60), blur_px, some) == where.seen((60, 60), blur_px)[some]).all()


@given(_RECTANGLES, st.floats(0.7, 2.5))
@settings(max_examples=20, deadline=None)
def test_the_slopes_of_what_is_seen_are_those_of_small_steps(one, blur_px):
    where, step = np.ones((60, 60), bool), 1e-5
    slopes = one.slopes(where.shape, blur_px, where)
    for index, way in enumerate(np.eye(5) * step):
        more, less = (Rectangle.of(one.vector + sign * way).seen(where.shape, blur_px, where) for sign in (1, -1))
        assert np.allclose(slopes[:, index], (more - less) / (2 * step), atol=1e-6)
