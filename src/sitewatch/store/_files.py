"""Files of a case: bounded reading, guarded paths, atomic writing, one writer at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sitewatch.errors import BusyError, CaseFileError, InputError

__all__ = ["PART", "checked_id", "inside", "keep_folder", "locked", "read_bytes", "receive", "replace_folder",
           "safe_name", "sha256_of", "signing", "sweep", "write_atomically"]

LARGEST_TEXT_BYTES = 256 * 1024 * 1024
_LARGEST_PIXEL_FILE_BYTES = 64 * 1024**3
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_FOLDERS = ("looks", "scenes", "pixels", "orders", "results", "runs", "log", "report", "published", ".cache")
PART = ".sitewatch-"  # whatever starts so is an unfinished write and may be swept away
_OLD = f"{PART}old-"


def checked_id(text: str, what: str) -> str:
    """A name that may become a file name, or InputError: ids come from providers and may hold anything."""
    if not _SAFE.fullmatch(text):
        raise InputError(f"{what} {text[:80]!r} cannot name a file of the case. Use up to 128 letters, digits, "
                         "points, hyphens and underscores, the first of them a letter or a digit")
    return text


def safe_name(href: str, fallback: str) -> str:
    """The last part of an address or path, reduced to characters that are harmless in a file name.

    Of an address with a fragment that is the fragment: it names what was cut out of the thing at the address.
    """
    address = urlsplit(href) if "://" in href else None
    last = re.split(r"[/\\]", (address.fragment or address.path) if address else href)[-1]
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip("._-")
    return cleaned[-100:].lstrip("._-") or fallback


def inside(folder: Path, relative: str) -> Path:
    """The path of a case's file, or InputError when it would leave the case, through a link for instance."""
    parts = PurePosixPath(relative)
    if parts.is_absolute() or ".." in parts.parts or "\\" in relative or "\0" in relative or not parts.parts:
        raise InputError(f"{relative[:120]!r} is not a path inside the case {folder}. Use a relative path without ..")
    path = folder / parts
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{relative[:120]!r} leads out of the case {folder} through a link. Remove the link")
    return path


def read_bytes(path: Path, limit: int = LARGEST_TEXT_BYTES) -> bytes:
    """A text file's bytes; CaseFileError when it cannot be read or is larger than ``limit`` bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise CaseFileError(path, None, "file", f"cannot be read ({error.strerror})",
                            "Restore it, or run the case again") from error
    if len(data) > limit:
        raise CaseFileError(path, None, "file", f"is larger than {limit} bytes", "Restore it from a copy")
    return data


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file in hex digits, or None when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that after a crash there is the old one or the new one, never a part of it."""
    receive(path, [data])


def receive(path: Path, blocks: Iterable[bytes]) -> tuple[str, int]:
    """Write blocks to a file atomically while hashing them: SHA-256 and number of bytes.

    Raises InputError when the blocks never end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix=PART, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                size += len(block)
                if size > _LARGEST_PIXEL_FILE_BYTES:
                    raise InputError(f"{path.name} does not end after {size} bytes. Cut the image to the site first")
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _fsync_folder(path.parent)
    return digest.hexdigest(), size


def replace_folder(path: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write a folder of files beside the old one, then swap the two; a file given by its path is moved into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=PART, dir=path.parent))
    for relative, data in files.items():
        for part in PurePosixPath(relative).parts:
            checked_id(part, "the report's file")
        if isinstance(data, Path):
            data.rename(inside(new, relative))
        else:
            write_atomically(inside(new, relative), data)
    new.chmod(0o755)
    old = path.parent / f"{_OLD}{path.name}"
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    new.rename(path)
    _fsync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def keep_folder(path: Path, kept: Path) -> None:
    """Copy a folder to a place beside it, where it then is whole or not at all; an older copy there is replaced."""
    new = Path(tempfile.mkdtemp(prefix=PART, dir=path.parent))
    shutil.copytree(path, new, dirs_exist_ok=True)
    new.chmod(0o755)
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)
    _fsync_folder(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the case for writing; BusyError when another process holds it. The lock dies with its process.

    A case whose folders are links that lead out of it is refused: writing would change what is not the case's.
    """
    for name in _FOLDERS:
        inside(folder, name)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"another process is writing to the case {folder}. "
                            "Wait until it has finished, then try again") from error
        with signing(folder):
            sweep(folder)
        yield
    finally:
        os.close(handle)


@contextmanager
def signing(folder: Path) -> Iterator[None]:
    """Hold looks/ and the logs for the moment that one entry takes, and wait for whoever holds them.

    People decide while a long run holds the case itself for writing.
    """
    try:
        handle = os.open(folder / "case.yaml", os.O_RDONLY)
    except FileNotFoundError:  # it is about to become a case
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what a killed writer left unfinished, and put back a folder that it had only moved aside."""
    for old in folder.glob(f"{_OLD}*"):
        home = folder / old.name.removeprefix(_OLD)
        if not home.exists():
            old.rename(home)
    for part in (*folder.glob(f"{PART}*"), *folder.glob(f"*/{PART}*"), *folder.glob(f"pixels/*/{PART}*")):
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
