"""kill -9 of whoever exports or imports, and of the database, at random moments: nothing acknowledged is lost.

The environment variable SITEWATCH_KILL_ROUNDS asks for more rounds than 8.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

from tests.team import contents

from sitewatch.errors import ProviderError, SitewatchError
from sitewatch.store.team import Team, export_case, import_case

_ROUNDS = int(os.environ.get("SITEWATCH_KILL_ROUNDS", "8"))
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["sitewatch.store.team"])


def _move(how: str, url: str, folder: Path, told) -> None:
    """Tells that it begins, then how many seconds it took, or what went wrong."""
    told.send("begun")
    began = time.monotonic()
    try:
        with Team(url) as team:
            export_case(team, folder, "hill", "ana") if how == "export" else import_case(team, folder, "hill")
        told.send(time.monotonic() - began)
    except SitewatchError as error:
        told.send(error)


def _until(how: str, url: str, folder: Path, seconds: float | None, kill=None):
    """What a process that moves a case told before it, or what ``kill`` kills, was killed after so many seconds."""
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_move, args=(how, url, folder, theirs))
    process.start()
    theirs.close()
    assert ours.recv() == "begun"
    ours.poll(seconds)
    (kill or process.kill)()
    process.join()
    try:
        return ours.recv() if ours.poll() else None
    except EOFError:
        return None


def _work(folder: Path, number: int) -> dict[str, bytes]:
    """What a day's work changes: a text, a log, new pixels, one file less."""
    for name in ("notes.md", "log/ana.jsonl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).open("a").write(f"{number}\n")
    (folder / f"looks/{number}.yaml").parent.mkdir(exist_ok=True)
    (folder / f"looks/{number}.yaml").write_text(str(number))
    (folder / f"looks/{number - 2}.yaml").unlink(missing_ok=True)
    for part in range(3):
        (folder / f"pixels/s0/{number}-{part}.tif").write_bytes(random.Random(number).randbytes(100_000 + part))
    return contents(folder)


def test_whoever_is_killed_at_any_moment_nothing_acknowledged_is_lost(servers, url, ana, ben, tmp_path):
    chance, cem, killed = random.Random(7), tmp_path / "cem" / "hill", 0
    _work(ana, -1)
    took = {how: _until(how, url, folder, None) for how, folder in (("export", ana), ("import", ben))}
    for number in range(_ROUNDS):
        kill = servers.database.kill if number % 5 == 4 else None
        before, after = contents(ana), _work(ana, number)
        told = _until("export", url, ana, chance.uniform(0, took["export"]), kill)
        assert told is None or isinstance(told, float) or (kill and isinstance(told, ProviderError)), told
        with Team(url) as team:
            import_case(team, cem, "hill")
            assert contents(cem) == after or (contents(cem) == before and not isinstance(told, float))
            export_case(team, ana, "hill", "ana")
        told_too = _until("import", url, ben, chance.uniform(0, took["import"]))
        with Team(url) as team:
            import_case(team, ben, "hill")
            assert export_case(team, ben, "hill", "ben").written == ()
        assert contents(ben) == after
        killed += (told is None) + (told_too is None)
    assert killed >= _ROUNDS / 2, f"only {killed} were killed on the way"

