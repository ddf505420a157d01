"""The checked claims for other programs: a table, and schema.org ClaimReview."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from sitewatch.model import Check, Checks, Document, Verdict

__all__ = ["claims_csv", "claims_review"]

_COLUMNS = ("claim", "document", "sha256", "start", "end", "quote", "publisher", "said_by", "kind", "verdict", "chance",
            "tested", "measured", "why", "decides", "flags", "other_tests")
# A rating needs a number; these are the ends and the middle of a scale of three. What cannot be tested has none.
_RATINGS: dict[Verdict, int] = {"refuted": 1, "cannot tell": 2, "supported": 3}


def claims_csv(checks: Checks) -> bytes:
    """One line per claim. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    documents = {document.id: document for document in checks.documents}
    for check in checks:
        writer.writerow([_harmless(cell) for cell in _cells(check, checks, documents[check.claim.document])])
    return text.getvalue().encode()


def claims_review(checks: Checks) -> bytes:
    """A JSON-LD graph of ClaimReview (https://schema.org/ClaimReview), one per claim that could be tested.

    Who publishes the review and when is for its publisher to add: a case knows neither.
    """
    documents = {document.id: document for document in checks.documents}
    graph = [_review(check, documents[check.claim.document]) for check in checks if check.verdict in _RATINGS]
    plain = {"@context": "https://schema.org", "@graph": graph}
    return (json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _cells(check: Check, checks: Checks, document: Document) -> list[str]:
    claim, first = check.claim, check.tested[0] if check.tested else None
    return [claim.id, document.path, document.sha256, str(claim.place.start), str(claim.place.end), claim.quote,
            claim.publisher, claim.said_by, claim.kind, check.verdict,
            "" if check.chance is None else f"{check.chance:.4f}", first.what if first else "",
            (first.measured or "") if first else "", check.why, (first.decides or "") if first else "",
            " ".join(flag.word for flag in checks.flags_of(claim.id)),
            "; ".join(f"{answer.what}: {answer.verdict}" for answer in check.tested[1:])]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _review(check: Check, document: Document) -> dict[str, Any]:
    claim = check.claim
    work: dict[str, Any] = {"@type": "CreativeWork", "publisher": {"@type": "Organization", "name": document.publisher},
                            "inLanguage": document.language}
    if document.url:
        work["url"] = document.url
    if document.archive_url:
        work["archivedAt"] = document.archive_url
    if document.translation_of:
        work["translationOfWork"] = {"@type": "CreativeWork", "name": document.translation_of}
    if document.dated and document.dated.start:
        work["datePublished"] = f"{document.dated.start:%Y-%m-%d}"
    said: dict[str, Any] = {"@type": "Claim", "appearance": work}
    if claim.asserted and claim.asserted.start:
        said["datePublished"] = f"{claim.asserted.start:%Y-%m-%d}"
    if claim.said_by and claim.said_by != claim.publisher:
        said["author"] = {"@type": "Organization", "name": claim.said_by}
    return {"@type": "ClaimReview", "claimReviewed": claim.quote, "itemReviewed": said, "reviewBody": check.why,
            "reviewRating": {"@type": "Rating", "ratingValue": _RATINGS[check.verdict], "worstRating": 1,
                             "bestRating": 3, "alternateName": check.verdict}}
