"""What a reader should know about the wording of a claim: each rule gives a flag with its reason, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sitewatch.claims._designations import Designations
from sitewatch.claims._sentences import sentence_at
from sitewatch.claims._wording import (
    BORROWED,
    IMAGERY,
    NO_YEAR,
    NOVELTY,
    RELATIVE_DATE,
    SCENE_ID,
    UNHEDGED,
    VAGUE_COUNT,
    VAGUE_EVENTS,
    VAGUE_SPEAKER,
    WITH_UNCERTAINTY,
    hedges_in,
    sureness,
)
from sitewatch.model import Claim, Claims, Document, Flag, Relation

__all__ = ["flags_of"]

Found = Iterator[tuple[str, str]]

_UPSTREAM = ("derived_from", "garbled_from", "hedge_dropped_from")
_POINTS_BACK = re.compile(r"\b(?:these|this|those|such|the same)\b", re.I)
_BOTH = re.compile(r"\bboth (?:the )?[A-Z][\w-]*\d*[^.;]*")
_TOO_FINE = re.compile(r"\d{1,3}\.\d{6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A claim where it stands: ``lead`` and ``tail`` are what its sentence says around it, up to other claims."""

    claim: Claim
    claims: Claims
    document: Document
    designations: Designations
    sentence: str
    lead: str
    tail: str

    @property
    def is_repeated(self) -> bool:
        """Whether its publisher repeats what another published first, as far as the case says."""
        if self.document.origin:
            return self.document.origin != self.claim.publisher
        return any(self.claim.publisher in reading.publishers and reading.origin not in (None, self.claim.publisher)
                   and reading.of in {c.id for c in self.claims if c.document == self.claim.document}
                   for reading in self.claims.readings)


def flags_of(claims: Claims) -> tuple[Flag, ...]:
    """Every flag of every claim, in the order of the claims."""
    designations = Designations(claims.entities)
    return tuple(Flag(claim=claim.id, word=word, why=why) for claim in claims
                 for rule in _RULES for word, why in rule(_read(claim, claims, designations)))


def _read(claim: Claim, claims: Claims, designations: Designations) -> _Read:
    text = claims.texts[claim.document]
    start, end = sentence_at(text, claim.place.start)
    others = [c.place for c in claims if c.document == claim.document and c.id != claim.id]
    lead = max([start, *(p.end for p in others if start <= p.end <= claim.place.start)])
    tail = min([max(end, claim.place.end), *(p.start for p in others if claim.place.end <= p.start <= end)])
    return _Read(claim=claim, claims=claims, document=claims.document(claim.document), designations=designations,
                 sentence=text[start:max(end, claim.place.end)], lead=text[lead:claim.place.start],
                 tail=text[claim.place.end:tail])


def _document_changed(read: _Read) -> Found:
    if read.document.is_changed:
        yield "DOCUMENT_CHANGED", f"{read.document.path} is not the file that was noted down: its hash is another"
    if read.claim.place.fit == "moved":
        yield "QUOTE_MOVED", "the quote stands elsewhere in the document than noted down"
    if read.claim.place.fit == "edited":
        yield "QUOTE_EDITED", "the document words it a little differently than noted down"


def _designation(read: _Read) -> Found:
    quote = read.claim.quote
    for one in read.designations.within(quote):
        if one.entity is None:
            near = read.designations.near(one)
            hint = f"; near it: {', '.join(near)}" if near else ""
            yield "UNKNOWN_DESIGNATION", f"{one.text} is in no entity of the registry{hint}"
    for one, other in read.designations.equated(quote):
        if not read.designations.are_one(one, other):
            yield "ALIAS_CONFLICT", f"{one.text} and {other.text} are given to one thing, the registry knows better"


def _both(read: _Read) -> Found:
    match = _BOTH.search(read.claim.quote + read.tail)
    if match and not re.search(r"\band\b|&", match[0]):
        yield "DANGLING_BOTH", "“both” is followed by one thing only"


def _self_contradiction(read: _Read) -> Found:
    """What points back in the text and gives another name of one series than the text gave before."""
    if not _POINTS_BACK.search(read.claim.quote):
        return
    now = read.designations.within(read.claim.quote)
    for earlier in read.claims:
        if earlier.document != read.claim.document or earlier.place.end > read.claim.place.start:
            continue
        for one in read.designations.within(earlier.quote):
            clash = next((other for other in now if other.scheme == one.scheme and other.text != one.text), None)
            if clash and not (one.entity and clash.entity and one.entity.id == clash.entity.id):
                yield "SELF_CONTRADICTION", f"{clash.text} here, {one.text} in {earlier.id} of the same document"
                return


def _rival_parent(read: _Read) -> Found:
    if read.claim.predicate == "part_of" and (entity := read.claims.entities.find(read.claim.subject)):
        for rival, source in entity.rivals:
            parent = read.claims.entities.get(rival)
            yield "RIVAL_PARENT", f"{source} names {parent.name if parent else rival} as the larger place"


def _level_slip(read: _Read) -> Found:
    """What is said of a larger place is no evidence on its part, nor the reverse."""
    entities, ids = read.claims.entities, {claim.id for claim in read.claims}
    own = entities.find(read.claim.subject)
    for relation in _of(read, ("rests_on", "derived_from")):
        for other_id in (b for b in relation.b if b in ids):
            other = entities.find(read.claims[other_id].subject)
            is_level = own and other and own.type == other.type == "site"
            if is_level and own and other and (own.part_of == other.id or other.part_of == own.id):
                yield "LEVEL_SLIP", f"it speaks of {own.name}, {other_id} of {other.name}: one is part of the other"


