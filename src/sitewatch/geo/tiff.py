"""What the directories of a TIFF file say of where its bytes are: no pixel is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sitewatch.errors import ImageError

__all__ = ["is_cut_short", "touch_directories"]

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # little or big endian; BigTIFF has a plus
# Bytes per value by the TIFF 6.0 and BigTIFF field types.
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {3: "u2", 4: "u4", 16: "u8"}
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_MOST_DIRECTORIES = 64   # an image with its overviews and masks has about twenty
_LARGEST_DIRECTORIES_BYTES = 32_000_000   # places of tiles and georeference; an image of 2 million tiles
_Entries = dict[int, tuple[int, int, int]]  # tag: type, number of values, position of the first


def is_cut_short(path: Path) -> bool:
    """Whether a TIFF's directories name bytes beyond the end of the file; False for what is no TIFF.

    A download that broke off keeps its first directory and often opens well, without its georeference.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(16)
        if first[:4] not in _SIGNATURES:
            return False
        try:
            return any(_reaches_beyond(file, entries, size, _order(first))
                       for entries in _directories(file, first))
        except (struct.error, ValueError, OverflowError):  # ends within a directory
            return True


def touch_directories(file: BinaryIO) -> None:
    """Read every directory and all that it points to, so that a file which fetches what is read from it has them.

    Raises ImageError for what is no TIFF, has a damaged directory or directories of an unlikely size.
    """
    first, left = file.read(16), _LARGEST_DIRECTORIES_BYTES
    if first[:4] not in _SIGNATURES:
        raise ImageError("it is not a TIFF, so that no piece of it can be cut out")
    try:
        for entries in _directories(file, first):
            for kind, values, at in entries.values():
                left -= (size := values * _BYTES.get(kind, 1))
                if left < 0:
                    raise ImageError("its directories are larger than those of any image")
                file.seek(at)
                if len(file.read(size)) < size:
                    raise ImageError("its directory names bytes that are not there")
    except (struct.error, ValueError, OverflowError) as error:
        raise ImageError(f"its directories are damaged ({error})") from error


def _order(first: bytes) -> str:
    return "<" if first[:1] == b"I" else ">"


def _directories(file: BinaryIO, first: bytes) -> Iterator[_Entries]:
    """The entries of each directory, in the order in which they are linked."""
    order, is_big = _order(first), b"+" in first[:4]
    entry, inline = (struct.Struct(order + "HHQ8s"), 8) if is_big else (struct.Struct(order + "HHI4s"), 4)
    count, link = (struct.Struct(order + form) for form in (("Q", "Q") if is_big else ("H", "I")))
    at: int = link.unpack_from(first, 8 if is_big else 4)[0]
    for _ in range(_MOST_DIRECTORIES):
        if at == 0:
            return
        file.seek(at)
        number: int = count.unpack(file.read(count.size))[0]
        begin = at + count.size
        block = file.read(min(number, 4096) * entry.size)
        entries: _Entries = {}
        for i in range(min(number, 4096)):
            tag, kind, values, raw = entry.unpack_from(block, i * entry.size)
            is_inline = values * _BYTES.get(kind, 1) <= inline
            entries[tag] = (kind, values, begin + (i + 1) * entry.size - inline if is_inline else
                            link.unpack(raw)[0])
        yield entries
        file.seek(begin + number * entry.size)
        at = link.unpack(file.read(link.size))[0]


def _reaches_beyond(file: BinaryIO, entries: _Entries, size: int, order: str) -> bool:
    if any(at + values * _BYTES.get(kind, 1) > size for kind, values, at in entries.values()):
        return True
    for starts, lengths in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        if starts in entries and lengths in entries:
            ends = _values(file, entries[starts], order) + _values(file, entries[lengths], order)
            return bool(ends.size and float(ends.max()) > size)
    return False


def _values(file: BinaryIO, entry: tuple[int, int, int], order: str) -> np.ndarray:
    """A field of whole numbers, as float64: exact up to 8 PiB."""
    kind, values, at = entry
    if kind not in _WHOLE:
        raise ValueError(f"field type {kind} holds no positions")
    file.seek(at)
    return np.frombuffer(file.read(values * _BYTES[kind]), order + _WHOLE[kind]).astype(np.float64)
