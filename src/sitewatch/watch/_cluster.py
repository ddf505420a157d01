"""The cases of a pass on the workers of a dask.distributed cluster, which see the same folder of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sitewatch.errors import InputError, ProviderError
from sitewatch.watch._outcome import Outcome

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["on_cluster"]

_SECONDS = 30  # to find the scheduler, and then its first worker


def on_cluster(cases: Sequence[Path], scheduler: str, at: datetime,
               work: Callable[..., Outcome]) -> Iterator[tuple[Path, Outcome | None]]:
    """Each case with what was found, as it comes; None where it took one worker after another with it.

    A worker that is killed has its cases looked at by the others: a case is written atomically, and its lock dies with
    the process that held it. ``scheduler`` is an address such as tcp://10.0.0.1:8786. Raises InputError where dask is
    not installed or the workers do not run this sitewatch, and ProviderError where nobody answers.
    """
    try:
        from distributed import Client, KilledWorker, as_completed  # noqa: PLC0415  an optional extra, slow to load
    except ImportError as error:
        raise InputError("--scheduler needs dask. Install it with `pip install 'sitewatch[cluster]'`, here and on "
                         "every worker") from error
    try:
        client = Client(scheduler, timeout=_SECONDS)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ProviderError(f"no dask scheduler answers at {scheduler} ({error}). Start one with `dask scheduler`, or "
                            "leave --scheduler out") from error
    with client:
        _see_that_workers_fit(client, cases[0].resolve(), scheduler)
        asked = {client.submit(work, case.resolve(), at, pure=False): case for case in cases}
        unfinished = []
        for future in as_completed(asked):  # type: ignore[no-untyped-call]
            try:
                yield asked[future], replace(future.result(), folder=asked[future])
            except KilledWorker:   # it, or another that its worker had been given
                unfinished.append(asked[future])
        for case in unfinished:
            try:
                yield case, replace(client.submit(work, case.resolve(), at, pure=False).result(), folder=case)
            except KilledWorker:
                yield case, None


def _see_that_workers_fit(client: Client, case: Path, scheduler: str) -> None:
    """Every worker runs this version and sees the cases where they are seen from here."""
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
    except TimeoutError as error:
        raise ProviderError(f"the dask scheduler at {scheduler} has no workers. Start some with `dask worker "
                            f"{scheduler}`") from error
    own, _ = _what_a_worker_has(case)
    for worker, (theirs, is_seen) in client.run(_what_a_worker_has, case).items():
        if theirs != own:
            raise InputError(f"the worker {worker} runs sitewatch {theirs}, this is {own}: results would differ. "
                             "Install the same version on both")
        if not is_seen:
            raise InputError(f"the worker {worker} does not see {case}. Put the cases on a disk that all machines have "
                             "under the same path")


def _what_a_worker_has(case: Path) -> tuple[str, bool]:
    return version("sitewatch"), case.is_dir()
