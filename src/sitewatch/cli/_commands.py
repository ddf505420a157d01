"""The commands on a case: run, show, report; the demo; the list of sources."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import CASE, JSON, PATH, STAGE_NAMES
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown
from sitewatch.errors import InputError

if TYPE_CHECKING:
    from sitewatch.case import Case, Step

__all__ = ["demo", "report", "run", "show", "sources"]

_CHANGES_FOUND = 10

_STAGE = click.Choice(STAGE_NAMES)


@click.command()
@CASE
@click.option("--until", type=_STAGE, default="report", show_default=True, help="Last stage to compute.")
@JSON
def run(case: Path, until: str, as_json: bool) -> int:
    """Compute what is missing or out of date; say what changed.

    Exit code 10 when structures that appeared, vanished or were altered were found, 0 when none were.
    """
    from sitewatch.case import Case

    return _run(Case.open(case), until, as_json)


@click.command()
@CASE
@click.argument("stage", type=_STAGE)
@JSON
def show(case: Path, stage: str, as_json: bool) -> None:
    """Print the result of one stage, computed first if missing."""
    from sitewatch.case import Case
    from sitewatch.cli._show import show_stage

    with progress_shown() as progress:
        show_stage(Case.open(case), stage, as_json=as_json, progress=progress)


@click.command()
@CASE
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@click.option("--draft", is_flag=True, help="Show what is missing before it may be published.")
@JSON
def report(case: Path, open_it: bool, draft: bool, as_json: bool) -> None:
    """Write the page that a reader can check, and say where it is."""
    from sitewatch.case import Case

    opened = Case.open(case)
    if draft:
        from sitewatch.cli._publish import show_draft

        show_draft(opened, as_json)
        return
    with progress_shown() as progress:
        opened.run("report", progress)
    made = opened.report()
    if as_json:
        write_json({"title": made.title, "path": str(made.path)})
    else:
        click.echo(f"{shown(made.title)}\nreport: {shown(made.path)}")
    if open_it:
        made.open()


@click.command()
@click.argument("folder", metavar="[DIR]", type=PATH, default=Path("demo"))
@click.option("--world", default="february-11", show_default=True, metavar="NAME",
              help="One of the worlds that `sitewatch worlds list` names.")
@JSON
def demo(folder: Path, world: str, as_json: bool) -> int:
    """Make and run a case of a simulated place.

    The case goes into DIR (default: demo). What is really there is known, so that the results can be
    checked. No images and no network are needed. Exit code 10, because the place does change.
    """
    from sitewatch.case import Case

    known = (folder / "case.yaml").exists()  # a second `make demo` shows the first one's case again
    case = Case.open(folder) if known else Case.demo(folder, world)
    if case.site.slug != world:
        raise InputError(f"{folder} holds another case. Give the demo a folder of its own: sitewatch demo DIR")
    return _run(case, "report", as_json)


@click.command()
@JSON
def sources(as_json: bool) -> None:
    """List where images can come from: kinds of sources, archives with their credentials, and known sensors."""
    from importlib.metadata import entry_points

    from sitewatch.cli._tables import sources_table
    from sitewatch.model import SENSORS
    from sitewatch.sources.archives import known_archives

    known = sorted((point.name, (point.load().__doc__ or "").strip().splitlines()[0])
                   for point in entry_points(group="sitewatch.sources"))
    if as_json:
        write_json({"sources": [{"name": name, "summary": summary} for name, summary in known],
                    "archives": [{"name": archive.name, "title": archive.title, "sensors": list(archive.sensors),
                                  "credential_from": archive.credential} for archive in known_archives()],
                    "sensors": [{"id": sensor.id, "title": sensor.title, "gsd_m": sensor.gsd_m,
                                 "bands": list(sensor.bands)} for sensor in SENSORS.values()]})
    else:
        click.echo(sources_table(known, known_archives(), SENSORS.values()))


def _run(case: Case, until: str, as_json: bool) -> int:
    """Run up to a stage, tell the outcome; the exit code."""
    with progress_shown() as progress:
        steps = case.run(until, progress)
    changed = _changed(case, until)
    if as_json:
        write_json(_summary(case, until, steps, changed))
    else:
        _tell(case, until, steps)
    return _CHANGES_FOUND if changed else 0


def _changed(case: Case, until: str) -> list[str]:
    """Ids of the structures that appeared, vanished or were altered; empty where the run stops before them."""
    if STAGE_NAMES.index(until) < STAGE_NAMES.index("structures"):
        return []
    return [structure.id for structure in case.structures().changed]


def _summary(case: Case, until: str, steps: tuple[Step, ...], changed: list[str]) -> dict[str, Any]:
    made = case.report() if until == "report" else None
    return {"case": str(case.folder), "changed": changed, "title": made and made.title,
            "report": made and str(made.path),
            "steps": [{"stage": step.stage, "run": step.run_id, "computed": step.computed,
                       "seconds": round(step.seconds, 3)} for step in steps]}


def _tell(case: Case, until: str, steps: tuple[Step, ...]) -> None:
    """What was computed, to standard error; what changed and where to read on, to standard output."""
    from sitewatch.cli._tables import structures_table

    for step in steps:
        if step.computed:
            say(f"computed {step.stage} in {step.seconds:.1f} s")
        if step.note:
            say(f"note: {shown(step.note)}")
    if not any(step.computed for step in steps):
        say("nothing to compute: every stage is up to date")
    if until == "report":
        made = case.report()
        click.echo(f"{shown(made.title)}\n")
        click.echo(structures_table(case.structures().changed, case.measurements()))
        click.echo(f"\nreport: {shown(made.path)}")
    else:
        click.echo(f"next: sitewatch show {quote(str(case.folder))} {until}")
