"""What claims speak of: places, buildings, organisations, designations, with all the names they go by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shapely import Polygon

__all__ = ["Entities", "Entity", "EntityName", "plain_name"]

_MONTHS = ("january february march april may june july august september october november december").split()
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTHS)
_DAY_IN_NAME = re.compile(rf"\b(?:({_MONTH})\.? ?(\d{{1,2}})|(\d{{1,2}}) ?({_MONTH}))\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityName:
    """One name. ``scheme`` is the series that it belongs to, such as a designation system or a romanisation.

    A name without ``source`` counts as unverified and never carries a verdict.
    """

    text: str
    language: str = "en"
    scheme: str | None = None
    status: Literal["preferred", "alias", "unverified"] = "alias"
    source: str | None = None

    @property
    def carries(self) -> bool:
        """Whether a verdict may rest on it: somebody is known to use it."""
        return self.source is not None and self.status != "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing with its names. ``part_of`` is the larger thing; ``rivals`` are other parents, each (id, source).

    ``structure`` is the id or label of the traced structure that it is, or ``at`` a point of it and ``area`` its
    boundary, in the coordinates of the site's grid; ``size_m`` is its smallest extent on the ground. ``family`` is the
    id of the series that it is one of, so that both names may stand for it; ``not_same_as`` are things that it could be
    taken for, and no claim about one is held against what the other is.
    """

    id: str
    type: str = "thing"
    names: tuple[EntityName, ...] = ()
    family: str | None = None
    part_of: str | None = None
    rivals: tuple[tuple[str, str], ...] = ()
    not_same_as: tuple[str, ...] = ()
    structure: str | None = None
    at: tuple[float, float] | None = None
    area: Polygon | None = None
    size_m: float | None = None

    @property
    def name(self) -> str:
        """The name to print."""
        preferred = [name.text for name in self.names if name.status == "preferred"]
        return (preferred or [name.text for name in self.names] or [self.id.replace("-", " ")])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """The registry of names of a case."""

    records: tuple[Entity, ...] = ()

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.records)

    def get(self, entity_id: str) -> Entity | None:
        """The entity of that id, or None."""
        return next((entity for entity in self.records if entity.id == entity_id), None)

    def find(self, name: str, *, sourced: bool = False) -> Entity | None:
        """The entity of that id or of a name that is spelt alike, or None; ``sourced``: a name with a source."""
        plain = plain_name(name)
        return self.get(name) or next((entity for entity in self.records for known in entity.names
                                       if (known.carries or not sourced) and plain == plain_name(known.text)), None)

    def held_apart(self, entity: Entity) -> tuple[Entity, ...]:
        """What the registry says it is not, whichever of the two says so."""
        return tuple(other for other in self.records
                     if other.id in entity.not_same_as or entity.id in other.not_same_as)


def plain_name(text: str) -> str:
    """A name with what differs between spellings of one name taken out, for comparison only.

    Case, accents and breves, hyphens and spaces go; a day in a name is written alike (February 11, Feb 11, 2.11,
    2월 11일); North and South Korean spellings of an initial r (룡 and 용, Ry- and Y-) and the o and u of the
    McCune-Reischauer and the Revised romanisation become one.
    """
    spelt = unicodedata.normalize("NFKD", text).casefold()
    spelt = "".join(sign for sign in spelt if unicodedata.category(sign) not in ("Mn", "Cf"))
    spelt = _DAY_IN_NAME.sub(_day, unicodedata.normalize("NFC", spelt))
    spelt = re.sub(r"(\d{1,2})[월月] ?(\d{1,2})[일日]", r"\1.\2", spelt).replace("·", ".").replace("‧", ".")
    spelt = re.sub(r"\bry", "y", spelt).replace("eo", "o").replace("eu", "u")
    return re.sub(r"[\s\-–_'’\"«»„“”]+", "", _initials(spelt))


def _day(match: re.Match[str]) -> str:
    month, number = match[1] or match[4], match[2] or match[3]
    return f"{[m[:3] for m in _MONTHS].index(month[:3]) + 1}.{number}"


def _initials(text: str) -> str:
    """South Korean spelling drops an initial ㄹ before i and y sounds and writes ㄴ before others."""
    jamo = unicodedata.normalize("NFD", text)
    jamo = re.sub("(?<![\u1100-\u11ff])\u1105(?=[\u1163\u1164\u1167\u1168\u116d\u1172\u1175])", "\u110b", jamo)
    jamo = re.sub("(?<![\u1100-\u11ff])\u1105", "\u1102", jamo)
    return unicodedata.normalize("NFC", jamo)
