"""Who said what: one published statement, word for word, on whose word, with the number in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sitewatch.model.decision import Decision
from sitewatch.model.document import Document
from sitewatch.model.entity import Entities
from sitewatch.model.quantity import Span
from sitewatch.model.selector import Place

__all__ = ["UNITS", "Attribution", "Claim", "ClaimKind", "Claims", "Form", "Interval", "Proposal", "Reading",
           "Relation", "Stated", "base_of", "canonical", "tolerance_of"]

ClaimKind = Literal["observation", "measurement", "inference", "attribution", "background", "meta"]

# How a number is said to stand to what it is compared with; "value" compares with nothing.
Form = Literal["of", "more_than", "less_than", "times", "times_larger", "grew_times", "by", "to", "value"]
Interval = tuple[float, float]

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_AROUND = 600   # characters on either side: a long paragraph; some texts have no blank lines

# Each unit with its base unit and how many of that it holds. Miles, feet and acres are the international ones.
UNITS: dict[str, tuple[str, float]] = {
    "1": ("1", 1.0), "count": ("count", 1.0),
    "m": ("m", 1.0), "km": ("m", 1000.0), "ft": ("m", 0.3048), "mi": ("m", 1609.344), "nmi": ("m", 1852.0),
    "m²": ("m²", 1.0), "m2": ("m²", 1.0), "km²": ("m²", 1e6), "km2": ("m²", 1e6), "ha": ("m²", 1e4),
    "t": ("t", 1.0),
    "ft²": ("m²", 0.09290304), "acre": ("m²", 4046.8564224), "mi²": ("m²", 2589988.110336),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A number as somebody stated it: ``low`` to ``high``, in what form, of which ``dimension``.

    Percentages are shares (60 percent is 0.6). ``tolerance`` is what the hedge allows on both sides, in the
    same terms; None takes half of the last stated step. ``start`` and ``end`` are the two sizes that a growth
    "n times over" is said to lead from and to; a growth "by" or "to" a size is one from ``start``, in the same unit.
    """

    form: Form
    low: float
    high: float
    unit: str = "1"
    surface: str = ""
    dimension: str = "unspecified"
    numerator: str | None = None
    denominator: str | None = None
    tolerance: float | None = None
    start: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"the interval is upside down: {self.low} to {self.high}")
        if self.tolerance is not None and self.tolerance < 0:
            raise ValueError(f"the tolerance is below zero: {self.tolerance}")
        if self.form in ("by", "to") and (self.start is None or self.start <= 0):
            raise ValueError(f"nobody can tell what it grows from: {self.form!r} needs a start above zero")
        if self.unit not in UNITS:
            raise ValueError(f"the unit {self.unit!r} is not known; write one of {', '.join(UNITS)}")


def canonical(stated: Stated) -> tuple[Interval, ...]:
    """What the number means as new / old (or, for "value", in the base unit), with its tolerance.

    60 to 70 percent *of* is 0.6 to 0.7, *larger* is 1.6 to 1.7, *smaller* is 0.3 to 0.4. *n times larger* is n for
    some writers and n + 1 for others: both are kept. From a, *to* b is b / a and *by* b is (a + b) / a.
    """
    low, high, start = stated.low, stated.high, stated.start or 1.0
    by_form: dict[str, tuple[Interval, ...]] = {
        "of": ((low, high),), "times": ((low, high),), "value": ((low, high),),
        "more_than": ((1 + low, 1 + high),), "less_than": ((1 - high, 1 - low),),
        "times_larger": ((low, high), (low + 1, high + 1)), "grew_times": ((low, high), (low + 1, high + 1)),
        "to": ((low, high),), "by": ((start + low, start + high),)}
    loose, (_, scale) = tolerance_of(stated), base_of(stated)
    return tuple((round(max(0.0, a - loose) * scale, 9), round((b + loose) * scale, 9))
                 for a, b in by_form[stated.form])


def base_of(stated: Stated) -> tuple[str, float]:
    """The unit of what ``canonical`` gives and how many of it one stated unit holds: none for a growth between two
    sizes, of which the first is one."""
    return ("1", 1 / (stated.start or 1.0)) if stated.form in ("by", "to") else UNITS[stated.unit]


