"""How things come and go with the day of the year."""

from __future__ import annotations

import math

__all__ = ["between", "bump"]


def bump(day_of_year: float, middle: float, spread: float) -> float:
    """1 in the middle of the season, falling off to both sides, over the turn of the year."""
    away = (day_of_year - middle + 182.5) % 365 - 182.5
    return math.exp(-0.5 * (away / spread) ** 2)


def between(day_of_year: float, first: float, last: float) -> float:
    """1 between two days of the year, with three days of change at either end."""
    days = day_of_year % 365
    rise, fall = (1 / (1 + math.exp(-(days - edge) / 1.5)) if abs(days - edge) < 60 else float(days > edge)
                  for edge in (first, last))
    return rise - fall
