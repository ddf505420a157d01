"""The tables that this sitewatch knows, and those that a team store has; alembic brings them up to date."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from sitewatch.errors import InputError

__all__ = ["check_schema", "migrate"]

_MIGRATIONS = Path(__file__).with_name("migrations")
_KNOWN = sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
_LOCK = 7_483_920   # of the whole database: two may set it up at once


def check_schema(connection: psycopg.Connection[Any], where: str) -> None:
    """InputError where the tables are none of ours, or older or newer than this program."""
    found = _revision(connection)
    if found is None:
        raise InputError(f"{where} holds no team store yet. Make one: sitewatch store setup URL --pixels s3://BUCKET")
    if found not in _KNOWN:
        raise InputError(f"{where} has the schema {found}, and this is sitewatch {version('sitewatch')}, which knows "
                         f"no schema after {_KNOWN[-1]}: a newer sitewatch set it up. Update sitewatch here; nothing "
                         "was read or written")
    if found != _KNOWN[-1]:
        raise InputError(f"{where} has the schema {found}, older than the {_KNOWN[-1]} of this sitewatch. Bring it up "
                         "to date: sitewatch store setup URL. Older programs can then no longer use it")


def migrate(url: str, connection: psycopg.Connection[Any], where: str) -> None:
    """Bring the tables up to date, all of it or nothing; InputError where they are newer than this program."""
    from alembic import command  # noqa: PLC0415  slow, and only a setup needs it
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    if (found := _revision(connection)) is not None and found not in _KNOWN:
        check_schema(connection, where)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise (error.orig or error) from error
    finally:
        engine.dispose()
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _revision(connection: psycopg.Connection[Any]) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM sitewatch.alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return row[0] if row else None
