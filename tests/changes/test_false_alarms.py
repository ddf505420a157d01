"""Calibration: where nothing was built, no more changes are kept than the stated number of false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import poisson
from tests.worlds import World, rectangle

from sitewatch.changes import ChangesOptions, detect_changes

_LOOKS, _EVERY_DAYS = 50, 14.0
_YEARS = _LOOKS * _EVERY_DAYS / 365.25


def _quiet_place(seed: int, wetness: float) -> World:
    """Haze in every look, fields that dry and get wet again, views a little off: all that is not a change."""
    world = World(seed, looks=_LOOKS, bands=3, size_px=80, every_days=_EVERY_DAYS)
    world.wander(0.1)
    for look in range(_LOOKS):
        haze = gaussian_filter(world.draw.standard_normal(world.views.shape[2:]), 8, mode="wrap")
        world.views[look] += 2 * haze / haze.std()
    for _ in range(5):
        wet = np.zeros(_LOOKS)
        for i in range(1, _LOOKS):
            wet[i] = 0.8 * wet[i - 1] + wetness * world.draw.standard_normal()
        x, y, length, width, degrees = world.draw.uniform((12, 12, 12, 12, 0), (68, 68, 36, 36, 90))
        world.till(rectangle(x, y, length, width, degrees), wet)
    return world


@pytest.mark.parametrize(("wetness", "seeds", "per_year"), [(4.0, 6, 1.0), (8.0, 10, 1.0), (8.0, 4, 0.2)])
def test_a_quiet_place_has_no_more_changes_than_the_stated_false_alarms(wetness, seeds, per_year):
    options = ChangesOptions(false_alarms_per_year=per_year)
    kept = sum(len(detect_changes(_quiet_place(seed, wetness).stack(), options).kept) for seed in range(seeds))
    assert kept <= poisson.ppf(0.99, per_year * seeds * _YEARS)


@pytest.mark.parametrize("bands", [1, 3])
def test_a_place_of_noise_alone_has_none(bands):
    for seed in range(3):
        world = World(seed, looks=40, bands=bands, size_px=64)
        world.wander(0.06)
        assert detect_changes(world.stack()).kept == ()


def test_what_chance_alone_explains_is_rejected_with_its_rate_and_lies_below_the_threshold():
    found = [detect_changes(_quiet_place(seed, 12).stack()) for seed in range(3)]
    by_chance = [(change, changes.threshold) for changes in found for change in changes
                 if "chance alone makes about" in (change.why_not or "")]
    assert by_chance
    assert all(change.strength < threshold for change, threshold in by_chance)
    assert all(change.false_alarms > 1 for change, _ in by_chance)
