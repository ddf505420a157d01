"""The footprint that explains all looks together, and how far it can be off.

The share of light from inside a footprint, blurred by the point spread, is a known function of its edges. All
looks share the edges; each has its own background, slope of background, contrast, neighbours and small
displacement, which enter linearly and are projected out (variable projection, Golub & Pereyra 1973, in
Kaufman's form). Errors come from the residuals' own spatial correlation (sandwich with a Bartlett kernel,
Conley 1999): ground is textured, and treating its pixels as independent would halve the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._shape import Seen, Shape

__all__ = ["Fit", "fit_footprint"]

_ROUNDS, _STEPS, _STILL_PX = 3, 10, 0.02
_LARGEST_STEP_PX, _LARGEST_TURN = 0.8, 0.08
_REACH_PX, _REACH, _REACH_TURN = 3.0, 0.35, 0.35    # how far an edge may go, at least and in widths; radians
_REACH_IN_TWO = 0.7                                 # the inner corner of an L lies well inside its rectangle
_STRIP_PX, _STRIP_BLURS = 3.0, 4.0                  # how wide the strips beside the edges are
_OUTLIER = 2.5               # residuals beyond this many robust sigmas lose weight: other things stand there
_GOES_ON = 0.7               # of the structure's contrast: aprons and yards have less
_BLUR_SIGMA = 0.15           # a point spread is known to about 15 %
_CUTS = (0.3, 0.5, 0.7)      # where a second rectangle may begin, tried in turn
_LEAST_STEP_PX = 1.5         # a smaller step in an outline cannot be told from texture
_LEAST_PART = 0.15
_CLEARLY = 6.0               # simple if in doubt: three more edges would ask for 3
_CLEARLY_INSIDE = 1.0        # where all four edges lie inside, nothing else looks like it
_OF_YARD, _LEAST_OF_YARD, _INSIDE_PX = 0.75, 0.25, 0.8
_LEAST_IN_TWO_PX = 60        # a smaller footprint shows no second rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted shape. ``covariance`` is that of its edges and angle with the point spread held fixed, ``by_blur``
    how they move with the logarithm of the point spread, ``blur_sigma`` how well that is known after the fit.
    ``explained`` is the share of the images' variance that the structure itself explains. ``goes_on`` (edge) bool:
    beside that edge it looks like the structure itself, so that the structure probably goes on there."""

    shape: Shape
    covariance: np.ndarray
    by_blur: np.ndarray
    blur_sigma: float
    explained: float
    cost: float
    samples: float
    goes_on: np.ndarray


def fit_footprint(crop: Crop, blur_px: float, like: Shape | None = None) -> Fit:
    """The rectangle, or the two of them if that explains clearly more, that fits all images of the crop.

    ``like`` is the known shape of the same thing in other looks: then that shape is adjusted.
    """
    if like is not None:
        return _fitted(like, crop, blur_px)
    start = Shape.of_rectangle(crop.start, blur_px)
    one = _fitted(start, crop, blur_px)
    one = _in_its_yard(one, crop, blur_px) or one
    cuts = _CUTS if one.shape.area[0] > _LEAST_IN_TWO_PX else ()
    twos = [_fitted(start.in_two(cut), crop, blur_px, rounds=1) for cut in cuts]
    best = min((two for two in twos if _is_stepped(two.shape)), key=lambda fit: fit.cost, default=one)
    if best is one or _gain(one, best) < _CLEARLY:
        return one
    return _fitted(best.shape, crop, blur_px)


def _in_its_yard(yard: Fit, crop: Crop, blur_px: float) -> Fit | None:
    """A smaller rectangle well inside the fitted one, where there clearly is one: the first was its yard."""
    as_ground = yard.shape.seen(crop.x, crop.y, _STRIP_PX).share
    ground = replace(crop, neighbours=np.column_stack([crop.neighbours, as_ground]))
    inner = _fitted(yard.shape.shrunk(_OF_YARD), ground, blur_px)
    inside = np.array([-1, 1, -1, 1]) * (yard.shape.vector[:4] - inner.shape.vector[:4])
    is_yard = (inside.min() > _INSIDE_PX and inner.shape.area[0] > _LEAST_OF_YARD * yard.shape.area[0]
               and abs(inner.shape.angle - yard.shape.angle) < _REACH_TURN)
    return inner if is_yard and _gain(yard, inner) > _CLEARLY_INSIDE else None


def _gain(simple: Fit, better: Fit) -> float:
    """How much better a fit is, in multiples of what BIC asks per edge; samples are counted per point spread."""
    gained = simple.samples * math.log(max(simple.cost, 1e-12) / max(better.cost, 1e-12))
    return gained / math.log(max(simple.samples, 2.0))


