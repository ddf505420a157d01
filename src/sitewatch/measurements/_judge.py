"""How far a fitted footprint, and the height that its shadow gives, can be off.

Errors come from the residuals' own spatial correlation (sandwich with a Bartlett kernel, Conley 1999): ground is
textured, and treating its pixels as independent would halve the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.measurements._crop import Crop
from sitewatch.measurements._fit import Found, Held, State, at, equations, slopes, variance
from sitewatch.measurements._shape import HEIGHT, RISE, Shape
from sitewatch.measurements._strips import Strips

__all__ = ["Fit", "Height", "judged"]

_GOES_ON = 0.7               # of the structure's contrast: aprons and yards have less


@dataclass(frozen=True, slots=True, kw_only=True)
class Height:
    """By its shadow, in metres: ``own`` is the variance from texture and noise with point spread and lie of the ground
    held fixed, ``expected`` that from what was expected of it beforehand; ``by_blur`` and ``by_rise`` say how it moves
    with these two, ``rise_sigma`` how well the rise is known."""

    metres: float
    own: float
    expected: float
    by_blur: float
    blur_sigma: float
    by_rise: float
    rise_sigma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted shape. ``covariance`` is that of its edges and angle with the point spread held fixed, ``by_blur``
    how they move with the logarithm of the point spread, ``blur_sigma`` how well that is known after the fit.
    ``explained`` is the share of the images' variance that the structure itself explains. ``goes_on`` (edge) bool:
    beside that edge it looks like the structure itself, so that the structure probably goes on there. ``height`` is
    None where the sun is not known."""

    shape: Shape
    covariance: np.ndarray
    by_blur: np.ndarray
    blur_sigma: float
    explained: float
    cost: float
    goes_on: np.ndarray
    height: Height | None


def judged(found: Found) -> Fit:
    """Everything but the point spread and the rise of the ground is estimated together; edges, angle and height are
    asked for."""
    state, held, shape, by = found.state, found.held, found.shape, slopes(found.state, found.weights)
    size, asked, blur = len(shape.vector), slice(shape.layout.edges + 1), shape.layout.edges + 1
    rest = np.setdiff1d(np.arange(size), [blur, size + RISE] if shape.is_lit else [blur])
    bend, _ = equations(state, by)
    noise, (_, firm) = variance(state), held.expected(shape)
    known = (bend + noise * np.diag(firm**2))[np.ix_(rest, rest)]
    inverse = np.linalg.inv(known + 1e-9 * np.trace(known) * np.eye(len(known)))
    covariance = inverse @ _meat([slope[rest] for slope in by], state, held.crop) @ inverse
    moved = -inverse @ bend[rest]
    stiff = np.diag(bend) + np.einsum("re,re->e", bend[rest], moved)
    sigma = 1 / np.sqrt(firm**2 + np.maximum(stiff, 1e-9 * np.diag(bend)) / noise)
    height = None
    if shape.is_lit:
        high = int(np.flatnonzero(rest == size + HEIGHT)[0])
        # What was expected beforehand may have been wrong by as much as it was loose.
        height = Height(metres=shape.height_m, own=float(covariance[high, high]),
                        expected=float((inverse[high] ** 2) @ (firm[rest] ** 2)) * noise**2,
                        by_blur=float(moved[high, blur]), blur_sigma=float(sigma[blur]),
                        by_rise=float(moved[high, size + RISE]), rise_sigma=float(sigma[size + RISE]))
    return Fit(shape=shape, covariance=covariance[asked, asked], by_blur=moved[asked, blur],
               blur_sigma=float(sigma[blur]), explained=_explained(state, held.crop), cost=found.cost,
               goes_on=_goes_on(state, held, found.weights), height=height)


def _goes_on(state: State, held: Held, weights: tuple[np.ndarray, ...]) -> np.ndarray:
    """(edge) bool: the strip beside it has most of the structure's contrast."""
    plain = at(state.shape.unlit(), held, weights)
    strips = Strips(plain.shape, held.crop).strips
    tones = np.hstack([part[:1 + len(strips)] for part in plain.tones])
    beside = tones[1:] @ tones[0] / (tones[0] @ tones[0] + 1e-12)
    out = np.zeros(state.shape.layout.edges, bool)
    out[list(strips)] = beside > _GOES_ON
    return out


def _explained(state: State, crop: Crop) -> float:
    """Share of the variance in and next to the footprint that the footprint explains."""
    seen = state.seen
    near = cv2.dilate(crop.grid_of(seen.share > 0.1).astype(np.uint8), np.ones((5, 5), np.uint8))[crop.inside] > 0
    explained = left = 0.0
    for columns, tones, residual in zip(seen.columns, state.tones, state.residual, strict=True):
        own = columns[near, :seen.faces] @ tones[:seen.faces]
        explained += float(((own - own.mean(axis=0))**2).sum())
        left += float((residual[near]**2).sum())
    return explained / (explained + left + 1e-12)


def _meat(by: list[np.ndarray], state: State, crop: Crop) -> np.ndarray:
    """Covariance of the scores, correlated over the reach of the point spread and the texture.

    The same ground lies in all images: a pixel's score is the sum over them.
    """
    taps = np.bartlett(2 * max(3, round(0.15 * min(crop.inside.shape))) + 1)
    scores = np.sum([np.einsum("kip,pi->pk", slope.reshape(len(slope), *residual.T.shape), residual)
                     for slope, residual in zip(by, state.residual, strict=True)], axis=0)
    smooth = [cv2.sepFilter2D(crop.grid_of(score), cv2.CV_64F, taps, taps, borderType=cv2.BORDER_CONSTANT)[crop.inside]
              for score in np.ascontiguousarray(scores.T)]
    total = scores.T @ np.stack(smooth, axis=1)
    return np.asarray(total + total.T) / 2
