"""Whether claims hold: flags, disagreements and verdicts, all of them computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sitewatch.model.claim import Claim
from sitewatch.model.document import Document
from sitewatch.model.quantity import Quantity

__all__ = [
    "NOTHING_CHECKED",
    "Answer",
    "Check",
    "Checks",
    "Disagreement",
    "DisagreementKind",
    "Flag",
    "Printed",
    "Rival",
    "Verdict",
]

_SHOWN = {"m²": ("km²", 1e6), "m": ("km", 1e3)}  # from a million on

_DECIDED = ("supported", "refuted")

Verdict = Literal["supported", "refuted", "cannot tell", "not testable"]
DisagreementKind = Literal["transmission error", "dispute", "origin unknown", "self-contradiction", "dimension slip",
                           "not comparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something about the wording of a claim that a reader should know; ``word`` is the flag's fixed name."""

    claim: str
    word: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another reading of the same number, its own verdict, and how much better the claim's reading explains the images.

    ``times`` is that likelihood ratio, each reading taken as uniform within its interval.
    """

    text: str
    low: float
    high: float
    chance: float
    verdict: Verdict
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One thing about a claim that the images were asked, such as a footprint's ratio, and what they gave.

    ``chance`` is the probability that it is true, given the images; ``measured`` is what they gave in words,
    ``value`` as a number, ``structure`` the id of what was looked at. ``decides`` says which images would decide it
    where these cannot.
    """

    what: str
    verdict: Verdict
    why: str
    chance: float | None = None
    measured: str | None = None
    value: Quantity | None = None
    structure: str | None = None
    rivals: tuple[Rival, ...] = ()
    decides: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim's verdict. "cannot tell" is what stands there until a test says otherwise.

    ``before`` and ``after`` are what the document says around the quote.
    """

    claim: Claim
    verdict: Verdict
    why: str
    chance: float | None = None
    tested: tuple[Answer, ...] = ()
    before: str = ""
    after: str = ""

    @property
    def part(self) -> Answer | None:
        """What the images decide of a claim that they do not decide as a whole."""
        if self.verdict in _DECIDED:
            return None
        return next((answer for answer in self.tested[1:] if answer.verdict in _DECIDED), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One reading of a statement as published: by whom, going back to whom, meaning which interval.

    ``unit`` is a base unit (1, m, m², count), or day: then ``low`` and ``high`` are proleptic Gregorian ordinals.
    """

    text: str
    low: float
    high: float
    unit: str = "1"
    publishers: tuple[str, ...]
    origins: tuple[str, ...]

    @property
    def means(self) -> str:
        """The interval in words, with its unit."""
        if self.unit == "day":
            return self.text
        name, scale = _SHOWN.get(self.unit, (self.unit, 1.0)) if self.high >= 1e6 else (self.unit, 1.0)
        numbers = dict.fromkeys(f"{bound / scale:,.10g}" for bound in (self.low, self.high))
        return " to ".join(numbers) + ("" if name in ("1", "count") else f" {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Readings of one statement that exclude each other, or only seem to.

    ``publishers`` counts who printed it, ``origins`` how many independent sources stand behind them: never the same.
    Where not all of them are known (``is_counted``), there are at least so many.
    ``slip`` names the conversion by whose factor two readings differ; that may be chance.
    """

    kind: DisagreementKind
    about: str
    claims: tuple[str, ...]
    printed: tuple[Printed, ...]
    publishers: int
    origins: int
    why: str
    slip: str | None = None
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Every claim of a case with its verdict, the flags, and where publishers disagree."""

    documents: tuple[Document, ...] = ()
    records: tuple[Check, ...] = ()
    flags: tuple[Flag, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    def __iter__(self) -> Iterator[Check]:
        return iter(self.records)

    def __getitem__(self, claim_id: str) -> Check:
        return {check.claim.id: check for check in self.records}[claim_id]

    def flags_of(self, claim_id: str) -> tuple[Flag, ...]:
        """The flags of one claim."""
        return tuple(flag for flag in self.flags if flag.claim == claim_id)


NOTHING_CHECKED = Checks()
