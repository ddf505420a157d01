"""The footprint that explains all looks together.

The share of light from inside a footprint, blurred by the point spread, is a known function of its edges, as are those
of its shadow and its yard. All looks share the edges; each has its own tones of all of these and of the ground, which
enter linearly and are projected out (variable projection, Golub & Pereyra 1973, in Kaufman's form).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._seen import Seen, seen_of
from sitewatch.measurements._shape import HEIGHT, HEIGHT_M, RISE, YARD, YARD_PX, Shape

__all__ = ["REACH_TURN", "Found", "Held", "State", "at", "equations", "fitted", "gain", "slopes", "variance"]

_ROUNDS, _STEPS, _STILL_PX = 3, 12, 0.02
_LARGEST = 0.8, 0.08, 0.5, 3.0, 0.05, 0.7    # step: of an edge in pixels, angle, log blur, height in m, rise, log yard
_REACH_PX, _REACH, REACH_TURN = 3.0, 0.35, 0.35    # how far an edge may go, at least and in widths; radians
_REACH_IN_TWO = 0.7                                 # the inner corner of an L lies well inside its rectangle
_OUTLIER = 2.5               # residuals beyond this many robust sigmas lose weight: other things stand there
_BLUR_SIGMA = 0.15           # a point spread is known to about 15 %
_HEIGHT_SIGMA_M = 5.0        # halls are 3 to 18 m high, and yards from half a pixel to ten wide
_YARD_SIGMA = 0.7
_RISE_SIGMA = 0.02           # ground that is built on rises by 1 in 50 or less, mostly
_TIE = 3e-3                  # tones that nothing tells apart are shared out rather than set against each other


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
            middle[HEIGHT], firm[HEIGHT] = HEIGHT_M, 1 / _HEIGHT_SIGMA_M
            firm[RISE] = 1 / _RISE_SIGMA
            middle[YARD], firm[YARD] = math.log(YARD_PX), 1 / _YARD_SIGMA
        return middle, firm


@dataclass(frozen=True, slots=True)
class State:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a fit went. ``weights`` (pixel) for each sun, ``cost`` what it leaves, ``samples`` how many pixels that do
    not repeat each other count in full."""

    state: State
    weights: tuple[np.ndarray, ...]
    held: Held

    @property
    def shape(self) -> Shape:
        """The shape that fits best."""
        return self.state.shape

    @property
    def cost(self) -> float:
        """The sum of squares that it leaves."""
        return self.state.left

    @property
    def samples(self) -> float:
        """How many pixels count in full and do not repeat each other."""
        return float(np.mean([weight.sum() for weight in self.weights])) / _repeats(self.shape)


def gain(simple: Found, better: Found) -> float:
    """How much better a fit is, in multiples of what BIC asks per edge; samples are counted per point spread."""
    gained = simple.samples * math.log(max(simple.cost, 1e-12) / max(better.cost, 1e-12))
    return gained / math.log(max(simple.samples, 2.0))


def fitted(shape: Shape, held: Held, rounds: int = _ROUNDS) -> Found:
    """The shape moved, turned and stretched to where it fits all images of the crop best."""
    weights, start = tuple(np.ones(len(held.crop.x)) for _ in held.crop.suns), shape
    state = at(shape, held, weights)
    for _ in range(rounds):
        for _ in range(_STEPS):
            state, moved = _improved(_Trial(state, start, weights), held)
            if moved < _STILL_PX:
                break
        weights = tuple(_weights(lit.images - columns @ tones) for lit, columns, tones in
                        zip(held.crop.suns, state.seen.columns, state.tones, strict=True))
        state = at(state.shape, held, weights, state.seen)
    return Found(state=state, weights=weights, held=held)


def at(shape: Shape, held: Held, weights: tuple[np.ndarray, ...], known: Seen | None = None) -> State:
    """The tones of everything that fit best under each sun, and what they leave."""
    seen = known or seen_of(shape, held.crop)
    parts = [_projected(columns, lit.images, np.sqrt(weight)[:, None])
             for columns, lit, weight in zip(seen.columns, held.crop.suns, weights, strict=True)]
    residual, basis, tones = zip(*parts, strict=True)
    return State(shape, residual, basis, tones, seen)


