"""Two to five looks have no history: nothing in them is taken for a cloud, and each has to be like another."""

from __future__ import annotations

import numpy as np
import pytest
from tests.worlds import World, rectangle

from sitewatch.errors import NotEnoughLooksError
from sitewatch.stack import build_stack

_HALL = rectangle(48, 44, 30, 20, 15)


def test_two_looks_make_a_stack_in_which_a_new_hall_is_seen(tmp_path):
    world = World(3, looks=2)
    world.roof(_HALL, 190, slice(1, None))
    stack = build_stack(world.scenes(tmp_path))
    assert not stack.is_series
    assert np.isfinite(stack.values).mean() > 0.95
    inside = _HALL.distance((96, 96)) < -2
    assert np.isfinite(stack.values[:, :, inside]).all()


def test_a_look_under_snow_and_one_without_do_not_resemble_each_other(tmp_path):
    world = World(4, looks=2)
    snow = 200 + 10 * World(99, looks=1).views[0] / 100
    world.views[1] = 0.15 * world.views[1] + 0.85 * snow + World(55, looks=1).views[0] - 100
    with pytest.raises(NotEnoughLooksError, match=r"only [01] clear look\(s\)"):
        build_stack(world.scenes(tmp_path))
