"""What people decided: signed, dated, with its reason and the very thing that it was decided on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from shapely import Polygon

from sitewatch.model.change import Change
from sitewatch.model.quantity import Between
from sitewatch.model.structure import LookState, Structure, StructureClass

__all__ = ["VERDICTS", "ClaimPart", "Decision", "DecisionKind", "Drawn", "Seen", "counted_in", "disputed", "newest",
           "seen_of", "shown_to", "target_of", "verdicts_of"]

DecisionKind = Literal["accept", "reject", "relabel", "outline", "look", "not sure", "draw", "split", "measure", "use",
                       "link"]
VERDICTS: tuple[DecisionKind, ...] = ("accept", "reject", "not sure")
"""Of these a person has one at a time; a later one takes the place of an earlier one."""

Drawn = tuple[tuple[float, float], ...]
"""Corners (x, y) in pixels of the site's grid, from its top left corner."""

ClaimPart = Literal["subject", "object"]
"""What a claim says something of (in a ratio: what is divided), or what it is held against (what it is divided by)."""

_APPLIED: Mapping[str, tuple[DecisionKind, ...]] = {
    "structures": (*VERDICTS, "relabel", "outline", "look", "draw", "split"),
    "measurements": ("measure", "use"), "claims": ("link",)}
_EACH: tuple[DecisionKind, ...] = ("split", "measure")   # each of these counts, not only the last
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SAME = 0.3          # of the union: outlines that share less are of two things
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
    not sure that this person cannot tell. draw makes a structure of that id where none was traced, and split takes the
    part inside ``outline`` off as a structure of its own. measure keeps what was ``drawn`` on one scene to measure a
    ``dimension``; use puts what this person drew of it there among the measurements. link says that ``part`` of a
    ``claim`` is this structure, and, where it matters, in which dimension.
    ``chance``: how likely the person holds an accepted thing to be of its class.
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
    drawn: Drawn | None = None
    dimension: Literal["area", "length", "width"] | None = None
    claim: str | None = None
    part: ClaimPart | None = None
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
        outlined = self.what in ("outline", "draw", "split")
        if outlined and (self.outline is None or not self.outline.is_valid or not self.outline.area):
            raise ValueError("an outline is needed that encloses an area and does not cross itself")
        if self.what == "draw" and (self.class_ is None or self.chance is None or not _ID.fullmatch(self.subject)):
            raise ValueError("to draw a structure needs its class, how likely it is one (chance), and as its id up to "
                             "128 letters, digits, points, hyphens and underscores")
        self._check_place()
        if self.chance is not None and not 0 < self.chance < 1:
            raise ValueError("chance is a probability between 0 and 1")

    def _check_place(self) -> None:
        """ValueError where it lacks the scene, the drawing or the claim that its kind is about, or has a stray one."""
        if (self.state is not None) != (self.what == "look") or \
                (self.scene is not None) != (self.what in ("look", "measure", "use")):
            raise ValueError("scene and state belong to a look, and a look needs both; a measurement needs its scene")
        if (self.drawn is not None) != (self.what == "measure"):
            raise ValueError("what was drawn belongs to a measurement, and a measurement needs it")
        if (self.dimension is None) if self.what in ("measure", "use") else (self.dimension and self.what != "link"):
            raise ValueError("a dimension (area, length or width) belongs to a measurement, and a measurement needs it")
        if {self.claim is not None, self.part is not None} != {self.what == "link"}:
            raise ValueError("claim and part belong to a link, and a link needs both")

    @property
    def drawing(self) -> tuple[str | None, ...]:
        """What is repeated where it is drawn again: by whom, which size of what, in which scene."""
        return self.actor, self.subject, self.dimension, self.scene

    def __str__(self) -> str:
        said = {"accept": "accepted", "reject": "rejected", "relabel": "relabelled", "outline": "outlined",
                "look": f"seen as {self.state} in {self.scene}", "not sure": "left open", "draw": "drawn",
                "split": "split", "measure": f"its {self.dimension} drawn on {self.scene}",
                "use": f"its {self.dimension} taken as drawn on {self.scene}",
                "link": f"linked with {self.part} of claim {self.claim}"}[self.what]
        return f"{said} by {self.actor} on {self.at:%Y-%m-%d}" + (f": {self.why}" if self.why else "")


