"""Where the repository is, and which of its files are ours."""

from __future__ import annotations

from pathlib import Path
from subprocess import run

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file that git tracks and that exists."""
    listed = run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := REPOSITORY / name).is_file()]
