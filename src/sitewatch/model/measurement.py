"""How long, wide and big: each number with its interval, its budget and the way back to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shapely import Polygon

from sitewatch.model.quantity import Quantity
from sitewatch.model.site import Site

__all__ = ["BudgetTerm", "Dimension", "Measurement", "Measurements"]

Dimension = Literal["area", "length", "width", "height", "area ratio", "length ratio", "width ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTerm:
    """One cause of uncertainty and its share of the variance, 0 to 1."""

    cause: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number about one structure, or why it cannot be given.

    ``reference`` is the id of the structure that a ratio is taken to. ``value`` is None and ``why_not``
    says why where the images cannot carry the number. ``outline`` is the fitted footprint in the
    coordinates of the site's grid; ``scenes`` are the ids of the looks it was fitted to. ``by``: "tool", or the person
    who drew it and wants it used.
    """

    subject: str
    what: Dimension
    value: Quantity | None
    scenes: tuple[str, ...]
    reference: str | None = None
    budget: tuple[BudgetTerm, ...] = ()
    outline: Polygon | None = None
    why_not: str | None = None
    by: str = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """All numbers of a site."""

    site: Site
    records: tuple[Measurement, ...]

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.records)

    def of(self, subject: str, what: Dimension, reference: str | None = None) -> Measurement | None:
        """The measurement of that subject and dimension, or None.

        The fitted one; one by a person where none could be fitted.
        """
        wanted = (subject, what, reference)
        found = [m for m in self.records if (m.subject, m.what, m.reference) == wanted]
        return next((m for m in found if m.value), found[0] if found else None)
