"""How tall is it? By its shadow under several suns, or with the reason why nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.accuracy.roofs import Roof, rendered

from sitewatch.measurements import measure_structures
from sitewatch.model import Measurement, Measurements

_HALL = Roof(length_px=22, width_px=12, height_m=15.0, looks=4, contrast=0.45)


def _measured(roof: Roof, seed: int = 0) -> Measurements:
    world = rendered("tune", roof, seed)
    return measure_structures(world.structures, world.stack)


def _height(roof: Roof, seed: int = 0) -> Measurement:
    return _measured(roof, seed).of("new", "height")


def test_heights_lie_in_their_intervals_and_four_suns_give_a_tall_hall_to_a_metre_and_a_half():
    given = [height.value for seed in range(8) if (height := _height(_HALL, seed)).value]
    assert len(given) >= 6
    assert np.mean([value.low <= 15 <= value.high for value in given]) >= 0.8
    assert np.median([(value.high - value.low) / 2 / 1.645 for value in given]) < 1.5


def test_a_taller_hall_is_measured_taller():
    low, high = (_height(replace(_HALL, height_m=height), 1).value for height in (6.0, 15.0))
    assert low.high < high.low
    assert low.unit == high.unit == "m"


def test_the_budget_of_a_height_names_the_ground_and_makes_the_whole():
    budget = _height(_HALL).budget
    assert {"the lie of the ground", "where the sensor stood"} < {term.cause for term in budget}
    assert sum(term.share for term in budget) == pytest.approx(1, abs=0.001)


def test_without_the_suns_place_nobody_can_tell_and_the_reason_says_what_to_give():
    world = rendered("tune", _HALL, 0)
    first, *rest = world.stack.scenes.scenes[::-1]
    scenes = replace(world.stack.scenes, scenes=(*rest[::-1], replace(first, sun_elevation_deg=None)))
    height = measure_structures(world.structures, replace(world.stack, scenes=scenes)).of("new", "height")
    assert height.value is None
    assert "1 of 4 looks do not say from where the sun shone" in height.why_not
    assert "azimuth and elevation" in height.why_not


def test_a_sensor_that_looks_from_the_side_of_the_sun_hides_part_of_the_shadow_and_the_height_stays():
    world = rendered("tune", _HALL, 1)
    plain = measure_structures(world.structures, world.stack).of("new", "height").value
    leaning = replace(world.stack.scenes, scenes=tuple(
        replace(scene, off_nadir_deg=20.0, view_azimuth_deg=scene.sun_azimuth_deg) for scene in
        world.stack.scenes.scenes))
    seen = measure_structures(world.structures, replace(world.stack, scenes=leaning)).of("new", "height").value
    # The same shadow in the image is that of a taller hall, if part of it is behind the roof.
    assert seen.value > 1.2 * plain.value


def test_steps_in_an_outline_do_not_cost_the_height():
    heights = [_height(Roof(length_px=24, width_px=18, form="L", height_m=9.0, contrast=0.45), seed).value
               for seed in (2, 4, 5)]
    assert np.median([value.value for value in heights if value]) == pytest.approx(9, abs=1.5)
