"""Where a picture is cut, and what is drawn over it: outlines, scale bar, north."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shapely import Polygon, get_coordinates, union_all
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry

from sitewatch.geo import from_pixels, length_m, to_lonlat, to_pixels
from sitewatch.model import Site

__all__ = ["Mark", "Outline", "ScaleBar", "Window", "marks_in", "middle_of", "north_deg", "scale_bar", "whole",
           "window_around"]

_ASPECT = 3 / 2
_ROOM = 1.4   # a tall outline in a low window keeps this much of its height as the window's


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the site's grid, in whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows, then columns."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Something to draw: ``sign`` stands beside it, ``style`` names its line in the style sheet."""

    sign: str
    outline: Polygon
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An outline within one window: SVG points in its pixels; its sign's place in percent of the window's size.

    The sign stands on that ``side`` of its place.
    """

    sign: str
    style: str
    points: str
    x_percent: float
    y_percent: float
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleBar:
    """A round length and its share of the window's width."""

    label: str
    percent: float


def whole(site: Site) -> Window:
    """All of the site."""
    return Window(left=0, top=0, width=site.grid.width, height=site.grid.height)


def middle_of(window: Window) -> Point:
    """The window's middle, in pixels of the grid."""
    return Point(window.left + window.width / 2, window.top + window.height / 2)


def window_around(outline: Polygon, site: Site, context: float, smallest_px: int) -> Window:
    """A 3:2 crop centred on an outline, moved inwards where it would leave the grid, never cutting the outline."""
    left, top, right, bottom = to_pixels(outline, site.grid).bounds
    width = min(max(max(right - left, (bottom - top) * _ASPECT) * context, smallest_px), site.grid.width)
    height = min(max(width / _ASPECT, (bottom - top) * _ROOM), site.grid.height)
    cols, rows = math.ceil(width), math.ceil(height)
    return Window(left=_inside((left + right - cols) / 2, cols, site.grid.width),
                  top=_inside((top + bottom - rows) / 2, rows, site.grid.height), width=cols, height=rows)


def _inside(start: float, size: int, limit: int) -> int:
    return int(min(max(round(start), 0), limit - size))


def marks_in(window: Window, outlines: Iterable[Outline], site: Site) -> tuple[Mark, ...]:
    """The outlines that meet the window, each with its sign beside it, off the other outlines where that can be.

    They come in the order of drawing: the first outline given is drawn last, over the others.
    """
    frame = box(window.left, window.top, window.left + window.width, window.top + window.height)
    drawn = [(item, to_pixels(item.outline, site.grid)) for item in outlines]
    drawn = [(item, shape) for item, shape in drawn if shape.intersects(frame)]
    things = [shape for item, shape in drawn if item.sign]
    signs: list[Polygon] = []
    marks = []
    for item, shape in drawn:
        others = [shape.exterior, *(thing for thing in things if thing is not shape), *signs]
        place = _place(shape.intersection(frame), window, others)
        if item.sign:
            signs.append(place.room)
        marks.append(Mark(sign=item.sign, style=item.style, points=_points(shape, window), side=place.side,
                          x_percent=_percent(place.x - window.left, window.width),
                          y_percent=_percent(place.y - window.top, window.height)))
    return tuple(reversed(marks))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sign may stand, and the room that it needs there."""

    side: str
    x: float
    y: float
    room: Polygon


def _place(seen: BaseGeometry, window: Window, in_the_way: Sequence[BaseGeometry]) -> _Place:
    """The side of an outline on which a sign covers least; above is as good as any."""
    frame = box(window.left, window.top, window.left + window.width, window.top + window.height)
    places = list(_places(seen, window))
    around = union_all([place.room for place in places]).envelope
    near = [other for other in in_the_way if other.intersects(around)]

    def covered(place: _Place) -> float:
        parts = [place.room.intersection(other) for other in near]
        outside = place.room.area - place.room.intersection(frame).area
        return float(sum(part.area + part.length for part in parts) + outside)

    return min(places, key=covered)  # the first of equals


def _places(seen: BaseGeometry, window: Window) -> Iterator[_Place]:
    """Beside the topmost, lowest, rightmost and leftmost corner."""
    corners = get_coordinates(seen.convex_hull).tolist()
    wide, high = 0.03 * window.width, 0.045 * window.height   # of a letter on a page of the usual width
    gap = 0.004 * window.width                                # off its own line
    x, y = min(corners, key=lambda c: (c[1], c[0]))
    yield _Place("above", x, y, box(x - wide / 2, y - gap - high, x + wide / 2, y - gap))
    x, y = max(corners, key=lambda c: (c[1], c[0]))
    yield _Place("below", x, y, box(x - wide / 2, y + gap, x + wide / 2, y + gap + high))
    x, y = max(corners)
    yield _Place("right", x, y, box(x + gap, y - high / 2, x + gap + wide, y + high / 2))
    x, y = min(corners)
    yield _Place("left", x, y, box(x - gap - wide, y - high / 2, x - gap, y + high / 2))


def _points(outline: Polygon, window: Window) -> str:
    return " ".join(f"{x - window.left:.2f},{y - window.top:.2f}" for x, y in outline.exterior.coords)


def _percent(part: float, of: float) -> float:
    return round(min(max(100 * part / of, 0.0), 100.0), 2)


def scale_bar(window: Window, site: Site) -> ScaleBar:
    """The largest of 1, 2, 5 times a power of ten within a quarter of the window, measured on the ellipsoid."""
    middle = window.top + window.height / 2
    ends = [from_pixels(Point(x, middle), site.grid) for x in (window.left, window.left + window.width)]
    width_m = length_m(ends[0].x, ends[0].y, ends[1].x, ends[1].y, site.grid)
    power = 10.0 ** math.floor(math.log10(width_m / 4))
    length = max(step * power for step in (1, 2, 5) if step * power <= width_m / 4)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return ScaleBar(label=label, percent=round(100 * length / width_m, 3))


def north_deg(window: Window, site: Site) -> float | None:
    """How far true north lies clockwise of the picture's up, in degrees; None without georeference."""
    if not site.is_georeferenced:
        return None
    middle = middle_of(window)
    foot, tip = (to_lonlat(from_pixels(Point(middle.x, middle.y + step), site.grid), site.grid) for step in (0.0, -1.0))
    east = (tip.x - foot.x) * math.cos(math.radians(foot.y))
    return round(-math.degrees(math.atan2(east, tip.y - foot.y)), 2)
