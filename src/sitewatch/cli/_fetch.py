"""``sitewatch fetch``: new images of the site from archives, planned before anything is spent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import CASE, JSON
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown
from sitewatch.errors import ProviderError

if TYPE_CHECKING:
    from sitewatch.scenes import Plan

__all__ = ["fetch"]


class _Day(click.ParamType[datetime]):
    """A day, or a moment, in UTC where it names no zone."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, or a usage error that shows the form."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date. Write 2023-01-01", param, ctx)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


@click.command()
@CASE
@click.option("--source", "sources", multiple=True, metavar="NAME",
              help="Archive to search, of those that case.yaml names; may be given more than once. Default: all.")
@click.option("--since", type=_Day(), metavar="DATE", help="First day to search.")
@click.option("--until", type=_Day(), metavar="DATE", help="Day after the last one to search.")
@click.option("--max-scenes", type=click.IntRange(min=1), metavar="N",
              help="Have no more scenes of the case's archives than this; the best spread over the time are taken.")
@click.option("--max-mb", type=click.FloatRange(min=0, min_open=True), metavar="MB",
              help="Receive no more than so many megabytes, searching included.")
@click.option("--max-cost", type=click.FloatRange(min=0), metavar="AMOUNT",
              help="Pay no more than this in all, in the unit in which the archive counts: see --dry-run.")
@click.option("--unknown-cost", "take_unknown_cost", is_flag=True,
              help="With --max-cost, take scenes too of which nobody can say what they cost.")
@click.option("--order", metavar="CODE", help="Agree to pay for exactly what --dry-run has listed with this code. "
                                              "Without it nothing is ordered.")
@click.option("--max-cloud", type=click.FloatRange(0, 100), default=80.0, show_default=True, metavar="PERCENT",
              help="Leave out scenes of which the provider's mask hides more of the site.")
@click.option("--dry-run", is_flag=True, help="Only say what would be fetched; masks are looked at, nothing is kept.")
@JSON
def fetch(case: Path, dry_run: bool, as_json: bool, **given: Any) -> None:
    """Search archives for images of the site and fetch what shows it.

    Only the site's part of each image is fetched. What was fetched stays, and is not fetched again: an interrupted
    fetch goes on where it was. Nothing that costs quota or money is ordered without --order, and nothing twice.
    `sitewatch run` then works on it without a network. Exit code 3 when something did not arrive.
    """
    from sitewatch import fetching
    from sitewatch.case import Case
    from sitewatch.cli._tables import plan_table
    from sitewatch.model import Span

    limits = fetching.Limits(max_scenes=given["max_scenes"], max_mb=given["max_mb"], max_cost=given["max_cost"],
                             take_unknown_cost=given["take_unknown_cost"], agreed=given["order"],
                             max_cloud_percent=given["max_cloud"])
    with progress_shown() as progress:
        plan = fetching.fetch(Case.open(case), given["sources"], Span(start=given["since"], end=given["until"]), limits,
                              dry_run=dry_run, progress=progress)
    if as_json:
        write_json(_summary(case, plan, dry_run))
    else:
        click.echo(plan_table(plan, dry_run))
    if plan.lost:
        raise ProviderError(f"{len(plan.lost)} of the scenes to fetch did not arrive, each with its reason in the list "
                            "above. What arrived is kept; fetch again for the rest")
    say(f"next: {shown(_next(case, plan, given) if dry_run else f'sitewatch run {quote(str(case))}')}")


def _next(case: Path, plan: Plan, given: dict[str, Any]) -> str:
    """The command that fetches what a dry run has shown: asked in the same way, and paid for where that is needed."""
    agreed = {**given, "order": plan.code} if plan.to_pay else given
    words = ["sitewatch", "fetch", str(case)]
    for option in fetch.params:
        for value in _values(agreed.get(str(option.name)), option.default):
            words += [option.opts[0], *([] if value is True else [value])]
    return " ".join(map(quote, words))


def _values(value: Any, default: Any) -> list[Any]:
    """What of an option has to be said: nothing where it is as usual."""
    if value is None or value == default or value is False:
        return []
    if isinstance(value, datetime):
        return [f"{value:%Y-%m-%d}" if value == value.replace(hour=0, minute=0, second=0, microsecond=0)
                else value.isoformat()]
    return list(value) if isinstance(value, tuple) else [True if value is True else f"{value:g}" if isinstance(
        value, float) else str(value)]


def _summary(case: Path, plan: Plan, dry_run: bool) -> dict[str, Any]:
    from sitewatch.cli._json import plan_json

    return {"case": str(case), "dry_run": dry_run, **plan_json(plan)}
