"""What needs no method: the difference of the first and the last views, on the same aligned stack."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from shapely import Polygon

from benchmarks.accuracy.scoring import Verdict, assign, covered, iou, lies_in
from benchmarks.accuracy.tables import Outcome
from sitewatch.geo import coverage, outline_of, seen_median

__all__ = ["baseline_rows", "difference_objects"]

_VIEWS = 10
# Smaller patches are specks that nobody would call an object; the baseline is spared them.
_SMALLEST_PX = 5


def baseline_rows(seen: Outcome) -> Iterator[Verdict]:
    """The same questions put to a plain difference that marks as many pixels as sitewatch reports."""
    grid = seen.stack.site.grid
    reported = np.zeros(grid.shape, bool)
    for structure in seen.changed.values():
        reported |= coverage(structure.outline, grid) > 0.5
    objects = {f"b{n}": outline_of(mask, grid)
               for n, mask in enumerate(difference_objects(seen.stack.values, int(reported.sum())))}
    truths = {name: seen.on_grid(known.outline) for name, known in seen.asked.items()}
    own = assign(truths, objects)
    for name, truth in truths.items():
        _, best = max(((covered(truth, outline), i) for i, outline in objects.items()), default=(0.0, ""))
        shown = objects.get(own.get(name, best), Polygon())
        yield Verdict(metric=f"baseline: {name}", target="", measured=f"{covered(truth, shown):.2f} (IoU "
                      f"{iou(truth, shown):.2f}), {'found' if name in own else 'not found'}, no date")
    inside = sum(lies_in(outline, seen.on_grid(known.outline)) for known in seen.truth.of_kind("control")
                 for outline in objects.values())
    yield Verdict(metric="baseline: objects in the controls", target="", measured=str(inside))
    yield Verdict(metric="baseline: other objects", target="", measured=str(len(objects) - len(own)))


def difference_objects(values: np.ndarray, pixels: int) -> list[np.ndarray]:
    """Masks (y, x) of the connected patches of the ``pixels`` largest differences between the median of the first
    and that of the last ten views of (time, band, y, x)."""
    step = seen_median(values[-_VIEWS:]) - seen_median(values[:_VIEWS])
    size = np.nan_to_num(np.sqrt((step ** 2).sum(axis=0)))
    if pixels == 0:
        return []
    marked = (size >= np.partition(size.ravel(), -pixels)[-pixels]).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=4)
    return [labels == n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= _SMALLEST_PX]

