"""What a published page says of itself: who answers for it, what its licences withheld, what was said before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sitewatch.model import Correction, Findings, Permit, Publication
from sitewatch.report._language import gettext, gettext_noop

__all__ = ["Published", "published_of"]

_WORDS = {"pixels": gettext_noop("published with their pixels as received"),
          "figure": gettext_noop("shown in figures only"),
          "reduced": gettext_noop("shown at half their resolution only"),
          "outline": gettext_noop("withheld: only id, hash and outlines are given")}
# What lies beside the page, in the order in which a reader wants it.
_FILES = {"report.pdf": gettext_noop("this page on A4"), "case.kmz": gettext_noop("for Google Earth Pro"),
          "case.qgz": gettext_noop("for QGIS, with case.gpkg beside it"),
          "case.gpkg": gettext_noop("outlines, looks and tables (GeoPackage)"),
          "feed.xml": gettext_noop("every version of this report, for feed readers"),
          "evidence.zip": gettext_noop("everything this page follows from")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``shares``: how many scenes are published how, and why no more. ``gone`` and ``came``: sentences that the
    version before this one had and this one has not, and the reverse. ``files``: what lies beside the page, and
    what it is for."""

    publication: Publication
    shares: tuple[tuple[int, str, str], ...]
    corrections: tuple[Correction, ...]
    before: str
    gone: tuple[str, ...]
    came: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


def published_of(publication: Publication, findings: Findings, permits: Mapping[str, Permit]) -> Published:
    """Everything that follows from the author's statements and the licences."""
    shares = Counter((gettext(_WORDS[permit.allows]), permit.why) for permit in permits.values())
    last = publication.earlier[-1] if publication.earlier else None
    sentences = tuple(finding.text for finding in findings)
    return Published(
        publication=publication, shares=tuple((count, *words) for words, count in shares.most_common()),
        corrections=tuple(sorted(publication.corrections, key=lambda c: (c.version, c.date))),
        before=gettext("Version %(number)s of %(day)s, “%(title)s”") % {
            "number": last.version, "day": last.date, "title": last.title} if last else "",
        gone=tuple(text for text in last.sentences if text not in sentences) if last else (),
        came=tuple(text for text in sentences if text not in last.sentences) if last else (),
        files=tuple((name, gettext(what)) for name, what in _FILES.items() if name in publication.beside))
