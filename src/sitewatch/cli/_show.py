"""``sitewatch show``: one stage's result, for people or machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli import _json, _tables
from sitewatch.cli._claims import checks_json, checks_text
from sitewatch.cli._output import say, shown, write_json
from sitewatch.errors import NotEnoughLooksError

if TYPE_CHECKING:
    from sitewatch.case import Case
    from sitewatch.model import Progress, Scenes, Stack

__all__ = ["show_stage"]


def show_stage(case: Case, stage: str, *, as_json: bool, progress: Progress) -> None:
    """Pull the stage, with progress, and print its result to standard output."""
    machine, people = _SHOWS[stage]
    case.run(_NEEDS.get(stage, stage), progress)
    if as_json:
        write_json(machine(case))
    else:
        click.echo(people(case))


def _looks(case: Case) -> tuple[Scenes, Stack | None]:
    """The scenes and, unless too few are clear, how each sits in the stack.

    A case with too few clear looks has no stack, but its scenes are the very thing to look at then.
    """
    scenes = case.scenes()
    try:
        return scenes, case.stack()
    except NotEnoughLooksError as error:
        say(f"note: {shown(error)}")
        return scenes, None


def _report_json(case: Case) -> dict[str, str]:
    made = case.report()
    return {"title": made.title, "path": str(made.path)}


def _claims_json(case: Case) -> dict[str, Any]:
    findings = case.findings()
    return {**_json.findings_json(findings, case.standing()), **checks_json(findings.checks)}


def _claims_text(case: Case) -> str:
    """What may be said and who has reviewed it, then what others say."""
    findings = case.findings()
    parts = (_tables.findings_text(findings, case.standing()), checks_text(findings.checks))
    return "\n\n".join(part for part in parts if part)


# What the table of a stage shows beyond the stage itself: structures with their measured areas.
_NEEDS = {"structures": "measurements"}

_SHOWS: dict[str, tuple[Callable[[Case], Any], Callable[[Case], str]]] = {
    "scenes": (lambda case: _json.scenes_json(*_looks(case)), lambda case: _tables.scenes_table(*_looks(case))),
    "stack": (lambda case: _json.stack_json(case.stack()), lambda case: _tables.stack_table(case.stack())),
    "changes": (lambda case: _json.changes_json(case.changes()),
                lambda case: _tables.changes_table(case.changes())),
    "structures": (lambda case: _json.structures_json(case.structures(), case.measurements()),
                   lambda case: _tables.structures_table(case.structures(), case.measurements())),
    "measurements": (lambda case: _json.measurements_json(case.measurements()),
                     lambda case: _tables.measurements_table(case.measurements())),
    "claims": (_claims_json, _claims_text),
    "report": (_report_json, lambda case: _tables.report_text(case.report())),
}
