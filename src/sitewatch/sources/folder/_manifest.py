"""manifest.json of a Planet order: what was delivered, with checksums, so that a broken delivery is noticed.

Planet, "Orders API: Delivery", the manifest: files, each with path, size and digests (MD5 and SHA-256).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sitewatch.model import Refusal

__all__ = ["Manifests"]

_NAME = "manifest.json"
_LARGEST_BYTES = 32_000_000
_READ = (".tif", ".tiff", "_metadata.json")
_DIGESTS = {"sha256": re.compile(r"[0-9a-f]{64}"), "md5": re.compile(r"[0-9a-f]{32}")}  # the stronger one first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered:
    """A file as the manifest has it; ``digest`` is of the kind ``kind``."""

    manifest: str
    size: int | None
    kind: str
    digest: str


class Manifests:
    """Every manifest in a folder of images and the folders in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, _Delivered] = {}
        for path in sorted(folder.rglob(_NAME)):
            if not path.is_symlink() and path.is_file():
                self._known |= dict(_entries(path, folder))

    def missing(self) -> Iterator[Refusal]:
        """The images, and what is said of them, that a manifest names and that are not there."""
        for path, one in sorted(self._known.items()):
            if path.name.lower().endswith(_READ) and not path.is_file():
                yield Refusal(what=path.relative_to(self._folder).as_posix(),
                              why=f"{one.manifest} of its order names it, but it is not there. Fetch the order again")

    def fault(self, href: str) -> str | None:
        """Why a file of the folder is not what was ordered; None where it is, or where no manifest names it."""
        path = self._folder / href
        one = self._known.get(path)
        if one is None:
            return None
        size = path.stat().st_size
        if one.size is not None and size != one.size:
            return f"{href} has {size} bytes, where {one.manifest} of its order says {one.size}. Fetch the order again"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, one.kind).hexdigest()
        return None if found == one.digest else (
            f"the {one.kind} of {href} is not what {one.manifest} of its order says. Fetch the order again")


def _entries(manifest: Path, folder: Path) -> Iterator[tuple[Path, _Delivered]]:
    """The files that a manifest names within the folder; whatever else it holds is not ours to judge."""
    try:
        if manifest.stat().st_size > _LARGEST_BYTES:
            return
        document = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return
    files = document.get("files") if isinstance(document, dict) else None
    for entry in files if isinstance(files, list) else ():
        place = _place(entry, manifest.parent, folder)
        digest = None if place is None else _digest(entry)
        if place is not None and digest is not None:
            size = entry.get("size")
            yield place, _Delivered(manifest=manifest.relative_to(folder).as_posix(), kind=digest[0], digest=digest[1],
                                    size=size if type(size) is int else None)


def _place(entry: Any, beside: Path, folder: Path) -> Path | None:
    """Where a file of the manifest lies: below the manifest, as its path says, or right beside it by its name."""
    told = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(told, str) or not told or "\0" in told:
        return None
    parts = PurePosixPath(told)
    if parts.is_absolute() or ".." in parts.parts:
        return None
    below, near = beside / parts, beside / parts.name
    found = below if below.exists() or not near.exists() else near
    return found if found.is_relative_to(folder) else None


def _digest(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    told = entry.get("digests")
    for kind, form in _DIGESTS.items():
        value = str(told.get(kind, "")).lower() if isinstance(told, dict) else ""
        if form.fullmatch(value):
            return kind, value
    return None
