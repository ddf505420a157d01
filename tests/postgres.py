"""PostgreSQL with PostGIS on loopback, for one run of the tests: it can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import pytest

__all__ = ["Postgres", "free_port", "postgres", "run_command"]

_PATIENCE_S = 30.0


class Postgres:
    """A running server with the superuser ``postgres``; whoever is on this machine is trusted."""

    def __init__(self, programs: Path, folder: Path, as_user: dict[str, Any]) -> None:
        self.port, self._folder, self._as_user = free_port(), folder, as_user
        self._control = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        run_command([programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
                     "--no-locale", "--no-sync"], **as_user)

    def start(self) -> None:
        settings = (f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off -c "
                    "shared_buffers=32MB")
        run_command([*self._control, "-o", settings, "-l", self._folder / "log", "start"], **self._as_user)

    def stop(self) -> None:
        run_command([*self._control, "-m", "immediate", "stop"], **self._as_user)

    def kill(self) -> None:
        """SIGKILL; its children end by themselves, and it can be started once they have."""
        os.kill(int((self._folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self.start()
                return
            except AssertionError:   # the shared memory is still in use
                assert time.monotonic() < until
                time.sleep(0.1)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with an empty database ``postgres``; skips where PostgreSQL or PostGIS is missing."""
    programs, as_user = _programs(), _unprivileged()
    with TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        if as_user:
            shutil.chown(folder, as_user["user"], as_user["group"])
        server = Postgres(programs, folder, as_user)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def run_command(command: list[Any], **given: Any) -> None:
    """A command that has to succeed. Its output goes to a file: the server that pg_ctl starts would hold a pipe."""
    with TemporaryFile("w+") as told:
        code = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=told, stderr=told, check=False,
                              **given).returncode
        told.seek(0)
        assert code == 0, f"{command[0]}: {told.read()}"


def _programs() -> Path:
    """The folder with initdb and pg_ctl; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    whole = [folder for folder in folders if (folder / "pg_ctl").exists()]
    if not whole or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostgreSQL with PostGIS is not installed (apt-get install postgresql postgresql-postgis)")
    return whole[0]


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL does not run as root: then as its own user, which its package has made."""
    return {"user": "postgres", "group": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}
