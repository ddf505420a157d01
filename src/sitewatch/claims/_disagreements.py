"""Where published readings of one statement exclude each other, and how many origins stand behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

from sitewatch.model import (
    Claim,
    Claims,
    Disagreement,
    DisagreementKind,
    Interval,
    Printed,
    Span,
    Stated,
    base_of,
    canonical,
    day,
)

__all__ = ["disagreements_of", "meant"]

# A number converted wrongly, or converted and printed with the old unit, is off by one of these.
_SLIPS = (("miles and kilometres", 1.609344), ("square miles and square kilometres", 2.589988),
          ("metres and feet", 3.28084), ("square metres and square feet", 10.7639), ("hectares and acres", 2.47105))
_OF_LENGTHS = frozenset({"miles and kilometres", "metres and feet", "true lengths and those of Web Mercator"})
_SLIP_WITHIN = 0.01
_EVENTS = frozenset("""
    signed agreed opened closed built_on completed_on started_on began_on appeared_on removed_on taken_on published_on
    visited_on destroyed_on
""".split())
_FORMS = {"of": "{} the size of", "more_than": "{} larger than", "less_than": "{} smaller than",
          "times": "{} times the size of", "times_larger": "{} times larger than", "grew_times": "grew {} times over",
          "by": "grew by {} from {start:g}", "to": "grew to {} from {start:g}", "value": "{}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One reading: what it means, and who printed it. ``key`` is what it speaks of."""

    key: tuple[str, ...]
    about: str
    claim: str
    document: str | None
    text: str
    meanings: tuple[Interval, ...]
    dimension: str
    unit: str
    publishers: tuple[str, ...]
    origin: str | None
    observed: Span | None


def disagreements_of(claims: Claims, latitude: float | None) -> tuple[Disagreement, ...]:
    """Every group of comparable readings in which two exclude each other, and those that only seem to.

    ``latitude`` of the site, in degrees, lets a length or an area taken in Web Mercator be recognised.
    """
    groups: dict[tuple[str, ...], list[_Said]] = {}
    for said in (*_numbers(claims), *_dates(claims)):
        groups.setdefault(said.key, []).append(said)
    found = [one for group in groups.values() for one in _within(group, latitude)]
    return (*found, *_other_dimensions(groups), *_other_predicates(claims, groups))


def meant(stated: Stated) -> str:
    """The number as it was stated, in one fixed phrase."""
    scale = 100 if stated.unit == "1" and stated.form in ("of", "more_than", "less_than") else 1
    numbers = dict.fromkeys(f"{round(number * scale, 6):g}" for number in (stated.low, stated.high))
    unit = "" if stated.unit == "count" else " %" if scale == 100 else "" if stated.unit == "1" else f" {stated.unit}"
    return _FORMS[stated.form].format(" to ".join(numbers) + unit, start=stated.start or 0.0)


def _numbers(claims: Claims) -> Iterator[_Said]:
    for claim in claims:
        if claim.stated is None:
            continue
        key, subject = _key(claim, claims), claim.stated
        if not any(claim.publisher in reading.publishers and _key(claims[reading.of], claims) == key
                   for reading in claims.readings):
            yield _said(claim, claims, key)
        readings = [reading for reading in claims.readings if reading.of == claim.id]
        for reading in readings:
            dimension = reading.stated.dimension
            yield _Said(key=key, about=_about(claim, claims), claim=claim.id, document=None, text=meant(reading.stated),
                        meanings=canonical(reading.stated), unit=base_of(reading.stated)[0],
                        dimension=subject.dimension if dimension == "unspecified" else dimension,
                        publishers=reading.publishers, origin=reading.origin, observed=claim.observed)


def _said(claim: Claim, claims: Claims, key: tuple[str, ...]) -> _Said:
    assert claim.stated is not None
    stated = claim.stated
    return _Said(key=key, about=_about(claim, claims), claim=claim.id, document=claim.document, text=meant(stated),
                 meanings=canonical(stated), dimension=stated.dimension, unit=base_of(stated)[0],
                 publishers=(claim.publisher,), origin=_origin(claim, claims), observed=claim.observed)


