"""The one table of stages: what computes each, from what, with which options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sitewatch import changes, claims, measurements, report, scenes, stack, store, structures
from sitewatch.model import Scenes, fingerprint

__all__ = ["STAGES", "WORDED", "Stage", "scenes_id", "up_to"]


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
WORDED = ("claims", "report")  # only these depend on the site's names and its question


def up_to(stage: str) -> tuple[str, ...]:
    """The stages in their order, as far as one of them."""
    return tuple(STAGES)[:tuple(STAGES).index(stage) + 1]


def scenes_id(found: Scenes) -> str:
    """The identity of a set of kept scenes."""
    return fingerprint({"stage": "scenes", "version": STAGES["scenes"].version, **store.scenes_plain(found),
                        "site": store.place_plain(found.site)})
