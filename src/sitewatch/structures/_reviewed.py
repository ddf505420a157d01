"""People have the last word: what they decided is laid over what was traced, and says so.

A decision finds its structure by id, or, after a rerun that gave it another one, by its outline. What a person
accepted stays a structure although the tool no longer finds it; what one person rejects and nobody else accepts is
set aside with its reason. Where people differ, the structure stays and says that they differ.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from sitewatch.geo import Rectangle, seen_median, to_pixels
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
    target_of,
    verdicts_of,
)
from sitewatch.structures._labels import letters
from sitewatch.structures._looks import bracket, looks_of, sightings

__all__ = ["reviewed"]

_TOLD = 0.99         # a person's word on a look; neither people nor pictures are ever sure
_STANDING = ("accept", "relabel", "outline", "look", "draw")


def reviewed(found: Structures, stack: Stack, values: np.ndarray, decisions: Sequence[Decision],
             changes: Collection[str] = ()) -> Structures:
    """The structures with people's decisions applied; ``values`` (time, band, y, x) are the stack's, whitened.

    ``changes`` are the ids of those that there are: what is rejected of them is no structure that lies over them.

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
    traced = {change for structure in found for change in structure.changes}
    for decision in decisions:
        if decision.what in ("reject", "not sure") and decision.subject in changes and decision.subject not in traced:
            continue
        target = target_of(decision, records)
        if target is None and decision.seen and decision.what in _STANDING:
            target = _by_a_person(decision, decision.seen, stack, values, label=_next_label(records))
            records[target.id] = target
        if target is None:
            continue
        about.setdefault(target.id, []).append(replace(decision, subject=target.id))
        if decision.what == "split" and (part := _part_of(target, about[target.id], stack, values)):
            records.setdefault(part.id, replace(part, label=_next_label(records)))
    rejected = set()
    for name, all_of_it in about.items():
        counted = newest(all_of_it)  # once more: some were made while it had another id
        records[name] = _decided(records[name], counted, stack, values)
        if _is_rejected(counted):
            rejected.add(name)
    return replace(found, records=tuple(s for s in records.values() if s.id not in rejected),
                   rejected=tuple(records[name] for name in sorted(rejected)))


def _next_label(records: dict[str, Structure]) -> str:
    taken = {structure.label for structure in records.values()}
    return next(label for i in range(len(taken) + 1) if (label := f"Structure {letters(i)}") not in taken)


def _by_a_person(decision: Decision, seen: Seen, stack: Stack, values: np.ndarray, label: str) -> Structure:
    """A thing that the tool does not hold to be a structure: its looks are read at the outline that a person saw."""
    class_ = decision.class_ or seen.class_
    is_drawn = decision.what == "draw"
    structure = Structure(id=decision.subject if is_drawn else _name(class_, seen.outline), label=seen.label or label,
                          outline=seen.outline, class_=class_, chance=decision.chance or seen.chance or 0.5,
                          first=Between(), last=Between(), changes=() if is_drawn else (decision.subject,),
                          by=decision.actor)
    step = _turn(structure, stack, values) if seen.between == Between() else _step(seen.between, stack)
    return _dated(replace(structure, looks=_looks_at(structure, step, stack, values)))


def _name(class_: StructureClass, outline: Polygon) -> str:
    """An id by the kind and the place."""
    return f"{'gone' if class_ == 'removed structure' else 'new'}-{outline.centroid.x:.0f}-{outline.centroid.y:.0f}"


def _part_of(whole: Structure, decisions: Sequence[Decision], stack: Stack, values: np.ndarray) -> Structure | None:
    """What the last of the decisions splits off a structure; None, with a warning, where that leaves nothing."""
    split, before = decisions[-1], _outlined(whole, decisions[:-1])
    part = _largest(before.intersection(split.outline)) if split.outline else Polygon()
    if not part.area or not _largest(before.difference(part)).area:
        warnings.warn(f"looks/{split.id}.yaml has no effect: its outline does not split {whole.id}", stacklevel=4)
        return None
    made = replace(whole, id=_name(whole.class_, part), outline=part, changes=(), phases=(), by=split.actor,
                   reasons=(f"split off {whole.id} by {split.actor} on {split.at:%Y-%m-%d}",))
    return _dated(replace(made, looks=_looks_at(made, _step(whole.happened, stack), stack, values)))


def _outlined(structure: Structure, decisions: Sequence[Decision]) -> Polygon:
    """The outline that people gave it, less what they split off."""
    outline = structure.outline
    for decision in decisions:
        if decision.what in ("outline", "draw") and decision.outline is not None:
            outline = decision.outline
        elif decision.what == "split" and decision.outline is not None:
            part = _largest(outline.intersection(decision.outline))
            rest = _largest(outline.difference(part))
            outline = rest if part.area and rest.area else outline
    return outline


def _largest(shape: BaseGeometry) -> Polygon:
    """The largest polygon of what an intersection or a difference left."""
    parts = [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area, default=Polygon())


def _decided(structure: Structure, decisions: Sequence[Decision], stack: Stack, values: np.ndarray) -> Structure:
    """A structure with everything that people decided on it."""
    outline = _outlined(structure, decisions)
    if outline != structure.outline:
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
    return len(set(verdicts_of(decisions).values())) > 1


def _is_rejected(decisions: Sequence[Decision]) -> bool:
    verdicts = set(verdicts_of(decisions).values())
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


def _turn(structure: Structure, stack: Stack, values: np.ndarray) -> int:
    """The look after which the ground inside its outline changed most: the two medians around it leave least."""
    distance = _rectangle(structure, stack).distance(values.shape[2:])
    inside = values[:, :, distance < min(0.0, float(distance.min()) / 2)]
    colours = seen_median(np.moveaxis(inside, 2, 0)) if inside.size else np.empty((0, 1))
    seen = np.flatnonzero(np.isfinite(colours).all(axis=1))
    if len(seen) < 2:
        return 0
    def rest(part: np.ndarray) -> float:
        return float(np.abs(colours[part] - np.median(colours[part], axis=0)).sum())
    turn = min(range(1, len(seen)), key=lambda i: rest(seen[:i]) + rest(seen[i:]))
    return int(seen[turn - 1])


def _rectangle(structure: Structure, stack: Stack) -> Rectangle:
    return Rectangle.around_points(np.asarray(to_pixels(structure.outline, stack.site.grid).exterior.coords))


def _looks_at(structure: Structure, look: int, stack: Stack, values: np.ndarray) -> tuple[Look, ...]:
    """Every look at its outline, read anew."""
    seen = sightings(_rectangle(structure, stack), look, values)
    return looks_of(seen, stack, removed=structure.class_ == "removed structure")
