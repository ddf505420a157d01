"""Roofs drawn into the looks say what could have been seen, and leave no trace in what is reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry.base import BaseGeometry
from tests.structures.halls import quiet_world, with_hall
from tests.worlds import rectangle

from sitewatch.changes import detect_changes
from sitewatch.model import Changes, Stack, Structures, smallest_sure
from sitewatch.structures import StructuresOptions, trace_structures

_OPTIONS = StructuresOptions(trials=3)


def _tried(stack: Stack) -> Structures:
    return trace_structures(detect_changes(stack), stack, _OPTIONS, detect=detect_changes)


@pytest.fixture(scope="module")
def quiet() -> Structures:
    return _tried(quiet_world().stack())


def test_on_quiet_ground_large_and_strong_roofs_are_promised(quiet):
    assert smallest_sure(quiet.trials, 6.0) is not None


def test_roofs_of_more_contrast_are_found_more_often(quiet):
    weak, strong = (sum(one.found for one in quiet.trials if one.contrast == contrast) for contrast in (3.0, 6.0))
    assert weak < strong


def test_nothing_is_promised_of_a_search_that_finds_nothing():
    def blind(stack: Stack, *, threshold: float, near: BaseGeometry) -> Changes:
        return replace(detect_changes(stack, threshold=threshold), records=())
    stack = quiet_world().stack()
    trials = trace_structures(detect_changes(stack), stack, _OPTIONS, detect=blind).trials
    assert sum(one.tried for one in trials) > 0
    assert sum(one.found for one in trials) == 0


def test_no_roof_is_drawn_into_a_control():
    world = quiet_world()
    world.controls = (world.named("all of it", rectangle(40, 40, 80, 80)),)
    assert _tried(world.stack()).trials == ()


def test_what_is_drawn_is_not_reported_and_changes_nothing_of_what_is():
    stack = with_hall().stack()
    kept = stack.values.copy()
    tried, plain = _tried(stack), trace_structures(detect_changes(stack), stack, _OPTIONS)
    assert tried.records == plain.records
    assert plain.trials == ()
    np.testing.assert_array_equal(stack.values, kept)


def test_no_more_roofs_are_counted_than_were_asked_for(quiet):
    assert quiet.trials
    assert all(0 <= one.found <= one.tried <= _OPTIONS.trials for one in quiet.trials)


def test_the_same_stack_gives_the_same_trials(quiet):
    assert _tried(quiet_world().stack()).trials == quiet.trials
