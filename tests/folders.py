"""A case's kept images as a person would have them: one folder, dated names."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["images_of"]


def images_of(case: Path, folder: Path) -> Path:
    """Copy the kept images of a case, and their masks, into ``folder`` under their scenes' names."""
    folder.mkdir()
    for scene in sorted((case / "pixels").iterdir()):
        shutil.copy(scene / "image.tif", folder / f"{scene.name}.tif")
        if (scene / "mask.tif").exists():
            shutil.copy(scene / "mask.tif", folder / f"{scene.name}_udm2.tif")
    return folder
