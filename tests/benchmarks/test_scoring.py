"""What counts as found, dated and measured right."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from benchmarks.accuracy.baseline import difference_objects
from benchmarks.accuracy.scoring import (
    agreement_of,
    assign,
    bracket_fit,
    covered,
    iou,
    lies_in,
    moved,
    overlaps_span,
    pieces_of,
    sigma_of,
    z_score,
)
from shapely import box

from sitewatch.model import Between, Quantity

_HALL = box(0, 0, 10, 4)


def _between(after: int | None, by: int | None) -> Between:
    """Days of January 2020."""
    return Between(after=after and datetime(2020, 1, after, tzinfo=UTC), by=by and datetime(2020, 1, by, tzinfo=UTC))


def _quantity(value: float, low: float, high: float) -> Quantity:
    return Quantity(value=value, low=low, high=high, unit="m", method="test")


def test_coverage_is_a_share_of_the_truth_and_iou_of_both():
    assert covered(_HALL, box(5, 0, 25, 4)) == 0.5
    assert iou(_HALL, box(5, 0, 25, 4)) == pytest.approx(20 / 100)


def test_half_covered_is_found_and_less_is_not():
    assert assign({"hall": _HALL}, {"S1": box(5, 0, 10, 4)}) == {"hall": "S1"}
    assert assign({"hall": _HALL}, {"S1": box(5.1, 0, 10, 4)}) == {}


def test_one_outline_over_two_halls_is_the_match_of_only_one():
    both = {"S1": box(0, 0, 10, 10)}
    assert assign({"hall": _HALL, "twin": box(0, 5, 10, 10)}, both) == {"twin": "S1"}


def test_two_halls_with_an_outline_each_are_both_found_though_one_outline_bleeds():
    found = {"S1": box(0, 0, 10, 9), "S2": box(0, 5, 10, 9)}
    assert assign({"hall": _HALL, "twin": box(0, 5, 10, 9)}, found) == {"hall": "S1", "twin": "S2"}


def test_nothing_is_found_where_nothing_is_reported():
    assert assign({"hall": _HALL}, {}) == {}
    assert assign({}, {"S1": _HALL}) == {}


def test_pieces_of_a_hall_lie_mostly_within_it():
    found = {"west": box(0, 0, 4, 4), "east": box(5, 0, 10, 4), "yard": box(5, 0, 40, 4)}
    assert pieces_of(_HALL, found) == ("west", "east")


def test_an_object_is_in_a_place_by_a_share_of_itself_or_of_the_place():
    assert lies_in(box(9, 0, 12, 4), _HALL)
    assert lies_in(box(8, 0, 1000, 4), _HALL)
    assert not lies_in(box(9.5, 0, 100, 4), _HALL)


def test_an_outline_read_in_a_frame_that_lies_to_the_right_and_down_moves_left_and_up():
    assert moved(box(100, 100, 110, 104), 0.5, 2.0, 6.0).bounds == (97, 112, 107, 116)


@pytest.mark.parametrize(("ours", "truth", "fit"), [
    (_between(1, 5), _between(3, 9), "overlaps"),
    (_between(3, 4), _between(1, 9), "overlaps"),
    (_between(None, 2), _between(1, 9), "overlaps"),
    (_between(5, None), _between(1, 9), "overlaps"),
    (_between(9, 12), _between(3, 9), "touches"),
    (_between(10, 12), _between(3, 9), "misses"),
])
def test_brackets_agree_where_one_moment_lies_in_both(ours, truth, fit):
    assert bracket_fit(ours, truth) == fit == bracket_fit(truth, ours)


@pytest.mark.parametrize(("ours", "holds"), [((1, 5), True), ((5, 9), True), ((1, 4), False), ((10, 12), False)])
def test_a_span_is_half_open(ours, holds):
    assert overlaps_span(_between(*ours), date(2020, 1, 5), date(2020, 1, 10)) is holds


def test_shifts_agree_though_each_series_has_its_own_zero():
    truth = {date(2020, 1, d): (0.1 * d, -0.3 * d) for d in range(1, 10)}
    ours = {d: (x + 0.7, y - 2.0) for d, (x, y) in truth.items()} | {date(2020, 2, 1): (9.0, 9.0)}
    got = agreement_of(ours, truth)
    assert got.frames == 9
    assert (got.median_x_px, got.median_y_px, got.largest_px) == pytest.approx((0, 0, 0))


def test_shifts_with_the_axes_exchanged_or_the_sign_turned_disagree():
    truth = {date(2020, 1, d): (0.1 * d, -0.3 * d) for d in range(1, 10)}
    assert agreement_of({d: (y, x) for d, (x, y) in truth.items()}, truth).median_px > 0.5
    assert agreement_of({d: (-x, -y) for d, (x, y) in truth.items()}, truth).median_px > 0.5


def test_the_frame_that_is_farthest_off_is_named():
    truth = {date(2020, 1, d): (0.0, 0.0) for d in range(1, 10)}
    got = agreement_of({**truth, date(2020, 1, 4): (3.0, 4.0)}, truth)
    assert (got.median_px, got.largest_px, got.farthest) == (0.0, 5.0, date(2020, 1, 4))


def test_shifts_without_a_common_frame_do_not_agree():
    got = agreement_of({}, {date(2020, 1, 1): (0.0, 0.0)})
    assert got.frames == 0
    assert not got.median_px <= 0.2


def test_a_difference_counts_in_units_of_what_both_do_not_know():
    ours = _quantity(103, 103 - 3 * 1.645, 103 + 3 * 1.645)
    assert sigma_of(ours) == pytest.approx(3)
    assert z_score(ours, 98, 4) == pytest.approx(1)


def test_the_baseline_marks_the_largest_differences_and_ignores_what_was_not_seen():
    views = np.full((20, 2, 12, 12), 50.0, np.float32)
    views[10:, :, 2:6, 3:8] = 90.0
    views[:10, :, 9:, 9:] = np.nan
    masks = difference_objects(views, 20)
    assert len(masks) == 1
    assert masks[0][2:6, 3:8].all()
    assert masks[0].sum() == 20


def test_the_baseline_marks_nothing_where_nothing_may_be_marked():
    assert difference_objects(np.zeros((20, 1, 4, 4), np.float32), 0) == []
