"""Computing a case again from its kept pixels alone, beside what is stored of it."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING

from sitewatch import store
from sitewatch.case._stages import STAGES, scenes_id
from sitewatch.errors import InputError, SitewatchError
from sitewatch.model import Progress
from sitewatch.store import Verified

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["computed_again"]


def computed_again(case: Case, progress: Progress | None, until: str,
                   withheld: Collection[str]) -> tuple[Case, tuple[Verified, ...]]:
    """A case with the records of the kept pixels alone up to ``until``, and what ``verify`` says of each.

    Where kept files are ``withheld``, paths within the case, only the hashes are checked.
    """
    held, again = case._store, type(case)(case.folder, case.file)
    checks = [*store.check_logs(held), *store.check_decisions(held.folder), *store.check_reviews(held.folder)]
    try:
        kept, problem = held.scenes(case.site), "is missing, although a log tells of runs"
    except InputError as error:
        kept, problem = None, str(error)
    if kept is None and checks:
        return again, (*checks, Verified(what="scenes/catalog.json", holds=False, detail=problem))
    if kept is None:
        raise InputError(f"{case.folder} holds no images yet, so there is nothing to verify. Run the case first")
    checks += store.check_pixels(held, kept, withheld)
    again._ids, again._records = {"scenes": scenes_id(kept)}, {"scenes": kept}
    for stage, run_id in again.run_ids(until).items():
        if not held.was_run(stage, run_id):
            break
        checks += store.check_run(held, run_id, stage)
        checks += store.not_computed(stage) if withheld else _again(again, stage, progress)
        checks += _stale(case) if stage == "claims" else []
    return again, tuple(checks)


def _stale(case: Case) -> list[Verified]:
    """The sentences that people reviewed and whose records have changed since; that is no fault, but is said."""
    try:
        return [Verified(what=f"reviewed/{one.review}.yaml, “{one.frozen.text[:60]}”", holds=True, detail=one.told)
                for one in case.standing() if one.is_stale]
    except SitewatchError as error:
        return [Verified(what="reviewed", holds=False, detail=str(error))]


def _again(case: Case, stage: str, progress: Progress | None) -> list[Verified]:
    """A stage computed once more from what the earlier ones gave, against what is stored."""
    if stage == "scenes":
        return []
    what = f"{stage} computed again"
    inputs = [case._records.get(name) for name in STAGES[stage].inputs]
    if any(record is None for record in inputs):
        return [Verified(what=what, holds=False, detail="cannot be done: an earlier stage failed")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record = case._call(stage, inputs, case._store.version_of(case._id(stage)), progress)
        case._records[stage] = case._store.as_stored(stage, record, case.site)
        return [store.compare(case._store, stage, record, case.site)]
    except SitewatchError as error:
        return [Verified(what=what, holds=False, detail=str(error))]
