"""Numbers and times that a reader may see: never bare, always with what is not known about them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Between", "Quantity", "Span", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its interval: the value lies in [low, high] with probability ``level``."""

    value: float
    low: float
    high: float
    unit: str
    method: str
    level: float = 0.9

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} <= {self.value} <= {self.high} does not hold")

    def __str__(self) -> str:
        return f"{self.interval_text} at {self.level_text}"

    @property
    def interval_text(self) -> str:
        """The number with its interval and unit: 2 580 [2 440, 2 730] m²."""
        step = _rounding_step(self.high - self.low, self.value)
        shown = [_rounded(number, step) for number in (self.value, self.low, self.high)]
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{shown[0]} [{shown[1]}, {shown[2]}]{unit}"

    @property
    def level_text(self) -> str:
        """The interval's level: 90 %."""
        return f"{self.level:.0%}".replace("%", " %")


def _rounding_step(width: float, value: float) -> float:
    """The decimal step that carries two figures of the interval's half-width: no finer is honest."""
    half = width / 2 or abs(value) or 1.0
    return float(10.0 ** (math.floor(math.log10(half)) - 1))


def _rounded(number: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{round(number / step) * step:,.{decimals}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """When something happened: after the last clear look without it, by the first clear look with it.

    Satellites only bracket. ``after`` is None when no earlier clear look exists, ``by`` is None when it
    has not been seen yet.
    """

    after: datetime | None = None
    by: datetime | None = None

    def __str__(self) -> str:
        if self.after and self.by:
            return f"between {day(self.after)} and {day(self.by)}"
        if self.by:
            return f"by {day(self.by)}"
        return f"after {day(self.after)}" if self.after else "not dated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open interval of time [start, end), UTC; None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

    def common(self, other: Span) -> Span:
        """What both have in common; it holds no moment where that is nothing."""
        starts, ends = ([moment for moment in pair if moment is not None]
                        for pair in ((self.start, other.start), (self.end, other.end)))
        return Span(start=max(starts, default=None), end=min(ends, default=None))


def day(moment: datetime) -> str:
    """The UTC day of a moment as people write it in reports: 2024-10-05."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
