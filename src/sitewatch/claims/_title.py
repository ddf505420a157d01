"""The title: what changed, where, between which days; or that nothing was seen to, or that one cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sitewatch.claims._words import counted, kind_of, probability_word
from sitewatch.model import Between, Changes, Site, Structure, StructureClass, day

__all__ = ["title_of"]

# From here on a class goes into a title unhedged; below, its ICD 203 word goes with it.
_UNHEDGED = 0.95
_LIKELY = 0.55


def title_of(structures: Sequence[Structure], changes: Changes, looks: Sequence[datetime], enough: bool) -> str:
    """The title from the changed structures, else from the changes, else from the clear looks alone."""
    site = changes.site
    if structures:
        stated = [s for s in structures if s.chance > _LIKELY] or list(structures[:1])
        return _of_one(stated[0], site) if len(stated) == 1 else _of_many(stated, site)
    if changes.kept:
        when = _hull([change.between for change in changes.kept])
        return f"The ground changed at {site.name} {when}; cannot tell whether a structure did"
    days = f" between {day(looks[0])} and {day(looks[-1])}" if len(looks) > 1 else ""
    if not enough:
        few = counted(len(looks), "clear look", "clear looks")
        return f"Cannot tell whether anything changed at {site.name}: {few}{days}"
    return f"No new or removed structure seen at {site.name}{days}"


def _of_one(structure: Structure, site: Site) -> str:
    when = str(structure.happened)
    word = probability_word(structure.chance)
    if structure.chance <= _LIKELY:
        doubt = f"is {word}" if word and word.endswith("likely") else f"has {_article(word)}"
        return f"Something changed at {site.name} {when}; that it is {kind_of(structure)} {doubt}"
    hedge = f" {word}" if word and structure.chance < _UNHEDGED else ""
    name = structure.class_.capitalize()
    verb = "gone" if structure.went else "changed" if structure.class_ == "altered structure" else "first seen"
    return f"{name}{hedge} at {site.name}, {verb} {when}"


def _article(word: str | None) -> str:
    return f"a {word}" if word and word.startswith("roughly") else word or "almost no chance"


def _of_many(structures: Sequence[Structure], site: Site) -> str:
    kinds: dict[StructureClass, list[Structure]] = {}
    for structure in structures:
        kinds.setdefault(structure.class_, []).append(structure)
    parts = [counted(len(group), _singular(group[0]), kind_of(group[0], plural=True)) for group in kinds.values()]
    said = ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]
    weakest = min(structure.chance for structure in structures)
    word = probability_word(weakest) if weakest < _UNHEDGED else None
    hedge = f", each at least {word}," if word else ""
    verb = "first seen" if "altered structure" not in kinds and not any(s.went for s in structures) else "changed"
    if all(structure.went for structure in structures):
        verb = "gone"
    return f"{said[0].upper()}{said[1:]}{hedge} at {site.name}, {verb} {_hull([s.happened for s in structures])}"


def _singular(structure: Structure) -> str:
    return "place with ground works" if structure.class_ == "ground works" else structure.class_


def _hull(brackets: Sequence[Between]) -> Between:
    """The bracket that holds all of them; a side that one of them leaves open stays open."""
    afters, bys = [b.after for b in brackets], [b.by for b in brackets]
    after = None if None in afters else min(moment for moment in afters if moment)
    by = None if None in bys else max(moment for moment in bys if moment)
    return Between(after=after, by=by)
