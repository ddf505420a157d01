"""Robust statistics of what was seen: they agree with numpy's, and what was not seen does not count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sitewatch.geo import seen_mad, seen_median, seen_row_median, series_of, whitened, whitening

_VALUES = arrays(np.float64, array_shapes(min_dims=2, max_dims=3, max_side=9),
                 elements=st.one_of(st.floats(-1e3, 1e3, width=32), st.just(float("nan"))))


@settings(deadline=None)
@given(values=_VALUES)
@pytest.mark.filterwarnings("ignore:All-NaN slice")
def test_the_median_of_what_was_seen_is_numpys(values):
    assert np.allclose(seen_median(values), np.nanmedian(values, axis=0), equal_nan=True)


@settings(deadline=None)
@given(values=_VALUES)
def test_the_median_of_a_row_is_that_of_a_column(values):
    assert np.array_equal(seen_row_median(np.moveaxis(values, 0, -1)), seen_median(values), equal_nan=True)


def test_of_no_look_at_all_nothing_was_seen():
    assert np.isnan(seen_median(np.empty((0, 2, 3)))).tolist() == [[True] * 3] * 2


@settings(deadline=None)
@given(values=_VALUES)
def test_the_median_does_not_depend_on_the_order_of_looks(values):
    assert np.array_equal(seen_median(values), seen_median(values[::-1]), equal_nan=True)


def test_the_robust_spread_is_the_standard_deviation_of_normal_noise_whatever_a_tenth_of_it_does():
    noise = np.random.default_rng(0).normal(5, 2, (4000, 3))
    noise[::10] = 1e6
    assert seen_mad(noise) == pytest.approx(np.full(3, 2.0), rel=0.2)


def test_a_series_is_the_median_inside_and_nan_where_less_than_half_of_it_was_seen():
    values = np.random.default_rng(1).normal(0, 1, (4, 2, 12, 12))
    mask = np.zeros((12, 12), bool)
    mask[3:7, 3:8] = True
    values[1, :, 3:5, 3:8] = np.nan           # 10 of 20 pixels left
    values[2, :, 3:6, 3:8] = np.nan           # 5 of 20 pixels left
    series = series_of(values, mask)
    assert series[0] == pytest.approx(np.median(values[0][:, mask], axis=1))
    assert np.isfinite(series[1]).all()
    assert np.isnan(series[2]).all()
    assert np.isnan(series_of(values, np.zeros((12, 12), bool))).all()


def test_whitened_bands_have_noise_of_equal_size_without_correlation():
    draw = np.random.default_rng(2)
    common = draw.normal(0, 3, (40, 1, 40, 40))
    values = (common * np.array([1.0, 1.2, 0.8])[:, None, None] + draw.normal(0, 1, (40, 3, 40, 40))).astype(np.float32)
    white = whitened(values)
    assert np.allclose(white, np.einsum("ij,tjyx->tiyx", whitening(values), values), atol=1e-4)
    step = np.diff(white, axis=0).transpose(1, 0, 2, 3).reshape(3, -1)
    covariance = np.cov(step)
    assert np.abs(np.corrcoef(step) - np.eye(3)).max() < 0.15
    assert covariance.diagonal().max() < 1.3 * covariance.diagonal().min()


def test_a_band_that_repeats_another_does_not_blow_up():
    values = np.random.default_rng(3).normal(0, 1, (20, 1, 20, 20)).astype(np.float32).repeat(2, axis=1)
    assert np.abs(whitening(values)).max() < 20
