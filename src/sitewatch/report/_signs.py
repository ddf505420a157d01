"""What each thing is called in the pictures: a letter for what changed, a number for what it is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from sitewatch.geo import WGS84, reproject
from sitewatch.model import Changes, Findings, Measurements, Site, Structure, StructureClass, Structures
from sitewatch.report._frames import Outline

__all__ = ["STYLES", "Sign", "outlines_of_site", "places_of", "ranked", "signs_of"]

STYLES: dict[StructureClass, str] = {
    "new structure": "new", "removed structure": "removed", "altered structure": "altered",
    "ground works": "works", "marked object": "altered", "reference": "reference",
}
# The names that the structures stage gives; their letters are used, so that pictures and sentences agree.
_LETTERED = re.compile(r"(?:Structure|Ground works) ([A-Z]{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A letter or number in the pictures, and what it stands for. ``outline`` is the measured one if there is one."""

    sign: str
    name: str
    what: str
    style: str
    outline: Polygon
    structure: Structure | None = None

    @property
    def drawn(self) -> Outline:
        """What to draw for it."""
        return Outline(sign=self.sign, outline=self.outline, style=self.style)


def ranked(structures: Structures, findings: Findings) -> tuple[Structure, ...]:
    """The structures that changed, most important first: in the order in which the findings speak of them."""
    first: dict[str, int] = {}
    for place, finding in enumerate(findings):
        for thing in finding.evidence:
            first.setdefault(thing, place)
    return tuple(sorted(structures.changed, key=lambda s: (first.get(s.id, len(first)), s.id)))


def signs_of(structures: Structures, measurements: Measurements, order: tuple[Structure, ...]) -> tuple[Sign, ...]:
    """One sign per structure that changed, in that order, then the references and the marked
    objects that stayed, then the controls."""
    site = structures.site
    known = [s for s in structures if s.class_ == "reference" or (s.class_ == "marked object" and s not in order)]
    named = {s.id for s in known}
    letters = _letters(order)
    return (*(_of(s, letters[s.id], measurements) for s in order),
            *(_of(s, str(number), measurements) for number, s in enumerate(known, 1)),
            *(Sign(sign=str(number), name=r.id, what="reference", style="reference", outline=r.outline)
              for number, r in enumerate((r for r in site.references if r.id not in named), len(known) + 1)),
            *(Sign(sign=f"c{number}", name=c.id.replace("_", " "), what="control", style="control", outline=c.outline)
              for number, c in enumerate(site.controls, 1)))


def places_of(changes: Changes, structures: Structures) -> tuple[Sign, ...]:
    """Where fewer looks than a series differ, the strongest first, without what people have said what it is."""
    told = {name for structure in (*structures, *structures.rejected) for name in structure.changes}
    places = sorted((c for c in changes.kept if c.id not in told), key=lambda c: (-c.strength, c.id))
    return tuple(Sign(sign=f"p{number}", name=f"place {number}", what=f"{c.kind}, chance {c.chance:.2f}",
                      style="altered", outline=c.outline) for number, c in enumerate(places, 1))


def _of(structure: Structure, sign: str, measurements: Measurements) -> Sign:
    area = measurements.of(structure.id, "area")
    fitted = area.outline if area else None
    return Sign(sign=sign, name=structure.label.strip() or structure.id, what=structure.class_, structure=structure,
                style=STYLES[structure.class_], outline=fitted or structure.outline)


def _letters(order: tuple[Structure, ...]) -> dict[str, str]:
    own = {s.id: found[1] for s in order if (found := _LETTERED.fullmatch(s.label.strip()))}
    if len(set(own.values())) < len(own):
        own = {}
    free = (letter for letter in map(_letter, count()) if letter not in set(own.values()))
    return {s.id: own.get(s.id) or next(free) for s in order}


def _letter(number: int) -> str:
    return (chr(64 + number // 26) if number >= 26 else "") + chr(65 + number % 26)


def outlines_of_site(site: Site) -> Iterator[Outline]:
    """The area within which things are looked for."""
    area = site.area if site.grid.crs is None else reproject(site.area, WGS84, site.grid.crs)
    yield from (Outline(sign="", outline=part, style="area") for part in _polygons(area))


def _polygons(shape: BaseGeometry) -> Iterator[Polygon]:
    if isinstance(shape, Polygon):
        if not shape.is_empty:
            yield shape
    else:
        for part in getattr(shape, "geoms", ()):
            yield from _polygons(part)
