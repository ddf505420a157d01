"""What an author states before a report may be published, what each image's licence allows, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Correction", "Earlier", "HarmReview", "Licence", "Permission", "Permit", "Publication", "Row", "Rule"]

Permission = Literal["pixels", "figure", "reduced", "outline"]
"""What may be published of a scene: the file as received, a figure at full size, a reduced figure, or only its id, hash
and outline."""

Rule = Literal["refuse", "warn", "inform"]
"""What an open row does: stops publication, is printed in the report, or is shown to the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What a licence allows, and where that is written. ``id`` is an SPDX name, or what a provider calls it."""

    id: str
    allows: Permission
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What may be published of one scene, and why no more."""

    scene: str
    allows: Permission
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmReview:
    """Who weighed whom the report could hurt, on which ISO day, with which outcome, and what was withheld for it."""

    by: str
    date: str
    outcome: str
    withheld: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a version of the report changed, in the author's words; ``date`` is an ISO day."""

    version: int
    date: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier version of the report: what it said, and the SHA-256 of its evidence."""

    version: int
    date: str
    title: str
    sentences: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The table ``publish`` of case.yaml; empty texts and a version of 0 are what the author has not stated yet.

    ``dates`` says what the dates of plain pictures are, such as "acquisition"; ``indicators`` what would change the
    author's mind. ``scenes_licence`` and ``scenes_credit``, in which {year} is the year of the image, hold for the
    scenes whose own metadata name none. ``beside``: the names of the files that are published beside the page.
    """

    version: int = 0
    date: str = ""
    publisher: str = ""
    contact: str = ""
    licence: str = ""
    ai_use: str = ""
    reply: str = ""
    dates: str = ""
    indicators: str = ""
    state_media: str = ""
    no_pixels: bool = False
    scenes_licence: str | None = None
    scenes_credit: str | None = None
    licences: tuple[Licence, ...] = ()
    harm: HarmReview | None = None
    corrections: tuple[Correction, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the checklist, judged: ``missing`` is empty where it holds, ``remedy`` says how to supply it."""

    number: int
    rule: Rule
    element: str
    missing: str = ""
    remedy: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is missing."""
        return bool(self.missing)
