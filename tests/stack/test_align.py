"""Alignment of views to a small part of a pixel, whatever the sun does; what few windows agree on is checked twice."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import ndimage
from tests.worlds import texture

from sitewatch.stack._align import Shift, _checked, _taken, align_views

_FEW = Shift(x_px=2.0, y_px=1.0, sigma_px=0.2, agreeing=3, windows=9)
_HERE = Shift(x_px=0.0, y_px=0.0, sigma_px=0.05, agreeing=9, windows=9)
_AGAINST_FIRST = np.array([[0, 0], [1, 0]], np.float32)


def _ground(seed: int) -> np.ndarray:
    return (100 + 20 * texture(np.random.default_rng(seed), 256, 1)[0]).astype(np.float32)


def _moved(ground: np.ndarray, x: float, y: float) -> np.ndarray:
    """The content moved right and down by parts of a pixel, exactly."""
    return np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(ground), (y, x))).real.astype(np.float32)


def _judged(first: np.ndarray, second: np.ndarray, shift: Shift) -> Shift:
    return _checked(_taken(np.stack([first, second]))[0], [_HERE, _HERE], _AGAINST_FIRST, [_HERE, shift])[1]


def test_a_shift_of_few_windows_is_kept_where_the_second_matcher_finds_it_too():
    assert _judged(_ground(3), _moved(_ground(3), 2, 1), _FEW) == _FEW


def test_a_shift_of_few_windows_that_the_second_matcher_does_not_find_is_refused():
    refused = _judged(_ground(3), _ground(4), _FEW)
    assert (refused.agreeing, refused.sigma_px) == (0, float("inf"))


def test_a_shift_that_most_windows_agree_on_needs_no_second_opinion():
    many = replace(_FEW, agreeing=8)
    assert _judged(_ground(3), _ground(4), many) == many


@pytest.mark.parametrize("x", [-1.5, 0.25, 0.5, 1.37, 23.6])
def test_whole_pixels_do_not_attract_a_shift(x):
    first, second = align_views(np.stack([_ground(3), _moved(_ground(3), x, -0.4)]), zero=0)
    assert (first.x_px, first.y_px) == (0, 0)
    assert (second.x_px, second.y_px) == (pytest.approx(x, abs=0.02), pytest.approx(-0.4, abs=0.02))


def test_shadows_that_turn_with_the_sun_do_not_pull_a_view_along():
    draw = np.random.default_rng(5)
    corners = draw.integers(16, 232, (60, 2))

    def lit(shadow_px: int) -> np.ndarray:
        view = np.full((256, 256), 100, np.float32)
        for x, y in corners:
            view[y + 4:y + 4 + shadow_px, x:x + 9] = 40
        for x, y in corners:
            view[y:y + 6, x:x + 9] = 160
        return cv2.GaussianBlur(view, (0, 0), 0.8) + draw.normal(0, 2, view.shape).astype(np.float32)

    _, second = align_views(np.stack([lit(4), lit(9)]), zero=0)
    assert np.hypot(second.x_px, second.y_px) < 0.15


def test_the_ties_of_trusted_windows_lie_about_their_shift():
    _, second = align_views(np.stack([_ground(3), _moved(_ground(3), 0.7, 0.2)]), zero=0)
    assert second.ties_px.shape == (second.windows, 2)
    assert np.abs(second.ties_px).max() < 0.05


def test_views_without_any_image_are_not_placed():
    empty = np.full((256, 256), np.nan, np.float32)
    shifts = align_views(np.stack([_ground(3), _moved(_ground(3), 0.7, 0.2), empty]), zero=0)
    assert shifts[1].x_px == pytest.approx(0.7, abs=0.02)
    assert shifts[2].agreeing == 0
