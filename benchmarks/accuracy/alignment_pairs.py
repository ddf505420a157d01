"""Pairs of rendered looks at one place, under a chosen sun, season and state of building, whose shift is known.

A place is a world of one of the two families with more land around it and 48 more buildings. Its reference look is that
of a June morning, and the other looks differ from it by one cause each; in the last pairs both are snowy. There are no
clouds: a cloud is for the mask to find.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from shapely import Polygon, box

from benchmarks.accuracy.families import write_world
from benchmarks.accuracy.worlds import Half
from sitewatch.model import SENSORS
from sitewatch.sources.simulated import World, read_world
from sitewatch.sources.simulated._buildings import Hall, Housing
from sitewatch.sources.simulated._land import snow_of
from sitewatch.sources.simulated._looks import Look, looks_of
from sitewatch.sources.simulated._render import render
from sitewatch.sources.simulated._sensor import placing_of
from sitewatch.sources.simulated._things import Step

__all__ = ["PLACES", "STRATA", "Pair", "lies_of", "pairs_of"]

# Constants may be set on "tune" only. The other half of the test pairs stands in the family that is tuned on, at seeds
# of their own: dry country has few leaves to lose.
PLACES: Mapping[Half, tuple[tuple[str, int], ...]] = {
    "tune": tuple(("estates", seed) for seed in range(20, 32)),
    "test": (*(("compounds", seed) for seed in range(120, 126)), *(("estates", seed) for seed in range(220, 226))),
}
STRATA = ("same sun and season", "sun turned by 40 degrees, 20 high", "leaf-off, low sun", "snow, low sun",
          "a quarter of the buildings changed", "10 to 20 px off each way", "snow in both, low sun")
_SEEDS = 2          # of land, weather and misplacement, per world
_SIDE_M = 768.0     # 256 pixels of 3 m
_BUILDINGS = 48     # added to the world's own
_SHIFT_PX = 1.5     # PlanetScope states less than 10 m RMSE: 2.4 pixels of 3 m per axis; real series lie in between
_HIGH_SUN, _LOW_SUN = (130.0, 55.0), (170.0, 20.0)  # azimuth, elevation
_JUNE, _MAY, _WINTER = datetime(2022, 6, 1, 13, tzinfo=UTC), datetime(2022, 5, 20, 13, tzinfo=UTC), \
    datetime(2022, 1, 6, 13, tzinfo=UTC)
_FAR_PX = 20        # SkySat and Maxar images of one place lie so far apart
_LEAST_SNOW = 0.4   # depth from which on it covers most of the ground
_own_looks = lru_cache(maxsize=2)(looks_of)  # a place asks for them many times
_ROOFS = ("white roof", "pale roof", "grey roof", "blue roof", "rust roof", "tile roof", "dark roof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two pictures (y, x), means of the bands; the view's content lies ``true_px`` (right, down) off the reference's.

    ``warp_px``: how far that differs over the picture, root of its variance, which no single shift can mend.
    """

    stratum: str
    place: str
    reference: np.ndarray
    view: np.ndarray
    true_px: tuple[float, float]
    warp_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A look as it is seen, (y, x), and how far it lies (right or down, y, x)."""

    picture: np.ndarray
    lies: np.ndarray


def pairs_of(half: Half) -> Iterator[Pair]:
    """All pairs of a half, place by place; every stratum has the same places."""
    for family, number in PLACES[half]:
        with tempfile.TemporaryDirectory() as folder:
            plain = read_world(str(write_world(family, number, Path(folder))))
        for seed in range(_SEEDS):
            world = _built_up(plain, np.random.default_rng([number, seed, 0xB1D]))
            yield from _pairs_at(world, seed, f"{plain.name} seed {seed}")


def lies_of(world: World, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) how far the mean of a look's bands lies to the right and (y, x) down of its georeference, in pixels."""
    height, width = world.grid(SENSORS[look.camera.sensor].gsd_m or 3.0).shape
    placing = placing_of(look, (int(height), int(width)))
    right, down = placing.band_px.mean(axis=0)
    return placing.right + right, placing.down + down


