"""documents/: texts as received, one YAML beside each that says whose it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import Document, Span, Table, parse_yaml
from sitewatch.store._files import inside, read_bytes
from sitewatch.store._publishing import clean_text
from sitewatch.store._texts import LARGEST_DOCUMENT_BYTES, text_of

__all__ = ["DOCUMENTS", "document_of", "optional_text", "read_documents", "refuse_circle", "span_of"]

DOCUMENTS = "documents"
_LARGEST_SIDECAR_BYTES = 100_000
_MOST_DOCUMENTS = 2000
_KNOWN = ("id, path, sha256, bytes, characters, publisher, url, date_in_text, anchor_date, origin, language, admiralty,"
          " licence, retrieved, archive_url, translation_of")


def read_documents(folder: Path) -> Iterable[tuple[Document, str, Table]]:
    """Each document with its text, and with the table that tells of it for errors, from the YAML files in documents/ in
    the order of their names."""
    sidecars = sorted((folder / DOCUMENTS).glob("*.yaml"))
    if len(sidecars) > _MOST_DOCUMENTS:
        raise InputError(f"{folder / DOCUMENTS} holds more than {_MOST_DOCUMENTS} documents. Split the case")
    for path in sidecars:
        name = f"{DOCUMENTS}/{path.name}"
        table = parse_yaml(read_bytes(inside(folder, name), _LARGEST_SIDECAR_BYTES), path)
        yield (*document_of(table, folder, path.stem), table)


def document_of(table: Table, folder: Path, default_id: str | None = None) -> tuple[Document, str]:
    """The document that a table describes, and its text. Its path is relative to the file that names it."""
    document_id = clean_text(table.take("id", str, default_id or ""), 100)
    if not document_id:
        raise table.wrong("id", "is missing", "Give the document a short name")
    relative = _path(table, folder, document_id)
    try:
        data = read_bytes(inside(folder, relative), LARGEST_DOCUMENT_BYTES)
        text = text_of(data, folder / relative)
    except CaseFileError:
        raise
    except InputError as error:
        raise table.wrong("path", str(error).rstrip("."), "Correct the document or its path") from error
    sha256 = hashlib.sha256(data).hexdigest()
    anchor, original = table.table("anchor_date"), optional_text(table, "translation_of")
    document = Document(
        id=document_id, path=relative, sha256=sha256, is_changed=_is_changed(table, sha256, data, text),
        publisher=clean_text(table.take("publisher", str)), url=optional_text(table, "url"),
        dated=_span(table, "date_in_text"), anchored=_span(anchor, "value"), anchor=optional_text(anchor, "from"),
        origin=optional_text(table, "origin") or original, translation_of=original,
        retrieved=table.moment("retrieved"), archive_url=optional_text(table, "archive_url"),
        language=clean_text(table.take("language", str, "en"), 20),
        grade=_grade(table), licence=optional_text(table, "licence"))
    anchor.done("value, from")
    table.done(_KNOWN)
    return document, text


def refuse_circle(held: Sequence[tuple[Document, str, Table]]) -> None:
    """No document goes back to itself, over however many others: then none of them would be the first."""
    above = {one.id: {other.id for other, _, _ in held if one.repeats(other)} for one, _, _ in held}
    for document, _, table in held:
        seen: set[str] = set()
        front = above[document.id]
        while front:
            if document.id in front:
                raise table.wrong("origin", f"runs in a circle: {document.id} would repeat itself by way of "
                                  f"{document.origin}", "Leave it out for the one that was first, or name a document")
            seen |= front
            front = {upper for name in front for upper in above[name]} - seen


def optional_text(table: Table, key: str) -> str | None:
    """One clean line of text, or None."""
    return clean_text(table.take(key, str, ""), 2000) or None


def span_of(text: str) -> Span | None:
    """The time that a text names: a year, a month, a day, an interval a/b whose last day counts, or "before" one.

    None where it is no such text.
    """
    if before := re.fullmatch(r"before (\S+)", text):
        found = span_of(before[1])
        return Span(end=found.end) if found else None
    first, _, last = text.partition("/")
    start, end = _one(first), _one(last or first)
    return Span(start=start[0], end=end[1]) if start and end and start[0] < end[1] else None


def _one(text: str) -> tuple[datetime, datetime] | None:
    """From the first moment to the end of a year, a month or a day."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text.strip())
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        start = datetime(year or 1, month or 1, day or 1, tzinfo=UTC)
        if day:
            return start, start + timedelta(days=1)
        months = 1 if month else 12
        later = (start.month - 1 + months) // 12
        return start, start.replace(year=start.year + later, month=(start.month - 1 + months) % 12 + 1)
    except (ValueError, OverflowError):
        return None


def _span(table: Table, key: str) -> Span | None:
    if not table.has(key):
        table.any(key)
        return None
    line = table.lines[key]
    text = str(table.any(key))
    found = span_of(text)
    if found is None:
        raise CaseFileError(table.file, line, f"{table.key}.{key}".lstrip("."), f"{text[:60]!r} is not a date",
                            "Write 2024, 2024-10, 2024-10-05 or 2024-10-01/2024-10-10")
    return found


def _path(table: Table, folder: Path, document_id: str) -> str:
    """Beside the file that names it; a YAML in documents/ may leave it out where only one file has its name."""
    here = "" if table.file.parent == folder else f"{table.file.parent.name}/"
    if table.has("path"):
        return f"{here}{PurePosixPath(table.take('path', str))}"
    beside = sorted(path.name for path in table.file.parent.glob(f"{document_id}.*") if path.suffix != ".yaml")
    if len(beside) != 1:
        raise table.wrong("path", f"{len(beside)} files are called {document_id}", "Add `path:` with the file's name")
    return f"{here}{beside[0]}"


def _is_changed(table: Table, sha256: str, data: bytes, text: str) -> bool:
    stated = table.take("sha256", str, "").lower()
    if not stated:
        raise table.wrong("sha256", "is missing", f"If this is the file as received, add `sha256: {sha256}`")
    counted = [table.take(key, int, count) == count for key, count in (("bytes", len(data)), ("characters", len(text)))]
    return stated != sha256 or not all(counted)


def _grade(table: Table) -> str:
    grade = table.take("admiralty", str, "F")
    if grade not in ("A", "B", "C", "D", "E", "F"):
        raise table.wrong("admiralty", f"{grade[:20]!r} is no grade", "Write A to F; a source without record is F")
    return grade
