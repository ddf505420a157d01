"""The rows of one case: what was found, dated, measured and refused, against what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from math import hypot, sqrt

import numpy as np
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from benchmarks.accuracy.scoring import (
    Z90,
    Verdict,
    agreement_of,
    assign,
    bracket_fit,
    covered,
    iou,
    lies_in,
    moved,
    overlaps_span,
    pieces_of,
    z_score,
)
from benchmarks.accuracy.truth import Known, Truth
from sitewatch.geo import area_m2, coverage
from sitewatch.model import Between, Changes, Measurement, Measurements, SceneFit, Stack, Structure, Structures, day

__all__ = ["Outcome", "bracket_text", "frame_rows", "measurement_rows", "structure_rows"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a case gave as far as it was run, beside its truth moved onto its grid."""

    truth: Truth
    stack: Stack
    changes: Changes | None = None
    structures: Structures | None = None
    measurements: Measurements | None = None

    @cached_property
    def fits(self) -> dict[date, SceneFit]:
        """By day."""
        return {fit.taken.date(): fit for fit in self.stack.fits}

    @cached_property
    def changed(self) -> dict[str, Structure]:
        """Everything reported but the references."""
        return {one.id: one for one in self.structures.changed} if self.structures else {}

    @cached_property
    def new(self) -> dict[str, Polygon]:
        """The outlines of the new structures."""
        return {one.id: one.outline for one in self.changed.values() if one.class_ == "new structure"}

    @cached_property
    def asked(self) -> dict[str, Known]:
        """What must be found."""
        return {known.name: known for known in self.truth.known if known.is_asked}

    @cached_property
    def matches(self) -> dict[str, str]:
        """Known things that must be found, each to the new structure that is its own."""
        return assign({name: self.on_grid(known.outline) for name, known in self.asked.items()}, self.new)

    @cached_property
    def others(self) -> tuple[Structure, ...]:
        """What is reported beyond the matches, in order of time."""
        return tuple(one for one in self.changed.values() if one.id not in self.matches.values())

    def on_grid(self, outline: BaseGeometry) -> BaseGeometry:
        """An outline as read in the frame that was read, moved to where the stack has it."""
        fit = self.fits.get(self.truth.zero)
        return moved(outline, (fit.shift_x_px if fit else None) or 0.0, (fit.shift_y_px if fit else None) or 0.0,
                     self.truth.gsd_m)

    def what_is_there(self, structure: Structure) -> str:
        """The known thing or place that a structure beyond the matches lies on."""
        for known in (*self.truth.of_kind("new"), *self.truth.of_kind("existing"), *self.truth.of_kind("control")):
            if lies_in(structure.outline, self.on_grid(known.outline), 0.3):
                return known.name
        places = {**self.truth.real_changes, **self.truth.decoys}
        return next((name for name, place in places.items() if covered(structure.outline, self.on_grid(place)) > 0.5),
                    "")


def structure_rows(seen: Outcome) -> Iterator[Verdict]:
    """Found or not, when, and what else is reported."""
    for name, known in seen.asked.items():
        yield _found(seen, known)
        yield _dated(seen, name, known)
        yield from _phases(seen, name)
    if seen.truth.units:
        yield _units(seen)
    yield from _controls(seen)
    yield from _decoys(seen)
    yield from _others(seen)


def _found(seen: Outcome, known: Known) -> Verdict:
    truth = seen.on_grid(known.outline)
    match = seen.matches.get(known.name)
    pieces = pieces_of(truth, seen.new)
    notes = [f"in pieces: {', '.join(pieces)}"] if len(pieces) > 1 else []
    best = match or max(seen.changed, key=lambda i: covered(truth, seen.changed[i].outline), default=None)
    if best is None or covered(truth, seen.changed[best].outline) == 0:
        return _with_limit(seen, known, "not seen")
    outline = seen.changed[best].outline
    taken = [name for name, own in seen.matches.items() if own == best and name != known.name]
    notes += [f"that is {name}'s" for name in taken]
    text = f"{covered(truth, outline):.2f} (IoU {iou(truth, outline):.2f}) by {best}, {seen.changed[best].class_}"
    if match is None:
        return _with_limit(seen, known, "; ".join([text, *notes]))
    return Verdict(metric=f"{known.name}: found", target="half of it covered by one of its own", measured=text,
                   holds=True, note="; ".join(notes))


def _with_limit(seen: Outcome, known: Known, text: str) -> Verdict:
    """Not found: that is as it should be where the case itself says that the thing is too small."""
    area_px = seen.on_grid(known.outline).area / seen.truth.gsd_m ** 2
    limit = seen.changes.smallest_px if seen.changes else 0.0
    text += ", below the smallest that the case promises to find" if area_px < limit else ""
    return Verdict(metric=f"{known.name}: found", target="half of it covered by one of its own", measured=text,
                   holds=area_px < limit,
                   note=f"it has {area_px:.0f} px, the smallest detectable thing has {limit:.0f} px")