def _counts(read: _Read) -> Found:
    if match := VAGUE_EVENTS.search(read.claim.quote + read.tail):
        yield "VAGUE_COUNT", f"“{match[0]}” is no number"
    elif read.claim.kind in ("observation", "measurement") and (match := VAGUE_COUNT.search(read.claim.quote)):
        yield "COUNT_MISSING", f"“{match[0]}” is no number"


def _speaker(read: _Read) -> Found:
    chain = [link.who for link in read.claim.attribution if link.act != "images"]
    if len(chain) > 1 and not VAGUE_SPEAKER.fullmatch(chain[-1]):
        return  # somebody is named, if not in this sentence
    if match := VAGUE_SPEAKER.search(read.lead + read.claim.quote):
        yield "VAGUE_SOURCE", f"nobody is named: “{match[0]}”"


def _novelty(read: _Read) -> Found:
    if NOVELTY.search(read.claim.quote):
        yield "NOVELTY_CLAIM", "it claims to be first; true at most for the first publisher"
        if read.is_repeated:
            yield "STALE_ON_REPUBLICATION", f"{read.claim.publisher} repeats it from another publisher"


def _borrowed(read: _Read) -> Found:
    if BORROWED.search(read.claim.quote) and read.is_repeated:
        yield "BORROWED_FIRST_PERSON", f"{read.claim.publisher} tells another publisher's own enquiry as its own"


def _dates(read: _Read) -> Found:
    if read.document.dated is not None or read.claim.asserted is not None:
        return
    quote = read.claim.quote
    if (match := NO_YEAR.search(quote)) and IMAGERY.search(quote):
        yield "NO_YEAR", f"“{match[0]}”: the images are dated without a year, in an undated document"
    elif match := RELATIVE_DATE.search(quote) or match:
        anchor = f"; {read.document.anchor} dates it from outside" if read.document.anchor else ""
        yield "RELATIVE_DATE_UNDATED_DOC", f"“{match[0]}” in a document without a date{anchor}"


def _imagery(read: _Read) -> Found:
    if IMAGERY.search(read.claim.quote) and not SCENE_ID.search(read.sentence):
        yield "NO_SCENE_ID", "images are cited, and none of them is identified"


def _numbers(read: _Read) -> Found:
    stated = read.claim.stated
    if stated and stated.dimension == "unspecified" and stated.unit != "count":
        yield "DIMENSION_UNDEFINED", "it does not say what was measured: footprint, floor area, length, volume"
    if stated and read.claim.kind == "measurement" and not WITH_UNCERTAINTY.search(read.sentence):
        yield "NO_UNCERTAINTY", "the number comes without an interval at a stated level"
    if match := _TOO_FINE.search(read.claim.quote):
        yield "FALSE_PRECISION", f"{match[0]}: the sixth decimal of a degree is a tenth of a metre"


def _growth(read: _Read) -> Found:
    """"Grew 11 times over, from 0.08 to 0.96": the two numbers say whether to n or by n is meant."""
    stated = read.claim.stated
    if stated is None or stated.start is None or stated.end is None or stated.start <= 0:
        return
    times = stated.end / stated.start
    loose = 0.05 * times  # both numbers are rounded
    if abs(times - stated.low) <= loose:
        return
    if abs(times - stated.low - 1) <= loose:
        yield "BY_OR_TO", f"its own numbers give {times:.3g} times the size: it grew by {stated.low:g} times, not to"
    else:
        yield "SELF_CONTRADICTION", f"its own numbers give {times:.3g} times, the text says {stated.low:g}"


def _hedges(read: _Read) -> Found:
    """The source further up is more careful: in a relation that quotes it, or in a claim of the case."""
    own = min((*hedges_in(read.claim.quote), *hedges_in(" ".join(read.claim.hedge))), key=sureness, default=None)
    for where, text in _upstream(read):
        source = min(hedges_in(text), key=sureness, default=None)
        if source and sureness(source) < (sureness(own) if own else UNHEDGED):
            yield "HEDGE_DROPPED", f"{where} says “{source}”" + (f", it says “{own}”" if own else "")
            return


def _upstream(read: _Read) -> Iterator[tuple[str, str]]:
    ids = {claim.id for claim in read.claims}
    for relation in _of(read, _UPSTREAM):
        for other in relation.b:
            if other in ids:
                yield other, read.claims[other].quote
            else:
                yield other.split("/")[0], other
    triple = (read.claim.subject, read.claim.predicate, read.claim.object)
    for claim in read.claims:
        document = read.claims.document(claim.document)
        if (claim.subject, claim.predicate, claim.object) == triple and all(triple) \
                and read.document.origin in (document.publisher, document.id) and document.id != read.document.id:
            yield f"{document.publisher} ({claim.id})", claim.quote


def _denied(read: _Read) -> Found:
    for relation in _of(read, ("answered_by",)):
        inside = {c.id for c in read.claims if c.document == read.claim.document}
        if not relation.is_within_document or not inside & set(relation.b):
            yield "DENIED_BY", f"a denial exists that the document leaves out: {', '.join(relation.b)}"


def _of(read: _Read, types: tuple[str, ...]) -> Iterator[Relation]:
    return (relation for relation in read.claims.relations
            if relation.a == read.claim.id and relation.type in types)


_RULES: tuple[Callable[[_Read], Found], ...] = (
    _document_changed, _designation, _both, _self_contradiction, _rival_parent, _level_slip, _counts, _speaker,
    _novelty, _borrowed, _dates, _imagery, _numbers, _growth, _hedges, _denied)
