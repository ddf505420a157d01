"""Files that people sign: each stands in its actor's log with its hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sitewatch.store import _log
from sitewatch.store._files import sha256_of
from sitewatch.store._verify import Verified

__all__ = ["check_signed"]


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
