"""evidence.zip: written in one way only, so that whatever is changed in it shows; read as from a stranger.

Its members are stored, not compressed: nothing in it can swell when it is unpacked, and the same files give the same
bytes with every zlib. SHA256SUMS lists all of them, for `sha256sum --check` too.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from sitewatch.store._files import PART, sha256_of
from sitewatch.store._verify import Verified

__all__ = ["SUMS", "measured", "same_bytes", "unpack", "write_bundle", "write_zip"]

SUMS = "SHA256SUMS"
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_MOST_MEMBERS = 100_000
_REGULAR_FILE = 0o100644 << 16   # a member that claims to be a link, a device or a folder is none of ours
_BEGINNING = (1980, 1, 1, 0, 0, 0)   # the earliest time that a ZIP file can state
# What zipfile raises for forged headers, besides its own error.
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, EOFError, RuntimeError,
           OverflowError, struct.error)


def write_bundle(folder: Path, files: Mapping[str, bytes | Path]) -> Path:
    """A bundle of these files (contents, or where they lie) as a temporary file in ``folder``, to be moved."""
    sums = _sums({name: _sha256(content) for name, content in files.items()})
    handle, name = tempfile.mkstemp(prefix=PART, dir=folder)
    with os.fdopen(handle, "wb") as target:
        write_zip(target, {**files, SUMS: sums})
        target.flush()
        os.fsync(target.fileno())
    Path(name).chmod(0o644)
    return Path(name)


def write_zip(target: BinaryIO, files: Mapping[str, bytes | Path]) -> None:
    """Write a ZIP file whose bytes follow from the names and contents alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name in sorted(files):
            content = files[name]
            info = zipfile.ZipInfo(name, date_time=_BEGINNING)
            info.create_system, info.external_attr = 3, _REGULAR_FILE
            info.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with bundle.open(info, "w") as member:
                if isinstance(content, bytes):
                    member.write(content)
                else:
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, member, 1 << 20)


def measured(content: bytes | Path) -> tuple[str, int]:
    """SHA-256 and size in bytes of a content, or of the file where it lies."""
    return _sha256(content), len(content) if isinstance(content, bytes) else content.stat().st_size


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same; they are read, not only looked at."""
    return filecmp.cmp(one, other, shallow=False)


def unpack(path: Path, target: Path) -> tuple[Verified, ...]:
    """Lay the files of a bundle into an empty folder, and say whether it is whole; nothing is laid elsewhere.

    A bundle that does not hold is not computed with: what is wrong with it is named file by file where that can be.
    """
    what = path.name
    try:
        with zipfile.ZipFile(path) as bundle:
            members = bundle.infolist()
            problem = _refused(members, path.stat().st_size)
            if problem:
                return (Verified(what=what, holds=False, detail=problem),)
            for member in members:
                place = target / member.filename
                place.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(member) as source, place.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except _BROKEN as error:
        return (Verified(what=what, holds=False, detail=f"is not as it was written ({error})"),)
    wrong = tuple(_wrong(target, [member.filename for member in members]))
    if not wrong and not _is_as_written(path, target, [member.filename for member in members]):
        wrong = (Verified(what=what, holds=False, detail="was changed between its files: its frame is not the one that "
                                                         "sitewatch writes"),)
    return wrong or (Verified(what=what, holds=True, detail=f"its {len(members)} files are those that {SUMS} lists"),)


def _refused(members: Sequence[zipfile.ZipInfo], size: int) -> str | None:
    """Why a list of members is not unpacked at all."""
    names = [member.filename for member in members]
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > size:
        return "claims to hold more than it can"
    if len({name.casefold() for name in names}) < len(names):
        return "holds a name twice"
    for member in members:
        if not _NAME.fullmatch(member.filename):
            return f"holds {member.filename[:80]!r}, which is no name for a file of a report"
        if member.external_attr != _REGULAR_FILE:
            return f"says that {member.filename} is a link, a folder or a program"
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size or member.flag_bits:
            return f"holds {member.filename} compressed or locked, as no evidence of sitewatch is"
    return None


def _wrong(folder: Path, names: Sequence[str]) -> Iterator[Verified]:
    """The files that SHA256SUMS does not list as they are; SHA256SUMS itself where it is not written as it should."""
    if SUMS not in names:
        yield Verified(what=SUMS, holds=False, detail="is missing")
        return
    found = {name: sha256_of(folder / name) or "" for name in names if name != SUMS}
    listed = (folder / SUMS).read_bytes()
    if listed == _sums(found):
        return
    lines = dict(line.split("  ", 1)[::-1] for line in listed.decode("utf-8", "replace").splitlines() if "  " in line)
    for name in sorted(found.keys() | lines.keys()):
        if name not in found or name not in lines:
            yield Verified(what=name, holds=False,
                           detail="is missing" if name in lines else f"is not listed in {SUMS}")
        elif found[name] != lines[name]:
            yield Verified(what=name, holds=False, detail=f"has the SHA-256 {found[name][:16]}…, {lines[name][:16]}… "
                                                          "is listed")
    if {name: lines.get(name) for name in found} == found and len(lines) == len(found):
        yield Verified(what=SUMS, holds=False, detail="is not written as sitewatch writes it")


def _is_as_written(path: Path, folder: Path, names: Sequence[str]) -> bool:
    """Whether writing the same files again gives the same bytes, so that nothing hides between them."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as room:
        again = Path(room) / "again.zip"
        with again.open("wb") as target:
            write_zip(target, {name: folder / name for name in names})
        return same_bytes(path, again)


def _sums(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def _sha256(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256_of(content) or ""
