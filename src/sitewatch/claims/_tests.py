"""What the images can be asked about a claim: a size, a count, a place, whether a thing stood there, when it came."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz.distance import OSA

from sitewatch.claims._counts import found_count
from sitewatch.claims._disagreements import meant
from sitewatch.claims._evidence import Evidence
from sitewatch.claims._few import looks_alike
from sitewatch.claims._likelihood import chance_within, deciding_gsd_m, times_better, verdict_of
from sitewatch.claims._positions import SIDES, found_beside, found_within
from sitewatch.claims._presence import found_dated, found_gone, found_ground, found_images, found_present
from sitewatch.claims._words import FUNCTION_WORDS, dimension_phrase
from sitewatch.model import (
    SERIES_LOOKS,
    UNITS,
    Answer,
    Claim,
    Entity,
    Interval,
    Measurement,
    Quantity,
    Rival,
    Stated,
    Structure,
    base_of,
    canonical,
    tolerance_of,
)

__all__ = ["tests_of"]

_PRESENT = frozenset("present_on stands_on exists under_construction_on being_built built new".split())
_NEW = _PRESENT - {"present_on", "stands_on", "exists"}
_GONE = frozenset("removed demolished gone destroyed".split())
_DATED = frozenset("built_on completed_on started_on began_on appeared_on removed_on".split())
_WITHIN = frozenset("located_in lies_in within".split())
_TAKEN = frozenset("acquired_by taken_by imaged_by".split())
# What a thing is for, who uses it and what is intended: no image of any resolution shows it.
_UNSEEABLE = frozenset("function purpose used_for produces houses emphasis intends stores used_by".split())
# That a thing is being made better: that its place changes is seen, that this improves it is not.
_IMPROVED = re.compile(r"(?:being )?(?:improv|renew|renovat|repair|upgrad|moderni)\w+")
_SAYS_NEW = re.compile(r"\b(?:new(?:ly)?|additional|built|construct\w+)\b", re.I)
_SUB_METRE = 1.0  # m per pixel: coarser pairs show fields and light at work in every small thing's place
_TESTED = _PRESENT | _GONE | _DATED | _WITHIN | _TAKEN | _UNSEEABLE | set(SIDES)
_ALWAYS = ("area", "length", "width")  # what is measured of every structure; other dimensions only of some

# Pixel size, in metres, from which a thing is told for what it is: NIIRS tasks and the practice of analysts
# (a roof at PlanetScope's 3 m, a bridge crane or a portal's width from NIIRS 5 on, which takes about 0.5 m).
_GSD_FOR = {"building": 3.0, "housing": 3.0, "site": 10.0, "road": 3.0, "crane": 0.5, "portal": 0.5, "vehicle": 0.5}


def tests_of(claim: Claim, evidence: Evidence) -> tuple[Answer, ...]:
    """The tests of a claim, the one that carries its verdict first; none where there is nothing to ask."""
    if claim.stated is not None and claim.stated.unit != "count" and claim.kind == "measurement":
        return tuple(_sizes(claim, claim.stated, evidence))
    if claim.predicate in _UNSEEABLE:
        return tuple(_unseeable(claim, evidence))
    return () if claim.imagery == "no" else tuple(_on_the_ground(claim, evidence))


def nearest_predicate(predicate: str) -> str | None:
    """The tested predicate that is spelt nearly alike, if there is one: a slip of the pen leaves a claim untested."""
    plain = predicate.casefold().replace(" ", "_").replace("-", "_")
    near = sorted((OSA.distance(plain, known), known) for known in _TESTED)
    return near[0][1] if near[0][0] <= min(2, len(plain) // 4) else None


def _on_the_ground(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    """Where a thing lies, how many there are, whether it stands there and since when."""
    if claim.predicate in _WITHIN or claim.predicate in SIDES:
        yield _position(claim, evidence)
    elif claim.predicate in _TAKEN:
        yield found_images(evidence.stack.scenes.scenes, evidence.names(claim.object), claim.observed)
    elif claim.predicate not in _PRESENT | _GONE | _DATED and not _says_improved(claim):
        return
    elif not (evidence.stack.is_series or _is_followed(claim, evidence)):
        structure = evidence.thing(claim.subject, claim)[1]
        unlike = structure is not None and structure.class_ == "marked object" and not looks_alike(evidence.stack)
        why = "they are too unlike, by season, sun, view or snow, to say that what is marked came or went" if unlike \
            else "in so few nothing separates what lasts from what comes and goes"
        yield Answer(what="presence", verdict="cannot tell", decides=f"a series of {SERIES_LOOKS} clear looks or more",
                     why=f"the images are {len(evidence.stack.used)} looks: {why}")
        yield from _function_in(claim, evidence)
    elif _says_improved(claim):
        yield from _improved(claim, evidence)
    else:
        if claim.stated and claim.stated.unit == "count":
            yield _count(claim, claim.stated, evidence)
        else:
            yield from _there(claim, evidence)
        yield from _function_in(claim, evidence)


def _sizes(claim: Claim, stated: Stated, evidence: Evidence) -> Iterator[Answer]:
    """The stated dimension, or, where none is stated, the footprint, which is what "size" is read as, and the rest."""
    is_ratio, wanted = stated.form != "value", _dimensions(stated)
    known = {m.what.removesuffix(" ratio") for m in evidence.measurements if m.what.endswith(" ratio") == is_ratio}
    if wanted[0] not in {*_ALWAYS, *known}:
        yield Answer(what=stated.dimension, verdict="not testable",
                     why=f"the {stated.dimension} is not {'compared' if is_ratio else 'measured'} from these images")
        return
    if (link := evidence.links.of(claim)) and link.dimension:
        wanted = [link.dimension]
    numerator = evidence.thing(stated.numerator or claim.subject, claim)[1]
    denominator = evidence.thing(stated.denominator or claim.object, claim, "object")[1] if is_ratio else None
    if missing := _missing(claim, stated, numerator, denominator, evidence):
        yield Answer(what=dimension_phrase(wanted[0]), verdict="cannot tell", why=missing)
        return
    assert numerator is not None
    reference = denominator.id if denominator else None
    answers = []
    for dimension in wanted:
        what = f"{dimension} ratio" if is_ratio else dimension
        measured = next((m for m in evidence.measurements
                         if (m.subject, str(m.what), m.reference) == (numerator.id, what, reference)), None)
        answers.append(_size(claim, what, measured, evidence))
    yield replace(answers[0], why=f"{answers[0].why}{_read_otherwise(answers)}")
    yield from answers[1:]


def _read_otherwise(answers: Sequence[Answer]) -> str:
    """That the statement fares otherwise if "size" meant another dimension: the first is how the word is read."""
    first = answers[0].verdict
    other = [f"{one.what} {one.verdict}" for one in answers[1:] if one.value is not None and one.verdict != first]
    return f"; had another dimension been meant, it would be otherwise: {', '.join(other)}" if other else ""


def _dimensions(stated: Stated) -> list[str]:
    """What is to be measured: the stated dimension, else the footprint and the rest, or what has the stated unit."""
    if stated.dimension != "unspecified":
        return ["area" if stated.dimension == "footprint" else stated.dimension]
    is_ratio, is_length = stated.form != "value", UNITS[stated.unit][0] == "m"
    if stated.unit == "t":
        return ["mass"]
    return ["area", "length", "width"] if is_ratio else ["length", "width"] if is_length else ["area"]


def _missing(claim: Claim, stated: Stated, numerator: Structure | None, denominator: Structure | None,
             evidence: Evidence) -> str | None:
    """Which of the things that are compared nobody has pointed out, or the images do not show."""
    if numerator is None:
        name = stated.numerator or claim.subject
    elif stated.form != "value" and denominator is None:
        name = stated.denominator or claim.object
    else:
        return None
    if not name:
        return "nobody has said what it is compared with, or how large it was before was not measured"
    return evidence.doubt(name) or (
        f"no structure that was traced is known to be “{name}”: say in names.yaml where it stands")


def _size(claim: Claim, what: str, measured: Measurement | None, evidence: Evidence) -> Answer:
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
    unit, allowed = "" if value.unit == "1" else f" {value.unit}", tolerance_of(stated) * base_of(stated)[1]
    read = f"no dimension is stated; the {phrase} was measured" if stated.dimension == "unspecified" else \
        f"the {phrase} was measured"
    why = (f"{read}: {value.interval_text}{' times' if than else ''}{than} ({value.level_text}); "
           f"“{stated.surface or meant(stated)}” means {ranges}{unit}{' times it' if than else ''}, "
           f"{allowed:g}{unit} allowed on both sides")
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


def _count(claim: Claim, stated: Stated, evidence: Evidence) -> Answer:
    """How many appeared, or went, within the subject's area and the stated time."""
    ground, place = evidence.ground(claim.subject), evidence.called(claim.subject)
    if claim.predicate in _PRESENT - _NEW:
        return Answer(what="count", verdict="cannot tell",
                      why="only what appeared, changed or went is traced: what stood there all along is not counted")
    if ground is None or not ground.area:
        return Answer(what="count", verdict="cannot tell", why=evidence.doubt(claim.subject) or
                      f"nobody has said in names.yaml which area “{place}” is")
    gone = claim.predicate in _GONE or claim.predicate == "removed_on"
    wanted = [s for s in evidence.structures if s.class_ == ("removed structure" if gone else "new structure")]
    return found_count(wanted, ground, canonical(stated), place, evidence.changes.smallest_text,
                       lambda one: _chance_of(one, claim))


