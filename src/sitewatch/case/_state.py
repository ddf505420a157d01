"""Whether anything that a run of a case looks at is another than before, told without opening a file of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sitewatch import store
from sitewatch.case._stages import STAGES
from sitewatch.model import RemoteSource, fingerprint
from sitewatch.sources.folder import FolderSource

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["state_of"]


def state_of(case: Case) -> str | None:
    """Names, sizes and times of every file of the case and of the folders of images that it names, in one word.

    As long as the word is the same, a run computes nothing; this is how make and rsync tell, and as good as the clock
    of the disk. None where it cannot be told: a source is of another kind, or gone. Archives are left out, since a run
    does not ask them, and so is what is derived (``.cache``).
    """
    sources, gone = store.open_sources(case.file.sources, case.folder)
    near = [source for source in sources.values() if not isinstance(source, RemoteSource)]
    if gone or not all(isinstance(source, FolderSource) for source in near):
        return None
    read = [path for source in near if isinstance(source, FolderSource) for path in source.reads]
    versions = [version("sitewatch"), *(row.version for row in STAGES.values())]
    return fingerprint([versions, [list(_files(path)) for path in (case.folder, *read)]])


def _files(place: Path) -> Iterator[tuple[str, int, int]]:
    """Every file below a folder, or the one file, with its size and when it was last written."""
    if not place.is_dir():
        yield _seen(str(place))
    for folder, inner, names in os.walk(place):
        inner[:] = sorted(name for name in inner if name != ".cache")
        yield from (_seen(os.path.join(folder, name)) for name in sorted(names))


def _seen(path: str) -> tuple[str, int, int]:
    try:
        seen = os.lstat(path)
    except OSError:   # it is gone, which a run will say better
        return path, -1, -1
    return path, seen.st_size, seen.st_mtime_ns
