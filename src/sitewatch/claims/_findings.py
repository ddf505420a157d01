"""Draft the findings: a title that states the result, then one fixed sentence per thing and layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sitewatch.claims._check import check_claims
from sitewatch.claims._few import differences, why_little
from sitewatch.claims._ground import ground_changes
from sitewatch.claims._others import said_by_others
from sitewatch.claims._title import title_of
from sitewatch.claims._unseen import clear_looks, unseen
from sitewatch.claims._words import (
    counted,
    dimension_phrase,
    kind_of,
    probability_range,
    probability_word,
    reference_name,
    safe_name,
)
from sitewatch.model import (
    Changes,
    Checks,
    Claims,
    Finding,
    Findings,
    Layer,
    Measurement,
    Measurements,
    Stack,
    Structure,
    Structures,
    day,
    trials_text,
)

__all__ = ["ClaimsOptions", "draft_findings"]

_ORDER = ("new structure", "removed structure", "altered structure", "marked object", "ground works")

_MOSTLY = 0.9  # of the clear looks: a thing that more of them miss comes and goes
# What else would look the same from above: each inference names its rival.
_RIVALS = {
    "new structure": "works on the ground without a structure",
    "removed structure": "a cover or a new surface over a structure that still stands",
    "altered structure": "a new surface on an unchanged structure",
    "ground works": "bare ground of the season",
    "marked object": "a change of the ground or of the light around it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsOptions:
    """``clear_share``: a look counts as clear from this share of the site's pixels on.

    ``fewest_clear_looks``: with fewer the findings say "cannot tell", not "nothing changed": two looks
    on each side are the least that tells a change from one odd picture.
    """

    clear_share: float = 0.5
    fewest_clear_looks: int = 4


@dataclass(frozen=True, slots=True)
class _Said:
    """One sentence before it is numbered."""

    layer: Layer
    text: str
    evidence: tuple[str, ...]
    chance: float | None = None


def draft_findings(changes: Changes, structures: Structures, measurements: Measurements, stack: Stack,
                   options: ClaimsOptions | None = None, claims: Claims | None = None) -> Findings:
    """What may be said of the site, most important first: seen, measured, inferred, said by others, unknown; and what
    becomes of ``claims``, which others have published.

    No sentence of the seen or measured layer says what a thing is for. Probability words are those of
    row A of ICD 203 with their ranges, and no sentence grades its own confidence.
    """
    options = options or ClaimsOptions()
    looks = clear_looks(stack, options.clear_share)
    enough = stack.is_series and len(looks) >= options.fewest_clear_looks
    changed = sorted(structures.changed, key=lambda s: _rank(s, measurements))
    said = [sentence for structure in changed for sentence in _about(structure, measurements)]
    said += [_stayed(mark) for mark in structures if mark.class_ == "marked object" and mark not in changed]
    said += _nothing_else(changes, structures, stack, looks) if enough else []
    told = ground_changes(changes, structures, stack) if stack.is_series else differences(changes, stack)
    said += [_Said("seen", text, evidence) for text, evidence in told]
    if not stack.is_series:
        said += [_Said("unknown", text, evidence) for text, evidence in why_little(changes, stack)]
    checks = check_claims(claims, changes, structures, measurements, stack) if claims else Checks()
    said += [_Said("said by others", text, evidence) for text, evidence in said_by_others(checks)]
    said += [_Said("unknown", text, evidence)
             for text, evidence in unseen(measurements, changed, stack, looks, enough=enough)]
    records = tuple(Finding(id=f"F{number:02d}", text=s.text, layer=s.layer, evidence=s.evidence, chance=s.chance)
                    for number, s in enumerate(said, 1))
    return Findings(site=structures.site, title=title_of(changed, changes, looks, enough), records=records,
                    checks=checks)


def _rank(structure: Structure, measurements: Measurements) -> tuple[int, float, str]:
    """New before removed before altered; within a class the large and sure ones first."""
    area = measurements.of(structure.id, "area")
    size = area.value.value if area and area.value else structure.outline.area
    return _ORDER.index(structure.class_), -size * structure.chance, structure.id


def _about(structure: Structure, measurements: Measurements) -> Iterator[_Said]:
    yield _seen(structure)
    if sizes := _sizes(structure, measurements):
        yield sizes
    yield from _more_ratios(structure, measurements)
    yield _inferred(structure)


def _seen(structure: Structure) -> _Said:
    """The bracket, with the two looks that make it, and how it was seen since."""
    name, when = safe_name(structure), structure.happened
    side, other = ("with", "without") if structure.went else ("without", "with")
    verb = "disappeared" if structure.went else "changed" if structure.class_ == "altered structure" else \
        "was first seen"
    what = "" if structure.class_ in name.casefold() else f", {kind_of(structure)},"
    if when.after and when.by:
        sides = ("before", "after") if verb == "changed" else (f"{side} it", f"{other} it")
        dated = (f"{verb} between {day(when.after)} (last clear look {sides[0]}) and {day(when.by)} "
                 f"(first clear look {sides[1]})")
    elif when.by:
        dated = f"{verb} by {day(when.by)}, with no earlier clear look to compare with"
    else:
        dated = f"{verb} {when}" if when.after else f"{verb} at a time that no clear look brackets"
    text = f"{name}{what} {dated}{_since(structure, when.by)}."
    return _Said("seen", text[0].upper() + text[1:], (structure.id, *_bracketing(structure)))


def _since(structure: Structure, by: datetime | None) -> str:
    later = [look for look in structure.looks if by and look.taken > by and look.state != "unclear"]
    if not later:
        return "; no clear look since confirms it" if by else ""
    state = "absent" if structure.went else "present"
    count = sum(look.state == state for look in later)
    if count == len(later):
        every = "the only clear look" if count == 1 else f"all {counted(count, '', 'clear looks')}"
        return f"; it was {state} in {every} since"
    looks = "look" if len(later) == 1 else "looks"
    return f"; it was {state} in {count} of the {len(later)} clear {looks} since"


def _bracketing(structure: Structure) -> tuple[str, ...]:
    """The scenes on both sides of the bracket."""
    when = structure.happened
    return tuple(look.scene for look in structure.looks if look.taken in (when.after, when.by))


def _sizes(structure: Structure, measurements: Measurements) -> _Said | None:
    """Every dimension, and the footprint's ratio to at most two references, in one sentence."""
    name = safe_name(structure)
    given = [m for m in measurements if m.subject == structure.id and m.value and m.reference is None]
    ratios = [m for m in measurements if m.subject == structure.id and m.what == "area ratio" and m.value][:2]
    if not given and not ratios:
        return None
    parts = []
    if given:
        levels = dict.fromkeys(_level(m) for m in given)
        sizes = ", ".join(_size(m, with_level=len(levels) > 1) for m in given)
        parts.append(f"{name} measures {sizes}" + (f" ({next(iter(levels))})" if len(levels) == 1 else ""))
    parts += [f"{'its footprint' if parts else f'the footprint of {name}'} is {_ratio(m, measurements)}"
              for m in ratios]
    text = "; ".join(parts) + "."
    return _Said("measured", text[0].upper() + text[1:], _evidence([*given, *ratios]))


