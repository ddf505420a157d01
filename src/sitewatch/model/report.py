"""The published page: its title and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sitewatch.model.publication import Row

__all__ = ["Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A self-contained folder: ``files`` maps paths within it to their bytes; ``index.html`` is the page.

    ``rows`` is the checklist of a report that is to be published.
    """

    title: str
    files: Mapping[str, bytes]
    rows: tuple[Row, ...] = ()
