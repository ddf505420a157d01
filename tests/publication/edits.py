"""Edits of a bundle, from a flipped bit to a forger's who writes every hash list anew."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from sitewatch.store import SUMS
from sitewatch.store._bundle import write_zip

TEXTS = (".html", ".json", ".geojson", ".csv", ".yaml", ".jsonl", ".txt", ".xml", SUMS)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_zip(out, files)
    return out.getvalue()


def sealed(files: dict[str, bytes]) -> bytes:
    """As a forger would: the list of hashes written anew."""
    rest = {name: data for name, data in files.items() if name != SUMS}
    sums = "".join(f"{hashlib.sha256(rest[name]).hexdigest()}  {name}\n" for name in sorted(rest))
    return zipped({**rest, SUMS: sums.encode()})


def flipped_bit(data: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1:]


def removed_line(data: bytes, draw: Random) -> bytes:
    files = members(data)
    name = draw.choice([name for name in sorted(files) if name.endswith(TEXTS)])
    lines = files[name].splitlines(keepends=True)
    lines.pop(draw.randrange(len(lines)))
    return zipped({**files, name: b"".join(lines)})


def edited_number(data: bytes, draw: Random) -> bytes:
    files = members(data)
    places = {name: [i for i, sign in enumerate(data) if 48 <= sign <= 57]
              for name, data in files.items() if name.endswith(TEXTS)}
    name = draw.choice([name for name in sorted(places) if places[name]])
    text, place = files[name], draw.choice(places[name])
    other = (text[place] - 48 + draw.randrange(1, 10)) % 10 + 48
    return zipped({**files, name: text[:place] + bytes([other]) + text[place + 1:]})


def swapped_files(data: bytes, draw: Random) -> bytes:
    files = members(data)
    kind = draw.choice((".jpg", ".tif"))
    one, other = draw.sample([name for name in sorted(files) if name.endswith(kind)], 2)
    if files[one] == files[other]:
        return removed_member(data, draw)
    return zipped({**files, one: files[other], other: files[one]})


def removed_member(data: bytes, draw: Random) -> bytes:
    files = members(data)
    files.pop(draw.choice(sorted(files)))
    return zipped(files)


def added_member(data: bytes, draw: Random) -> bytes:
    return zipped({**members(data), f"report/more-{draw.randrange(999)}.html": b"<p>more</p>"})


def cut_short(data: bytes, draw: Random) -> bytes:
    return data[:draw.randrange(1, len(data))]


def padded(data: bytes, draw: Random) -> bytes:
    room = bytes(draw.randrange(1, 64))
    return data + room if draw.random() < 0.5 else room + data


EDITS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flipped_bit, flipped_bit, removed_line, edited_number, swapped_files, removed_member, added_member, cut_short,
    padded)


def edit_file(path: Path, draw: Random) -> None:
    """One bit of a file, flipped."""
    path.write_bytes(flipped_bit(path.read_bytes(), draw))
