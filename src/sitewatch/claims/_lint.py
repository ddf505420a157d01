"""What a sentence of its layer may not say, whoever worded it: functions that nobody saw, and the rules of ICD 203."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitewatch.claims._words import functions_in, probability_word
from sitewatch.model import Finding

__all__ = ["faults_of"]

_END = re.compile(r"(?<=[.;!?])\s+")
_ROW_A = re.compile(r"\b(?:almost no chance|very unlikely|unlikely|roughly even chance|very likely|likely"
                    r"|almost certain(?:ly)?)\b", re.I)
_ROW_B = re.compile(r"\b(?:remote(?: chance)?|(?:highly )?improbabl[ey]|(?:highly )?probabl[ey]|roughly even odds"
                    r"|nearly certain(?:ly)?)\b", re.I)
_CONFIDENCE = re.compile(r"\bconfiden(?:ce|t|tly)\b", re.I)
_CERTAIN = re.compile(r"(?<!almost )(?<!nearly )\bcertain(?:ly)?\b|\b(?:definitely|undoubtedly|proves?|proven|proof)\b",
                      re.I)
_QUOTE = re.compile(r"“[^”]*”")
_NUMBER = re.compile(r"\d+(?:[.,\u202f]\d+)*")


def faults_of(finding: Finding, text: str) -> tuple[str, ...]:
    """Why ``text`` may not stand for a finding; nothing where it may. What others are quoted with may say all."""
    rule = _on_quotes if finding.layer == "said by others" else _on_layer
    return tuple(dict.fromkeys([*rule(finding, text), *_on_numbers(finding, text)]))


def _on_numbers(finding: Finding, text: str) -> Iterator[str]:
    if not text.strip():
        yield "it says nothing"
    if new := sorted(set(_NUMBER.findall(text)) - set(_NUMBER.findall(finding.text))):
        yield f"the number {new[0]} does not stand in the draft"


def _on_quotes(finding: Finding, text: str) -> Iterator[str]:
    """Quotes stay as they are, and around them nothing is added that says what a thing is for."""
    if new := [quote for quote in _QUOTE.findall(text) if quote not in _QUOTE.findall(finding.text)]:
        yield f"{new[0]} is not what the draft quotes"
    known = functions_in(_QUOTE.sub(" ", finding.text))
    if own := [word for word in functions_in(_QUOTE.sub(" ", text)) if word not in known]:
        yield f"“{own[0]}” stands outside the quotes: whose word is it?"


def _on_layer(finding: Finding, text: str) -> Iterator[str]:
    is_fact = finding.layer in ("seen", "measured")
    if is_fact and (found := functions_in(text)):
        yield f"“{found[0]}” says what a thing is for, which nobody can see or measure from above"
    for sentence in _END.split(text):
        yield from _on_chance(finding, sentence, is_fact=is_fact)
    if certain := _CERTAIN.search(text):
        yield f"“{certain[0]}” is no word of ICD 203: a fact is seen or measured, a judgement has a chance"


def _on_chance(finding: Finding, sentence: str, *, is_fact: bool) -> Iterator[str]:
    words = [match[0].lower() for match in _ROW_A.finditer(sentence)]
    if other := _ROW_B.search(sentence):
        yield f"“{other[0]}” is of row B of ICD 203, the words used here are those of row A"
    if is_fact and words:
        yield f"“{words[0]}” is a judgement; what is {finding.layer} is a fact"
    if _CONFIDENCE.search(sentence) and (words or other or "chance" in sentence):
        yield "a likelihood and a confidence stand in one sentence"
    own = probability_word(finding.chance) if finding.chance is not None else None
    if own and (wrong := next((word for word in words if word.removesuffix("ly") != own.removesuffix("ly")), None)):
        yield f"“{wrong}” is not the word for a chance of {finding.chance:.2f}, which is “{own}”"
