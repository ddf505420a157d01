"""Texts that others have published, kept as received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sitewatch.model.quantity import Span

__all__ = ["Document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text as received. ``path`` is relative to the case, ``sha256`` that of the file as it is now.

    ``is_changed``: the file is not the one that was noted down. ``dated`` is the time of publication that the text
    itself shows, None where it shows none; ``anchor`` says from where else its time is known. ``origin`` names who
    first published what it repeats, None where that is itself or unknown. ``grade`` is the Admiralty letter A to F.
    ``retrieved`` is when the file was received, ``archive_url`` a copy that an archive keeps, ``translation_of`` the
    text that it translates, which then is its origin.
    """

    id: str
    path: str
    sha256: str
    publisher: str
    is_changed: bool = False
    url: str | None = None
    dated: Span | None = None
    anchor: str | None = None
    anchored: Span | None = None
    origin: str | None = None
    language: str = "en"
    grade: str = "F"
    licence: str | None = None
    retrieved: datetime | None = None
    archive_url: str | None = None
    translation_of: str | None = None

    def repeats(self, other: Document) -> bool:
        """Whether its origin is that document, by its id or its publisher; one that names itself repeats nobody."""
        return self.id != other.id and self.origin not in (self.id, self.publisher) \
            and self.origin in (other.id, other.publisher)
