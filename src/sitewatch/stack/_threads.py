"""The same work on each of many views, windows or blocks, on all cores: array operations run without Python's lock."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["each", "give_back"]

_S = TypeVar("_S")
_T = TypeVar("_T")


def each(work: Callable[[_S], _T], what: Iterable[_S]) -> list[_T]:
    """What the work gives, in order."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(work, what))


def give_back() -> None:
    """Return to the system what the threads have freed, of which glibc keeps hundreds of megabytes for each of them
    (malloc_trim(3)); other systems do so by themselves."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
