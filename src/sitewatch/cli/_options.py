"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["ACTOR", "CASE", "JSON", "LATLON", "PATH", "STAGE_NAMES"]

# The stage table itself needs every stage, which takes seconds to load; a test keeps the two equal.
STAGE_NAMES = ("scenes", "stack", "changes", "structures", "measurements", "claims", "report")



class _Path(click.Path):
    """A path; an empty one, such as that of a shell variable that is not set, is not the present folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The Path, or a usage error for an empty one."""
        if value == "":
            self.fail("the path is empty. Name a file or a folder; . is the present folder", param, ctx)
        return super().convert(value, param, ctx)


class _LatLon(click.ParamType[tuple[float, float]]):
    """``LAT,LON`` in degrees."""

    name = "LAT,LON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Two numbers, or a usage error that shows the form."""
        if isinstance(value, tuple):
            return value
        try:
            lat, lon = (float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not LAT,LON. Give degrees, latitude first: 39.92,127.66", param, ctx)
        return lat, lon


PATH = _Path(path_type=Path)
LATLON = _LatLon()
CASE = click.argument("case", type=PATH)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output.")
ACTOR = click.option("--as", "actor", envvar="SITEWATCH_ACTOR", default="reviewer", show_default=True, metavar="NAME",
                     help="Who decides; signed in the log. Else the environment variable SITEWATCH_ACTOR.")