def _dates(claims: Claims) -> Iterator[_Said]:
    """Events happen once, so two dates of one event exclude each other; a state may be seen at any time."""
    for claim in claims:
        span = claim.observed
        if claim.stated is None and claim.predicate in _EVENTS and span and span.start and span.end:
            first, last = span.start, span.end - timedelta(seconds=1)
            days = float(first.toordinal()), float(last.toordinal())
            yield _Said(key=(*_key(claim, claims), "when"), about=_about(claim, claims), claim=claim.id,
                        document=claim.document, text=" to ".join(dict.fromkeys([day(first), day(last)])),
                        meanings=(days,), dimension="time", unit="day", publishers=(claim.publisher,),
                        origin=_origin(claim, claims), observed=None)


def _key(claim: Claim, claims: Claims) -> tuple[str, ...]:
    """Subject, predicate and, unless the number itself is the object, the object; names resolved."""
    parts = [claim.subject, claim.object if claim.stated is None or claim.stated.form != "value" else ""]
    subject, what = ((found.id if part and (found := claims.entities.find(part)) else part) for part in parts)
    return subject, claim.predicate, what


def _about(claim: Claim, claims: Claims) -> str:
    """What a claim speaks of, in words."""
    names = [found.name if part and (found := claims.entities.find(part)) else part.replace("-", " ")
             for part in (claim.subject, claim.object)]
    return " ".join(part for part in (names[0], claim.predicate.replace("_", " "), names[1]) if part)


def _origin(claim: Claim, claims: Claims) -> str:
    """Whoever looked: the innermost link; a person counts as the organisation that the registry gives; a text that
    names nobody goes back to the document's origin, else to its publisher."""
    people = [link.who for link in claim.attribution if link.act != "images" and not link.who.startswith("(")]
    document = claims.document(claim.document)
    if len(people) < 2 and (upstream := _upstream(claim, claims)):
        return _origin(upstream, claims)
    name = people[-1] if len(people) > 1 else document.origin or claim.publisher
    entity = claims.entities.find(name)
    if entity is None:
        return name
    return entity.part_of if entity.type == "person" and entity.part_of else entity.id


def _upstream(claim: Claim, claims: Claims) -> Claim | None:
    """The same statement in the document that this one's document repeats, if the case holds it."""
    document, key = claims.document(claim.document), _key(claim, claims)
    return next((other for other in claims if _key(other, claims) == key
                 and document.repeats(claims.document(other.document))), None)


def _within(group: Sequence[_Said], latitude: float | None) -> Iterator[Disagreement]:
    """The disagreement of one group: readings of the same dimension, unit and time that cannot all be true."""
    clashes = [(one, other) for one, other in combinations(group, 2)
               if _is_comparable(one, other) and not _meet(one, other)]
    if not clashes:
        return
    parties = [said for said in group if any(said in clash for clash in clashes)]
    kind, why = _kind(clashes, parties)
    slip = next((name for one, other in clashes if (name := _slip(one, other, latitude))), None)
    also = f"; two readings differ by the factor between {slip}: a conversion may have slipped" if slip else ""
    if slip in _OF_LENGTHS and parties[0].unit == "m²":
        also += ", but that is a factor of lengths and these are areas, so perhaps it is chance"
    yield replace(_disagreement(kind, why + also, parties), slip=slip)


def _is_comparable(one: _Said, other: _Said) -> bool:
    if one.dimension != other.dimension or one.unit != other.unit:
        return False
    a, b = one.observed, other.observed
    if a is None or b is None:
        return True
    return not ((a.end and b.start and a.end <= b.start) or (b.end and a.start and b.end <= a.start))


def _meet(one: _Said, other: _Said) -> bool:
    return any(a[0] <= b[1] and b[0] <= a[1] for a in one.meanings for b in other.meanings)


