"""The sentences, sorted for a reader: the bottom line, what is said of each structure, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sitewatch.model import Finding, Findings, Structure

__all__ = ["Said", "said_in"]

_KNOWN = ("seen", "measured", "inferred")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """``bottom_line``: at most three sentences. ``of``: by structure id. ``besides``: about no structure."""

    bottom_line: tuple[Finding, ...]
    of: dict[str, tuple[Finding, ...]]
    besides: tuple[Finding, ...]
    unknown: tuple[Finding, ...]


def said_in(findings: Findings, order: Sequence[Structure]) -> Said:
    """Every finding once; the bottom line repeats the most important ones."""
    ids = {structure.id for structure in order}
    of: dict[str, tuple[Finding, ...]] = {
        structure.id: tuple(f for f in findings if f.layer != "unknown" and f.evidence[:1] == (structure.id,))
        for structure in order}
    besides = tuple(f for f in findings if f.layer != "unknown" and not ids.intersection(f.evidence[:1]))
    unknown = tuple(f for f in findings if f.layer == "unknown")
    lead = of[order[0].id] if order else ()
    return Said(bottom_line=_bottom_line(lead or besides) or unknown[:1], of=of, besides=besides, unknown=unknown)


def _bottom_line(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The first observation, the first measurement, then the first inference."""
    first = (next((f for f in findings if f.layer == layer), None) for layer in _KNOWN)
    return tuple(finding for finding in first if finding)
