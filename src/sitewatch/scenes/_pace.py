"""Asking several sources side by side, and none of them for more at once than it allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sitewatch.model import RemoteSource, Scene

__all__ = ["paced"]

_T = TypeVar("_T")


@contextmanager
def paced(work: Callable[[Scene, RemoteSource], _T],
          sources: Mapping[str, RemoteSource]) -> Iterator[Callable[[Scene], Future[_T]]]:
    """``ask(scene)`` has the work on a scene done as soon as its source has a thread free; what has not begun at the
    end is left off."""
    threads = {name: ThreadPoolExecutor(max(1, source.at_once)) for name, source in sources.items()}
    try:
        yield lambda scene: threads[scene.source].submit(work, scene, sources[scene.source])
    finally:
        for pool in threads.values():
            pool.shutdown(cancel_futures=True)
