"""Two sides and what was last read: whose file counts, and where nobody can tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sitewatch.errors import ConflictError, VerificationError
from sitewatch.store.team._rows import Version

__all__ = ["Plan", "Read", "plan_of"]

_COMPUTED = ("results/", "runs/", "report/")   # a run makes them again


class Read(NamedTuple):
    """What a folder knows of a file in the store: the version that was last read or written there."""

    version: int
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Paths that only the folder changed, and paths that only the store changed, since the two were last the same."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def plan_of(mine: Mapping[str, str | None], read: Mapping[str, Read], stored: Mapping[str, Version],
            take: Collection[str] = ()) -> Plan:
    """What to do with each path, given the hashes of the folder's files.

    Of what both sides changed, the store's counts where ``take`` names it or a folder above it, and so do its results,
    as a whole. Everything else raises ConflictError, and a store that is older than what was read from it
    VerificationError.
    """
    ours, theirs, both = [], [], []
    for path in sorted({*mine, *stored}):
        there = stored.get(path)
        here, before, now = mine.get(path), read.get(path, Read(0, None)), there.sha256 if there else None
        if (there.version if there else 0) < before.version:
            raise VerificationError(f"the store holds version {there.version if there else 0} of {path}, but version "
                                    f"{before.version} was read from it: it was set back to an earlier state. Restore "
                                    "it from a newer copy, or remove the case's .cache and compare anew")
        if here == now:
            continue
        if here == before.sha256:
            theirs.append(path)
        elif now == before.sha256:
            ours.append(path)
        else:
            both.append(path)
    taken = [path for path in both if path.startswith(_COMPUTED) or _is_named(path, take)]
    if left := [stored[path] for path in both if path not in taken]:
        raise ConflictError(_told(left))
    if any(path.startswith(_COMPUTED) for path in taken):   # results of theirs and results of ours make no whole
        taken += [path for path in ours if path.startswith(_COMPUTED) and path in stored]
        ours = [path for path in ours if not path.startswith(_COMPUTED)]
    return Plan(ours=tuple(ours), theirs=tuple(sorted([*theirs, *taken])))


def _is_named(path: str, take: Collection[str]) -> bool:
    return any(path == name or path.startswith(f"{name.rstrip('/')}/") for name in take)


def _told(both: list[Version]) -> str:
    """Whose change is in the way, and what to do."""
    first = both[0]
    more = f"; and so with {len(both) - 1} more: {', '.join(one.path for one in both[1:4])}" if len(both) > 1 else ""
    why = ""
    if first.path.startswith("log/"):
        why = "Two wrote this log under one name: give each person and each worker a name of its own. "
    return (f"{first.path} was changed here and in the store, where {first}{more}. Both were left as they "
            f"are. {why}Keep a copy of yours, take the store's with `sitewatch store import URL CASE --theirs "
            f"{first.path}`, and make your change again")
