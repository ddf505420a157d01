"""A building in sunshine: gabled roofs, the one shadow of all of them, and a yard that ends where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sitewatch.measurements._crop import Crop, Lit
from sitewatch.measurements._edges import Area, Frame, Told
from sitewatch.measurements._shape import HEIGHT, RISE, YARD, Part, Shape

__all__ = ["Sunny"]


class Sunny:
    """Each rectangle is a roof of two faces, each of its own tone; the shadow follows from one height and each sun."""

    def __init__(self, shape: Shape, crop: Crop) -> None:
        self._shape, self._crop, frame = shape, crop, Frame(shape, crop)
        self._faces = [area for part in shape.layout.parts for area in _faces(frame, shape, part)]
        self.faces = len(self._faces)
        self.share = np.sum([face.share for face in self._faces], axis=0)
        self._grown = frame.rectangle(list(_yard(shape)))
        self._cast = [_shadow(frame, shape, lit) for lit in crop.suns]
        self._dark = [np.minimum(cast.share, 1 - self.share) for cast in self._cast]
        self.columns = tuple(self._columns(dark) for dark in self._dark)

    def _columns(self, dark: np.ndarray) -> np.ndarray:
        faces, grown = [face.share for face in self._faces], self._grown.share
        outside = self._crop.other * ((1 - grown) * (1 - dark))[:, None]
        return np.column_stack([*faces, dark, (grown - self.share) * (1 - dark), outside, self._crop.level])

    def changes(self, tones: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each sun (vector, image, pixel): how what is seen in those tones changes with each element."""
        return [self._change(sun, tone) for sun, tone in enumerate(tones)]

    def _change(self, sun: int, tones: np.ndarray) -> np.ndarray:
        other = self._crop.other
        ground = (other @ tones[self.faces + 2:self.faces + 2 + other.shape[1]]).T
        shadow, yard = tones[self.faces][:, None], tones[self.faces + 1][:, None]
        cast, dark, share, grown = self._cast[sun], self._dark[sun], self.share, self._grown.share
        darkened, full = shadow - (grown - share) * yard - (1 - grown) * ground, cast.share > 1 - share
        at_roof = (1 - dark) * yard + darkened * full
        moving = [(face, tone[:, None] - at_roof) for face, tone in zip(self._faces, tones, strict=False)]
        moving += [(self._grown, (1 - dark) * (yard - ground)), (cast, darkened * ~full)]
        out = np.zeros((len(self._shape.vector), *darkened.shape))
        for area, tone in moving:
            for element, change in area.by.items():
                out[element] += change * tone
        return out


def _faces(frame: Frame, shape: Shape, part: Part) -> Iterator[Area]:
    """The two faces of a roof whose ridge runs along the middle of the longer side."""
    first, last, low, high = (_edge(shape, element) for element in part)
    if last[0] - first[0] >= high[0] - low[0]:
        ridge = _between(low, high)
        yield from (frame.rectangle([first, last, *face]) for face in ((low, ridge), (ridge, high)))
    else:
        ridge = _between(first, last)
        yield from (frame.rectangle([*face, low, high]) for face in ((first, ridge), (ridge, last)))


def _yard(shape: Shape) -> Iterator[Told]:
    """The edges of the rectangle around all parts, and around their yard."""
    first = len(shape.vector) + (YARD.start or 0)
    for number, (outwards, elements) in enumerate(zip((-1, 1, -1, 1), shape.outermost, strict=True)):
        wide = float(shape.yard_px[number])
        yield float(shape.vector[elements]) + outwards * wide, ((elements, 1.0), (first + number, outwards * wide))


def _shadow(frame: Frame, shape: Shape, lit: Lit) -> Area:
    """What no roof covers and the sun does not reach, more than once where several roofs keep it away."""
    size, way, by_rise = len(shape.vector), lit.shadow(shape.rise), lit.by_rise(shape.rise)
    longer = [(size + HEIGHT, way), (size + RISE, (by_rise[0] * shape.height_m, by_rise[1] * shape.height_m))]
    whole = way[0] * shape.height_m, way[1] * shape.height_m
    first, *more = [frame.shadow([_edge(shape, element) for element in part], whole, longer)
                    for part in shape.layout.parts]
    for area in more:
        first.share = first.share + area.share
        for element, change in area.by.items():
            first.moved([(element, 1.0)], change)
    return first


def _edge(shape: Shape, element: int) -> Told:
    return float(shape.vector[element]), ((element, 1.0),)


def _between(low: Told, high: Told) -> Told:
    elements = [(element, by / 2) for element, by in (*low[1], *high[1])]
    return (low[0] + high[0]) / 2, tuple(elements)
