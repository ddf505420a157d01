"""Whole cases that several tests start from, each computed once, and a case's images as a person would have them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from sitewatch.case import Case
from sitewatch.sources.simulated import read_world, site_of
from sitewatch.store import write_case

__all__ = ["CORNER", "images_of", "ran_corner", "ran_demo", "without_trials"]

CORNER = Path(__file__).parent / "estate-corner.yaml"   # a quarter of the smaller world that comes with sitewatch


def ran_demo(tmp: pytest.TempPathFactory, folder: Path) -> Case:
    """A copy, in ``folder``, of the case that ``sitewatch demo`` makes and runs."""
    return _copied(tmp, "demo", Case.demo, folder)


def ran_corner(tmp: pytest.TempPathFactory, folder: Path) -> Case:
    """A copy of a case that was run, of a small simulated place in which one hall is built and another pulled down."""
    return _copied(tmp, "corner", lambda made: without_trials(_corner(made)), folder)


def _corner(folder: Path) -> Case:
    write_case(folder, site_of(read_world(str(CORNER))), [{"kind": "simulated", "world": str(CORNER), "seed": 0}])
    return Case.open(folder)


def _copied(tmp: pytest.TempPathFactory, name: str, make: Callable[[Path], Case], folder: Path) -> Case:
    """The case is computed by the first test process that asks for it; the others wait."""
    base = tmp.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / f"{name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (shared / f"{name}.ran").exists():
            make(shared / name).run()
            (shared / f"{name}.ran").touch()
    return Case.open(shutil.copytree(shared / name, folder))


def images_of(case: Path, folder: Path, every: int = 1) -> Path:
    """Copy the kept images of every so many looks, and their masks, into ``folder`` under their provider's names."""
    folder.mkdir()
    for look in sorted((case / "pixels").iterdir())[::every]:
        for path in look.glob("*.tif"):
            shutil.copy(path, folder / path.name)
    return folder


def without_trials(case: Case) -> Case:
    """The case, which does not try what could have been seen: that is most of the work on its structures."""
    with (case.folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstructures:\n  trials: 0\n")
    return Case.open(case.folder)
