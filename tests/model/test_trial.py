"""A size is promised where enough of the roofs drawn were found, at that size and at every larger one."""

from __future__ import annotations

from sitewatch.model import Trial, smallest_sure, trials_text


def _trials(*found: int, contrast: float = 6.0) -> list[Trial]:
    return [Trial(side_px=side, contrast=contrast, tried=10, found=count)
            for side, count in zip((6.0, 9.0, 13.0), found, strict=True)]


def test_the_smallest_size_from_which_on_enough_are_found_is_promised():
    assert smallest_sure(_trials(3, 8, 10), 6.0) == 9.0


def test_a_size_is_not_promised_where_larger_roofs_are_missed():
    assert smallest_sure(_trials(10, 10, 7), 6.0) is None


def test_a_size_is_promised_for_its_own_contrast_only():
    assert smallest_sure(_trials(10, 10, 10), 3.0) is None


def test_the_sentence_says_how_many_were_found_from_which_size_on():
    assert "18 of 20 were found from 730 m² on" in (
        trials_text(_trials(3, 8, 10), 3.0))


def test_the_sentence_says_where_no_size_is_found_reliably():
    text = trials_text([*_trials(9, 9, 9), *_trials(0, 1, 2, contrast=3.0)], 3.0)
    assert "no size was found reliably, of the largest (1" in text
    assert text.endswith(") 2 of 10.")
    assert text.count(".") == 1
    assert text.index("6 times") < text.index("3 times")


def test_nothing_is_said_where_nothing_was_tried():
    assert trials_text([], 3.0) == ""
