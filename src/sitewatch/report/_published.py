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


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``shares``: how many scenes are published how, and why no more. ``gone`` and ``came``: sentences that the
    version before this one had and this one has not, and the reverse."""

    publication: Publication
    shares: tuple[tuple[int, str, str], ...]
    corrections: tuple[Correction, ...]
    before: str
    gone: tuple[str, ...]
    came: tuple[str, ...]


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
        came=tuple(text for text in sentences if text not in last.sentences) if last else ())
