"""``sitewatch review``: the page on which a person looks and decides."""

from __future__ import annotations

from pathlib import Path

import click

from sitewatch.cli._options import ACTOR, CASE
from sitewatch.cli._output import say

__all__ = ["review"]


@click.command()
@CASE
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; any free one if not given.")
@click.option("--blind", is_flag=True, help="Hide what others decided on a thing until you have decided on it.")
@click.option("--no-open", is_flag=True, help="Only print the address; it is good for one browser, once.")
@ACTOR
def review(case: Path, port: int, actor: str, blind: bool, no_open: bool) -> None:
    """Look at the case, decide and measure, in a browser on this machine.

    The page is served to this machine alone and needs no network. What you decide is in the case's looks/ before the
    page says so. The case must have been run. Ctrl-C ends it.
    """
    from sitewatch.cli._progress import progress_shown
    from sitewatch.web import Desk, serve

    desk = Desk(case, actor, is_blind=blind)
    with progress_shown() as progress:
        desk.case.run("changes", progress)
    desk.prepare()
    serve(desk, port, lambda address: say(f"review: {address}\nCtrl-C ends it"), open_it=not no_open)
