"""People have the last word: what they decided is laid over what was traced, and says so.

A decision finds its structure by id, or, after a rerun that gave it another one, by its outline. What a person
accepted stays a structure although the tool no longer finds it; what one person rejects and nobody else accepts is
set aside with its reason. Where people differ, the structure stays and says that they differ.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from shapely import Polygon

from sitewatch.geo import Rectangle, to_pixels
from sitewatch.model import (
    Between,
    Decision,
    Look,
    LookState,
    Seen,
    Stack,
    Structure,
    StructureClass,
    Structures,
    newest,
)
from sitewatch.structures._labels import letters
from sitewatch.structures._looks import bracket, looks_of, sightings

__all__ = ["reviewed"]

_SAME = 0.3          # of the union: outlines that share less are of two things
_TOLD = 0.99         # a person's word on a look; neither people nor pictures are ever sure
_STANDING = ("accept", "relabel", "outline", "look")


def reviewed(found: Structures, stack: Stack, values: np.ndarray, decisions: Sequence[Decision]) -> Structures:
    """The structures with people's decisions applied; ``values`` (time, band, y, x) are the stack's, whitened.

    Warns of a decision that names a scene that is not among the looks of this stack: it has no effect.
    """
    if not decisions:
        return found
    decisions = newest(decisions)
    scenes = {fit.scene for fit in stack.used}
    for decision in decisions:
        if decision.scene is not None and decision.scene not in scenes:
            warnings.warn(f"looks/{decision.id}.yaml has no effect: scene {decision.scene} is not used", stacklevel=2)
    records = {structure.id: structure for structure in found}
    about: dict[str, list[Decision]] = {}
    for decision in decisions:
        target = _target(decision, records)
        if target is None and decision.seen and decision.what in _STANDING:
            target = _by_a_person(decision, decision.seen, stack, values, label=_next_label(records))
            records[target.id] = target
        if target is not None:
            about.setdefault(target.id, []).append(replace(decision, subject=target.id))
    rejected = set()
    for name, all_of_it in about.items():
        counted = newest(all_of_it)  # once more: some were made while it had another id
        records[name] = _decided(records[name], counted, stack, values)
        if _is_rejected(counted):
            rejected.add(name)
    return replace(found, records=tuple(s for s in records.values() if s.id not in rejected),
                   rejected=tuple(records[name] for name in sorted(rejected)))


def _target(decision: Decision, records: dict[str, Structure]) -> Structure | None:
    """The structure that a decision is about: by id, by the change that it was traced from, or by its outline."""
    if decision.subject in records:
        return records[decision.subject]
    if traced := next((s for s in records.values() if decision.subject in s.changes), None):
        return traced
    if decision.seen is None:
        return None
    outline = decision.seen.outline
    others = [s for s in records.values() if s.class_ != "reference" or decision.what == "look"]
    best = max(others, key=lambda s: _shared(s.outline, outline), default=None)
    return best if best and _shared(best.outline, outline) > _SAME else None


def _shared(one: Polygon, other: Polygon) -> float:
    return float(one.intersection(other).area / max(one.union(other).area, 1e-9))


def _next_label(records: dict[str, Structure]) -> str:
    taken = {structure.label for structure in records.values()}
    return next(label for i in range(len(taken) + 1) if (label := f"Structure {letters(i)}") not in taken)


def _by_a_person(decision: Decision, seen: Seen, stack: Stack, values: np.ndarray, label: str) -> Structure:
    """A thing that the tool does not hold to be a structure: its looks are read at the outline that a person saw."""
    class_ = decision.class_ or seen.class_
    kind = "gone" if class_ == "removed structure" else "new"
    place = seen.outline.centroid
    structure = Structure(id=f"{kind}-{place.x:.0f}-{place.y:.0f}", label=seen.label or label, outline=seen.outline,
                          class_=class_, chance=decision.chance or seen.chance or 0.5, first=Between(), last=Between(),
                          changes=(decision.subject,), by=decision.actor)
    return _dated(replace(structure, looks=_looks_at(structure, _step(seen.between, stack), stack, values)))


def _decided(structure: Structure, decisions: Sequence[Decision], stack: Stack, values: np.ndarray) -> Structure:
    """A structure with everything that people decided on it."""
    outline = next((d.outline for d in reversed(decisions) if d.outline is not None), None)
    if outline is not None:
        structure = replace(structure, outline=outline)
        if structure.class_ != "reference":
            structure = replace(structure, looks=_looks_at(structure, _step(structure.happened, stack), stack, values))
    for decision in decisions:
        if decision.class_:
            structure = _as_class(structure, decision.class_)
        structure = replace(structure, label=decision.label or structure.label,
                            chance=decision.chance or structure.chance)
    told = tuple(str(decision) for decision in decisions if decision.what != "look")
    told = (*(("people differ on this",) if _differ(decisions) else ()), *told)
    by = ", ".join(dict.fromkeys(decision.actor for decision in decisions))
    structure = replace(structure, by=by, reasons=(*told, *structure.reasons), looks=_told_looks(structure, decisions))
    return structure if structure.class_ == "reference" or structure.happened == _dated(structure).happened else \
        replace(_dated(structure), phases=())


def _differ(decisions: Sequence[Decision]) -> bool:
    return len({d.what for d in decisions if d.what in ("accept", "reject", "not sure")}) > 1


def _is_rejected(decisions: Sequence[Decision]) -> bool:
    verdicts = {decision.what for decision in decisions}
    return "reject" in verdicts and "accept" not in verdicts


def _as_class(structure: Structure, class_: StructureClass) -> Structure:
    """The same thing as another class; read as one that went it was there when it was not before, and the reverse."""
    turns = (structure.class_ == "removed structure") != (class_ == "removed structure")
    other: dict[LookState, LookState] = {"present": "absent", "absent": "present", "unclear": "unclear"}
    looks = tuple(replace(look, state=other[look.state], chance=round(1 - look.chance, 3)) if turns else look
                  for look in structure.looks)
    changed = replace(structure, class_=class_, looks=looks)
    return _dated(replace(changed, phases=())) if turns else changed


def _told_looks(structure: Structure, decisions: Sequence[Decision]) -> tuple[Look, ...]:
    """The looks with people's word on them; a look on which they differ is unclear."""
    told: dict[str, dict[str, LookState]] = {}
    for decision in decisions:
        if decision.scene and decision.state:
            told.setdefault(decision.scene, {})[decision.actor] = decision.state
    chances: dict[LookState, float] = {"present": _TOLD, "absent": round(1 - _TOLD, 3), "unclear": 0.5}
    looks = []
    for look in structure.looks:
        if words := told.get(look.scene):
            states = set(words.values())
            state: LookState = states.pop() if len(states) == 1 else "unclear"
            look = replace(look, state=state, chance=chances[state], by=", ".join(words))  # noqa: PLW2901
        looks.append(look)
    return tuple(looks)


