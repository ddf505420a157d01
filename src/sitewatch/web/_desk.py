"""The desk that a reader sits at: one case, one person, what they see, and the run that they start."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from shapely import Polygon

from sitewatch import publication
from sitewatch.case import Case
from sitewatch.errors import InputError, SitewatchError
from sitewatch.geo import from_pixels, to_lonlat, to_pixels
from sitewatch.model import Check, Decision, Progress
from sitewatch.web._job import Job
from sitewatch.web._pixels import Mode, Pictures
from sitewatch.web._records import (
    ChecklistTold,
    DecidedTold,
    DecisionAsked,
    FindingsTold,
    FindingTold,
    MeasureAsked,
    MeasuredTold,
    Point,
    PublishAsked,
    RowTold,
    RunTold,
    SceneTold,
    SiteTold,
    SubjectsTold,
)
from sitewatch.web._teller import (
    Reader,
    Teller,
    claim_told,
    decision_told,
    iso,
    made_from,
    measured_by_hand,
    measured_in,
)

__all__ = ["Desk"]

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
        self._job = Job()
        self._told: Teller | None = None

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

    def picture(self, mode: Mode, scene: str) -> bytes | None:
        """A PNG of one whole look; None where there is no such look or mode."""
        pictures, look = self.pictures, self._look_of.get(scene)
        return pictures.picture(mode, look) if look is not None and mode in pictures.modes else None

    def strip(self, mode: Mode, subject_id: str) -> bytes | None:
        """The chips of one structure or change; None where there is none."""
        outline = self._teller().outline(subject_id)
        if outline is None or mode not in self.pictures.modes:
            return None
        return self.pictures.strip(mode, to_pixels(outline, self.case.site.grid).bounds)

    def site(self) -> SiteTold:
        """The place and its looks."""
        site, pictures = self.case.site, self.pictures
        looks = [SceneTold(id=fit.scene, taken=iso(fit.taken), clear_share=fit.site_clear_share)
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
        return SubjectsTold(subjects=told, left_out=len(aside))

    def findings(self) -> FindingsTold:
        """The sentences of the last run, and its verdicts on what others say beside those with the links made since.

        A blind reader is not told what rests on a thing that they do not see as it was left.
        """
        found, teller, now = self.case.stored("claims"), self._teller(), self._checks_now()
        return FindingsTold(title="" if teller.hidden else found.title, links=teller.links(), findings=[
            FindingTold(layer=f.layer, text=f.text, evidence=list(f.evidence))
            for f in found if not teller.hidden & set(f.evidence)],
            claims=[claim_told(check, now.get(check.claim.id), self.case.quoted) for check in found.checks])

    def _checks_now(self) -> dict[str, Check]:
        """By claim; none where a blind reader would learn from them what others linked."""
        return {} if self.is_blind else {check.claim.id: check for check in self.case.checks_now()}

    # -- what a reader does

    def decide(self, asked: DecisionAsked) -> DecidedTold:
        """Keep a decision; it is on disk when this returns."""
        grid = self.case.site.grid
        given = asked.model_dump(exclude={"version", "outline", "drawn"})
        try:
            outline = from_pixels(Polygon(asked.outline), grid) if asked.outline else None
            drawn = tuple(asked.drawn) if asked.drawn else None
            decision = Decision(**given, actor=self.actor, outline=outline, drawn=drawn)
        except ValueError as error:
            raise InputError(f"{asked.subject}: {error}") from error
        return self._decided(self.case.decide(decision, asked.version, is_blind=self.is_blind))

    def withdraw(self, decision_id: str) -> DecidedTold:
        """Take a decision of this reader back."""
        return self._decided(self.case.withdraw(decision_id, self.actor))

    def measure(self, asked: MeasureAsked) -> MeasuredTold:
        """A length or a footprint drawn by hand, beside the fitted one where there is such."""
        return measured_by_hand(self.case, measured_in(self.case), asked)

    def start_run(self) -> RunTold:
        """Compute what the decisions changed, in the background; a job that goes on is not started twice."""
        return self._job.start("run", self._ran)

    def run(self) -> RunTold:
        """How far it is, and, while nothing runs, whether a run is due."""
        told = self._job.told
        return told if told.is_running else told.model_copy(update={"is_due": self._is_due()})

    def _is_due(self) -> bool:
        try:
            return not self.case.is_current("claims")
        except SitewatchError:
            return True   # and the run says what is wrong

    def checklist(self) -> ChecklistTold:
        """The rows that have to hold before the report may be published; InputError where a run is due first."""
        if not self.case.is_current("claims"):
            raise InputError("decisions were made that no run has applied yet. Run again first, then publish")
        case = Case.open(self.folder)   # its table `publish` may have been edited since
        rows = publication.draft(case)
        return ChecklistTold(
            version=case.file.publication.version, is_refused=any(row.is_open and row.rule == "refuse" for row in rows),
            rows=[RowTold(number=row.number, rule=row.rule, element=row.element, missing=row.missing,
                          remedy=row.remedy) for row in rows])

    def start_publishing(self, asked: PublishAsked) -> RunTold:
        """Publish in the background, through the checklist of the command line; what is open stops it."""
        return self._job.start("publish", lambda progress: _published(self.folder, asked, progress))

    def _ran(self, progress: Progress) -> tuple[str | None, str | None]:
        case = Case.open(self.folder)
        case.run(progress=progress)
        if case.run_ids("stack") != self.case.run_ids("stack"):  # new images: what was drawn shows the old ones
            self.case, self._pictures = case, None
            self._tiles.clear()
        return None if self.is_blind else case.findings().title, None

    def _decided(self, decision: Decision) -> DecidedTold:
        teller = self._teller()
        subject = teller.tell(decision.subject) if teller.has(decision.subject) else None
        return DecidedTold(decision=decision_told(decision), subject=subject)

    def _teller(self) -> Teller:
        """Who tells what there is: the same one until a run or a decision changes that."""
        if self._told is None or not _same(self._told.made_from, made_from(self.case)):
            self._told = Teller(self.case, Reader(actor=self.actor, is_blind=self.is_blind))
        return self._told

    def _corners(self) -> list[Point] | None:
        grid = self.case.site.grid
        if not self.case.site.is_georeferenced:
            return None
        frame = Polygon([(0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height)])
        return [(x, y) for x, y in to_lonlat(from_pixels(frame, grid), grid).exterior.coords[:4]]


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether the same results were read, and the same decisions."""
    *results, decisions = one
    *others, known = other
    return decisions == known and all(a is b for a, b in zip(results, others, strict=True))


def _published(folder: Path, asked: PublishAsked, progress: Progress) -> tuple[str, str | None]:
    made = publication.publish(Case.open(folder), no_pixels=asked.no_pixels, progress=progress)
    return made.title, str(made.path)
