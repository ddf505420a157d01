"""The numbers, as a reader gets them: with interval, level, method, budget and scenes, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sitewatch.model import BudgetTerm, Measurement, Measurements, day
from sitewatch.model import Stack as _Stack
from sitewatch.report._signs import Sign

__all__ = ["Numbers", "Ratio", "Size", "Sizes", "numbers_of"]

# An area is spoken of as a footprint: what is seen from above.
_WORDS = {"area": "footprint", "length": "length", "width": "width"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One number; ``interval`` is None where ``why_not`` says why it cannot be given."""

    what: str
    interval: str | None
    level: str
    method: str
    why_not: str
    budget: tuple[BudgetTerm, ...]
    scenes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The numbers of one structure."""

    sign: Sign
    rows: tuple[Size, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What is divided by what, in which dimension; ``size`` is the result."""

    numerator: Sign
    denominator: str
    dimension: str
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Sizes by structure, then ratios. ``levels``: the levels of all intervals, for the text above the table."""

    sizes: tuple[Sizes, ...]
    ratios: tuple[Ratio, ...]
    levels: tuple[str, ...]
    causes: tuple[str, ...]


def numbers_of(signs: Sequence[Sign], measurements: Measurements, stack: _Stack) -> Numbers:
    """What was measured of each structure in the order of its signs, references last."""
    days = {fit.scene: day(fit.taken) for fit in stack.fits}
    names = {sign.structure.id if sign.structure else sign.name: sign.name for sign in signs}
    sizes, ratios = [], []
    for sign in signs:
        if sign.structure is None:
            continue
        of_it = [m for m in measurements if m.subject == sign.structure.id]
        sizes.append(Sizes(sign=sign, rows=tuple(_size(m, days) for m in of_it if m.what in _WORDS)))
        ratios += [Ratio(numerator=sign, denominator=names.get(m.reference or "", m.reference or "the reference"),
                         dimension=_WORDS[m.what.removesuffix(" ratio")], size=_size(m, days))
                   for m in of_it if m.what not in _WORDS]
    all_budgets = [term.cause for m in measurements for term in m.budget]
    return Numbers(sizes=tuple(sizes), ratios=tuple(ratios), causes=tuple(dict.fromkeys(all_budgets)),
                   levels=tuple(dict.fromkeys(m.value.level_text for m in measurements if m.value)))


def _size(measurement: Measurement, days: dict[str, str]) -> Size:
    value = measurement.value
    scenes = tuple(days.get(scene, scene) for scene in measurement.scenes)
    budget = tuple(sorted(measurement.budget, key=lambda term: (-term.share, term.cause)))
    return Size(what=_WORDS[measurement.what.removesuffix(" ratio")], interval=value.interval_text if value else None,
                level=value.level_text if value else "", method=value.method if value else "",
                why_not="" if value else measurement.why_not or "no reason is recorded", budget=budget, scenes=scenes)
