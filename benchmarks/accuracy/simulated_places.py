"""Is what was built and removed in simulated places found, dated and measured, and nothing else reported?

    python -m benchmarks.accuracy.simulated_places [--half tune|test] [--fresh FIRST LAST]

Each world of the families has halls of its own that are built, pulled down and roofed anew, and decoys: a stockpile
that comes and goes, paint, vehicles, a pond, a mast. The baseline is a plain difference of the first
and the last views that marks as many pixels as sitewatch reports; it gives no date, no class and no interval.
``--fresh`` takes other compounds, of these seeds, which nobody has looked at; nothing of them is kept.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from shapely import Polygon

import sitewatch as sw
from benchmarks.accuracy.baseline import difference_objects
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, percent, show
from benchmarks.accuracy.scoring import iou
from benchmarks.accuracy.worlds import FROZEN, Thing, World, new_case, things_of
from sitewatch.geo import coverage, outline_of
from sitewatch.model import Measurement, Structure

TIERS: tuple[Tier, ...] = ("simulated",)
_SAME_PLACE = 0.5  # intersection over union
_NOT_THERE = "reported, but not there"
_BINS = (0.7, 0.8, 0.85, 0.9, 1.0)  # of the chance that is stated


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("simulated_places", __doc__, TIERS)
    parser.add_argument("--half", choices=list(FROZEN), default="test", help="of the frozen worlds")
    parser.add_argument("--fresh", nargs=2, type=int, metavar=("FIRST", "LAST"), help="seeds of compounds instead")
    asked = parser.parse_args(arguments)
    fresh = range(asked.fresh[0], asked.fresh[1] + 1) if asked.fresh else range(0)
    worlds = tuple(World(family="compounds", seed=seed) for seed in fresh) or FROZEN[asked.half]
    measured = commit()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for world in worlds for row in rows_of(world, Path(folder) / world.name)]
    show("Simulated places", rows)
    ours = [row for row in rows if row.cells["method"] == "sitewatch"]
    print(f"\n{_summary(ours)}\n\n{_reliability(ours)}")
    if not fresh:
        keep("simulated_places", rows, measured)
    return 0


def rows_of(world: World, folder: Path) -> Iterator[Row]:
    """One row per true thing, per structure that is none of them, and for the baseline."""
    case = new_case(world, folder)
    reported, measured = list(case.structures().changed), case.measurements()
    things = [thing for thing in things_of(world) if thing.class_ is not None]
    for true in things:
        found = next((s for s in reported if s.class_ == true.class_ and iou(s.outline, true.outline) > _SAME_PLACE),
                     None)
        if found is not None:
            reported.remove(found)
        yield _row(world, true, found, measured.of(found.id, "area") if found else None)
    for other in reported:
        yield Row(tier="simulated", set=world.name, cells={
            "method": "sitewatch", "what": _NOT_THERE, "found": other.class_, "chance": other.chance})
    years = (case.stack().used[-1].taken - case.stack().used[0].taken).days / 365.25
    yield Row(tier="simulated", set=world.name, cells={"method": "sitewatch", "what": "site-years", "found": years})
    yield from _baseline(world, case, things)


def _baseline(world: World, case: sw.Case, things: Sequence[Thing]) -> Iterator[Row]:
    stack = case.stack()
    reported = np.zeros(stack.site.grid.shape, bool)
    for structure in case.structures().changed:
        reported |= coverage(structure.outline, stack.site.grid) > 0.5
    objects = [outline_of(mask, stack.site.grid) for mask in difference_objects(stack.values, int(reported.sum()))]
    best = [max(objects, key=lambda one, thing=thing: iou(one, thing.outline), default=Polygon()) for thing in things]
    hits = [iou(one, thing.outline) for one, thing in zip(best, things, strict=True)]
    for thing, hit in zip(things, hits, strict=True):
        yield Row(tier="simulated", set=world.name, cells={
            "method": "difference", "what": thing.name, "found": hit > _SAME_PLACE, "iou": hit})
    yield Row(tier="simulated", set=world.name, cells={
        "method": "difference", "what": "reported, but not there",
        "found": len(objects) - sum(hit > _SAME_PLACE for hit in hits)})


def _row(world: World, true: Thing, found: Structure | None, area: Measurement | None) -> Row:
    value, true_m2 = area.value if area else None, true.outline.area
    return Row(tier="simulated", set=world.name, cells={
        "method": "sitewatch", "what": true.name, "found": found is not None, "chance": found.chance if found else None,
        "iou": iou(found.outline, true.outline) if found else None, "dated": _is_dated(true, found) if found else None,
        "true_m2": round(true_m2), "area_m2": round(value.value) if value else None,
        "low_m2": round(value.low) if value else None, "high_m2": round(value.high) if value else None,
        "holds": value.low <= true_m2 <= value.high if value else None})


def _is_dated(true: Thing, found: Structure) -> bool:
    """Whether the bracket and the works overlap."""
    when = found.happened
    return bool(when.after and when.by and true.start and true.end and when.after < true.end and when.by > true.start)


def _summary(rows: Sequence[Row]) -> str:
    things = [row.cells for row in rows if "true_m2" in row.cells]
    wrong = sum(row.cells["what"] == _NOT_THERE for row in rows)
    years = sum(float(str(row.cells["found"])) for row in rows if row.cells["what"] == "site-years")
    found = [cells for cells in things if cells["found"]]
    sized = [cells for cells in found if cells["holds"] is not None]
    return (f"found {percent(len(found), len(things))}; of those dated "
            f"{percent(sum(bool(cells['dated']) for cells in found), len(found))}; of those measured, area in its "
            f"interval {percent(sum(bool(cells['holds']) for cells in sized), len(sized))}; {wrong} reported that are "
            f"not there in {years:.1f} site-years")


def _reliability(rows: Sequence[Row]) -> str:
    """Of what was reported with a chance: how much of it is there, in its class."""
    told = [(float(str(row.cells["chance"])), row.cells["what"] != _NOT_THERE) for row in rows
            if row.cells.get("chance") is not None]
    lines = ["stated chance   reported   mean of it   true"]
    for low, high in pairwise(_BINS):
        inside = [(chance, right) for chance, right in told if low <= chance < high]
        if inside:
            mean, right = sum(chance for chance, _ in inside) / len(inside), sum(right for _, right in inside)
            lines.append(f"{low:.2f} to {high:.2f}    {len(inside):8d}   {mean:10.2f}   {percent(right, len(inside))}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
