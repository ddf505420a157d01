"""When satellites look at a world, and under which sun, sky and angle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sitewatch.geo import sun_at
from sitewatch.sources.simulated._cameras import CAMERAS, Camera
from sitewatch.sources.simulated._world import LONGITUDE_DEG, Climate, Series, World

__all__ = ["Look", "looks_of"]

_LEAST_SUN_DEG = 8.0  # lower than that no provider delivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One scene before it is rendered. ``sun`` and ``view`` are (azimuth, elevation) and (azimuth, off-nadir) in
    degrees; ``cloud`` the share of the sky; a ``tasked`` look was aimed at the site; ``seed`` draws all that belongs to
    this look alone."""

    id: str
    taken: datetime
    camera: Camera
    bits: int
    sun: tuple[float, float]
    view: tuple[float, float]
    cloud: float
    tasked: bool
    seed: tuple[int, ...]

    def draw(self, part: int) -> np.random.Generator:
        """A fresh stream of random numbers for one part of the scene."""
        return np.random.default_rng([*self.seed, part])


def looks_of(world: World, seed: int) -> tuple[Look, ...]:
    """Every look in order of time; the seed moves the days and the weather, never the script."""
    looks: dict[str, Look] = {}
    for number, series in enumerate(world.series):
        draw = np.random.default_rng([world.key, seed, 0xDA7E, number])
        for taken, cloud in _passes(series, world.climate, draw):
            sun = sun_at(taken, LONGITUDE_DEG, world.latitude)
            if sun[1] >= _LEAST_SUN_DEG:
                look = _look(series, taken, cloud, sun, (world.key, seed, int(taken.timestamp())))
                looks.setdefault(look.id, look)
    return tuple(sorted(looks.values(), key=lambda look: look.taken))


def _look(series: Series, taken: datetime, cloud: float, sun: tuple[float, float], seed: tuple[int, ...]) -> Look:
    camera = CAMERAS[series.sensor]
    draw = np.random.default_rng([*seed, 9])
    view = (float(draw.choice([98.0, 278.0]) + draw.normal(0, 3)) % 360,
            float(camera.off_nadir_deg * draw.beta(1.2, 1.6)))
    return Look(id=f"sim-{taken:%Y%m%dT%H%M%S}", taken=taken, camera=camera, bits=series.bits, sun=sun, view=view,
                cloud=cloud, tasked=bool(series.days), seed=seed)


def _passes(series: Series, climate: Climate, draw: np.random.Generator) -> Iterator[tuple[datetime, float]]:
    """Time and cloud of the passes that an analyst would order."""
    for day in series.days:
        yield _clock(day, CAMERAS[series.sensor], draw), float(draw.uniform(0, 0.02))  # tasked until it is clear
    if series.days or series.start is None or series.end is None:
        return
    revisit = timedelta(days=CAMERAS[series.sensor].revisit_days)
    wanted, day = series.start, series.start + revisit * float(draw.random())
    while day < series.end:
        cloud = _cloud(day, climate, draw)
        if day >= wanted and cloud <= series.max_cloud:
            yield _clock(day, CAMERAS[series.sensor], draw), cloud
            wanted += timedelta(days=series.every_days)
            wanted = max(wanted, day + revisit / 2)
        day += revisit


def _clock(day: datetime, camera: Camera, draw: np.random.Generator) -> datetime:
    """That day at the camera's local solar time."""
    hour = draw.normal(*camera.local_h) - LONGITUDE_DEG / 15
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=round(3600 * min(max(float(hour), 0.0), 23.9)))


def _cloud(day: datetime, climate: Climate, draw: np.random.Generator) -> float:
    """Share of the sky covered: mostly near none or all, as over real sites, more of it in the wet season."""
    if climate.cloud == 0:
        return 0.0
    months = (day.month - climate.wettest) / 12
    mean = min(max(climate.cloud * (1 + 0.4 * np.cos(2 * np.pi * months)), 0.02), 0.97)
    share = float(draw.beta(0.8 * mean, 0.8 * (1 - mean)))
    return 0.0 if share < 0.02 else share
