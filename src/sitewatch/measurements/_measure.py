"""measure_structures: every size with its interval, its budget, and the looks that it was taken from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely import Polygon, box
from threadpoolctl import threadpool_limits

from sitewatch.geo import from_pixels, to_pixels
from sitewatch.measurements._choose import fit_footprint, refit
from sitewatch.measurements._crop import Crop, crop_of, looks_with
from sitewatch.measurements._fit import Held
from sitewatch.measurements._interval import (
    Errors,
    Estimate,
    errors_of,
    estimates_of,
    height_of,
    quantity_of,
    ratio_of,
)
from sitewatch.measurements._judge import Fit
from sitewatch.measurements._shape import Shape
from sitewatch.measurements._used import used_by_hand
from sitewatch.model import (
    BudgetTerm,
    Decision,
    Dimension,
    Measurement,
    Measurements,
    Progress,
    Quantity,
    Stack,
    Structure,
    Structures,
)

__all__ = ["MeasurementsOptions", "measure_structures"]

_SIZES: tuple[tuple[Dimension, Dimension], ...] = (
    ("area", "area ratio"), ("length", "length ratio"), ("width", "width ratio"))
_SURE_PX = 60        # from this many pixels on an interval is narrower than a third of the number
_LONGER_PX, _FARTHEST = 4.0, 4  # a start goes on by so many pixels at a time, so many times
_WIDER_PX, _NARROWER_PX = 3, 2  # how much more of the surroundings is tried, or less where clouds forbid that
_AT_THE_RIM_PX = 0.5  # an outline that was rounded may stand out so far
_CHANGES = "removed structure", "altered structure", "new structure"
_PART_OF_REFERENCE = 0.3
_PARTS, _LOOKS_OF_A_PART = 4, 4     # of the looks, each of which gives the ratio of two references once more
_SAME_PLACE = 0.35   # of the union: a fit that shares less with the outline has gone to another thing


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementsOptions:
    """``level``: probability that the interval holds the true value. ``smallest_px``: footprints of fewer pixels
    are present or absent, not measurable. ``least_explained``: share of the picture's variance that the fitted
    footprint must explain, or it is no measure of the thing."""

    level: float = 0.9
    smallest_px: float = 12.0
    least_explained: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"level is a probability between 0 and 1, not {self.level:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sized:
    """A structure's fit with its sizes, or why it has none."""

    structure: Structure
    scenes: tuple[str, ...] = ()
    fit: Fit | None = None
    outline: Polygon | None = None
    estimates: tuple[Estimate, ...] = ()
    height: tuple[Quantity, tuple[BudgetTerm, ...]] | None = None
    why_not: str | None = None
    why_no_height: str | None = None


def measure_structures(structures: Structures, stack: Stack, options: MeasurementsOptions = MeasurementsOptions(),
                       progress: Progress | None = None, decisions: Sequence[Decision] = ()) -> Measurements:
    """Footprint, length, width and height of every structure, and of what changed the ratios to every reference.

    One footprint, a rectangle or two or three that make an L, a T or a U, is fitted through the sensor's point spread
    to all looks that show the whole structure clearly, and with it a height, where every look says from where the sun
    shone. A ratio is taken from looks that show both. Units are metres and square metres on the ellipsoid, or in the
    plane of pictures without georeference. What people drew and want used, by their ``decisions``, stands beside what
    was fitted.
    """
    ruler = _Ruler(structures, stack, options)
    records: list[Measurement] = []
    with threadpool_limits(limits=1, user_api="blas"):
        for done, structure in enumerate(structures, 1):
            records += ruler.all_of(structure)
            if progress:
                progress("measure", done, len(structures.records))
    records += used_by_hand(structures, stack, tuple(records), decisions, options.level)
    return Measurements(site=structures.site, records=tuple(records))


