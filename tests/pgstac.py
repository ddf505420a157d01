"""A STAC server as archives run it: stac-fastapi with pgstac on PostgreSQL and PostGIS, on loopback, for one run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import pytest

__all__ = ["stac_server"]

_PATIENCE_S = 60.0


@contextmanager
def stac_server() -> Iterator[str]:
    """The address of a server without any items, to which items can be posted; skips where PostgreSQL is missing."""
    programs, as_user = _postgres_programs(), _unprivileged()
    with TemporaryDirectory(prefix="pgstac-") as name:
        folder = Path(name)
        if as_user:
            shutil.chown(folder, as_user["user"], as_user["group"])
        port = _free_port()
        control = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        _run([programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync"], **as_user)
        settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=32MB"
        _run([*control, "-o", settings, "-l", folder / "log", "start"], **as_user)
        try:
            with _api(port) as url:
                yield url
        finally:
            _run([*control, "-m", "immediate", "stop"], **as_user)


@contextmanager
def _api(database_port: int) -> Iterator[str]:
    known = {"PGHOST": "127.0.0.1", "PGPORT": str(database_port), "PGUSER": "postgres", "PGPASSWORD": "none",
             "PGDATABASE": "postgres", "ENABLE_TRANSACTIONS_EXTENSIONS": "TRUE", "DB_MIN_CONN_SIZE": "1"}
    environment = {**os.environ, **known}
    _run([Path(sys.executable).parent / "pypgstac", "migrate"], env=environment)
    port = _free_port()
    server = subprocess.Popen([sys.executable, "-m", "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app",
                               "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _postgres_programs() -> Path:
    """The folder with initdb and pg_ctl; Debian keeps them out of the path."""
    pytest.importorskip("stac_fastapi.pgstac", reason="the extra `archive` is not installed")
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    whole = [folder for folder in folders if (folder / "pg_ctl").exists()]
    if not whole or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostgreSQL with PostGIS is not installed (apt-get install postgresql postgresql-postgis)")
    return whole[0]


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL does not run as root: then as its own user, which its package has made."""
    return {"user": "postgres", "group": "postgres", "cwd": "/"} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _run(command: list[Any], **given: Any) -> None:
    """A command that has to succeed. Its output goes to a file: the server that pg_ctl starts would hold a pipe."""
    with TemporaryFile("w+") as told:
        code = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=told, stderr=told, check=False,
                              **given).returncode
        told.seek(0)
        assert code == 0, f"{command[0]}: {told.read()}"


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the STAC server did not come up")
