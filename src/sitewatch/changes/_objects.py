"""From steps of single pixels to things: neighbours that changed alike, at the same time, into one material.

Steps are linked when they are adjacent, near in time, and point to like levels; what the blur of the
sensor has chained together is parted again where its colours fall into two groups, and thin bridges
are cut by an opening of the size of the blur.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sitewatch.changes._segment import Breaks

__all__ = ["Thing", "group_breaks", "strength_of"]

_LOOKS_APART = 2        # the same works reach neighbouring pixels within a few looks
_DAYS_APART = 35.0
_SAME_DIRECTION = 0.8   # cosine between two steps
_PARTED = 3.0           # two colour groups are two materials when their centres lie this many spreads apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One connected place that stepped once: flat pixel indices, the last look before, levels (band)."""

    pixels: np.ndarray
    look: int
    before: np.ndarray
    after: np.ndarray
    energy: float


def group_breaks(breaks: Breaks, noise: np.ndarray, days: np.ndarray, smallest_px: float) -> list[Thing]:
    """Things of at least ``smallest_px`` pixels, strongest first; ``days`` (time), ``noise`` (band, y, x)."""
    shape = (noise.shape[1], noise.shape[2])
    level = float(np.median(np.linalg.norm(noise, axis=0)))
    labels = _linked(breaks, shape, days, level)
    things: list[Thing] = []
    order = np.argsort(labels, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []:
        if len(members) >= smallest_px:
            things += _parted(breaks, members, shape, level, smallest_px)
    return sorted(things, key=lambda thing: (-thing.energy, int(thing.pixels[0])))


def strength_of(thing: Thing, blur_px: float) -> float:
    """Its summed energy in independent samples: neighbours within the blur repeat each other."""
    return float(np.sqrt(thing.energy / (4 * np.pi * blur_px**2)))


def _linked(breaks: Breaks, shape: tuple[int, int], days: np.ndarray, level: float) -> np.ndarray:
    """Component label of every step."""
    count = len(breaks.pixel)
    where = np.full((shape[0] * shape[1], len(days)), -1, np.int32)
    where[breaks.pixel, breaks.look] = np.arange(count)
    jump = breaks.after - breaks.before
    way = jump / np.maximum(np.linalg.norm(jump, axis=1), 1e-9)[:, None]
    pairs = [_neighbours(breaks, where, step, lag, shape[1])
             for step in (1, shape[1]) for lag in range(-_LOOKS_APART, _LOOKS_APART + 1)]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    alike = (((way[a] * way[b]).sum(axis=1) > _SAME_DIRECTION)
             & (np.linalg.norm(breaks.after[a] - breaks.after[b], axis=1) < 1.5 * level)
             & (np.abs(days[breaks.look[a]] - days[breaks.look[b]]) < _DAYS_APART))
    graph = coo_matrix((np.ones(alike.sum(), np.int8), (a[alike], b[alike])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _neighbours(breaks: Breaks, where: np.ndarray, step: int, lag: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of steps of a pixel and of the one to its right (step 1) or below it (step = width)."""
    other, look = breaks.pixel + step, breaks.look + lag
    fits = (other < len(where)) & (look >= 0) & (look < where.shape[1])
    if step == 1:
        fits &= other % width != 0
    first = np.flatnonzero(fits)
    second = where[other[first], look[first]]
    return first[second >= 0], second[second >= 0]


def _parted(breaks: Breaks, members: np.ndarray, shape: tuple[int, int], level: float,
            smallest_px: float) -> Iterator[Thing]:
    """The materials of one linked group, each without thin bridges, as connected things."""
    for group in _materials(breaks.after[members], level):
        some = members[group]
        mask = np.zeros(shape, np.uint8)
        mask.flat[breaks.pixel[some]] = 1
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        number, labels = cv2.connectedComponents(opened, connectivity=4)
        # A pixel's ring of mixed colours belongs to the part that it touches.
        near = np.where(mask > 0, cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)), 0).astype(int)
        for label in range(1, number):
            own = some[near.flat[breaks.pixel[some]] == label]
            if len(own) >= smallest_px:
                yield _thing(breaks, own)


def _materials(after: np.ndarray, level: float) -> list[np.ndarray]:
    """Index groups of like colour: split in two while two well-parted groups exist."""
    todo, done = [np.arange(len(after))], []
    while todo:
        group = todo.pop()
        halves = _halves(after[group], level)
        if halves is None:
            done.append(group)
        else:
            todo += [group[halves], group[~halves]]
    return done


def _halves(colours: np.ndarray, level: float) -> np.ndarray | None:
    """Membership of the first of two groups, None where the colours form one."""
    if len(colours) < 16:
        return None
    start = colours[[int(colours.sum(axis=1).argmin()), int(colours.sum(axis=1).argmax())]]
    centres, label = kmeans2(colours, start, minit="matrix", missing="warn")
    sizes = np.bincount(label, minlength=2)
    if sizes.min() < 8:
        return None
    spread = np.sqrt(np.mean((colours - centres[label]) ** 2))
    apart = np.linalg.norm(centres[0] - centres[1]) / np.sqrt(colours.shape[1])
    return label == 0 if apart > max(_PARTED * spread, level / np.sqrt(colours.shape[1])) else None


def _thing(breaks: Breaks, own: np.ndarray) -> Thing:
    return Thing(pixels=np.unique(breaks.pixel[own]), look=int(np.median(breaks.look[own])),
                 before=np.median(breaks.before[own], axis=0), after=np.median(breaks.after[own], axis=0),
                 energy=float(breaks.energy[own].sum()))
