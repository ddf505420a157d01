"""What a person should look at next: the order in which decisions are worth most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sitewatch.model.change import Change, Changes
from sitewatch.model.decision import Decision, DecisionKind, newest, verdicts_of
from sitewatch.model.structure import Structure, Structures

__all__ = ["Waiting", "queue_of"]

# Set by hand, to order the queue only: no result rests on them.
_CHANGED_GROUND, _SET_ASIDE = 0.25, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A structure or change in the queue. ``worth``: how much a decision on it settles, larger first; ``why`` in words.

    ``is_open``: this person has not given a verdict on it yet.
    """

    subject: str
    worth: float
    why: str
    is_open: bool


def queue_of(structures: Structures, changes: Changes, decisions: Iterable[Decision],
             actor: str) -> tuple[Waiting, ...]:
    """Everything that can be decided on, in the order in which this person's decision settles most.

    First what the findings rest on and nobody has looked at; then what people differ on; then changes that were not
    traced as structures; then what was rejected. Within each the doubtful and the large come first: a verdict settles
    most where the chance is near one half. What this person has decided already comes last.
    """
    about: dict[str, list[Decision]] = {}
    for decision in newest(decisions):
        about.setdefault(decision.subject, []).append(decision)
    used = {change for structure in structures for change in structure.changes}
    subjects: list[Structure | Change] = [*structures.changed, *structures.rejected,
                                          *(change for change in changes if change.id not in used)]
    waiting = [_waiting(subject, about.get(subject.id, []), actor) for subject in subjects]
    return tuple(sorted(waiting, key=lambda one: (-one.worth, one.subject)))


def _waiting(subject: Structure | Change, decisions: Sequence[Decision], actor: str) -> Waiting:
    verdicts = verdicts_of(decisions)
    is_open = actor not in verdicts
    tier, why, chance = _tier(subject, verdicts)
    doubt = 4 * chance * (1 - chance)
    size = subject.outline.area / (subject.outline.area + 1000)   # m²: half for a small hall, near 1 for a large one
    settled = 0.1 * doubt + 0.8 * doubt * size
    return Waiting(subject=subject.id, worth=round((tier + settled) if is_open else settled / 10, 4), why=why,
                   is_open=is_open)


def _tier(subject: Structure | Change, verdicts: Mapping[str, DecisionKind]) -> tuple[int, str, float]:
    """How soon it comes, why, and the chance that it is a structure."""
    people = ", ".join(verdicts)
    if len(set(verdicts.values())) > 1:
        return 4, f"{people} differ", 0.5
    if isinstance(subject, Structure):
        if not verdicts:
            return 5, "stands in the findings; your decision is due", subject.chance
        return 2, f"{next(iter(verdicts.values()))} by {people}; a second reader has not decided", subject.chance
    if subject.why_not is None:
        return 3, "the ground changed, but it was not traced as a structure", _CHANGED_GROUND
    return 1, f"set aside: {subject.why_not}", _SET_ASIDE
