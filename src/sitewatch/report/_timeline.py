"""The looks along time: one row per structure, in percent of the width, so that it fits a screen and a phone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sitewatch.model import Between, LookState, Stack, Structure, day
from sitewatch.report._language import bracket, gettext, ngettext
from sitewatch.report._signs import Sign

__all__ = ["Dot", "Row", "Timeline", "timeline_of"]

_MARGIN = 1.5          # percent of the width that stay free on both sides, so that no dot is cut
_MOST_TICKS = 9        # more labels would run into each other on a phone
_STEPS = (1, 3, 6, 12, 24, 60, 120)   # months


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One look or one refused scene."""

    x: float
    day: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A month and, where it changes, a year of the axis."""

    x: float
    text: str
    year: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A bracket: something happened between its two ends."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All looks at one structure; ``text`` says the same in words."""

    sign: Sign
    happened: Between
    dots: tuple[Dot, ...]
    bands: tuple[Band, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """``ticks`` label the axis; ``table`` has one line per used scene with the state of every structure."""

    rows: tuple[Row, ...]
    used: tuple[Dot, ...]
    refused: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    table: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start) if self.end > self.start else 0.5
        return round(_MARGIN + (100 - 2 * _MARGIN) * share, 2)


def timeline_of(signs: Sequence[Sign], stack: Stack) -> Timeline | None:
    """The rows of all structures that changed; None without any scene."""
    if not stack.fits:
        return None
    taken = [fit.taken for fit in stack.fits]
    axis = _Axis(min(taken), max(taken))
    rows = tuple(_row(sign, sign.structure, axis) for sign in signs
                 if sign.structure and sign.what != "reference")
    refused = tuple(Dot(x=axis.x(fit.taken), day=day(fit.taken), state=fit.why_not or gettext("not used"))
                    for fit in stack.fits if not fit.used)
    used = tuple(Dot(x=axis.x(fit.taken), day=day(fit.taken), state="") for fit in stack.used)
    return Timeline(rows=rows, used=used, refused=refused, ticks=tuple(_ticks(axis)), table=_table(rows, stack))


def _row(sign: Sign, structure: Structure, axis: _Axis) -> Row:
    dots = tuple(Dot(x=axis.x(look.taken), day=day(look.taken), state=look.state) for look in structure.looks)
    bands = tuple(Band(x=axis.x(when.after), width=round(axis.x(when.by) - axis.x(when.after), 2))
                  for when in (structure.first, structure.last) if when.after and when.by)
    return Row(sign=sign, happened=structure.happened, dots=dots, bands=bands, text=_in_words(structure))


def _in_words(structure: Structure) -> str:
    counts = Counter(look.state for look in structure.looks)
    said = [gettext("%(state)s in %(count)s") % {"state": gettext(state), "count": counts[state]}
            for state in ("present", "absent", "unclear") if counts[state]]
    if not said:
        return gettext("no look at it")
    many = len(structure.looks)
    return ngettext("%(states)s of %(count)s look; %(when)s", "%(states)s of %(count)s looks; %(when)s", many) % {
        "states": ", ".join(said), "count": many, "when": bracket(structure.happened)}


def _ticks(axis: _Axis) -> Iterator[Tick]:
    """The first of January and of other months, as many as can be read; where there is none, both ends."""
    months = (axis.end.year - axis.start.year) * 12 + axis.end.month - axis.start.month
    step = next((s for s in _STEPS if months / s <= _MOST_TICKS), _STEPS[-1])
    first = axis.start.year * 12 + axis.start.month - 1
    found = [datetime(m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(first, first + months + 1) if m % step == 0]
    inside = [moment for moment in found if axis.start <= moment <= axis.end]
    if not inside:
        ends = sorted({axis.start, axis.end})
        yield from (Tick(x=axis.x(moment), text=day(moment), year="") for moment in ends)
    for moment in inside:
        year = f"{moment:%Y}" if moment.month == 1 or moment is inside[0] else ""
        yield Tick(x=axis.x(moment), text=gettext(moment.strftime("%b")) if step < 12 else "", year=year)


def _table(rows: Sequence[Row], stack: Stack) -> tuple[tuple[str, tuple[str, ...]], ...]:
    looks: list[dict[str, LookState]] = [
        {look.scene: look.state for look in row.sign.structure.looks} for row in rows if row.sign.structure]
    return tuple((day(fit.taken), tuple(states.get(fit.scene, "no look") for states in looks)) for fit in stack.used)
