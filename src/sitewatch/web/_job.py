"""The one thing that is computed in the background: a run, or a publication."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sitewatch.errors import SitewatchError
from sitewatch.model import Progress
from sitewatch.web._records import RunTold

__all__ = ["Job"]

Work = Callable[[Progress], tuple[str | None, str | None]]
"""Gives the title of what came out, where it may be told, and where it was published."""


@dataclass(slots=True)
class Job:
    """``told``: how far it is; one job at a time."""

    told: RunTold = field(default_factory=lambda: RunTold(
        what="run", is_running=False, step="", done=0, total=0, failed=None, title=None, published=None))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, what: Literal["run", "publish"], work: Work) -> RunTold:
        """Begin; what goes on already goes on, and is told instead."""
        if self._lock.acquire(blocking=False):
            self._tell(what, "starting", 0, 0)
            threading.Thread(target=self._do, args=(what, work), name=what, daemon=True).start()
        return self.told

    def _do(self, what: Literal["run", "publish"], work: Work) -> None:
        failed = title = path = None
        try:
            title, path = work(lambda step, done, total: self._tell(what, step, done, total))
        except SitewatchError as error:
            failed = str(error)
        except Exception as error:  # whatever it is, the page must not wait for ever, and must be told
            failed = f"{type(error).__name__}: {error}"
        self.told = RunTold(what=what, is_running=False, step="", done=0, total=0, failed=failed, title=title,
                            published=path)
        self._lock.release()

    def _tell(self, what: Literal["run", "publish"], step: str, done: int, total: int) -> None:
        self.told = RunTold(what=what, is_running=True, step=step, done=done, total=total, failed=None, title=None,
                            published=None)
