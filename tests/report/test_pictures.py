"""Pictures: cut alike, stretched alike, nothing invented where nothing was seen."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.report.yard import CAME, DAYS, LOOKS, hall, picture, site_on_earth, stack_of, structure_at, world_of

from sitewatch.model import Between
from sitewatch.report import ReportOptions
from sitewatch.report._frames import Window, whole, window_around
from sitewatch.report._pairs import latest_clear, pair_of_structure
from sitewatch.report._pictures import coarsened, picture_of, stretch_of, stretched

_SITE = site_on_earth()
_STACK = stack_of(_SITE)
_OPTIONS = ReportOptions()


def test_both_frames_have_the_same_extent_and_stretch(world):
    files = world.report(ReportOptions(enlarge="nearest", figure_width_px=96)).files
    before, after = (picture(files[f"pictures/structure-a-{side}.png"]) for side in ("before", "after"))
    assert before.shape == after.shape
    rows, columns = before.shape[:2]
    same = np.ones((rows, columns), bool)
    same[rows // 5:-(rows // 5), columns // 5:-(columns // 5)] = False   # all but the hall's surroundings
    assert np.array_equal(before[same], after[same])
    assert after[rows // 2, columns // 2].min() > before[rows // 2, columns // 2].max() + 100


def test_one_stretch_serves_all_pictures_of_a_report(world):
    stretch = stretch_of(_STACK, _OPTIONS)
    once, again = (stretched(_STACK, 7, window, stretch) for window in (whole(_SITE), Window(
        left=20, top=20, width=30, height=20)))
    assert np.array_equal(once[20:40, 20:50], again)


def test_a_brighter_pixel_is_never_shown_darker():
    stretch = stretch_of(_STACK, _OPTIONS)
    shown = stretched(_STACK, 7, whole(_SITE), stretch)[:, :, 0].ravel()
    values = _STACK.values[7, 0].ravel()
    assert (np.diff(shown[np.argsort(values)]) >= 0).all()


def test_reflectance_is_lifted_and_a_display_picture_is_not():
    reflectance = replace(_STACK, scenes=replace(_STACK.scenes, scenes=tuple(
        replace(s, sensor="sentinel-2") for s in _STACK.scenes.scenes)))
    assert stretch_of(_STACK, _OPTIONS).gamma == 1.0
    assert stretch_of(reflectance, _OPTIONS).gamma == _OPTIONS.reflectance_gamma


@pytest.mark.parametrize("method", ["nearest", "bicubic"])
def test_an_unclear_pixel_is_hatched(method):
    ground = np.full((20, 30, 3), 0.2)
    ground[5:15, 10:20] = np.nan
    shown = picture(picture_of(ground, 10, method, 300).data).astype(float)
    assert shown.shape == (200, 300, 3)
    hatched = shown[60:140, 110:190].mean(axis=2)
    assert hatched.std() > 15                       # stripes, not one grey that could be ground
    assert hatched.min() > 140
    clear = shown[:40].mean(axis=2)
    assert clear.std() < 3
    assert abs(clear.mean() - 51) < 3


def test_a_look_in_which_nothing_was_seen_is_all_hatched():
    shown = picture(picture_of(np.full((8, 8, 3), np.nan), 4, "nearest", 32).data)
    assert set(np.unique(shown)) == {160, 205}


def test_each_pixel_keeps_its_place_when_it_is_enlarged():
    ground = np.zeros((4, 6, 3))
    ground[1, 2] = 1.0
    shown = picture(picture_of(ground, 5, "nearest", 30).data)
    assert (shown[5:10, 10:15] == 255).all()
    assert shown.sum() == 255 * 3 * 25


def test_a_large_site_is_made_smaller_not_cut():
    ground = np.zeros((400, 1000, 3))
    made = picture_of(ground, 1, "bicubic", 500)
    assert (made.width, made.height) == (500, 200)


def test_a_crop_holds_its_structure_and_stays_on_the_grid():
    for column, row, width, height in ((0, 0, 5, 5), (90, 80, 8, 6), (40, 10, 4, 70), (2, 40, 95, 6)):
        window = window_around(hall(_SITE, column, row, width, height), _SITE, 3.4, 48)
        assert window.left >= 0
        assert window.top >= 0
        assert window.left + window.width <= _SITE.grid.width
        assert window.top + window.height <= _SITE.grid.height
        assert window.left <= column
        assert column + width <= window.left + window.width
        assert window.top <= row
        assert row + height <= window.top + window.height


def test_the_pair_lies_on_both_sides_of_the_bracket_and_is_alike_in_season():
    structure = structure_at(hall(_SITE))
    stretch = stretch_of(_STACK, _OPTIONS)
    pair = pair_of_structure(structure, _STACK, whole(_SITE), stretch)
    assert pair is not None
    assert pair.before < CAME <= pair.after
    assert pair.comparison.season_days < 10
    assert (DAYS[pair.after] - DAYS[pair.before]).days in range(350, 375)


@pytest.mark.parametrize("last_without", range(LOOKS - 1))
def test_no_look_after_the_bracket_is_shown_as_before_and_none_before_it_as_after(last_without):
    when = Between(after=DAYS[last_without], by=DAYS[last_without + 1])
    structure = structure_at(hall(_SITE), first=when, looks=())
    pair = pair_of_structure(structure, _STACK, whole(_SITE), stretch_of(_STACK, _OPTIONS))
    assert pair is not None
    assert pair.before <= last_without < pair.after


def test_an_unclear_look_is_not_shown_where_a_clear_one_is_to_be_had():
    structure = structure_at(hall(_SITE))
    unclear = {2, CAME + 1}
    looks = tuple(replace(look, state="unclear") if i in unclear else look for i, look in enumerate(structure.looks))
    pair = pair_of_structure(replace(structure, looks=looks), _STACK, whole(_SITE), stretch_of(_STACK, _OPTIONS))
    assert pair is not None
    assert {pair.before, pair.after} & unclear == set()


def test_a_removed_structure_is_shown_before_it_went():
    structure = structure_at(hall(_SITE), class_="removed structure", first=Between(),
                             last=Between(after=DAYS[6], by=DAYS[7]))
    pair = pair_of_structure(structure, _STACK, whole(_SITE), stretch_of(_STACK, _OPTIONS))
    assert pair is not None
    assert pair.before <= 6
    assert pair.after >= 7


def test_the_map_shows_the_latest_of_the_clearest_looks():
    values = _STACK.values.copy()
    values[-1, :, :40] = np.nan
    clouded = replace(_STACK, data=_STACK.data.assign(values=(("time", "band", "y", "x"), values)))
    stretch = stretch_of(_STACK, _OPTIONS)
    assert latest_clear(_STACK, whole(_SITE), stretch) == LOOKS - 1
    assert latest_clear(clouded, whole(_SITE), stretch) == LOOKS - 2


def test_each_picture_says_its_day_its_scene_and_its_credit(page):
    figure = page[page.index('<figure class="large'):page.index("</figure>")]
    days = re.findall(r'class="date">(Before|After) <b><time datetime="([-\d]+)"', figure)
    assert [side for side, _ in days] == ["Before", "After"]
    for _, day in days:
        assert f"satellite image of {day}" in figure
    assert "Image © 2024 Provider" in figure
    assert len(re.findall(r"<code>scene-\d</code>", figure)) == 2


def test_the_two_looks_of_the_bracket_are_shown_where_others_are_shown_large():
    files = world_of().report(ReportOptions(figure_width_px=96, map_width_px=96)).files
    assert {"pictures/structure-a-last-without.jpg", "pictures/structure-a-first-with.jpg"} <= set(files)


def test_a_coarsened_picture_holds_no_pixel_of_the_original_and_keeps_its_mean_and_its_size():
    pixels = np.random.default_rng(1).random((7, 9, 3))
    pixels[0, 0] = np.nan
    coarse = coarsened(pixels)
    assert coarse.shape == pixels.shape
    assert np.isfinite(coarse).all()  # three of its four were seen
    assert (coarse[2:6, 2:8] != pixels[2:6, 2:8]).all()
    assert coarse[2:6, 2:8].mean() == pytest.approx(pixels[2:6, 2:8].mean())
    assert coarse[6, 8] == pytest.approx(pixels[6, 8])  # a corner without neighbours
