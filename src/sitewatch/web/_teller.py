"""What there is about each subject, told to one reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal, cast

from shapely import Polygon

from sitewatch import store
from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.geo import to_pixels
from sitewatch.measurements import beside_fitted, measure_by_hand
from sitewatch.model import (
    Change,
    Changes,
    Check,
    Claims,
    Decision,
    Dimension,
    Look,
    LookState,
    Measurements,
    Quantity,
    Structure,
    Structures,
    disputed,
    queue_of,
    shown_to,
    verdicts_of,
)
from sitewatch.web._records import (
    ClaimTold,
    DecisionTold,
    DrawingTold,
    LinkTold,
    LookTold,
    MeasureAsked,
    MeasuredTold,
    StructureTold,
    TermTold,
)

__all__ = ["Reader", "Teller", "claim_told", "decision_told", "iso", "made_from", "measured_by_hand",
           "measured_in"]

_DRAWN_PX = 0.75  # the stairs of a change's pixels need not be drawn step by step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, and whether they may see what others decided before they have."""

    actor: str
    is_blind: bool


class Teller:
    """Tells what there is about each subject to one reader."""

    def __init__(self, case: Case, reader: Reader) -> None:
        self._case, self._reader, self._grid, self.made_from = case, reader, case.site.grid, made_from(case)
        found, changes, self.measured, known = self.made_from
        structures = case.structures_shown(reader.actor, is_blind=reader.is_blind)
        shown = shown_to(known, reader.actor, is_blind=reader.is_blind)
        self._known, self._shown = _by_subject(known), _by_subject(shown)
        self._links = [decision for decision in shown if decision.what == "link"]
        self._subjects = store.subjects_of(structures, changes, shown)
        self.structures: Structures = store.with_drawn(structures, shown)
        self.waiting = {one.subject: one for one in queue_of(self.structures, changes, shown, reader.actor)}
        self._rejected = {structure.id for structure in structures.rejected}
        self._anew = {s.id for s in self.structures} - {s.id for s in structures}
        self.hidden = {s.id for s in (*found.records, *found.rejected) if self._subjects.get(s.id) != s}
        self._told: dict[str, StructureTold] = {}

    def is_set_aside(self, subject_id: str) -> bool:
        """Whether the tool rejected it, and nobody decided on it."""
        subject = self._subjects[subject_id]
        return isinstance(subject, Change) and subject.why_not is not None and subject_id not in self._shown

    def has(self, subject_id: str) -> bool:
        """Whether it is still there: what a person drew is gone once they take it back."""
        return subject_id in self._subjects

    def outline(self, subject_id: str) -> Polygon | None:
        """Where it is, as this reader may see it; None where it is not there."""
        return self._subjects[subject_id].outline if self.has(subject_id) else None

    def tell(self, subject_id: str) -> StructureTold:
        """The record of a subject for the page; InputError where a run has taken it away."""
        if subject_id not in self._told:
            self._told[subject_id] = self._tell(subject_id)
        return self._told[subject_id]

    def _tell(self, subject_id: str) -> StructureTold:
        subject, waiting = self._subjects.get(subject_id), self.waiting.get(subject_id)
        if subject is None:
            raise InputError(f"{subject_id} is not in the results any more: a run traced it anew. Load the page again")
        decisions = self._shown.get(subject.id, [])
        hides = self._reader.is_blind and self._reader.actor not in verdicts_of(decisions)
        shape = to_pixels(subject.outline, self._grid)
        ring = (shape.simplify(_DRAWN_PX) if isinstance(subject, Change) else shape).exterior.coords
        common: dict[str, Any] = {
            "id": subject.id, "chance": subject.chance, "decisions": [decision_told(d) for d in decisions],
            "outline": [(round(x, 3), round(y, 3)) for x, y in ring], "is_disputed": disputed(decisions),
            "version": store.version_of(subject, self._known.get(subject.id, []), self._grid),
            "worth": waiting.worth if waiting else None,
            "why_worth": waiting.why if waiting else "", "is_open": bool(waiting and waiting.is_open)}
        if isinstance(subject, Change):
            return StructureTold(kind="change", label=subject.id, class_=subject.kind, when=str(subject.between),
                                 area=None, by="tool", looks=[], drawings=[],
                                 reasons=[subject.why_not] if subject.why_not else [], **common)
        return StructureTold(kind=self._kind(subject, hides), label=subject.label, class_=subject.class_,
                             when=str(subject.happened), area=self._area(subject.id),
                             by="hidden" if hides and subject.by != "tool" else subject.by,
                             reasons=self._reasons(subject, hides), looks=self._looks(subject, decisions, hides),
                             drawings=self._drawings(decisions), **common)

    def _kind(self, subject: Structure, hides: bool) -> Literal["structure", "rejected", "reference"]:
        if subject.class_ == "reference":
            return "reference"
        return "rejected" if subject.id in self._rejected and not hides else "structure"

    def _reasons(self, subject: Structure, hides: bool) -> list[str]:
        """A blind reader sees the tool's reasons only."""
        if subject.id in self._anew:
            return ["a person drew it; the next run reads its looks and measures it"]
        said = {str(d) for d in self._known.get(subject.id, ())} | {"people differ on this"} if hides else set()
        return [reason for reason in subject.reasons if not (hides and reason in said)]

    def _looks(self, subject: Structure, decisions: Sequence[Decision], hides: bool) -> list[LookTold]:
        """Every look, with what people said of it since the last run."""
        said: dict[str, dict[str, LookState]] = {}
        for decision in decisions:
            if decision.scene and decision.state:
                said.setdefault(decision.scene, {})[decision.actor] = decision.state
        return [self._look(look, said.get(look.scene, {}), hides) for look in subject.looks]

    def _look(self, look: Look, said: dict[str, LookState], hides: bool) -> LookTold:
        if said:
            state = next(iter(said.values())) if len(set(said.values())) == 1 else "unclear"
            return LookTold(scene=look.scene, state=state, chance=look.chance, by=", ".join(said))
        if hides and look.by not in ("tool", self._reader.actor):
            return LookTold(scene=look.scene, state="hidden", chance=0.5, by="hidden")
        return LookTold(scene=look.scene, state=look.state, chance=look.chance, by=look.by)

    def _area(self, subject_id: str) -> str | None:
        found = self.measured.of(subject_id, "area") if self.measured and subject_id not in self.hidden else None
        if found is None:
            return None
        return str(found.value) if found.value else f"cannot tell: {found.why_not}"

    def _drawings(self, decisions: Sequence[Decision]) -> list[DrawingTold]:
        """What people drew of one thing, each size on each look with all its repetitions."""
        sets: dict[tuple[str | None, ...], list[Decision]] = {}
        for decision in decisions:
            if decision.what in ("measure", "use"):
                sets.setdefault(decision.drawing, []).append(decision)
        return [drawing for made in sets.values() if (drawing := self._drawing(made))]

    def _drawing(self, made: Sequence[Decision]) -> DrawingTold | None:
        one, drawn = made[0], [decision.drawn for decision in made if decision.drawn]
        is_closed = one.dimension == "area"
        try:
            told = measured_by_hand(self._case, self.measured, MeasureAsked(
                scene=one.scene or "", drawn=[list(shape) for shape in drawn], is_closed=is_closed,
                subject=one.subject, dimension=one.dimension))
        except (InputError, ValueError):  # its scene is no longer used, or only the word to use it is left
            return None
        return DrawingTold(scene=one.scene or "", dimension=one.dimension or "area", actor=one.actor, measured=told,
                           is_used=any(decision.what == "use" for decision in made))

    def links(self) -> list[LinkTold]:
        """What claims are linked with, as far as this reader may see it."""
        return [LinkTold(id=d.id, claim=d.claim or "", part=d.part or "subject", subject=d.subject, actor=d.actor,
                         dimension=d.dimension) for d in self._links]


