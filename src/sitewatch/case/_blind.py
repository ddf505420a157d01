"""The structures as a blind reader sees them: as if others had not decided on a thing until this reader has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sitewatch.model import VERDICTS, Decision, Structure, Structures, target_of

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["structures_for"]

_WITHIN = 0.5   # of a part that was split off: it lies in what it was split off from


def structures_for(case: Case, actor: str) -> Structures:
    """The structures of the last run, those that others had a hand in as if they had not.

    A thing is seen as the run left it once ``actor`` has a verdict on it, or drew it too. Until then it is as the tool
    and ``actor`` alone leave it: what others drew or split off is not there.
    """
    found: Structures = case.stored("structures")
    touched = {s.id: s for s in (*found.records, *found.rejected) if _people(s) - {actor}}
    if not touched:
        return found
    own = [decision for decision in case.decisions() if decision.actor == actor]
    decided = _decided(own, touched)
    if touched.keys() <= decided:
        return found
    alone = {s.id: s for s in case.traced_alone(actor)}
    hidden = {name for name, one in touched.items() if name not in decided
              and (name in alone or not _is_part_of(one, decided, alone))}
    kept = tuple(s for s in found.records if s.id not in hidden)
    anew = tuple(alone[name] for name in touched if name in hidden and name in alone)
    return replace(found, records=(*kept, *anew), rejected=tuple(s for s in found.rejected if s.id not in hidden))


def _people(structure: Structure) -> set[str]:
    return set(structure.by.split(", ")) - {"tool"}


def _decided(own: Sequence[Decision], touched: Mapping[str, Structure]) -> set[str]:
    """The structures on which this reader has a verdict, or that they drew."""
    targets = [target_of(decision, touched) for decision in own if decision.what in (*VERDICTS, "draw")]
    return {target.id for target in targets if target}


def _is_part_of(one: Structure, decided: Collection[str], alone: Mapping[str, Structure]) -> bool:
    """Whether it was split off something that this reader has decided on."""
    return any("split off" in reason for reason in one.reasons) and any(
        one.outline.intersection(alone[name].outline).area > _WITHIN * one.outline.area
        for name in decided if name in alone)
