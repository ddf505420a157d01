"""What could have been seen: new roofs are drawn into the stack, and both searches have to find them.

Injection and recovery, as for planets (Christiansen et al. 2016, "Measuring transit signal recovery in the Kepler
pipeline"): the ground, its seasons, its gaps and the noise of each look stay those of the site.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from typing import Protocol

import cv2
import numpy as np
from shapely.geometry.base import BaseGeometry

from sitewatch.geo import Rectangle, coverage, from_pixels, look_noise, seen_median, whitening
from sitewatch.model import Changes, Stack, Structure, Trial
from sitewatch.structures._heights import DEPTH, shadow_of, sunlit

__all__ = ["Detect", "run_trials"]

_SIDES_PX = (6.0, 9.0, 13.0)
_CONTRASTS = (3.0, 6.0)     # noises of a look: an even roof that an eye makes out, and one that it sees at once
_APART_PX = 6.0             # from each other and from what stands: beyond the blur, and what is joined to one thing
_WHEN = (0.25, 0.75)        # of the looks, so that there are some on both sides
_ROUNDS = 2                 # a small site has no room for all roofs at once
_HEIGHT_M = 6.0             # of a roof: where the sun is known, it throws a shadow
_COVERED = 0.5              # of a roof, by the structure that was found for it


class Detect(Protocol):
    """Finds the changes of a stack that meet a geometry, given the strength from which on they count."""

    def __call__(self, stack: Stack, *, threshold: float, near: BaseGeometry) -> Changes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roof:
    """A square on the grid; ``look`` is the last one without it."""

    side_px: float
    contrast: float
    square: Rectangle
    look: int
    sign: float


def run_trials(stack: Stack, each: int, search: Callable[[Stack, Sequence[BaseGeometry]], Sequence[Structure]],
               seed: int = 0) -> tuple[Trial, ...]:
    """``each`` roofs of every size and contrast, away from what is known to stand, and from controls: of what comes
    there the case says that it does not.

    ``search`` gives the structures of an altered stack that touch the outlines given.
    """
    random, noise = np.random.default_rng(seed), look_noise(stack.values.shape[1])
    known = [named.outline for named in (*stack.site.references, *stack.site.controls)]
    todo = each * list(product(reversed(_SIDES_PX), _CONTRASTS))
    came: list[tuple[_Roof, bool]] = []
    for _ in range(_ROUNDS):
        roofs = list(_placed(todo, stack, known, random))
        if roofs:
            altered, outlines = _altered(stack, roofs, noise), [_outline(roof, stack) for roof in roofs]
            found = search(altered, outlines)
            came += [(roof, any(_is(one, roof, outline, stack) for one in found))
                     for roof, outline in zip(roofs, outlines, strict=True)]
    return tuple(_counted(came))


def _counted(came: Sequence[tuple[_Roof, bool]]) -> Iterator[Trial]:
    for contrast, side in product(_CONTRASTS, _SIDES_PX):
        some = [found for roof, found in came if (roof.contrast, roof.side_px) == (contrast, side)]
        if some:
            yield Trial(side_px=side, contrast=contrast, tried=len(some), found=sum(some))


def _placed(todo: list[tuple[float, float]], stack: Stack, known: Sequence[BaseGeometry],
            random: np.random.Generator) -> Iterator[_Roof]:
    """As many roofs as there is room for; they leave ``todo``."""
    grid, looks = stack.site.grid, len(stack.values)
    taken = np.zeros(grid.shape, bool)
    for outline in known:
        taken |= coverage(outline, grid) > 0
    for kind in list(todo):
        side, contrast = kind
        reach = math.ceil(side * math.sqrt(0.5) + _APART_PX)
        room = cv2.erode((~taken).astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8),
                         borderType=cv2.BORDER_CONSTANT, borderValue=0)
        free = np.flatnonzero(room)
        if not len(free):
            continue
        todo.remove(kind)
        row, column = divmod(int(random.choice(free)), grid.shape[1])
        taken[row - reach + 1:row + reach, column - reach + 1:column + reach] = True
        square = Rectangle(x=column + random.random(), y=row + random.random(), length=side, width=side,
                           angle=random.uniform(0, math.pi / 2))
        yield _Roof(side_px=side, contrast=contrast, square=square, sign=float(random.choice([-1.0, 1.0])),
                    look=int(random.integers(int(_WHEN[0] * looks), max(int(_WHEN[1] * looks), 1))))


def _altered(stack: Stack, roofs: Sequence[_Roof], noise: float) -> Stack:
    """A copy with the roofs: even, blurred as the sensor blurs, as restless as stable ground is in each look, and with
    their shadows where the sun is known."""
    values, random = stack.values.copy(), np.random.default_rng(1)
    restless = stack.data["noise"].values[:, :, None, None]
    typical = seen_median(values[::max(1, len(values) // 12)])
    grey = np.linalg.norm(whitening(stack.values).sum(axis=1))
    low, high = (np.nanquantile(typical, share, axis=(1, 2)) for share in (0.001, 0.999))
    ways = _HEIGHT_M * sunlit(stack).ways
    longest = float(np.nanmax(np.hypot(*ways.T), initial=0.0))
    for roof in roofs:
        window, square = _window(roof, stack, longest)
        shape = (window[0].stop - window[0].start, window[1].stop - window[1].start)
        seen_of = cache(partial(Rectangle.seen, shape=shape, blur_px=stack.blur_px))
        cover = seen_of(square).astype(np.float32)
        ground = np.nanmedian(typical[(slice(None), *window)][:, cover > 0.5], axis=1)
        step = roof.sign * roof.contrast * noise / grey
        step = step if ((ground + step >= low) & (ground + step <= high)).all() else -step
        seen = values[(slice(roof.look + 1, None), slice(None), *window)]
        grain = restless[roof.look + 1:] * _grain(random, seen.shape, stack.blur_px)
        seen += cover * ((ground + step)[:, None, None] + grain - seen)
        for look, way in enumerate(ways[roof.look + 1:]):
            if np.isfinite(way).all():
                seen[look] *= (1 - DEPTH * shadow_of(square, way, seen_of)).astype(np.float32)
    return replace(stack, data=stack.data.assign(values=(stack.data["values"].dims, values)))


def _grain(random: np.random.Generator, shape: tuple[int, ...], blur_px: float) -> np.ndarray:
    """Noise of spread 1, alike in all bands and in pixels within the blur."""
    looks, _, *sides = shape
    grain = np.stack([cv2.GaussianBlur(random.normal(size=sides), (0, 0), blur_px) for _ in range(looks)])
    return np.asarray(grain[:, None] / max(float(grain.std()), 1e-6), np.float32)


def _window(roof: _Roof, stack: Stack, longest_px: float) -> tuple[tuple[slice, slice], Rectangle]:
    """The window (y, x) that a roof and its shadow are seen in, and where in it the roof lies."""
    reach = math.ceil(roof.side_px * math.sqrt(0.5) + 4 * stack.blur_px + longest_px)
    shape, square = stack.site.grid.shape, roof.square
    top, left = max(int(square.y) - reach, 0), max(int(square.x) - reach, 0)
    bottom, right = min(int(square.y) + reach + 1, shape[0]), min(int(square.x) + reach + 1, shape[1])
    return (slice(top, bottom), slice(left, right)), replace(square, x=square.x - left, y=square.y - top)


def _outline(roof: _Roof, stack: Stack) -> BaseGeometry:
    return from_pixels(roof.square.polygon, stack.site.grid)


def _is(one: Structure, roof: _Roof, outline: BaseGeometry, stack: Stack) -> bool:
    """Whether a structure is that roof: new, over half of it, and come when it came."""
    when, taken = one.first, [fit.taken for fit in stack.used[roof.look:roof.look + 2]]
    return (one.class_ == "new structure" and bool(when.after and when.by and when.after < taken[1]
                                                   and when.by > taken[0])
            and one.outline.intersection(outline).area >= _COVERED * outline.area)
