"""A quote is found again after small edits; what says something else is never taken for it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sitewatch.model import locate

_QUOTE = "the new hall is about 60 to 70 percent the size of the previous building"
_TEXT = f"It was reported that {_QUOTE} used for stores. Nobody denied it."


@given(st.text(min_size=0, max_size=40), st.text(min_size=1, max_size=40), st.text(min_size=0, max_size=40))
def test_a_quote_that_stands_there_once_is_found_where_it_stands(before, quote, after):
    text = before + quote + after
    assume(quote.strip() and text.count(quote) == 1 and text.find(quote, len(before) + 1) < 0)
    place = locate(text, quote)
    assert text[place.start:place.end] == quote
    assert place.fit == "exact"


def test_noted_offsets_count_where_the_quote_stands_there_and_are_mended_where_not():
    start = _TEXT.index(_QUOTE)
    assert locate(_TEXT, _QUOTE, (start, start + len(_QUOTE))).fit == "exact"
    moved = locate(_TEXT, _QUOTE, (0, len(_QUOTE)))
    assert (moved.start, moved.fit) == (start, "moved")


def test_what_was_noted_around_a_quote_is_held_against_the_text():
    start = _TEXT.index(_QUOTE)
    at = start, start + len(_QUOTE)
    assert locate(_TEXT, _QUOTE, at, "reported that", "used for").fit == "exact"
    assert locate(_TEXT, _QUOTE, at, "denied that").fit == "edited"
    assert locate(_TEXT, _QUOTE, None, "", "used as").fit == "edited"
    twice = f"{_QUOTE}. {_TEXT}"
    meant = locate(twice, _QUOTE, (0, len(_QUOTE)), "reported that", "")
    assert (meant.start, meant.fit) == (start + len(_QUOTE) + 2, "moved")


@pytest.mark.parametrize("edited", [
    "the new hall is about 60 to 70 per cent the size of the previous building",
    "the new hall is about 60 to 70 percent of the size of the previous building",
    "the  new hall is about\n60 to 70 percent the size of the previous building",
    "The new hall is about 60 to 70 percent the size of the previous buildings"])
def test_a_small_edit_does_not_lose_the_quote(edited):
    text = f"It was reported that {edited} used for stores."
    place = locate(text, _QUOTE)
    assert place.fit == "edited"
    assert text[place.start:place.end].rsplit(maxsplit=1)[-1].startswith("building")


@pytest.mark.parametrize(("edited", "what"), [
    ("the new hall is about 16 to 17 percent the size of the previous building", "numbers"),
    ("the new hall is not about 60 to 70 percent the size of the previous building", "denials")])
def test_other_numbers_and_a_denial_are_another_statement(edited, what):
    with pytest.raises(ValueError, match=f"other {what}"):
        locate(f"It was reported that {edited} used for stores.", _QUOTE)


@pytest.mark.parametrize("text", ["", "Something else altogether was said about another place."])
def test_a_quote_that_is_not_there_is_lost_loudly(text):
    with pytest.raises(ValueError, match="does not stand in the document"):
        locate(text, _QUOTE)


def test_of_several_places_the_words_around_it_tell_and_without_them_none_is_taken():
    text = "First the hall is new. Then the hall is new."
    with pytest.raises(ValueError, match="more than once"):
        locate(text, "the hall is new")
    assert locate(text, "the hall is new", before="Then ").start == text.rindex("the hall")
    with pytest.raises(ValueError, match="more than once"):
        locate(text, "the hall is new", before="Never ")


def test_two_passages_that_resemble_an_edited_quote_are_not_chosen_from():
    one = _QUOTE.replace("percent", "per cent")
    with pytest.raises(ValueError, match="more than one passage"):
        locate(f"{one}. And again: {one}.", _QUOTE)
