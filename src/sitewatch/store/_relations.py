"""Relations of claims.yaml: what rests on what, what was taken from where, which readings exclude each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sitewatch.model import Reading, Relation, Table
from sitewatch.store._documents import optional_text
from sitewatch.store._namesfile import words_of
from sitewatch.store._publishing import clean_text

__all__ = ["origin_of", "relations_of"]

_EXCLUSIVE = "mutually_exclusive"
_TYPES = ("contradicts", "same_event", "derived_from", "garbled_from", "hedge_dropped_from", "answered_by", "rests_on",
          "alternative_to")
_UPWARDS = ("derived_from", "garbled_from", "hedge_dropped_from", "rests_on")  # these may not lead back


def origin_of(group: str, tables: Sequence[Table]) -> str | None:
    """To whom a group of readings goes back, by its relation of exclusion; None where none says so."""
    for table in tables:
        seen = table.copy()
        if seen.take("type", str, "") == _EXCLUSIVE and seen.take("group", str, "") == group:
            return optional_text(seen, "origin")
    return None


def relations_of(tables: Sequence[Table], claims: Collection[str], readings: Sequence[Reading]) -> tuple[Relation, ...]:
    """The relations between claims. Raises CaseFileError for an unknown claim, a circle, a miscounted origin."""
    found: list[Relation] = []
    for table in tables:
        kind = table.take("type", str)
        if kind == _EXCLUSIVE:
            _check_group(table, readings)
            continue
        if kind not in _TYPES:
            raise table.wrong("type", f"{kind[:40]!r} is not known", f"Write one of: {', '.join(_TYPES)}")
        found.append(_relation(kind, table, claims))
        _refuse_circle(found, table)
    return tuple(found)


def _relation(kind: str, table: Table, claims: Collection[str]) -> Relation:
    first = table.take("a", str)
    if first not in claims:
        raise table.wrong("a", f"no claim is called {first[:40]!r}", "Name a claim of this file")
    plain = table.plain(table.nodes["b"], "b") if table.has("b") else None
    others = words_of(table, "b") if isinstance(plain, list) else (clean_text(table.take("b", str), 2000),)
    relation = Relation(type=kind, a=first, b=others, is_within_document=table.take("within_document", bool, True))
    table.take("by", str, "")
    table.done("type, a, b, by, within_document")
    return relation


def _check_group(table: Table, readings: Sequence[Reading]) -> None:
    """How many origins there are is counted, so what a person typed has to be that count."""
    group = table.take("group", str)
    of_it = [reading for reading in readings if f"variants_of_{reading.of}" == group]
    if not of_it:
        raise table.wrong("group", f"no readings are called {group[:40]!r}", "Name the key of the readings")
    counted = len({reading.origin for reading in of_it} - {None})
    if table.take("independent_origins", int, counted) != counted:
        raise table.wrong("independent_origins", f"is not the number of origins, which is {counted}",
                          "Leave it out: it is counted")
    words_of(table, "members")
    optional_text(table, "origin")
    table.done("type, group, members, origin, independent_origins")


def _refuse_circle(relations: Sequence[Relation], table: Table) -> None:
    above: dict[str, set[str]] = {relation.a: set() for relation in relations}
    for relation in relations:
        if relation.type in _UPWARDS:
            above[relation.a] |= set(relation.b)
    start = relations[-1].a
    seen: set[str] = set()
    front = set(above[start])
    while front:
        if start in front:
            raise table.wrong("b", f"runs in a circle: {start} would rest on itself", "Remove one of the links")
        seen |= front
        front = {upper for name in front for upper in above.get(name, ())} - seen