def tolerance_of(stated: Stated) -> float:
    """What is allowed on both sides, in the terms of the statement.

    Half of the last stated step: 60 to 70 percent are steps of ten; "twice" is given a tenth, a count nothing.
    """
    if stated.tolerance is not None:
        return stated.tolerance
    if stated.unit == "count":
        return 0.0
    if stated.form in ("times", "times_larger", "grew_times"):
        return 0.1 * stated.low
    scale = 100 if stated.unit == "1" and stated.form not in ("value", "by", "to") else 1
    steps = (_last_step(round(number * scale, 9)) / scale for number in {stated.low, stated.high})
    return min(steps) / 2


def _last_step(number: float) -> float:
    """The place value of the last digit that is not zero: 70 is stated in tens, 65 in ones, 1.1 in tenths."""
    digits = f"{number:.9f}".rstrip("0")
    whole, _, decimals = digits.partition(".")
    if decimals:
        return float(10.0 ** -len(decimals))
    return float(10.0 ** (len(whole) - len(whole.rstrip("0")))) if whole.strip("0-") else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One link of the chain of who says that who says: ``act`` is publishes, says, analyses, images, ..."""

    who: str
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of one document. ``attribution`` runs from the publisher inwards to whoever looked.

    ``observed`` is the time of which it speaks, ``asserted`` when it was said, if not with its document. ``imagery``
    says what its author thought an image could check: yes, partly or no. ``noted`` are remarks by a person; they are
    shown as such and never mixed with what is computed. ``proposed_by`` is what pointed the passage out, rules or a
    named model, None where a person did; what nobody has confirmed gets no verdict.
    """

    id: str
    document: str
    kind: ClaimKind
    subject: str
    predicate: str
    object: str
    quote: str
    place: Place
    attribution: tuple[Attribution, ...] = ()
    hedge: tuple[str, ...] = ()
    stated: Stated | None = None
    observed: Span | None = None
    asserted: Span | None = None
    imagery: Literal["yes", "partly", "no"] | None = None
    noted: tuple[str, ...] = ()
    note: str | None = None
    proposed_by: str | None = None
    is_confirmed: bool = True

    @property
    def publisher(self) -> str:
        """Whoever printed it: the outermost link."""
        return self.attribution[0].who if self.attribution else ""

    @property
    def said_by(self) -> str:
        """Whoever it goes back to, as far as the text says: the innermost link that is a person or a group.

        A remark in brackets, such as (unattributed), names nobody.
        """
        people = [link.who for link in self.attribution if link.act != "images" and not link.who.startswith("(")]
        return people[-1] if people else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A passage that looks like a claim, with what the rules read in it; for a person to confirm. ``by``: rules, or the
    model that pointed it out."""

    start: int
    end: int
    quote: str
    kind: ClaimKind
    hedge: tuple[str, ...] = ()
    stated: Stated | None = None
    dates: tuple[str, ...] = ()
    who: str | None = None
    act: str | None = None
    because: tuple[str, ...] = ()
    by: str = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How claims stand to each other or to a source outside the case; ``b`` may hold free text."""

    type: str
    a: str
    b: tuple[str, ...]
    is_within_document: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How some publishers print the number of a claim, and to whom they go back; None where nobody knows."""

    of: str
    stated: Stated
    publishers: tuple[str, ...]
    origin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Everything that others are quoted with in a case; ``texts`` holds the text of each document.

    ``links``: what people decided on which structure a claim speaks of.
    """

    documents: tuple[Document, ...] = ()
    texts: Mapping[str, str]
    records: tuple[Claim, ...] = ()
    relations: tuple[Relation, ...] = ()
    readings: tuple[Reading, ...] = ()
    entities: Entities
    links: tuple[Decision, ...] = ()

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.records)

    def __getitem__(self, claim_id: str) -> Claim:
        return {claim.id: claim for claim in self.records}[claim_id]

    def around(self, claim: Claim) -> tuple[str, str]:
        """What stands before a claim's quote in its paragraph, and after it; cut where that is long."""
        text, place = self.texts[claim.document], claim.place
        before = re.split(_BLANK_LINE, text[:place.start])[-1]
        after = re.split(_BLANK_LINE, text[place.end:], maxsplit=1)[0]
        return (f"… {before[-_AROUND:].partition(' ')[2]}" if len(before) > _AROUND else before,
                f"{after[:_AROUND].rpartition(' ')[0]} …" if len(after) > _AROUND else after)

    def document(self, document_id: str) -> Document:
        """The document of that id."""
        return {document.id: document for document in self.documents}[document_id]
