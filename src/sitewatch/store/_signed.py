"""Files that people sign, one YAML file each: it stands in its actor's log with its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from odc.geo.geobox import GeoBox

from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import parse_yaml
from sitewatch.store import _log
from sitewatch.store._files import checked_id, inside, read_bytes, sha256_of, write_atomically
from sitewatch.store._plain import from_plain
from sitewatch.store._verify import Verified

__all__ = ["after", "all_signed", "check_signed", "read_signed", "signed_file", "take_back", "write_signed"]

_T = TypeVar("_T")
_TICK = timedelta(microseconds=1)


def signed_files(folder: Path, where: str, most: int) -> list[Path]:
    """The files in ``where``, a folder of the case; InputError where there are more than ``most``."""
    paths = sorted(inside(folder, where).glob("*.yaml"))
    if len(paths) > most:
        raise InputError(f"{folder / where} holds more than {most} files. Restore it from a copy")
    return [inside(folder, f"{where}/{path.name}") if path.is_symlink() else path for path in paths]


def all_signed(folder: Path, where: str, most: int, read: Callable[[Path], _T]) -> Iterator[_T]:
    """What ``read`` makes of each of those files; one that somebody takes back meanwhile does not stand."""
    for path in signed_files(folder, where, most):
        try:
            yield read(path)
        except CaseFileError:
            if path.exists():
                raise


def read_signed(path: Path, record: type[_T], grid: GeoBox, limit: int) -> _T:
    """The record of a file of at most ``limit`` bytes, by the file's name as its id; CaseFileError names the file,
    the line and the key of what cannot be used."""
    table = parse_yaml(read_bytes(path, limit), path)
    lines, plain = dict(table.lines), table.plain_values()
    if isinstance(plain.get("at"), datetime):  # YAML without quotes
        plain["at"] = plain["at"].isoformat()
    return from_plain({**plain, "id": path.stem}, record, grid, path, lines)


def after(known: Iterable[datetime]) -> datetime:
    """Now, or a moment after all that is known: a clock may have been set back."""
    return max([datetime.now(UTC), *(at + _TICK for at in known)])


def write_signed(path: Path, head: bytes, plain: Mapping[str, Any], entry: Mapping[str, Any], actor: str) -> None:
    """Write a file and sign it in its actor's log; both are on disk when this returns. To be called while
    ``signing``."""
    data = head + yaml.safe_dump(dict(plain), sort_keys=False, allow_unicode=True, width=110,
                                 default_flow_style=None).encode()
    write_atomically(path, data)
    _log.append(path.parent.parent, {**entry, "sha256": hashlib.sha256(data).hexdigest()}, actor)


def take_back(path: Path, kind: str, actor: str) -> None:
    """Remove a file and sign that in its actor's log. To be called while ``signing``."""
    _log.append(path.parent.parent, {kind: path.stem, "withdrawn": True, "sha256": sha256_of(path) or ""}, actor)
    path.unlink()


def signed_file(folder: Path, where: str, kind: str, name: str) -> Path:
    """The file of one that stands; InputError where there is none."""
    path = inside(folder, f"{where}/{checked_id(name, f'the {kind}')}.yaml")
    if not path.is_file():
        raise InputError(f"there is no {kind} {name}. It may have been withdrawn already")
    return path


def check_signed(folder: Path, where: str, kind: str) -> Iterator[Verified]:
    """Every YAML file of a folder of the case against the logs, where ``kind`` is the key that names it: signed as it
    stands, and gone only where a log tells of its withdrawal."""
    signed: dict[str, str] = {}
    for entry in sorted(_log.entries(folder), key=lambda entry: str(entry.get("at"))):
        name = entry.get(kind)
        if isinstance(name, str) and entry.get("withdrawn"):
            signed.pop(name, None)
        elif isinstance(name, str):
            signed[name] = str(entry.get("sha256"))
    here = {path.stem: path for path in sorted((folder / where).glob("*.yaml"))}
    for name in sorted({*signed, *here}):
        found = sha256_of(here[name]) if name in here else None
        holds = found is not None and found == signed.get(name)
        detail = "as signed in the log" if holds else "is gone, and no log tells of its withdrawal" if found is None \
            else "is not what any log signs: it was changed or written by hand"
        yield Verified(what=f"{where}/{name}.yaml", holds=holds, detail=detail)