class _Ruler:
    """Fits structures of one stack; the same structure in the same looks is fitted once."""

    def __init__(self, structures: Structures, stack: Stack, options: MeasurementsOptions) -> None:
        self._structures, self._stack, self._options = structures, stack, options
        self._errors: Errors = errors_of(stack)
        self._known: dict[tuple[str, tuple[str, ...]], _Sized] = {}

    def all_of(self, structure: Structure) -> list[Measurement]:
        """Its sizes and, of what changed, their ratios to every reference."""
        sized = self.size(structure, looks_with(structure))
        references = [other for other in self._structures if other.class_ == "reference"]
        if structure.class_ == "reference":
            first = references[0]
            return [*self.measured(sized), *([self.control(structure, first)] if structure is not first else [])]
        return [*self.measured(sized), *(ratio for other in references for ratio in self.ratios(sized, other))]

    def size(self, structure: Structure, scenes: Sequence[str], like: Fit | None = None) -> _Sized:
        """The fit of a structure to those scenes, or why there is none; ``like`` is its fit to others."""
        key = structure.id, tuple(scenes)
        if key not in self._known:
            why_not = self._unmeasurable(structure)
            crop = None if why_not else self._crop(structure, scenes)
            self._known[key] = self._fitted(structure, crop, like) if crop else _Sized(
                structure=structure, scenes=tuple(scenes),
                why_not=why_not or "fewer than three looks show all of it and its surroundings clearly")
        return self._known[key]

    def _unmeasurable(self, structure: Structure) -> str | None:
        """Why its outline cannot be measured, whatever the images show."""
        grid, outline = self._stack.site.grid, to_pixels(structure.outline, self._stack.site.grid)
        if not outline.area > 0:
            return "its outline has no area: draw it again"
        if not box(0, 0, grid.width, grid.height).buffer(_AT_THE_RIM_PX).contains(outline):
            return "part of it lies outside the site: give the case a larger area"
        return None

    def _followed(self, structure: Structure, crop: Crop, fit: Fit) -> tuple[Structure, Crop, Fit]:
        """All of a structure whose outline stops short of it, as where one end came at another time.

        Where it looks the same beside one edge, a start that goes on there is tried, and taken where it fits better;
        what looks the same on several sides is a yard. An outline that a person has given does not stop short.
        """
        grid = self._stack.site.grid
        for _ in range(_FARTHEST):
            if fit.goes_on.sum() != 1:
                break
            outline = crop.on_grid(fit.shape.lengthened(fit.goes_on, _LONGER_PX).polygon.minimum_rotated_rectangle)
            longer = replace(structure, outline=from_pixels(outline, grid))
            wider = self._crop(longer, crop.scenes)
            if wider is None:
                break
            before = fit_footprint(self._held(wider), fit.shape.seen_from(wider.left - crop.left, wider.top - crop.top))
            after = fit_footprint(self._held(wider))
            if after.cost >= before.cost or after.shape.area[0] <= before.shape.area[0]:
                break
            structure, crop, fit = longer, wider, after
        return structure, crop, fit

    def _crop(self, structure: Structure, scenes: Sequence[str], wider_px: int = 0) -> Crop | None:
        return crop_of(structure, self._stack, scenes, self._standing(structure, scenes), wider_px)

    def _held(self, crop: Crop) -> Held:
        return Held(crop=crop, blur_px=self._stack.blur_px)

    def measured(self, sized: _Sized) -> Iterator[Measurement]:
        """Area, length, width and height; the fitted footprint goes with the area."""
        for index, (what, _) in enumerate(_SIZES):
            empty = Measurement(subject=sized.structure.id, what=what, value=None, scenes=sized.scenes,
                                why_not=sized.why_not)
            if sized.fit is None:
                yield empty
                continue
            value, budget = quantity_of(sized.estimates[index], self._errors, self._options.level, _method(sized))
            yield replace(empty, value=value, budget=budget, outline=sized.outline if what == "area" else None)
        high = Measurement(subject=sized.structure.id, what="height", value=None, scenes=sized.scenes)
        yield (replace(high, value=sized.height[0], budget=sized.height[1]) if sized.height
               else replace(high, why_not=sized.why_not or sized.why_no_height))

    def ratios(self, subject: _Sized, reference: Structure) -> Iterator[Measurement]:
        """Area, length and width over those of a reference, both from the looks that show both where there are such."""
        usual = self.size(reference, looks_with(reference))
        other = self.size(reference, subject.scenes, like=usual.fit) if subject.fit else usual
        other = other if other.fit else usual
        why_not = (subject.why_not or self._changed(reference)
                   or (other.why_not and f"of the reference: {other.why_not}"))
        scenes = tuple(dict.fromkeys([*subject.scenes, *other.scenes]))
        for index, (_, what) in enumerate(_SIZES):
            empty = Measurement(subject=subject.structure.id, what=what, value=None, scenes=scenes,
                                reference=reference.id, why_not=why_not)
            if why_not:
                yield empty
                continue
            value, budget = ratio_of(subject.estimates[index], other.estimates[index], self._errors,
                                     self._options.level, _method(subject))
            yield replace(empty, value=value, budget=budget)

    def _changed(self, reference: Structure) -> str | None:
        """When a reference changed itself, which makes it no measure of anything else."""
        for other in self._structures.changed:
            if (other.class_ in _CHANGES and other.outline.intersection(reference.outline).area
                    > _PART_OF_REFERENCE * reference.outline.area):
                return (f"the reference itself changed {other.happened} ({other.class_}): name another one, or use "
                        "looks of one side of that only")
        return None

    def control(self, one: Structure, other: Structure) -> Measurement:
        """The ratio of two references, which must not change, and how it scatters between parts of the looks."""
        ratio = next(self.ratios(self.size(one, looks_with(one)), other))
        shared = np.array([scene for scene in looks_with(one) if scene in set(looks_with(other))])
        parts = []
        for scenes in np.array_split(shared, max(1, min(_PARTS, len(shared) // _LOOKS_OF_A_PART))):
            pair = [self.size(s, scenes.tolist(), like=self.size(s, looks_with(s)).fit) for s in (one, other)]
            if all(sized.estimates for sized in pair):
                parts.append(pair[0].estimates[0].value / pair[1].estimates[0].value)
        if ratio.value is None or len(parts) < 2:
            return ratio
        told = (f"{ratio.value.method}; neither is known to have changed: in {len(parts)} parts of the looks it is "
                f"{', '.join(f'{part:.3f}' for part in parts)}, a scatter of "
                f"{100 * float(np.std(np.log(parts), ddof=1)):.1f} %")
        return replace(ratio, value=replace(ratio.value, method=told))

    def _fitted(self, structure: Structure, crop: Crop, like: Fit | None) -> _Sized:
        site, sized = self._stack.site, _Sized(structure=structure, scenes=crop.scenes)
        fit, named = fit_footprint(self._held(crop), like.shape if like else None), structure.outline
        if like is None and structure.class_ != "reference":
            structure, crop, fit = self._followed(structure, crop, fit)
        on_grid = crop.on_grid(fit.shape.polygon)
        why_not = self._why_not(fit, on_grid, to_pixels(named, site.grid))
        if why_not:
            return replace(sized, why_not=why_not)
        outline = from_pixels(on_grid, site.grid)
        there = self._looked_at_wider(structure, crop, fit)
        height = height_of(fit.height, there, crop, self._errors, self._options.level) if fit.height else None
        return replace(sized, fit=fit, outline=outline, estimates=estimates_of(fit, there, crop, site, outline),
                       height=height, why_no_height=None if height else self._why_no_height(crop))

    def _why_no_height(self, crop: Crop) -> str:
        """Why its shadow says nothing."""
        scenes = [self._stack.scenes[scene] for scene in crop.scenes]
        dark = sum(scene.sun_elevation_deg is None or scene.sun_azimuth_deg is None for scene in scenes)
        if dark:
            return (f"{dark} of {len(scenes)} looks do not say from where the sun shone. Give the sun's "
                    "azimuth and elevation in their metadata")
        return "its shadow is too short, too faint, or falls on what is as dark"

    def _looked_at_wider(self, structure: Structure, crop: Crop, fit: Fit) -> Shape:
        """Its shape where more of its surroundings is looked at, or, where clouds forbid that, less."""
        wider = (self._crop(structure, crop.scenes, _WIDER_PX) or self._crop(structure, crop.scenes, -_NARROWER_PX)
                 or crop)
        return refit(fit.shape.seen_from(wider.left - crop.left, wider.top - crop.top), self._held(wider))

    def _why_not(self, fit: Fit, outline: Polygon, named: Polygon) -> str | None:
        """Why the fit is no measure of the thing; outlines in pixels."""
        area, _ = fit.shape.area
        if area < self._options.smallest_px or min(side for side, _ in fit.shape.sides) < 1.5 * self._stack.blur_px:
            needed = self._stack.site.gsd_m * min((area / _SURE_PX) ** 0.5, 0.5)
            return (f"present, not measurable at this resolution: about {area:.0f} pixels; "
                    f"pixels of {needed:.1g} m or finer would be needed")
        shared = outline.intersection(named).area / outline.union(named).area
        if fit.explained < self._options.least_explained or shared < _SAME_PLACE:
            return (f"neither one rectangle nor two explain what these images show there "
                    f"({100 * fit.explained:.0f} % explained)")
        return None

    def _standing(self, structure: Structure, scenes: Sequence[str]) -> list[Structure]:
        """What else stands in half of these scenes or more."""
        wanted = set(scenes)
        return [other for other in self._structures if other.id != structure.id and
                2 * sum(look.scene in wanted and look.state == "present" for look in other.looks) >= len(wanted)]


def _method(sized: _Sized) -> str:
    parts = len(sized.fit.shape.layout.parts) if sized.fit else 1
    shape = ("a rectangle", "two rectangles end to end", "three rectangles end to end")[parts - 1]
    return f"{shape} seen through the point spread, fitted to all its looks together"
