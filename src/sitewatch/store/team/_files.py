"""Which files of a case folder a team store holds, and what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from sitewatch.errors import InputError
from sitewatch.store._decisions import LOOKS
from sitewatch.store._files import inside, read_bytes, sha256_of, signing
from sitewatch.store._reviews import REVIEWED

__all__ = ["Held", "files_of", "is_case_file", "is_signed", "signed_files_of"]

_LARGEST_TEXT_BYTES = 8 * 1024 * 1024   # of a row; what is larger goes to the bucket
_SIGNED = (LOOKS, REVIEWED, "log")      # people write these while a run holds the case
_HIDDEN = ".gitignore"                  # the one hidden file that belongs to a case


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file of a case folder; ``body`` is its text, None for pixels and whatever else belongs into the bucket."""

    sha256: str
    bytes: int
    body: str | None


def files_of(folder: Path) -> dict[str, Held]:
    """Every file of a case by its path within it; InputError for a link. To be called while the case is ``locked``."""
    found = {path: _held(folder, path) for path in _paths(folder, ".") if not is_signed(path)}
    with signing(folder):
        return found | signed_files_of(folder)


def signed_files_of(folder: Path) -> dict[str, Held]:
    """The files that people sign, and the logs. To be called while ``signing``."""
    return {path: _held(folder, path) for name in _SIGNED for path in _paths(folder, name)}


def is_case_file(path: str) -> bool:
    """Whether a path is that of a file which a store holds: nothing hidden, such as .git and .cache, is."""
    parts = PurePosixPath(path).parts
    return path == _HIDDEN or (path == "/".join(parts) and not any(part.startswith((".", "/")) for part in parts))


def is_signed(path: str) -> bool:
    """Whether a person or a log signs for the file."""
    return path.startswith(tuple(f"{name}/" for name in _SIGNED))


def _paths(folder: Path, name: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder / name):
        relative = Path(where).relative_to(folder)
        for link in (one for one in (*folders, *files) if (Path(where) / one).is_symlink()):
            if is_case_file((relative / link).as_posix()):
                raise InputError(f"{Path(where) / link} is a link, which other machines cannot follow. Put what it "
                                 "leads to in its place")
        folders[:] = [one for one in folders if is_case_file((relative / one).as_posix())]
        yield from (path for one in files if is_case_file(path := (relative / one).as_posix()))


def _held(folder: Path, path: str) -> Held:
    file = inside(folder, path)
    if not path.isprintable():
        raise InputError(f"{path!r} in {folder} is no name that every machine can write. Rename it")
    size = file.stat().st_size
    if path.startswith("pixels/") or size > _LARGEST_TEXT_BYTES:
        return Held(sha256=sha256_of(file) or "", bytes=size, body=None)
    data = read_bytes(file)
    return Held(sha256=sha256(data).hexdigest(), bytes=len(data), body=_text(data))


def _text(data: bytes) -> str | None:
    """What a row can hold: PostgreSQL's texts are UTF-8 without a NUL."""
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None
