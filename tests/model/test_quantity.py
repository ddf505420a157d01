"""Numbers and times as a reader sees them: never without what is not known about them."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.model import Between, Quantity, Span, day

_SPACE = "\N{NARROW NO-BREAK SPACE}"
_MARCH, _MAY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 9, 12, tzinfo=UTC)
_NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))


def _quantity(value: float, low: float, high: float, unit: str = "m²", level: float = 0.9) -> Quantity:
    return Quantity(value=value, low=low, high=high, unit=unit, method="by hand", level=level)


@pytest.mark.parametrize(("value", "low", "high"), [(5, 6, 7), (5, 3, 4), (5, 6, 4), (float("nan"), 1, 2),
                                                    (1, float("nan"), 2), (1, 0, float("nan"))])
def test_a_number_outside_its_interval_is_no_quantity(value, low, high):
    with pytest.raises(ValueError, match="does not hold"):
        _quantity(value, low, high)


@pytest.mark.parametrize(("value", "low", "high", "text"), [
    (2583.4, 2441.2, 2727.9, f"2{_SPACE}580 [2{_SPACE}440, 2{_SPACE}730] m²"),
    (612.3, 560.2, 669.8, "612 [560, 670] m²"),
    (1.2345, 1.1, 1.4, "1.23 [1.10, 1.40] m²"),
    (0.0421, 0.0388, 0.0466, "0.0421 [0.0388, 0.0466] m²"),
    (15_499, 3_100, 28_000, f"15{_SPACE}000 [3{_SPACE}000, 28{_SPACE}000] m²"),
    (-3.26, -4.31, -2.2, "-3.3 [-4.3, -2.2] m²")])
def test_a_number_is_shown_to_two_figures_of_half_its_interval(value, low, high, text):
    assert _quantity(value, low, high).interval_text == text


def test_a_number_without_a_unit_is_shown_bare_and_always_with_its_level():
    assert str(_quantity(1.5, 1.2, 1.9, unit="1")) == "1.50 [1.20, 1.90] at 90 %"
    assert str(_quantity(10, 8, 12, unit="m", level=0.68)) == "10.0 [8.0, 12.0] m at 68 %"


@given(numbers=st.tuples(_NUMBERS, _NUMBERS, _NUMBERS).map(sorted))
def test_rounding_moves_no_number_by_more_than_a_twentieth_of_half_the_interval(numbers):
    low, value, high = numbers
    half = (high - low) / 2
    if half > 1e-3:
        text = _quantity(value, low, high, unit="1").interval_text.replace(_SPACE, "")
        shown = [float(number) for number in re.findall(r"-?\d+\.?\d*", text)]
        assert all(abs(s - n) <= 0.0501 * half for s, n in zip(shown, (value, low, high), strict=True))
        assert shown[1] <= shown[0] <= shown[2]


def test_a_number_known_exactly_is_shown_as_it_is():
    assert _quantity(250.0, 250.0, 250.0).interval_text.startswith("250 [250, 250]")
    assert _quantity(0.0, 0.0, 0.0).interval_text.startswith("0.0 [0.0, 0.0]")


def test_a_quantity_cannot_be_altered():
    with pytest.raises(FrozenInstanceError):
        _quantity(1, 0, 2).low = 1.5


@pytest.mark.parametrize(("between", "text"), [
    (Between(after=_MARCH, by=_MAY), "between 2024-03-01 and 2024-05-09"),
    (Between(by=_MAY), "by 2024-05-09"), (Between(after=_MARCH), "after 2024-03-01"), (Between(), "not dated")])
def test_a_bracket_is_said_by_the_sides_that_it_has(between, text):
    assert str(between) == text


def test_days_are_those_of_utc():
    assert day(datetime(2024, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=9)))) == "2024-03-01"


def test_the_end_of_a_span_is_not_part_of_it():
    span = Span(start=_MARCH, end=_MAY)
    assert _MARCH in span
    assert _MAY not in span
    assert _MAY - timedelta(microseconds=1) in span


@given(start=_MOMENTS, end=_MOMENTS, moment=_MOMENTS)
def test_a_moment_lies_in_one_of_two_spans_that_meet(start, end, moment):
    first, middle, last = Span(end=start), Span(start=start, end=max(start, end)), Span(start=max(start, end))
    assert sum(moment in span for span in (first, middle, last)) == 1
    assert moment in Span()
