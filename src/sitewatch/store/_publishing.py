"""What an author states for publication: the table ``publish`` of case.yaml, and the record of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

import yaml
from odc.geo.geobox import GeoBox

from sitewatch.errors import CaseFileError
from sitewatch.geo import picture_grid
from sitewatch.model import Correction, Earlier, HarmReview, Licence, Permission, Publication, Table, parse_yaml
from sitewatch.store._files import read_bytes, write_atomically
from sitewatch.store._plain import from_plain, to_plain

__all__ = ["EARLIER", "clean_text", "earlier_text", "publication_of", "published_before", "record_published",
           "version_published", "with_earlier"]

EARLIER = "publications.yaml"
_NO_GRID: GeoBox = picture_grid(1, 1, 1.0)  # nothing here lies on the ground
_LARGEST_BYTES = 16 * 1024 * 1024
_WORDS = ("publisher", "contact", "licence", "ai_use", "reply", "dates", "indicators", "state_media")
_KEYS = ", ".join(["version", "date", *_WORDS, "no_pixels", "scenes", "licences", "harm_review", "corrections"])


def publication_of(table: Table) -> Publication:
    """The table ``publish``; CaseFileError names the key that cannot be used. What is not stated stays empty."""
    scenes, review = table.table("scenes"), table.table("harm_review")
    said = [clean_text(table.take(key, str, ""), 2000) for key in _WORDS]
    made = Publication(
        version=_version(table) if table.has("version") else 0, date=_day(table, "date"),
        publisher=said[0], contact=said[1], licence=said[2], ai_use=said[3], reply=said[4], dates=said[5],
        indicators=said[6], state_media=said[7],
        no_pixels=table.take("no_pixels", bool, default=False),
        scenes_licence=clean_text(scenes.take("licence", str, "")) or None,
        scenes_credit=clean_text(scenes.take("credit", str, "")) or None,
        licences=tuple(_licence(entry) for entry in table.tables("licences")),
        harm=_harm(review) if review.nodes else None,
        corrections=tuple(_correction(entry) for entry in table.tables("corrections")))
    scenes.done("licence, credit")
    for name in ("version", "no_pixels"):
        table.any(name)
    table.done(_KEYS)
    return made


def with_earlier(publication: Publication, folder: Path) -> Publication:
    """The publication with what its case published before this version."""
    return replace(publication, earlier=tuple(e for e in _read(folder) if e.version < publication.version))


def earlier_text(earlier: Iterable[Earlier]) -> bytes:
    """The record of what was published so far, in order of version."""
    plain = {"published": [to_plain(entry, _NO_GRID) for entry in sorted(earlier, key=lambda e: e.version)]}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110).encode()


def record_published(folder: Path, entry: Earlier) -> None:
    """Add a version to the case's record of what it published; one of the same number is replaced."""
    others = [e for e in _read(folder) if e.version != entry.version]
    write_atomically(folder / EARLIER, earlier_text([*others, entry]))


def published_before(folder: Path, version: int) -> Earlier | None:
    """The record of a version that was published already."""
    return next((e for e in _read(folder) if e.version == version), None)


def version_published(folder: Path, sha256: str) -> int | None:
    """The version that was published with this evidence."""
    return next((e.version for e in _read(folder) if e.sha256 == sha256), None)


def _read(folder: Path) -> tuple[Earlier, ...]:
    file = folder / EARLIER
    if not file.exists():
        return ()
    table = parse_yaml(read_bytes(file, _LARGEST_BYTES), file)
    return from_plain(table.plain_values().get("published", []), tuple[Earlier, ...], _NO_GRID, file)


def clean_text(text: str, longest: int = 300) -> str:
    """Text on one line without invisible characters, so that it can neither break a file nor hide in a report."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:longest]


def _version(table: Table) -> int:
    version = table.take("version", int)
    if not 1 <= version <= 9999:
        raise CaseFileError(table.file, table.line, f"{table.key}.version", f"{version} is no version of a report",
                            "Count from 1")
    return version


def _day(table: Table, key: str) -> str:
    moment = table.moment(key)
    return "" if moment is None else f"{moment:%Y-%m-%d}"


def _licence(table: Table) -> Licence:
    name, allows = clean_text(table.take("id", str)), table.take("allows", str)
    if allows not in get_args(Permission):
        raise table.wrong("allows", f"{allows[:40]!r} is no permission",
                          f"Use one of {', '.join(get_args(Permission))}")
    made = Licence(id=name, allows=cast(Permission, allows), source=clean_text(table.take("source", str), 500))
    table.done("id, allows, source")
    return made


def _harm(table: Table) -> HarmReview:
    by, outcome, withheld = (clean_text(table.take(key, str, ""), 2000) for key in ("by", "outcome", "withheld"))
    made = HarmReview(by=by, date=_day(table, "date"), outcome=outcome, withheld=withheld)
    table.done("by, date, outcome, withheld")
    return made


def _correction(table: Table) -> Correction:
    text = clean_text(table.take("text", str), 2000)
    made = Correction(version=_version(table), date=_day(table, "date"), text=text)
    table.done("version, date, text")
    return made
