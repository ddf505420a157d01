"""The sentences, sorted for a reader: the bottom line, what is said of each structure, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sitewatch.model import Finding, Findings, Structure

__all__ = ["Said", "said_in"]

_KNOWN = ("seen", "measured", "inferred")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """``bottom_line``: at most three sentences. ``of`` a structure's id: what is told first, and ``more`` of it.

    ``besides``: about no structure. ``others``: what others say, and whether it holds.
    """

    bottom_line: tuple[Finding, ...]
    of: Mapping[str, tuple[Finding, ...]]
    more: Mapping[str, tuple[Finding, ...]]
    besides: tuple[Finding, ...]
    others: tuple[Finding, ...]
    unknown: tuple[Finding, ...]


def said_in(findings: Findings, order: Sequence[Structure]) -> Said:
    """Every finding once; the bottom line repeats the most important ones."""
    known = [f for f in findings if f.layer in _KNOWN]
    about = {structure.id: [f for f in known if f.evidence[:1] == (structure.id,)] for structure in order}
    of = {name: _first_of_each_layer(told) for name, told in about.items()}
    besides = tuple(f for f in known if not about.keys() & set(f.evidence[:1]))
    others, unknown = (tuple(f for f in findings if f.layer == layer) for layer in ("said by others", "unknown"))
    lead = of[order[0].id] if order else _first_of_each_layer(besides)
    return Said(bottom_line=lead or unknown[:1], of=of, besides=besides, others=others, unknown=unknown,
                more={name: tuple(f for f in told if f not in of[name]) for name, told in about.items()})


def _first_of_each_layer(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The first observation, the first measurement, then the first inference."""
    first = (next((f for f in findings if f.layer == layer), None) for layer in _KNOWN)
    return tuple(finding for finding in first if finding)
