"""measure_by_hand: a length or a footprint that a person drew on one look, with its interval.

A drawn line is off for reasons that repeating it reduces (the hand) and for reasons that it does not: an edge is seen
through the point spread, and the same person takes the same place in that ramp for it each time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import scipy
from shapely import LineString, Polygon

from sitewatch.errors import InputError
from sitewatch.geo import area_m2, from_pixels, length_m
from sitewatch.measurements._interval import errors_of
from sitewatch.model import BudgetTerm, Dimension, Measurement, Quantity, Stack, day

__all__ = ["agreement", "beside_fitted", "measure_by_hand"]

_HAND_PX = 0.5       # standard deviation of a click per axis, before a hand has shown its own: half a pixel
_HAND_WEIGHT = 3.0   # that expectation counts as much as so many repetitions
_IN_RAMP = 0.4       # of the point spread's sigma: where in an edge's ramp a person takes the edge to be
_LONGEST = 1000      # corners of a footprint

Drawing = Sequence[tuple[float, float]]


def measure_by_hand(drawn: Sequence[Drawing], scene: str, stack: Stack, *, is_closed: bool,
                    level: float = 0.9) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    """The mean of one or more drawings of one thing on one look, and what its interval is made of.

    Each drawing is (x, y) in pixels of the site's grid: both ends of a length, or, if ``is_closed``, the corners of a
    footprint. Metres and square metres are those of the ellipsoid, or of the picture's plane. Raises InputError for a
    scene that is not used or a drawing that is none.
    """
    if not drawn:
        raise InputError("nothing was drawn. Draw a length or a footprint")
    look = next((i for i, fit in enumerate(stack.used) if fit.scene == scene), None)
    if look is None:
        raise InputError(f"scene {scene[:80]!r} is not used in this case. `sitewatch show CASE scenes` lists what is")
    shapes = [_points(one, is_closed=is_closed) for one in drawn]
    sizes = [_size(points, stack, is_closed=is_closed) for points in shapes]
    value = float(np.mean(sizes))
    metres, errors = stack.site.gsd_m, errors_of(stack)
    # Both ends, or all sides, move together where an edge is taken farther out.
    reach = float(np.mean([_perimeter(points) for points in shapes])) * metres if is_closed else 2.0
    shift_px = float(stack.data["shift_sigma_px"].values[look])
    terms = {
        "the hand": _hand_variance(shapes, sizes, metres, is_closed=is_closed) / len(sizes),
        "where in the blurred edge the edge is": (reach * _IN_RAMP * stack.blur_px * metres) ** 2,
        "where an edge is taken to be": (reach * errors.one_edge_m) ** 2,
        "alignment within the look, at most": (reach * shift_px * metres / math.sqrt(2)) ** 2,
        "size of a pixel": ((2 if is_closed else 1) * errors.scale * value) ** 2,
    }
    variance = sum(terms.values())
    factor = math.exp(float(scipy.special.ndtri((1 + level) / 2)) * math.sqrt(variance) / value)
    times = "once" if len(sizes) == 1 else f"{len(sizes)} times, {min(sizes):.4g} to {max(sizes):.4g}"
    method = f"drawn by hand on the look of {day(stack.used[look].taken)}, {times}"
    quantity = Quantity(value=value, low=value / factor, high=value * factor, unit="m²" if is_closed else "m",
                        method=method, level=level)
    return quantity, tuple(BudgetTerm(cause=cause, share=round(part / variance, 4)) for cause, part in terms.items())


def beside_fitted(drawn: Quantity, measured: Iterable[Measurement], subject: str,
                  sides: Sequence[Dimension]) -> str | None:
    """The fitted size of a structure that what was drawn is of, and whether they agree; None where none was fitted.

    Of several ``sides`` that were drawn, as a length may be that of either, it is the one that comes nearest.
    """
    fitted = [(one.what, one.value) for one in measured
              if one.subject == subject and one.what in sides and one.by == "tool" and one.value]
    if not fitted:
        return None
    what, value = min(fitted, key=lambda pair: abs(pair[1].value - drawn.value))
    return f"The fitted {'footprint' if what == 'area' else what} is {value}. {agreement(drawn, value)}"


def agreement(one: Quantity, other: Quantity) -> str:
    """Whether two numbers of the same thing could both be right, in words."""
    apart = math.log(one.value / other.value)
    allowed = math.hypot(math.log(one.high / one.low) / 2, math.log(other.high / other.low) / 2)
    if abs(apart) <= allowed:
        return f"They agree: {abs(math.expm1(apart)):.0%} apart, within both intervals".replace("%", " %")
    return (f"They differ: {abs(math.expm1(apart)):.0%} apart, more than both intervals allow. One of them is of "
            "something else").replace("%", " %")


def _points(drawing: Drawing, *, is_closed: bool) -> np.ndarray:
    points = np.asarray(drawing, np.float64)
    wanted = 3 if is_closed else 2
    if points.ndim != 2 or points.shape[1:] != (2,) or not wanted <= len(points) <= (_LONGEST if is_closed else 2):
        what = "a footprint has 3 corners or more" if is_closed else "a length has two ends"
        raise InputError(f"{what}. Draw it again")
    if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
        raise InputError("the drawing leaves the site. Draw it again")
    if is_closed and not Polygon(points).is_valid:
        raise InputError("the footprint crosses itself. Draw it again")
    return points


def _size(points: np.ndarray, stack: Stack, *, is_closed: bool) -> float:
    grid = stack.site.grid
    if is_closed:
        size = area_m2(from_pixels(Polygon(points), grid), grid)
    else:
        (x0, y0), (x1, y1) = from_pixels(LineString(points), grid).coords
        size = length_m(x0, y0, x1, y1, grid)
    if not size > 0:
        raise InputError("the drawing has no size. Draw it again")
    return size


def _perimeter(points: np.ndarray) -> float:
    return float(np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).sum())


def _hand_variance(shapes: Sequence[np.ndarray], sizes: Sequence[float], metres: float, *, is_closed: bool) -> float:
    """Variance of one drawing: what clicks half a pixel off would give, and what this hand's repetitions show."""
    if is_closed:  # of the shoelace formula, each corner moving by itself
        across = np.mean([(np.linalg.norm(np.roll(p, 1, axis=0) - np.roll(p, -1, axis=0), axis=1) ** 2).sum() / 4
                          for p in shapes])
        expected = float(across) * (_HAND_PX * metres**2) ** 2
    else:
        expected = 2 * (_HAND_PX * metres) ** 2
    scatter = float(((np.asarray(sizes) - np.mean(sizes)) ** 2).sum())
    return (_HAND_WEIGHT * expected + scatter) / (_HAND_WEIGHT + len(sizes) - 1)
