"""Which pixels of a view does the stage "stack" take for ground, against what truly hides it?

    python -m benchmarks.accuracy.seeing [--tier simulated|real] [--half tune|test]

Simulated: "hidden" is the share of truly hidden pixels that are left out, "lost" that of truly clear ones, "works lost"
that of truly clear ones within what is being built, roofed or pulled down, from the first to the last day of its steps.
A look that is refused is left out whole. Real: what people read in the frames, as in ``real_cases``; "works lost" is of
the outlines of what was built, in all frames without cloud and snow, and "roof unseen" the longest run of such frames
that miss most of a new thing after it came. The baselines are the provider's mask as delivered, which real frames of
these cases do not have, and to take everything for clear.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

import sitewatch as sw
from benchmarks.accuracy import cases, worlds
from benchmarks.accuracy.families import FAMILIES, write_world
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, percent, shared_folder, show
from benchmarks.accuracy.tables import Outcome, frame_rows
from benchmarks.accuracy.truth import CASES, Known, read_truth
from sitewatch.geo import coverage, describe, lay_nearest, read_image
from sitewatch.model import SENSORS, Scene, SceneFit, Stack
from sitewatch.sources import simulated
from sitewatch.sources.simulated._looks import looks_of
from sitewatch.sources.simulated._render import hidden_in

__all__ = ["Truth", "main", "shares"]

TIERS: tuple[Tier, ...] = ("simulated", "real")
_CLOUD, _SHADOW = 0.3, 0.4  # of the light: from here on the ground is not seen
_CLEAR = 0.05               # below it is; what lies between is not scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """(look, y, x) bool each: what hides the ground, where it is clear, and where of that works go on."""

    hidden: np.ndarray
    clear: np.ndarray
    works: np.ndarray


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("seeing", __doc__, TIERS)
    parser.add_argument("--half", choices=list(worlds.FROZEN), default="test", help="of the frozen worlds")
    asked, measured = parser.parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as scratch:
        for tier in asked.tier or TIERS:
            rows = list(_simulated(asked.half, Path(scratch)) if tier == "simulated" else _real(Path(scratch)))
            if rows:
                show(f"Seeing, {tier}", rows)
                keep("seeing", rows, measured)
    return 0


def shares(left_out: np.ndarray, truth: Truth) -> dict[str, Cell]:
    """Of a (look, y, x) mask of what a method leaves out."""
    def of(which: np.ndarray) -> float | None:
        return float(left_out[which].mean()) if which.any() else None
    return {"hidden": of(truth.hidden), "lost": of(truth.clear), "works_lost": of(truth.works)}


def _simulated(half: worlds.Half, scratch: Path) -> Iterator[Row]:
    """Three rows per world, and three of all worlds together, each world weighing alike."""
    rows = [row for world in worlds.FROZEN[half] for row in _rows_of(world, scratch / world.name)]
    yield from rows
    for method in dict.fromkeys(row.cells["method"] for row in rows):
        told = [row.cells for row in rows if row.cells["method"] == method]
        yield Row(tier="simulated", set=f"mean of {half}", cells={"method": method, **{
            share: float(np.mean([cells[share] for cells in told if cells[share] is not None]))
            for share in ("hidden", "lost", "works_lost")}})


def _rows_of(world: worlds.World, folder: Path) -> Iterator[Row]:
    case = worlds.new_case(world, folder, is_told=False)
    stack, scenes = case.stack(), case.scenes()
    masked = np.stack([_mask_of(scenes[fit.scene], fit, stack) for fit in stack.fits])
    truth = _truth_of(world, folder.parent, stack)
    for method, left_out in (("sitewatch", _left_out(stack)), ("provider's mask", masked),
                             ("everything clear", np.zeros_like(masked))):
        yield Row(tier="simulated", set=world.name, cells={"method": method, **shares(left_out, truth)})


def _left_out(stack: Stack) -> np.ndarray:
    """(fit, y, x) bool: what is not seen, in the order of the fits."""
    seen = {fit.scene: np.isfinite(view[0]) for fit, view in zip(stack.used, stack.values, strict=True)}
    return np.stack([~seen[fit.scene] if fit.used else np.ones(stack.site.grid.shape, bool) for fit in stack.fits])


def _mask_of(scene: Scene, fit: SceneFit, stack: Stack) -> np.ndarray:
    """(y, x) bool: what the provider's UDM2 hides, on the site's grid."""
    mask = scene.asset("mask")
    if mask is None or mask.kept is None:
        raise ValueError(f"{scene.id} has no mask: a simulated scene has one")
    unclear = read_image(mask.kept.path, bands=[1]) != 1
    return np.asarray(_laid(unclear, describe(mask.kept.path).grid, fit, stack)[0] != 0)


def _truth_of(world: worlds.World, folder: Path, stack: Stack) -> Truth:
    made = simulated.read_world(str(write_world(world.family, world.seed, folder)) if world.family in FAMILIES
                                else world.family)
    looks = {look.id: look for look in looks_of(made, world.seed)}
    air = []
    for fit in stack.fits:
        there, gsd_m = hidden_in(made, looks[fit.scene]), SENSORS[looks[fit.scene].camera.sensor].gsd_m or 3.0
        air.append(_laid(np.stack([there.cloud, there.shadow]), made.grid(gsd_m), fit, stack))
    cloud, shadow = np.stack(air, axis=1)
    works = np.zeros(cloud.shape, bool)
    for thing in simulated.truth_of(made, world.seed).objects:
        if thing.class_ is not None:
            inside = coverage(thing.on_grid, stack.site.grid) > 0.5
            first = min(span.after for _, span in thing.phases if span.after is not None)
            last = max(span.by for _, span in thing.phases if span.by is not None)
            works[_between(stack, first, last)] |= inside
    clear = (cloud < _CLEAR) & (shadow < _CLEAR)
    return Truth(hidden=(cloud > _CLOUD) | (shadow > _SHADOW), clear=clear, works=works & clear)


def _laid(pixels: np.ndarray, grid: GeoBox, fit: SceneFit, stack: Stack) -> np.ndarray:
    """On the site's grid, where the stage has laid the scene; NaN beyond the scene."""
    shift_px = fit.shift_x_px or 0.0, fit.shift_y_px or 0.0
    return lay_nearest(pixels, grid, stack.site.grid, Affine.translation(*shift_px))


