"""Sentences and clauses of a text, as spans of characters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["Span", "clauses_of", "sentence_at", "sentences_of"]

Span = tuple[int, int]

_LONGEST = 2000  # no sentence of a person; patterns on one take time that grows with its square
_END = re.compile(r"[.!?]+[\"”’»)]*(?=\s+[\"“‘«(]?[A-Z0-9])|\n\s*|[.!?][\"”’»)]*\Z")
_WRAPPED = range(50, 200)  # a line of that length without a stop was only wrapped; others are headings, paragraphs
# A full stop after these ends no sentence.
_SHORT = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|No|St|approx|ca|cf|vs|vol|fig|e\.g|i\.e|Jan|Feb|"
                    r"Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)|\b[A-Z](?:\.[A-Z])*)\.$")
# Where a new statement begins within a sentence: a conjunction or a participle after a comma, a dash, a semicolon,
# and what is reported after "that".
_CLAUSE = re.compile(
    r";\s+|\s+[–—]\s+"
    r"|,\s+(?=(?:and|but|while|with|including|along with|although|suggesting|indicating|showing|adding|according to)\b)"
    r"|\s+(?=and (?:have|has|had|is|are|was|were|will|sending|agreeing|building|using|that)\b)"
    r"|(?<=\bsaid)\s+(?=the |it |they )"
    r"|(?P<that>\b(?:sa(?:id|ys?)|told [\w\s]{2,30}|not(?:ed|es)|indicat(?:es?|ed)|suggest(?:s|ed)?|show(?:s|ed)?"
    r"|appears|report(?:s|ed)|reveal(?:s|ed)|claim(?:s|ed)?|concerns|believes?|warn(?:s|ed)|add(?:s|ed)|announced|confirmed"
    r"|estimated?|argues?|concluded?|found)\sthat)\s+")


def sentences_of(text: str) -> Iterator[Span]:
    """[start, end) of each sentence, without space around it; what never ends is cut every 2000 characters."""
    start = 0
    for match in _END.finditer(text):
        if match[0].startswith(".") and _SHORT.search(text, max(start, match.start() - 8), match.start() + 1):
            continue
        if match[0].strip(" \t") == "\n" and match.start() - text.rfind("\n", 0, match.start()) - 1 in _WRAPPED:
            continue
        yield from _cut(text, start, match.end())
        start = match.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    for begin in range(start, end, _LONGEST):
        yield from _trimmed(text, begin, min(end, begin + _LONGEST))


def sentence_at(text: str, place: int) -> Span:
    """The sentence in which a character stands."""
    spans = _spans(text)
    return spans[max(0, bisect_right(spans, (place, len(text))) - 1)] if spans else (0, len(text))


@lru_cache(maxsize=8)
def _spans(text: str) -> tuple[Span, ...]:
    return tuple(sentences_of(text))


def clauses_of(text: str, sentence: Span) -> Iterator[Span]:
    """[start, end) of the clauses of a sentence; together they are the sentence."""
    start = sentence[0]
    for match in _CLAUSE.finditer(text, *sentence):
        if match.end() - start >= 12:  # shorter is an aside, not a statement
            yield from _trimmed(text, start, match.end("that") if match["that"] else match.start())
            start = match.end()
    yield from _trimmed(text, start, sentence[1])


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
