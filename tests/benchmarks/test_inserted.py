"""Rendered halls lie where, when and as bright as their records say, and throw their shadows away from the sun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from benchmarks.accuracy.halls import FROZEN, Hall, place_halls
from benchmarks.accuracy.insertion import Frame, _clear, _line, insert, roof_step
from shapely import box

from sitewatch.geo import Rectangle

_SHAPE, _GSD_M, _BLUR_PX = (40, 50), 6.0, 0.8
_START = datetime(2019, 6, 1, 12, tzinfo=UTC)
_HALL = Hall(size="medium", contrast="strong", height_m=12.0, step=60.0, story="appears", start=_START, end=_START,
             footprint=Rectangle(x=20.0, y=20.0, length=8.0, width=4.0, angle=0.0))


def _frame(**changed):
    """Flat ground of 80 in two bands with one dark corner, the sun in the south at 45 degrees."""
    ground = np.full((2, *_SHAPE), 80.0, np.float32)
    ground[:, :4, :8] = 10.0
    told = {"file": Path("2019-07-01.tif"), "taken": datetime(2019, 7, 1, tzinfo=UTC), "pixels": ground,
            "typical": ground, "shift_px": (0.0, 0.0), "gain": np.ones(2), "offset": np.zeros(2),
            "clear": np.ones(_SHAPE), "noise": np.zeros(2), "sun": (180.0, 45.0)}
    return Frame(**(told | changed))


def _added(frame, hall=_HALL):
    return insert(frame, [hall], _BLUR_PX, _GSD_M) - frame.pixels


def _centre(weights):
    y, x = np.mgrid[:_SHAPE[0], :_SHAPE[1]] + 0.5
    return (x * weights).sum() / weights.sum(), (y * weights).sum() / weights.sum()


def test_the_light_that_a_roof_adds_is_its_step_times_its_area():
    low = _added(_frame(sun=(180.0, 89.9)))
    assert low[0].sum() == pytest.approx(60 * 8 * 4, rel=0.02)
    assert low[0].max() == pytest.approx(60, abs=4)  # the blur reaches the middle of a width of 4
    assert _centre(low[0]) == pytest.approx((20, 20), abs=0.02)


def test_a_roof_lies_where_the_frame_is_displaced_to():
    moved = _added(_frame(sun=(180.0, 89.9), shift_px=(1.5, -0.75)))
    assert _centre(moved[0]) == pytest.approx((21.5, 19.25), abs=0.02)


def test_a_frame_of_more_contrast_shows_more_of_the_step():
    added = _added(_frame(sun=(180.0, 89.9), gain=np.array([1.0, 0.5]), offset=np.array([0.0, 40.0])))
    assert added[1].max() == pytest.approx(0.5 * added[0].max(), abs=1)


@pytest.mark.parametrize(("azimuth", "away"), [(180.0, (0, -1)), (90.0, (-1, 0)), (135.0, (-0.7, -0.7))])
def test_a_shadow_falls_away_from_the_sun_as_far_as_the_hall_is_high(azimuth, away):
    shade = _added(_frame(sun=(azimuth, 45.0)))[0] - _added(_frame(sun=(azimuth, 89.99)))[0]
    x, y = _centre(shade)
    assert np.sign([round(x - 20, 1), round(y - 20, 1)]).tolist() == np.sign(away).tolist()
    reach_px = 12.0 / 6.0
    thrown = {180.0: 8 * reach_px, 90.0: 4 * reach_px}.get(azimuth, (8 + 4) * reach_px * np.sqrt(0.5))
    # The shadow takes 60 % of what lies above the darkest ground, 10.
    assert -shade.sum() == pytest.approx(thrown * 0.6 * 70, rel=0.1)


def test_a_hall_is_not_there_before_it_comes_and_not_after_it_goes():
    before = _frame(taken=_START - timedelta(days=1))
    gone = Hall(**{name: getattr(_HALL, name) for name in Hall.__slots__} | {"story": "vanishes"})
    assert not _added(before).any()
    assert _added(before, gone).any()
    assert not _added(_frame(), gone).any()


def test_works_of_weeks_grow_from_one_end():
    slow = Hall(**{name: getattr(_HALL, name) for name in Hall.__slots__} | {"end": _START + timedelta(days=40)})
    half = slow.standing(_START + timedelta(days=20))
    assert (half.length, half.x, half.width) == (4.0, 18.0, 4.0)
    assert slow.standing(_START) is None
    assert slow.standing(_START + timedelta(days=99)) == _HALL.footprint


def test_behind_a_cloud_a_hall_shows_by_the_share_of_light_that_comes_through():
    clear = np.ones(_SHAPE)
    clear[:, 20:] = 0.0
    added = _added(_frame(sun=(180.0, 89.9), clear=clear))[0]
    assert not added[:, 20:].any()
    assert added[20, 18] == pytest.approx(60, abs=4)


def test_a_cloud_hides_what_it_makes_brighter():
    ground = np.full((1, 40, 40), 80.0)
    seen = ground.copy()
    seen[:, :, 20:] = 250.0
    share = _clear(seen, ground)
    assert share[20, 5] > 0.99
    assert share[20, 35] < 0.01


def test_a_step_that_the_pictures_would_cut_off_is_turned():
    bright = np.full((2, *_SHAPE), 230.0)
    assert roof_step(_HALL, bright).tolist() == [-60.0, -60.0]
    assert roof_step(_HALL, _frame().typical).tolist() == [60.0, 60.0]


def test_the_line_of_a_frame_is_not_drawn_by_what_changed():
    x = np.random.default_rng(0).uniform(50, 150, (40, 40))
    y = 20 + 0.8 * x
    y[:8] = 255
    assert _line(x, y) == pytest.approx((0.8, 20), abs=0.01)


def test_halls_keep_away_from_what_is_known_and_from_each_other_and_a_draw_is_frozen():
    known = [box(0, 0, 60, 100)]
    span = datetime(2018, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    halls = place_halls(7, known, (200, 200), span)
    outlines = [hall.footprint.polygon for hall in halls]
    assert len(halls) == 9
    assert min(outline.distance(known[0]) for outline in outlines) >= 6
    assert min(a.distance(b) for a in outlines for b in outlines if a is not b) >= 6
    assert all(span[0] < hall.start <= hall.end < span[1] for hall in halls)
    assert place_halls(7, known, (200, 200), span) == halls


def test_no_draw_is_in_both_halves():
    assert not set(FROZEN["tune"]) & set(FROZEN["test"])
