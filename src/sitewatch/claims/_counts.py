"""How many came or went: a stated count against the structures that changed within a place and a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from shapely.geometry.base import BaseGeometry

from sitewatch.claims._likelihood import REFUTED, SUPPORTED
from sitewatch.model import Answer, Interval, Structure

__all__ = ["found_count"]


def found_count(structures: Sequence[Structure], within: BaseGeometry, meanings: Sequence[Interval], place: str,
                smallest: str, chance_of: Callable[[Structure], float | None]) -> Answer:
    """Whether as many came or went within a place as was stated. ``chance_of`` a structure: that it is one of them,
    None where no look tells.

    The structures are independent, so that their number has a Poisson binomial distribution. More than was stated
    refutes it. Fewer do not: what was not traced is not shown not to be there.
    """
    inside = [one for one in structures if within.contains(one.outline.centroid)]
    chances = [chance_of(one) for one in inside]
    if None in chances:
        return Answer(what="count", verdict="cannot tell", decides="a clear image of the stated time",
                      why=f"of {_some(sum(c is None for c in chances))} within {place} no clear look tells")
    odds = _number_of([chance for chance in chances if chance is not None])
    low, high = min(a for a, _ in meanings), max(b for _, b in meanings)
    within_it = float(sum(p for n, p in enumerate(odds) if any(a <= n <= b for a, b in meanings)))
    fewer, most = float(sum(odds[:max(0, int(np.ceil(low)))])), int(np.argmax(odds))
    stated = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    why = (f"{_some(most)} {'was' if most == 1 else 'were'} traced within {place}, each with its chance of being one; "
           f"stated is {stated}")
    if within_it >= SUPPORTED:
        return Answer(what="count", verdict="supported", chance=round(within_it, 4), measured=_some(most),
                      why=f"{why}; what is smaller than about {smallest} is not counted")
    if 1 - fewer - within_it >= 1 - REFUTED:
        return Answer(what="count", verdict="refuted", chance=round(within_it, 4), measured=_some(most), why=why)
    return Answer(what="count", verdict="cannot tell", chance=round(within_it, 4), measured=_some(most),
                  decides="finer images, on which what is small or faint is told too",
                  why=f"{why}; what is smaller than about {smallest} is not reported, and larger things are missed "
                      "too: that fewer were found is no sign that there are no more")


def _number_of(chances: Sequence[float]) -> np.ndarray:
    """The probability of each number of them, from none to all."""
    odds = np.ones(1)
    for chance in chances:
        odds = np.convolve(odds, [1 - chance, chance])
    return odds


def _some(number: int) -> str:
    return f"{number} structure{'' if number == 1 else 's'}"
