"""A case at which nothing moved since a pass that computed nothing: the next pass need not look into it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sitewatch.store import write_atomically

__all__ = ["Still", "keep_still", "read_still"]

_FILE = ".cache/still.json"


class Still(NamedTuple):
    """When the latest clear look of a case was taken, UTC; None where there is none."""

    last_clear: datetime | None


def keep_still(folder: Path, state: str, last_clear: datetime | None) -> None:
    """Remember that a run of the case in this state (``state_of``) computed nothing."""
    plain = {"state": state, "last_clear": last_clear and last_clear.isoformat()}
    write_atomically(folder / _FILE, (json.dumps(plain) + "\n").encode())


def read_still(folder: Path, state: str | None) -> Still | None:
    """What was remembered of the case in this state; None where it was in another one, or that cannot be told."""
    try:
        plain = json.loads((folder / _FILE).read_bytes())
        if state is None or plain["state"] != state:
            return None
        return Still(plain["last_clear"] and datetime.fromisoformat(plain["last_clear"]))
    except (OSError, ValueError, KeyError, TypeError):   # derived: what cannot be read is made again
        return None
