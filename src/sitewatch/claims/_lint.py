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
_NUMBER = re.compile(r"\d+(?:[.,\u202f]\d+)*")


def faults_of(finding: Finding, text: str) -> tuple[str, ...]:
    """Why ``text`` may not stand for a finding; nothing where it may. What others say is quoted, so it may say all."""
    return () if finding.layer == "said by others" else tuple(dict.fromkeys(_faults(finding, text)))


def _faults(finding: Finding, text: str) -> Iterator[str]:
    if not text.strip():
        yield "it says nothing"
    is_fact = finding.layer in ("seen", "measured")
    if is_fact and (found := functions_in(text)):
        yield f"“{found[0]}” says what a thing is for, which nobody can see or measure from above"
    for sentence in _END.split(text):
        yield from _on_chance(finding, sentence, is_fact=is_fact)
    if certain := _CERTAIN.search(text):
        yield f"“{certain[0]}” is no word of ICD 203: a fact is seen or measured, a judgement has a chance"
    if new := sorted(set(_NUMBER.findall(text)) - set(_NUMBER.findall(finding.text))):
        yield f"the number {new[0]} does not stand in the draft"


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
