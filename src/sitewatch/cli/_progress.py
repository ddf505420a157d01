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


def _lines() -> Progress:
    """Says a step once, when it begins: log files stay short."""
    begun: set[str] = set()

    def report(step: str, done: int, total: int) -> None:
        if step not in begun:
            begun.add(step)
            say(f"{shown(step)} ({total})" if total else shown(step))

    return report


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console  # slow to load, needed only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(shown(step), total=total or None)
            bars.update(tasks[step], completed=done, total=total or None)

        yield report
