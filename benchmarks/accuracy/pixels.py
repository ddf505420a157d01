"""Which pixels does the stage "changes" mark, against those that did change?

    python -m benchmarks.accuracy.pixels [--tier simulated|real]

Precision, recall and F1 are those of the class "changed", never averaged with "unchanged". The case is told of no
reference and no control, so that nothing of the truth helps. Score rasters, for the average precision: the strength of
the strongest kept change there; the magnitude of the change vector. The baselines work on the same aligned,
normalised and masked stack, with Otsu's threshold (1979): "CVA quarters" is the difference of the medians of the last
and the first quarter of the looks, "CVA pair" that of one late and one early clear look.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

import sitewatch as sw
from benchmarks.accuracy import cases, worlds
from benchmarks.accuracy.frame import Cell, Row, Tier, commit, keep, options, shared_folder, show
from benchmarks.accuracy.tables import Outcome
from benchmarks.accuracy.truth import CASES, Truth, read_truth
from sitewatch.geo import coverage, seen_median
from sitewatch.model import Changes, Stack

__all__ = ["Labels", "average_precision", "main", "otsu", "score"]

TIERS: tuple[Tier, ...] = ("simulated", "real")
_CLEAR_SHARE = 0.95  # of the pixels that a look of the pair should show
_WORKS_M = 25.0      # as far as building sites reach beyond what is built


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What is known of the pixels: masks (y, x) of the changed and of all that are labelled, and what that leaves
    out. ``where``: a name for what is labelled.
    """

    where: str
    changed: np.ndarray
    scored: np.ndarray
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What one method says: a mask (y, x) and, where it has one, a score (y, x)."""

    method: str
    marked: np.ndarray
    score: np.ndarray


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    asked, measured = options("pixels", __doc__, TIERS).parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as scratch:
        for tier in asked.tier or TIERS:
            found = _simulated(Path(scratch)) if tier == "simulated" else _real(Path(scratch))
            rows = [row for name, case, several in found for labels in several
                    for row in rows_of(tier, name, case, labels)]
            if rows:
                show(f"Changed pixels, {tier}", rows)
                keep("pixels", rows, measured)
    return 0


def rows_of(tier: Tier, name: str, case: sw.Case, labels: Labels) -> Iterator[Row]:
    """One row per method."""
    stack = case.stack()
    years = (stack.used[-1].taken - stack.used[0].taken).days / 365.25
    for answer in (_of_changes(case.changes()), _everything(stack), _quarters(stack), _pair(stack)):
        cells = score(answer.marked, labels.changed, labels.scored)
        false_px = int((answer.marked & ~labels.changed & labels.scored).sum())
        yield Row(tier=tier, set=name, cells={
            "labels": labels.where, "method": answer.method, **cells,
            "average_precision": average_precision(answer.score, labels.changed, labels.scored),
            "false_m2_per_year": round(false_px * stack.site.gsd_m**2 / years),
            "changed_px": int((labels.changed & labels.scored).sum()), "scored_px": int(labels.scored.sum()),
            "truth": labels.note})


def score(marked: np.ndarray, changed: np.ndarray, scored: np.ndarray) -> dict[str, Cell]:
    """Precision, recall and F1 of a mask (y, x) on the scored pixels; a precision of nothing is not a number."""
    hits = int((marked & changed & scored).sum())
    given, true = int((marked & scored).sum()), int((changed & scored).sum())
    return {"precision": hits / given if given else None, "recall": hits / true if true else None,
            "f1": 2 * hits / (given + true) if given + true else None}


def average_precision(values: np.ndarray, changed: np.ndarray, scored: np.ndarray) -> float:
    """The mean of the precisions at each step of recall, highest value first; equal values come at once.

    NaN values count as the lowest. The definition of Zhu (2004), without interpolation.
    """
    order = np.nan_to_num(values[scored].astype(np.float64), nan=-np.inf)
    levels, place = np.unique(-order, return_inverse=True)
    given = np.cumsum(np.bincount(place, minlength=len(levels)))
    hits = np.cumsum(np.bincount(place, weights=changed[scored], minlength=len(levels)))
    gained = np.diff(hits, prepend=0.0) / max(hits[-1], 1.0)
    return float((gained * hits / given).sum())


def otsu(values: np.ndarray) -> float:
    """The threshold that parts values into the two classes of largest variance between them, in 256 steps."""
    seen = values[np.isfinite(values)]
    scale = 255 / max(float(seen.max()), 1e-12)
    level, _ = cv2.threshold(np.round(seen * scale).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float((level + 0.5) / scale)


def _of_changes(changes: Changes) -> _Answer:
    grid = changes.site.grid
    strength = np.zeros(grid.shape, np.float32)
    for change in changes.kept:
        inside = coverage(change.outline, grid) > 0.5
        strength[inside] = np.maximum(strength[inside], change.strength)
    return _Answer(method="detect_changes", marked=strength > 0, score=strength)


def _everything(stack: Stack) -> _Answer:
    shape = stack.values.shape[2:]
    return _Answer(method="everything changed", marked=np.ones(shape, bool), score=np.zeros(shape, np.float32))


def _quarters(stack: Stack) -> _Answer:
    few = max(1, len(stack.values) // 4)
    return _vectors("CVA quarters", seen_median(stack.values[:few]), seen_median(stack.values[-few:]))


def _pair(stack: Stack) -> _Answer:
    """Of the first and the last look that show nearly everything."""
    shares = np.isfinite(stack.values[:, 0]).mean(axis=(1, 2))
    clear = np.flatnonzero(shares >= min(_CLEAR_SHARE, float(np.sort(shares)[-2])))
    return _vectors("CVA pair", stack.values[clear[0]], stack.values[clear[-1]])


def _vectors(method: str, before: np.ndarray, after: np.ndarray) -> _Answer:
    size = np.sqrt(((after - before) ** 2).sum(axis=0))
    return _Answer(method=method, marked=np.nan_to_num(size) > otsu(size), score=size)


def _real(scratch: Path) -> Iterator[tuple[str, sw.Case, Sequence[Labels]]]:
    shared = shared_folder()
    for name in CASES if shared else ():
        truth = read_truth(name, shared)
        case = sw.Case.open(cases.new_case(truth, scratch, is_told=False))
        yield truth.case, case, list(_labels_of_case(truth, case.stack()))


def _labels_of_case(truth: Truth, stack: Stack) -> Iterator[Labels]:
    """The listed outlines and, where a site was drawn by others, the site but for other changes that are known."""
    seen = Outcome(truth=truth, stack=stack)
    new = _mask([seen.on_grid(known.outline) for known in truth.of_kind("new")], stack)
    listed = _mask([seen.on_grid(known.outline) for known in truth.known], stack)
    yield Labels(where="outlines", changed=new, scored=listed, note=(
        "listed outlines only: what was built or dug changed, existing buildings and controls did not; edges are read "
        "to 7-12 m; what lies between the outlines is not labelled"))
    if truth.crs is not None:
        others = _mask([seen.on_grid(place) for place in truth.real_changes.values()], stack) & ~new
        yield Labels(where="site", changed=new, scored=_mask([seen.on_grid(truth.site)], stack) & ~others, note=(
            "the site without the boxes of other known changes; the listed rows changed, their edges are read to 8 m; "
            "yards and lanes surfaced between them are not listed and count as false"))


def _simulated(scratch: Path) -> Iterator[tuple[str, sw.Case, Sequence[Labels]]]:
    for world in worlds.FROZEN["test"]:
        case = worlds.new_case(world, scratch / world.name, is_told=False)
        stack = case.stack()
        halls = [thing.outline for thing in worlds.things_of(world) if thing.class_ is not None]
        changed, near = _mask(halls, stack), _mask([hall.buffer(_WORKS_M) for hall in halls], stack)
        yield world.name, case, [Labels(where="whole place", changed=changed, scored=changed | ~near, note=(
            f"what came or went changed; {_WORKS_M:.0f} m around it, where the ground is cleared and paved, are not "
            "scored; decoys and everything else count as false"))]


def _mask(outlines: Sequence[BaseGeometry], stack: Stack) -> np.ndarray:
    return coverage(unary_union(outlines), stack.site.grid) > 0.5


if __name__ == "__main__":
    sys.exit(main())