def _pairs_at(world: World, seed: int, place: str) -> Iterator[Pair]:
    snowy = replace(world, climate=replace(world.climate, snow=0.95))
    june, may, turned, bare, built = (_rendered(world, seed, look) for look in (
        _look(world, seed, 0, _JUNE, _HIGH_SUN), _look(world, seed, 1, _MAY, _HIGH_SUN),
        _look(world, seed, 2, _MAY, _LOW_SUN), _look(world, seed, 3, _WINTER, _LOW_SUN),
        _look(world, seed, 5, _JUNE + timedelta(days=12), _HIGH_SUN)))
    snow, more_snow = (_rendered(snowy, seed, _snowy_look(snowy, seed, number)) for number in (4, 6))
    draw = np.random.default_rng([world.key, seed, 0xFA2])
    pairs = (_pair(june, may), _pair(june, turned), _pair(june, bare), _pair(june, snow), _pair(june, built),
             _far(june, may, draw), _pair(snow, more_snow))
    for stratum, pair in zip(STRATA, pairs, strict=True):
        yield replace(pair, stratum=stratum, place=place)


def _rendered(world: World, seed: int, look: Look) -> _Seen:
    return _Seen(picture=render(world, seed, look).mean(axis=0, dtype=np.float32), lies=np.stack(lies_of(world, look)))


def _pair(reference: _Seen, view: _Seen) -> Pair:
    right, down = view.lies - reference.lies
    return Pair(stratum="", place="", reference=reference.picture, view=view.picture,
                true_px=(float(right.mean()), float(down.mean())), warp_px=float((right.var() + down.var()) ** 0.5))


def _far(reference: _Seen, view: _Seen, draw: np.random.Generator) -> Pair:
    """The pair cut out of both pictures at places that lie whole pixels apart."""
    x, y = (int(way) for way in draw.integers(10, _FAR_PX + 1, 2) * draw.choice([-1, 1], 2))
    whole = _pair(reference, view)
    cuts = [tuple(slice(max(0, way), side + min(0, way)) for way, side in zip(ways, whole.view.shape, strict=True))
            for ways in ((-y, -x), (y, x))]
    return replace(whole, reference=whole.reference[cuts[1]], view=whole.view[cuts[0]],
                   true_px=(whole.true_px[0] + x, whole.true_px[1] + y))


def _look(world: World, seed: int, number: int, taken: datetime, sun: tuple[float, float]) -> Look:
    """A look without clouds; view angle and depth of bits are those of one of the world's own looks."""
    own = _own_looks(world, seed)[number]
    return replace(own, id=f"pair-{number}", taken=taken, sun=sun, cloud=0.0, tasked=True,
                   camera=replace(own.camera, shift_px=_SHIFT_PX), seed=(world.key, seed, number, 0xA11))


def _snowy_look(world: World, seed: int, number: int) -> Look:
    """The first of a winter's days, from the day of that number on, on which enough snow lies; where none has, the one
    with the most."""
    days = (_WINTER + timedelta(days=number + 3 * i) for i in range(10))
    looks = [_look(world, seed, number, day, _LOW_SUN) for day in days]
    depths = [snow_of(world, look, seed) for look in looks]
    enough = [look for look, depth in zip(looks, depths, strict=True) if depth >= _LEAST_SNOW]
    return enough[0] if enough else looks[int(np.argmax(depths))]


def _built_up(world: World, draw: np.random.Generator) -> World:
    """The world on more land with more buildings, of which some come and some go in the days after the reference look:
    a quarter of all that there are."""
    own = [rect.polygon() for thing in world.things if isinstance(thing, Hall | Housing) for rect in thing.footprints]
    changing = round((len(own) + _BUILDINGS) / 4)
    taken, halls = list(own), []
    while len(halls) < _BUILDINGS:
        length = float(draw.uniform(8, 30))
        hall = Hall(id=f"added-{len(halls)}", at=tuple(float(at) for at in draw.uniform(24, _SIDE_M - 24, 2)),
                    size=(length, length * float(draw.uniform(0.4, 0.8))), turn=float(draw.uniform(0, 180)),
                    height=float(draw.uniform(3.5, 9)), surface=str(draw.choice(_ROOFS)),
                    steps=_steps(len(halls)) if len(halls) < changing else ())
        outline = hall.rect.polygon()
        if _is_free(outline, taken):
            taken.append(outline)
            halls.append(hall)
    return replace(world, size_m=(_SIDE_M, _SIDE_M), things=(*world.things, *halls))


def _is_free(outline: Polygon, taken: list[Polygon]) -> bool:
    inside = box(6, 6, _SIDE_M - 6, _SIDE_M - 6).contains(outline)
    return inside and not any(outline.buffer(4).intersects(other) for other in taken)


def _steps(number: int) -> tuple[Step, ...]:
    """Every second one is built, every other one is pulled down, all within the days after the reference look."""
    names = ("foundation", "roof") if number % 2 else ("demolition", "cleared")
    return tuple(Step(name=name, start=_JUNE + timedelta(days=1 + 5 * i), end=_JUNE + timedelta(days=6 + 5 * i))
                 for i, name in enumerate(names))
