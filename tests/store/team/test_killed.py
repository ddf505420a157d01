"""kill -9 of whoever exports or imports, and of the database, at random moments: nothing acknowledged is lost."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest
from tests.team import contents

from sitewatch.errors import ProviderError, SitewatchError
from sitewatch.store.team import Team, export_case, import_case

_ROUNDS = int(os.environ.get("SITEWATCH_KILL_ROUNDS", "20"))
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["sitewatch.store.team"])


def _move(how: str, url: str, folder: Path, told) -> None:
    try:
        with Team(url) as team:
            export_case(team, folder, "hill", "ana") if how == "export" else import_case(team, folder, "hill")
        told.send("done")
    except SitewatchError as error:
        told.send(error)


def _until(how: str, url: str, folder: Path, seconds: float | None, kill=None):
    """What a process that moves a case told before it was killed, or ``kill`` was called, after so many seconds."""
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_move, args=(how, url, folder, theirs))
    process.start()
    theirs.close()
    process.join(seconds)
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


@pytest.fixture
def seconds(url, ana, ben, tmp_path) -> float:
    """How long it takes to export a day's work, on this machine as it is now."""
    _work(ana, -1)
    began = time.monotonic()
    assert _until("export", url, ana, None) == "done"
    return time.monotonic() - began


def test_whoever_is_killed_at_any_moment_nothing_acknowledged_is_lost(servers, url, ana, ben, seconds, tmp_path):
    chance, ends = random.Random(7), []
    for number in range(_ROUNDS):
        kill = servers.database.kill if number % 5 == 4 else None
        before, after = contents(ana), _work(ana, number)
        told = _until("export", url, ana, chance.uniform(0, 1.1 * seconds), kill)
        assert told in (None, "done") or (kill and isinstance(told, ProviderError)), told
        with Team(url) as team:
            import_case(team, tmp_path / "cem" / "hill", "hill")
            held = contents(tmp_path / "cem" / "hill")
            assert held == after or (told != "done" and held == before)
            export_case(team, ana, "hill", "ana")
        told_too = _until("import", url, ben, chance.uniform(0, 1.1 * seconds))
        with Team(url) as team:
            import_case(team, ben, "hill")
            assert export_case(team, ben, "hill", "ben").written == ()
        assert contents(ben) == after
        ends += [told, told_too]
    if _ROUNDS >= 20:
        assert {None, "done"} <= set(ends)   # some were killed on the way, some had ended
