"""``sitewatch picture``: what the review page shows of one look, or of one thing through time, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sitewatch.cli._options import CASE, PATH
from sitewatch.cli._output import say, shown
from sitewatch.errors import InputError, UsageError

if TYPE_CHECKING:
    from sitewatch.web import Mode

__all__ = ["picture"]


@click.command()
@CASE
@click.argument("file", type=PATH)
@click.option("--scene", metavar="ID", help="The look that is drawn whole, as PNG.")
@click.option("--of", "subject", metavar="ID", help="Instead: one structure or change in every look, as JPEG.")
@click.option("--mode", type=click.Choice(["true", "false", "change", "received"]), default="true", show_default=True,
              help="True colour, near infrared, strength of the change, or the file as received.")
def picture(case: Path, file: Path, scene: str | None, subject: str | None, mode: str) -> None:
    """Write a picture of one look, stretched as all looks of the case are.

    A pixel of the picture is one of the site's grid; what was not clearly seen is hatched. FILE must not exist yet.
    The licences of the images hold for it.
    """
    from sitewatch.web import Desk

    if (scene is None) == (subject is None):
        raise UsageError("say which look (--scene ID), or which structure or change (--of ID), is to be drawn")
    desk = Desk(case, "")
    drawn = desk.picture(cast("Mode", mode), scene) if scene else desk.strip(cast("Mode", mode), subject or "")
    if drawn is None:
        raise InputError(f"there is no picture of {shown(scene or subject or '')} in mode {mode}. `sitewatch show CASE "
                         "stack` lists the looks, `sitewatch show CASE structures --json` the structures")
    try:
        with file.open("xb") as out:
            out.write(drawn)
    except OSError as error:
        raise InputError(f"{shown(file)} cannot be written ({error.strerror}). Name a new file") from error
    say(f"drawn: {shown(file)}")
