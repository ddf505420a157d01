"""Where the real images are, which no test may copy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["SHARED", "needs"]

SHARED = Path(os.environ.get("SITEWATCH_SHARED", Path(__file__).parents[2] / "shared"))


def needs(folder: str) -> list[pytest.MarkDecorator]:
    """Marks of a module that reads a folder of the real images; its tests are skipped, saying so, where it is not."""
    reason = f"the real images are not at hand: there is no folder {SHARED / folder}"
    return [pytest.mark.shared, pytest.mark.skipif(not (SHARED / folder).is_dir(), reason=reason)]
