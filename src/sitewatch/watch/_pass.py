"""One pass over all cases of a folder: one by one, several processes at a time, or on a cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import get_args

from sitewatch.errors import InputError
from sitewatch.fetching import Limits
from sitewatch.model import Progress
from sitewatch.store import CASE_FILE
from sitewatch.watch._cluster import on_cluster
from sitewatch.watch._outcome import Outcome, State, look_at
from sitewatch.watch._shared import look_at_shared, shared_cases

__all__ = ["Pass", "outcomes_of", "watch_once"]

_URGENCY = {state: i for i, state in enumerate(get_args(State))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass found, ``begun`` in UTC; the cases that need a person come first."""

    begun: datetime
    outcomes: tuple[Outcome, ...]

    def of(self, state: State) -> tuple[Outcome, ...]:
        """The cases in one state."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == state)


def watch_once(folder: Path, jobs: int | str = 1, progress: Progress | None = None,
               limits: Limits | None = None, team: str | None = None, glances: bool = False) -> Pass:
    """Run every case in a folder of cases once; what one of them does never stops the others.

    ``jobs`` cases are run at a time, or, where it is the address of a dask scheduler, as many as that has workers for;
    with ``limits`` each fetches new images first, within them. With ``team`` they are the cases of the team store at
    that address, each of which is brought here and back. With ``glances`` new images are looked at at a glance first
    (``look_at``). Raises InputError where there is no case, and what
    ``on_cluster`` raises.
    """
    cases = shared_cases(folder, team) if team else sorted(path.parent for path in folder.glob(f"*/{CASE_FILE}"))
    if not cases:
        raise InputError(f"{folder} holds no cases: no folder in it has a {CASE_FILE}. Make one with "
                         f"`sitewatch new {folder}/NAME`")
    begun, found = datetime.now(UTC), []
    work = partial(partial(look_at_shared, url=team) if team else look_at, limits=limits, glances=glances)
    for done, outcome in enumerate(outcomes_of(cases, jobs, begun, work, progress), start=1):
        found.append(outcome)
        if progress:
            progress(f"{outcome.folder.name}: {outcome.state}", done, len(cases))
    return Pass(begun=begun, outcomes=tuple(sorted(
        found, key=lambda one: (_URGENCY[one.state], one.title.casefold(), one.folder))))


def outcomes_of(cases: Sequence[Path], jobs: int | str, at: datetime, work: Callable[..., Outcome],
                progress: Progress | None = None) -> Iterator[Outcome]:
    """What ``work`` says of each case, as it comes.

    A process that dies takes its pool with it; what that pool had not finished is then looked at one by one, so that
    only the case that kills its process fails.
    """
    if jobs == 1:
        yield from (work(case, at, partial(_named, progress, case.name) if progress else None) for case in cases)
    elif isinstance(jobs, str):
        yield from (outcome or _killed(case) for case, outcome in on_cluster(cases, jobs, at, work))
    else:
        unfinished = []
        for case, outcome in _pooled(cases, jobs, at, work):
            if outcome is None:
                unfinished.append(case)
            else:
                yield outcome
        for alone in unfinished:
            yield from (outcome or _killed(case) for case, outcome in _pooled([alone], 1, at, work))


def _killed(case: Path) -> Outcome:
    return Outcome(folder=case, title=case.name, state="failed", error=1,
                   why="its process was killed, perhaps for want of memory")


def _named(progress: Progress, case: str, step: str, done: int, total: int) -> None:
    progress(f"{case}: {step}", done, total)


def _pooled(cases: Sequence[Path], jobs: int, at: datetime,
            work: Callable[..., Outcome]) -> Iterator[tuple[Path, Outcome | None]]:
    """Each case with what was found; None where its process died."""
    # Threads of the numeric libraries do not survive a fork.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked: dict[Future[Outcome], Path] = {pool.submit(work, case, at): case for case in cases}
        for future in as_completed(asked):
            try:
                yield asked[future], future.result()
            except BrokenProcessPool:
                yield asked[future], None
