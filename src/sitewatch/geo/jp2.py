"""Where the tiles of a JPEG 2000 file lie, so that those of a site can be fetched alone.

ISO/IEC 15444-1: annex A (the codestream: SIZ, TLM, SOT) and annex I (the boxes around it).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from sitewatch.errors import ImageError

__all__ = ["is_jp2", "tile_ranges"]

_SOC, _SIZ, _TLM, _SOT, _EOC = 0xFF4F, 0xFF51, 0xFF55, 0xFF90, 0xFFD9
_SOT_BYTES = 12
_MOST_PARTS, _MOST_HEADER_BYTES, _MOST_TILES = 20_000, 4_000_000, 65_535


class Seekable(Protocol):
    """A file that is read here and there."""

    def read(self, size: int = -1, /) -> bytes:
        """As of any binary file."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As of any binary file."""
        ...

    def need(self, ranges: Iterable[tuple[int, int]]) -> None:
        """See that bytes are there."""
        ...


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The tiles of the reference grid: size of a tile, how many there are, and where the first begins."""

    width: int
    height: int
    across: int
    down: int
    x0: int
    y0: int

    def touched(self, left: int, top: int, right: int, bottom: int) -> set[int]:
        """The tiles that show some of the pixels from left and top to right and bottom (excluded)."""
        columns = range((left - self.x0) // self.width, -(-(right - self.x0) // self.width))
        rows = range((top - self.y0) // self.height, -(-(bottom - self.y0) // self.height))
        return {row * self.across + column for row in rows for column in columns
                if 0 <= row < self.down and 0 <= column < self.across}


def is_jp2(first: bytes) -> bool:
    """Whether a file that begins so is JPEG 2000, in its boxes or bare."""
    return first.startswith((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"))


def tile_ranges(file: Seekable, size: int, window: tuple[int, int, int, int]) -> tuple[tuple[int, int], ...]:
    """From where to where the tiles lie that show a window of an image (left, top, right, bottom), in a file of so many
    bytes, with the headers on the way to them.

    Where the file lists the lengths of its tiles, these are added up; else their headers are followed one by one.
    Raises ImageError for what is no such file.
    """
    try:
        start = _codestream(file, size)
        if start > _MOST_HEADER_BYTES:
            raise ImageError("too much comes before its pixels")
        tiles, lengths, at = _main_header(file, start)
        file.need([(0, at)])
        wanted = tiles.touched(*window)
        found = [(0, at)]
        for tile, begin, end in _parts(file, at, size, lengths):
            found.append((begin, end if tile in wanted else min(begin + _SOT_BYTES, end)))
        return tuple(found)
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise ImageError("it is damaged, or no JPEG 2000 file") from error


def _codestream(file: Seekable, size: int) -> int:
    """Where the codestream begins: at once, or in the box jp2c."""
    if _at(file, 0, 4) == b"\xff\x4f\xff\x51":
        return 0
    place = 0
    for _ in range(1000):
        length, kind = struct.unpack(">I4s", _at(file, place, 8))
        head = 8
        if length == 1:
            (length,), head = struct.unpack(">Q", _at(file, place + 8, 8)), 16
        if kind == b"jp2c":
            return place + head
        if length < head or place + length > size:
            break
        place += length
    raise ImageError("it holds no codestream")


def _main_header(file: Seekable, start: int) -> tuple[_Tiles, list[tuple[int, int]], int]:
    """The tiles, the (tile, length) of each part where they are listed, and where the first part begins."""
    place, tiles, lengths = start + 2, None, dict[int, list[tuple[int, int]]]()
    while place < start + _MOST_HEADER_BYTES:
        marker, length = struct.unpack(">HH", _at(file, place, 4))
        if marker == _SOT:
            if tiles is None:
                break
            return tiles, [part for _, parts in sorted(lengths.items()) for part in parts], place
        body = _at(file, place + 4, length - 2)
        if marker == _SIZ:
            tiles = _tiles(body)
        elif marker == _TLM:
            lengths[body[0]] = list(_listed(body))
        place += 2 + length
    raise ImageError("its header does not end")


def _tiles(siz: bytes) -> _Tiles:
    right, bottom, _, _, width, height, x0, y0 = struct.unpack(">8I", siz[2:34])
    across, down = -(-(right - x0) // width), -(-(bottom - y0) // height)
    if not 0 < across * down <= _MOST_TILES:
        raise ImageError("its header names no tiles that can be")
    return _Tiles(width, height, across, down, x0, y0)


def _listed(tlm: bytes) -> Iterator[tuple[int, int]]:
    """The parts that a TLM segment lists; without numbers of tiles they stand in order of the tiles."""
    of_number, of_length = (tlm[1] >> 4) & 3, 4 if tlm[1] & 0x40 else 2
    step = of_number + of_length
    for count, place in enumerate(range(2, len(tlm) - step + 1, step)):
        number = int.from_bytes(tlm[place:place + of_number], "big") if of_number else count
        yield number, int.from_bytes(tlm[place + of_number:place + step], "big")


def _parts(file: Seekable, start: int, size: int, lengths: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """The tile-parts of the file: whose they are, from where to where."""
    place = start
    for tile, length in lengths:
        yield tile, place, min(place + length, size)
        place += length
    for _ in range(0 if lengths else _MOST_PARTS):
        if size - place < _SOT_BYTES:
            return
        marker, _, tile, length = struct.unpack(">HHHI", _at(file, place, 10))
        if marker == _EOC or marker != _SOT:
            return
        end = place + length if length else size  # the last part may reach to the end of the codestream
        if end <= place + _SOT_BYTES - 1:
            raise ImageError("a part of it has no length")
        yield tile, place, min(end, size)
        place = end


def _at(file: Seekable, place: int, count: int) -> bytes:
    file.need([(place, place + count)])
    file.seek(place)
    return file.read(count)