def _chance_of(structure: Structure, claim: Claim) -> float | None:
    """That it is one of those that a claim counts: a structure, which came or went in the stated time."""
    if claim.observed is None:
        return structure.chance
    if claim.predicate in _DATED:
        found = found_dated(structure, claim.observed, structure.label, claim.predicate, of_kind=structure.chance)
    elif claim.predicate in _GONE:
        gone = found_gone(structure, claim.observed, structure.label).chance
        return None if gone is None else gone * structure.chance
    else:
        found = found_present(structure, claim.observed, structure.label, is_new=True, of_kind=structure.chance)
    return found.chance


def _position(claim: Claim, evidence: Evidence) -> Answer:
    """Where the subject lies: within the object's area, or to one side of it."""
    one, other = evidence.ground(claim.subject), evidence.ground(claim.object)
    names = evidence.called(claim.subject), evidence.called(claim.object)
    if one is None or other is None:
        missing = claim.subject if one is None else claim.object
        return Answer(what="position", verdict="cannot tell", why=evidence.doubt(missing) or
                      f"nobody has said in names.yaml where “{evidence.called(missing)}” is")
    if claim.predicate in SIDES:
        return found_beside(one, other, claim.predicate, names, evidence.reach_m)
    if not other.area:
        return Answer(what="position", verdict="cannot tell",
                      why=f"names.yaml gives a point of “{names[1]}”, and nobody has said where its boundary runs")
    return found_within(one, other, *names, evidence.reach_m)


