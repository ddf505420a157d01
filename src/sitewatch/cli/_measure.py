"""``sitewatch measure``: the numbers of one structure, and what each is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sitewatch.cli._options import CASE, JSON
from sitewatch.cli._output import shown, write_json
from sitewatch.cli._progress import progress_shown
from sitewatch.errors import InputError

if TYPE_CHECKING:
    from sitewatch.case import Case
    from sitewatch.model import Measurement, Structure

__all__ = ["measure"]


@click.command()
@CASE
@click.argument("structure")
@click.option("--explain", is_flag=True, help="Say what each interval is made of, and which looks it was taken from.")
@JSON
def measure(case: Path, structure: str, explain: bool, as_json: bool) -> None:
    """Print every number of one structure, named by its id or its label, computed first if missing."""
    from sitewatch.case import Case
    from sitewatch.cli._json import measurements_json

    opened = Case.open(case)
    with progress_shown() as progress:
        opened.run("measurements", progress)
    one = _named(opened, structure)
    measured = [measurement for measurement in opened.measurements() if measurement.subject == one.id]
    if as_json:
        write_json([{**told, "budget": {term.cause: term.share for term in measurement.budget}}
                    for told, measurement in zip(measurements_json(measured), measured, strict=True)])
    else:
        click.echo("\n".join(_lines(opened, one, measured, explain)))


def _named(case: Case, name: str) -> Structure:
    structures = tuple(case.structures())
    for structure in structures:
        if name in (structure.id, structure.label):
            return structure
    known = ", ".join(f"{structure.id} ({structure.label})" for structure in structures) or "none"
    raise InputError(f"no structure is called {name}. There are: {known}")


def _lines(case: Case, structure: Structure, measured: list[Measurement], explain: bool) -> Iterator[str]:
    yield shown(f"{structure.label} ({structure.id}), {structure.class_}")
    for measurement in measured:
        compared = f" to {case.structures()[measurement.reference].label}" if measurement.reference else ""
        value = str(measurement.value) if measurement.value else f"cannot tell: {measurement.why_not}"
        yield shown(f"{measurement.what}{compared}: {value}")
        if explain:
            yield from _budget(measurement)
    if explain:
        yield "Each cause has its share of the variance, and the half-width that it would leave alone."


def _budget(measurement: Measurement) -> Iterator[str]:
    """Each cause, the largest first, and what the number was taken from."""
    value = measurement.value
    if value is None:
        return
    half = math.log(value.high / value.value)
    for term in sorted(measurement.budget, key=lambda term: -term.share):
        yield f"  {term.share:4.0%}  {100 * math.expm1(half * math.sqrt(term.share)):5.1f} %  {shown(term.cause)}"
    yield shown(f"  {value.method}: {', '.join(measurement.scenes)}")
