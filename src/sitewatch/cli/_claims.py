"""What others say, as tables and as plain data."""

from __future__ import annotations

from typing import Any

from sitewatch.cli._tables import table_text
from sitewatch.model import Check, Checks, Disagreement, Span

__all__ = ["checks_json", "checks_text"]

_VERDICTS = """\
supported     true with a chance of 0.95 or more, given the images alone
refuted       true with a chance of 0.05 or less
cannot tell   in between, or these images do not decide it
not testable  no image can show it"""


def checks_text(checks: Checks) -> str:
    """One line per claim with its verdict and the reason, then the flags, then where publishers disagree."""
    if not checks.records:
        return ""
    rows = [(check.claim.id, _who(check), f"“{check.claim.quote}”", _verdict(check), _why(check)) for check in checks]
    parts = ["What others say, and whether the images bear it out", _VERDICTS, table_text(
        ("claim", "said by", "quote", "verdict (chance)", "why"), rows)]
    if checks.flags:
        flagged = [(flag.claim, _plain(flag.word), flag.why) for flag in checks.flags]
        parts += ["What to know about the wording", table_text(("claim", "flag", "why"), flagged)]
    for one in checks.disagreements:
        parts += [_disagreement(one), table_text(
            ("printed as", "means", "by", "goes back to"),
            [(p.text, p.means, ", ".join(p.publishers), ", ".join(p.origins)) for p in one.printed])]
    return "\n\n".join(parts)


def checks_json(checks: Checks) -> dict[str, Any]:
    """Every claim with its place, verdict and tests; flags; disagreements with the number of origins."""
    return {"claims": [_check_json(check, checks) for check in checks],
            "disagreements": [_disagreement_json(one) for one in checks.disagreements]}


def _disagreement_json(one: Disagreement) -> dict[str, Any]:
    readings = [{"text": p.text, "low": p.low, "high": p.high, "unit": p.unit, "publishers": list(p.publishers),
                 "origins": list(p.origins)} for p in one.printed]
    return {"kind": one.kind, "about": one.about, "claims": list(one.claims), "publishers": one.publishers,
            "independent_origins": one.origins, "why": one.why, "suspected_slip": one.slip, "readings": readings}


def _who(check: Check) -> str:
    """The publisher, and whom it quotes."""
    names = dict.fromkeys([check.claim.publisher, check.claim.said_by])
    return ", quoting ".join(name for name in names if name)


def _verdict(check: Check) -> str:
    if check.chance is None:
        return check.verdict
    sure = "> 0.99" if check.chance > 0.99 else "< 0.01" if check.chance < 0.01 else f"{check.chance:.2f}"
    return f"{check.verdict} ({sure})"


def _why(check: Check) -> str:
    """The reason; what would decide it; what the other tests gave, each of several parts with its verdict."""
    first, *others = check.tested or (None,)
    is_in_parts = first and any(test.value is None for test in others if test)
    told = [f"{first.what}, {first.verdict}: {check.why}" if first and is_in_parts else check.why]
    if first and first.decides:
        told.append(f"what would decide it: {first.decides}")
    if first and first.rivals:
        told += [f"read as {rival.text}: {rival.verdict}" for rival in first.rivals]
    told += [f"as {test.what}: {test.verdict}" if test.value is not None else
             f"{test.what}, {test.verdict}: {test.why}" for test in others if test]
    return ". ".join(part[0].upper() + part[1:] for part in told)


def _disagreement(one: Disagreement) -> str:
    return (f"{one.kind.capitalize()}: {one.about}. {_counted(one.publishers, 'publisher')}, "
            f"{'' if one.is_counted else 'at least '}{_counted(one.origins, 'independent origin')}: {one.why}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(word: str) -> str:
    return word.lower().replace("_", " ")


def _check_json(check: Check, checks: Checks) -> dict[str, Any]:
    claim = check.claim
    return {
        "id": claim.id, "document": claim.document, "kind": claim.kind, "quote": claim.quote,
        "start": claim.place.start, "end": claim.place.end, "found": claim.place.fit,
        "triple": [claim.subject, claim.predicate, claim.object], "observed": _span(claim.observed),
        "attribution": [[link.who, link.act] for link in claim.attribution], "verdict": check.verdict,
        "chance": check.chance, "why": check.why,
        "tests": [{"what": test.what, "verdict": test.verdict, "chance": test.chance, "measured": test.measured,
                   "structure": test.structure, "why": test.why, "decides": test.decides,
                   "rivals": [{"text": r.text, "low": r.low, "high": r.high, "chance": r.chance, "verdict": r.verdict,
                               "likelihood_ratio": r.times} for r in test.rivals]} for test in check.tested],
        "flags": [{"flag": flag.word, "why": flag.why} for flag in checks.flags_of(claim.id)],
        "noted_by_hand": list(claim.noted), "proposed_by": claim.proposed_by}


def _span(span: Span | None) -> list[str | None] | None:
    """First and last moment, the last not included."""
    if span is None:
        return None
    return [moment.isoformat().replace("+00:00", "Z") if moment else None for moment in (span.start, span.end)]
