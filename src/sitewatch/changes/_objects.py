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
import scipy

from sitewatch.changes._place import Place
from sitewatch.changes._segment import Breaks
from sitewatch.geo import seen_median, seen_row_median

__all__ = ["Strength", "Thing", "group_breaks", "smallest_thing_px"]

_LOOKS_APART = 2        # the same works reach neighbouring pixels within a few looks
_DAYS_APART = 35.0
_SAME_DIRECTION = 0.8   # cosine between two steps
_SAME_LEVEL = 1.5       # noises between the levels of neighbours of one material
_BESIDE = 0.3           # of a thing of mixed levels: more next to a thing of one level is its rim
_SAME = 0.5             # of what two things cover: more in common, at the same time, and they are one
_MIXED = 0.5            # of the larger step: the blur mixes what came with what was there
_NEAR_LOOKS = 10        # on either side of a step: enough for a scatter, few enough for one season
_LEAST_SEEN = 0.5       # of a thing, or the look does not show it
_LEAST_SCATTER = 0.5    # of a pixel's usual noise: what pixels share, light and placement, does not average out
_BRIDGE_PX = 2          # around a group: what cuts its bridges looks no farther
_TURNS = 10             # of dividing colours into two groups; most come to rest before
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
    alike, mixed = _linked(breaks, shape, days, level)
    things = [thing for members in _by_label(alike) if len(members) >= smallest_px
              for thing in _parted(breaks, members, shape, level, smallest_px)]
    told, seen_at = _Told.of(things, shape[0] * shape[1], len(days)), _looks_around(things, shape)
    for members in _by_label(mixed):
        beside = np.abs(seen_at[breaks.pixel[members]] - breaks.look[members]) <= _LOOKS_APART
        if len(members) >= smallest_px and beside.mean() < _BESIDE:
            for part in _parted(breaks, members, shape, level, smallest_px):
                told.add(part)
    return sorted(told.things, key=lambda thing: (-thing.energy, int(thing.pixels[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Things, each once; ``places`` (look, pixel): which of the first of them stepped there, -1 where none did."""

    things: list[Thing]
    places: np.ndarray

    @classmethod
    def of(cls, things: list[Thing], pixels: int, looks: int) -> _Told:
        """Each of them in the looks next to its own, too."""
        places = np.full((looks, pixels), -1, np.int32)
        for number, thing in enumerate(things):
            places[max(thing.look - _LOOKS_APART, 0):thing.look + _LOOKS_APART + 1, thing.pixels] = number
        return cls(things=list(things), places=places)

    def add(self, thing: Thing) -> None:
        """One more; of two that are the same the stronger stays."""
        there = self.places[thing.look, thing.pixels]
        counts = np.bincount(there[there >= 0], minlength=1)
        number, both = int(counts.argmax()), int(counts.max())
        if both and both > _SAME * (len(thing.pixels) + len(self.things[number].pixels) - both):
            self.things[number] = max(self.things[number], thing, key=lambda one: one.energy)
        else:
            self.things.append(thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How a thing's strength is told: by ``values`` (time, band, y, x), never surer than ``least`` (band) scatter."""

    values: np.ndarray
    least: np.ndarray
    blur_px: float

    @classmethod
    def of(cls, values: np.ndarray, noise: np.ndarray, blur_px: float) -> Strength:
        """With half the usual ``noise`` (band, y, x) of a pixel as the least scatter of a whole thing."""
        return cls(values=values, least=np.asarray(_LEAST_SCATTER * np.median(noise, axis=(1, 2))), blur_px=blur_px)

    def __call__(self, thing: Thing) -> float:
        """The geometric mean of what its pixels say and of what its series says.

        Its pixels: their summed energy in independent samples, for neighbours within the blur repeat each other. Its
        series: the step of its median against the scatter of single looks about it. Weather makes large things that
        stray no more than they always do, and chance makes small ones that stray far: what is real does both.
        """
        energy = np.sqrt(thing.energy / (4 * np.pi * self.blur_px**2))
        return float(np.sqrt(energy * self._stray(thing)))

    def _stray(self, thing: Thing) -> float:
        looks, bands = self.values.shape[:2]
        inside = self.values.reshape(looks, bands, -1)[:, :, thing.pixels]
        series = seen_row_median(inside)[np.isfinite(inside[:, 0]).mean(axis=1) >= _LEAST_SEEN]
        look = int((np.isfinite(inside[:thing.look + 1, 0]).mean(axis=1) >= _LEAST_SEEN).sum())
        before, after = series[:look][-_NEAR_LOOKS:], series[look:][:_NEAR_LOOKS]
        if not len(before) or not len(after):
            return 0.0
        start, end = seen_median(before), seen_median(after)
        scatter = 1.4826 * seen_median(np.abs(np.concatenate([before - start, after - end])))
        count = len(before) * len(after) / (len(before) + len(after))
        return float(np.sqrt(count * (((end - start) / np.maximum(scatter, self.least)) ** 2).sum()))


def smallest_thing_px(blur_px: float) -> float:
    """Pixels below which the point spread alone decides what is seen: a square of four sigmas, at least 3 x 3."""
    return max(9.0, (4 * blur_px) ** 2)


def _looks_around(things: list[Thing], shape: tuple[int, int]) -> np.ndarray:
    """(pixel) the look of the strongest thing that is there or next to it, far away from all looks where none is."""
    around = np.full(shape, np.iinfo(np.int32).min // 2, np.int32)
    for thing in sorted(things, key=lambda thing: thing.energy):
        place = Place.around(thing.pixels, shape, 1)
        beside = cv2.dilate(place.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        place.cut(around)[beside] = thing.look
    return around.ravel()


def _by_label(labels: np.ndarray) -> list[np.ndarray]:
    """The members of each label."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []


def _linked(breaks: Breaks, shape: tuple[int, int], days: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Two component labels of every step: of one material; and with what the blur mixes of it and what was there.

    A strong step of a small thing has hardly two neighbours of like level: all of it is rim.
    """
    count = len(breaks.pixel)
    where = np.full((shape[0] * shape[1], len(days)), -1, np.int32)
    where[breaks.pixel, breaks.look] = np.arange(count)
    jump = breaks.after - breaks.before
    size = np.linalg.norm(jump, axis=1)
    way = jump / np.maximum(size, 1e-9)[:, None]
    pairs = [_neighbours(breaks, where, step, lag, shape[1])
             for step in (1, shape[1]) for lag in range(-_LOOKS_APART, _LOOKS_APART + 1)]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    together = (((way[a] * way[b]).sum(axis=1) > _SAME_DIRECTION)
                & (np.abs(days[breaks.look[a]] - days[breaks.look[b]]) < _DAYS_APART))
    earlier, later = (np.linalg.norm(side[a] - side[b], axis=1) for side in (breaks.before, breaks.after))
    alike = together & (later < _SAME_LEVEL * level)
    mixed = together & (np.minimum(earlier, later) < _MIXED * np.maximum(size[a], size[b]))
    graphs = (scipy.sparse.coo_matrix((np.ones(some.sum(), np.int8), (a[some], b[some])), shape=(count, count))
              for some in (alike, alike | mixed))
    one, other = (np.asarray(scipy.sparse.csgraph.connected_components(graph, directed=False)[1]) for graph in graphs)
    return one, other


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
    place = np.stack(np.divmod(breaks.pixel[members], shape[1]))
    side = 3 if _has_core(place) else 2  # what is narrow all over has no bridges of that width to cut
    for group in _materials(breaks.after[members], place, level):
        some = members[group]
        around = Place.around(breaks.pixel[some], shape, _BRIDGE_PX)
        rows, columns = place[:, group] - np.array(around.corner)[:, None]
        opened = cv2.morphologyEx(around.mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
        number, labels = cv2.connectedComponents(opened, connectivity=4)
        # A pixel's ring of mixed colours belongs to the part that it touches.
        near = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8))[rows, columns]
        for label in range(1, number):
            own = some[near == label]
            if len(own) >= smallest_px:
                yield _thing(breaks, own)


def _materials(after: np.ndarray, place: np.ndarray, level: float) -> list[np.ndarray]:
    """Index groups of like colour: split in two while two well-parted groups exist; ``place`` (2, n): row, column."""
    todo, done = [np.arange(len(after))], []
    while todo:
        group = todo.pop()
        halves = _halves(after[group], level)
        if halves is None or not all(_has_core(place[:, group[half]]) for half in (halves, ~halves)):
            done.append(group)
        else:
            todo += [group[halves], group[~halves]]
    return done


def _has_core(place: np.ndarray) -> bool:
    """Whether pixels (2, n) are more than the rim of mixed colours that the blur leaves around another material."""
    row, column = place - place.min(axis=1, keepdims=True)
    mask = np.zeros((row.max() + 1, column.max() + 1), np.uint8)
    mask[row, column] = 1
    return bool(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).any())


def _halves(colours: np.ndarray, level: float) -> np.ndarray | None:
    """Membership of the first of two groups, None where the colours form one."""
    if len(colours) < 16:
        return None
    start = colours[[int(colours.sum(axis=1).argmin()), int(colours.sum(axis=1).argmax())]]
    centres, is_second = _two_means(colours, start)
    if min(is_second.sum(), (~is_second).sum()) < 8:
        return None
    spread = np.sqrt(np.mean((colours - centres[is_second.astype(int)]) ** 2))
    apart = np.linalg.norm(centres[0] - centres[1]) / np.sqrt(colours.shape[1])
    return ~is_second if apart > max(_PARTED * spread, level / np.sqrt(colours.shape[1])) else None


def _two_means(colours: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (2, band) of two groups and which colours are of the second (Lloyd 1982, "Least squares quantization in
    PCM"), after some rounds or when none changes sides."""
    is_second = np.zeros(len(colours), bool)
    for turn in range(_TURNS):
        away = ((colours[:, None] - centres) ** 2).sum(axis=2)
        found = away[:, 1] < away[:, 0]
        if turn and (found == is_second).all():
            break
        is_second = found
        centres = np.stack([colours[side].mean(axis=0) if side.any() else centre
                            for side, centre in zip((~is_second, is_second), centres, strict=True)])
    return centres, is_second


def _thing(breaks: Breaks, own: np.ndarray) -> Thing:
    return Thing(pixels=np.unique(breaks.pixel[own]), look=int(np.median(breaks.look[own])),
                 before=np.median(breaks.before[own], axis=0), after=np.median(breaks.after[own], axis=0),
                 energy=float(breaks.energy[own].sum()))
