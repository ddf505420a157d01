"""The tables of a team store: every version of every file that a case ever held, and who wrote it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from sitewatch.model import Site
from sitewatch.store.team._files import Held

__all__ = ["TeamCase", "Version", "add_versions", "alone_with", "bodies_of", "cases", "describe", "history",
           "latest"]

Connection = psycopg.Connection[Any]
_FIELDS = "path, version, sha256, bytes, actor, login, at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of one file of a case in the store; ``sha256`` is None where the file was removed.

    ``actor`` is the name that was given, ``login`` the one that PostgreSQL let in.
    """

    path: str
    version: int
    sha256: str | None
    bytes: int
    actor: str
    login: str
    at: datetime

    def __str__(self) -> str:
        done = "removed it" if self.sha256 is None else f"wrote version {self.version}"
        return f"{self.actor} {done} on {self.at:%Y-%m-%d at %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCase:
    """A case in the store: its name there, its title, what it holds now, and who changed it last."""

    name: str
    title: str
    files: int
    bytes: int
    actor: str
    at: datetime


def cases(connection: Connection, at: tuple[float, float] | None = None) -> tuple[TeamCase, ...]:
    """Every case by name, or those whose area covers this latitude and longitude."""
    lat, lon = at or (None, None)
    with connection.cursor(row_factory=class_row(TeamCase)) as cursor:
        cursor.execute("""
            SELECT case_name AS name, title, count(sha256)::int AS files, sum(bytes)::bigint AS bytes,
                   (array_agg(actor ORDER BY at DESC))[1] AS actor, max(at) AS at
            FROM sitewatch.site JOIN sitewatch.latest USING (case_name)
            WHERE %(lat)s::float IS NULL OR ST_Covers(area, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
            GROUP BY case_name ORDER BY case_name""", {"lat": lat, "lon": lon})
        return tuple(cursor)


def latest(connection: Connection, name: str) -> dict[str, Version]:
    """The last version of every file of a case, also of those that were removed; empty where there is no such case."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        cursor.execute(f"SELECT {_FIELDS} FROM sitewatch.latest WHERE case_name = %s", [name])
        return {version.path: version for version in cursor}


def history(connection: Connection, name: str, path: str | None = None) -> tuple[Version, ...]:
    """All versions of a case's files, or of one of them, in the order in which they were written."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        cursor.execute(f"""
            SELECT {_FIELDS} FROM sitewatch.file_version
            WHERE case_name = %(name)s AND (%(path)s::text IS NULL OR path = %(path)s) ORDER BY number""",
                       {"name": name, "path": path})
        return tuple(cursor)


def bodies_of(connection: Connection, name: str, wanted: Collection[Version]) -> dict[str, str]:
    """The texts of these versions by path; what the bucket holds is not among them."""
    found = connection.execute("""
        SELECT path, body FROM sitewatch.file_version
        JOIN unnest(%s::text[], %s::int[]) AS wanted (path, version) USING (path, version)
        WHERE case_name = %s AND body IS NOT NULL""",
                               [[one.path for one in wanted], [one.version for one in wanted], name])
    return dict(found)


@contextmanager
def alone_with(connection: Connection, name: str, site: Site) -> Iterator[None]:
    """One transaction, in which nobody else adds to the case; all of it counts once this returns, or nothing."""
    with connection.transaction():
        connection.execute("INSERT INTO sitewatch.site (case_name, title) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                           [name, site.name])
        connection.execute("SELECT FROM sitewatch.site WHERE case_name = %s FOR UPDATE", [name])
        yield


def add_versions(connection: Connection, name: str, actor: str, known: Mapping[str, Version],
                 files: Iterable[tuple[str, Held | None]]) -> None:
    """Write the next version of each file, None for one that was removed; the key keeps out a second of that number."""
    with connection.cursor() as cursor:
        cursor.executemany("""
            INSERT INTO sitewatch.file_version (case_name, path, version, sha256, bytes, body, actor)
            VALUES (%s, %s, %s, %s, %s, %s, %s)""",
                           [(name, path, known[path].version + 1 if path in known else 1, file and file.sha256,
                             file.bytes if file else 0, file and file.body, actor) for path, file in files])


def describe(connection: Connection, name: str, site: Site) -> None:
    """Say what is searched for: the title of a case and where on the Earth it lies."""
    area = site.area.wkb if site.is_georeferenced else None
    connection.execute("UPDATE sitewatch.site SET title = %s, area = ST_GeomFromWKB(%s, 4326) WHERE case_name = %s",
                       [site.name, area, name])
