"""A case: one place, its images and everything computed from them, pulled through one table of stages."""

from __future__ import annotations

import warnings
import webbrowser
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from sitewatch import store
from sitewatch.case._again import computed_again
from sitewatch.case._decide import checked_now, keep
from sitewatch.case._images import look_for_images
from sitewatch.case._people import People
from sitewatch.case._stages import STAGES, WORDED, scenes_id, up_to
from sitewatch.errors import InputError
from sitewatch.model import (
    Changes,
    Checks,
    Decision,
    Findings,
    Measurements,
    Progress,
    Run,
    Scenes,
    Stack,
    Structures,
    counted_in,
    fingerprint,
)
from sitewatch.sources.folder import survey
from sitewatch.store import FolderStore, NewCase, Verified

__all__ = ["Case", "ReportFolder", "Step"]

_SAME = ("inputs", "options", "seed", "stage_version", "versions")   # of two runs that only people's decisions part


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
        """Show it in a browser."""
        webbrowser.open((self.path / "index.html").resolve().as_uri())


class Case(People):
    """A folder with one site, its images and its results; results are loaded where they are stored."""

    def __init__(self, folder: Path, file: store.CaseFile) -> None:
        self.folder = folder
        self.file, self.site = file, file.site
        self._store = FolderStore(folder.resolve())
        self.options = {stage: file.options_of(stage, row.options)
                         for stage, row in STAGES.items() if row.options}
        self._claims = store.read_claims(folder, file.site)
        self._ids: dict[str, str] = {}
        self._records: dict[str, Any] = {}
        self._decided: dict[str, tuple[Decision, ...]] = {}
        self._alone: dict[str, tuple[Structures, Structures]] = {}

    @classmethod
    def open(cls, folder: Path | str) -> Case:
        """The case of a folder; CaseFileError names file, line and key of what is wrong in its case.yaml."""
        return cls(Path(folder), store.read_case(Path(folder), tuple(STAGES)))

    @classmethod
    def new(cls, folder: Path | str, plan: NewCase) -> Case:
        """Make a case of a folder of images, or of a place whose images are to be fetched.

        InputError where there is a case already, or neither images nor an area are named.
        """
        from sitewatch.sources.archives import ARCHIVE, place  # noqa: PLC0415  most commands make no case

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
        from sitewatch.sources.simulated import built_in_world, site_of  # noqa: PLC0415  most cases are real

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

    def checks_now(self) -> Checks:
        """The same from what the last run left, with every link that people made since; nothing is kept."""
        return checked_now(self)

    def report(self) -> ReportFolder:
        """The page that a reader can check, written if it is not there."""
        self._step("report", None)
        return ReportFolder(path=self.folder / "report", title=self.findings().title)

    def is_current(self, stage: str) -> bool:
        """Whether what is stored of a stage is what a run would give now, with everything that people decided."""
        again = Case(self.folder, self.file)
        again._ids["scenes"] = self._id("scenes")
        return self._store.stored(again._id(stage)).is_whole

    def decide(self, decision: Decision, version: str | None = None, *, is_blind: bool = False) -> Decision:
        """Keep what a person decided; it counts from the next run on. VerificationError where ``version`` is stale.

        ``is_blind``: they decided on the things as ``structures_shown`` shows them to a blind reader.
        """
        return keep(self, decision, version, is_blind=is_blind)

    def run(self, until: str = "report", progress: Progress | None = None) -> tuple[Step, ...]:
        """Look for new images, then compute every stage up to ``until`` that is not stored already."""
        if until not in STAGES:
            raise InputError(f"no stage is called {until!r}. Choose one of {', '.join(STAGES)}")
        self._ids, self._records = {}, {}
        return tuple(self._step(stage, progress) for stage in up_to(until))

    def go_on(self, until: str = "report", progress: Progress | None = None) -> tuple[Step, ...]:
        """The same with the images that were looked for last: no source is asked."""
        return tuple(self._step(stage, progress) for stage in up_to(until)[1:])

    def run_ids(self, until: str = "report") -> dict[str, str]:
        """The identity of each stage's result, up to ``until``."""
        return {stage: self._id(stage) for stage in up_to(until)}

    def hold(self, found: Scenes, asked: str, seconds: float) -> None:
        """Make these the scenes of the case; ``asked`` is the fingerprint of the sources that they are from."""
        self._ids, self._records = {"scenes": scenes_id(found)}, {}
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
        return computed_again(self, progress, until, withheld)

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
        """Find and keep scenes; whether anything was new, and what has to be said of it."""
        began = perf_counter()
        images = look_for_images(self.file, self._store, progress)
        self._ids["scenes"] = scenes_id(images.found)
        stored = self._store.stored(self._ids["scenes"])
        is_new = images.is_anew or not stored.is_whole
        if is_new:
            self.hold(images.found, images.asked, perf_counter() - began)
        self._records["scenes"] = self._store.scenes(self.site)
        return is_new, images.note or stored.why_not

    def _compute(self, stage: str, note: str, progress: Progress | None) -> None:
        inputs = [self._pull(name, progress) for name in STAGES[stage].inputs]
        with self._store.writing(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", DeprecationWarning)  # for programmers, not about this site
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            run, started = self._begun(stage), perf_counter()
            call = self._traced if stage == "structures" else partial(self._call, stage)
            record = call(inputs, version("sitewatch"), progress)
            told = tuple(sorted({str(warning.message) for warning in caught} | ({f"again: {note}"} if note else set())))
            self._store.save(replace(run, seconds=round(perf_counter() - started, 3), warnings=told), record)
        self._records[stage] = self._store.as_stored(stage, record, self.site)

    def traced_alone(self, actor: str) -> Structures:
        """What a run would trace from the changes of the last one with the decisions of one person alone; traced once
        after each run, and not kept."""
        found: Structures = self.stored("structures")
        before, alone = self._alone.get(actor, (None, found))
        if before is not found:
            own = counted_in("structures", [decision for decision in self.decisions() if decision.actor == actor])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")   # the run has told of them
                made = self._call("structures", [self.stored("changes"), self.stack()], "", None, ("detect",), own)
            alone = cast(Structures, self._store.as_stored("structures", made, self.site))
            self._alone[actor] = found, alone
        return alone

    def _call(self, stage: str, inputs: Sequence[Any], made_with: str, progress: Progress | None,
              without: Collection[str] = (), decisions: Sequence[Decision] | None = None) -> Any:
        """The stage's function on its inputs, with what it asks for but what it is to do ``without``."""
        function = STAGES[stage].function
        offers: dict[str, Callable[[], Any]] = {
            "claims": lambda: self._claims,
            "decisions": lambda: self._decided.get(stage, ()) if decisions is None else decisions,
            "detect": lambda: partial(STAGES["changes"].function, options=self.options["changes"]),
            "options": lambda: self.options[stage],
            "progress": lambda: progress,
            "provenance": lambda: self.provenance(made_with),
            "standing": self.standing,
        }
        asked = set(signature(function).parameters) - set(without)
        return function(*inputs, **{name: give() for name, give in offers.items() if name in asked})

    def _traced(self, inputs: Sequence[Any], made_with: str, progress: Progress | None) -> Structures:
        """The structures; drawn roofs are not searched for again where only people's decisions changed since."""
        last, now = self._store.last_whole("structures"), self._begun("structures")
        if last is None or not all(getattr(last, part) == getattr(now, part) for part in _SAME):
            return cast(Structures, self._call("structures", inputs, made_with, progress))
        tried = self._store.latest("structures", self.site).trials
        found = cast(Structures, self._call("structures", inputs, made_with, progress, without=("detect",)))
        return replace(found, trials=tried)

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

    def _id(self, stage: str) -> str:
        """The identity of a stage's result: whatever could change it is in it."""
        if stage not in self._ids and stage == "scenes":
            self._look(None)
        if stage not in self._ids:
            row = STAGES[stage]
            self._ids[stage] = fingerprint({**self._people_plain(stage),
                "stage": stage, "version": row.version, "inputs": {name: self._id(name) for name in row.inputs},
                "options": self._plain_options(stage), "seed": self.file.seed, "site": store.place_plain(self.site),
                "words": store.words_plain(self.site) if stage in WORDED else None,
                **({"claims": self._said()} if stage == "claims" and self._claims else {})})
        return self._ids[stage]

    def _said(self) -> str:
        """What stands for the claims in a run's identity, with what people linked them with."""
        if self._claims is None:
            return ""
        self._claims = replace(self._claims, links=counted_in("claims", self.decisions()))
        return fingerprint(store.claims_plain(self._claims, self.site))

    def _people_plain(self, stage: str) -> dict[str, Any]:
        """What people decided or reviewed, where the stage applies it and there is any."""
        asked, grid, told = signature(STAGES[stage].function).parameters, self.site.grid, {}
        if "decisions" in asked:
            self._decided[stage] = counted_in(stage, self.decisions())
            told["decisions"] = store.decisions_plain(self._decided[stage], grid)
        if "standing" in asked:
            told["reviews"] = store.reviews_plain(self.reviews(), grid)
        return {name: plain for name, plain in told.items() if plain}

    def _begun(self, stage: str) -> Run:
        return store.new_run(self._id(stage), stage, inputs={name: self._id(name) for name in STAGES[stage].inputs},
                             options=self._plain_options(stage), seed=self.file.seed,
                             stage_version=STAGES[stage].version)

    def _plain_options(self, stage: str) -> dict[str, Any]:
        return asdict(self.options[stage]) if stage in self.options else {}
