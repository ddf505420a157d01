"""What a pass need not do again: look into a case at which nothing moved, and ask anew what was asked of it before."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sitewatch.store import write_atomically

__all__ = ["Still", "keep_still", "read_still"]

_FILE = ".cache/still.json"


class Still(NamedTuple):
    """The ``state`` of a case (``state_of``) in which a run of it computed nothing, None where it was not in one; what
    was ``asked`` of it last, of which there was nothing to tell; when its latest clear look was taken, UTC, None where
    there is none; and whether that was told at a ``glance``."""

    state: str | None
    asked: str
    last_clear: datetime | None
    glance: bool = False


def keep_still(folder: Path, still: Still) -> None:
    """Remember it for the next pass."""
    plain = {**still._asdict(), "last_clear": still.last_clear and still.last_clear.isoformat()}
    write_atomically(folder / _FILE, (json.dumps(plain) + "\n").encode())


def read_still(folder: Path) -> Still | None:
    """What the pass before remembered; None where that is nothing."""
    try:
        plain = json.loads((folder / _FILE).read_bytes())
        last_clear = plain["last_clear"] and datetime.fromisoformat(plain["last_clear"])
        return Still(plain["state"], plain["asked"], last_clear, plain["glance"])
    except (OSError, ValueError, KeyError, TypeError):   # derived: what cannot be read is made again
        return None