def _dated(structure: Structure) -> Structure:
    """The bracket that its looks give; a person's word on a look outweighs all of the tool's."""
    weighed = [look for look in structure.looks for _ in range(1 if look.by == "tool" else len(structure.looks) + 1)]
    states, taken = [look.state for look in weighed], [look.taken for look in weighed]
    if structure.class_ == "marked object" and structure.happened == Between():
        return structure
    if structure.went:
        return replace(structure, first=Between(), last=bracket(states, taken, first="present", then="absent"))
    return replace(structure, first=bracket(states, taken), last=Between())


def _step(happened: Between, stack: Stack) -> int:
    """The index of the last used look before it happened."""
    moment = happened.after or happened.by
    earlier = [i for i, fit in enumerate(stack.used) if moment and (
        fit.taken <= moment if happened.after else fit.taken < moment)]
    return earlier[-1] if earlier else 0


def _looks_at(structure: Structure, look: int, stack: Stack, values: np.ndarray) -> tuple[Look, ...]:
    """Every look at its outline, read anew."""
    placed = to_pixels(structure.outline, stack.site.grid)
    rectangle = Rectangle.around_points(np.asarray(placed.exterior.coords))
    return looks_of(sightings(rectangle, look, values), stack, removed=structure.class_ == "removed structure")