def _projected(columns: np.ndarray, images: np.ndarray,
               root: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weighted, seen = columns * root, images * root
    gram = weighted.T @ weighted
    size = np.sqrt(np.diag(gram)) + 1e-12
    turn = np.linalg.cholesky(gram / np.outer(size, size) + _TIE**2 * np.eye(len(size)))
    basis = np.asarray(scipy.linalg.solve_triangular(turn, (weighted / size).T, lower=True, check_finite=False).T)
    tones = scipy.linalg.solve_triangular(turn, basis.T @ seen, lower=True, trans="T", check_finite=False)
    tones /= size[:, None]
    return seen - weighted @ tones, basis, tones


def slopes(state: State, weights: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """For each sun (vector, image times pixel): how the residuals change with each element of the shape."""
    out = []
    for change, basis, weight in zip(state.seen.changes(state.tones), state.basis, weights, strict=True):
        flat = (change * np.sqrt(weight)).reshape(-1, len(weight))
        out.append(((flat @ basis) @ basis.T - flat).reshape(len(change), -1))
    return out


def _sized(of: tuple[float, float, float, float, float, float], shape: Shape) -> np.ndarray:
    """(vector) from one number each for edges, angle, point spread, height, rise and yard."""
    edge, angle, blur, height, rise, yard = of
    around = [height, rise] + [yard] * 4 if shape.is_lit else []
    return np.array([edge] * shape.layout.edges + [angle, blur, *around])


@dataclass(frozen=True, slots=True)
class _Trial:
    """Where a fit is, and where it began: no edge may wander off to another thing."""

    state: State
    start: Shape
    weights: tuple[np.ndarray, ...]

    def stepped(self, step: np.ndarray) -> Shape:
        """The shape after a step that is neither too long nor leads too far from the start."""
        shape = self.state.shape
        step = step * min(1.0, float((_sized(_LARGEST, shape) / np.maximum(np.abs(step), 1e-9)).min()))
        reach = _REACH if len(self.start.layout.parts) == 1 else _REACH_IN_TWO
        reach = max(_REACH_PX, reach * min(side for side, _ in self.start.sides))
        limit = _sized((reach, REACH_TURN, 1.0, math.inf, math.inf, math.inf), shape)
        now, begin = shape.vector, self.start.vector
        return shape.stepped(np.clip(now + step, begin - limit, begin + limit) - now)


def _improved(trial: _Trial, held: Held) -> tuple[State, float]:
    """One damped Gauss-Newton step and how far it moved an edge; the same state where no step helps."""
    state = trial.state
    noise, edges = variance(state), state.shape.layout.edges
    middle, firm = held.expected(state.shape)
    away = firm * (state.shape.vector - middle)
    bend, pull = equations(state, slopes(state, trial.weights))
    bend, pull = bend / noise + np.diag(firm**2), pull / noise + firm * away
    now = state.left / noise + (away**2).sum()
    for damping in (1e-6, 0.1, 3.0, 30.0):
        step = -np.linalg.solve(bend + damping * np.diag(np.diag(bend)) + 1e-6 * np.eye(len(bend)), pull)
        after = at(trial.stepped(step), held, trial.weights)
        if after.left / noise + ((firm * (after.shape.vector - middle))**2).sum() < now:
            return after, float(np.abs(after.shape.vector - state.shape.vector)[:edges].max())
    return state, 0.0


def equations(state: State, slopes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Normal equations over all images: (vector, vector) and (vector)."""
    bend = np.sum([slope @ slope.T for slope in slopes], axis=0)
    pull = np.sum([slope @ left.T.ravel() for slope, left in zip(slopes, state.residual, strict=True)], axis=0)
    return bend, pull


def variance(state: State) -> float:
    """Residual variance per independent sample: neighbours within the point spread repeat each other."""
    pixels = len(state.seen.share)
    return state.left / pixels * min(_repeats(state.shape), pixels / 50) + 1e-12


def _repeats(shape: Shape) -> float:
    return max(4 * math.pi * shape.blur_px**2, 1.0)


def _weights(residual: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(residual, axis=1)
    limit = _OUTLIER * max(1.4826 * float(np.median(size)), 1e-9)
    return np.asarray(1 / np.maximum(1.0, size / limit) ** 2)
