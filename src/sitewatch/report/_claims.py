"""What others say, as a reader gets it: each verdict beside its quote and what was measured, and the number line on
which readings of one statement lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sitewatch.model import Answer, Check, Checks, Disagreement, Document, Flag, Quantity, Verdict
from sitewatch.report._language import gettext, ngettext
from sitewatch.report._signs import Sign

__all__ = ["ClaimRow", "ClaimsShown", "Line", "Mark", "claims_of"]

_SIGNS: dict[Verdict, str] = {"supported": "✓", "refuted": "✕", "cannot tell": "?", "not testable": "–"}
_NUMBERS = ("footprint", "length", "width", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """One claim: its verdict with a sign that needs no colour, who said it, and where on the page its number stands."""

    check: Check
    sign: str
    chance: str
    publisher: str
    quoting: str
    document: Document
    flags: tuple[Flag, ...]
    link: str | None
    part_link: str | None
    others: tuple[Answer, ...]

    @property
    def reason(self) -> str:
        """Why this verdict, as a sentence."""
        return f"{self.check.why[:1].upper()}{self.check.why[1:]}."

    @property
    def headline(self) -> Answer | None:
        """The test that carries the verdict."""
        return self.check.tested[0] if self.check.tested else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One reading on the number line, in percent of its length."""

    text: str
    meaning: str
    left: float
    width: float
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A disagreement; ``marks`` are its readings, ``measured`` what the images gave, ``ticks`` the numbers below."""

    about: Disagreement
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[str, float], ...]
    measured: Quantity | None
    band: tuple[float, float, float] | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsShown:
    """The section on what others say: what could be tested first, then the rest."""

    summary: str
    tested: tuple[ClaimRow, ...]
    untested: tuple[ClaimRow, ...]
    lines: tuple[Line, ...]
    documents: tuple[Document, ...]


def claims_of(checks: Checks, signs: Sequence[Sign]) -> ClaimsShown | None:
    """The section; None where the case quotes nobody."""
    if not checks.records:
        return None
    letters = {sign.structure.id: sign.sign for sign in signs if sign.structure}
    documents = {document.id: document for document in checks.documents}
    rows = [_row(check, checks, documents, letters) for check in checks]
    return ClaimsShown(
        summary=_summary(checks), tested=tuple(row for row in rows if not _is_untested(row.check)),
        untested=tuple(row for row in rows if _is_untested(row.check)),
        lines=tuple(_line(one, checks) for one in checks.disagreements), documents=checks.documents)


def _is_untested(check: Check) -> bool:
    """Whether no part of it is decided by the images, and none can be."""
    return check.verdict == "not testable" and check.part is None


def _summary(checks: Checks) -> str:
    verdicts = [check.verdict for check in checks]
    counts = [f"{number} {gettext(verdict)}" for verdict in _SIGNS if (number := verdicts.count(verdict))]
    return ngettext("%(count)s statement that others published: %(verdicts)s.",
                    "%(count)s statements that others published: %(verdicts)s.", len(verdicts)) % {
        "count": len(verdicts), "verdicts": ", ".join(counts)}


def _row(check: Check, checks: Checks, documents: Mapping[str, Document], letters: Mapping[str, str]) -> ClaimRow:
    claim, first = check.claim, check.tested[0] if check.tested else None
    chance = "" if check.chance is None else "> 0.99" if check.chance > 0.99 else \
        "< 0.01" if check.chance < 0.01 else f"{check.chance:.2f}"
    quoting = claim.said_by if claim.said_by != claim.publisher else ""
    return ClaimRow(check=check, sign=_SIGNS[check.verdict], chance=chance, publisher=claim.publisher, quoting=quoting,
                    document=documents[claim.document], flags=checks.flags_of(claim.id), others=check.tested[1:],
                    link=_link(first, letters) if first else None,
                    part_link=_link(check.part, letters) if check.part else None)


def _link(tested: Answer, letters: Mapping[str, str]) -> str | None:
    """Where on the page the number or the looks stand that decided."""
    if tested.what == "change of the ground":
        return "rejected"  # where the changes of the ground alone are listed
    letter = letters.get(tested.structure or "")
    if letter is None:
        return None
    if tested.value is not None and tested.what in _NUMBERS:
        return f"ratios-{letter}" if tested.value.unit == "1" else f"sizes-{letter}"
    return "when"


def _line(one: Disagreement, checks: Checks) -> Line:
    tested = next((check.tested[0] for check in checks
                   if check.claim.id in one.claims and check.tested and check.tested[0].value), None)
    measured = tested.value if tested else None
    numbers = [bound for p in one.printed for bound in (p.low, p.high)]
    numbers += [measured.low, measured.high] if measured else []
    low, high = _ends(numbers)
    span = high - low
    marks = tuple(Mark(text=p.text, left=100 * (p.low - low) / span, width=max(100 * (p.high - p.low) / span, 0.4),
                       publishers=p.publishers, meaning=p.means)
                  for p in sorted(one.printed, key=lambda p: (-len(p.publishers), p.low)))
    band = None
    if measured:
        band = (100 * (measured.low - low) / span, 100 * (measured.high - measured.low) / span,
                100 * (measured.value - low) / span)
    is_dates = all(p.unit == "day" for p in one.printed)
    ticks = () if is_dates else tuple((f"{tick:g}", 100 * (tick - low) / span) for tick in _ticks(low, high))
    return Line(about=one, marks=marks, ticks=ticks, measured=measured, band=band, what=tested.what if tested else "")


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    """From zero where that does not squeeze the readings, else from a little below the lowest."""
    low, high = min(numbers), max(numbers)
    if low < 0.5 * high:
        low = 0.0
    margin = 0.06 * (high - low) or 1.0
    return (low if low == 0 else low - margin), high + margin


def _ticks(low: float, high: float) -> Iterator[float]:
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 7)
    yield from (round(step * i, 9) for i in range(math.ceil(low / step), math.floor(high / step) + 1))
