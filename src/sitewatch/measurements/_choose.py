"""Which shape: a rectangle, or two or three end to end where these explain clearly more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from sitewatch.measurements._edges import Frame, crossed
from sitewatch.measurements._fit import REACH_TURN, Found, Held, fitted, gain
from sitewatch.measurements._judge import Fit, judged
from sitewatch.measurements._shape import Shape

__all__ = ["fit_footprint", "refit"]

_CUTS = (0.3, 0.5, 0.7)      # where a further rectangle may begin, tried in turn
_STEPS = ((0.5, 0.0), (0.0, 0.5), (0.3, 0.3))   # how far in from its sides, in widths
_EVEN = (0.0, 0.0)
_LEAST_STEP_PX = 1.5         # a smaller step in an outline cannot be told from texture
_LEAST_PART = 0.15
_TRIED, _WORTH_TRYING = 3, 3.0          # a corner that is missing shows before anything is fitted to it
_CLEARLY = 6.0               # simple if in doubt: three more edges would ask for 3
_CLEARLY_INSIDE = 1.0        # where all four edges lie inside, nothing else looks like it
_OF_YARD, _LEAST_OF_YARD, _INSIDE_PX = 0.75, 0.25, 0.8
_LEAST_IN_TWO_PX = 60        # a smaller footprint shows no second rectangle


def fit_footprint(held: Held, like: Shape | None = None) -> Fit:
    """The rectangle, or the two or three of them if that explains clearly more, that fits all images of the crop.

    ``like`` is the known shape of the same thing in other looks: then that shape is adjusted.
    """
    if like is not None:
        return judged(fitted(_as_seen(like, held), held))
    start = _as_seen(Shape.of_rectangle(held.crop.start, held.blur_px), held)
    one = fitted(start, held)
    one = _in_its_yard(one, held) or one
    best = one
    if one.shape.area[0] > _LEAST_IN_TWO_PX:
        whole = replace(one.shape, vector=np.append(start.vector[:5], one.shape.vector[5:]))
        best = _more_parts(one, [one.shape, whole], held)
    if len(best.shape.layout.parts) == 2:
        best = _more_parts(best, [best.shape], held)
    return judged(best)


def refit(shape: Shape, held: Held) -> Shape:
    """Where the shape goes when it is held against something else."""
    return fitted(_as_seen(shape, held), held, rounds=1).shape


def _as_seen(shape: Shape, held: Held) -> Shape:
    """With a height and a yard where the sun is known."""
    return shape if held.crop.is_lit == shape.is_lit else shape.lit() if held.crop.is_lit else shape.unlit()


def _in_its_yard(yard: Found, held: Held) -> Found | None:
    """A smaller rectangle well inside the fitted one, where there clearly is one: the first was its yard."""
    crop = replace(held.crop, neighbours=np.column_stack([held.crop.neighbours, yard.state.seen.share]))
    held = replace(held, crop=crop)
    inner = fitted(yard.shape.shrunk(_OF_YARD), held, rounds=1)
    if not _lies_inside(inner.shape, yard.shape):
        return None
    inner = fitted(inner.shape, held)
    return inner if _lies_inside(inner.shape, yard.shape) and gain(yard, inner) > _CLEARLY_INSIDE else None


def _lies_inside(inner: Shape, yard: Shape) -> bool:
    inside = np.array([-1, 1, -1, 1]) * (yard.vector[:4] - inner.vector[:4])
    return bool(inside.min() > _INSIDE_PX and inner.area[0] > _LEAST_OF_YARD * yard.area[0]
                and abs(inner.angle - yard.angle) < REACH_TURN)


def _more_parts(simple: Found, starts: Sequence[Shape], held: Held) -> Found:
    """A fit with one part more, where it explains clearly more; else the simple one."""
    tried = [fitted(start, held, rounds=1) for start in _promising(simple, starts, held)]
    more = min((found for found in tried if _is_stepped(found.shape)), key=lambda found: found.cost, default=simple)
    return simple if more is simple or gain(simple, more) < _CLEARLY else fitted(more.shape, held)


def _promising(simple: Found, starts: Sequence[Shape], held: Held) -> list[Shape]:
    """Shapes with one part more that are worth a fit: those that leave out most of what does not fit, and that which
    is most like the outline as traced."""
    shapes, roofs, gains = [], [], []
    for start in starts:
        base = simple if start is simple.shape else fitted(start, held, rounds=0)
        ways = [start] if len(start.layout.parts) > 1 else [start, start.turned()]
        tried = [way.cut(part, share, sides) for way in ways for part in range(len(way.layout.parts))
                 for share in _CUTS for step in _STEPS for sides in ((step, _EVEN), (_EVEN, step))]
        shapes += tried
        roofs += [_roof(shape, held) for shape in tried]
        gains.append(_promises(base, base.state.seen.share[:, None] - np.stack(roofs[-len(tried):], axis=1)))
    gain_of = np.concatenate(gains)
    if gain_of.max() < _WORTH_TRYING:
        return []
    alike = [float(np.minimum(roof, held.crop.traced).sum() / np.maximum(roof, held.crop.traced).sum())
             for roof in roofs]
    best = np.argsort(-gain_of, kind="stable")[:_TRIED]
    return [shapes[i] for i in dict.fromkeys([int(np.argmax(alike)), *map(int, best)])]


def _promises(found: Found, missing: np.ndarray) -> np.ndarray:
    """(way) how much of what a fit leaves each (pixel, way) part of its roof explains by not being there, in multiples
    of what BIC asks for an edge."""
    explained = np.zeros(missing.shape[1])
    for basis, residual, weight in zip(found.state.basis, found.state.residual, found.weights, strict=True):
        by = missing * np.sqrt(weight)[:, None]
        by -= basis @ (basis.T @ by)
        explained += ((by.T @ residual) ** 2).sum(axis=1) / ((by * by).sum(axis=0) + 1e-9)
    left = np.maximum(found.cost - explained, 1e-3 * found.cost)
    return np.asarray(found.samples * np.log(found.cost / left) / math.log(max(found.samples, 2.0)))


def _roof(shape: Shape, held: Held) -> np.ndarray:
    """(pixel) share of light from all parts."""
    frame, v = Frame(shape, held.crop), shape.vector
    ends, sides = (crossed((at[None] - v[list(axis), None]) / frame.sigma)[0]
                   for at, axis in ((frame.along, shape.layout.axes[0]), (frame.across, shape.layout.axes[1])))
    return np.asarray(sum((ends[i] - ends[i + 1]) * (sides[2 * i] - sides[2 * i + 1])
                          for i in range(len(shape.layout.parts))))


def _is_stepped(shape: Shape) -> bool:
    """Whether its parts are parts of one building, and differ."""
    v, parts = shape.vector, shape.layout.parts
    whole = shape.sides[0][0]
    long = all(v[b] - v[a] > max(_LEAST_PART * whole, 2.0) for a, b, _, _ in parts)
    differ = all(max(abs(v[one[2]] - v[two[2]]), abs(v[one[3]] - v[two[3]])) > _LEAST_STEP_PX
                 and min(v[one[3]], v[two[3]]) > max(v[one[2]], v[two[2]])
                 for one, two in pairwise(parts))
    return long and differ
