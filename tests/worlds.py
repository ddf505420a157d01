"""Small imaginary places whose truth is known: textured ground, roofs, clouds, snow, tillage, parked vehicles."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter
from shapely import Polygon, box

from sitewatch.geo import Rectangle, from_pixels, to_lonlat, write_geotiff
from sitewatch.model import SENSORS, Asset, AssetRole, Kept, NamedOutline, Scene, SceneFit, Scenes, Site, Stack

__all__ = ["World", "iou", "moved", "rectangle", "texture", "with_scenes"]

_START = datetime(2020, 1, 4, 10, 30, tzinfo=UTC)
_SENSOR_OF_BANDS = {1: "grey", 3: "picture", 4: "planetscope-4"}
_ALWAYS = slice(None)


class World:
    """Looks at one place, painted one thing at a time: ``views`` (time, band, y, x) in grey levels around 100.

    What a look does to the place goes into ``shift_px`` (time, 2: right, down), ``gain`` and ``offset`` (time),
    ``noise`` (time, standard deviation) and ``hidden`` (time, y, x; not seen).
    """

    def __init__(self, seed: int = 0, *, looks: int = 24, size_px: int = 96, bands: int = 1,
                 every_days: float = 10.0) -> None:
        self.draw = np.random.default_rng([seed, 7])
        self.blur_px, self.every_days = 0.8, every_days
        self.taken = [_START + timedelta(days=every_days * i) for i in range(looks)]
        ground = texture(self.draw, size_px, bands)
        self.views = np.repeat(100 + 12 * ground[None], looks, axis=0)
        self.shift_px = np.zeros((looks, 2))
        self.gain, self.offset, self.noise = np.ones(looks), np.zeros(looks), np.full(looks, 4.0)
        self.hidden = np.zeros((looks, size_px, size_px), bool)
        self.grid = GeoBox((size_px, size_px), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")
        self.references: tuple[NamedOutline, ...] = ()
        self.controls: tuple[NamedOutline, ...] = ()

    @property
    def site(self) -> Site:
        """The place as a case states it."""
        return Site(slug="world", names=(), area=to_lonlat(box(*self.grid.boundingbox), self.grid), grid=self.grid,
                    references=self.references, controls=self.controls)

    def roof(self, where: Rectangle, level: float | np.ndarray, looks: slice = _ALWAYS) -> None:
        """An even surface of that grey level (one, or one per band), as seen through the point spread."""
        share = where.seen(self.views.shape[2:], self.blur_px)
        self.views[looks] += share * (np.reshape(level, (-1, 1, 1)) - self.views[looks])

    def till(self, where: Rectangle, levels: np.ndarray) -> None:
        """A field whose ground is ``levels`` (time) brighter than usual."""
        share = where.seen(self.views.shape[2:], self.blur_px)
        self.views += levels[:, None, None, None] * share

    def cloud(self, look: int, x: float, y: float, radius_px: float, level: float = 230.0) -> np.ndarray:
        """A soft round cloud, or a shadow if ``level`` is dark, in one look; returns its (y, x) opacity."""
        rows, columns = np.mgrid[:self.views.shape[2], :self.views.shape[3]] + 0.5
        opacity = 1 / (1 + np.exp(2 * (np.hypot(columns - x, rows - y) - radius_px)))
        self.views[look] += opacity * (level - self.views[look])
        return np.asarray(opacity)

    def wander(self, sigma_px: float) -> None:
        """Give every look a position of its own."""
        self.shift_px = self.draw.normal(0, sigma_px, self.shift_px.shape)

    def seen(self, look: int) -> np.ndarray:
        """(band, y, x) float32: the place as that look delivers it."""
        draw = np.random.default_rng([look, int(self.views[0, 0, 0, 0] * 1e6)])
        view = moved(self.views[look], *self.shift_px[look]) * self.gain[look] + self.offset[look]
        return np.asarray(view + draw.normal(0, self.noise[look], view.shape), np.float32)

    def stack(self, shift_sigma_px: float = 0.06) -> Stack:
        """The looks as if aligned, masked and normalised without fault; ``shift_px`` is what was not undone."""
        values = np.stack([self.seen(i) for i in range(len(self.taken))])
        values = np.where(self.hidden[:, None], np.nan, values).astype(np.float32)
        looks, bands = values.shape[:2]
        ids = [f"look-{i:02d}" for i in range(looks)]
        data = xr.Dataset(
            {"values": (("time", "band", "y", "x"), values), "shift_sigma_px": ("time", np.full(looks, shift_sigma_px)),
             "noise": (("time", "band"), np.repeat(self.noise[:, None], bands, axis=1))},
            coords={"time": np.array([t.replace(tzinfo=None) for t in self.taken], "datetime64[ns]"),
                    "scene": ("time", ids)}, attrs={"blur_px": self.blur_px})
        fits = tuple(SceneFit(scene=name, taken=taken, used=True, shift_x_px=0.0, shift_y_px=0.0,
                              site_clear_share=float(1 - hidden.mean()), shift_sigma_px=shift_sigma_px)
                     for name, taken, hidden in zip(ids, self.taken, self.hidden, strict=True))
        return Stack(site=self.site, scenes=Scenes(site=self.site, scenes=()), data=data, fits=fits)

    def scenes(self, folder: Path, masks: dict[int, np.ndarray] | None = None) -> Scenes:
        """The looks as kept files; ``masks`` are UDM2-like (y, x) codes, 1 is clear, of some looks."""
        sensor = _SENSOR_OF_BANDS[self.views.shape[1]]
        scale = SENSORS[sensor].scale if SENSORS[sensor].is_reflectance else 1.0
        found = []
        for i, taken in enumerate(self.taken):
            assets = [self._kept(folder / f"look-{i:02d}.tif", "image", (self.seen(i) / scale).astype(np.float32))]
            if masks and i in masks:
                assets.append(self._kept(folder / f"look-{i:02d}-mask.tif", "mask", masks[i][None].astype(np.uint8)))
            found.append(Scene(id=f"look-{i:02d}", source="world", sensor=sensor, taken=taken,
                               taken_from="simulated", assets=tuple(assets)))
        return Scenes(site=self.site, scenes=tuple(found))

    def _kept(self, path: Path, role: AssetRole, pixels: np.ndarray) -> Asset:
        write_geotiff(path, pixels, self.grid)
        content = path.read_bytes()
        kept = Kept(path=path, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), fetched_at=_START,
                    href=path.name)
        return Asset(role=role, href=path.name, kept=kept)

    def on_grid(self, where: Rectangle) -> Polygon:
        """A rectangle in pixels as an outline on the site's grid."""
        return from_pixels(where.polygon, self.grid)

    def named(self, name: str, where: Rectangle) -> NamedOutline:
        """A rectangle in pixels as a reference or control."""
        return NamedOutline(id=name, outline=self.on_grid(where))


