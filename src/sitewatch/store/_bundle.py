"""evidence.zip: written in one way only, so that whatever is changed in it shows; read as from a stranger.

Its members are stored, not compressed: nothing in it can swell when it is unpacked, and the same files give the same
bytes with every zlib. SHA256SUMS lists all of them, for `sha256sum --check` too.
"""

from __future__ import annotations

import filecmp
import hashlib
import io
import os
import re
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from sitewatch.store._files import PART, sha256_of
from sitewatch.store._verify import Verified

__all__ = ["SUMS", "measured", "same_bytes", "sums_of", "unpack", "write_bundle", "write_zip"]

SUMS = "SHA256SUMS"
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_MOST_MEMBERS = 100_000
_IN_MEMORY_BYTES = 64 * 1024 * 1024   # what is larger is written again on disk
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


def write_zip(target: IO[bytes], files: Mapping[str, bytes | Path]) -> None:
    """Write a ZIP file whose bytes follow from the names and contents alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name in sorted(files):
            content = files[name]
            if isinstance(content, bytes):
                _add(bundle, name, len(content), io.BytesIO(content))
            else:
                with content.open("rb") as source:
                    _add(bundle, name, content.stat().st_size, source)


def _add(bundle: zipfile.ZipFile, name: str, size: int, source: IO[bytes]) -> None:
    info = zipfile.ZipInfo(name, date_time=_BEGINNING)
    info.create_system, info.external_attr, info.file_size = 3, _REGULAR_FILE, size
    with bundle.open(info, "w") as member:
        shutil.copyfileobj(source, member, 1 << 20)


def measured(content: bytes | Path) -> tuple[str, int]:
    """SHA-256 and size in bytes of a content, or of the file where it lies."""
    return _sha256(content), len(content) if isinstance(content, bytes) else content.stat().st_size


def sums_of(path: Path) -> bytes:
    """SHA256SUMS of a bundle of our own."""
    with zipfile.ZipFile(path) as bundle:
        return bundle.read(SUMS)


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same; they are read, not only looked at."""
    return filecmp.cmp(one, other, shallow=False)


def unpack(path: Path, target: Path) -> tuple[Verified, ...]:
    """Lay the files of a bundle into an empty folder if it is whole, and say whether it is; nothing is laid elsewhere.

    Where it is not, what is wrong is named file by file as far as that can be, and nothing is laid at all.
    """
    what = path.name
    try:
        with zipfile.ZipFile(path) as bundle:
            members = bundle.infolist()
            if problem := _refused(members, path.stat().st_size):
                return (Verified(what=what, holds=False, detail=problem),)
            if wrong := tuple(_wrong(bundle)):
                return wrong
            if not _is_as_written(path, bundle):
                return (Verified(what=what, holds=False, detail="was changed between its files: its frame is not the "
                                                                "one that sitewatch writes"),)
            for member in members:
                place = target / member.filename
                place.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(member) as source, place.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except _BROKEN as error:
        return (Verified(what=what, holds=False, detail=f"is not as it was written ({error})"),)
    return (Verified(what=what, holds=True, detail=f"its {len(members)} files are those that {SUMS} lists"),)


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


def _wrong(bundle: zipfile.ZipFile) -> Iterator[Verified]:
    """The files that SHA256SUMS does not list as they are; SHA256SUMS itself where it is not written as it should."""
    names = bundle.namelist()
    if SUMS not in names:
        yield Verified(what=SUMS, holds=False, detail="is missing")
        return
    found = {name: _sha256_in(bundle, name) for name in names if name != SUMS}
    listed = bundle.read(SUMS)
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
    if lines == found:
        yield Verified(what=SUMS, holds=False, detail="is not written as sitewatch writes it")


def _sha256_in(bundle: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with bundle.open(name) as member:
        while block := member.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_as_written(path: Path, bundle: zipfile.ZipFile) -> bool:
    """Whether writing the same files again gives the same bytes, so that nothing hides between them."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as again, path.open("rb") as given:
        with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as copy:
            for name in sorted(bundle.namelist()):
                with bundle.open(name) as member:
                    _add(copy, name, bundle.getinfo(name).file_size, member)
        again.seek(0)
        while block := given.read(1 << 20):
            if again.read(len(block)) != block:
                return False
        return not again.read(1)


def _sums(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def _sha256(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else sha256_of(content) or ""
