"""A case's kept images as a person would have them, and a case as a test may want it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sitewatch.case import Case
from sitewatch.sources.simulated import read_world, site_of
from sitewatch.store import write_case

__all__ = ["CORNER", "corner", "images_of", "without_trials"]

CORNER = Path(__file__).parent / "estate-corner.yaml"   # a quarter of the smaller world that comes with sitewatch


def corner(folder: Path) -> Case:
    """A case of a small simulated place in which one hall is built and another one pulled down."""
    write_case(folder, site_of(read_world(str(CORNER))), [{"kind": "simulated", "world": str(CORNER), "seed": 0}])
    return Case.open(folder)


def images_of(case: Path, folder: Path) -> Path:
    """Copy the kept images of a case, and their masks, into ``folder`` under the names that their provider gave."""
    folder.mkdir()
    for path in sorted((case / "pixels").glob("*/*.tif")):
        shutil.copy(path, folder / path.name)
    return folder


def without_trials(case: Case) -> Case:
    """The case, which does not try what could have been seen: that is most of the work on its structures."""
    with (case.folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstructures:\n  trials: 0\n")
    return Case.open(case.folder)
