"""The footprint that explains all looks together, and how far it can be off.

The share of light from inside a footprint, blurred by the point spread, is a known function of its edges, as are those
of its shadow and its yard. All looks share the edges; each has its own tones of all of these and of the ground, which
enter linearly and are projected out (variable projection, Golub & Pereyra 1973, in Kaufman's form). Errors come from
the residuals' own spatial correlation (sandwich with a Bartlett kernel, Conley 1999): ground is textured, and treating
its pixels as independent would halve the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._seen import Seen, seen_of
from sitewatch.measurements._shape import HEIGHT_M, YARD_PX, Shape

__all__ = ["Fit", "Held", "fit_footprint", "refit"]

_ROUNDS, _STEPS, _STILL_PX = 3, 12, 0.02
_LARGEST = 0.8, 0.08, 0.5, 3.0, 0.7       # step: of an edge in pixels, angle, log point spread, height in m, log yard
_APART = 0.02, 0.002, 0.02, 0.05, 0.03    # by how much each is moved to see what it does
_REACH_PX, _REACH, _REACH_TURN = 3.0, 0.35, 0.35    # how far an edge may go, at least and in widths; radians
_REACH_IN_TWO = 0.7                                 # the inner corner of an L lies well inside its rectangle
_OUTLIER = 2.5               # residuals beyond this many robust sigmas lose weight: other things stand there
_GOES_ON = 0.7               # of the structure's contrast: aprons and yards have less
_BLUR_SIGMA = 0.15           # a point spread is known to about 15 %
_HEIGHT_SIGMA_M = 5.0        # halls are 3 to 18 m high, and yards from half a pixel to ten wide
_YARD_SIGMA = 0.7
_TIE = 3e-3                  # tones that nothing tells apart are shared out rather than set against each other
_CUTS = (0.3, 0.5, 0.7)      # where a second rectangle may begin, tried in turn
_LEAST_STEP_PX = 1.5         # a smaller step in an outline cannot be told from texture
_LEAST_PART = 0.15
_CLEARLY = 6.0               # simple if in doubt: three more edges would ask for 3
_CLEARLY_INSIDE = 1.0        # where all four edges lie inside, nothing else looks like it
_OF_YARD, _LEAST_OF_YARD, _INSIDE_PX = 0.75, 0.25, 0.8
_LEAST_IN_TWO_PX = 60        # a smaller footprint shows no second rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a shape is held against: a crop and the point spread in pixels that is expected."""

    crop: Crop
    blur_px: float

    def expected(self, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
        """(vector) what is expected of a shape before any image is seen, and how firmly: zero for its outline."""
        edges = shape.layout.edges
        middle, firm = np.zeros(len(shape.vector)), np.zeros(len(shape.vector))
        middle[edges + 1], firm[edges + 1] = math.log(self.blur_px), 1 / _BLUR_SIGMA
        if shape.is_lit:
            middle[-5], firm[-5] = HEIGHT_M, 1 / _HEIGHT_SIGMA_M
            middle[-4:], firm[-4:] = math.log(YARD_PX), 1 / _YARD_SIGMA
        return middle, firm


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


def fit_footprint(held: Held, like: Shape | None = None) -> Fit:
    """The rectangle, or the two of them if that explains clearly more, that fits all images of the crop.

    ``like`` is the known shape of the same thing in other looks: then that shape is adjusted.
    """
    if like is not None:
        return _fitted(_as_seen(like, held), held)
    start = Shape.of_rectangle(held.crop.start, held.blur_px)
    one = _fitted(_as_seen(start, held), held)
    one = _in_its_yard(one, held) or one
    cuts = _CUTS if one.shape.area[0] > _LEAST_IN_TWO_PX else ()
    twos = [_fitted(start.in_two(cut), held, rounds=1) for cut in cuts]
    best = min((two for two in twos if _is_stepped(two.shape)), key=lambda fit: fit.cost, default=one)
    if best is one or _gain(one, best) < _CLEARLY:
        return one
    return _fitted(best.shape, held)


def refit(shape: Shape, held: Held) -> Shape:
    """Where the shape goes when it is held against something else."""
    return _fitted(_as_seen(shape, held), held, rounds=1).shape


def _as_seen(shape: Shape, held: Held) -> Shape:
    """With a height and a yard where the sun is known and there is one rectangle."""
    lit = held.crop.is_lit and len(shape.layout.parts) == 1
    return shape if lit == shape.is_lit else shape.lit() if lit else shape.unlit()


def _in_its_yard(yard: Fit, held: Held) -> Fit | None:
    """A smaller rectangle well inside the fitted one, where there clearly is one: the first was its yard."""
    as_ground = seen_of(yard.shape, held.crop).share
    crop = replace(held.crop, neighbours=np.column_stack([held.crop.neighbours, as_ground]))
    inner = _fitted(yard.shape.shrunk(_OF_YARD), replace(held, crop=crop))
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
    """A shape held against the images of each sun: residuals (pixel, image), an orthonormal basis of what was
    projected out (pixel, column), the tones of its columns (column, image), and what pixels see of it."""

    shape: Shape
    residual: tuple[np.ndarray, ...]
    basis: tuple[np.ndarray, ...]
    tones: tuple[np.ndarray, ...]
    seen: Seen

    @property
    def left(self) -> float:
        """The sum of squares that it leaves."""
        return float(sum((part**2).sum() for part in self.residual))


def _fitted(shape: Shape, held: Held, rounds: int = _ROUNDS) -> Fit:
    weights, start = tuple(np.ones(len(held.crop.x)) for _ in held.crop.suns), shape
    state = _at(shape, held, weights)
    for _ in range(rounds):
        for _ in range(_STEPS):
            state, moved = _improved(_Trial(state, start, weights), held)
            if moved < _STILL_PX:
                break
        weights = tuple(_weights(lit.images - columns @ tones) for lit, columns, tones in
                        zip(held.crop.suns, state.seen.columns, state.tones, strict=True))
        state = _at(state.shape, held, weights)
    return _judged(state, held, weights)


def _at(shape: Shape, held: Held, weights: tuple[np.ndarray, ...]) -> _State:
    """The tones of everything that fit best under each sun, and what they leave."""
    seen = seen_of(shape, held.crop)
    parts = [_projected(columns, lit.images, np.sqrt(weight)[:, None])
             for columns, lit, weight in zip(seen.columns, held.crop.suns, weights, strict=True)]
    residual, basis, tones = zip(*parts, strict=True)
    return _State(shape, residual, basis, tones, seen)


def _projected(columns: np.ndarray, images: np.ndarray,
               root: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weighted = columns * root
    size = np.linalg.norm(weighted, axis=0) + 1e-12
    basis, turn = np.linalg.qr(np.vstack([weighted / size, _TIE * np.eye(len(size))]))
    basis = basis[:len(images)]
    tones = np.linalg.solve(turn, basis.T @ (images * root)) / size[:, None]
    return images * root - weighted @ tones, basis, tones


def _slopes(state: _State, held: Held, weights: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """For each sun (pixel, image, vector): how the residuals change with each element of the shape."""
    slopes = [np.empty((*part.shape, len(state.shape.vector))) for part in state.residual]
    for index, by in enumerate(_sized(_APART, state.shape)):
        there = replace(state.shape, vector=state.shape.vector + by * np.eye(len(state.shape.vector))[index])
        beyond = seen_of(there, held.crop, state.shape)
        for sun, slope in enumerate(slopes):
            change = (beyond.columns[sun] - state.seen.columns[sun]) * (np.sqrt(weights[sun]) / by)[:, None]
            by_tone = change @ state.tones[sun]
            slope[:, :, index] = state.basis[sun] @ (state.basis[sun].T @ by_tone) - by_tone
    return slopes


def _sized(of: tuple[float, float, float, float, float], shape: Shape) -> np.ndarray:
    """(vector) from one number each for edges, angle, point spread, height and yard."""
    edge, angle, blur, height, yard = of
    return np.array([edge] * shape.layout.edges + [angle, blur] + ([height] + [yard] * 4 if shape.is_lit else []))


@dataclass(frozen=True, slots=True)
class _Trial:
    """Where a fit is, and where it began: no edge may wander off to another thing."""

    state: _State
    start: Shape
    weights: tuple[np.ndarray, ...]

    def stepped(self, step: np.ndarray) -> Shape:
        """The shape after a step that is neither too long nor leads too far from the start."""
        shape = self.state.shape
        step = step * min(1.0, float((_sized(_LARGEST, shape) / np.maximum(np.abs(step), 1e-9)).min()))
        reach = _REACH if len(self.start.layout.parts) == 1 else _REACH_IN_TWO
        reach = max(_REACH_PX, reach * min(side for side, _ in self.start.sides))
        limit = _sized((reach, _REACH_TURN, 1.0, math.inf, math.inf), shape)
        now, begin = shape.vector, self.start.vector
        return shape.stepped(np.clip(now + step, begin - limit, begin + limit) - now)


def _improved(trial: _Trial, held: Held) -> tuple[_State, float]:
    """One damped Gauss-Newton step and how far it moved an edge; the same state where no step helps."""
    state = trial.state
    noise, edges = _variance(state), state.shape.layout.edges
    middle, firm = held.expected(state.shape)
    away = firm * (state.shape.vector - middle)
    bend, pull = _equations(state, _slopes(state, held, trial.weights))
    bend, pull = bend / noise + np.diag(firm**2), pull / noise + firm * away
    now = state.left / noise + (away**2).sum()
    for damping in (1e-6, 0.1, 3.0, 30.0):
        step = -np.linalg.solve(bend + damping * np.diag(np.diag(bend)) + 1e-6 * np.eye(len(bend)), pull)
        after = _at(trial.stepped(step), held, trial.weights)
        if after.left / noise + ((firm * (after.shape.vector - middle))**2).sum() < now:
            return after, float(np.abs(after.shape.vector - state.shape.vector)[:edges].max())
    return state, 0.0


def _equations(state: _State, slopes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations over all images: (vector, vector) and (vector)."""
    flat = [slope.reshape(-1, slope.shape[2]) for slope in slopes]
    bend = np.sum([part.T @ part for part in flat], axis=0)
    pull = np.sum([part.T @ left.ravel() for part, left in zip(flat, state.residual, strict=True)], axis=0)
    return bend, pull


def _variance(state: _State) -> float:
    """Residual variance per independent sample: neighbours within the point spread repeat each other."""
    pixels = len(state.seen.share)
    return state.left / pixels * min(_repeats(state.shape), pixels / 50) + 1e-12


def _repeats(shape: Shape) -> float:
    return max(4 * math.pi * shape.blur_px**2, 1.0)


def _weights(residual: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(residual, axis=1)
    limit = _OUTLIER * max(1.4826 * float(np.median(size)), 1e-9)
    return np.asarray(1 / np.maximum(1.0, size / limit) ** 2)


def _judged(state: _State, held: Held, weights: tuple[np.ndarray, ...]) -> Fit:
    """Everything but the point spread is estimated together; what is asked for are edges and angle."""
    shape, slopes = state.shape, _slopes(state, held, weights)
    blur, asked = shape.layout.edges + 1, slice(shape.layout.edges + 1)
    rest = np.arange(len(shape.vector)) != blur
    bend, _ = _equations(state, slopes)
    noise, (_, firm) = _variance(state), held.expected(shape)
    known = (bend + noise * np.diag(firm**2))[np.ix_(rest, rest)]
    inverse = np.linalg.inv(known + 1e-9 * np.trace(known) * np.eye(len(known)))
    covariance = inverse @ _meat([slope[:, :, rest] for slope in slopes], state, held.crop) @ inverse
    blur_known = firm[blur]**2 + (bend[blur, blur] - bend[blur, rest] @ inverse @ bend[rest, blur]) / noise
    return Fit(shape=shape, covariance=covariance[asked, asked], by_blur=(-inverse @ bend[rest, blur])[asked],
               blur_sigma=float(1 / math.sqrt(blur_known)), explained=_explained(state, held.crop), cost=state.left,
               samples=float(np.mean([weight.sum() for weight in weights])) / _repeats(shape),
               goes_on=_goes_on(state, held, weights))


def _goes_on(state: _State, held: Held, weights: tuple[np.ndarray, ...]) -> np.ndarray:
    """(edge) bool: the strip beside it has most of the structure's contrast."""
    plain = _at(state.shape.unlit(), held, weights)
    count = len(plain.seen.strips)
    tones = np.hstack([part[:1 + count] for part in plain.tones])
    beside = tones[1:] @ tones[0] / (tones[0] @ tones[0] + 1e-12)
    out = np.zeros(state.shape.layout.edges, bool)
    out[list(plain.seen.strips)] = beside > _GOES_ON
    return out


def _explained(state: _State, crop: Crop) -> float:
    """Share of the variance in and next to the footprint that the footprint explains."""
    seen = state.seen
    near = cv2.dilate(crop.grid_of(seen.share > 0.1).astype(np.uint8), np.ones((5, 5), np.uint8))[crop.inside] > 0
    explained = left = 0.0
    for columns, tones, residual in zip(seen.columns, state.tones, state.residual, strict=True):
        own = columns[near, :seen.faces] @ tones[:seen.faces]
        explained += float(((own - own.mean(axis=0))**2).sum())
        left += float((residual[near]**2).sum())
    return explained / (explained + left + 1e-12)


def _meat(slopes: list[np.ndarray], state: _State, crop: Crop) -> np.ndarray:
    """Covariance of the scores, correlated over the reach of the point spread and the texture.

    The same ground lies in all images: a pixel's score is the sum over them.
    """
    taps = np.bartlett(2 * max(3, round(0.15 * min(crop.inside.shape))) + 1)
    scores = np.sum([np.einsum("pik,pi->pk", slope, residual)
                     for slope, residual in zip(slopes, state.residual, strict=True)], axis=0)
    smooth = [cv2.sepFilter2D(crop.grid_of(score), cv2.CV_64F, taps, taps, borderType=cv2.BORDER_CONSTANT)[crop.inside]
              for score in np.ascontiguousarray(scores.T)]
    total = scores.T @ np.stack(smooth, axis=1)
    return np.asarray(total + total.T) / 2
