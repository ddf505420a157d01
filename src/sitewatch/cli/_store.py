"""``sitewatch store``: the cases of a team, in a database and a bucket that all of them reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitewatch.cli._options import CASE, JSON, LATLON
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown

if TYPE_CHECKING:
    from sitewatch.store.team import Moved

__all__ = ["store"]

_URL = click.argument("url", metavar="URL")
_NAME = click.option("--name", metavar="NAME", help="What the case is called in the store. Default: as its folder.")


@click.group()
def store() -> None:
    """Share cases with a team: records in PostgreSQL, pixels in a bucket.

    URL is the database, postgresql://USER@HOST:5432/DATABASE, without a password: that is read from PGPASSWORD or
    ~/.pgpass, and what the bucket asks for from the variables AWS_*.
    """


@store.command()
@_URL
@click.option("--pixels", metavar="s3://BUCKET", help="Where pixels go; a new store needs it.")
def setup(url: str, pixels: str | None) -> None:
    """Make the tables of a team store, or bring them up to date with this version of sitewatch."""
    from sitewatch.store.team import set_up

    set_up(url, pixels)
    say("the team store is ready")


@store.command()
@CASE
@_URL
@_NAME
@click.option("--as", "actor", envvar="SITEWATCH_ACTOR", required=True, metavar="NAME",
              help="Who exports; kept with every file. Else the environment variable SITEWATCH_ACTOR.")
@JSON
def export(case: Path, url: str, name: str | None, actor: str, as_json: bool) -> None:
    """Bring what changed in CASE into the store, all of it or nothing.

    What somebody else changed meanwhile is never overwritten: where both changed the same file, nothing is written, and
    the error names who changed it.
    """
    from sitewatch.store.team import Team, export_case

    name = name or case.resolve().name
    with Team(url) as team, progress_shown() as progress:
        done = export_case(team, case, name, actor, progress)
    _tell(done, as_json, f"exported {shown(name)}", "newer in the store; to have them: sitewatch store import")


@store.command("import")
@_URL
@CASE
@_NAME
@click.option("--theirs", multiple=True, metavar="PATH",
              help="File or folder of the case: where both sides changed it, take the store's. May be given more than "
                   "once.")
@JSON
def import_(url: str, case: Path, name: str | None, theirs: tuple[str, ...], as_json: bool) -> None:
    """Bring what changed in the store into CASE, which is made if it is not there.

    What was changed here stays. Where both sides changed the same file, nothing is written, and the error names who
    changed it.
    """
    from sitewatch.store.team import Team, import_case

    name = name or case.resolve().name
    with Team(url) as team, progress_shown() as progress:
        done = import_case(team, case, name, theirs, progress)
    _tell(done, as_json, f"imported {shown(name)}", "newer here; to share them: sitewatch store export")


@store.command("list")
@_URL
@click.option("--at", type=LATLON, metavar="LAT,LON", help="Only cases whose area covers this place, in degrees.")
@JSON
def list_(url: str, at: tuple[float, float] | None, as_json: bool) -> None:
    """List the cases of a store, and who changed each last."""
    from sitewatch.store.team import Team

    with Team(url) as team:
        found = team.cases(at)
    if as_json:
        write_json([{"name": one.name, "title": one.title, "files": one.files, "bytes": one.bytes,
                     "changed_by": one.actor, "changed_at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}"} for one in found])
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        click.echo(f"{one.name:{width}}  {one.at:%Y-%m-%d %H:%M}  {shown(one.actor)}  {shown(one.title)}")


@store.command()
@_URL
@click.argument("name")
@click.argument("path", required=False)
@JSON
def history(url: str, name: str, path: str | None, as_json: bool) -> None:
    """Tell who wrote what of the case NAME, or of its file PATH, and when; oldest first."""
    from sitewatch.store.team import Team

    with Team(url) as team:
        found = team.history(name, path)
    if as_json:
        write_json([{"path": one.path, "version": one.version, "sha256": one.sha256, "bytes": one.bytes,
                     "actor": one.actor, "login": one.login, "at": f"{one.at:%Y-%m-%dT%H:%M:%S.%fZ}"} for one in found])
        return
    for one in found:
        what = "removed" if one.sha256 is None else f"version {one.version}"
        click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}  {shown(one.actor)} ({shown(one.login)})  {shown(one.path)}  {what}")


def _tell(done: Moved, as_json: bool, what: str, left: str) -> None:
    if as_json:
        write_json({"written": list(done.written), "removed": list(done.removed), "left": list(done.left)})
        return
    removed = f", {len(done.removed)} removed" if done.removed else ""
    click.echo(f"{what}: {_files(len(done.written))} written{removed}")
    if done.left:
        say(f"{_files(len(done.left))} {left}")


def _files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"
