"""From a fit to numbers: metres, errors by cause, intervals, and ratios in which shared errors cancel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from shapely import Polygon

from sitewatch.geo import area_m2
from sitewatch.measurements._crop import Crop
from sitewatch.measurements._judge import Fit, Height
from sitewatch.measurements._shape import Shape
from sitewatch.model import SENSORS, BudgetTerm, Quantity, Site, Stack

__all__ = ["Errors", "Estimate", "errors_of", "estimates_of", "height_of", "quantity_of", "ratio_of"]

_OVERHANG_M = 0.3         # eaves, gutters and walls: where a roof's edge is taken to be, the same for all
_RIM_M = 0.25             # plinths, paving and drip lines that one building has and another has not
_EDGE_PX = 0.1            # of an edge in reflectance, by the tones on both sides: buildings of like tones share it
_EDGE_PX_PICTURE = 0.28   # more in a picture stretched for display: clipping and compression move all its edges
_SCALE = 0.002            # a pixel's size from a georeference
_SCALE_STATED = 0.02      # a pixel's size that somebody stated
_TEXTURE = 2.4            # what the fit's own error must be multiplied by to hold; see benchmarks/accuracy/intervals.py
_VAGUE, _VAGUE_M = 0.3, 1.0    # of a height and in metres: a wider error says little more than that it is a building


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """What moves edges in the images of one stack, in metres: those of all buildings alike, and those of buildings of
    one tone alike; and what all share, the relative size of a pixel."""

    edge_m: float
    toned_edge_m: float
    scale: float

    @property
    def one_edge_m(self) -> float:
        """What moves the edges of one building, for whatever reason."""
        return math.hypot(self.edge_m, self.toned_edge_m, _RIM_M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A size in metres (``power`` 1) or square metres (2), and what moves its logarithm.

    ``own``: variance from texture and noise; ``around``: from what adjoins it; ``alignment``: from displacements
    between looks; ``by_blur``: change with the logarithm of the point spread; ``by_edge``: change when all edges
    move outwards by a metre; ``contrast`` (band): to what is around it.
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
    contrast: np.ndarray


def errors_of(stack: Stack) -> Errors:
    """The shared errors of a stack, from its sensor and its kind of grid."""
    sensor = SENSORS[stack.scenes[stack.used[0].scene].sensor]
    gsd_m = sensor.gsd_m or stack.site.gsd_m
    return Errors(edge_m=_OVERHANG_M if sensor.is_reflectance else math.hypot(_OVERHANG_M, _EDGE_PX_PICTURE * gsd_m),
                  toned_edge_m=_EDGE_PX * gsd_m,
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
                    blur_sigma=fit.blur_sigma, by_edge=by_edge_px / metres,
                    contrast=crop.contrast)


def quantity_of(estimate: Estimate, errors: Errors, level: float,
                method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    """A size with its log-normal interval and the shares of its variance."""
    terms = {"texture and noise at its edges": estimate.own,
             "what adjoins it": estimate.around,
             "the sensor's point spread": (estimate.by_blur * estimate.blur_sigma) ** 2,
             "where an edge is taken to be": (estimate.by_edge * errors.one_edge_m) ** 2,
             "size of a pixel": (estimate.power * errors.scale) ** 2,
             "alignment of the looks": estimate.alignment}
    return _quantity(estimate.value, estimate.unit, terms, level, method)


def ratio_of(subject: Estimate, reference: Estimate, errors: Errors, level: float,
             method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    """A ratio: errors that both share act through their difference only; the size of a pixel cancels."""
    blur = (subject.by_blur - reference.by_blur) * max(subject.blur_sigma, reference.blur_sigma)
    own = (subject.by_edge**2 + reference.by_edge**2) * (_RIM_M**2 + errors.toned_edge_m**2)
    own -= 2 * subject.by_edge * reference.by_edge * errors.toned_edge_m**2 * _likeness(subject, reference)
    terms = {"texture and noise at the edges of both": subject.own + reference.own,
             "what adjoins them": subject.around + reference.around,
             "the sensor's point spread": blur**2,
             "where an edge is taken to be": ((subject.by_edge - reference.by_edge) * errors.edge_m) ** 2 + own,
             "alignment of the looks": subject.alignment + reference.alignment}
    return _quantity(subject.value / reference.value, "1", terms, level, method)


def _likeness(one: Estimate, other: Estimate) -> float:
    """How much two buildings stand out alike: 1 where they do so equally in all bands, 0 where one is as much darker
    than its ground as the other is brighter, or does not stand out."""
    power = one.contrast @ one.contrast + other.contrast @ other.contrast
    return max(0.0, 2 * float(one.contrast @ other.contrast) / float(power + 1e-9))


def height_of(height: Height, wider: Shape, crop: Crop, errors: Errors,
              level: float) -> tuple[Quantity, tuple[BudgetTerm, ...]] | None:
    """How high the eaves stand by the shadow that they throw, with a normal interval; None where it does not say.

    A shadow longer by a metre makes it higher by the tangent of the sun's elevation. Where the sensor stood moves a
    roof against its shadow; where that is not recorded it is allowed for.
    """
    slant = math.sqrt(float(np.mean([lit.tan_elevation**2 for lit in crop.suns])))
    terms = {"texture and noise at its edges and in its shadow": height.own * _TEXTURE**2,
             "what was expected before": height.expected,
             "what adjoins it": (wider.height_m - height.metres) ** 2,
             "the sensor's point spread": (height.by_blur * height.blur_sigma) ** 2,
             "the lie of the ground": (height.by_rise * height.rise_sigma) ** 2,
             "where an edge is taken to be": (slant * errors.one_edge_m) ** 2,
             "where the sensor stood": (height.metres * slant * crop.lean_sigma) ** 2,
             "alignment of the looks": (slant * crop.shift_sigma_px * crop.gsd_m) ** 2}
    variance = sum(terms.values())
    if math.sqrt(variance) > _VAGUE * height.metres + _VAGUE_M:
        return None
    reach = float(scipy.special.ndtri((1 + level) / 2)) * math.sqrt(variance)
    method = f"the length of its shadow under {len(crop.scenes)} suns, by the fit of its footprint"
    return Quantity(value=height.metres, low=max(height.metres - reach, 0.0), high=height.metres + reach, unit="m",
                    method=method, level=level), _budget(terms)


def _budget(terms: dict[str, float]) -> tuple[BudgetTerm, ...]:
    variance = sum(terms.values())
    return tuple(BudgetTerm(cause=cause, share=round(part / variance, 4)) for cause, part in terms.items())


def _quantity(value: float, unit: str, terms: dict[str, float], level: float,
              method: str) -> tuple[Quantity, tuple[BudgetTerm, ...]]:
    variance = sum(terms.values())
    factor = math.exp(float(scipy.special.ndtri((1 + level) / 2)) * math.sqrt(variance))
    return Quantity(value=value, low=value / factor, high=value * factor, unit=unit, method=method,
                    level=level), _budget(terms)