def _dated(seen: Outcome, name: str, known: Known) -> Verdict:
    structure = seen.changed.get(seen.matches.get(name, ""))
    metric, target = f"{name}: dated", f"overlaps {bracket_text(known.came)}"
    if structure is None:
        return Verdict(metric=metric, target=target, measured="no structure", holds=None)
    first, fit = structure.first, bracket_fit(structure.first, known.came)
    return Verdict(metric=metric, target=target, measured=f"{bracket_text(first)} {fit}",
                   holds=fit == "overlaps")


def _phases(seen: Outcome, name: str) -> Iterator[Verdict]:
    """The phases that the case tells of a structure and that were read in the images too."""
    structure = seen.changed.get(seen.matches.get(name, ""))
    for phase in structure.phases if structure else ():
        truth = seen.truth.phases.get((name, phase.name))
        if truth is not None:
            fit = bracket_fit(phase.between, truth)
            yield Verdict(metric=f"{name}: {phase.name}", target=f"overlaps {bracket_text(truth)}",
                          measured=f"{bracket_text(phase.between)} {fit}", holds=fit == "overlaps")


def _units(seen: Outcome) -> Verdict:
    """Whether the outlines are of rows or of their single units."""
    units = {unit.name: (seen.on_grid(unit.outline), unit.came) for unit in seen.truth.units}
    own = assign({name: outline for name, (outline, _) in units.items()}, seen.new)
    apart = {name: i for name, i in own.items() if covered(seen.new[i], units[name][0]) > 0.5}
    dated = [f"{name} by {i}, date {bracket_fit(seen.changed[i].first, units[name][1])}" for name, i in apart.items()]
    return Verdict(metric="units that have an outline of their own", target="", measured=f"{len(apart)} of "
                   f"{len(seen.truth.units)}", note="; ".join(dated))


def _controls(seen: Outcome) -> Iterator[Verdict]:
    controls = {known.name: seen.on_grid(known.outline) for known in seen.truth.of_kind("control")}
    kept = {change.id: change.outline for change in seen.changes.kept} if seen.changes else {}
    for what, outlines in (("structures", {i: one.outline for i, one in seen.changed.items()}), ("kept changes", kept)):
        inside = [f"{i} in {name}" for name, place in controls.items() for i, outline in outlines.items()
                  if lies_in(outline, place)]
        yield Verdict(metric=f"{what} in the controls", target="0", measured=str(len(inside)), holds=not inside,
                      note="; ".join(inside))


def _decoys(seen: Outcome) -> Iterator[Verdict]:
    """Places and times of things that look like building and are none."""
    real = [seen.on_grid(known.outline) for known in seen.truth.of_kind("new")]
    beyond = [one for one in seen.others if not any(lies_in(one.outline, place, 0.3) for place in real)]
    if seen.truth.decoys:
        inside = [f"{one.id} in {name}" for name, place in seen.truth.decoys.items() for one in beyond
                  if lies_in(one.outline, seen.on_grid(place), 0.3)]
        yield Verdict(metric="structures in decoy places", target="0", measured=str(len(inside)), holds=not inside,
                      note="; ".join(inside))
    for name, (start, end) in seen.truth.quiet_spans.items():
        inside = [f"{what} of {one.id}" for one in seen.changed.values() for what, when in _events(one)
                  if overlaps_span(when, start, end)]
        yield Verdict(metric=f"dated to {name}", target="0", measured=str(len(inside)), holds=not inside,
                      note="; ".join(inside))
    if seen.truth.snow:
        inside = [one.id for one in seen.changed.values() if one.happened.by and
                  one.happened.by.date() in seen.truth.snow]
        yield Verdict(metric="structures first seen in snow", target="0", measured=str(len(inside)), holds=not inside,
                      note="; ".join(inside))


def _events(structure: Structure) -> Iterator[tuple[str, Between]]:
    """All that the case says to have happened to a structure, and when."""
    yield "beginning or end", structure.happened
    for phase in structure.phases:
        yield phase.name, phase.between


def _others(seen: Outcome) -> Iterator[Verdict]:
    yield Verdict(metric="other structures reported", target="at most 3 not real on a second look",
                  measured=str(len(seen.others)), note="a person judges")
    for one in seen.others:
        place = seen.what_is_there(one)
        yield Verdict(metric=f"- {one.id}", target="", note=f"on {place}" if place else "",
                      measured=f"{one.class_} ({one.chance:.2f}), {bracket_text(one.happened)}, "
                               f"{area_m2(one.outline, seen.stack.site.grid):.0f} m²")


