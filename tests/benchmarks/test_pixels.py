"""Precision, recall, average precision and the thresholds of the baselines, on arrays small enough to count."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.accuracy.likeness import _length, _season, outside
from benchmarks.accuracy.pixels import average_precision, otsu, score

_CHANGED = np.array([[1, 1, 0, 0], [0, 0, 0, 0]], bool)
_ALL = np.ones((2, 4), bool)


def test_precision_and_recall_count_the_changed_pixels_only():
    marked = np.array([[1, 0, 1, 1], [0, 0, 0, 0]], bool)
    assert score(marked, _CHANGED, _ALL) == {"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5}


def test_what_is_not_labelled_is_not_scored():
    marked = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], bool)
    scored = np.array([[1, 1, 0, 1], [1, 1, 1, 1]], bool)
    assert score(marked, _CHANGED, scored)["precision"] == 2 / 3


def test_everything_changed_has_recall_1_and_the_share_of_change_as_its_precision():
    assert score(_ALL, _CHANGED, _ALL) == {"precision": 0.25, "recall": 1.0, "f1": 0.4}
    assert average_precision(np.zeros((2, 4)), _CHANGED, _ALL) == 0.25


def test_nothing_marked_has_no_precision():
    assert score(~_ALL, _CHANGED, _ALL) == {"precision": None, "recall": 0.0, "f1": 0.0}


def test_average_precision_is_the_mean_of_the_precisions_at_the_hits():
    values = np.array([[9.0, 7.0, 8.0, 1.0], [0, 0, 0, 0]])
    assert average_precision(values, _CHANGED, _ALL) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision(-values, ~_CHANGED, _ALL) > average_precision(values, ~_CHANGED, _ALL)


def test_average_precision_does_not_depend_on_the_order_of_equal_values():
    values = np.array([[5.0, 1.0, 5.0, 1.0], [0, 0, 0, 0]])
    flipped = average_precision(values[:, ::-1], _CHANGED[:, ::-1], _ALL)
    assert average_precision(values, _CHANGED, _ALL) == flipped == pytest.approx((1 / 2 + 2 / 4) / 2)


def test_a_perfect_score_has_average_precision_1_and_what_was_not_seen_ranks_last():
    values = np.array([[2.0, 3.0, 1.0, np.nan], [0, 0, 0, 0]])
    assert average_precision(values, _CHANGED, _ALL) == 1.0


def test_the_threshold_parts_two_groups():
    values = np.concatenate([np.linspace(0, 1, 90), np.linspace(9, 10, 10)])
    assert 1 < otsu(values) < 9


def test_a_world_outside_the_range_of_the_real_series_is_told():
    real = [{"noise": 0.1, "season": 0.2}, {"noise": 0.3, "season": 0.4}]
    assert outside({"noise": 0.2, "season": 0.5}, real) == {"inside": 1, "outside": "season above"}


def test_the_season_is_that_of_the_ground_and_not_of_its_pattern():
    swing = 1 + 0.1 * np.array([1.0, -1.0] * 10)
    pattern = np.random.default_rng(0).uniform(0.9, 1.1, (20, 20))
    views = (swing[:, None, None] * pattern).astype(np.float32)
    assert _season(views, np.ones((20, 20), bool)) == pytest.approx(0.1, rel=0.05)


def test_texture_is_longer_where_the_ground_is_smoother():
    x = np.arange(200)
    short, long = (np.sin(x / s)[None, :] * np.sin(x / s)[:, None] for s in (2, 6))
    assert _length(long) == pytest.approx(3 * _length(short), rel=0.1)
