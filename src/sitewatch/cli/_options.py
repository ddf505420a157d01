"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["CASE", "JSON", "PATH", "STAGE_NAMES"]

# The stage table itself needs every stage, which takes seconds to load; a test keeps the two equal.
STAGE_NAMES = ("scenes", "stack", "changes", "structures", "measurements", "claims", "report")

PATH = click.Path(path_type=Path)
CASE = click.argument("case", type=PATH)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output.")
