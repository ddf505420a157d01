"""Which shape: a rectangle as long as nothing speaks against it, and an L or a T where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.accuracy.roofs import Form, Roof, rendered

from sitewatch.measurements import measure_structures
from sitewatch.model import Measurement


def _area(form: Form, seed: int, *, is_sunny: bool) -> tuple[Measurement, float]:
    world = rendered("tune", Roof(length_px=24, width_px=18, form=form, contrast=0.45,
                                  height_m=8.0 if is_sunny else None), seed)
    return measure_structures(world.structures, world.stack).of("new", "area"), world.true["new"].area * 9


@pytest.mark.parametrize("form", ["L", "T"])
@pytest.mark.parametrize("is_sunny", [True, False])
def test_the_area_of_a_stepped_roof_is_not_that_of_the_rectangle_around_it(form, is_sunny):
    found = [_area(form, seed, is_sunny=is_sunny) for seed in (2, 4, 5)]
    assert sum("rectangles end to end" in area.value.method for area, _ in found) >= 2
    assert np.median([abs(area.value.value / true - 1) for area, true in found]) < 0.05


@pytest.mark.parametrize("is_sunny", [True, False])
def test_a_rectangle_stays_one(is_sunny):
    for seed in range(4):
        area, true = _area("rectangle", seed, is_sunny=is_sunny)
        assert area.value.method.startswith("a rectangle")
        assert area.value.low <= true <= area.value.high
