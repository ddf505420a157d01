"""Seeing: which pixels of a view show the ground, judged by the site's own history.

Cloud, haze, their shadows, snow and glint depart from what was there before and from what is there
afterwards, both in the same direction. A new roof departs only from what was there before: it stays, so it
is ground, however bright. The same idea is used for series by Grompone von Gioi et al. (IPOL 2021).

Works at a building site depart like a cloud: cleared earth is brighter than the field before and the roof after.
But they lie there in the look before or after too, where a cloud has moved on; and what comes and goes on ground
that is another one afterwards is part of its change. Whole patches are judged, since a passing thing passes with
its edges.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np

from sitewatch.stack._history import Part, Views, blurred, grown, histories, smooth_mean, widened, within
from sitewatch.stack._threads import give_back

__all__ = ["unclear_pixels"]

_SMOOTH_PX = 2.0   # clouds are wider than this, single vehicles narrower
_BROAD_PX = 8.0    # in the last views, where no later look can tell, only departures this broad count as cloud
_GROW_PX = 3       # thin edges of clouds and shadows
_SIGMAS = 5.0
_BESIDE_PX = 3     # beside what the provider hides lie the thin edges that its mask has missed,
_BESIDE = 2.0      # so that less of a departure is enough to believe in cloud there
_ALIKE = 0.5       # of its departure: nearer to a neighbouring look than this, something has stayed
_CHANGED = 4.0     # sigmas between before and after: above what seasons do, below what building does
_MOSTLY = 0.6      # of a patch is ground, and it is ground: a cloud that hides half a building site is none

_STRIP_BYTES, _LEAST_ROWS = 20_000_000, 32  # the strips in work take as much together; each needs 8 rows more on a side
_SAMPLE, _BAND_ROWS = 4_000_000, 8  # values, from bands of so many rows, tell a median as well as all of them
_BLOCK_PX = 128                     # side of what is blurred broadly at a time
_DEPARTS, _GROUND, _STRONG = 2, 4, 8  # bits of a mark beside the lowest, which says unclear


def unclear_pixels(values: np.ndarray, usable: np.ndarray, strip_rows: int | None = None) -> np.ndarray:
    """(time, y, x) bool: where (time, band, y, x) normalised values, by their mean, do not show the ground.

    ``usable`` (time) says which views may serve as history for the others; NaN, in all bands alike, is not seen. How
    many ``strip_rows`` are judged at a time decides on the memory that it takes, and on nothing else.
    """
    views = Views(values=values, marks=np.empty((len(values), *values.shape[2:]), np.uint8), usable=usable)
    strips, looks = _strips(views.marks.shape, strip_rows), range(len(values))
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # the array operations run without Python's lock
        list(threads.map(lambda i: np.logical_not(views.seen(i), out=views.marks[i].view(bool)), looks))
        for _ in range(2):  # the second round's history is free of the clouds that the first has found
            sigma = _sigma(views, threads)
            list(threads.map(partial(_mark, views, sigma), strips))
            give_back()
            list(threads.map(partial(_decide, views), looks))
            give_back()
    return views.marks.view(bool)


def _strips(shape: tuple[int, ...], rows: int | None) -> list[Part]:
    looks, height, width = shape
    each = 4 * max(1, looks * width) * (os.cpu_count() or 1)  # bytes of a row in all threads
    rows = rows or max(_LEAST_ROWS, _STRIP_BYTES // each)
    return [(slice(top, min(top + rows, height)), slice(0, width)) for top in range(0, height, rows)]


def _sigma(views: Views, threads: ThreadPoolExecutor) -> float:
    """The stack's usual step from its own past, as a robust standard deviation; of a large site, from some rows."""
    looks, (height, width) = len(views.values), views.shape
    skip = max(1, -(-looks * height * width // _SAMPLE))
    rows = _BAND_ROWS if skip > 1 else -(-height // (os.cpu_count() or 1))
    bands = [(slice(top, min(top + rows, height)), slice(0, width)) for top in range(0, height, rows * skip)]
    moved = np.concatenate([np.empty(0, np.float32), *threads.map(lambda part: _steps(views, part), bands)])
    return 1.4826 * float(np.median(moved, overwrite_input=True)) if moved.size else 1.0


def _steps(views: Views, part: Part) -> np.ndarray:
    """By how much the views differ in a part from their own past, wherever they do."""
    looks = range(len(views.values))
    smooth = views.smooth(part, looks, _SMOOTH_PX)
    steps = [np.abs(smooth[i] - before) for i, before, _ in
             histories(smooth, views.clear(part, looks), views.usable, True) if views.usable[i]]
    return np.concatenate([np.empty(0, np.float32), *(step[step > 0] for step in steps)])


def _mark(views: Views, sigma: float, part: Part) -> None:
    """Mark in a part of all views what departs, what of that strongly, and what is likely ground all the same."""
    looks = range(len(views.values))
    smooth, clear = views.smooth(part, looks, _SMOOTH_PX), views.clear(part, looks)
    past = {i: (before, earlier) for i, before, earlier in histories(smooth, clear, views.usable, True)}
    for i, after, later in histories(smooth, clear, views.usable, False):
        before, earlier = past.pop(i)
        noise, enough = _beside(views, i, part, sigma)
        where = _far(smooth[i], before, after, np.asarray(noise * enough))
        here, was, comes = (plane.take(where) for plane in (smooth[i], before, after))
        noise, enough = (np.broadcast_to(one, before.shape).take(where) if one.ndim else one for one in (noise, enough))
        departure = _departure(here - was, here - comes)
        last = np.flatnonzero(np.isnan(comes) & (departure / noise > enough))
        departure[last] = np.minimum(departure[last], _broad(views, part, i, where[last]))
        stays = np.fmin(np.abs(here - earlier.take(where)), np.abs(here - later.take(where)))
        ground = (stays < _ALIKE * departure) | (np.abs(was - comes) > _CHANGED * sigma)
        marks = (_DEPARTS * (departure / noise > enough).astype(np.uint8) | _GROUND * ground.astype(np.uint8)
                 | _STRONG * (departure / noise > _SIGMAS).astype(np.uint8))
        views.marks[i][part].reshape(-1)[where] |= marks


def _beside(views: Views, i: int, part: Part, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """The smoothed noise, which is larger beside what is hidden in a view, where fewer pixels are in the mean; and how
    many times that is enough."""
    wide = widened(part, _SMOOTH_PX, views.shape)
    seen, inner = views.seen(i, wide), within(part, wide)
    if seen.all():
        return np.asarray(sigma, np.float32), np.asarray(_SIGMAS, np.float32)
    noisier = 1 / np.sqrt(np.maximum(blurred(seen, _SMOOTH_PX)[inner], np.float32(0.1)))
    near = grown(~seen, _BESIDE_PX)[inner]
    return sigma * noisier, np.where(near, np.float32(_BESIDE), np.float32(_SIGMAS))


def _far(smooth: np.ndarray, before: np.ndarray, after: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Flat places of all seen pixels that may depart by more than a limit from what is known of before and after."""
    limit, near = np.float32(0.999) * limit, np.isnan(smooth)
    step = np.empty_like(smooth)
    for other in (before, after):
        np.subtract(smooth, other, out=step)
        near |= np.abs(step, out=step) <= limit
    return np.flatnonzero(np.logical_not(near, out=near))


def _departure(past: np.ndarray, future: np.ndarray) -> np.ndarray:
    """How far each pixel departs from both sides in one direction, or from the only side that there is; else 0."""
    either = np.fmax(np.fmin(past, future), -np.fmax(past, future))
    return np.asarray(np.fmax(either, np.float32(0)))


def _broad(views: Views, part: Part, i: int, where: np.ndarray) -> np.ndarray:
    """The departure from the past in a broad mean at some places, flat within a part of view ``i``."""
    shape, found = views.shape, np.zeros(len(where), np.float32)
    rows, columns = np.divmod(where, part[1].stop - part[1].start)
    rows, columns = rows + part[0].start, columns + part[1].start
    blocks = rows // _BLOCK_PX * shape[1] + columns // _BLOCK_PX
    for block in np.unique(blocks):
        y, x = rows[blocks == block], columns[blocks == block]
        wide = widened((slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)), _BROAD_PX, shape)
        (view,), before = views.smooth(wide, [i], _SMOOTH_PX), views.before(i, wide, _SMOOTH_PX)
        broad = smooth_mean(view - before, _BROAD_PX)
        found[blocks == block] = np.abs(broad[y - wide[0].start, x - wide[1].start])
    return found


def _decide(views: Views, i: int) -> None:
    """Of the connected patches of what departs in view ``i``, those that are not mostly ground are unclear."""
    marks, unclear = views.marks[i].copy(), views.marks[i].view(bool)
    np.logical_not(views.seen(i), out=unclear)
    departing = (marks & _DEPARTS) > 0
    where = np.flatnonzero(departing)
    if not len(where):
        return
    count, patches = cv2.connectedComponents(departing.view(np.uint8), connectivity=8)
    patch, mark = patches.take(where), marks.take(where)
    share = np.bincount(patch, mark & _GROUND > 0, count) / np.maximum(np.bincount(patch, None, count), 1)
    passing = share[patch] < _MOSTLY
    strong = np.zeros(unclear.shape, bool)
    strong.reshape(-1)[where[passing & (mark & _STRONG > 0)]] = True
    unclear |= grown(strong, _GROW_PX)
    unclear.reshape(-1)[where[passing]] = True