def _there(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    """Whether it stands there; and, where no structure was traced, whether anything new is at its place, if the claim
    says that. That the ground changed is seen; what it is now is another question, and the images may not tell."""
    yield _presence(claim, evidence)
    entity, structure = evidence.thing(claim.subject, claim)
    says_so = claim.predicate in (_NEW | _DATED) - {"removed_on"} or (
        claim.predicate in _UNSEEABLE and _SAYS_NEW.search(claim.quote))
    is_told = evidence.stack.is_series and not _too_coarse(entity, evidence) and not evidence.doubt(claim.subject)
    if structure is None and says_so and is_told and (there := evidence.ground_changed(entity)):
        yield found_ground(there, claim.observed, evidence.called(claim.subject))


def _says_improved(claim: Claim) -> bool:
    said = claim.object if claim.predicate == "status" else claim.predicate
    return _IMPROVED.fullmatch(said.casefold().replace("_", " ")) is not None


def _improved(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    """Whether the ground changed for good where a thing is said to be improved: more of that no image shows."""
    entity, name = evidence.thing(claim.subject, claim)[0], evidence.called(claim.subject)
    there = () if evidence.doubt(claim.subject) else evidence.ground_changed(entity)
    why = evidence.doubt(claim.subject)
    if there:
        why = f"the ground changed at the place of {name}; whether that was work on it, these images do not tell"
    elif why is None:
        why = _nowhere(entity) or (f"no lasting change was kept at the place of {name}. What is smaller than about "
                                   f"{evidence.changes.smallest_text} is not reported, and larger changes are missed "
                                   "too: this is no sign that nothing was done")
    yield Answer(what="works", verdict="cannot tell", why=why,
                 decides=f"images of about {_gsd_for(entity):.2g} m per pixel, of before and of that time")
    if there:
        yield found_ground(there, claim.observed, name)
    yield Answer(what="improvement", verdict="not testable",
                 why="whether a thing becomes better, and for what, no image can show: only whether its place changed")


def _nowhere(entity: Entity | None) -> str | None:
    if entity is None or (entity.at is None and entity.structure is None and entity.area is None):
        return "nobody has said in names.yaml where it stands"
    return None


def _presence(claim: Claim, evidence: Evidence) -> Answer:
    entity, structure = evidence.thing(claim.subject, claim)
    name = structure.label if structure else entity.name if entity else claim.subject
    marked = structure is not None and structure.class_ == "marked object"  # a person has told it for what it is
    if structure is None and (doubt := evidence.doubt(claim.subject)):
        return Answer(what="presence", verdict="cannot tell", why=doubt)
    if why := _unseen(structure) if marked else (_too_coarse(entity, evidence)
                                                 or _not_traced(entity, structure, evidence)):
        needed = _deciding_m(entity, structure, evidence)
        return Answer(what="presence", verdict="cannot tell", why=why, structure=structure.id if structure else None,
                      decides=f"images of about {needed:.2g} m per pixel, some with it and some without")
    assert structure is not None
    if claim.predicate in _GONE:
        return found_gone(structure, claim.observed, name)
    if claim.predicate in _DATED:
        return found_dated(structure, claim.observed, name, claim.predicate, of_kind=_of_kind(claim, structure))
    return found_present(structure, claim.observed, name, is_new=claim.predicate in _NEW,
                         of_kind=_of_kind(claim, structure))


def _of_kind(claim: Claim, structure: Structure) -> float:
    """The chance that it is a structure, where the claim says so. Works on the ground without one, the rival of a new
    structure, are under construction too, and came when they came."""
    return structure.chance if claim.predicate in ("built", "new", "built_on", "completed_on") else 1.0


def _gsd_for(entity: Entity | None) -> float:
    """By what it is, and, where its size is known, at least three pixels across: fewer detect nothing for sure."""
    by_type = _GSD_FOR.get(entity.type if entity else "building", _GSD_FOR["building"])
    return min(by_type, entity.size_m / 3) if entity and entity.size_m else by_type


def _deciding_m(entity: Entity | None, structure: Structure | None, evidence: Evidence) -> float:
    """The pixels that would decide where these do not. What was not traced is smaller than what is found in them: for
    a thing of known size the record of changes says how many pixels that takes, for another they are a third; for a
    marked one its trials do."""
    needed = _gsd_for(entity)
    if structure is not None and structure.trials:
        return min(needed, math.sqrt(structure.outline.area) / max(trial.side_px for trial in structure.trials))
    if structure is not None or evidence.gsd_m > needed:
        return needed
    across_px = max(3.0, evidence.changes.smallest_px**0.5)
    finer = evidence.gsd_m / 3
    return min(needed, max(entity.size_m / across_px, finer) if entity and entity.size_m else finer)


def _is_followed(claim: Claim, evidence: Evidence) -> bool:
    """Whether even so few looks tell of it: a person has marked it, and the looks are alike. What its place does by
    chance, other places of its shape say, and things drawn there from which size on it would be seen; where none were
    drawn, the pixels have to be those that such a thing takes."""
    entity, structure = evidence.thing(claim.subject, claim)
    return structure is not None and structure.class_ == "marked object" and looks_alike(evidence.stack) \
        and (bool(structure.trials) or evidence.gsd_m <= min(_gsd_for(entity), _SUB_METRE))


def _unseen(mark: Structure | None) -> str | None:
    """Why no look tells of a marked thing."""
    if mark is None or any(look.state != "unclear" for look in mark.looks):
        return None
    return f"no look tells whether {mark.label} is there: {mark.reasons[-1]}"


def _too_coarse(entity: Entity | None, evidence: Evidence) -> str | None:
    if evidence.gsd_m <= _gsd_for(entity):
        return None
    return (f"a {entity.type if entity else 'building'} takes pixels of about {_gsd_for(entity):.2g} m to be told; "
            f"these images have {evidence.gsd_m:g} m")


def _not_traced(entity: Entity | None, structure: Structure | None, evidence: Evidence) -> str | None:
    if structure is not None:
        return None
    if entity is None or _nowhere(entity):
        return _nowhere(entity)
    if evidence.ground_changed(entity):
        return (f"no structure was traced at the place of {entity.name}, but the ground changed there and had not "
                f"changed back by the last look: whether that is {entity.name}, images of {evidence.gsd_m:g} m per "
                "pixel do not tell")
    return (f"no structure was traced at the place of {entity.name}. What is smaller than about "
            f"{evidence.changes.smallest_text} is not reported, and larger things are missed too: this is no sign that "
            "it is not there")


def _unseeable(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    what = claim.object or claim.predicate.replace("_", " ")
    yield Answer(what="function", verdict="not testable",
                 why=f"what a thing is for, who uses it and what is intended (“{what}”) no image can show")
    entity, structure = evidence.thing(claim.subject, claim)
    if structure or (entity and (entity.at or entity.area)):
        yield from _there(claim, evidence)


def _function_in(claim: Claim, evidence: Evidence) -> Iterator[Answer]:
    """A word of function within a claim that is tested otherwise: that part is not tested. Names do not count."""
    text = claim.quote.lower()
    for name in (name.text.lower() for entity in evidence.claims.entities for name in entity.names):
        text = text.replace(name, " ")
    words = [word for word in re.findall(r"[a-z]+", text) if word in FUNCTION_WORDS]
    if words:
        yield Answer(what="function", verdict="not testable",
                     why=f"that it is for “{words[0]}” no image can show: only that it stands there was tested")
