"""What is drawn over the pictures: true lengths, true north, outlines in their place, signs beside them."""

from __future__ import annotations

import math
import re

import pytest
from pyproj import Geod
from shapely import box
from shapely.geometry import Point
from tests.report.yard import hall, site_in_a_picture, site_on_earth, world_of

from sitewatch.geo import from_pixels, picture_grid, to_lonlat, utm_grid
from sitewatch.model import Name, Site
from sitewatch.report._frames import Outline, Window, marks_in, north_deg, scale_bar, whole


def _site(lon: float, lat: float, gsd_m: float = 10.0) -> Site:
    area = box(lon, lat, lon + 0.03, lat + 0.02)
    return Site(slug="s", names=(Name(text="S"),), area=area, grid=utm_grid(area, gsd_m))


def _metres(label: str) -> float:
    number, unit = label.split()
    return float(number) * (1000 if unit == "km" else 1)


@pytest.mark.parametrize(("lon", "lat"), [(55.0, 25.0), (-40.0, 0.5), (20.0, 69.0), (5.9, 60.0), (0.1, -45.0)])
def test_the_scale_bar_is_as_long_on_the_ellipsoid_as_it_says(lon, lat):
    site = _site(lon, lat)
    window = whole(site)
    bar = scale_bar(window, site)
    row = window.height / 2
    ends = [to_lonlat(from_pixels(Point(x, row), site.grid), site.grid)
            for x in (0, window.width * bar.percent / 100)]
    _, _, true_m = Geod(ellps="WGS84").inv(ends[0].x, ends[0].y, ends[1].x, ends[1].y)
    assert true_m == pytest.approx(_metres(bar.label), rel=2e-3)
    assert 5 < bar.percent <= 25


def test_the_scale_bar_of_a_picture_follows_its_pixel_size():
    site = Site(slug="s", names=(), area=box(0, -60, 90, 0), grid=picture_grid(400, 300, 2.5))
    bar = scale_bar(Window(left=10, top=10, width=200, height=100), site)
    assert bar.label == "100 m"
    assert bar.percent == pytest.approx(20.0)


@pytest.mark.parametrize(("lon", "lat"), [(55.0, 25.0), (20.9, 69.0), (0.1, -45.0), (5.8, 60.0)])
def test_the_arrow_points_to_true_north(lon, lat):
    site = _site(lon, lat)
    window = whole(site)
    turn = north_deg(window, site)
    assert turn is not None
    middle = (window.width / 2, window.height / 2)
    tip = (middle[0] + 10 * math.sin(math.radians(turn)), middle[1] - 10 * math.cos(math.radians(turn)))
    a, b = (to_lonlat(from_pixels(Point(p), site.grid), site.grid) for p in (middle, tip))
    azimuth, _, _ = Geod(ellps="WGS84").inv(a.x, a.y, b.x, b.y)
    assert azimuth == pytest.approx(0.0, abs=0.05)


def test_north_turns_away_from_the_grids_up_off_the_middle_of_its_zone():
    assert abs(north_deg(whole(_site(3.0, 60.0)), _site(3.0, 60.0)) or 0) < 0.05
    assert abs(north_deg(whole(_site(5.9, 60.0)), _site(5.9, 60.0)) or 0) > 2


def test_without_georeference_no_north_is_drawn():
    site = site_in_a_picture()
    assert north_deg(whole(site), site) is None
    page = world_of(site).page()
    assert "north is not known" in page
    assert "rotate(" not in page


def test_an_outline_is_drawn_where_it_lies():
    site = site_on_earth()
    window = Window(left=20, top=10, width=40, height=30)
    mark, = marks_in(window, [Outline(sign="A", outline=hall(site, 30, 24, 12, 8), style="new")], site)
    points = {tuple(float(n) for n in point.split(",")) for point in mark.points.split()}
    assert points == {(10.0, 14.0), (22.0, 14.0), (22.0, 22.0), (10.0, 22.0)}


def test_an_outline_beyond_the_window_is_not_drawn():
    site = site_on_earth()
    window = Window(left=0, top=0, width=20, height=20)
    assert marks_in(window, [Outline(sign="A", outline=hall(site), style="new")], site) == ()


def test_a_sign_does_not_stand_on_another_thing():
    site = site_on_earth()
    upper, lower = (Outline(sign=sign, outline=hall(site, 30, row, 20, 8), style="new")
                    for sign, row in (("B", 20), ("A", 28.5)))
    by_sign = {mark.sign: mark for mark in marks_in(whole(site), [lower, upper], site)}
    assert by_sign["B"].side == "above"
    assert by_sign["A"].side != "above"


def test_a_sign_stays_within_the_picture():
    site = site_on_earth()
    mark, = marks_in(whole(site), [Outline(sign="A", outline=hall(site, 40, 0, 10, 8), style="new")], site)
    assert mark.side != "above"


def test_what_matters_most_is_drawn_over_the_rest():
    site = site_on_earth()
    first, second = (Outline(sign=sign, outline=hall(site), style="new") for sign in ("A", "1"))
    assert [mark.sign for mark in marks_in(whole(site), [first, second], site)] == ["1", "A"]


def test_the_map_shows_structures_references_controls_and_the_area(page):
    place = page[page.index('id="place"'):page.index('id="found"')]
    styles = re.findall(r'<polygon class="line (\w+)"', place)
    assert sorted(styles) == ["area", "control", "new", "reference"]
    assert [re.search(rf'class="sign \w+"[^>]*>{sign}<', place) is not None for sign in ("A", "1", "c1")] == [True] * 3


def test_outlines_can_be_taken_away_without_a_script(page):
    assert "figure:has(.outlines:not(:checked)) .marks { display: none; }" in page
    assert re.search(r'<input type="checkbox" class="outlines" checked>', page)


def test_without_a_script_both_looks_stand_side_by_side(page):
    before_script = page[:page.index("<script>")]
    compare = before_script[before_script.index('<div class="compare"'):before_script.index('<div class="controls"')]
    assert "is-slider" not in compare
    assert compare.count("<img ") == 2
    assert ".compare { display: grid; grid-template-columns: 1fr 1fr;" in page
