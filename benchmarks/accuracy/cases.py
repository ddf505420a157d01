"""The real cases as a user would make them, and the cases that are made of altered copies."""

from __future__ import annotations

import shutil
from pathlib import Path

import sitewatch as sw
from benchmarks.accuracy.truth import Truth, write_outlines

__all__ = ["new_case"]


def new_case(truth: Truth, folder: Path, images: Path | None = None, *, is_told: bool = True) -> Path:
    """A fresh case in ``folder``, from the truth's own ``images`` or from others.

    ``is_told``: of the reference and control outlines, as a person would give them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    case = folder / truth.case
    if (case / "case.yaml").exists():
        shutil.rmtree(case)
    outlines = {"references": write_outlines(truth, "existing", folder / f"{truth.case}-references.geojson"),
                "controls": write_outlines(truth, "control", folder / f"{truth.case}-controls.geojson")}
    sw.Case.new(case, sw.NewCase(images=images or truth.images, sensor="sentinel-2-rgb", gsd_m=truth.gsd_m,
                                 name=truth.case, **(outlines if is_told else {})))
    return case
