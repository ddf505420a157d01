"""From a fit to numbers: metres, errors by cause, intervals, and ratios in which shared errors cancel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from shapely import Polygon

from sitewatch.geo import area_m2
from sitewatch.measurements._crop import Crop
from sitewatch.measurements._fit import Fit
from sitewatch.measurements._shape import Shape
from sitewatch.model import SENSORS, BudgetTerm, Quantity, Site, Stack

__all__ = ["Errors", "Estimate", "errors_of", "estimates_of", "quantity_of", "ratio_of"]

_OVERHANG_M = 0.3         # eaves, gutters and walls: where a roof's edge is taken to be, the same for all
_RIM_M = 0.25             # plinths, paving and drip lines that one building has and another has not
_EDGE_PX = 0.1            # of an edge in reflectance, common to all edges
_EDGE_PX_PICTURE = 0.3    # of an edge in a picture stretched for display: clipping and compression move it
_SCALE = 0.002            # a pixel's size from a georeference
_SCALE_STATED = 0.02      # a pixel's size that somebody stated
_TEXTURE = 2.4            # what the fit's own error must be multiplied by to hold; see benchmarks/accuracy/intervals.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """What all measurements of one stack share: edge in metres, relative pixel size."""

    edge_m: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A size in metres (``power`` 1) or square metres (2), and what moves its logarithm.

    ``own``: variance from texture and noise; ``around``: from what adjoins it; ``alignment``: from displacements
    between looks; ``by_blur``: change with the logarithm of the point spread; ``by_edge``: change when all edges
    move outwards by a metre.
    """

    value: float
    unit: str
    power: int
    own: float
    around: float
    alignment: float
    by_blur: float
    blur_sigma: float
    by_edge: float


def errors_of(stack: Stack) -> Errors:
    """The shared errors of a stack, from its sensor and its kind of grid."""
    sensor = SENSORS[stack.scenes[stack.used[0].scene].sensor]
    edge_px = _EDGE_PX if sensor.is_reflectance else _EDGE_PX_PICTURE
    gsd_m = stack.site.gsd_m
    return Errors(edge_m=math.hypot(_OVERHANG_M, edge_px * (sensor.gsd_m or gsd_m)),
                  scale=_SCALE if stack.site.is_georeferenced else _SCALE_STATED)


def estimates_of(fit: Fit, wider: Shape, crop: Crop, site: Site, outline: Polygon) -> tuple[Estimate, ...]:
    """Area, length and width of a fitted outline, which is in the coordinates of the grid.

    ``wider`` is its shape where more of the surroundings is looked at. A yard, a shadow or a field that the fit takes
    for what it is not pulls it the more, the more of it there is: how far the two differ is how far it may be off.
    """
    metres = math.sqrt(area_m2(outline, site.grid) / fit.shape.area[0])
    perimeter_px, ends = fit.shape.polygon.length, (("m²", 2), ("m", 1), ("m", 1))
    return tuple(_estimate(fit, crop, metres, (unit, power, size, there[0],
                                               perimeter_px / size[0] if power == 2 else 2 / size[0]))
                 for (unit, power), size, there in zip(ends, _sizes(fit.shape), _sizes(wider), strict=True))


def _sizes(shape: Shape) -> tuple[tuple[float, np.ndarray], ...]:
    """Area, longer and shorter extent in pixels, each with its gradient."""
    along, across = shape.sides
    return shape.area, *((along, across) if along[0] >= across[0] else (across, along))


def _estimate(fit: Fit, crop: Crop, metres: float,
              row: tuple[str, int, tuple[float, np.ndarray], float, float]) -> Estimate:
    unit, power, (in_px, gradient), there_px, by_edge_px = row
    by = gradient / in_px
    return Estimate(value=in_px * metres**power, unit=unit, power=power,
                    own=float(by @ fit.covariance @ by) * _TEXTURE**2, around=math.log(there_px / in_px) ** 2,
                    alignment=(by_edge_px * crop.shift_sigma_px) ** 2, by_blur=float(by @ fit.by_blur),
                    blur_sigma=fit.blur_sigma, by_edge=by_edge_px / metres)


def quantity_of(estimate: Estimate, errors: Errors, level: float,
                method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    """A size with its log-normal interval and the shares of its variance."""
    terms = {"texture and noise at its edges": estimate.own,
             "what adjoins it": estimate.around,
             "the sensor's point spread": (estimate.by_blur * estimate.blur_sigma) ** 2,
             "where an edge is taken to be": estimate.by_edge**2 * (errors.edge_m**2 + _RIM_M**2),
             "size of a pixel": (estimate.power * errors.scale) ** 2,
             "alignment of the looks": estimate.alignment}
    return _quantity(estimate.value, estimate.unit, terms, level, method)


def ratio_of(subject: Estimate, reference: Estimate, errors: Errors, level: float,
             method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    """A ratio: errors that both share act through their difference only; the size of a pixel cancels."""
    blur = (subject.by_blur - reference.by_blur) * max(subject.blur_sigma, reference.blur_sigma)
    rims = (subject.by_edge**2 + reference.by_edge**2) * _RIM_M**2
    terms = {"texture and noise at the edges of both": subject.own + reference.own,
             "what adjoins them": subject.around + reference.around,
             "the sensor's point spread": blur**2,
             "where an edge is taken to be": ((subject.by_edge - reference.by_edge) * errors.edge_m) ** 2 + rims,
             "alignment of the looks": subject.alignment + reference.alignment}
    return _quantity(subject.value / reference.value, "1", terms, level, method)


def _quantity(value: float, unit: str, terms: dict[str, float], level: float,
              method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    variance = sum(terms.values())
    factor = math.exp(float(norm.ppf((1 + level) / 2)) * math.sqrt(variance))
    budget = tuple(BudgetTerm(cause=cause, share=round(part / variance, 4)) for cause, part in terms.items())
    return Quantity(value=value, low=value / factor, high=value * factor, unit=unit, method=method, level=level), budget
