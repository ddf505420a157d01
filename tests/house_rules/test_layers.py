"""Who may import whom: the contracts in pyproject.toml."""

from __future__ import annotations

from subprocess import run
from sys import executable


def test_every_import_keeps_to_its_layer(repository):
    # The console script's own module, so that no virtual environment needs to be on PATH.
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run([executable, "-c", code, "--no-cache"], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
