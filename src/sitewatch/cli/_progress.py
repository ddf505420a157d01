"""Progress on standard error: bars on a terminal, one line per step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sitewatch.cli._output import say, shown

if TYPE_CHECKING:
    from rich.progress import TaskID

    from sitewatch.model import Progress

__all__ = ["progress_shown"]


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """A ``progress(step, done, total)`` that shows what is under way."""
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


class _Phases:
    """Tells where one count ends and the next begins: a step may name each thing that it counts."""

    def __init__(self) -> None:
        self._done, self._total = 0, -1

    def is_new(self, done: int, total: int) -> bool:
        """Whether this count cannot go on from the one before."""
        new = total != self._total or done < self._done
        self._done, self._total = done, total
        return new


def _lines() -> Progress:
    """Says a phase once, when it begins: log files stay short."""
    phases = _Phases()

    def report(step: str, done: int, total: int) -> None:
        if phases.is_new(done, total):
            say(f"{shown(step)} ({done} of {total})" if total else shown(step))

    return report


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console  # slow to load, needed only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    phases = _Phases()
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: list[TaskID] = []

        def report(step: str, done: int, total: int) -> None:
            if phases.is_new(done, total):
                tasks.append(bars.add_task(shown(step), total=total or None))
            bars.update(tasks[-1], description=shown(step), completed=done)

        yield report