def made_from(case: Case) -> tuple[Structures, Changes, Measurements | None, tuple[Decision, ...]]:
    """What the last run left, and what people decided: as long as these are the same, all is told as before."""
    return case.stored("structures"), case.stored("changes"), measured_in(case), case.decisions()


def _by_subject(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.subject, []).append(decision)
    return found


def measured_by_hand(case: Case, fitted: Measurements | None, asked: MeasureAsked) -> MeasuredTold:
    """What was drawn, with its interval, each repetition, and how it compares with the fitted size."""
    stack = case.stack()
    value, budget = measure_by_hand(asked.drawn, asked.scene, stack, is_closed=asked.is_closed)
    each = [measure_by_hand([one], asked.scene, stack, is_closed=asked.is_closed)[0].value for one in asked.drawn]
    return MeasuredTold(value=str(value), low=value.low, high=value.high, unit=value.unit, level=value.level,
                        method=value.method, each=[round(size, 2) for size in each],
                        budget=[TermTold(cause=term.cause, share=term.share) for term in budget],
                        fitted=_fitted(fitted, asked, value))


def _fitted(measured: Measurements | None, asked: MeasureAsked, drawn: Quantity) -> str | None:
    """The fitted size that the drawn one is of, and whether they agree; a length may be that of either side."""
    if asked.subject is None or measured is None:
        return None
    sides: tuple[Dimension, ...] = ("area",) if asked.is_closed else ("length", "width")
    if asked.dimension:
        sides = (asked.dimension,)
    return beside_fitted(drawn, measured, asked.subject, sides)


def claim_told(check: Check, now: Check | None, quoted: Claims | None) -> ClaimTold:
    """What somebody else said, with the verdict of the last run and that with the links made since."""
    claim, stated = check.claim, check.claim.stated
    is_ratio = stated is not None and stated.form != "value"
    before, after = quoted.around(claim) if quoted and claim in quoted.records else ("", "")
    return ClaimTold(id=claim.id, quote=claim.quote, before=before, after=after, publisher=claim.publisher,
                     verdict=check.verdict, why=check.why, now=now.verdict if now else check.verdict,
                     why_now=now.why if now else check.why,
                     subject=(stated.numerator if stated else None) or claim.subject,
                     has_size=stated is not None,
                     object=((stated.denominator if stated else None) or claim.object) if is_ratio else None)


def measured_in(case: Case) -> Measurements | None:
    """The measurements of the last run; None where it stopped before them: outlines without sizes."""
    try:
        return cast(Measurements, case.stored("measurements"))
    except InputError:
        return None


def decision_told(decision: Decision) -> DecisionTold:
    """A decision for the page."""
    return DecisionTold(id=decision.id, subject=decision.subject, what=decision.what, actor=decision.actor,
                        at=iso(decision.at), why=decision.why, label=decision.label, class_=decision.class_,
                        scene=decision.scene, state=decision.state, dimension=decision.dimension, claim=decision.claim)


def iso(moment: Any) -> str:
    """UTC, to the second."""
    return str(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
