"""reviewed/: the sentences that people reviewed, frozen one review to a file. No run touches them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from sitewatch.errors import InputError
from sitewatch.model import Findings, Measurements, Review, Scenes, Structures, fingerprint
from sitewatch.store._files import checked_id, inside, signing
from sitewatch.store._plain import to_plain
from sitewatch.store._publishing import clean_text
from sitewatch.store._signed import after, all_signed, check_signed, read_signed, signed_file, take_back, write_signed
from sitewatch.store._verify import Verified

__all__ = ["REVIEWED", "check_reviews", "keep_review", "prints_of", "read_reviews", "reviews_plain", "withdraw_review"]

REVIEWED = "reviewed"
_HEAD = (b"# Reviewed by a person and frozen. A run never changes this file; to take it back:\n"
         b"# sitewatch claims freeze CASE --withdraw ID\n")
_LARGEST_BYTES = 5_000_000
_MOST = 10_000


def read_reviews(folder: Path, grid: GeoBox) -> tuple[Review, ...]:
    """All reviews in order of time; CaseFileError names the file, the line and the key of what cannot be used."""
    read = all_signed(folder, REVIEWED, _MOST, lambda path: _review(path, grid))
    return tuple(sorted(read, key=lambda review: (review.at, review.id)))


def prints_of(findings: Findings, structures: Structures, measurements: Measurements, scenes: Scenes | None,
              grid: GeoBox) -> dict[str, str]:
    """The fingerprint of every record that a sentence may rest on, by its id: scenes by the hashes of their files,
    structures with what was measured of them, claims with their verdict, documents by their hash."""
    pictures = {scene.id: fingerprint([asset.kept.sha256 for asset in scene.assets if asset.kept])
                for scene in (scenes.scenes if scenes else ())}
    things = {one.id: fingerprint([to_plain(one, grid), [to_plain(m, grid) for m in measurements
                                                         if one.id in (m.subject, m.reference)]]) for one in structures}
    claims = {check.claim.id: fingerprint(to_plain(check, grid)) for check in findings.checks}
    texts = {document.id: document.sha256[:16] for document in findings.checks.documents}
    return {**pictures, **texts, **claims, **things}


def reviews_plain(reviews: Sequence[Review], grid: GeoBox) -> list[Any]:
    """Reviews for a run's fingerprint."""
    return [to_plain(review, grid) for review in reviews]


def keep_review(folder: Path, grid: GeoBox, review: Review) -> Review:
    """Write a review and sign it in its actor's log; both are on disk when this returns."""
    with signing(folder):
        actor = checked_id(review.actor, "the person's name")
        at = after(known.at for known in read_reviews(folder, grid))
        name = checked_id(f"{at:%Y%m%dT%H%M%S%f}-{actor}", "the review")
        plain = to_plain(replace(review, at=at, why=clean_text(review.why or "", 2000) or None), grid)
        kept = {key: plain[key] for key in ("actor", "at", "why", "sentences") if plain[key] is not None}
        path = inside(folder, f"{REVIEWED}/{name}.yaml")
        write_signed(path, _HEAD, kept, {"review": name, "sentences": len(review.sentences)}, actor)
    return _review(path, grid)


def withdraw_review(folder: Path, grid: GeoBox, review_id: str, actor: str) -> Review:
    """Take a review back and sign that; InputError where there is none, or where it is another person's."""
    with signing(folder):
        path = signed_file(folder, REVIEWED, "review", review_id)
        review = _review(path, grid)
        if review.actor != actor:
            raise InputError(f"{review_id} was reviewed by {review.actor}, not by {actor}. Freeze the sentence "
                             "yourself: the later review counts")
        take_back(path, "review", actor)
    return review


def check_reviews(folder: Path) -> Iterator[Verified]:
    """Every review against the logs: an edit after freezing is caught."""
    return check_signed(folder, REVIEWED, "review")


def _review(path: Path, grid: GeoBox) -> Review:
    return read_signed(path, Review, grid, _LARGEST_BYTES)
