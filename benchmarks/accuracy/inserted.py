"""Are rendered halls in real series found, dated and measured, and what else do they make sitewatch report?

    python -m benchmarks.accuracy.inserted [--case dubai] [--half tune|test] [--keep DIR]

Semi-synthetic: the ground, its seasons, the clouds, the misplacement and the sensor are real, only the halls are
rendered (halls.py says which, insertion.py how). The altered copies live in a temporary folder. "Found": one structure
of the right class covers half of the hall, and is no other hall's; "reported": any reported structure does; "lost_in"
says which stage had no such thing, and why. "Dated": the bracket and the works overlap. "Extra": structures that the
same series without halls does not give, away from the halls, and beside them (pieces, shadows). The baseline is a plain
difference of the first and the last ten views that marks as many pixels as sitewatch reports: no date, no size.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

import sitewatch as sw
from benchmarks.accuracy.baseline import difference_objects
from benchmarks.accuracy.cases import new_case
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, percent, shared_folder, show
from benchmarks.accuracy.halls import CONTRASTS, FROZEN, SIZES, Hall, place_halls
from benchmarks.accuracy.insertion import Frame, read_series, roof_step, write_series
from benchmarks.accuracy.scoring import assign, covered, iou
from benchmarks.accuracy.tables import Outcome
from benchmarks.accuracy.truth import CASES, Truth, read_truth
from sitewatch.geo import (
    area_m2,
    coverage,
    describe,
    from_pixels,
    look_noise,
    outline_of,
    picture_grid,
    to_pixels,
    whitening,
)
from sitewatch.model import Between, Structure, smallest_sure

TIERS: tuple[Tier, ...] = ("semi-synthetic",)
_CLASSES = {"appears": "new structure", "appears over weeks": "new structure", "vanishes": "removed structure"}
_BESIDE_PX = 4.0      # as far as shadow and point spread reach
_SAME = 0.3           # intersection over union with a structure of the series without halls


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("inserted", __doc__, TIERS)
    parser.add_argument("--case", choices=list(CASES), help="only this case")
    parser.add_argument("--half", choices=list(FROZEN), default="test", help="of the frozen draws")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the altered copies and their cases here")
    asked, measured, shared = parser.parse_args(arguments), commit(), shared_folder()
    with tempfile.TemporaryDirectory() as scratch:
        for name in ([asked.case] if asked.case else CASES) if shared else ():
            truth = read_truth(name, shared)
            rows = list(_rows(truth, asked.half, (asked.keep or Path(scratch)).resolve()))
            show(f"Rendered halls in {truth.case}, the {asked.half} half", rows)
            show("By size and contrast", list(_summary(rows)))
            keep("inserted", rows, measured)
    return 0


@dataclass(frozen=True, kw_only=True)
class Altered:
    """What a case gave on a series with halls; ``plain``: the structures of the same series without them.

    ``steps``: (band) grey levels from the ground to the roof of each hall.
    """

    truth: Truth
    halls: Sequence[Hall]
    outcome: Outcome
    plain: Sequence[BaseGeometry]
    steps: Sequence[np.ndarray]

    @cached_property
    def outlines(self) -> Mapping[str, BaseGeometry]:
        """The halls where the stack has them, by name."""
        grid = _grid(self.truth)
        return {str(n): self.outcome.on_grid(from_pixels(hall.footprint.polygon, grid))
                for n, hall in enumerate(self.halls)}

    @cached_property
    def own(self) -> Mapping[str, str]:
        """Halls, each to the structure of its class that is its own."""
        found = {}
        for class_ in set(_CLASSES.values()):
            truths = {n: self.outlines[n] for n in self.outlines if _CLASSES[self.halls[int(n)].story] == class_}
            found |= assign(truths, {i: one.outline for i, one in self.outcome.changed.items() if one.class_ == class_})
        return found

    @cached_property
    def extra(self) -> Sequence[Structure]:
        """What is reported beyond the halls and beyond what the plain series gives."""
        return [one for i, one in self.outcome.changed.items() if i not in self.own.values()
                and not any(iou(one.outline, known) > _SAME for known in self.plain)]

    def is_beside(self, structure: Structure) -> bool:
        """Whether an extra structure belongs to a hall: a piece of it, or its shadow."""
        reach = _BESIDE_PX * self.truth.gsd_m
        return any(structure.outline.intersects(outline.buffer(reach)) for outline in self.outlines.values())


def _rows(truth: Truth, half: str, folder: Path) -> Iterator[Row]:
    """One row per hall and one per draw for what else is reported."""
    frames = read_series(truth)
    plain = _run(truth, write_series(frames, (), truth, 1.0, folder / f"{truth.case}-plain"), folder / "plain")
    altered = [frame for frame in frames if isinstance(frame, Frame)]
    typical, span = altered[0].typical, (altered[0].taken, altered[-1].taken)
    for draw in FROZEN[half]:
        halls = place_halls(draw, _known_px(truth), typical.shape[1:], span)
        name = f"{truth.case}-{draw}"
        images = write_series(frames, halls, truth, plain.stack.blur_px, folder / f"{name}-images")
        seen = Altered(truth=truth, halls=halls, outcome=_run(truth, images, folder / name),
                       plain=[one.outline for one in plain.changed.values()],
                       steps=[roof_step(hall, typical) for hall in halls])
        yield from _hall_rows(seen, f"{truth.case} {half}", draw)
        yield _extra_row(seen, f"{truth.case} {half}", draw)


def _run(truth: Truth, images: Path, folder: Path) -> Outcome:
    case = sw.Case.open(new_case(truth, folder, images))
    return Outcome(truth=truth, stack=case.stack(), changes=case.changes(), structures=case.structures(),
                   measurements=case.measurements())


def _known_px(truth: Truth) -> list[BaseGeometry]:
    """Everything that is known to stand, to change or to be no ground, in pixels of the frame that was read."""
    shapes = [*(known.outline for known in truth.known), *truth.real_changes.values(), *truth.decoys.values()]
    return [*(to_pixels(shape, _grid(truth)) for shape in shapes), *(box(*spot) for spot in truth.artifacts_px)]


def _grid(truth: Truth) -> GeoBox:
    """The grid of the frame that was read."""
    file = next(file for file in truth.images.iterdir() if file.stem == truth.zero.isoformat())
    found = describe(file).grid
    return picture_grid(found.width, found.height, truth.gsd_m) if found.crs is None else found


def _hall_rows(seen: Altered, name: str, draw: int) -> Iterator[Row]:
    by_difference = assign(seen.outlines, _differences(seen.outcome))
    for n, hall in enumerate(seen.halls):
        outline = seen.outlines[str(n)]
        own = seen.outcome.changed.get(seen.own.get(str(n), ""))
        yield Row(tier="semi-synthetic", set=name, cells={
            "draw": draw, "what": f"hall {n}", "size": hall.size, "contrast": hall.contrast,
            "length_px": round(hall.footprint.length, 1), "width_px": round(hall.footprint.width, 1),
            "step": round(float(seen.steps[n].mean())), "height_m": round(hall.height_m, 1), "story": hall.story,
            "is_reportable": hall.footprint.polygon.area >= seen.outcome.changes.smallest_px,
            "is_promised": _is_promised(seen, n),
            "reported": any(covered(outline, one.outline) >= 0.5 for one in seen.outcome.changed.values()),
            "found": own is not None, "lost_in": _lost_in(seen, hall, outline) if own is None else None,
            **_dated(hall, own), **_sized(seen, outline, own),
            "difference_found": str(n) in by_difference})


def _is_promised(seen: Altered, n: int) -> bool:
    """Whether the trials of the case promise to find a hall that is as large and as different from its ground."""
    area, step = seen.halls[n].footprint.polygon.area, whitening(seen.outcome.stack.values) @ seen.steps[n]
    contrast = float(np.linalg.norm(step)) / look_noise(len(step))
    trials = seen.outcome.structures.trials
    sides = [smallest_sure(trials, one) for one in {one.contrast for one in trials} if one <= contrast]
    return any(side is not None and side**2 <= area for side in sides)


def _dated(hall: Hall, own: Structure | None) -> dict[str, Cell]:
    when = own.happened if own else None
    days = (when.by - when.after).days if when and when.after and when.by else None
    return {"dated": _overlaps(when, hall) if when else None, "bracket_days": days}


def _overlaps(when: Between, hall: Hall) -> bool:
    """Whether a bracket and the works overlap."""
    return bool(when.after and when.by and when.after < hall.end and when.by > hall.start)


def _lost_in(seen: Altered, hall: Hall, outline: BaseGeometry) -> str:
    """The stage that missed a hall: among the changes in its time, none, rejected or in pieces; or the structures."""
    then = [change for change in seen.outcome.changes.records if _overlaps(change.between, hall)]
    if any(covered(outline, change.outline) >= 0.5 for change in then if change.why_not is None):
        return "structures"
    if any(covered(outline, change.outline) >= 0.5 for change in then):
        return "changes: rejected"
    in_pieces = covered(outline, unary_union([change.outline for change in then])) >= 0.5
    return "changes: in pieces" if in_pieces else "changes: none there then"


def _sized(seen: Altered, outline: BaseGeometry, own: Structure | None) -> dict[str, Cell]:
    true = area_m2(outline, seen.outcome.stack.site.grid)
    area = seen.outcome.measurements.of(own.id, "area") if own else None
    value = area.value if area else None
    return {"true_m2": round(true), "low_m2": round(value.low) if value else None,
            "high_m2": round(value.high) if value else None,
            "holds": value.low <= true <= value.high if value else None}


def _differences(seen: Outcome) -> dict[str, Polygon]:
    grid = seen.stack.site.grid
    reported = np.zeros(grid.shape, bool)
    for structure in seen.changed.values():
        reported |= coverage(structure.outline, grid) > 0.5
    return {str(n): outline_of(mask, grid)
            for n, mask in enumerate(difference_objects(seen.stack.values, int(reported.sum())))}


def _extra_row(seen: Altered, name: str, draw: int) -> Row:
    beside = sum(seen.is_beside(one) for one in seen.extra)
    return Row(tier="semi-synthetic", set=name, cells={
        "draw": draw, "what": "extra structures", "extra_away": len(seen.extra) - beside, "extra_beside": beside},
        note=", ".join(f"{one.id} ({one.class_})" for one in seen.extra))


def _summary(rows: Sequence[Row]) -> Iterator[Row]:
    """Counts by size and by contrast; of those found, how many are dated and measured right."""
    halls = [row.cells for row in rows if "size" in row.cells]
    groups: list[tuple[str, Callable[[Mapping[str, Cell]], bool]]] = [("all", lambda _: True), (
        "as large as the smallest that is reported", lambda hall: bool(hall["is_reportable"])), (
        "promised by the roofs drawn into the stack", lambda hall: bool(hall["is_promised"]))]
    groups += [(f"{size}, {contrast}", lambda hall, size=size, contrast=contrast: (
        hall["size"], hall["contrast"]) == (size, contrast)) for size, contrast in product(SIZES, CONTRASTS)]
    groups += [(story, lambda hall, story=story: hall["story"] == story) for story in _CLASSES]
    for group, belongs in groups:
        some = [hall for hall in halls if belongs(hall)]
        measured = [hall for hall in some if hall["holds"] is not None]
        found = [hall for hall in some if hall["found"]]
        yield Row(tier="semi-synthetic", set=group, cells={
            "kept change": percent(sum(hall["lost_in"] in (None, "structures") for hall in some), len(some)),
            **{key: _count(some, key) for key in ("reported", "found")}, "dated, of found": _count(found, "dated"),
            "area in its interval, of measured": _count(measured, "holds"),
            "found by difference": _count(some, "difference_found")})


def _count(halls: Sequence[Mapping[str, Cell]], key: str) -> str:
    return percent(sum(bool(hall[key]) for hall in halls), len(halls))


if __name__ == "__main__":
    sys.exit(main())
