"""What stands at a site as a run would find it, without what only a report has to tell."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from sitewatch.case._stages import STAGES
from sitewatch.model import Checks, Measurements, Progress, Structures

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["Found", "found_now"]

_READ = ("structures", "measurements", "claims")
_FOR_READERS = ("detect",)  # of which the structures learn what could have been seen, and nothing of themselves


class Found(NamedTuple):
    """The structures, their sizes, and what becomes of the claims, each as its stage would store it."""

    structures: Structures
    measurements: Measurements
    checks: Checks


def found_now(case: Case, progress: Progress | None = None) -> Found:
    """What a run finds; nothing is written beyond the changes, and what is stored already is only read.

    The structures come without the trials that say what could have been seen.
    """
    if case._store.stored(case._id("claims")).is_whole:
        return Found(case.structures(), case.measurements(), case.checks())
    records: dict[str, Any] = {name: case._pull(name, progress) for name in ("stack", "changes")}
    for stage in _READ:
        inputs = [records[name] for name in STAGES[stage].inputs]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the run that tells of it warns
            record = case._call(stage, inputs, "", progress, without=_FOR_READERS)
        records[stage] = case._store.as_stored(stage, record, case.site)
    return Found(records["structures"], records["measurements"], records["claims"].checks)
