"""Sentences that may be published, each tied to the records that carry it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sitewatch.model.check import NOTHING_CHECKED, Checks
from sitewatch.model.site import Site

__all__ = ["Finding", "Findings", "Layer"]

Layer = Literal["seen", "measured", "inferred", "said by others", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement, its layer, and the ids of the structures and scenes that it rests on."""

    id: str
    text: str
    layer: Layer
    evidence: tuple[str, ...]
    chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What may be said of a site, most important first; ``checks`` is what became of what others say."""

    site: Site
    title: str
    records: tuple[Finding, ...]
    checks: Checks = NOTHING_CHECKED

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.records)
