"""The arithmetic of residuals and of their stated error, and that what should lie off by a shift does."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.accuracy.alignment import centred, honesty, shadow_bias, summary
from benchmarks.accuracy.alignment_matchers import MATCHERS, PEERS
from benchmarks.accuracy.alignment_pairs import PLACES, _far, _Seen
from benchmarks.accuracy.alignment_real import ties_between
from benchmarks.speed.known_shift import KnownShift, pair_of, shifted

_SMALL = KnownShift(side_px=256, new=0, noise=0.0, gain=1.0)


@pytest.fixture(scope="module")
def pair() -> np.ndarray:
    """Reference and view (2, y, x), brightness in the mean of the bands; the view lies off by (1.374, -0.617)."""
    return np.stack(pair_of(_SMALL)).mean(axis=1, dtype=np.float32)


def test_an_offset_that_all_views_have_in_common_is_no_residual():
    true = np.array([[0.0, 0.0], [1.0, -2.0], [0.3, 0.4]])
    assert centred(true + np.array([5.0, -3.0]), true) == pytest.approx(np.zeros((3, 2)), abs=1e-12)


def test_one_wrong_view_does_not_move_the_others():
    true = np.zeros((5, 2))
    found = true.copy()
    found[0] = 10, 0
    assert np.hypot(*centred(found, true).T).tolist() == [10, 0, 0, 0, 0]


def test_no_view_has_no_residual():
    assert centred(np.empty((0, 2)), np.empty((0, 2))).shape == (0, 2)


def test_sigmas_of_the_right_size_hold_90_percent_of_the_residuals():
    residuals = np.random.default_rng(0).normal(0, 0.2, (5000, 2))
    assert honesty(residuals, np.full(5000, 0.2)) == pytest.approx(0.9, abs=0.01)
    assert honesty(residuals, np.full(5000, 0.1)) == pytest.approx(0.59, abs=0.01)


def test_each_axis_is_held_against_its_own_view_s_sigma():
    assert honesty(np.array([[0.1, 0.3], [0.1, 0.3]]), np.array([0.1, 0.2])) == 0.75


def test_a_residual_that_nobody_knows_is_neither_honest_nor_wrong():
    residuals = np.array([[np.nan, np.nan], [0.0, 2.0]])
    assert honesty(residuals, np.array([9.0, 9.0])) == 1.0
    assert honesty(residuals[:1], np.array([9.0])) is None
    assert summary(residuals, 2) == {"asked": 4, "median_px": 2.0, "p90_px": 2.0, "wrong": "1 of 4 (25 %)",
                                     "refused": "2 of 4 (50 %)"}


def test_all_refused_has_no_median():
    assert summary(np.empty((0, 2)), 3)["median_px"] is None


def test_a_matcher_that_moves_with_the_shadows_is_told():
    elevations = np.linspace(15, 65, 40)
    suns = np.stack([np.full(40, 180.0), elevations], axis=1)  # in the south: shadows fall to the north, up
    up = -1 / np.tan(np.radians(elevations))
    moving = np.stack([np.zeros(40), 0.1 * up], axis=1)
    assert shadow_bias(moving, suns) == pytest.approx(0.1 * up.std())
    assert shadow_bias(np.stack([0.1 * up, np.zeros(40)], axis=1), suns) == pytest.approx(0)


def test_a_shift_by_whole_pixels_moves_the_content_right_and_down():
    picture = np.random.default_rng(1).random((32, 40), np.float32)
    assert shifted(picture, (3.0, -2.0)) == pytest.approx(np.roll(picture, (-2, 3), (0, 1)), abs=1e-5)


def test_a_shift_and_its_opposite_cancel():
    waves = np.random.default_rng(2).random((32, 41), np.float32)  # odd, so that no wave is its own mirror image
    there = shifted(waves[:31], (0.37, -0.62))
    assert shifted(there, (-0.37, 0.62)) == pytest.approx(waves[:31], abs=1e-5)


def test_the_picture_of_known_shift_has_the_shift_that_it_says(pair):
    reference, view = (np.fft.rfft2(picture * np.outer(np.hanning(256), np.hanning(256))) for picture in pair)
    down, right = np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None]
    slow = (np.hypot(down, right) < 0.15) & (np.hypot(down, right) > 0.02)
    turn = np.angle(view * np.conj(reference) * np.exp(2j * np.pi * (1.374 * right - 0.617 * down)))[slow]
    weight = np.abs(view * reference)[slow]
    waves = np.stack(np.broadcast_arrays(right, down))[:, slow]
    rest = np.linalg.solve((waves * weight) @ waves.T, (waves * weight) @ -turn) / (2 * np.pi)
    assert np.abs(rest).max() < 0.02


def test_the_picture_of_known_shift_is_brighter_noisier_and_has_new_buildings():
    plain, brighter = pair_of(_SMALL)[1], pair_of(KnownShift(side_px=256, new=0, noise=0.0))[1]
    assert brighter.dtype == np.uint16
    assert brighter.shape == (4, 256, 256)
    assert np.median(brighter / plain) == pytest.approx(1.07, abs=1e-3)
    built = pair_of(KnownShift(side_px=256, new=60, noise=0.0, gain=1.0))[1]
    assert 0.02 < (np.abs(built[0].astype(float) - plain[0]) > 100).mean() < 0.5


@pytest.mark.parametrize("name", ["sitewatch", *PEERS])
def test_every_method_tells_right_from_left_and_down_from_up(pair, name):
    found = {**MATCHERS, **PEERS}[name](*pair)
    assert np.hypot(found.x_px - 1.374, found.y_px + 0.617) < 0.5  # where whole pixels attract, it is 0.4


@pytest.mark.parametrize("name", [*MATCHERS, *PEERS])
def test_no_method_alters_the_pictures(pair, name):
    before = pair.copy()
    {**MATCHERS, **PEERS}[name](*pair)
    assert (pair == before).all()


def test_the_independent_matcher_finds_the_shift_in_every_window(pair):
    ties = ties_between(*pair)
    assert ties.windows == len(ties.px) == 1
    assert np.abs(ties.px[0] - [1.374, -0.617]).max() < 0.1


def test_pictures_cut_out_far_apart_show_the_same_ground_where_they_say():
    picture = np.random.default_rng(3).random((64, 64), np.float32)
    still = _Seen(picture=picture, lies=np.zeros((2, 64, 64), np.float32))
    far = _far(still, still, np.random.default_rng(4))
    x, y = (int(way) for way in far.true_px)
    assert min(abs(x), abs(y)) >= 10
    row, column = 32 - max(0, y), 32 - max(0, x)  # of the middle, in the reference
    assert far.view[row + y, column + x] == far.reference[row, column]


def test_no_place_is_in_both_halves():
    assert not set(PLACES["tune"]) & set(PLACES["test"])
