"""What is new in a case, beside what was told of it before: its structures, and the verdicts of claims about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sitewatch.model import (
    AnyNews,
    Checks,
    Measurements,
    News,
    NewsKind,
    Structure,
    Structures,
    VerdictNews,
    fingerprint,
)

__all__ = ["news_of", "standing"]

_CONFIRMING = 3   # clear looks in a row, the first included: one odd picture, and a second taken days after it in the
                  # same weather, must not be enough
_SAME = 0.3       # of the smaller outline: measured again, a thing lies where it lay, whatever it is called now


def news_of(structures: Structures, measurements: Measurements, checks: Checks, told: Sequence[AnyNews] | None,
            at: datetime) -> tuple[AnyNews, ...]:
    """What has to be told of the structures, in their order, then of those that are found no more, then of claims.

    ``told`` is all that was told before, oldest first; None where the case was never watched: what stands then is
    known already, and so is the first verdict of every claim.
    """
    begun, slug = len(told or ()), structures.site.slug
    new: list[AnyNews] = [*_of_structures(structures, measurements, told, at), *_of_claims(checks, told or (), at)]
    return tuple(replace(news, id=fingerprint([slug, news.subject, news.kind, begun + i]),
                         known=news.known or told is None) for i, news in enumerate(new))


def standing(told: Sequence[AnyNews]) -> tuple[News, ...]:
    """The last that was told of each structure that was not withdrawn since, in the order of first telling."""
    last = {news.subject: news for news in told if isinstance(news, News)}
    return tuple(news for news in last.values() if news.kind != "withdrawn")


def _of_structures(structures: Structures, measurements: Measurements, told: Sequence[AnyNews] | None,
                   at: datetime) -> list[News]:
    last = {news.subject: news for news in standing(told or ())}
    new: list[News] = []
    for structure in structures.changed:
        before = _told_of(structure, last.values())
        kind: NewsKind = "confirmed" if _confirming(structure) >= _CONFIRMING else "candidate"
        if before is not None:
            del last[before.subject]
        if before is None or (before.kind, kind) == ("candidate", "confirmed"):
            subject = before.subject if before else structure.id
            new.append(_news(structure, subject, kind, measurements, at))
    return new + [replace(gone, at=at, kind="withdrawn", known=False) for gone in last.values()]


def _of_claims(checks: Checks, told: Sequence[AnyNews], at: datetime) -> list[VerdictNews]:
    """Each verdict that is another than what was told last of its claim."""
    last = {news.subject: news.verdict for news in told if isinstance(news, VerdictNews)}
    return [VerdictNews(id="", at=at, subject=check.claim.id, quote=check.claim.quote, verdict=check.verdict,
                        before=last.get(check.claim.id), why=check.why, known=check.claim.id not in last)
            for check in checks if last.get(check.claim.id) != check.verdict]


def _told_of(structure: Structure, told: Iterable[News]) -> News | None:
    """The news that told of the same thing: that which overlaps it most."""
    best, most = None, _SAME
    for news in told:
        if (news.class_ == "removed structure") == (structure.class_ == "removed structure"):
            smaller = max(min(news.outline.area, structure.outline.area), 1e-9)
            share = news.outline.intersection(structure.outline).area / smaller
            if share > most:
                best, most = news, share
    return best


def _confirming(structure: Structure) -> int:
    """How many clear looks since it happened show it so."""
    by, then = structure.happened.by, "absent" if structure.went else "present"
    return 0 if by is None else sum(look.taken >= by and look.state == then for look in structure.looks)


def _news(structure: Structure, subject: str, kind: NewsKind, measurements: Measurements, at: datetime) -> News:
    measured = measurements.of(structure.id, "area")
    return News(id="", at=at, kind=kind, subject=subject, label=structure.label, class_=structure.class_,
                outline=structure.outline, between=structure.happened, chance=structure.chance,
                area=measured.value if measured else None)