def _size(measurement: Measurement, *, with_level: bool) -> str:
    assert measurement.value is not None
    text, level = measurement.value.interval_text, measurement.value.level_text
    by_hand = "" if measurement.by == "tool" else ", drawn by hand"
    return f"{text} in {dimension_phrase(measurement.what)}{by_hand}" + (f" ({level})" if with_level else "")


def _level(measurement: Measurement) -> str:
    return measurement.value.level_text if measurement.value else ""


def _ratio(measurement: Measurement, measurements: Measurements) -> str:
    assert measurement.value is not None
    text, level = measurement.value.interval_text, measurement.value.level_text
    return f"{text} times that of {reference_name(measurement.reference or '', measurements.site)} ({level})"


def _more_ratios(structure: Structure, measurements: Measurements) -> Iterator[_Said]:
    """Ratios of length and width, and of the footprint to further references: one sentence each."""
    of_area = [m for m in measurements if m.subject == structure.id and m.what == "area ratio" and m.value]
    others = [m for m in measurements if m.subject == structure.id and m.value and m.reference is not None
              and m.what != "area ratio"]
    for measurement in [*of_area[2:], *others]:
        text = (f"The {dimension_phrase(measurement.what)} of {safe_name(structure)} is "
                f"{_ratio(measurement, measurements)}.")
        yield _Said("measured", text, _evidence([measurement]))


def _evidence(measured: Sequence[Measurement]) -> tuple[str, ...]:
    scenes = (scene for measurement in measured for scene in measurement.scenes)
    return tuple(dict.fromkeys([measured[0].subject, *scenes]))


def _stayed(mark: Structure) -> _Said:
    """A marked object of which neither coming nor going was seen."""
    clear = [look for look in mark.looks if look.state != "unclear"]
    if not clear:
        return _Said("unknown", f"Whether {safe_name(mark)}, a marked object, was there cannot be told in any look: "
                                f"{mark.reasons[-1].rstrip('.')}.", (mark.id,))
    there = sum(look.state == "present" for look in clear)
    if there < _MOSTLY * len(clear):
        return _Said("unknown", f"Whether {safe_name(mark)}, a marked object, came or went cannot be told: its looks "
                                f"contradict each other, {there} of {len(clear)} show it.", (mark.id,))
    looks = f"all {counted(len(clear), 'clear look', 'clear looks')}" if there == len(clear) else \
        f"{there} of {len(clear)} clear looks"
    return _Said("seen", f"Neither coming nor going of {safe_name(mark)}, a marked object, was seen; it was present in "
                         f"{looks}.", (mark.id,))


def _inferred(structure: Structure) -> _Said:
    """The class with its chance in words and its rival reading."""
    name, word = safe_name(structure), probability_word(structure.chance)
    happened = "is gone" if structure.went else "came"
    what = happened if structure.class_ == "marked object" else f"is {kind_of(structure)}"
    rival = _RIVALS[structure.class_]
    if word is None:
        bound = "above 0.99" if structure.chance > 0.5 else "below 0.01"
        text = f"The chance that {name} {what} is {bound}; the rival reading is {rival}."
    else:
        verb = "is" if word.endswith("likely") or word == "almost certain" else "has"
        text = (f"That {name} {what} {verb} {'a ' if word.startswith('roughly') else ''}{word} "
                f"({probability_range(word)}; chance {structure.chance:.2f}); the rival reading is {rival}.")
    return _Said("inferred", text, (structure.id,), structure.chance)


def _nothing_else(changes: Changes, structures: Structures, stack: Stack,
                  looks: Sequence[datetime]) -> list[_Said]:
    """The negative finding: of which size things are found, if they are found, and which roofs would have been."""
    other = "other " if structures.changed else ""
    scenes = tuple(fit.scene for fit in stack.used)
    text = (f"No {other}new or removed structure larger than about {changes.smallest_text} was found in "
            f"{counted(len(looks), 'clear look', 'clear looks')} between {day(looks[0])} and {day(looks[-1])}.")
    text = f"{text} {trials_text(structures.trials, changes.site.gsd_m)}".rstrip()
    return [_Said("seen", text, scenes)]
