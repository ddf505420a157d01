"""What a step is, from the word of its shape and the word of its shadows together."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from sitewatch.structures._heights import Shadows

__all__ = ["Kind", "judged"]

Kind = Literal["new structure", "removed structure", "altered structure", "ground works"]

_MISREAD = 0.1       # of steps that are structures, shape alone takes so many for each of the other two classes
# All 17 that were found in the worlds kept for tuning were what they were said to be: by the rule of succession the
# next one is with 18 in 19 (python -m benchmarks.accuracy.simulated_places --half tune).
_SUREST = 0.94
# Whether a shadow lies there before and after, in the order of ``Shadows.odds``.
_CASTS: tuple[Kind, ...] = ("removed structure", "new structure", "altered structure")


def judged(kind: Kind, chance: float, shadows: Shadows | None, *, holds_too: bool) -> tuple[Kind, float]:
    """The likeliest kind of a step and its probability, by Bayes' rule.

    ``kind`` and ``chance`` are what shape says: what it is not is works on the ground, which cast no shadow.
    ``holds_too``: read the other way round the step has the shape of a structure, too. Without shadows the word of the
    shape stands.
    """
    if shadows is None:
        return kind, chance
    others = [other for other in _CASTS if other != kind] if holds_too else []
    prior: dict[Kind, float] = dict.fromkeys(others, chance * _MISREAD)
    prior |= {kind: chance * (1 - _MISREAD * len(others)), "ground works": 1 - chance}
    odds: dict[Kind, float] = {"ground works": 0.0, **dict(zip(_CASTS, shadows.odds, strict=True))}
    logs = np.array([math.log(max(prior[one], 1e-12)) + odds[one] for one in prior])
    shares = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    best = int(shares.argmax())
    return list(prior)[best], float(min(shares[best], _SUREST))