def _is_stepped(shape: Shape) -> bool:
    first, cut, last, low_a, high_a, low_b, high_b = shape.vector[:7]
    parts = min(cut - first, last - cut) > max(_LEAST_PART * (last - first), 2.0)
    return bool(parts and max(abs(low_a - low_b), abs(high_a - high_b)) > _LEAST_STEP_PX)


@dataclass(frozen=True, slots=True)
class _State:
    """A shape held against the images: residuals (pixel, image), their derivatives (image, pixel, vector), contrasts
    (image), share of light from inside (pixel), and how much of the contrast the strip beside each edge has (edge)."""

    residual: np.ndarray
    slope: np.ndarray
    contrast: np.ndarray
    seen: np.ndarray
    beside: np.ndarray

    @property
    def equations(self) -> tuple[np.ndarray, np.ndarray]:
        """Normal equations over all images: (vector, vector) and (vector)."""
        flat = self.slope.reshape(-1, self.slope.shape[2])
        return flat.T @ flat, flat.T @ self.residual.T.ravel()


def _fitted(shape: Shape, crop: Crop, blur_px: float, rounds: int = _ROUNDS) -> Fit:
    weight, start = np.ones(len(crop.images)), shape
    state = _at(shape, crop, weight)
    for _ in range(rounds):
        for _ in range(_STEPS):
            shape, state, moved = _improved(_Trial(shape, state, start), crop, weight, blur_px)
            if moved < _STILL_PX:
                break
        weight = _weights(state.residual)
        state = _at(shape, crop, weight)
    return _judged(shape, state, crop, weight)


def _at(shape: Shape, crop: Crop, weight: np.ndarray) -> _State:
    """Each image is the structure inside, what was there in its other state outside, a strip of its own beside each
    edge (shadow, apron, yard), neighbours, and a sloping background."""
    seen = shape.seen(crop.x, crop.y, max(_STRIP_PX, _STRIP_BLURS * math.exp(shape.vector[-1])))
    root = np.sqrt(weight)[:, None]
    outside = crop.other * (1 - seen.share)[:, None]
    flat = np.stack([seen.share, *seen.strips.T, *outside.T, np.ones(len(root)), crop.x - crop.x.mean(),
                     crop.y - crop.y.mean(),
                     *crop.neighbours.T], axis=1)
    # Small displacements of single looks: the footprint's own gradient, in every image but the mean one.
    moved = np.stack([seen.by_edge[:, list(indices)].sum(axis=1) for indices in shape.layout.axes], axis=1)
    images = crop.images * root
    first = _projected(flat * root, images[:, :1], seen, crop.other, root)
    rest = _projected(np.hstack([flat, moved]) * root, images[:, 1:], seen, crop.other, root)
    inside, *strips = np.hstack([first[2], rest[2]])
    return _State(np.hstack([first[0], rest[0]]), np.concatenate([first[1], rest[1]]), inside, seen.share,
                  np.array(strips) @ inside / (inside @ inside + 1e-12))


