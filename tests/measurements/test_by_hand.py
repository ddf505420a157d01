"""What a hand draws is measured with an interval that holds, and repeating it shows the hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.measurements.test_measure_structures import _seen_as, _world

from sitewatch.errors import InputError
from sitewatch.measurements._by_hand import agreement, measure_by_hand
from sitewatch.model import Quantity, Stack

_FOOT = np.array([(20.0, 30.0), (60.0, 30.0), (60.0, 50.0), (20.0, 50.0)])


@pytest.fixture(scope="module")
def stack() -> Stack:
    return _seen_as(_world())


def _hand(stack: Stack, *drawn, is_closed: bool = True, level: float = 0.9):
    return measure_by_hand(drawn, stack.used[-1].scene, stack, is_closed=is_closed, level=level)


def test_a_footprint_and_a_length_are_those_of_the_ground(stack):
    gsd = stack.site.gsd_m
    area, _ = _hand(stack, _FOOT)
    length, _ = _hand(stack, _FOOT[:2], is_closed=False)
    assert (area.value, area.unit) == (pytest.approx(40 * 20 * gsd**2, rel=2e-3), "m²")
    assert (length.value, length.unit) == (pytest.approx(40 * gsd, rel=2e-3), "m")


def test_the_budget_names_every_cause_and_adds_up(stack):
    quantity, budget = _hand(stack, _FOOT)
    assert sum(term.share for term in budget) == pytest.approx(1, abs=1e-3)
    assert {term.cause for term in budget} == {
        "the hand", "where in the blurred edge the edge is", "where an edge is taken to be",
        "alignment within the look, at most", "size of a pixel"}
    assert "once" in quantity.method


@pytest.mark.parametrize("times", [1, 4])
def test_the_interval_holds_for_hands_that_click_half_a_pixel_off_and_see_edges_differently(stack, times):
    draw, gsd, inside = np.random.default_rng(3), stack.site.gsd_m, 0
    outwards = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    for _ in range(200):
        habit = draw.normal(0, 0.4 * stack.blur_px)
        drawn = [_FOOT + habit * outwards + draw.normal(0, 0.5, (4, 2)) for _ in range(times)]
        quantity, _ = _hand(stack, *drawn)
        inside += quantity.low <= 800 * gsd**2 <= quantity.high
    assert inside >= 0.86 * 200


def test_repeating_narrows_the_interval_but_not_below_what_the_blur_hides(stack):
    widths = []
    for times in (1, 4, 100):
        quantity, _ = _hand(stack, *[_FOOT] * times)
        widths.append(quantity.high / quantity.low)
    assert widths[0] > widths[1] > widths[2]
    blurred = 2 * 60 * 2 * stack.blur_px * 0.4 * stack.site.gsd_m**2   # perimeter times a place in the ramp
    assert widths[2] - 1 > blurred / (800 * stack.site.gsd_m**2)


def test_an_unsteady_hand_has_a_wider_interval(stack):
    draw = np.random.default_rng(0)
    steady, _ = _hand(stack, *[_FOOT + draw.normal(0, 0.1, (4, 2)) for _ in range(5)])
    unsteady, _ = _hand(stack, *[_FOOT + draw.normal(0, 3.0, (4, 2)) for _ in range(5)])
    assert np.log(unsteady.high / unsteady.low) > 1.5 * np.log(steady.high / steady.low)
    assert "5 times" in unsteady.method


@pytest.mark.parametrize("drawn", [
    [(0, 0), (1, 1)], [(0, 0), (10, 10), (10, 0), (0, 10)], [(0, 0), (np.nan, 1), (3, 3)], [(0, 0), (5, 5), (9, 9)],
    [(0, 0), (1e9, 0), (0, 1e9)]])
def test_what_is_no_footprint_is_refused(stack, drawn):
    with pytest.raises(InputError, match="Draw it again"):
        _hand(stack, drawn)


def test_a_length_has_two_ends_that_differ_on_a_look_that_is_used(stack):
    for drawn in ([(0, 0)], [(0, 0), (0, 0)], [(0, 0), (1, 1), (2, 2)]):
        with pytest.raises(InputError, match="Draw it again"):
            _hand(stack, drawn, is_closed=False)
    with pytest.raises(InputError, match="is not used"):
        measure_by_hand([_FOOT], "gone", stack, is_closed=True)
    with pytest.raises(InputError, match="nothing was drawn"):
        measure_by_hand([], stack.used[0].scene, stack, is_closed=True)


def test_two_numbers_agree_where_their_intervals_allow_it():
    def number(value: float) -> Quantity:
        return Quantity(value=value, low=value / 1.1, high=value * 1.1, unit="m²", method="")
    assert agreement(number(100), number(112)).startswith("They agree")
    assert agreement(number(100), number(120)).startswith("They differ")
