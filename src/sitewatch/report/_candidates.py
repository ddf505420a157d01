"""What was looked at and set aside: rejected changes by reason, and changes that are no structure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sitewatch.model import Change, Changes, Structures

__all__ = ["Candidates", "Reason", "candidates_of"]

_LISTED = 60   # a longer list is for machines: results/changes.geojson holds all of them
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason with its numbers left out, and how many candidates have it."""

    text: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """``listed``: the strongest rejected ones. ``ground_only``: kept changes that are part of no structure."""

    rejected: int
    reasons: tuple[Reason, ...]
    listed: tuple[Change, ...]
    ground_only: tuple[Change, ...]


def candidates_of(changes: Changes, structures: Structures) -> Candidates:
    """The rejected candidates, strongest first."""
    used = {name for structure in structures for name in structure.changes}
    rejected = sorted((c for c in changes if c.why_not is not None), key=lambda c: (-c.strength, c.id))
    ground = sorted((c for c in changes.kept if c.id not in used), key=lambda c: (-c.strength, c.id))
    counts: dict[str, int] = {}
    for change in rejected:
        text = _NUMBER.sub("…", change.why_not or "").strip().rstrip(".")
        counts[text] = counts.get(text, 0) + 1
    reasons = sorted((Reason(text=text, count=count) for text, count in counts.items()), key=lambda r: -r.count)
    return Candidates(rejected=len(rejected), reasons=tuple(reasons), listed=tuple(rejected[:_LISTED]),
                      ground_only=tuple(ground))