def newest(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that count, in order of time: of each person the last verdict on a subject, the last outline, the
    last class, the last label, the last word on each look and on each part of a claim, and every drawing."""
    last: dict[tuple[str, ...], Decision] = {}
    for decision in sorted(decisions, key=lambda d: (d.at, d.id)):
        kind = "verdict" if decision.what in VERDICTS else decision.what
        about = "" if decision.what == "link" else decision.subject
        last[about, decision.actor, kind, _part(decision)] = decision
    return tuple(sorted(last.values(), key=lambda d: (d.at, d.id)))


def _part(decision: Decision) -> str:
    """Which of several of one kind it is; a later one of the same part takes its place."""
    if decision.what in _EACH:
        return decision.id
    if decision.what == "link":
        return f"{decision.part} of {decision.claim}"
    if decision.what == "use":
        return f"{decision.dimension} in {decision.scene}"
    return decision.scene or ("class" if decision.class_ and decision.what == "relabel" else "")


def counted_in(stage: str, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that count in a stage; a drawing counts in the measurements once its author uses it."""
    found = newest(decision for decision in decisions if decision.what in _APPLIED[stage])
    used = {decision.drawing for decision in found if decision.what == "use"}
    return tuple(decision for decision in found if decision.what != "measure" or decision.drawing in used)


def shown_to(decisions: Iterable[Decision], actor: str, *, is_blind: bool) -> tuple[Decision, ...]:
    """The decisions that count and that this person may see: a blind reader sees what others decided on a thing, or
    linked a claim with, only after they have done so themselves."""
    counted = newest(decisions)
    if not is_blind:
        return counted
    own = [d for d in counted if d.actor == actor]
    decided = {d.subject for d in own if d.what in (*VERDICTS, "draw")}
    linked = {d.claim for d in own if d.what == "link"}
    return tuple(d for d in counted if d.actor == actor or
                 (d.claim in linked if d.what == "link" else d.subject in decided))


def verdicts_of(decisions: Iterable[Decision]) -> dict[str, DecisionKind]:
    """The verdict of each person on one subject; whoever draws a structure holds it to be one until they say
    otherwise."""
    verdicts: dict[str, DecisionKind] = {}
    for decision in sorted(decisions, key=lambda d: (d.at, d.id)):
        if decision.what == "draw" or decision.what in VERDICTS:
            verdicts[decision.actor] = "accept" if decision.what == "draw" else decision.what
    return verdicts


def disputed(decisions: Iterable[Decision]) -> bool:
    """Whether people who decided on one subject differ: one accepts what another rejects, or is not sure of it."""
    return len(set(verdicts_of(decisions).values())) > 1


def target_of(decision: Decision, records: Mapping[str, Structure]) -> Structure | None:
    """The structure that a decision is about: by id, by the change that it was traced from, or by its outline."""
    if decision.subject in records:
        return records[decision.subject]
    if traced := next((s for s in records.values() if decision.subject in s.changes), None):
        return traced
    if decision.seen is None:
        return None
    seen = decision.seen
    others = [s for s in records.values() if _may_be(s, seen, takes_references=decision.what in ("look", "link"))]
    best = max(others, key=lambda s: _shared(s.outline, seen.outline), default=None)
    return best if best and _shared(best.outline, seen.outline) > _SAME else None


def _may_be(structure: Structure, seen: Seen, *, takes_references: bool) -> bool:
    """Whether it may be what was seen, were it in the same place: a change is of the same kind and the same time."""
    if structure.class_ == "reference" or seen.chance is not None:
        return structure.class_ != "reference" or takes_references
    one, other = structure.happened, seen.between
    return structure.class_ == seen.class_ and not (
        (one.after and other.by and one.after >= other.by) or (other.after and one.by and other.after >= one.by))


def _shared(one: Polygon, other: Polygon) -> float:
    return float(one.intersection(other).area / max(one.union(other).area, 1e-9))


def seen_of(subject: Structure | Change, version: str) -> Seen:
    """What a person decides on: a structure as it was traced, or a change read as the structure it would be."""
    if isinstance(subject, Structure):
        return Seen(outline=subject.outline, class_=subject.class_, label=subject.label, chance=subject.chance,
                    between=subject.happened, version=version)
    kinds: dict[str, StructureClass] = {"appeared": "new structure", "vanished": "removed structure",
                                        "altered": "altered structure"}
    return Seen(outline=subject.outline, class_=kinds[subject.kind], label="", chance=None, between=subject.between,
                version=version)
