"""A team store for the tests: PostgreSQL with PostGIS and a bucket on loopback, and folders that share it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from tests.postgres import Postgres, postgres
from tests.s3 import BUCKET, s3_server

from sitewatch.store.team import set_up

__all__ = ["Servers", "contents", "edit", "rows_of", "servers", "url"]

_TEMPLATE, _TEAM = "with_postgis", "team"   # that extension takes half a second to make
_NUMBERS = count(1)


@dataclass(frozen=True)
class Servers:
    database: Postgres
    environment: dict[str, str]

    def address(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.database.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statement)

    def empty_database(self) -> str:
        """The address of a database with PostGIS and nothing else."""
        name = f"empty_{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.address(name)

    def new_store(self) -> str:
        """The address of the team store, without cases and with another bucket than before."""
        self.execute(f"""
            ALTER TABLE sitewatch.file_version DISABLE TRIGGER only_added;
            TRUNCATE sitewatch.site CASCADE;
            ALTER TABLE sitewatch.file_version ENABLE TRIGGER only_added;
            UPDATE sitewatch.store SET id = gen_random_uuid(), pixels = 's3://{BUCKET}/{next(_NUMBERS)}'""", _TEAM)
        return self.address(_TEAM)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Both servers, with the bucket's credentials in the environment."""
    with postgres() as database, s3_server() as environment, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "PG"))]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        running = Servers(database, environment)
        running.execute(f"CREATE DATABASE {_TEMPLATE}")
        running.execute("CREATE EXTENSION postgis", _TEMPLATE)
        running.execute(f"CREATE DATABASE {_TEAM} TEMPLATE {_TEMPLATE}")
        set_up(running.address(_TEAM), f"s3://{BUCKET}")
        yield running


@pytest.fixture
def url(servers: Servers) -> str:
    """The address of a team store without cases."""
    return servers.new_store()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a case but what is derived."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and ".cache" not in path.parts}


def edit(folder: Path, name: str, text: str) -> None:
    """Add a text to a file of a folder, which may be new."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)


def rows_of(url: str, statement: str) -> list[tuple]:
    """What the database answers."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement)
        return done.fetchall() if done.description else []
