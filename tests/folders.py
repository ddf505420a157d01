"""A case's kept images as a person would have them, and a case as a test may want it."""

from __future__ import annotations

import shutil
from pathlib import Path

import rasterio
from rasterio.windows import Window

from sitewatch.case import Case

__all__ = ["cut_to", "images_of", "without_trials"]


def images_of(case: Path, folder: Path) -> Path:
    """Copy the kept images of a case, and their masks, into ``folder`` under the names that their provider gave."""
    folder.mkdir()
    for path in sorted((case / "pixels").glob("*/*.tif")):
        shutil.copy(path, folder / path.name)
    return folder


def cut_to(window: Window, folder: Path) -> None:
    """Leave of each image in ``folder`` what lies in a window of its pixels."""
    for path in folder.glob("*.tif"):
        with rasterio.open(path) as image:
            pixels, tags = image.read(window=window), image.tags()
            profile = {**image.profile, "height": pixels.shape[1], "width": pixels.shape[2],
                       "transform": image.window_transform(window)}
            names = image.descriptions
        with rasterio.open(path, "w", **profile) as image:
            image.write(pixels)
            image.update_tags(**tags)
            image.descriptions = names


def without_trials(case: Case) -> Case:
    """The case, which does not try what could have been seen: that is most of the work on its structures."""
    with (case.folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstructures:\n  trials: 0\n")
    return Case.open(case.folder)
