"""What the rows of the checklist look at: the page as it would be published, and the records below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sitewatch.model import Changes, Finding, Findings, Measurement, Measurements, Publication, Stack, Structures
from sitewatch.report._figures import Figure, Shot
from sitewatch.report._page import Page

__all__ = ["Draft", "listed"]

_NAMED = 4   # more are counted only


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """``files``: the paths of the page's files."""

    page: Page
    findings: Findings
    changes: Changes
    structures: Structures
    measurements: Measurements
    stack: Stack
    publication: Publication
    files: frozenset[str]

    @property
    def figures(self) -> Iterator[Figure]:
        """Every figure once."""
        found = (self.page.key, *(story.figure for story in self.page.stories), self.page.map)
        yield from {figure.id: figure for figure in found if figure}.values()

    @property
    def pairs(self) -> Iterator[Figure]:
        """The figures with a before and an after."""
        yield from (figure for figure in self.figures if len(figure.shots) == 2)

    @property
    def shots(self) -> Iterator[Shot]:
        """Every picture that shows anything of its image."""
        for figure in self.figures:
            yield from (shot for shot in (*figure.shots, *figure.bracket)
                        if not shot.permit or shot.permit.allows != "outline")

    @property
    def numbers(self) -> Iterator[Measurement]:
        """What was measured, and could be."""
        yield from (measurement for measurement in self.measurements if measurement.value)

    @property
    def said_by_others(self) -> Iterator[Finding]:
        """What others claim."""
        yield from (finding for finding in self.findings if finding.layer == "said by others")


def listed(names: Iterator[str], what: str) -> str:
    """Some names and what is wrong with them; empty where there are none."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more}: {what}" if found else ""
