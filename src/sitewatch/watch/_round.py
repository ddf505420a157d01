"""A pass with all that belongs to it: the cases, the alerts, the desk's page; one at a time over a folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sitewatch.errors import BusyError
from sitewatch.fetching import Limits
from sitewatch.model import Progress
from sitewatch.store import locked
from sitewatch.watch._alerts import read_alerts
from sitewatch.watch._desk import DESK, items_of, write_desk
from sitewatch.watch._pass import Pass, watch_once

__all__ = ["Round", "watch_cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a pass found, which alerts could not be sent, and where the desk's page is."""

    found: Pass
    undelivered: tuple[str, ...]
    page: Path


def watch_cases(folder: Path, jobs: int | str = 1, progress: Progress | None = None,
                limits: Limits | None = None, team: str | None = None, glances: bool = False) -> Round:
    """Run every case in a folder of cases, tell who asked to be told, and write the desk's page.

    ``jobs`` is how many cases are run at a time, or the address of a dask scheduler that runs them. With ``limits``
    each case first fetches new images from the archives that it names; without, no network is reached but by alerts
    and to that scheduler. With ``team``, the address of a team store, the cases are those of the store: each is brought
    into the folder, and what came of it is brought back. With ``glances`` new images are looked at at a glance first: a
    third of the work, and what changes slowly is told some images later.

    Raises InputError where there is no case, CaseFileError for a wrong desk.yaml before anything is run, and BusyError
    while another process watches the same folder.
    """
    alerts = read_alerts(folder)
    (folder / DESK).mkdir(exist_ok=True, parents=team is not None)
    try:
        with locked(folder / DESK):
            found = watch_once(folder, jobs, progress, limits, team, glances)
            undelivered = alerts.deliver(folder, items_of(found.outcomes), datetime.now(UTC))
            return Round(found=found, undelivered=undelivered, page=write_desk(folder, found, undelivered))
    except BusyError as error:
        raise BusyError(f"another process watches {folder}. Wait until its pass has ended, or stop it") from error
