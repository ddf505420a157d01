"""What the images can be asked about a claim: a size, a ratio, whether something stood there, when it came or went."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shapely import Point

from sitewatch.claims._disagreements import meant
from sitewatch.claims._likelihood import chance_within, deciding_gsd_m, times_better, verdict_of
from sitewatch.claims._links import Links
from sitewatch.claims._presence import found_dated, found_gone, found_present
from sitewatch.claims._words import FUNCTION_WORDS, dimension_phrase
from sitewatch.model import (
    SENSORS,
    UNITS,
    Answer,
    Changes,
    Claim,
    ClaimPart,
    Claims,
    Dimension,
    Entity,
    Interval,
    Measurement,
    Measurements,
    Quantity,
    Rival,
    Stack,
    Stated,
    Structure,
    Structures,
    canonical,
)

__all__ = ["Evidence", "tests_of"]

_PRESENT = frozenset("present_on stands_on exists under_construction_on being_built built new".split())
_GONE = frozenset("removed demolished gone destroyed".split())
_DATED = frozenset("built_on completed_on started_on appeared_on removed_on".split())
# What a thing is for, who uses it and what is intended: no image of any resolution shows it.
_UNSEEABLE = frozenset("function purpose used_for produces houses emphasis intends stores used_by".split())
_DIMENSIONS: dict[str, Dimension] = {"footprint": "area", "area": "area", "length": "length", "width": "width"}
_RATIOS: dict[Dimension, Dimension] = {"area": "area ratio", "length": "length ratio", "width": "width ratio"}

_REACH_M = 10.0  # a point that somebody read off a map or an image lies some metres beside the thing

# Pixel size, in metres, from which a thing is told for what it is: NIIRS tasks and the practice of analysts
# (a roof at PlanetScope's 3 m, a bridge crane or a portal's width from NIIRS 5 on, which takes about 0.5 m).
_GSD_FOR = {"building": 3.0, "housing": 3.0, "site": 10.0, "road": 3.0, "crane": 0.5, "portal": 0.5, "vehicle": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the images gave, and the claims that are held against it."""

    claims: Claims
    changes: Changes
    structures: Structures
    measurements: Measurements
    stack: Stack
    links: Links

    @property
    def gsd_m(self) -> float:
        """The pixel size of the images, not of the grid where that is finer."""
        used = {fit.scene for fit in self.stack.used}
        sensors = {scene.sensor for scene in self.stack.scenes.scenes if scene.id in used}
        known = [SENSORS[sensor].gsd_m or 0.0 for sensor in sensors if sensor in SENSORS]
        return max([self.stack.site.gsd_m, *known])

    def name(self, structure: str) -> str:
        """What the claims call a structure."""
        return next((entity.name for entity in self.claims.entities if entity.structure == structure), structure)

    def thing(self, name: str, claim: Claim, part: ClaimPart = "subject") -> tuple[Entity | None, Structure | None]:
        """The entity that a part of a claim speaks of, and the structure that it is, as far as somebody said which."""
        entity = self.claims.entities.find(name)
        if (link := self.links.of(claim, part)) and link.structure:
            return entity, link.structure
        wanted = entity.structure if entity and entity.structure else name
        named = [s for s in self.structures if wanted.casefold() in (s.id.casefold(), s.label.casefold())]
        if named or entity is None or entity.at is None:
            return entity, named[0] if named else None
        spot, reach = Point(entity.at), max(2 * self.stack.site.gsd_m, _REACH_M)
        near = sorted((s.outline.distance(spot), s.id) for s in self.structures)
        return entity, self.structures[near[0][1]] if near and near[0][0] <= reach else None


def tests_of(claim: Claim, evidence: Evidence) -> tuple[Answer, ...]:
    """The tests of a claim, the one that carries its verdict first; none where there is nothing to ask."""
    if claim.stated is not None and claim.kind == "measurement":
        return tuple(_sizes(claim, claim.stated, evidence))
    if claim.predicate in _UNSEEABLE:
        return tuple(_unseeable(claim, evidence))
    if claim.imagery == "no" or claim.predicate not in _PRESENT | _GONE | _DATED:
        return ()
    return (_presence(claim, evidence), *_function_in(claim, evidence))


def _sizes(claim: Claim, stated: Stated, evidence: Evidence) -> Iterator[Answer]:
    """The stated dimension, or, where none is stated, the footprint, which is what "size" is read as, and the rest."""
    is_ratio = stated.form != "value"
    if stated.dimension not in (*_DIMENSIONS, "unspecified"):
        yield Answer(what=stated.dimension, verdict="not testable",
                     why=f"the {stated.dimension} is not measured from these images")
        return
    wanted: list[Dimension] = ["area", "length", "width"] if is_ratio else ["area"]
    if stated.dimension in _DIMENSIONS:
        wanted = [_DIMENSIONS[stated.dimension]]
    elif not is_ratio and UNITS[stated.unit][0] == "m":
        wanted = ["length", "width"]
    if (link := evidence.links.of(claim)) and link.dimension:
        wanted = [link.dimension]
    numerator = evidence.thing(stated.numerator or claim.subject, claim)[1]
    denominator = evidence.thing(stated.denominator or claim.object, claim, "object")[1] if is_ratio else None
    if missing := _missing(claim, stated, numerator, denominator):
        yield Answer(what=dimension_phrase(wanted[0]), verdict="cannot tell", why=missing)
        return
    assert numerator is not None
    reference = denominator.id if denominator else None
    for dimension in wanted:
        what = _RATIOS[dimension] if is_ratio else dimension
        yield _size(claim, what, evidence.measurements.of(numerator.id, what, reference), evidence)


