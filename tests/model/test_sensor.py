"""Sensor profiles: what they say agrees with what the providers say."""

from __future__ import annotations

import numpy as np
import pytest

from sitewatch.model import SENSORS


def test_landsats_reflectance_is_the_usgs_formula():
    sensor, dn = SENSORS["landsat"], np.array([7273, 20_000, 43_636, 65_535], np.float32)
    assert np.allclose((dn + sensor.offset) * sensor.scale, dn * 2.75e-5 - 0.2, atol=1e-6)
    assert (7273 + sensor.offset) * sensor.scale == pytest.approx(0, abs=1e-5)      # its valid range, as given there
    assert (43_636 + sensor.offset) * sensor.scale == pytest.approx(1, abs=1e-5)


def test_a_profile_is_known_by_its_own_id():
    assert [(key, sensor.id) for key, sensor in SENSORS.items() if key != sensor.id] == []


def test_reflectance_has_a_pixel_size_a_blur_and_a_mask():
    for sensor in SENSORS.values():
        if sensor.is_reflectance:
            assert sensor.gsd_m
            assert sensor.blur_m
            assert 0.5 < sensor.blur_m / sensor.gsd_m < 1
            assert sensor.mask
