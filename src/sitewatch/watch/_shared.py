"""One case of a team store in one pass: brought here, looked at as ever, and brought back."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sitewatch.errors import BusyError, InputError, SitewatchError
from sitewatch.fetching import Limits
from sitewatch.model import Progress
from sitewatch.watch._outcome import Outcome, look_at

__all__ = ["look_at_shared", "shared_cases"]

# What a pass writes itself. A worker that died before its export yields to the one that did its work meanwhile.
_OF_A_PASS = ("scenes", "pixels", "news.jsonl")


def shared_cases(folder: Path, url: str) -> list[Path]:
    """Where the cases of a team store lie, or are going to lie, in a folder of cases; InputError where it has none."""
    from sitewatch.store.team import Team  # noqa: PLC0415  an optional extra

    _actor()
    with Team(url) as team:
        cases = [folder / case.name for case in team.cases()]
    if not cases:
        raise InputError(f"{team.where} holds no cases. Bring one there: sitewatch store export CASE URL")
    return cases


def look_at_shared(folder: Path, at: datetime, progress: Progress | None = None, limits: Limits | None = None, *,
                   url: str, glances: bool = False) -> Outcome:
    """Import the case that is called as the folder, run it, and export what came of it, while no other worker has it.

    What could not be exported is not news yet: it waits in the folder for the next pass.
    """
    from sitewatch.store.team import Team, export_case, import_case  # noqa: PLC0415

    outcome = Outcome(folder=folder, title=folder.name, state="nothing new")
    try:
        with Team(url) as team, team.held(folder.name):
            import_case(team, folder, folder.name, _OF_A_PASS, progress)
            outcome = look_at(folder, at, progress, limits, glances=glances)
            if outcome.state != "busy":
                export_case(team, folder, folder.name, _actor(), progress)
        return outcome
    except SitewatchError as error:
        is_busy = isinstance(error, BusyError)
        return replace(outcome, state="busy" if is_busy else "failed", why=str(error),
                       error=0 if is_busy else error.exit_code, news=(),
                       told=tuple(news for news in outcome.told if news.at < at))


def _actor() -> str:
    """Who works here; each worker has a log of its own."""
    actor = os.environ.get("SITEWATCH_ACTOR")
    if not actor:
        raise InputError("a worker of a team store needs a name of its own. Set the environment variable "
                         "SITEWATCH_ACTOR to it")
    return actor