def _missing(claim: Claim, stated: Stated, numerator: Structure | None, denominator: Structure | None) -> str | None:
    """Which of the things that are compared nobody has pointed out, or the images do not show."""
    if numerator is None:
        name = stated.numerator or claim.subject
    elif stated.form != "value" and denominator is None:
        name = stated.denominator or claim.object
    else:
        return None
    return f"no structure that was traced is known to be “{name}”: say in names.yaml where it stands"


def _size(claim: Claim, what: Dimension, measured: Measurement | None, evidence: Evidence) -> Answer:
    stated, phrase = claim.stated, dimension_phrase(what)
    assert stated is not None
    if measured is None or measured.value is None:
        why = measured.why_not if measured and measured.why_not else "it was not measured"
        return Answer(what=phrase, verdict="cannot tell", why=why, structure=measured.subject if measured else None)
    meanings, value = canonical(stated), measured.value
    chance = chance_within(value, meanings)
    verdict, gsd_m = verdict_of(chance), deciding_gsd_m(value, meanings, evidence.gsd_m)
    decides = f"images of about {gsd_m:.1g} m per pixel" if verdict == "cannot tell" and gsd_m else None
    than = f" that of {evidence.name(measured.reference)}" if measured.reference else ""
    ranges = " or ".join(f"{low:g} to {high:g}" for low, high in meanings)
    unit = "" if value.unit == "1" else f" {value.unit}"
    why = (f"the {phrase} was measured: {value.interval_text}{' times' if than else ''}{than} ({value.level_text}); "
           f"“{stated.surface or meant(stated)}” means {ranges}{unit}{' times it' if than else ''}")
    return Answer(what=phrase, verdict=verdict, chance=chance, why=why, structure=measured.subject, decides=decides,
                  measured=value.interval_text, value=value, rivals=tuple(_rivals(claim, value, meanings, evidence)))


def _rivals(claim: Claim, value: Quantity, meanings: tuple[Interval, ...], evidence: Evidence) -> Iterator[Rival]:
    """The other readings of the same statement, with how much better the claim's own explains the images."""
    key = (claim.subject, claim.predicate, claim.object)
    alike = {c.id: c.stated for c in evidence.claims if (c.subject, c.predicate, c.object) == key and c.stated}
    others = [*alike.values(), *(reading.stated for reading in evidence.claims.readings if reading.of in alike)]
    seen: set[Interval] = set(meanings)
    for stated in others:
        for low, high in canonical(stated):
            if (low, high) not in seen:
                seen.add((low, high))
                chance = chance_within(value, [(low, high)])
                yield Rival(text=meant(stated), low=low, high=high, chance=chance, verdict=verdict_of(chance),
                            times=times_better(value, meanings, (low, high)))


def _presence(claim: Claim, evidence: Evidence) -> Answer:
    entity, structure = evidence.thing(claim.subject, claim)
    name = structure.label if structure else entity.name if entity else claim.subject
    if why := _too_coarse(entity, evidence) or _not_traced(entity, structure, evidence):
        needed = _gsd_for(entity)
        return Answer(what="presence", verdict="cannot tell", why=why, structure=structure.id if structure else None,
                      decides=f"images of about {needed:.2g} m per pixel, some with it and some without")
    assert structure is not None
    if claim.predicate in _GONE:
        return found_gone(structure, claim.observed, name)
    if claim.predicate in _DATED:
        return found_dated(structure, claim.observed, name, of_kind=_of_kind(claim, structure))
    is_new = claim.predicate in _PRESENT - {"present_on", "stands_on", "exists"}
    return found_present(structure, claim.observed, name, is_new=is_new, of_kind=_of_kind(claim, structure))


def _of_kind(claim: Claim, structure: Structure) -> float:
    """The chance that it is a structure, where the claim says so. Works on the ground without one, the rival of a new
    structure, are under construction too, and came when they came."""
    return structure.chance if claim.predicate in ("built", "new", "built_on", "completed_on") else 1.0


def _gsd_for(entity: Entity | None) -> float:
    """By what it is, and, where its size is known, at least three pixels across: fewer detect nothing for sure."""
    by_type = _GSD_FOR.get(entity.type if entity else "building", _GSD_FOR["building"])
    return min(by_type, entity.size_m / 3) if entity and entity.size_m else by_type


def _too_coarse(entity: Entity | None, evidence: Evidence) -> str | None:
    if evidence.gsd_m <= _gsd_for(entity):
        return None
    return (f"a {entity.type if entity else 'building'} takes pixels of about {_gsd_for(entity):.2g} m to be told; "
            f"these images have {evidence.gsd_m:g} m")


def _not_traced(entity: Entity | None, structure: Structure | None, evidence: Evidence) -> str | None:
    if structure is not None:
        return None
    if entity is None or (entity.at is None and entity.structure is None):
        return "nobody has said in names.yaml where it stands"
    return (f"no structure was traced there. What is smaller than about {evidence.changes.smallest_text} is not "
            "reported, and larger things are missed too: this is no sign that it is not there")


def _unseeable(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    what = claim.object or claim.predicate.replace("_", " ")
    yield Answer(what="function", verdict="not testable",
                 why=f"what a thing is for, who uses it and what is intended (“{what}”) no image can show")
    entity, structure = evidence.thing(claim.subject, claim)
    if structure or (entity and entity.at):
        yield _presence(claim, evidence)


def _function_in(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    """A word of function within a claim that is tested otherwise: that part is not tested. Names do not count."""
    text = claim.quote.lower()
    for name in (name.text.lower() for entity in evidence.claims.entities for name in entity.names):
        text = text.replace(name, " ")
    words = [word for word in re.findall(r"[a-z]+", text) if word in FUNCTION_WORDS]
    if words:
        yield Answer(what="function", verdict="not testable",
                     why=f"that it is for “{words[0]}” no image can show: only that it stands there was tested")
