"""The desk that a reader sits at: one case, one person, what they see, and the run that they start."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Literal, cast

from shapely import Polygon

from sitewatch import store
from sitewatch.case import Case
from sitewatch.errors import InputError, SitewatchError
from sitewatch.geo import from_pixels, to_lonlat, to_pixels
from sitewatch.measurements import agreement, measure_by_hand
from sitewatch.model import (
    VERDICTS,
    Change,
    Changes,
    Decision,
    Dimension,
    Look,
    LookState,
    Measurements,
    Quantity,
    Structure,
    Structures,
    disputed,
    newest,
    queue_of,
)
from sitewatch.web._pixels import Mode, Pictures
from sitewatch.web._records import (
    ClaimTold,
    DecidedTold,
    DecisionAsked,
    DecisionTold,
    FindingsTold,
    FindingTold,
    LookTold,
    MeasureAsked,
    MeasuredTold,
    Point,
    RunTold,
    SceneTold,
    SiteTold,
    StructureTold,
    SubjectsTold,
    TermTold,
)

__all__ = ["Desk"]

_DRAWN_PX = 0.75  # the stairs of a change's pixels need not be drawn step by step
_TILES = 4000    # encoded tiles that are kept: about 200 MB at most


class Desk:
    """What the routes call. Pixels are read once; records are read from disk for each answer."""

    def __init__(self, folder: Path, actor: str, *, is_blind: bool = False) -> None:
        self.folder, self.actor, self.is_blind = folder, actor, is_blind
        self.case = Case.open(folder)
        self._pictures: Pictures | None = None
        self._look_of: dict[str, int] = {}
        self._drawing = threading.Lock()
        self._tiles: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._running = threading.Lock()
        self._run = RunTold(is_running=False, step="", done=0, total=0, failed=None, title=None)

    # -- what there is to see

    @property
    def pictures(self) -> Pictures:
        """Draws tiles; the stack is read when it is first needed."""
        with self._drawing:
            if self._pictures is None:
                stack = self.case.stack()
                self._look_of = {fit.scene: look for look, fit in enumerate(stack.used)}
                self._pictures = Pictures(stack)
            return self._pictures

    def prepare(self) -> None:
        """Read everything that the first view needs, so that it comes at once; InputError where nothing was run yet."""
        self.subjects()
        self.site()

    def tile(self, mode: Mode, scene: str, z: int, x: int, y: int) -> bytes | None:
        """A PNG tile, from memory where it was drawn before; None where there is no such tile."""
        key = (mode, scene, z, x, y)
        if (kept := self._tiles.get(key)) is not None:
            return kept
        pictures, look = self.pictures, self._look_of.get(scene)
        drawn = pictures.tile(mode, look, z, x, y) if look is not None and mode in pictures.modes else None
        if drawn is not None:
            self._tiles[key] = drawn
        while len(self._tiles) > _TILES:
            self._tiles.popitem(last=False)
        return drawn

    def strip(self, mode: Mode, subject_id: str) -> bytes | None:
        """The chips of one structure or change; None where there is none."""
        subject = store.subjects_of(self.case.stored("structures"), self.case.stored("changes")).get(subject_id)
        if subject is None or mode not in self.pictures.modes:
            return None
        return self.pictures.strip(mode, to_pixels(subject.outline, self.case.site.grid).bounds)

    def site(self) -> SiteTold:
        """The place and its looks."""
        site, pictures = self.case.site, self.pictures
        looks = [SceneTold(id=fit.scene, taken=_iso(fit.taken), clear_share=fit.site_clear_share)
                 for fit in self.case.stack().used]
        return SiteTold(name=site.name, question=site.question, actor=self.actor, is_blind=self.is_blind,
                        width=pictures.width, height=pictures.height, gsd_m=site.gsd_m, levels=pictures.levels,
                        modes=list(pictures.modes), corners=self._corners(), looks=looks)

    def subjects(self, *, with_all: bool = False) -> SubjectsTold:
        """What can be decided on, as the last run left it, with what people decided since.

        Changes that the tool set aside and nobody decided on are many, and told on demand only.
        """
        teller = self._teller()
        references = [s.id for s in teller.structures if s.class_ == "reference"]
        aside = set() if with_all else {subject for subject in teller.waiting if teller.is_set_aside(subject)}
        told = [teller.tell(subject) for subject in (*teller.waiting, *references) if subject not in aside]
        return SubjectsTold(subjects=told, left_out=len(aside), is_stale=not self.case.is_current("structures"))

    def findings(self) -> FindingsTold:
        """The sentences of the last run, and its verdicts on what others say."""
        found = self.case.stored("claims")
        return FindingsTold(title=found.title, findings=[
            FindingTold(layer=f.layer, text=f.text, evidence=list(f.evidence)) for f in found], claims=[
            ClaimTold(id=c.claim.id, quote=c.claim.quote, publisher=c.claim.publisher, verdict=c.verdict, why=c.why)
            for c in found.checks])

    # -- what a reader does

    def decide(self, asked: DecisionAsked) -> DecidedTold:
        """Keep a decision; it is on disk when this returns."""
        grid = self.case.site.grid
        given = asked.model_dump(exclude={"version", "outline"})
        try:
            outline = from_pixels(Polygon(asked.outline), grid) if asked.outline else None
            decision = Decision(**given, actor=self.actor, outline=outline)
        except ValueError as error:
            raise InputError(f"{asked.subject}: {error}") from error
        return self._decided(self.case.decide(decision, asked.version))

    def withdraw(self, decision_id: str) -> DecidedTold:
        """Take a decision of this reader back."""
        return self._decided(self.case.withdraw(decision_id, self.actor))

    def measure(self, asked: MeasureAsked) -> MeasuredTold:
        """A length or a footprint drawn by hand, beside the fitted one where there is such."""
        value, budget = measure_by_hand(asked.drawn, asked.scene, self.case.stack(), is_closed=asked.is_closed)
        return MeasuredTold(value=str(value), low=value.low, high=value.high, unit=value.unit, level=value.level,
                            method=value.method, fitted=self._fitted(asked.subject, value),
                            budget=[TermTold(cause=term.cause, share=term.share) for term in budget])

    def start_run(self) -> RunTold:
        """Compute what the decisions changed, in the background; a run that goes on is not started twice."""
        if self._running.acquire(blocking=False):
            self._run = RunTold(is_running=True, step="starting", done=0, total=0, failed=None, title=None)
            threading.Thread(target=self._compute, name="run", daemon=True).start()
        return self._run

    def run(self) -> RunTold:
        """How far it is."""
        return self._run

    def _compute(self) -> None:
        failed, title = None, None
        try:
            case = Case.open(self.folder)
            case.run(progress=self._tell)
            title = case.findings().title
        except SitewatchError as error:
            failed = str(error)
        except Exception as error:  # whatever it is, the page must not wait for ever, and must be told
            failed = f"{type(error).__name__}: {error}"
        self._run = RunTold(is_running=False, step="", done=0, total=0, failed=failed, title=title)
        self._running.release()

    def _tell(self, step: str, done: int, total: int) -> None:
        self._run = RunTold(is_running=True, step=step, done=done, total=total, failed=None, title=None)

    def _fitted(self, subject: str | None, drawn: Quantity) -> str | None:
        """The fitted size that the drawn one is of, and whether they agree; a length may be that of either side."""
        measured = _measured(self.case)
        if subject is None or measured is None:
            return None
        sides: tuple[Dimension, ...] = ("area",) if drawn.unit == "m²" else ("length", "width")
        fitted = [(what, found.value) for what in sides if (found := measured.of(subject, what)) and found.value]
        if not fitted:
            return None
        what, value = min(fitted, key=lambda pair: abs(pair[1].value - drawn.value))
        return f"Fitted {what}: {value}. {agreement(drawn, value)}."

    def _decided(self, decision: Decision) -> DecidedTold:
        return DecidedTold(decision=_decision(decision), subject=self._teller().tell(decision.subject))

    def _teller(self) -> _Teller:
        return _Teller(self, self.case.stored("structures"), self.case.stored("changes"), self.case.decisions())

    def _corners(self) -> list[Point] | None:
        grid = self.case.site.grid
        if not self.case.site.is_georeferenced:
            return None
        frame = Polygon([(0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height)])
        return [(x, y) for x, y in to_lonlat(from_pixels(frame, grid), grid).exterior.coords[:4]]


class _Teller:
    """Tells what there is about each subject to one reader."""

    def __init__(self, desk: Desk, structures: Structures, changes: Changes, known: Sequence[Decision]) -> None:
        self._desk, self._known, self._grid = desk, known, desk.case.site.grid
        self.structures = structures
        self.waiting = {one.subject: one for one in queue_of(structures, changes, known, desk.actor)}
        self._subjects = store.subjects_of(structures, changes)
        self._shown = self._shown_of(newest(known))
        self._rejected = {structure.id for structure in structures.rejected}
        self._measured = _measured(desk.case)

    def is_set_aside(self, subject_id: str) -> bool:
        """Whether the tool rejected it, and nobody decided on it."""
        subject = self._subjects[subject_id]
        return isinstance(subject, Change) and subject.why_not is not None and all(
            decision.subject != subject_id for decision in self._shown)

    def tell(self, subject_id: str) -> StructureTold:
        """The record of a subject for the page; InputError where a run has taken it away."""
        subject, waiting = self._subjects.get(subject_id), self.waiting.get(subject_id)
        if subject is None:
            raise InputError(f"{subject_id} is not in the results any more: a run traced it anew. Load the page again")
        decisions = [decision for decision in self._shown if decision.subject == subject.id]
        hides = self._desk.is_blind and not any(d.actor == self._desk.actor for d in decisions)
        shape = to_pixels(subject.outline, self._grid)
        ring = (shape.simplify(_DRAWN_PX) if isinstance(subject, Change) else shape).exterior.coords
        common: dict[str, Any] = {
            "id": subject.id, "chance": subject.chance, "decisions": [_decision(d) for d in decisions],
            "outline": [(round(x, 3), round(y, 3)) for x, y in ring], "is_disputed": disputed(decisions),
            "version": store.version_of(subject, self._known, self._grid), "worth": waiting.worth if waiting else None,
            "why_worth": "" if hides or not waiting else waiting.why, "is_open": bool(waiting and waiting.is_open)}
        if isinstance(subject, Change):
            return StructureTold(kind="change", label=subject.id, class_=subject.kind, when=str(subject.between),
                                 area=None, by="tool", looks=[], reasons=[subject.why_not] if subject.why_not else [],
                                 **common)
        return StructureTold(kind=self._kind(subject, hides), label=subject.label, class_=subject.class_,
                             when=str(subject.happened), area=self._area(subject.id),
                             by="hidden" if hides and subject.by != "tool" else subject.by,
                             reasons=self._reasons(subject, hides), looks=self._looks(subject, hides), **common)

    def _shown_of(self, counted: Sequence[Decision]) -> tuple[Decision, ...]:
        """What this reader may see: a blind one sees others' decisions on a thing after deciding on it."""
        if not self._desk.is_blind:
            return tuple(counted)
        mine = {d.subject for d in counted if d.actor == self._desk.actor and d.what in VERDICTS}
        return tuple(d for d in counted if d.actor == self._desk.actor or d.subject in mine)

    def _kind(self, subject: Structure, hides: bool) -> Literal["structure", "rejected", "reference"]:
        if subject.class_ == "reference":
            return "reference"
        return "rejected" if subject.id in self._rejected and not hides else "structure"

    def _reasons(self, subject: Structure, hides: bool) -> list[str]:
        """A blind reader sees the tool's reasons only."""
        said = {str(decision) for decision in self._known} | {"people differ on this"}
        return [reason for reason in subject.reasons if not (hides and reason in said)]

    def _looks(self, subject: Structure, hides: bool) -> list[LookTold]:
        """Every look, with what people said of it since the last run."""
        said: dict[str, dict[str, LookState]] = {}
        for decision in self._shown:
            if decision.subject == subject.id and decision.scene and decision.state:
                said.setdefault(decision.scene, {})[decision.actor] = decision.state
        return [self._look(look, said.get(look.scene, {}), hides) for look in subject.looks]

    def _look(self, look: Look, said: dict[str, LookState], hides: bool) -> LookTold:
        if said:
            state = next(iter(said.values())) if len(set(said.values())) == 1 else "unclear"
            return LookTold(scene=look.scene, state=state, chance=look.chance, by=", ".join(said))
        if hides and look.by not in ("tool", self._desk.actor):
            return LookTold(scene=look.scene, state="hidden", chance=0.5, by="hidden")
        return LookTold(scene=look.scene, state=look.state, chance=look.chance, by=look.by)

    def _area(self, subject_id: str) -> str | None:
        found = self._measured.of(subject_id, "area") if self._measured else None
        if found is None:
            return None
        return str(found.value) if found.value else f"cannot tell: {found.why_not}"


def _measured(case: Case) -> Measurements | None:
    try:
        return cast(Measurements, case.stored("measurements"))
    except InputError:  # a run that stopped before measuring: outlines without sizes
        return None


def _decision(decision: Decision) -> DecisionTold:
    return DecisionTold(id=decision.id, subject=decision.subject, what=decision.what, actor=decision.actor,
                        at=_iso(decision.at), why=decision.why, label=decision.label, class_=decision.class_,
                        scene=decision.scene, state=decision.state)


def _iso(moment: Any) -> str:
    return str(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
