"""``sitewatch by-hand``: a length or a footprint that a person drew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal

import click

from sitewatch.cli._options import ACTOR, CASE, JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.errors import InputError

if TYPE_CHECKING:
    from sitewatch.case import Case
    from sitewatch.model import Decision, Dimension, Quantity

__all__ = ["by_hand"]


@click.command("by-hand")
@CASE
@click.argument("drawing", metavar="FILE", type=PATH)
@click.option("--scene", required=True, metavar="ID", help="The scene that it was drawn on.")
@click.option("--keep", "subject", metavar="ID", help="Keep each drawing in the case, as one of this structure.")
@click.option("--of", "beside", metavar="ID", help="Compare with the fitted size of this structure; --keep does too.")
@click.option("--width", "is_width", is_flag=True, help="The line is the width, not the length.")
@ACTOR
@JSON
def by_hand(case: Path, drawing: Path, scene: str, as_json: bool, **given: Any) -> None:
    """Measure what you drew on one look, with its interval.

    FILE is GeoJSON: a LineString with two ends for a length, a Polygon for a footprint. Several of the same kind are
    repetitions of one drawing: they show how steady your hand is. Nothing is kept without --keep; `sitewatch look CASE
    ID use` then puts what is kept among the measurements.
    """
    from sitewatch.case import Case
    from sitewatch.measurements import measure_by_hand
    from sitewatch.model import Decision

    opened = Case.open(case)
    drawn, is_closed = _drawn(opened, drawing)
    stack, dimension = opened.stack(), _dimension(given["is_width"], is_closed=is_closed)
    value, budget = measure_by_hand(drawn, scene, stack, is_closed=is_closed)
    each = [measure_by_hand([one], scene, stack, is_closed=is_closed)[0].value for one in drawn]
    fitted = _fitted(opened, given["subject"] or given["beside"], dimension, value)
    if subject := given["subject"]:
        _keep(opened, drawn, Decision(subject=subject, what="measure", actor=given["actor"], scene=scene,
                                      drawn=tuple(drawn[0]), dimension=dimension))
    if as_json:
        write_json({"value": value.value, "low": value.low, "high": value.high, "unit": value.unit,
                    "level": value.level, "method": value.method, "each": each, "fitted": fitted,
                    "budget": [{"cause": term.cause, "share": term.share} for term in budget]})
        return
    repeated = f"drawn {len(each)} times: {', '.join(f'{one:.4g}' for one in each)} {value.unit}" if each[1:] else ""
    causes = "\n".join(f"{term.share:5.0%}  {term.cause}" for term in budget)
    click.echo("\n".join(line for line in (str(value), value.method, repeated, fitted) if line) + f"\n\n{causes}")


def _dimension(is_width: bool, *, is_closed: bool) -> Literal["area", "length", "width"]:
    return "area" if is_closed else "width" if is_width else "length"


def _fitted(case: Case, subject: str | None, dimension: Dimension, drawn: Quantity) -> str | None:
    """How what was drawn compares with the fitted size, as of the last run."""
    from sitewatch.measurements import beside_fitted

    return beside_fitted(drawn, case.stored("measurements"), subject, (dimension,)) if subject else None


def _keep(case: Case, drawn: list[list[tuple[float, float]]], like: Decision) -> None:
    """Each drawing is a decision of its own: what is repeated later counts with it."""
    for shape in drawn:
        case.decide(replace(like, drawn=tuple(shape)))
    dimension, scene = like.dimension, quote(like.scene or "")
    say(f"kept; to have it among the measurements: sitewatch look {quote(str(case.folder))} {quote(like.subject)} use "
        f"--dimension {dimension} --scene {scene}")


def _drawn(case: Case, file: Path) -> tuple[list[list[tuple[float, float]]], bool]:
    """The drawings in pixels of the grid, and whether they are footprints."""
    from shapely import LineString, Polygon

    from sitewatch.cli._drawn import drawn_in
    from sitewatch.geo import to_pixels

    shapes = [to_pixels(shape, case.site.grid) for shape in drawn_in(file, case.site.grid)]
    if all(isinstance(shape, Polygon) for shape in shapes):
        return [[(x, y) for x, y in shape.exterior.coords[:-1]] for shape in shapes], True
    if all(isinstance(shape, LineString) for shape in shapes):
        return [[(x, y) for x, y in shape.coords] for shape in shapes], False
    raise InputError(f"{shown(file)} holds neither only LineStrings nor only Polygons. "
                     "Draw one thing, once or repeatedly")
