"""Halls that never stood there: what each looks like, where it stands and when it comes or goes, from a frozen seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from shapely import Polygon, affinity, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from benchmarks.accuracy.worlds import Half
from sitewatch.geo import Rectangle

__all__ = ["CONTRASTS", "FROZEN", "SIZES", "Hall", "Story", "place_halls"]

Story = Literal["appears", "appears over weeks", "vanishes"]

# Seeds of the draws. Constants may be set on "tune" only; "test" is what the tables print.
FROZEN: Mapping[Half, tuple[int, ...]] = {"tune": (1, 2, 3), "test": (101, 102, 103)}
# Every draw has one hall of each size and contrast: lengths in pixels, steps from the ground in grey levels. The
# known roofs of the real cases step by 22 to 74.
SIZES = {"small": (3.0, 6.0), "medium": (6.0, 11.0), "large": (11.0, 20.0)}
CONTRASTS = {"weak": (12.0, 25.0), "medium": (25.0, 50.0), "strong": (50.0, 90.0)}
_ASPECTS = (1.0, 1.5, 2.0, 3.0, 4.0)
_NARROWEST_PX = 2.0
_HEIGHTS_M = (5.0, 12.0)
_STORIES: Mapping[Story, float] = {"appears": 0.5, "appears over weeks": 0.3, "vanishes": 0.2}
_RAMP_DAYS = (14, 56)
_WHEN = (0.25, 0.75)       # of the time that the series spans, so that there are looks on both sides
_APART_PX = 6.0            # from every known thing and from each other: further than nearly any shadow, and the blur
_BORDER_PX = 8.0
_TRIES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """``step``: grey levels from the ground that it replaces. From ``start`` to ``end`` it is built or pulled down."""

    size: str
    contrast: str
    footprint: Rectangle
    height_m: float
    step: float
    story: Story
    start: datetime
    end: datetime

    def standing(self, moment: datetime) -> Rectangle | None:
        """The part of it that stands at a moment: it grows, or is pulled down, from one end."""
        done = (moment - self.start) / (self.end - self.start) if self.end > self.start else float(moment > self.start)
        share = min(max(done, 0.0), 1.0)
        share = 1 - share if self.story == "vanishes" else share
        if share == 0:
            return None
        back = (1 - share) * self.footprint.length / 2
        return replace(self.footprint, length=share * self.footprint.length,
                       x=self.footprint.x - back * math.cos(self.footprint.angle),
                       y=self.footprint.y - back * math.sin(self.footprint.angle))

    def shadow(self, part: Rectangle, sun: tuple[float, float], gsd_m: float) -> Polygon:
        """What the standing part hides from the sun (azimuth and elevation in degrees), itself included, in pixels."""
        away, reach = math.radians(sun[0] + 180), self.height_m / math.tan(math.radians(sun[1])) / gsd_m
        thrown = affinity.translate(part.polygon, reach * math.sin(away), -reach * math.cos(away))
        return Polygon(unary_union([part.polygon, thrown]).convex_hull)


def place_halls(draw: int, known: Sequence[BaseGeometry], shape: tuple[int, int],
                span: tuple[datetime, datetime]) -> tuple[Hall, ...]:
    """The halls of a draw on a picture of that shape (rows, columns), largest first, away from all that is known.

    ``known``: outlines in pixels. A hall for which no place is free is left out.
    """
    random = np.random.default_rng(draw)
    taken = unary_union([outline.buffer(_APART_PX) for outline in known])
    placed = []
    for hall in sorted(_drawn(random, span), key=lambda hall: -hall.footprint.length):
        for _ in range(_TRIES):
            x, y = (random.uniform(_BORDER_PX, side - _BORDER_PX) for side in (shape[1], shape[0]))
            there = replace(hall, footprint=replace(hall.footprint, x=x, y=y))
            outline = there.footprint.polygon
            if _whole(shape).contains(outline) and not taken.intersects(outline):
                placed.append(there)
                taken = taken.union(outline.buffer(_APART_PX))
                break
    return tuple(placed)


def _drawn(random: np.random.Generator, span: tuple[datetime, datetime]) -> Iterator[Hall]:
    """One of each size and contrast, not placed yet."""
    for size, lengths in SIZES.items():
        for contrast, steps in CONTRASTS.items():
            length = random.uniform(*lengths)
            width = max(length / float(random.choice(_ASPECTS)), _NARROWEST_PX)
            story = list(_STORIES)[int(random.choice(len(_STORIES), p=list(_STORIES.values())))]
            # At noon, so that no look falls on the moment itself.
            start = (span[0] + random.uniform(*_WHEN) * (span[1] - span[0])).replace(hour=12, minute=0, second=0,
                                                                                      microsecond=0)
            ramp = timedelta(days=int(random.integers(*_RAMP_DAYS))) if story == "appears over weeks" else timedelta()
            yield Hall(size=size, contrast=contrast, height_m=random.uniform(*_HEIGHTS_M), story=story,
                       step=random.uniform(*steps) * float(random.choice([-1.0, 1.0])), start=start, end=start + ramp,
                       footprint=Rectangle(x=0, y=0, length=length, width=width, angle=random.uniform(0, math.pi)))


def _whole(shape: tuple[int, int]) -> Polygon:
    return box(_BORDER_PX, _BORDER_PX, shape[1] - _BORDER_PX, shape[0] - _BORDER_PX)
