"""claims.yaml: who said what, word for word; read with file, line and key in every error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

from sitewatch.errors import CaseFileError
from sitewatch.model import (
    Attribution,
    Claim,
    ClaimKind,
    Claims,
    Document,
    Form,
    Place,
    Reading,
    Site,
    Span,
    Stated,
    Table,
    canonical,
    locate,
    parse_yaml,
)
from sitewatch.store._documents import document_of, optional_text, read_documents, refuse_circle, span_of
from sitewatch.store._files import read_bytes, write_atomically
from sitewatch.store._namesfile import read_names, words_of
from sitewatch.store._publishing import clean_text
from sitewatch.store._relations import origin_of, relations_of

__all__ = ["CLAIMS_FILE", "add_demo_claims", "read_claims"]

CLAIMS_FILE = "claims.yaml"
_LARGEST_BYTES = 5_000_000
_DEMOS = Path(__file__).parent / "demo"
_READINGS = "variants_of_"
_DATE_SHAPED = re.compile(r"\s*(?:(?:before|after|since|until|from|by)\b)?(?=.*\d)[\d\s/.:,tz+~–-]+", re.I)
_AT_FAULT = {"unit": "unit", "tolerance": "hedge_tolerance", "grows from": "start"}
_KNOWN = ("id, document, kind, triple, quote, at, before, after, quantity, hedge, attribution, observed, "
          "asserted_on, "
          "checkable_by_imagery, flags, note, proposed_by, confirmed")


def read_claims(folder: Path, site: Site) -> Claims | None:
    """What a case quotes others with; None where it has no claims.yaml.

    Raises CaseFileError with the file, the line and the key of whatever cannot be used, a quote that does not
    stand in its document among it.
    """
    path = folder / CLAIMS_FILE
    if not path.is_file():
        return None
    top = parse_yaml(read_bytes(path, _LARGEST_BYTES), path)
    held = list(read_documents(folder))
    if top.has("document"):
        table = top.table("document")
        held.append((*document_of(table, folder), table))
    documents = tuple(document for document, _, _ in held)
    if len({document.id for document in documents}) < len(documents):
        raise CaseFileError(path, None, "document", "two documents have one id", "Give each its own")
    refuse_circle(held)
    texts = {document.id: text for document, text, _ in held}
    records = _claims(top.tables("claims"), documents, texts)
    tables = top.tables("relations")
    readings = _readings(top, {claim.id for claim in records}, tables)
    relations = relations_of(tables, {claim.id for claim in records}, readings)
    top.done(f"document, claims, {_READINGS}<claim>, relations")
    return Claims(documents=documents, texts=texts, records=records, relations=relations, readings=readings,
                  entities=read_names(folder, site))


def add_demo_claims(folder: Path, world: str) -> None:
    """What the demo quotes others with, invented for its imaginary place; nothing for a world without such texts."""
    source = _DEMOS / world
    for path in sorted(source.rglob("*")):
        if path.is_file():
            write_atomically(folder / path.relative_to(source), path.read_bytes())


def _claims(tables: Sequence[Table], documents: Sequence[Document], texts: dict[str, str]) -> tuple[Claim, ...]:
    records: dict[str, Claim] = {}
    for table in tables:
        claim = _claim(table, documents, texts)
        if claim.id in records:
            raise table.wrong("id", f"{claim.id!r} stands here twice", "Give each claim its own id")
        records[claim.id] = claim
    return tuple(records.values())


def _claim(table: Table, documents: Sequence[Document], texts: dict[str, str]) -> Claim:
    if "verdict" in table.nodes:
        raise table.wrong("verdict", "is computed, never typed", "Remove it")
    claim_id, document = clean_text(table.take("id", str), 100), _document(table, documents)
    subject, predicate, what = _triple(table)
    quote = table.take("quote", str)
    claim = Claim(
        id=claim_id, document=document.id, kind=_kind(table), subject=subject, predicate=predicate, object=what,
        quote=quote, place=_place(table, quote, texts[document.id]), attribution=_attribution(table, document),
        hedge=words_of(table, "hedge"), stated=_stated(table.table("quantity")) if table.has("quantity") else None,
        observed=_time(table, "observed"), asserted=_time(table, "asserted_on"),
        imagery=cast(Any, _one_of(table, "checkable_by_imagery", ("yes", "partly", "no"))),
        noted=words_of(table, "flags"), note=optional_text(table, "note"),
        proposed_by=optional_text(table, "proposed_by"), is_confirmed=table.take("confirmed", bool, True))
    table.done(_KNOWN)
    return claim


def _document(table: Table, documents: Sequence[Document]) -> Document:
    if not table.has("document") and len(documents) == 1:
        return documents[0]
    wanted = table.take("document", str)
    found = next((document for document in documents if document.id == wanted), None)
    if found is None:
        raise table.wrong("document", f"no document is called {wanted[:60]!r}",
                          f"Choose one of: {', '.join(document.id for document in documents) or 'none is there yet'}")
    return found


def _kind(table: Table) -> ClaimKind:
    if not table.has("kind"):
        raise table.wrong("kind", "is missing", f"Add one of: {', '.join(get_args(ClaimKind))}")
    return cast(ClaimKind, _one_of(table, "kind", get_args(ClaimKind)))


def _one_of(table: Table, key: str, allowed: Sequence[str]) -> str | None:
    if not table.has(key):
        table.any(key)
        return None
    value = table.any(key)
    text = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value  # YAML 1.1 reads yes so
    if text not in allowed:
        raise table.wrong(key, f"{str(text)[:40]!r} is not known", f"Write one of: {', '.join(allowed)}")
    return str(text)


def _triple(table: Table) -> tuple[str, str, str]:
    """Subject, predicate, object; a claim that is only proposed need not have them yet."""
    value = table.any("triple") if "triple" in table.nodes else ["", "", ""]
    if not isinstance(value, list) or len(value) != 3:
        raise table.wrong("triple", "is not subject, predicate, object", 'Write `triple: [hall, stands_on, hill]`')
    parts = (str(part).lower() if isinstance(part, bool) else str(part) for part in value)
    subject, predicate, what = (clean_text(part) for part in parts)
    return subject, predicate, what


def _place(table: Table, quote: str, text: str) -> Place:
    at: tuple[int, int] | None = None
    if table.has("at"):
        start, end = table.numbers("at", 2)
        at = int(start), int(end)
    before, after = table.take("before", str, ""), table.take("after", str, "")
    try:
        return locate(text, quote, at, before, after)
    except ValueError as error:
        raise table.wrong("quote", str(error), "Quote the document word for word; `before` and `after` tell "
                          "several places apart") from error


def _attribution(table: Table, document: Document) -> tuple[Attribution, ...]:
    value = table.any("attribution") if "attribution" in table.nodes else [[document.publisher, "publishes"]]
    if not isinstance(value, list) or not all(
            isinstance(link, list) and len(link) == 2 and all(isinstance(part, str) for part in link)
            for link in value):
        raise table.wrong("attribution", "is not a chain of who and act",
                          'Write `attribution: [["the paper", "publishes"], ["an officer", "says"]]`')
    chain = tuple(Attribution(who=clean_text(who), act=clean_text(act, 40)) for who, act in value)
    names = [link.who.casefold() for link in chain]
    if twice := next((link.who for link in chain if names.count(link.who.casefold()) > 1), None):
        raise table.wrong("attribution", f"runs in a circle: {twice!r} stands in it twice",
                          "Name each link once, the publisher first")
    return chain


def _stated(table: Table) -> Stated:
    form = _one_of(table, "form", get_args(Form)) or "value"
    low = table.take("low", float)
    high = table.take("high", float, low)
    numbers = {key: table.take(key, float) if table.has(key) else None for key in ("hedge_tolerance", "start", "end")}
    texts = {key: optional_text(table, key) for key in ("numerator", "denominator")}
    unit, dimension = table.take("unit", str, "1"), clean_text(table.take("dimension", str, "unspecified"), 40)
    surface = clean_text(table.take("surface", str, ""))
    try:
        stated = Stated(form=cast(Form, form), low=low, high=high, unit=unit, surface=surface, dimension=dimension,
                        tolerance=numbers["hedge_tolerance"], start=numbers["start"], end=numbers["end"], **texts)
    except ValueError as error:
        key = next((key for word, key in _AT_FAULT.items() if word in str(error)), "low")
        raise table.wrong(key, str(error), "Correct it") from error
    _same_canonical(table, stated)
    table.done("surface, form, low, high, unit, hedge_tolerance, numerator, denominator, dimension, start, end, "
               "canonical_ratio")
    return stated


def _same_canonical(table: Table, stated: Stated) -> None:
    """A canonical ratio may stand there for readers; it is computed, so it has to be the computed one."""
    if not table.has("canonical_ratio"):
        return
    typed = table.numbers("canonical_ratio", 2)
    if not any(max(abs(a - b) for a, b in zip(typed, interval, strict=True)) < 1e-6 for interval in canonical(stated)):
        raise table.wrong("canonical_ratio", f"is not what {stated.form} {stated.low:g} to {stated.high:g} means",
                          f"It is {[list(interval) for interval in canonical(stated)]}; leave it out, it is computed")


def _time(table: Table, key: str) -> Span | None:
    """The time of which the claim speaks, or when it was said; words such as "earlier this year" name none by
    themselves. What looks like a date has to be one: without its time a claim would be held against all looks."""
    if not table.has(key):
        return None
    text = str(table.any(key))
    found = span_of(text)
    if found is None and _DATE_SHAPED.fullmatch(text):
        raise table.wrong(key, f"{text[:60]!r} is no time that can be read",
                          "Write 2024, 2024-10, 2024-10-05, before 2024-10-05 or 2024-10-01/2024-10-10")
    return found


def _readings(top: Table, claims: set[str], relations: Sequence[Table]) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for key in [key for key in top.nodes if key.startswith(_READINGS)]:
        of = key.removeprefix(_READINGS)
        if of not in claims:
            raise top.wrong(key, f"no claim is called {of[:40]!r}", "Name the claim whose number is printed so")
        origin = origin_of(key, relations)
        for table in top.tables(key):
            publishers = words_of(table, "publishers")
            own = optional_text(table, "origin") or origin
            if not publishers:
                raise table.wrong("publishers", "is missing", "Say who prints it so")
            found.append(Reading(of=of, stated=_stated(table), publishers=publishers, origin=own))
    return tuple(found)
