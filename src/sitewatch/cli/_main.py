"""The entry point: runs a command and turns every end of it into one exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from sitewatch.cli._by_hand import by_hand
from sitewatch.cli._commands import demo, report, run, show, sources
from sitewatch.cli._fetch import fetch
from sitewatch.cli._freeze import freeze
from sitewatch.cli._look import look
from sitewatch.cli._measure import measure
from sitewatch.cli._new import new
from sitewatch.cli._output import say, shown
from sitewatch.cli._picture import picture
from sitewatch.cli._propose import claims
from sitewatch.cli._publish import publish, verify
from sitewatch.cli._review import review
from sitewatch.cli._store import store
from sitewatch.cli._watch import watch
from sitewatch.cli._worlds import worlds
from sitewatch.errors import SitewatchError

__all__ = ["cli", "main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class _InOrderOfUse(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrderOfUse, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sitewatch", message="%(prog)s %(version)s")
def cli() -> None:
    """Watch a place from satellite images: what was built or removed, when, how big, how sure.

    \b
    Try it without any images of your own:   sitewatch demo
    With a folder of dated images:           sitewatch new my-case --images FOLDER
                                             sitewatch run my-case
    With none, from an archive:              sitewatch new my-case --at LAT,LON --size METRES
                                             sitewatch fetch my-case --since 2023-01-01
                                             sitewatch run my-case
    Many cases, again and again:             sitewatch watch CASES --every 6h

    Results go to standard output (JSON with --json), messages and progress to standard error. Exit codes: 0 nothing
    new, 10 changes found, 2 usage, 3 a provider did not deliver, 4 bad input, 5 verification failed.
    """


for _command in (new, fetch, run, show, measure, review, look, by_hand, picture, report, publish, verify, watch, store,
                 claims, demo, worlds, sources):
    cli.add_command(_command)


claims.add_command(freeze)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; errors are one line unless SITEWATCH_DEBUG is set."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: 2>&- in a shell
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  until the end
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show m² must not end the run
    sys.exit(_exit_code(arguments))


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        return int(cli.main(arguments, prog_name="sitewatch", standalone_mode=False) or 0)
    except (KeyboardInterrupt, click.Abort):
        say("\ninterrupted: what was finished is kept so far; run again to go on")
        return _INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        if os.environ.get("SITEWATCH_DEBUG"):
            raise
        return _failed(f"{error.format_message()}{_where_to_look(error)}", error.exit_code)
    except Exception as error:  # the last line of defence: a reader gets a sentence, a maintainer sets the variable
        if os.environ.get("SITEWATCH_DEBUG"):
            raise
        if isinstance(error, SitewatchError):
            return _failed(str(error), error.exit_code)
        return _failed(f"{type(error).__name__}: {error}. {_remedy(error)}", 1)


def _failed(message: str, code: int) -> int:
    say(f"error: {shown(message)}")
    return code


def _where_to_look(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" See: {context.command_path} --help" if context else ""


def _remedy(error: Exception) -> str:
    if isinstance(error, OSError):
        return "The file system refused; check the path, the permissions and the free space"
    return "This is a fault in sitewatch; set SITEWATCH_DEBUG=1 to see where, and please report it"
