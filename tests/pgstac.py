"""A STAC server as archives run it: stac-fastapi with pgstac on PostgreSQL and PostGIS, on loopback, for one run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.postgres import free_port, postgres, run_command

__all__ = ["stac_server"]

_PATIENCE_S = 60.0


@contextmanager
def stac_server() -> Iterator[str]:
    """The address of a server without any items, to which items can be posted; skips where PostgreSQL is missing."""
    pytest.importorskip("stac_fastapi.pgstac", reason="the extra `archive` is not installed")
    with postgres() as database, _api(database.port) as url:
        yield url


@contextmanager
def _api(database_port: int) -> Iterator[str]:
    known = {"PGHOST": "127.0.0.1", "PGPORT": str(database_port), "PGUSER": "postgres", "PGPASSWORD": "none",
             "PGDATABASE": "postgres", "ENABLE_TRANSACTIONS_EXTENSIONS": "TRUE", "DB_MIN_CONN_SIZE": "1"}
    environment = {**os.environ, **known}
    run_command([Path(sys.executable).parent / "pypgstac", "migrate"], env=environment)
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "uvicorn", "--factory", "stac_fastapi.pgstac.app:create_app",
                               "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the STAC server did not come up")
