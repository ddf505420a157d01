"""One scene, from the land up to the delivered numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sitewatch.model import SENSORS
from sitewatch.sources.simulated._air import Air, air_of, veil
from sitewatch.sources.simulated._cameras import Camera
from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._land import draw_trees, land_of, lay_snow, snow_of
from sitewatch.sources.simulated._light import light_of, raise_layers, shade_ground
from sitewatch.sources.simulated._looks import Look
from sitewatch.sources.simulated._plan import Frame
from sitewatch.sources.simulated._sensor import Placing, delivered, mask_of, placing_of, sampled
from sitewatch.sources.simulated._things import Moment, Shape
from sitewatch.sources.simulated._world import World

__all__ = ["Hidden", "hidden_in", "render", "render_mask"]

_FINE_M = 3.0           # coarser than that, houses and shadows would be lost between fine pixels
_WHITE = 0.45           # of blue light: only snow and cloud are so bright


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """(y, x) float32 on the delivered pixels, 0 to 1: what truly hides the ground in a look, and where it truly is."""

    cloud: np.ndarray
    shadow: np.ndarray
    haze: np.ndarray
    placing: Placing


def render(world: World, seed: int, look: Look) -> np.ndarray:
    """(band, y, x) pixels of a look as the provider delivers them, on ``world.grid(gsd)``."""
    canvas = _ground_to_air(world, seed, look)
    return delivered(canvas, look, placing_of(look, _size_px(world, look.camera)))


def render_mask(world: World, seed: int, look: Look) -> np.ndarray:
    """(band, y, x) the provider's mask of a look."""
    frame, placing = _frame(world, look.camera), placing_of(look, _size_px(world, look.camera))
    lies = np.zeros(placing.right.shape, bool)
    if snow_of(world, look, seed) > 0:
        blue = delivered(_ground_to_air(world, seed, look), replace(look, bits=16), placing)[0].astype(np.float32)
        sensor = SENSORS[look.camera.sensor]
        lies = (blue + sensor.offset) * sensor.scale > _WHITE
    return mask_of(look, _air(world, look, frame), frame, placing, lies)


def hidden_in(world: World, look: Look) -> Hidden:
    """What hides the ground in a look: the truth that no stage sees."""
    frame, placing = _frame(world, look.camera), placing_of(look, _size_px(world, look.camera))
    air = _air(world, look, frame)
    cloud, shadow, haze = (np.clip(sampled(field, frame, look.camera, placing), 0, 1)
                           for field in (air.cloud, air.shadow, air.haze))
    return Hidden(cloud=cloud, shadow=shadow, haze=haze, placing=placing)


def _ground_to_air(world: World, seed: int, look: Look) -> Canvas:
    frame, bands = _frame(world, look.camera), SENSORS[look.camera.sensor].bands
    land, snow = land_of(world, seed, frame), snow_of(world, look, seed)
    canvas = land.canvas(look, bands, (world.key, seed))
    moment = Moment(at=look.taken, draw=look.draw(1))
    layers = [layer for thing in world.things for layer in thing.layers(moment)]
    canvas.lay(layers)
    lay_snow(canvas, land, snow)
    np.maximum(canvas.height_m, land.crown_m * canvas.trees, out=canvas.height_m)
    light = light_of(canvas, _lie_of(world, look, frame), look, 0.6 * snow)
    shade_ground(canvas, light, layers)
    draw_trees(canvas, land, light, look.taken)
    raise_layers(canvas, light, layers)
    veil(canvas, _air(world, look, frame), light)
    return canvas


def _lie_of(world: World, look: Look, frame: Frame) -> np.ndarray:
    """(y, x) metres above the plain as slopes, banks and cuts have formed it by then."""
    lie = Shape(frame=frame, height_m=np.zeros(frame.size_px, np.float32))
    for thing in world.things:
        thing.shape(lie, look.taken)
    return lie.height_m


def _air(world: World, look: Look, frame: Frame) -> Air:
    return air_of(frame, look.cloud, world.climate.haze, look.sun, look.draw(8))


def _frame(world: World, camera: Camera) -> Frame:
    gsd_m = SENSORS[camera.sensor].gsd_m or 3.0
    return Frame.around(world.size_m, gsd_m / max(2, round(gsd_m / _FINE_M)), max(24.0, 6 * gsd_m))


def _size_px(world: World, camera: Camera) -> tuple[int, int]:
    height, width = world.grid(SENSORS[camera.sensor].gsd_m or 3.0).shape
    return int(height), int(width)
