"""A file at a provider of which only what is read is fetched, into a file with holes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from sitewatch.errors import ProviderError
from sitewatch.sources._web import Part

__all__ = ["RangeFile"]

_AHEAD_BYTES = 16_384   # the directories of a COG of 100 km with its overviews take 8 to 16 kB
_SMALL_GAP_BYTES = 1024   # fetching so much too much is cheaper than to ask twice
_LARGEST_FILE_BYTES = 64 * 1024**3


class RangeFile(io.RawIOBase):
    """Reads like a binary file. ``fetch(start, stop)`` asks the provider; ``path`` is the file with holes."""

    def __init__(self, path: Path, fetch: Callable[[int, int], Part]) -> None:
        super().__init__()
        self.path, self._fetch = path, fetch
        self._at, self._have = 0, [(0, 0)]
        first = fetch(0, _AHEAD_BYTES)
        self.total, self.etag = first.total, first.etag
        if self.total > _LARGEST_FILE_BYTES:
            raise ProviderError(f"it is said to hold {self.total} bytes, more than any image")
        with path.open("wb") as file:
            file.truncate(self.total)
        self._put(0, first.data)

    def need(self, ranges: Iterable[tuple[int, int]]) -> None:
        """See that the bytes from start to stop (excluded) are there; what lies close together is asked for at once."""
        for start, stop in _joined(self._missing(ranges)):
            part = self._fetch(start, stop)
            if part.total != self.total or part.etag != self.etag:
                raise ProviderError("it was changed while it was fetched. Fetch the scene again")
            self._put(start, part.data)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As of any binary file."""
        self._at = max(0, offset + (0, self._at, self.total)[whence])
        return self._at

    def tell(self) -> int:
        """As of any binary file."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from here on; what is missing of them is fetched, with some more behind them."""
        stop = self.total if size < 0 else min(self._at + size, self.total)
        if stop <= self._at:
            return b""
        if any(True for _ in self._missing([(self._at, stop)])):
            self.need([(self._at, min(max(stop, self._at + _AHEAD_BYTES), self.total))])
        with self.path.open("rb") as file:
            file.seek(self._at)
            data = file.read(stop - self._at)
        self._at += len(data)
        return data

    def _put(self, start: int, data: bytes) -> None:
        with self.path.open("r+b") as file:
            file.seek(start)
            file.write(data)
        self._have = _joined([*self._have, (start, start + len(data))], gap=0)

    def _missing(self, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for begin, end in ranges:
            start, stop = max(0, begin), min(end, self.total)
            for have, until in self._have:
                if until > start and have < stop:
                    if have > start:
                        found.append((start, have))
                    start = max(start, until)
            if start < stop:
                found.append((start, stop))
        return found


def _joined(ranges: Iterable[tuple[int, int]], gap: int = _SMALL_GAP_BYTES) -> list[tuple[int, int]]:
    """Ranges in order, those that overlap or lie close together as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if found and start <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
