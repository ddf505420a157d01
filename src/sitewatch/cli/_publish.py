"""The commands for the world outside: publish a case, verify a case or what others have published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitewatch.cli._options import CASE, JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown
from sitewatch.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from sitewatch.case import Case, Verified

__all__ = ["publish", "show_draft", "verify"]


@click.command()
@CASE
@click.option("--no-pixels", is_flag=True, help="Publish outlines and numbers only, whatever the licences allow.")
@click.option("--sign", "key", metavar="KEY", type=PATH, help="SSH key of yours that signs the evidence.")
@click.option("--timestamp", metavar="URL",
              help="Time stamping authority (RFC 3161) that is asked for a stamp; gets a hash, nothing else.")
@click.option("--pdf", is_flag=True, help="Print the page as report.pdf too; needs the extra sitewatch[pdf].")
@JSON
def publish(case: Path, no_pixels: bool, key: Path | None, timestamp: str | None, pdf: bool,
            as_json: bool) -> None:
    """Write the report that may be published, with its proof beside it.

    The folder `published` of the case gets the page, shown as far as the licence of each image allows, and
    evidence.zip with everything that the page follows from. What is missing is said, and how to supply it.
    """
    from sitewatch.case import Case
    from sitewatch.publication import publish as publish_case

    with progress_shown() as progress:
        made = publish_case(Case.open(case), no_pixels=no_pixels, key=key, timestamp=timestamp, pdf=pdf,
                            progress=progress)
    if as_json:
        write_json({"title": made.title, "path": str(made.path), "evidence": str(made.evidence),
                    "scenes": {permit.scene: permit.allows for permit in made.permits.values()}})
    else:
        click.echo(f"{shown(made.title)}\npublished: {shown(made.path)}")
    if made.boxes:
        say(f"report.pdf shows {len(made.boxes)} letters as empty boxes, because no font of this machine has them: "
            f"{shown(made.boxes[:40])}. Install fonts (Debian: fonts-noto-core fonts-noto-cjk) and publish again")


@click.command()
@click.argument("what", metavar="CASE|REPORT|EVIDENCE.ZIP", type=PATH)
@click.option("--pixels", metavar="FOLDER", type=PATH,
              help="Your own copies of the images and documents that a published report withholds.")
@click.option("--signer", metavar="FILE", type=PATH,
              help="Public SSH key of the publisher: the evidence must be signed with it.")
@click.option("--authority", metavar="FILE", type=PATH,
              help="Certificates (PEM) of a time stamping authority that you trust: its stamp must be there.")
@JSON
def verify(what: Path, pixels: Path | None, signer: Path | None, authority: Path | None, as_json: bool) -> None:
    """Check every hash and log, and recompute every stage.

    Of a case, or of a report that was published, with nothing else at hand; nothing in it is changed. Exit code 5 when
    something does not hold. What needs images that a licence withholds is not checked, and said so.
    """
    with progress_shown() as progress:
        if what.is_file() or (what / "evidence.zip").is_file():
            from sitewatch.publication import verify_published

            checks: Sequence[Verified] = verify_published(what, pixels=pixels, signer=signer,
                                                           authority=authority, progress=progress)
        else:
            from sitewatch.case import Case

            if pixels is not None or signer is not None or authority is not None:
                raise UsageError("--pixels, --signer and --authority are for a published report: a case has its own "
                                 "images, no signature and no stamp. Leave them out")
            checks = Case.open(what).verify(progress)
    _tell(checks, as_json)


def show_draft(case: Case, as_json: bool) -> None:
    """The open rows of the checklist; all of them for machines."""
    from sitewatch.cli._tables import rows_table
    from sitewatch.publication import draft

    with progress_shown() as progress:
        rows = draft(case, progress=progress)
    if as_json:
        write_json([{"row": row.number, "rule": row.rule, "element": row.element, "open": row.is_open,
                     "missing": row.missing, "remedy": row.remedy} for row in rows])
    else:
        click.echo(rows_table(rows))


def _tell(checks: Sequence[Verified], as_json: bool) -> None:
    from sitewatch.cli._tables import checks_table

    failed = sum(check.holds is False for check in checks)
    unchecked = sum(check.holds is None for check in checks)
    if as_json:
        write_json({"holds": not failed, "checks": [{"what": check.what, "holds": check.holds, "detail": check.detail}
                                                    for check in checks]})
    else:
        click.echo(checks_table(checks))
    if unchecked:
        say(f"{len(checks) - failed - unchecked} checks hold, {unchecked} could not be made here: their lines say what "
            "they need (--pixels FOLDER: your own copies; --signer FILE: the publisher's key; --authority FILE: "
            "certificates of who tells the time)")
    if failed:
        raise VerificationError(f"{failed} of {len(checks)} checks do not hold. Restore the files named above from "
                                "a copy, or run `sitewatch run` again if you changed them on purpose")