def frame_rows(seen: Outcome) -> Iterator[Verdict]:
    """Clouds, snow, lost frames, shifts."""
    cloudy = seen.truth.cloudy
    handled, clear = _split(seen, cloudy)
    looked = [d for d in clear if d in seen.truth.clear_on_second_look]
    least = seen.truth.least_cloudy
    yield Verdict(metric="cloudy frames handled", target=f"at least {least} of {len(cloudy)}" if least else "",
                  holds=handled + len(looked) >= least if least else None,
                  measured=f"{handled} refused or unclear, {len(looked)} clear on a second look",
                  note=_list("taken for clear", [d for d in clear if d not in looked]))
    if seen.truth.snow:
        handled, clear = _split(seen, seen.truth.snow)
        yield Verdict(metric="snow frames refused or unclear", target="", measured=f"{handled} of "
                      f"{len(seen.truth.snow)}", note=_list("taken for clear", clear))
    lost = [d for d, fit in seen.fits.items() if not fit.used and d not in cloudy | seen.truth.snow]
    yield Verdict(metric="frames without cloud that are lost", target="fewer than 8", measured=f"{len(lost)} of "
                  f"{len(seen.fits) - len(cloudy | seen.truth.snow)}", holds=len(lost) < 8,
                  note=_list("lost", lost))
    yield _shifts(seen)


def _split(seen: Outcome, days: frozenset[date]) -> tuple[int, list[date]]:
    """How many of the frames are not taken for clear at the site, and which are."""
    at_site = _clear_at_site(seen)
    clear = sorted(d for d in days if d in seen.fits and seen.fits[d].used
                   and (seen.fits[d].site_clear_share or 0.0) >= 0.5 and at_site[d] >= 0.5)
    return len(days) - len(clear), clear


def _clear_at_site(seen: Outcome) -> Mapping[date, float]:
    inside = coverage(seen.on_grid(seen.truth.site), seen.stack.site.grid) > 0.5
    return {fit.taken.date(): float(np.isfinite(view[0][inside]).mean())
            for fit, view in zip(seen.stack.used, seen.stack.values, strict=True)}


def _shifts(seen: Outcome) -> Verdict:
    ours = {d: (fit.shift_x_px, fit.shift_y_px) for d, fit in seen.fits.items()
            if fit.used and fit.shift_x_px is not None and fit.shift_y_px is not None}
    got = agreement_of(ours, seen.truth.shifts)
    return Verdict(metric="shifts: median distance to the reference", target="at most 0.2 px",
                   measured=f"{got.median_px:.2f} px (x {got.median_x_px:.2f}, y {got.median_y_px:.2f}) of "
                            f"{got.frames} frames", holds=got.median_px <= 0.2,
                   note=f"largest {got.largest_px:.2f} px on {got.farthest}")


def measurement_rows(seen: Outcome) -> Iterator[Verdict]:
    """Areas, lengths and their ratios to a known building, within what both do not know."""
    reference = next((known for known in seen.truth.known if known.name == seen.truth.compare_with), None)
    for name, known in seen.asked.items():
        subject = seen.matches.get(name)
        if subject is None or seen.measurements is None:
            yield Verdict(metric=f"{name}: sizes", target="agree with the reference", measured="no structure")
            continue
        if known.area_sigma is not None:
            size = area_m2(known.outline, seen.stack.site.grid)
            yield _measured(seen.measurements.of(subject, "area"), f"{name}: area", size, known.area_sigma)
            if reference is not None:
                ratio = size / area_m2(reference.outline, seen.stack.site.grid)
                yield _measured(seen.measurements.of(subject, "area ratio", reference.name), f"{name}: area ratio",
                                ratio, known.area_sigma * sqrt(2))
        if known.length_sigma is not None:
            size = _length(known.outline)
            yield _measured(seen.measurements.of(subject, "length"), f"{name}: length", size, known.length_sigma)
            if reference is not None:
                yield _measured(seen.measurements.of(subject, "length ratio", reference.name), f"{name}: length ratio",
                                size / _length(reference.outline), known.length_sigma * sqrt(2))


def _length(outline: BaseGeometry) -> float:
    """The longer side of the smallest rectangle around it."""
    corners = outline.minimum_rotated_rectangle.exterior.coords
    return max(hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(corners))


def _measured(found: Measurement | None, metric: str, truth: float, share: float) -> Verdict:
    """``share``: the reference's standard deviation as a share of it."""
    digits = 2 if truth < 10 else 0
    target = f"agrees with {truth:.{digits}f} ± {share * truth:.{digits}f}"
    if found is None or found.value is None:
        return Verdict(metric=metric, target=target, holds=None if found else False,
                       measured=f"cannot tell: {found.why_not}" if found else "no measurement")
    z = z_score(found.value, truth, share * truth)
    width = (found.value.high - found.value.low) / found.value.value
    return Verdict(metric=metric, target=target, holds=abs(z) <= Z90,
                   measured=f"{found.value.interval_text}, z {z:+.2f}", note=f"interval {width:.0%} wide")


def bracket_text(between: Between) -> str:
    """A bracket in short."""
    return f"({day(between.after) if between.after else '?'}, {day(between.by) if between.by else '?'}]"


def _list(what: str, days: list[date]) -> str:
    return f"{what}: {', '.join(map(str, days))}" if days else ""