def with_scenes(stack: Stack) -> Stack:
    """The stack with a record of each of its scenes, which says no more than when it was taken."""
    scenes = tuple(Scene(id=fit.scene, source="world", sensor="planetscope-4", taken=fit.taken, taken_from="simulated",
                         assets=()) for fit in stack.fits)
    return replace(stack, scenes=Scenes(site=stack.site, scenes=scenes))


def rectangle(x: float, y: float, length: float, width: float, degrees: float = 0.0) -> Rectangle:
    """A rectangle in pixels around (x, y)."""
    return Rectangle(x=x, y=y, length=length, width=width, angle=np.radians(degrees))


def texture(draw: np.random.Generator, size_px: int, bands: int) -> np.ndarray:
    """(band, y, x) ground of mean 0 and spread 1 with patches of several sizes, the bands much alike; it wraps."""
    def layer(sigma: float) -> np.ndarray:
        noise = gaussian_filter(draw.standard_normal((size_px, size_px)), sigma, mode="wrap")
        return np.asarray((noise - noise.mean()) / noise.std())

    common = layer(0.9) + layer(2.0) + layer(6.0)
    ground = np.stack([common + 0.5 * layer(2.5) for _ in range(bands)])
    return np.asarray(ground / ground.std())


def moved(view: np.ndarray, right_px: float, down_px: float) -> np.ndarray:
    """The (..., y, x) view with its content moved, exactly, what leaves on one side coming in on the other."""
    fy, fx = np.fft.fftfreq(view.shape[-2])[:, None], np.fft.fftfreq(view.shape[-1])[None]
    turned = np.fft.fft2(view) * np.exp(-2j * np.pi * (fx * right_px + fy * down_px))
    return np.asarray(np.fft.ifft2(turned).real)


def iou(one: Polygon, other: Polygon) -> float:
    """Intersection over union of two outlines."""
    return float(one.intersection(other).area / one.union(other).area)
