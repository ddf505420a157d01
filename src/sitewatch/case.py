"""A case: one place, its images and everything computed from them, pulled through one table of stages."""

from __future__ import annotations

import warnings
import webbrowser
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, cast

from sitewatch import changes, claims, measurements, report, scenes, stack, store, structures
from sitewatch.errors import InputError, SitewatchError
from sitewatch.model import (
    Changes,
    Checks,
    Claims,
    Decision,
    Findings,
    Measurements,
    Progress,
    RemoteSource,
    Run,
    Scenes,
    Stack,
    Structures,
    fingerprint,
    newest,
)
from sitewatch.sources.folder import survey
from sitewatch.sources.simulated import built_in_world, site_of
from sitewatch.sources.stac import ARCHIVE, place
from sitewatch.store import FolderStore, NewCase, Verified

__all__ = ["STAGES", "Case", "NewCase", "ReportFolder", "Stage", "Step", "Verified"]


class Stage(NamedTuple):
    """What computes a stage, from which stages, with which options; the version is raised with its results."""

    function: Callable[..., Any]
    inputs: tuple[str, ...]
    options: type[Any] | None
    version: int


STAGES: dict[str, Stage] = {
    "scenes": Stage(scenes.find_scenes, (), None, scenes.VERSION),
    "stack": Stage(stack.build_stack, ("scenes",), stack.StackOptions, stack.VERSION),
    "changes": Stage(changes.detect_changes, ("stack",), changes.ChangesOptions, changes.VERSION),
    "structures": Stage(structures.trace_structures, ("changes", "stack"), structures.StructuresOptions,
                        structures.VERSION),
    "measurements": Stage(measurements.measure_structures, ("structures", "stack"),
                          measurements.MeasurementsOptions, measurements.VERSION),
    "claims": Stage(claims.draft_findings, ("changes", "structures", "measurements", "stack"),
                    claims.ClaimsOptions, claims.VERSION),
    "report": Stage(report.compose_report, ("claims", "changes", "structures", "measurements", "stack"),
                    report.ReportOptions, report.VERSION),
}
_WORDED = ("claims", "report")  # only these depend on the site's names and its question


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a run: whether it had to be computed, and, where that needs saying, why."""

    stage: str
    run_id: str
    computed: bool
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFolder:
    """Where the page is."""

    path: Path
    title: str

    def open(self) -> None:
        """Show the page in a browser."""
        webbrowser.open((self.path / "index.html").resolve().as_uri())


class Case:
    """A folder with one site, its images and its results; results are loaded where they are stored."""

    def __init__(self, folder: Path, file: store.CaseFile) -> None:
        self.folder = folder
        self.site = file.site
        self.file = file
        self._store = FolderStore(folder.resolve())
        self.options = {stage: file.options_of(stage, row.options)
                         for stage, row in STAGES.items() if row.options}
        self._claims: Claims | None = store.read_claims(folder, file.site)
        self._ids: dict[str, str] = {}
        self._records: dict[str, Any] = {}
        self._decided: tuple[Decision, ...] = ()

    @classmethod
    def open(cls, folder: Path | str) -> Case:
        """The case of a folder; CaseFileError names file, line and key of what is wrong in its case.yaml."""
        return cls(Path(folder), store.read_case(Path(folder), tuple(STAGES)))

    @classmethod
    def new(cls, folder: Path | str, plan: NewCase) -> Case:
        """Make a case of a folder of images, or of a place whose images are to be fetched.

        InputError where there is a case already, or neither images nor an area are named.
        """
        folder = Path(folder)
        plan = plan if plan.images else replace(plan, source=plan.source or ARCHIVE)
        found = (survey(plan.images, plan.sensor, plan.gsd_m) if plan.images else
                 place(plan.area, cast(str, plan.source), plan.sensor, plan.gsd_m))
        site = store.site_of_plan(folder, plan, found)
        store.write_case(folder, site, store.sources_of_plan(folder, plan, found.sensor))
        return cls.open(folder)

    @classmethod
    def demo(cls, folder: Path | str, world: str = "february-11", seed: int = 0) -> Case:
        """Make a case of a simulated world that comes with sitewatch; what is really there is known."""
        source = {"kind": "simulated", "world": world, "seed": seed}
        store.write_case(Path(folder), site_of(built_in_world(world)), [source])
        store.add_demo_claims(Path(folder), world)
        return cls.open(folder)

    def scenes(self) -> Scenes:
        """The dated images, each with its own copy in the case."""
        return cast(Scenes, self._pull("scenes"))

    def stack(self) -> Stack:
        """The aligned views."""
        return cast(Stack, self._pull("stack"))

    def changes(self) -> Changes:
        """Where the ground departed from its own past."""
        return cast(Changes, self._pull("changes"))

    def structures(self) -> Structures:
        """The things on the ground and since when they are there."""
        return cast(Structures, self._pull("structures"))

    def measurements(self) -> Measurements:
        """How big they are."""
        return cast(Measurements, self._pull("measurements"))

    def findings(self) -> Findings:
        """What may be said."""
        return cast(Findings, self._pull("claims"))

    def checks(self) -> Checks:
        """Whether what others say holds: each claim of claims.yaml with its verdict."""
        return self.findings().checks

    def report(self) -> ReportFolder:
        """The page that a reader can check, written if it is not there."""
        self._step("report", None)
        return ReportFolder(path=self.folder / "report", title=self.findings().title)

    def stored(self, stage: str) -> Any:
        """What the last run left of a stage from changes to claims; CaseFileError where there is nothing."""
        return self._store.latest(stage, self.site)

    def is_current(self, stage: str) -> bool:
        """Whether what is stored of a stage is what a run would give now, with everything that people decided."""
        again = Case(self.folder, self.file)
        again._ids["scenes"] = self._id("scenes")
        return self._store.stored(again._id(stage)).is_whole

    def decisions(self) -> tuple[Decision, ...]:
        """What people decided, in order of time; CaseFileError names file and line of what cannot be used."""
        return store.read_decisions(self._store.folder, self.site.grid)

    def decide(self, decision: Decision, version: str | None = None) -> Decision:
        """Keep what a person decided; it counts from the next run on. VerificationError where ``version`` is stale."""
        subjects, grid = store.subjects_of(self.stored("structures"), self.stored("changes")), self.site.grid
        return store.keep_decision(self._store.folder, grid, lambda known: store.completed(
            decision, subjects.get(decision.subject), known, grid, version))

    def withdraw(self, decision_id: str, actor: str) -> Decision:
        """Take back a decision of one's own; InputError where it is not there or another person's."""
        return store.withdraw_decision(self._store.folder, self.site.grid, decision_id, actor)

    def run(self, until: str = "report", progress: Progress | None = None) -> tuple[Step, ...]:
        """Look for new images, then compute every stage up to ``until`` that is not stored already."""
        if until not in STAGES:
            raise InputError(f"no stage is called {until!r}. Choose one of {', '.join(STAGES)}")
        self._ids, self._records = {}, {}
        return tuple(self._step(stage, progress) for stage in _up_to(until))

    def run_ids(self, until: str = "report") -> dict[str, str]:
        """The identity of each stage's result, up to ``until``."""
        return {stage: self._id(stage) for stage in _up_to(until)}

    def hold(self, found: Scenes, asked: str, seconds: float) -> None:
        """Make these the scenes of the case; ``asked`` is the fingerprint of the sources that they are from."""
        self._ids, self._records = {"scenes": _scenes_id(found)}, {}
        with self._store.writing():
            run = replace(self._begun("scenes"), inputs={"sources": asked}, seconds=round(seconds, 3))
            self._store.save(run, found)

    def verify(self, progress: Progress | None = None) -> tuple[Verified, ...]:
        """Check every hash and every log, compute each stage again from the kept pixels alone and compare.

        Nothing is written and no source is asked. Raises InputError where nothing was computed yet.
        """
        return self.computed_again(progress)[1]

    def computed_again(self, progress: Progress | None = None, until: str = "report",
                       withheld: Collection[str] = ()) -> tuple[Case, tuple[Verified, ...]]:
        """A case with the records of the kept pixels alone up to ``until``, and what ``verify`` says of each.

        Where kept files are ``withheld``, paths within the case, only the hashes are checked.
        """
        again = Case(self.folder, self.file)
        checks = [*store.check_logs(self._store), *store.check_decisions(self._store.folder)]
        try:
            kept, problem = self._store.scenes(self.site), "is missing, although a log tells of runs"
        except InputError as error:
            kept, problem = None, str(error)
        if kept is None and checks:
            return again, (*checks, Verified(what="scenes/catalog.json", holds=False, detail=problem))
        if kept is None:
            raise InputError(f"{self.folder} holds no images yet, so there is nothing to verify. Run the case first")
        checks += store.check_pixels(self._store, kept, withheld)
        again._ids, again._records = {"scenes": _scenes_id(kept)}, {"scenes": kept}
        for stage, run_id in again.run_ids(until).items():
            if not self._store.was_run(stage, run_id):
                break
            checks += store.check_run(self._store, run_id, stage)
            checks += store.not_computed(stage) if withheld else again._again(stage, progress)
        return again, tuple(checks)

    def _pull(self, stage: str, progress: Progress | None = None) -> Any:
        """A stage's record: from memory, from disk, or computed."""
        if stage not in self._records:
            self._step(stage, progress)
        if stage not in self._records:
            self._records[stage] = self._load(stage, progress)
        return self._records[stage]

    def _step(self, stage: str, progress: Progress | None) -> Step:
        """See that a stage is stored; what is stored already is not even read."""
        started = perf_counter()
        if stage == "scenes":
            computed, note = self._look(progress)
        else:
            stored = self._store.stored(self._id(stage))
            computed, note = not stored.is_whole, stored.why_not
            if computed:
                self._compute(stage, note, progress)
        return Step(stage=stage, run_id=self._id(stage), computed=computed, seconds=perf_counter() - started, note=note)

    def _look(self, progress: Progress | None) -> tuple[bool, str]:
        """Find and keep scenes; whether anything was new. A source that is gone leaves what was kept of it, and so do
        archives: they are asked by ``fetch`` alone, so that a run reaches no network."""
        began = perf_counter()
        sources, gone = store.open_sources(self.file.sources, self._store.folder)
        remote = [name for name, source in sources.items() if isinstance(source, RemoteSource)]
        near = {name: source for name, source in sources.items() if name not in remote}
        asked = fingerprint(str(store.sources_plain(self.file.sources)))
        is_anew = self._store.is_asked_anew(asked, self.site) and not gone
        offer, why_not = self._offer(near, progress)
        if offer:
            held = scenes.keep_scenes(offer, near, partial(self._store.keep, self.site.grid), progress)
            found = self._store.with_earlier(held, self.file.span, remote, remote if is_anew else None)
        else:
            kept = None if is_anew and not remote else self._store.scenes(self.site)
            if kept is not None and remote:
                kept = self._store.with_earlier(replace(kept, scenes=()), self.file.span, remote)
            if kept is None or not kept.scenes:
                raise InputError(self._without_images(why_not, gone, bool(remote)))
            found = kept
        self._ids["scenes"] = _scenes_id(found)
        stored = self._store.stored(self._ids["scenes"])
        if is_anew or not stored.is_whole:
            self.hold(found, asked, perf_counter() - began)
        self._records["scenes"] = self._store.scenes(self.site)
        note = f"{', '.join(gone)} is gone: what was kept of it is used" if gone else (
            f"what was kept is used: {why_not}" if why_not else stored.why_not)
        return is_anew or not stored.is_whole, note

    def _without_images(self, why_not: str, gone: Sequence[str], has_archive: bool) -> str:
        where = why_not or (f"there is no {gone[0]}, so there are no images" if gone else "nothing was fetched yet"
                            if has_archive else "no source is named, so there are no images")
        return f"{where}. " + (f"Fetch images with `sitewatch fetch {self.folder}`" if has_archive else
                               f"Correct scenes.sources in {self.file.path}")

    def _offer(self, sources: Mapping[str, Any], progress: Progress | None) -> tuple[Scenes | None, str]:
        """The scenes that the sources have now; None where they have none, with the reason."""
        if not sources:
            return None, ""
        try:
            return self._store.known(STAGES["scenes"].function(self.site, self.file.span, sources, progress)), ""
        except InputError as error:
            return None, str(error).rstrip(".")

    def _compute(self, stage: str, note: str, progress: Progress | None) -> None:
        inputs = [self._pull(name, progress) for name in STAGES[stage].inputs]
        with self._store.writing(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", DeprecationWarning)  # for programmers, not about this site
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            run, started = self._begun(stage), perf_counter()
            record = self._call(stage, inputs, version("sitewatch"), progress)
            told = tuple(sorted({str(warning.message) for warning in caught} | ({f"again: {note}"} if note else set())))
            self._store.save(replace(run, seconds=round(perf_counter() - started, 3), warnings=told), record)
        self._records[stage] = self._store.as_stored(stage, record, self.site)

    def _call(self, stage: str, inputs: Sequence[Any], made_with: str, progress: Progress | None) -> Any:
        """The stage's function on its inputs, with what else it asks for."""
        row = STAGES[stage]
        asked = signature(row.function).parameters
        also: dict[str, Any] = {"options": self.options[stage]} if row.options else {}
        if "decisions" in asked:
            also["decisions"] = self._decided
        if "progress" in asked:
            also["progress"] = progress
        if "claims" in asked:
            also["claims"] = self._claims
        if "provenance" in asked:
            also["provenance"] = self.provenance(made_with)
        return row.function(*inputs, **also)

    def provenance(self, made_with: str, command: str = "sitewatch verify .") -> dict[str, str]:
        """What a stranger needs to derive the report again; nothing of one machine, no time of day."""
        runs = self.run_ids("claims")
        return {"sitewatch": made_with, "case": fingerprint(list(runs.values())),
                **{f"run:{stage}": run_id for stage, run_id in runs.items()}, "command": command}

    def _load(self, stage: str, progress: Progress | None) -> Any:
        kept = self._pull("scenes") if stage == "stack" else None
        record = self._store.load(stage, self._id(stage), self.site, kept)
        if record is None and stage == "stack":  # its pixels are derived, and were cleaned away
            record = self._store.as_stored(stage, self._call(stage, [kept], "", progress), self.site)
            self._store.cache(self._id(stage), record)
        return record

    def _again(self, stage: str, progress: Progress | None) -> list[Verified]:
        """A stage computed once more from what the earlier ones gave, against what is stored."""
        if stage == "scenes":
            return []
        what = f"{stage} computed again"
        inputs = [self._records.get(name) for name in STAGES[stage].inputs]
        if any(record is None for record in inputs):
            return [Verified(what=what, holds=False, detail="cannot be done: an earlier stage failed")]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                record = self._call(stage, inputs, self._store.version_of(self._id(stage)), progress)
            self._records[stage] = self._store.as_stored(stage, record, self.site)
            return [store.compare(self._store, stage, record, self.site)]
        except SitewatchError as error:
            return [Verified(what=what, holds=False, detail=str(error))]

    def _id(self, stage: str) -> str:
        """The identity of a stage's result: whatever could change it is in it."""
        if stage not in self._ids and stage == "scenes":
            self._look(None)
        if stage not in self._ids:
            row = STAGES[stage]
            self._ids[stage] = fingerprint({**self._decisions_plain(row),
                "stage": stage, "version": row.version, "inputs": {name: self._id(name) for name in row.inputs},
                "options": self._plain_options(stage), "seed": self.file.seed, "site": store.place_plain(self.site),
                "words": store.words_plain(self.site) if stage in _WORDED else None,
                **({"claims": self._said()} if stage == "claims" and self._claims else {})})
        return self._ids[stage]

    def _said(self) -> str:
        """What stands for the claims in a run's identity."""
        return fingerprint(store.claims_plain(self._claims, self.site)) if self._claims else ""

    def _decisions_plain(self, row: Stage) -> dict[str, Any]:
        """The decisions that count, where the stage applies them and there are any."""
        if "decisions" not in signature(row.function).parameters:
            return {}
        self._decided = newest(self.decisions())
        return {"decisions": store.decisions_plain(self._decided, self.site.grid)} if self._decided else {}

    def _begun(self, stage: str) -> Run:
        return store.new_run(self._id(stage), stage, inputs={name: self._id(name) for name in STAGES[stage].inputs},
                             options=self._plain_options(stage), seed=self.file.seed)

    def _plain_options(self, stage: str) -> dict[str, Any]:
        return asdict(self.options[stage]) if stage in self.options else {}


def _up_to(stage: str) -> tuple[str, ...]:
    return tuple(STAGES)[:tuple(STAGES).index(stage) + 1]


def _scenes_id(found: Scenes) -> str:
    return fingerprint({"stage": "scenes", "version": STAGES["scenes"].version, **store.scenes_plain(found),
                        "site": store.place_plain(found.site)})
