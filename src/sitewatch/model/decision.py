"""What people decided: signed, dated, with its reason and the very thing that it was decided on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from shapely import Polygon

from sitewatch.model.change import Change
from sitewatch.model.quantity import Between
from sitewatch.model.structure import LookState, Structure, StructureClass

__all__ = ["VERDICTS", "Decision", "DecisionKind", "Seen", "disputed", "newest", "seen_of"]

DecisionKind = Literal["accept", "reject", "relabel", "outline", "look", "not sure"]
VERDICTS: tuple[DecisionKind, ...] = ("accept", "reject", "not sure")
"""Of these a person has one at a time; a later one takes the place of an earlier one."""

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A structure or a change as it was when a person decided on it.

    It is found again by this outline after a rerun that gave it another id. ``version`` is the fingerprint of its
    record and of the decisions that were known then.
    """

    outline: Polygon
    class_: StructureClass
    label: str
    chance: float | None
    between: Between
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing that a person decided about a structure or a change, its ``subject``.

    ``what``: accept and reject say whether it is a structure, relabel gives it another ``class_`` or ``label``,
    outline another ``outline`` (in the coordinates of the site's grid), look says its ``state`` in one ``scene``, and
    not sure that this person cannot tell. ``chance``: how likely the person holds an accepted thing to be of its class.
    ``id``, ``at`` and ``seen`` are filled in where it is kept.
    """

    subject: str
    what: DecisionKind
    actor: str
    why: str | None = None
    class_: StructureClass | None = None
    label: str | None = None
    chance: float | None = None
    outline: Polygon | None = None
    scene: str | None = None
    state: LookState | None = None
    id: str = ""
    at: datetime = _BEGINNING
    seen: Seen | None = None

    def __post_init__(self) -> None:
        if self.what == "reject" and not (self.why or "").strip():
            raise ValueError("a rejection needs its reason (why)")
        if self.what == "relabel" and self.class_ is None and not self.label:
            raise ValueError("to relabel needs a class or a label")
        if self.class_ == "reference":
            raise ValueError("a reference is named in case.yaml, not decided on")
        if self.what == "outline" and (self.outline is None or not self.outline.is_valid or not self.outline.area):
            raise ValueError("an outline is needed that encloses an area and does not cross itself")
        if {self.scene is not None, self.state is not None} != {self.what == "look"}:
            raise ValueError("scene and state belong to a look, and a look needs both")
        if self.chance is not None and not 0 < self.chance < 1:
            raise ValueError("chance is a probability between 0 and 1")

    def __str__(self) -> str:
        said = {"accept": "accepted", "reject": "rejected", "relabel": "relabelled", "outline": "outlined",
                "look": f"seen as {self.state} in {self.scene}", "not sure": "left open"}[self.what]
        return f"{said} by {self.actor} on {self.at:%Y-%m-%d}" + (f": {self.why}" if self.why else "")


def newest(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that count, in order of time: of each person the last verdict on a subject, the last outline, the
    last class, the last label and the last word on each look."""
    last: dict[tuple[str, ...], Decision] = {}
    for decision in sorted(decisions, key=lambda d: (d.at, d.id)):
        kind = "verdict" if decision.what in VERDICTS else decision.what
        part = decision.scene or ("class" if decision.class_ and decision.what == "relabel" else "")
        last[decision.subject, decision.actor, kind, part] = decision
    return tuple(sorted(last.values(), key=lambda d: (d.at, d.id)))


def disputed(decisions: Iterable[Decision]) -> bool:
    """Whether people who decided on one subject differ: one accepts what another rejects, or is not sure of it."""
    verdicts = {decision.actor: decision.what for decision in newest(decisions) if decision.what in VERDICTS}
    return len(set(verdicts.values())) > 1


def seen_of(subject: Structure | Change, version: str) -> Seen:
    """What a person decides on: a structure as it was traced, or a change read as the structure it would be."""
    if isinstance(subject, Structure):
        return Seen(outline=subject.outline, class_=subject.class_, label=subject.label, chance=subject.chance,
                    between=subject.happened, version=version)
    kinds: dict[str, StructureClass] = {"appeared": "new structure", "vanished": "removed structure",
                                        "altered": "altered structure"}
    return Seen(outline=subject.outline, class_=kinds[subject.kind], label="", chance=None, between=subject.between,
                version=version)
