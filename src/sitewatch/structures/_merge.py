"""From readings to structures: parts of one whole, units in one row, and what was there before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shapely import unary_union

from sitewatch.geo import Rectangle
from sitewatch.structures._classify import Hypothesis
from sitewatch.structures._shadows import is_cast_by

__all__ = ["merge"]

_SAME_PLACE = 0.5        # share of the smaller one: more is the same thing seen twice
_ALTERED = 0.6           # intersection over union of what came and what went there
_AT_ONCE_LOOKS = 3       # between them: no time for another building
_ROW_FILL = 0.8          # how much of their common rectangle the units of one row fill
_YARD_PX = 2.0           # between a structure and the works around it lies its blurred edge
_ROW_DAYS = 60.0         # units of one row go up one after the other
_ROW_GAP = 0.5           # in widths: nearer to each other than that is one row


def merge(hypotheses: list[Hypothesis], ways: np.ndarray) -> list[Hypothesis]:
    """Each thing once, the largest reading of it first, units of one row joined, shadows with what throws them.

    ``ways`` (time, 2): where shadows fall, as ``shadow_ways`` gives it.
    """
    whole: list[Hypothesis] = []
    for candidate in sorted(hypotheses, key=lambda h: (-h.polygon.area, h.change.id)):
        same = next((i for i, other in enumerate(whole) if _is_same(candidate, other)), None)
        if same is None:
            whole.append(candidate)
        else:
            whole[same] = replace(whole[same], parts=(*whole[same].parts, candidate))
    joined = True
    while joined:
        joined = _join_one_pair(whole) or _alter_one_pair(whole)
    return [one for one in whole if not any(is_cast_by(one, other, ways) or _is_works_for(one, other)
                                            for other in whole if other is not one)]


def _is_works_for(one: Hypothesis, other: Hypothesis) -> bool:
    """Whether works on the ground are those of a structure that stands there, or stood: its bed, its plot, its yard."""
    return (one.class_ == "ground works" != other.class_
            and bool(one.polygon.distance(other.polygon) <= _YARD_PX))


def _is_same(one: Hypothesis, other: Hypothesis) -> bool:
    if one.class_ != other.class_:
        return False
    return bool(one.polygon.intersection(other.polygon).area > _SAME_PLACE * min(one.polygon.area, other.polygon.area))


def _join_one_pair(whole: list[Hypothesis]) -> bool:
    for i, one in enumerate(whole):
        for j in range(i + 1, len(whole)):
            union = _in_one_row(one, whole[j])
            if union is not None:
                second = whole.pop(j)
                whole[i] = replace(one, rectangle=union, chance=max(one.chance, second.chance),
                                   parts=(replace(one, parts=()), *one.parts, replace(second, parts=()), *second.parts))
                return True
    return False


def _alter_one_pair(whole: list[Hypothesis]) -> bool:
    """What came where something else went, in the same outline and at the same time, is one structure, altered."""
    for i, came in enumerate(whole):
        for j, went in enumerate(whole):
            if (came.class_, went.class_) != ("new structure", "removed structure") or abs(
                    came.look - went.look) > _AT_ONCE_LOOKS:
                continue
            if came.polygon.intersection(went.polygon).area > _ALTERED * came.polygon.union(went.polygon).area:
                whole[i] = replace(came, class_="altered structure", parts=(*came.parts, *went.parts))
                whole.pop(j)
                return True
    return False


def _in_one_row(one: Hypothesis, other: Hypothesis) -> Rectangle | None:
    """Their common rectangle where they stand end to end, of like width and colour, built soon after each other."""
    a, b = one.rectangle, other.rectangle
    width = min(a.width, b.width)
    turned = abs(np.sin(a.angle - b.angle))
    days = abs(one.first_day - other.first_day)
    apart = float(np.linalg.norm(one.evidence.material - other.evidence.material))
    step = max(one.evidence.contrast, other.evidence.contrast) * one.evidence.level
    if (one.class_ != other.class_ or width < 0.7 * max(a.width, b.width) or turned > 0.2 or days > _ROW_DAYS
            or one.polygon.distance(other.polygon) > _ROW_GAP * width
            or apart > 0.35 * step):
        return None
    corners = np.array([*one.polygon.exterior.coords, *other.polygon.exterior.coords], np.float32)
    union = Rectangle.around_points(corners)
    filled = unary_union([one.polygon, other.polygon]).area / union.polygon.area
    return union if filled >= _ROW_FILL and union.length > 1.3 * max(a.length, b.length) else None
