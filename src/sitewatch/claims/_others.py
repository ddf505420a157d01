"""Sentences on what others say: whose word it is, that the images bear it out or not, and how many origins it has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import get_args

from sitewatch.claims._disagreements import meant
from sitewatch.claims._words import counted
from sitewatch.model import Check, Checks, Claim, Disagreement, Verdict

__all__ = ["said_by_others"]

Told = tuple[str, tuple[str, ...]]

_MOST = 12  # sentences on single claims; the others are counted, and stand claim by claim in the report
_LONGEST = 240
_VERBS: dict[Verdict, str] = {"supported": "bear it out", "refuted": "refute it"}
_HELD: dict[Verdict, str] = {"supported": "bear out", "refuted": "refute"}


def said_by_others(checks: Checks) -> Iterator[Told]:
    """Sentences of the layer "said by others" with the ids that they rest on: where publishers exclude each other, then
    the claims that the images decide, then how many there are of each verdict."""
    for one in checks.disagreements:
        if one.kind != "not comparable":
            yield _excluded(one, checks), one.claims
    decided = [check for check in checks if check.verdict in _VERBS and check.tested]
    for check in decided[:_MOST]:
        yield _decided(check), _evidence(check)
    for check in [check for check in checks if check.part][:max(0, _MOST - len(decided))]:
        yield _in_part(check), _evidence(check)
    if checks.records:
        yield _rest(checks), tuple(document.id for document in checks.documents)


def _excluded(one: Disagreement, checks: Checks) -> str:
    readings = ", ".join(f"“{printed.text}”" for printed in one.printed)
    least = "" if one.is_counted else "at least "
    origins = least + counted(one.origins, "independent origin", "independent origins")
    who = counted(one.publishers, "publisher gives", "publishers give")
    ways = counted(len(one.printed), "reading", "readings")
    held = _held(one, checks) or f"The readings are {readings}."
    return _clean(f"{who[0].upper()}{who[1:]} “{one.about}” in {ways} that exclude each other, with {origins}. "
                  f"{one.kind.capitalize()}: {one.why}. {held}")


def _held(one: Disagreement, checks: Checks) -> str:
    """Which of the readings the images bear out and which they refute, where they were asked."""
    check = next((c for c in checks if c.claim.id in one.claims and c.claim.stated and c.tested and c.tested[0].value),
                 None)
    if check is None or check.claim.stated is None:
        return ""
    first = check.tested[0]
    verdicts = {meant(check.claim.stated): first.verdict, **{rival.text: rival.verdict for rival in first.rivals}}
    parts = [f"{verb} {', '.join(f'“{text}”' for text in texts)}" for verdict, verb in _HELD.items()
             if (texts := [text for text, found in verdicts.items() if found == verdict])]
    return f"{first.what.capitalize()}, as measured: {first.measured}. The images {' and '.join(parts)}." \
        if parts else ""


def _decided(check: Check) -> str:
    return _clean(f"{_says(check.claim)} The images {_VERBS[check.verdict]}: {check.why}.")


def _in_part(check: Check) -> str:
    part = check.part
    assert part is not None
    return _clean(f"{_says(check.claim)} The images {_HELD[part.verdict]} a part of it: {part.why}. "
                  f"The rest: {check.why}.")


def _says(claim: Claim) -> str:
    quoting = f", quoting {claim.said_by}," if claim.said_by not in ("", claim.publisher) else ""
    quote = _clean(claim.quote)
    cut = quote if len(quote) <= _LONGEST else f"{quote[:_LONGEST].rsplit(' ', 1)[0]} …"
    return f"{claim.publisher}{quoting} says: “{cut}”."


def _evidence(check: Check) -> tuple[str, ...]:
    structures = (answer.structure for answer in check.tested if answer.structure)
    return tuple(dict.fromkeys([check.claim.id, check.claim.document, *structures]))


def _rest(checks: Checks) -> str:
    verdicts = Counter(check.verdict for check in checks)
    counts = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in get_args(Verdict) if verdicts[verdict])
    why = ": no image shows what a thing is for, who uses it, what is intended or what people said" \
        if verdicts["not testable"] else ""
    many = counted(len(checks.records), "statement of others was", "statements of others were")
    return f"{many[0].upper()}{many[1:]} held against the images ({counts}){why}."


def _clean(text: str) -> str:
    """One line without control or formatting characters: quotes and names are others' words."""
    plain = "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text)
    return re.sub(" {2,}", " ", plain)
