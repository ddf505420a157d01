"""What people decide on a case, and what of it shows before the next run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sitewatch import store
from sitewatch.claims import check_claims
from sitewatch.errors import InputError
from sitewatch.measurements import measure_by_hand
from sitewatch.model import Checks, Decision, counted_in, shown_to

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["checked_now", "keep"]


def keep(case: Case, decision: Decision, version: str | None, *, is_blind: bool) -> Decision:
    """Keep a decision; InputError where it can have no effect."""
    structures = case.structures_shown(decision.actor, is_blind=is_blind)
    changes, grid = case.stored("changes"), case.site.grid
    if decision.what == "measure" and decision.drawn and decision.scene:
        measure_by_hand([decision.drawn], decision.scene, case.stack(), is_closed=decision.dimension == "area")
    if decision.claim is not None and decision.claim not in {claim.id for claim in case._claims or ()}:
        raise InputError(f"there is no claim {decision.claim[:80]!r} in {store.CLAIMS_FILE}. Write it down there first")

    def complete(known: Sequence[Decision]) -> Decision:
        shown = shown_to(known, decision.actor, is_blind=is_blind)
        return store.completed(decision, store.subjects_of(structures, changes, shown), known, grid, version)
    return store.keep_decision(case._store.folder, grid, complete)


def checked_now(case: Case) -> Checks:
    """What becomes of the claims with the links that people made so far, from what the last run left."""
    if case._claims is None:
        return Checks()
    return check_claims(replace(case._claims, links=counted_in("claims", case.decisions())), case.stored("changes"),
                        case.stored("structures"), case.stored("measurements"), case.stack())
