"""The numbers, as a reader gets them: with interval, level, method, budget and scenes, or why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sitewatch.model import BudgetTerm, Measurement, Measurements, Stack, day
from sitewatch.report._figures import Figure
from sitewatch.report._language import gettext, gettext_noop, ngettext
from sitewatch.report._signs import Sign

__all__ = ["Numbers", "Ratio", "Size", "Sizes", "key_number", "numbers_of"]

# An area is spoken of as a footprint: what is seen from above.
_WORDS = {"area": gettext_noop("footprint"), "length": gettext_noop("length"), "width": gettext_noop("width"),
          "height": gettext_noop("height")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One number; ``interval`` is None where ``why_not`` says why there is none. ``made_with``: method and looks."""

    what: str
    interval: str | None
    level: str
    made_with: tuple[str, str] | None
    why_not: str
    budget: tuple[BudgetTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The numbers of one structure; ``made_with``: how most of them were made, None where no two were made alike."""

    sign: Sign
    rows: tuple[Size, ...]
    made_with: tuple[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What is divided by what, in which dimension; ``size`` is the result."""

    numerator: str
    denominator: str
    dimension: str
    size: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Sizes by structure, then the ratios of each structure to what is known."""

    sizes: tuple[Sizes, ...]
    ratios: tuple[tuple[Sign, tuple[Ratio, ...]], ...]


def numbers_of(signs: Sequence[Sign], measurements: Measurements, stack: Stack) -> Numbers:
    """What was measured of each structure in the order of its signs, references last."""
    days = {fit.scene: day(fit.taken) for fit in stack.fits}
    names = {sign.structure.id if sign.structure else sign.name: sign.name for sign in signs}
    sizes, ratios = [], []
    for sign in signs:
        if sign.structure is None:
            continue
        of_it = [m for m in measurements if m.subject == sign.structure.id]
        rows = tuple(_size(m, days) for m in of_it if m.what in _WORDS)
        sizes.append(Sizes(sign=sign, rows=rows, made_with=_common(rows)))
        if divided := tuple(_ratio(sign, m, names, days) for m in of_it if m.what not in _WORDS):
            ratios.append((sign, divided))
    return Numbers(sizes=tuple(sizes), ratios=tuple(ratios))


def key_number(numbers: Numbers, key: Figure | None) -> Size | None:
    """How big the thing in the key figure is: the first of its numbers that could be given."""
    of_it = (row for sizes in numbers.sizes if key and sizes.sign == key.sign for row in sizes.rows)
    return next((row for row in of_it if row.interval), None)


def _size(measurement: Measurement, days: Mapping[str, str]) -> Size:
    value = measurement.value
    budget = tuple(sorted(measurement.budget, key=lambda term: (-term.share, term.cause)))
    return Size(what=_word(measurement), interval=value.interval_text if value else None,
                level=value.level_text if value else "", made_with=_made_with(measurement, days) if value else None,
                why_not="" if value else measurement.why_not or gettext("no reason is recorded"), budget=budget)


def _word(measurement: Measurement) -> str:
    return _WORDS[measurement.what.removesuffix(" ratio")]


def _made_with(measurement: Measurement, days: Mapping[str, str]) -> tuple[str, str]:
    """The method, and the looks by number and days."""
    looks = [days.get(scene, scene) for scene in measurement.scenes]
    count = ngettext("%(count)s look", "%(count)s looks", len(looks)) % {"count": len(looks)}
    ends = {"first": looks[0], "last": looks[-1]} if looks else {}
    span = f", {looks[0]}" if len(looks) == 1 else f", {gettext('%(first)s to %(last)s') % ends}" if looks else ""
    return measurement.value.method if measurement.value else "", f"{count}{span}"


def _common(rows: Sequence[Size]) -> tuple[str, str] | None:
    made = Counter(row.made_with for row in rows if row.made_with)
    commonest, count = next(iter(made.most_common(1)), (None, 0))
    return commonest if len(made) == 1 or count > 1 else None


def _ratio(sign: Sign, measurement: Measurement, names: Mapping[str, str], days: Mapping[str, str]) -> Ratio:
    other = measurement.reference or ""
    return Ratio(numerator=sign.name, denominator=names.get(other) or other or gettext("the reference"),
                 dimension=_word(measurement), size=_size(measurement, days))
