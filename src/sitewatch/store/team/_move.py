"""A case between its folder and the team store, both ways, byte for byte and without overwriting anybody's work."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sitewatch.errors import BusyError, InputError, VerificationError
from sitewatch.model import Progress
from sitewatch.store._casefile import CASE_FILE, read_site
from sitewatch.store._files import checked_id, inside, locked, receive, signing, write_atomically
from sitewatch.store.team import _rows
from sitewatch.store.team._files import Held, files_of, is_case_file, is_signed, signed_files_of
from sitewatch.store.team._merge import Read, plan_of
from sitewatch.store.team._rows import Version
from sitewatch.store.team._team import Team

__all__ = ["Moved", "export_case", "import_case"]

_READ = ".cache/team.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Paths that were written and removed on the other side, and ``left``: those that only the other side changed."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    left: tuple[str, ...]


def export_case(team: Team, folder: Path, name: str, actor: str, progress: Progress | None = None) -> Moved:
    """Bring what changed in the folder of a case into the store, all of it or nothing, signed by ``actor``.

    Pixels go first, so that no row ever speaks of bytes that are not there. Raises ConflictError where somebody else
    changed the same file since it was read, and BusyError while another process writes to the folder.
    """
    checked_id(name, "the case")
    checked_id(actor, "the name of who exports")
    site = read_site(folder)
    with locked(folder), team.asked() as connection:
        files, read = files_of(folder), _what_was_read(folder, team, name)
        mine = {path: file.sha256 for path, file in files.items()}
        stored = _rows.latest(connection, name)
        plan = plan_of(mine, read, stored)
        if plan.ours:
            _send(team, folder, {path: files[path] for path in plan.ours if path in files}, progress)
            with _rows.alone_with(connection, name, site):
                stored = _rows.latest(connection, name)
                plan = plan_of(mine, read, stored)   # somebody may have exported meanwhile
                _rows.add_versions(connection, name, actor, stored, [(path, files.get(path)) for path in plan.ours])
                if CASE_FILE in plan.ours:
                    _rows.describe(connection, name, site)
                stored = _rows.latest(connection, name)
        _note(folder, team, name, _read_now(mine, read, stored))
    return Moved(written=tuple(path for path in plan.ours if path in mine),
                 removed=tuple(path for path in plan.ours if path not in mine), left=plan.theirs)


def import_case(team: Team, folder: Path, name: str, take: Collection[str] = (),
                progress: Progress | None = None) -> Moved:
    """Bring what changed in the store into the folder of a case, which is made if it is not there.

    Every file is checked against its hash before it takes its place. Raises ConflictError where a file was changed on
    both sides, unless ``take`` names it or a folder above it: then the store's takes its place.
    """
    with team.asked() as connection:
        stored = _rows.latest(connection, checked_id(name, "the case"))
        _check_names(stored, name, team)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            files, read = files_of(folder), _what_was_read(folder, team, name)
            mine: dict[str, str | None] = {path: file.sha256 for path, file in files.items()}
            plan = plan_of(mine, read, stored, take)
            theirs = [stored[path] for path in plan.theirs]
            bodies = _rows.bodies_of(connection, name, theirs)
            _fetch(team, folder, [one for one in theirs if one.path not in bodies], progress)
            with signing(folder):
                _check_undecided(folder, files, plan.theirs)
                _lay(folder, theirs, bodies)
            _note(folder, team, name, _read_now({**mine, **{one.path: one.sha256 for one in theirs}}, read, stored))
    return Moved(written=tuple(one.path for one in theirs if one.sha256),
                 removed=tuple(one.path for one in theirs if not one.sha256), left=plan.ours)


def _send(team: Team, folder: Path, files: Mapping[str, Held], progress: Progress | None) -> None:
    """Put into the bucket what no row can hold."""
    objects = {path: file for path, file in files.items() if file.body is None}
    for done, (path, file) in enumerate(objects.items(), start=1):
        team.objects.put(file.sha256, inside(folder, path))
        if progress:
            progress("sending pixels", done, len(objects))


def _fetch(team: Team, folder: Path, versions: Sequence[Version], progress: Progress | None) -> None:
    """Lay what the bucket holds."""
    objects = [(one, one.sha256) for one in versions if one.sha256]
    for done, (one, key) in enumerate(objects, start=1):
        receive(inside(folder, one.path), team.objects.get(key, one.path))
        if progress:
            progress("receiving pixels", done, len(objects))


def _lay(folder: Path, versions: Sequence[Version], bodies: Mapping[str, str]) -> None:
    """Write the texts, and remove what was removed with the folders that it leaves empty."""
    for one in versions:
        path = inside(folder, one.path)
        if one.path in bodies:
            data = bodies[one.path].encode()
            if sha256(data).hexdigest() != one.sha256:
                raise VerificationError(f"version {one.version} of {one.path} in the store is not what {one.actor} "
                                        "wrote: the database was changed by hand or is damaged. Restore it from a copy")
            write_atomically(path, data)
        elif one.sha256 is None:
            path.unlink(missing_ok=True)
            for parent in path.relative_to(folder).parents[:-1]:
                if (folder / parent).is_dir() and not any((folder / parent).iterdir()):
                    (folder / parent).rmdir()


def _check_names(stored: Mapping[str, Version], name: str, team: Team) -> None:
    if CASE_FILE not in stored:
        raise InputError(f"{team.where} holds no case {name}. `sitewatch store list URL` names those that it holds")
    if strange := next((path for path in stored if not is_case_file(path)), None):
        raise InputError(f"{team.where} holds a file {strange[:80]!r}, which cannot belong to a case: somebody added "
                         "it by hand. Nothing was written; ask who looks after the store")


def _check_undecided(folder: Path, files: Mapping[str, Held], theirs: Collection[str]) -> None:
    """What people sign can change while pixels arrive."""
    now = signed_files_of(folder)
    if any(now.get(path) != files.get(path) for path in theirs if is_signed(path)):
        raise BusyError(f"somebody decided in {folder} while it was being written. Import again")


def _what_was_read(folder: Path, team: Team, name: str) -> dict[str, Read]:
    """What the folder knows of this case in this store; nothing where it was never there, or its cache was removed."""
    try:
        plain = json.loads((folder / _READ).read_bytes())
        if (plain["store"], plain["case"]) != (team.id, name):
            return {}
        return {path: Read(int(version), hashed) for path, (version, hashed) in plain["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read_now(mine: Mapping[str, str | None], read: Mapping[str, Read],
              stored: Mapping[str, Version]) -> dict[str, Read]:
    same = {path: Read(one.version, one.sha256) for path, one in stored.items() if mine.get(path) == one.sha256}
    return {**read, **same}


def _note(folder: Path, team: Team, name: str, read: Mapping[str, Read]) -> None:
    plain = {"store": team.id, "case": name, "files": {path: list(read[path]) for path in sorted(read)}}
    write_atomically(folder / _READ, (json.dumps(plain, ensure_ascii=False, indent=0) + "\n").encode())
