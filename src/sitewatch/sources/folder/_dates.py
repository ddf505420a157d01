"""When an image was taken: by its STAC item, its TIFF tags, its name, or a list that a person wrote."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import DateOrigin, day

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

__all__ = ["Taken", "by_name", "by_tags", "read_dates", "when_taken"]

_EARLIEST = datetime(1957, 10, 4, tzinfo=UTC)   # Sputnik 1; aerial photographs may be dated by a list
_TAGS = ("ACQUISITIONDATETIME", "TIFFTAG_DATETIME")
_TAG_FORMATS = ("%Y:%m:%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_DATE = re.compile(r"(?<!\d)(?P<date>(?:19|20)\d\d(?P<sep>[-_.]?)\d\d(?P=sep)\d\d)"
                   r"(?:[T_ -]?(?P<time>\d\d(?P<colon>[-:]?)\d\d(?P=colon)\d\d))?(?!\d)")
_DATE_ONLY = re.compile(r"(?<!\d)(?P<date>(?:19|20)\d\d(?P<sep>[-_.]?)\d\d(?P=sep)\d\d)(?!\d)")
# The name of a Sentinel-2 or a Landsat product gives the time of sensing first and the time of processing last.
_SENSED_FIRST = re.compile(r"S2[A-D]_|L[CEMOT]\d\d_L[12]\w\w_\d{6}_", re.IGNORECASE)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A moment in UTC and where it is from; 00:00:00 where only the day is known."""

    moment: datetime
    origin: DateOrigin
    is_day_only: bool = False


def when_taken(stem: str, tags: Mapping[str, str], stac: datetime | None, listed: Taken | None) -> Taken | str:
    """The image's date by the first origin that has one, or in words why it has none.

    A TIFF tag that knows only the day gives way to a name that knows the time of that day. A person's list
    comes last, so a list that says another day than the image does is a conflict, not an answer.
    """
    named = by_name(stem)
    tagged = by_tags(tags)
    if tagged is not None and tagged.is_day_only and isinstance(named, Taken) and not named.is_day_only \
            and named.moment.date() == tagged.moment.date():
        tagged = None
    own = Taken(moment=stac, origin="stac") if stac is not None else tagged
    if own is None and isinstance(named, Taken):
        own = named
    if own is None or listed is None:
        if own is None and listed is None:
            return named if isinstance(named, str) else (
                "no date. Put it into the file's name as YYYY-MM-DD, or list it in a CSV with the columns file,date")
        own = own or listed
    elif abs(own.moment - listed.moment) > _DAY:
        return (f"its {own.origin} says {day(own.moment)}, the list of dates says {day(listed.moment)}. "
                "Correct whichever is wrong")
    if own is None or not _is_plausible(own.moment):
        return f"its date {own.moment if own else ''} cannot be: correct it, or remove the image"
    return own


def by_tags(tags: Mapping[str, str]) -> Taken | None:
    """The date in a TIFF's tags; blank or malformed tags, which cameras and tools do write, count as none."""
    for key in _TAGS:
        text = tags.get(key, "").strip()[:19]
        for form in _TAG_FORMATS:
            try:
                moment = datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
            if _is_plausible(moment):
                return Taken(moment=moment, origin="tiff tag", is_day_only=moment.time() == datetime.min.time())
    return None


def by_name(stem: str) -> Taken | str | None:
    """The date in a file's name, None without one; in words why not when it names more than one day."""
    found = [taken for match in _DATE.finditer(stem) if (taken := _parsed(match)) is not None]
    if not found:
        found = [taken for match in _DATE_ONLY.finditer(stem) if (taken := _parsed(match)) is not None]
    days = {taken.moment.date() for taken in found}
    if len(days) > 1 and not _SENSED_FIRST.match(stem):
        return "its name holds more than one date. Name it by the day it was taken, or list it in a CSV (file,date)"
    return found[0] if found else None


def read_dates(path: Path) -> dict[str, Taken]:
    """A CSV with the columns file,date: dates by the file's name, or by its path within the folder.

    Dates are ISO 8601, UTC where no offset is given. Raises CaseFileError with the line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of dates {path} cannot be read ({error}). "
                         "Give a CSV file in UTF-8 with the columns file,date") from error
    lines = text.splitlines()
    reader = csv.reader(lines, delimiter=";" if lines and ";" in lines[0] and "," not in lines[0] else ",")
    try:
        return _dates_in(reader, path)
    except csv.Error as error:
        raise CaseFileError(path, reader.line_num, "file", f"is not a CSV file ({error})",
                            "Give the columns file,date") from error


def _dates_in(reader: CsvReader, path: Path) -> dict[str, Taken]:
    header = [cell.strip().lower() for cell in next(reader, [])]
    if "file" not in header or "date" not in header:
        raise CaseFileError(path, 1, "file,date", "these columns are not both there", "Begin with the line file,date")
    at_file, at_date = header.index("file"), header.index("date")
    dates: dict[str, Taken] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(at_file, at_date):
            raise CaseFileError(path, reader.line_num, "file,date", "a column is missing", "Give file and date")
        name, taken = row[at_file].strip().replace("\\", "/"), _from_iso(row[at_date].strip())
        if taken is None:
            raise CaseFileError(path, reader.line_num, "date", f"{row[at_date]!r} is not a date that can be",
                                "Write 2024-05-31 or 2024-05-31T10:15:00Z")
        if name in dates and dates[name] != taken:
            raise CaseFileError(path, reader.line_num, "file", f"{name} has two dates", "Keep one of them")
        dates[name] = taken
    return dates


def _parsed(match: re.Match[str]) -> Taken | None:
    digits = re.sub(r"\D", "", match["date"])
    clock = re.sub(r"\D", "", match.groupdict().get("time") or "")
    for text, form in ((digits + clock, "%Y%m%d%H%M%S"), (digits, "%Y%m%d")):
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if len(text) in (8, 14) and _is_plausible(moment):
            return Taken(moment=moment, origin="file name", is_day_only=len(text) == 8)
    return None


def _from_iso(text: str) -> Taken | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Taken(moment=moment, origin="csv", is_day_only=len(text) <= 10) if _is_plausible(moment) else None


def _is_plausible(moment: datetime) -> bool:
    """Whether a satellite can have taken an image then: not before there was one, not in the future."""
    return _EARLIEST <= moment <= datetime.now(UTC) + _DAY
