"""Where a quote stands in a text: found again after small edits, and loudly lost after others.

The selectors are those of the W3C Web Annotation Data Model (https://www.w3.org/TR/annotation-model/, 4.2.4
TextQuoteSelector: exact, prefix, suffix; 4.2.5 TextPositionSelector: start, end).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.fuzz import partial_ratio_alignment

__all__ = ["Fit", "Place", "locate"]

Fit = Literal["exact", "moved", "edited"]

# Of 100 letters about ten may differ: a comma, a typographic sign, a word of two letters; not a sentence.
_ALIKE = 90.0
_SAME_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\n": " "})
# What turns a statement into another one although hardly a letter differs: its numbers and its denials.
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_DENIALS = re.compile(r"\b(?:not?|never|none|without|den(?:y|ies|ied)|cannot)\b|n't\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """[start, end) in characters of a text, and whether the quote stands there as it was noted down."""

    start: int
    end: int
    fit: Fit


def locate(text: str, quote: str, at: tuple[int, int] | None = None, before: str = "", after: str = "") -> Place:
    """Where ``quote`` stands in ``text``: at ``at``, else at its only occurrence, else where it was edited a little.

    ``before`` and ``after`` (prefix, suffix) tell several occurrences apart; where the quote stands between other words
    than those, the passage counts as edited. One whose numbers or denials differ is never taken for the quote. Raises
    ValueError, which says what is wrong, where the quote is not to be found or could stand in several places.
    """
    if not quote.strip():
        raise ValueError("the quote is empty")
    spots = [match.start() for match in re.finditer(re.escape(quote), text)]
    fitting = [spot for spot in spots if _is_between(text, spot, spot + len(quote), before, after)]
    if at and at[1] - at[0] == len(quote) and at[0] in (fitting or spots):
        return Place(start=at[0], end=at[1], fit="exact" if fitting else "edited")
    has_hint = bool(before or after)
    if len(spots) > 1 and not (has_hint and len(fitting) == 1):
        raise ValueError("the quote stands there more than once")
    if spots:
        start = (fitting or spots)[0]
        return Place(start=start, end=start + len(quote), fit="edited" if not fitting else "moved" if at else "exact")
    return _edited(text, quote)


def _is_between(text: str, start: int, end: int, before: str, after: str) -> bool:
    return text[:start].rstrip().endswith(before.rstrip()) and text[end:].lstrip().startswith(after.lstrip())


def _edited(text: str, quote: str) -> Place:
    found = list(_alike(text, quote))
    if not found:
        raise ValueError("the quote does not stand in the document")
    if len(found) > 1:
        raise ValueError("the quote was edited, and more than one passage resembles it")
    start, end = found[0]
    for what, signs in (("numbers", _NUMBERS), ("denials", _DENIALS)):
        if signs.findall(_plain(text[start:end])) != signs.findall(_plain(quote)):
            raise ValueError(f"only a passage with other {what} stands in the document: {text[start:end][:120]!r}")
    return Place(start=start, end=end, fit="edited")


def _alike(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """The best passage, and the next best one outside it if that is as good as it need be."""
    plain, wanted = _plain(text), _plain(quote)
    if len(plain) < len(wanted) * 0.9:
        return
    best = partial_ratio_alignment(wanted, plain, score_cutoff=_ALIKE)
    if best is None:
        return
    start, end = _whole_words(plain, best.dest_start, best.dest_end)
    yield start, end
    for rest in (plain[:start], plain[end:]):
        if len(rest) >= len(wanted) and partial_ratio_alignment(wanted, rest, score_cutoff=_ALIKE):
            yield start, end
            return


def _plain(text: str) -> str:
    """The text with the same signs for the same things, letter by letter, so that offsets stay."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text.translate(_SAME_SIGNS))


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The passage widened to whole words, without space at its ends."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