def _projected(basis: np.ndarray, images: np.ndarray, seen: Seen, other: np.ndarray,
               root: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each image what the basis leaves, its derivative, and the contrast of the structure and of its strips.

    An edge that moves replaces its strip, and the other state, by the structure: the derivative is their difference.
    """
    ortho, upper = np.linalg.qr(basis)
    inner = ortho.T @ images
    linear = np.linalg.lstsq(upper, inner, rcond=None)[0]
    edges = seen.strips.shape[1]
    slope = []
    for own in linear.T:
        step = own[0] - own[1:1 + edges] - (other @ own[1 + edges:1 + edges + other.shape[1]])[:, None]
        gained = seen.by_edge * step * root
        turned, spread = (gained * seen.lever).sum(axis=1), (gained * seen.spread).sum(axis=1)
        change = np.column_stack([gained, turned, spread])
        slope.append(ortho @ (ortho.T @ change) - change)
    return images - ortho @ inner, np.stack(slope), linear[:1 + edges]


@dataclass(frozen=True, slots=True)
class _Trial:
    """Where a fit is, and where it began: no edge may wander off to another thing."""

    shape: Shape
    state: _State
    start: Shape

    def stepped(self, step: np.ndarray) -> Shape:
        """The shape after a step that is neither too long nor leads too far from the start."""
        step = step * min(1.0, _LARGEST_STEP_PX / max(np.abs(step[:-2]).max(), 1e-9),
                          _LARGEST_TURN / max(abs(step[-2]), 1e-9))
        reach = _REACH if len(self.start.layout.parts) == 1 else _REACH_IN_TWO
        reach = max(_REACH_PX, reach * min(side for side, _ in self.start.sides))
        limit = np.full(len(step), reach)
        limit[-2:] = _REACH_TURN, 1.0
        now, begin = self.shape.vector, self.start.vector
        return self.shape.stepped(np.clip(now + step, begin - limit, begin + limit) - now)


def _improved(trial: _Trial, crop: Crop, weight: np.ndarray, blur_px: float) -> tuple[Shape, _State, float]:
    """One damped Gauss-Newton step and how far it moved an edge; the same shape where no step helps."""
    shape, state = trial.shape, trial.state
    noise = _variance(state.residual, shape)
    bend, pull = (part / noise for part in state.equations)
    away = shape.vector[-1] - math.log(blur_px)
    bend[-1, -1] += 1 / _BLUR_SIGMA**2
    pull[-1] += away / _BLUR_SIGMA**2
    now = (state.residual**2).sum() / noise + (away / _BLUR_SIGMA) ** 2
    for damping in (1e-6, 0.1, 10.0):
        step = -np.linalg.solve(bend + damping * np.diag(np.diag(bend) + 1e-9), pull)
        tried = trial.stepped(step)
        after = _at(tried, crop, weight)
        then = (after.residual**2).sum() / noise + ((tried.vector[-1] - math.log(blur_px)) / _BLUR_SIGMA) ** 2
        if then < now:
            return tried, after, float(np.abs((tried.vector - shape.vector)[:-2]).max())
    return shape, state, 0.0


def _variance(residual: np.ndarray, shape: Shape) -> float:
    """Residual variance per independent sample: neighbours within the point spread repeat each other."""
    repeats = max(4 * math.pi * math.exp(2 * shape.vector[-1]), 1.0)
    return float((residual**2).sum(axis=1).mean()) * min(repeats, len(residual) / 50) + 1e-12


def _weights(residual: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(residual, axis=1)
    limit = _OUTLIER * max(1.4826 * float(np.median(size)), 1e-9)
    return np.asarray(1 / np.maximum(1.0, size / limit) ** 2)


def _judged(shape: Shape, state: _State, crop: Crop, weight: np.ndarray) -> Fit:
    edges = len(shape.vector) - 1
    bend, _ = state.equations
    geometry = bend[:edges, :edges] + 1e-9 * np.trace(bend[:edges, :edges]) * np.eye(edges)
    inverse = np.linalg.inv(geometry)
    noise = _variance(state.residual, shape)
    blur_known = 1 / _BLUR_SIGMA**2 + (bend[-1, -1] - bend[-1, :edges] @ inverse @ bend[:edges, -1]) / noise
    return Fit(shape=shape, covariance=inverse @ _meat(state, crop) @ inverse, by_blur=-inverse @ bend[:edges, -1],
               blur_sigma=float(1 / math.sqrt(blur_known)), explained=_explained(state, crop),
               cost=float((state.residual**2).sum()),
               samples=weight.sum() / max(4 * math.pi * math.exp(2 * shape.vector[-1]), 1.0),
               goes_on=state.beside > _GOES_ON)


def _explained(state: _State, crop: Crop) -> float:
    """Share of the variance in and next to the footprint that the footprint explains."""
    near = cv2.dilate(crop.grid_of(state.seen > 0.1).astype(np.uint8), np.ones((5, 5), np.uint8))[crop.inside] > 0
    own = np.outer(state.seen[near] - state.seen[near].mean(), state.contrast)
    explained, left = float((own**2).sum()), float((state.residual[near] ** 2).sum())
    return explained / (explained + left + 1e-12)


def _meat(state: _State, crop: Crop) -> np.ndarray:
    """Covariance of the scores of edges and angle, correlated over the reach of the point spread and the texture."""
    edges = state.slope.shape[2] - 1
    taps = np.bartlett(2 * max(3, round(0.15 * min(crop.inside.shape))) + 1)
    total = np.zeros((edges, edges))
    for i in range(state.residual.shape[1]):
        scores = state.slope[i][:, :edges] * state.residual[:, i, None]
        smooth = [cv2.sepFilter2D(crop.grid_of(scores[:, j]), cv2.CV_64F, taps, taps, borderType=cv2.BORDER_CONSTANT)
                  for j in range(edges)]
        total += scores.T @ np.stack([one[crop.inside] for one in smooth], axis=1)
    return (total + total.T) / 2
