"""The command that keeps watching many cases."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sitewatch.cli._options import JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown
from sitewatch.errors import UsageError

if TYPE_CHECKING:
    from sitewatch.model import Progress
    from sitewatch.watch import Outcome, Round

__all__ = ["watch"]

_NEWS = 10
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds of a time such as 90s, 30m, 6h or 1d."""
        found = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        if not found or int(found[1]) == 0:
            self.fail(f"{value!r} is no time. Write 30m, 6h or 1d", param, ctx)
        return float(int(found[1]) * _SECONDS[found[2]])


@click.command()
@click.argument("cases", type=PATH)
@click.option("--every", type=_Duration(), metavar="TIME", help="Pass again and again: 30m, 6h, 1d. Once without it.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Cases run at a time.")
@click.option("--scheduler", metavar="ADDRESS", help="Run them on a dask cluster instead: the address of its "
              "scheduler, such as tcp://10.0.0.1:8786.")
@click.option("--store", "team", metavar="URL", help="Watch the cases of the team store at this address: each is "
              "imported into CASES, run and exported. Every machine runs its own.")
@click.option("--fetch-mb", type=click.FloatRange(min=0, min_open=True), metavar="MB",
              help="Fetch new images from the archives that a case names, no more than so many megabytes a case and "
                   "pass. Without it nothing is fetched.")
@click.option("--glance", is_flag=True, help="Look at new images at a glance first: a third of the work, and what "
              "changes slowly is told up to six images later (docs/watch.md).")
@JSON
def watch(cases: Path, every: float | None, as_json: bool, **given: Any) -> int:
    """Look at every case in the folder CASES and tell what is new since the last pass, each thing once.

    Writes CASES/desk: a page with what needs a person first, and feeds. CASES/desk.yaml may name a webhook or email
    addresses. What stands at a site when its watch begins is not news. A case's report is drawn anew when there is
    news of it; `sitewatch report` draws it at any time.

    Exit code 10 when there is news, else the code of the first case that failed, else 0.
    """
    if given["team"] and given["scheduler"]:
        raise UsageError("--store and --scheduler cannot go together. With a team store, start `sitewatch watch "
                         "--store` on every machine: they share the cases among themselves")
    while True:
        began = time.monotonic()
        with progress_shown() as progress:
            done = _watched(cases, progress, **given)
        _tell(done, as_json)
        if every is None:
            return _code(done)
        say(f"next pass in {max(0.0, every - (time.monotonic() - began)) / 60:.0f} minutes; stop with Ctrl-C")
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def _watched(cases: Path, progress: Progress, *, fetch_mb: float | None, **given: Any) -> Round:
    from sitewatch.scenes import Limits
    from sitewatch.watch import watch_cases

    limits = Limits(max_mb=fetch_mb) if fetch_mb else None
    return watch_cases(cases, given["scheduler"] or given["jobs"], progress, limits, given["team"], given["glance"])


def _code(done: Round) -> int:
    failed = [outcome.error for outcome in done.found.outcomes if outcome.error]
    return _NEWS if done.found.of("news") else failed[0] if failed else 0


def _tell(done: Round, as_json: bool) -> None:
    from sitewatch.watch import sentence

    for problem in done.undelivered:
        say(f"not sent: {shown(problem)}")
    if as_json:
        write_json({"begun": f"{done.found.begun:%Y-%m-%dT%H:%M:%SZ}", "page": str(done.page),
                    "undelivered": list(done.undelivered),
                    "cases": [_plain(outcome) for outcome in done.found.outcomes]})
        return
    width = max(len(outcome.folder.name) for outcome in done.found.outcomes)
    for outcome in done.found.outcomes:
        looks = f"{outcome.new_looks} new image{'s' * (outcome.new_looks > 1)}, {outcome.clear_looks} clear"
        looks = looks if outcome.new_looks else ""
        what = "; ".join(part for part in (looks, outcome.why) if part)
        click.echo(f"{shown(outcome.folder.name):{width}}  {outcome.state:11}  {shown(what)}".rstrip())
        for news in outcome.news:
            click.echo(f"{'':{width}}  {news.kind}: {shown(sentence(news))}")
    click.echo(f"\ndesk: {shown(done.page)}")


def _plain(outcome: Outcome) -> dict[str, Any]:
    from sitewatch.watch import sentence

    return {"case": outcome.folder.name, "title": outcome.title, "state": outcome.state, "why": outcome.why or None,
            "new_looks": outcome.new_looks, "clear_looks": outcome.clear_looks,
            "last_clear": outcome.last_clear and f"{outcome.last_clear:%Y-%m-%dT%H:%M:%SZ}",
            "news": [{"id": news.id, "kind": news.kind, "subject": news.subject,
                      "class": getattr(news, "class_", None), "text": sentence(news)} for news in outcome.news]}