def _between(stack: Stack, first: datetime, last: datetime) -> np.ndarray:
    return np.array([first <= fit.taken <= last for fit in stack.fits])


def _real(scratch: Path) -> Iterator[Row]:
    shared = shared_folder()
    if shared is None:
        return
    for name in CASES:
        truth = read_truth(name, shared)
        stack = sw.Case.open(cases.new_case(truth, scratch, is_told=False)).stack()
        seen = Outcome(truth=truth, stack=stack)
        told = {verdict.metric: verdict for verdict in frame_rows(seen)}
        days = [fit.taken.date() for fit in stack.fits]
        clear = np.array([day not in truth.cloudy | truth.snow for day in days])
        new = truth.of_kind("new")
        runs = [_unseen_after(known, seen, clear) for known in new]
        works = np.stack([_share_unseen(known, seen)[clear] for known in new])
        handled, lost = told["cloudy frames handled"], told["frames without cloud that are lost"]
        yield Row(tier="real", set=truth.case, note=handled.note, cells={
            "method": "sitewatch", "cloudy_handled": handled.measured, "frames_lost": lost.measured,
            "works_lost": float(works.mean()), "roof_unseen_frames": max(runs)})
        yield Row(tier="real", set=truth.case, cells={
            "method": "everything clear", "cloudy_handled": percent(0, len(truth.cloudy)),
            "frames_lost": percent(0, int(clear.sum())), "works_lost": 0.0, "roof_unseen_frames": 0})


def _share_unseen(known: Known, seen: Outcome) -> np.ndarray:
    """(fit) share of an outline that is left out."""
    inside = coverage(seen.on_grid(known.outline), seen.stack.site.grid) > 0.5
    return np.asarray(_left_out(seen.stack)[:, inside].mean(axis=1))


def _unseen_after(known: Known, seen: Outcome, clear: np.ndarray) -> int:
    """The longest run of clear frames, from the first with it on, that leave out most of it."""
    came = np.array([known.came.by is not None and fit.taken >= known.came.by for fit in seen.stack.fits])
    missed = (_share_unseen(known, seen) > 0.5)[clear & came]
    return max((len(list(run)) for unseen, run in groupby(missed) if unseen), default=0)


if __name__ == "__main__":
    sys.exit(main())
