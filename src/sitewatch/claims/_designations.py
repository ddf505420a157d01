"""Designations in a text against the registry of names: unknown ones, and names of different things taken for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from sitewatch.model import Entities, Entity

__all__ = ["Designation", "Designations"]

# Between two names that a sentence gives to one thing: KN-23 missiles (Hwasong-11A); KN-23, also known as ...
_EQUATED = re.compile(r"\s*(?:[a-z]+\s*)?\(\s*|,?\s*(?:also\s+)?(?:known|called|designated|referred to)(?:\s+as)?"
                      r"\s+(?:the\s+)?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """A name of a series as it stands in a text; ``entity`` is None where the registry does not know it."""

    text: str
    start: int
    end: int
    scheme: str
    entity: Entity | None


class Designations:
    """Finds what looks like a name of one of the registry's series: its shape is that of the names known there."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._names = {name.text: name.scheme for entity in entities for name in entity.names
                       if name.scheme and re.search(r"\d", name.text)}
        self._shapes = {scheme: re.compile(rf"\b(?:{'|'.join(sorted(shapes))})\b")
                        for scheme, shapes in self._by_scheme().items()}

    def within(self, text: str) -> list[Designation]:
        """Every designation of a text, in order."""
        found = [Designation(text=match[0], start=match.start(), end=match.end(), scheme=scheme,
                             entity=self._entities.find(match[0]))
                 for scheme, shape in self._shapes.items() for match in shape.finditer(text)]
        return sorted(found, key=lambda one: (one.start, one.end))

    def equated(self, text: str) -> Iterator[tuple[Designation, Designation]]:
        """Pairs that the text says are one thing."""
        found = self.within(text)
        for one, other in pairwise(found):
            if _EQUATED.fullmatch(text[one.end:other.start]):
                yield one, other

    def are_one(self, one: Designation, other: Designation) -> bool:
        """Whether both can name one thing: a thing and its family can, two of one family cannot; an unknown name cannot
        be that of a thing named otherwise in its series."""
        if one.entity and other.entity:
            return bool({one.entity.id, one.entity.family} & {other.entity.id, other.entity.family}
                        & {one.entity.id, other.entity.id})
        known, unknown = (one, other) if one.entity else (other, one)
        if known.entity is None:
            return True
        return all(name.scheme != unknown.scheme for name in known.entity.names)

    def near(self, designation: Designation) -> list[str]:
        """Known names of its series at most two letters away, a swap counting as one: the nearest first."""
        near = [(OSA.distance(designation.text, name), name) for name, scheme in self._names.items()
                if scheme == designation.scheme]
        return [name for distance, name in sorted(near) if distance <= 2]

    def _by_scheme(self) -> dict[str, set[str]]:
        shapes: dict[str, set[str]] = {}
        for name, scheme in self._names.items():
            assert scheme is not None
            shape = re.sub(r"\d+", r"\\d+", re.escape(name).replace(r"\-", r"[-\s]?"))
            shapes.setdefault(scheme, set()).add(re.sub(r"(?<=\+)[A-Z]$", "[A-Z]?", shape))
        return shapes
