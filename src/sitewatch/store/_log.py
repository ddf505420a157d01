"""log/<actor>.jsonl: what was computed when, each line bound to the one before it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sitewatch.store._files import checked_id, read_bytes, write_atomically
from sitewatch.store._plain import moment_text

__all__ = ["append", "broken_line", "entries"]

_FIRST = "0" * 64


def append(folder: Path, entry: Mapping[str, Any], actor: str | None = None) -> None:
    """Add a line to the log of this actor (environment variable SITEWATCH_ACTOR, else "sitewatch").

    The whole file is replaced at once, so that a crash leaves no half line. To be called while ``signing``.
    """
    actor = checked_id(actor or os.environ.get("SITEWATCH_ACTOR") or "sitewatch", "SITEWATCH_ACTOR")
    path = folder / "log" / f"{actor}.jsonl"
    data = read_bytes(path) if path.exists() else b""
    if data and not data.endswith(b"\n"):
        data += b"\n"
    lines = data.splitlines()
    before = hashlib.sha256(lines[-1]).hexdigest() if lines else _FIRST
    body = {"at": moment_text(datetime.now(UTC)), "actor": actor, **entry, "before": before}
    write_atomically(path, data + _text(body | {"hash": _hash(body)}) + b"\n")


def broken_line(path: Path) -> int | None:
    """The number of the first line of a log that was changed, added or removed; None when the chain holds."""
    before = _FIRST
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        entry = _parsed(line)
        if entry is None or entry.pop("hash", None) != _hash(entry) or entry.get("before") != before:
            return number
        before = hashlib.sha256(line).hexdigest()
    return None


def entries(folder: Path) -> Iterator[dict[str, Any]]:
    """Every line of every actor's log that can be read; ``broken_line`` finds the others."""
    for path in sorted((folder / "log").glob("*.jsonl")):
        for line in read_bytes(path).splitlines():
            entry = _parsed(line)
            if entry is not None:
                yield entry


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _text(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(entry)).hexdigest()
