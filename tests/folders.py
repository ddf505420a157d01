"""A case's kept images as a person would have them: one folder, dated names."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["images_of"]


def images_of(case: Path, folder: Path) -> Path:
    """Copy the kept images of a case, and their masks, into ``folder`` under the names that their provider gave."""
    folder.mkdir()
    for path in sorted((case / "pixels").glob("*/*.tif")):
        shutil.copy(path, folder / path.name)
    return folder
