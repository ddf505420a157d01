"""What a desk is told of the structures of a site and of the claims about it, each thing once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shapely import Polygon

from sitewatch.model.check import Verdict
from sitewatch.model.quantity import Between, Quantity
from sitewatch.model.structure import StructureClass

__all__ = ["AnyNews", "News", "NewsKind", "VerdictNews"]

NewsKind = Literal["candidate", "confirmed", "withdrawn"]
"""A structure that few looks show yet; one that enough looks show; one that was told of and is reported no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that was told of one structure, as it was known ``at`` that time.

    ``subject`` names the structure by what it was called when it was first told of: measured again it may be called
    otherwise. ``known``: it was there when the watch began, and nobody was alerted. ``outline`` is in the coordinates
    of the site's grid; ``between`` brackets what happened; ``area`` is None where it cannot be told.
    """

    id: str
    at: datetime
    kind: NewsKind
    subject: str
    label: str
    class_: StructureClass
    outline: Polygon
    between: Between
    chance: float
    area: Quantity | None
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictNews:
    """The verdict of one claim, as it was ``at`` that time, and the one that was told of ``before``.

    ``subject`` is the id of the claim, ``quote`` what was claimed. ``known``: it is the first verdict that is kept of
    the claim, and nobody was alerted; ``before`` is then None.
    """

    id: str
    at: datetime
    kind: Literal["verdict"] = "verdict"
    subject: str
    quote: str
    verdict: Verdict
    before: Verdict | None
    why: str
    known: bool = False


AnyNews = News | VerdictNews
