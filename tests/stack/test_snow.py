"""Snow is told from cloud, from white roofs and from sand, and where it cannot be told nobody guesses."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sitewatch.model import SENSORS
from sitewatch.sources.simulated import read_world
from sitewatch.sources.simulated._land import snow_of
from sitewatch.sources.simulated._looks import looks_of
from sitewatch.sources.simulated._render import hidden_in, render, render_mask
from sitewatch.stack._snow import snow_shares, snow_told

_BANDS = ("red", "green", "blue", "nir")
_SIDE, _LOOKS, _WHITE = 120, 14, 0.75
_INSIDE = np.ones((_SIDE, _SIDE), bool)


def _ground() -> np.ndarray:
    """(band, y, x) reflectance: brown and green fields of all sizes, with roads between them."""
    draw = np.random.default_rng(3)
    grey = np.full((_SIDE, _SIDE), 0.1, np.float32)
    for _ in range(70):
        x, y, width, height = (int(n) for n in (*draw.integers(0, _SIDE, 2), *draw.integers(6, 30, 2)))
        grey[y:y + height, x:x + width] = draw.uniform(0.05, 0.2)
    return np.stack([grey, 0.9 * grey, 0.6 * grey, 1.6 * grey])


def _series() -> np.ndarray:
    """(time, band, y, x): the same ground in every look, with noise."""
    noise = np.random.default_rng(4).normal(0, 0.004, (_LOOKS, len(_BANDS), _SIDE, _SIDE))
    return (_ground() + noise).astype(np.float32)


def _snowed(view: np.ndarray) -> np.ndarray:
    """Snow on the darker ground; what was bright is swept."""
    lies = view[:1] < np.quantile(view[0], 0.6)
    return np.where(lies, _WHITE + 0.2 * (view - view.mean()), view).astype(np.float32)


def _clouded(view: np.ndarray, thickness: float) -> np.ndarray:
    blobs = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, (_SIDE, _SIDE)), (0, 0), 14)
    cover = thickness * np.clip((blobs - np.quantile(blobs, 0.7)) / (3 * blobs.std()) * 6, 0, 1)
    return (view * (1 - cover) + 0.7 * cover).astype(np.float32)


def _shares(views: np.ndarray) -> list[float | None]:
    return snow_shares(views, _BANDS, _INSIDE, [None] * len(views))


def test_snow_is_seen_in_the_looks_in_which_it_lies():
    views = _series()
    views[[4, 5]] = [_snowed(view) for view in views[[4, 5]]]
    shares = _shares(views)
    assert shares[4] == pytest.approx(0.6, abs=0.05)
    assert shares[5] == pytest.approx(0.6, abs=0.05)
    assert [share for i, share in enumerate(shares) if i not in (4, 5)] == [0.0] * (_LOOKS - 2)


def test_snow_in_nearly_half_of_the_looks_does_not_pass_for_the_bare_ground():
    views = _series()
    snowy = [0, 1, 2, 6, 7, 8]
    views[snowy] = [_snowed(view) for view in views[snowy]]
    assert [i for i, share in enumerate(_shares(views)) if share and share > 0.5] == snowy


@pytest.mark.parametrize("thickness", [0.6, 1.0])
def test_cloud_is_no_snow(thickness):
    views = _series()
    views[4] = _clouded(views[4], thickness)
    assert _shares(views)[4] in (0.0, None)


def test_of_ground_under_an_unbroken_cloud_nobody_can_tell():
    views = _series()
    views[4] = 0.7 + np.random.default_rng(6).normal(0, 0.004, views[4].shape)
    assert _shares(views)[4] is None


def test_a_new_white_roof_is_no_snow():
    views = _series()
    views[7:, :, 30:70, 20:80] = _WHITE
    assert _shares(views) == [0.0] * _LOOKS


def test_too_short_a_history_and_a_single_band_tell_nothing():
    assert _shares(_series()[:4]) == [None] * 4
    assert snow_shares(_series()[:, :1], ("pan",), _INSIDE, [None] * _LOOKS) == [None] * _LOOKS


def test_the_providers_word_goes_before_what_the_pixels_look_like():
    views, told = _series(), np.zeros((_SIDE, _SIDE), np.float32)
    told[:30], told[90:] = 1, np.nan
    masks = [None] * _LOOKS
    masks[3] = told
    inside = np.zeros_like(_INSIDE)
    inside[:60] = True
    assert snow_shares(views, _BANDS, inside, masks)[3] == 0.5
    assert snow_shares(views, _BANDS, _INSIDE, masks)[3] == pytest.approx(1 / 3)
    masks[3] = np.full_like(told, np.nan)
    assert snow_shares(views, _BANDS, _INSIDE, masks)[3] is None


@pytest.mark.parametrize(("kind", "snow", "ground", "hidden"), [
    ("udm2", (0, 1), (1, 0), (0, 0)), ("scl", (11,), (4,), (9,)),
    ("qa_pixel", (0b10_0000,), (0b100_0000,), (0b10_1000,))])
def test_each_providers_codes_are_read(kind, snow, ground, hidden):
    codes = np.array([snow, ground, hidden], np.float32).T[:, None]
    assert snow_told(codes, kind) == pytest.approx(np.array([[1, 0, np.nan]]), nan_ok=True)


def test_a_mask_that_knows_only_clear_and_unclear_cannot_say():
    assert snow_told(np.ones((1, 2, 2), np.float32), "udm2") is None


def test_pixels_without_an_image_tell_nothing_in_any_mask():
    for kind, bands in (("udm2", 2), ("scl", 1), ("qa_pixel", 1)):
        told = snow_told(np.full((bands, 1, 1), np.nan, np.float32), kind)
        assert told is not None
        assert np.isnan(told).all()


def test_of_a_simulated_place_the_pixels_alone_tell_deep_snow_and_no_snow_from_each_other():
    world = read_world("estate")
    world = replace(world, climate=replace(world.climate, snow=0.95))
    looks = looks_of(world, 0)
    snowy = [look for look in looks if snow_of(world, look, 0) > 0.6][:4]
    chosen = sorted({*looks[3::5], *snowy}, key=lambda look: look.taken)
    sensor = SENSORS["planetscope-4"]
    views = np.stack([np.float32(render(world, 0, look) * sensor.scale) for look in chosen])
    shares = snow_shares(views, sensor.bands, np.ones(views.shape[2:], bool), [None] * len(views))
    assert snowy
    for look, share in zip(chosen, shares, strict=True):
        told = snow_told(render_mask(world, 0, look).astype(np.float32), "udm2")
        assert told is not None
        true = np.nanmean(told[hidden_in(world, look).cloud < 0.1]) if share is not None else 0.0
        if look in snowy:
            assert share == pytest.approx(true, abs=0.15)
        elif snow_of(world, look, 0) == 0:
            assert share in (0.0, None)
