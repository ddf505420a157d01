"""A table for other programs, with an outline per row where it has any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shapely import Polygon

__all__ = ["Column", "Sheet"]

Column = Literal["text", "number", "time"]
"""What a column holds; an empty cell is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows under named columns; ``outlines``, in the coordinates of the site's grid, are one per row or none at all.

    ``colours`` maps the values of the column ``coloured_by`` to the colour (#rrggbb) of their outlines.
    """

    name: str
    title: str
    columns: Mapping[str, Column]
    rows: Sequence[tuple[Any, ...]]
    outlines: Sequence[Polygon] = ()
    coloured_by: str = ""
    colours: Mapping[str, str] | None = None