def _kind(clashes: Sequence[tuple[_Said, _Said]], parties: Sequence[_Said]) -> tuple[DisagreementKind, str]:
    for one, other in clashes:
        if one.document and one.document == other.document:
            return "self-contradiction", f"{one.claim} and {other.claim} stand in one document"
    origins = sorted({said.origin for said in parties if said.origin is not None})
    unknown = sorted({who for said in parties if said.origin is None for who in said.publishers})
    if unknown and len(origins) < 2:
        known = f"; the others go back to {origins[0]}" if origins else ""
        return "origin unknown", (f"nobody has said to whom {', '.join(unknown)} go{'es' if len(unknown) == 1 else ''} "
                                  f"back{known}, so that this may be one error or a dispute")
    if len(origins) == 1:
        return "transmission error", f"all of it goes back to {origins[0]}, so at most one reading can be right"
    also = f"; of {', '.join(unknown)} the origin is not known" if unknown else ""
    return "dispute", f"the readings go back to {len(origins)} origins: {', '.join(origins)}{also}"


def _slip(one: _Said, other: _Said, latitude: float | None) -> str | None:
    """The conversion by which two sizes differ, within 1 %."""
    if one.unit not in ("m", "m²"):
        return None
    a, b = (sum(said.meanings[0]) / 2 for said in (one, other))
    factors = list(_SLIPS)
    if latitude is not None and abs(latitude) > 20:  # nearer the equator Web Mercator is off by little
        stretch = 1 / math.cos(math.radians(latitude))
        factors += [("true lengths and those of Web Mercator", stretch),
                    ("true areas and those of Web Mercator", stretch**2)]
    ratio = max(a, b) / min(a, b) if min(a, b) > 0 else math.inf
    return next((name for name, factor in factors if abs(ratio / factor - 1) <= _SLIP_WITHIN), None)


def _disagreement(kind: DisagreementKind, why: str, parties: Sequence[_Said]) -> Disagreement:
    printed: dict[tuple[str, float, float], list[_Said]] = {}
    for said in parties:
        low, high = min(a for a, _ in said.meanings), max(b for _, b in said.meanings)
        printed.setdefault((said.text, low, high), []).append(said)
    readings = tuple(Printed(text=text, low=low, high=high, unit=group[0].unit,
                             publishers=_once(p for s in group for p in s.publishers),
                             origins=_once(s.origin or "not known" for s in group))
                     for (text, low, high), group in printed.items())
    known = {said.origin for said in parties} - {None}
    return Disagreement(kind=kind, about=parties[0].about, why=why, printed=readings,
                        claims=_once(s.claim for s in parties), origins=max(1, len(known)),
                        is_counted=all(s.origin is not None for s in parties),
                        publishers=len({p for s in parties for p in s.publishers}))


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _other_dimensions(groups: dict[tuple[str, ...], list[_Said]]) -> Iterator[Disagreement]:
    """One number of one thing, printed as two dimensions: a length that became a height on the way."""
    by_subject: dict[str, list[_Said]] = {}
    for key, group in groups.items():
        by_subject.setdefault(key[0], []).extend(said for said in group if said.unit in ("m", "m²"))
    for parties in by_subject.values():
        for one, other in combinations(parties, 2):
            if one.document != other.document and one.dimension != other.dimension and one.meanings == other.meanings \
                    and "unspecified" not in (one.dimension, other.dimension) \
                    and not _also_says(parties, one, other):
                why = f"{one.text} is the {one.dimension} in {one.claim} and the {other.dimension} in {other.claim}"
                yield _disagreement("dimension slip", why, (one, other))


def _also_says(parties: Sequence[_Said], one: _Said, other: _Said) -> bool:
    """Whether one of the documents gives that number for the other's dimension too: on that both agree."""
    def says(document: str | None, dimension: str) -> bool:
        return any(s.document == document and s.dimension == dimension and s.meanings == one.meanings for s in parties)

    return says(one.document, other.dimension) or says(other.document, one.dimension)


def _other_predicates(claims: Claims, groups: dict[tuple[str, ...], list[_Said]]) -> Iterator[Disagreement]:
    """Counts of one subject with different verbs (fired, received, sent) look like a contradiction and are none."""
    counts: dict[str, list[_Said]] = {}
    for key, group in groups.items():
        counts.setdefault(key[0], []).extend(said for said in group if said.unit == "count")
    for parties in counts.values():
        verbs = {said.key[1] for said in parties}
        if len(verbs) > 1 and any(not _meet(a, b) for a, b in combinations(parties, 2) if a.key != b.key):
            why = f"{', '.join(sorted(verbs))} are different things, so the numbers need not agree"
            yield _disagreement("not comparable", why, parties)
