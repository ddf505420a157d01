"""Alignment of two views: what only a few windows agree on needs the second matcher's word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import texture

from sitewatch.stack._align import Shift, _checked, _edges, align_views

_FEW = Shift(x_px=2.0, y_px=1.0, sigma_px=0.2, agreeing=3, windows=9)


@pytest.fixture
def views() -> tuple[np.ndarray, np.ndarray]:
    """A ground, and the same ground whose content lies 2 px right and 1 px down."""
    ground = 100 + 20 * texture(np.random.default_rng(3), 256, 1)[0]
    return ground, np.roll(ground, (1, 2), (0, 1))


def test_a_shift_of_few_windows_is_kept_where_the_second_matcher_finds_it_too(views):
    assert _checked(*(_edges(view) for view in views), _FEW) == _FEW


def test_a_shift_of_few_windows_that_the_second_matcher_does_not_find_is_refused(views):
    other = 100 + 20 * texture(np.random.default_rng(4), 256, 1)[0]
    refused = _checked(_edges(views[0]), _edges(other), _FEW)
    assert (refused.agreeing, refused.sigma_px) == (0, float("inf"))


def test_a_shift_that_most_windows_agree_on_needs_no_second_opinion(views):
    many = replace(_FEW, agreeing=8)
    other = 100 + 20 * texture(np.random.default_rng(4), 256, 1)[0]
    assert _checked(_edges(views[0]), _edges(other), many) == many


def test_two_views_are_aligned_to_a_small_part_of_a_pixel(views):
    first, second = align_views(np.stack(views).astype(np.float32), zero=0)
    assert (first.x_px, first.y_px) == (0, 0)
    assert (second.x_px, second.y_px) == (pytest.approx(2, abs=0.05), pytest.approx(1, abs=0.05))
