"""The door to a team store: its address, its errors in words, and the lock of a worker on a case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sitewatch.errors import BusyError, InputError, ProviderError
from sitewatch.store._files import checked_id
from sitewatch.store.team import _rows
from sitewatch.store.team._objects import Objects
from sitewatch.store.team._rows import TeamCase, Version
from sitewatch.store.team._schema import check_schema, migrate

__all__ = ["Team", "set_up"]

_PATIENCE_S = 15


class Team:
    """An open team store. Passwords and keys come from the environment (PGPASSWORD or libpq's password file, AWS_*).

    Raises InputError for an address that is none or holds a password, for a database without a team store and for a
    schema that this program does not know; ProviderError where the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self.where, self._connection = _connected(url)
        try:
            with self.asked():
                check_schema(self._connection, self.where)
                row = self._connection.execute("SELECT id::text, pixels FROM sitewatch.store").fetchone()
            if row is None:
                raise InputError(f"{self.where} does not say where its pixels are. Finish its setup: sitewatch store "
                                 "setup URL --pixels s3://BUCKET")
            self.id: str = row[0]
            self.objects = Objects(row[1])
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Team:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._connection.close()

    def cases(self, at: tuple[float, float] | None = None) -> tuple[TeamCase, ...]:
        """Every case by name, or those whose area covers this latitude and longitude."""
        with self.asked() as connection:
            found = _rows.cases(connection, at)
        for case in found:
            checked_id(case.name, "the case")   # it is going to name a folder
        return found

    def history(self, name: str, path: str | None = None) -> tuple[Version, ...]:
        """Who wrote what of a case, or of one of its files, when, oldest first; InputError where there is nothing."""
        with self.asked() as connection:
            found = _rows.history(connection, name, path)
        if not found:
            raise InputError(f"{self.where} holds nothing of {name}{f': {path}' if path else ''}. `sitewatch store "
                             "list URL` names its cases")
        return found

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Keep other workers from a case; BusyError where one has it. The lock dies with its connection."""
        key = f"{self.id} {name}"
        with self.asked() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key]).fetchone()
        if not (row and row[0]):
            raise BusyError(f"another worker has the case {name}. The next pass looks again")
        try:
            yield
        finally:
            with self.asked() as connection:
                connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])

    @contextmanager
    def asked(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection; what the database refuses is told in words."""
        with _told(self.where):
            yield self._connection


def set_up(url: str, pixels: str | None = None) -> None:
    """Make or update the tables of a team store; ``pixels`` is its bucket, which a new one needs.

    Raises what ``Team`` raises, and InputError where another bucket than before is named.
    """
    where, connection = _connected(url)
    with connection, _told(where):
        if pixels is not None:
            Objects(pixels).check()
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise InputError(f"{where} has the encoding {encoding}, which cannot hold every text. Make the database "
                             "with ENCODING 'UTF8'")
        migrate(url, connection, where)
        with connection.transaction():
            if pixels is not None:
                connection.execute("INSERT INTO sitewatch.store (pixels) VALUES (%s) ON CONFLICT DO NOTHING", [pixels])
            row = connection.execute("SELECT pixels FROM sitewatch.store").fetchone()
    if row is None or (pixels is not None and row[0] != pixels):
        raise InputError(f"{where} keeps its pixels in {row[0]}. Copy that bucket first, then change the address in "
                         "the table sitewatch.store" if row else
                         f"{where} is a new team store. Say where its pixels go: --pixels s3://BUCKET")


def _connected(url: str) -> tuple[str, psycopg.Connection[Any]]:
    """How the store is called in messages, and a connection to it."""
    try:
        known = conninfo_to_dict(url) if url.startswith(("postgresql://", "postgres://")) else {}
    except psycopg.ProgrammingError:   # its text may hold a password
        known = {}
    if not known.get("dbname"):
        raise InputError("that is no address of a team store. Write postgresql://USER@HOST:5432/DATABASE")
    where = f"the team store {known.get('host', 'localhost')}/{known['dbname']}"
    if known.keys() & {"password", "sslpassword"}:
        raise InputError(f"the address of {where} holds a password, which others can read. Leave it out, and give it "
                         "by the environment variable PGPASSWORD or in the file ~/.pgpass")
    with _told(where):
        connection = psycopg.connect(url, autocommit=True, connect_timeout=_PATIENCE_S, application_name="sitewatch")
        connection.execute("SET TIME ZONE 'UTC'")
        return where, connection


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise InputError(f"{where} does not allow that: {_first_line(error)}. Ask whoever set it up for the "
                         "right to do it") from error
    except psycopg.OperationalError as error:
        raise ProviderError(f"{where} does not answer: {_first_line(error)}. Once it answers, do "
                            "the same again: what it had taken in is kept") from error
    except psycopg.Error as error:
        raise InputError(f"{where} refused: {_first_line(error)}. Nothing was written") from error


def _first_line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
