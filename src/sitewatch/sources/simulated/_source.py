"""The simulated place as a source: scenes, bytes and, for whoever wants to check, what is really there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ProviderError
from sitewatch.geo import to_lonlat, write_geotiff
from sitewatch.model import Asset, AssetRole, Between, Name, NamedOutline, Refusal, Scene, Site, Span
from sitewatch.sources.simulated._ground import ground_of, lay_ground, raise_trees
from sitewatch.sources.simulated._scenario import Plot, Scenario, scenario_of
from sitewatch.sources.simulated._view import Sky, cast_shadows, detector_counts, mask_bands, sky_at, sun_at
from sitewatch.sources.simulated._works import lay_works, park_lorries

__all__ = ["SimulatedSource", "TrueObject", "TrueView", "Truth", "demo_site", "truth"]

_BLOCK_BYTES = 1 << 20
_ROLES: tuple[AssetRole, AssetRole] = ("image", "mask")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueObject:
    """One thing of the imaginary place. ``outline`` is in EPSG:4326, ``on_grid`` in the site's grid.

    ``class_`` is None for a decoy, which changes but must not be reported; ``phases`` are the works by name,
    each with its first and last day; ``happened`` are the first and last day of what makes it news.
    """

    id: str
    class_: str | None
    outline: Polygon
    on_grid: Polygon
    happened: Between
    phases: tuple[tuple[str, Between], ...]
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueView:
    """One scene's true misplacement (content to the right and down, in pixels) and shares hidden, 0 to 1."""

    scene: str
    taken: datetime
    shift_x_px: float
    shift_y_px: float
    cloud_share: float
    cloud_shadow_share: float
    outside_swath_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is really there, and how each scene really was."""

    objects: tuple[TrueObject, ...]
    views: tuple[TrueView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One scene before it is rendered: its number, its moment, sun and sky."""

    id: str
    number: int
    moment: datetime
    sun: tuple[float, float]
    sky: Sky


class SimulatedSource:
    """Renders a PlanetScope-like series of an imaginary place; the same seed gives the same bytes."""

    def __init__(self, seed: int = 0, scenario: str = "demo") -> None:
        self._seed = seed
        self._scenario = scenario_of(scenario, seed)

    @property
    def name(self) -> str:
        """The source's name as ``sitewatch sources`` lists it."""
        return "simulated"

    def find(self, site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """Every look within the span; refuses when the site does not lie in the imaginary place."""
        if not site.is_georeferenced or not site.area.intersects(_whole_place(self._scenario)):
            yield Refusal(what=f"simulated {self._scenario.name}",
                          why="the site does not lie in the simulated place. Watch a real place with real images")
            return
        for number, moment in enumerate(self._scenario.moments):
            if moment in span:
                yield self._scene(number, moment)

    def open(self, asset: Asset) -> Iterator[bytes]:
        """Render one asset and give its GeoTIFF in blocks of 1 MiB.

        Raises ProviderError for an asset that this source has not offered.
        """
        offered = {f"{_href(self._scenario, self._seed, number)}/{role}.tif": (number, role)
                   for number in range(len(self._scenario.moments)) for role in _ROLES}
        if asset.href not in offered:
            raise ProviderError(f"{asset.href} is not an asset of the simulated place {self._scenario.name} with "
                                f"seed {self._seed}. Run the scenes stage again")
        number, role = offered[asset.href]
        look = _look(self._scenario, self._seed, number)
        draw = np.random.default_rng([self._seed, number, 1 + _ROLES.index(role)])
        pixels = _render(self._scenario, self._seed, look, draw) if role == "image" else mask_bands(look.sky, draw)
        tags = {"TIFFTAG_DATETIME": f"{look.moment:%Y:%m:%d %H:%M:%S}",
                "TIFFTAG_IMAGEDESCRIPTION": "simulated by sitewatch: an imaginary place"}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rendered.tif"
            write_geotiff(path, pixels, self._scenario.grid, tags)
            rendered = path.read_bytes()
        for start in range(0, len(rendered), _BLOCK_BYTES):
            yield rendered[start:start + _BLOCK_BYTES]

    def _scene(self, number: int, moment: datetime) -> Scene:
        azimuth, elevation = sun_at(moment, self._scenario)
        view = np.random.default_rng([self._seed, number, 9])
        href = _href(self._scenario, self._seed, number)
        return Scene(id=_scene_id(moment), source=self.name, sensor="planetscope-4", taken=moment,
                     taken_from="simulated", gsd_m=3.0, sun_azimuth_deg=round(azimuth, 2),
                     sun_elevation_deg=round(elevation, 2), off_nadir_deg=round(float(view.uniform(0.3, 4.5)), 2),
                     view_azimuth_deg=round(float(view.choice([98.0, 278.0]) + view.normal(0, 3)), 2),
                     licence="CC0-1.0", attribution="simulated by sitewatch: an imaginary place",
                     assets=tuple(Asset(role=role, href=f"{href}/{role}.tif") for role in _ROLES))


def demo_site(scenario: str = "demo") -> Site:
    """The imaginary place as a site: pinned grid, standing halls as references, patches that never change."""
    world = scenario_of(scenario, 0)
    return Site(slug="demo", names=(Name(text="Imaginary estate by the road"),),
                area=_whole_place(world), grid=world.grid,
                question="What was built or removed in this imaginary place, when, and how big is it?",
                references=tuple(NamedOutline(id=hall.id, outline=hall.rect.outline(world.grid))
                                 for hall in world.halls),
                controls=tuple(NamedOutline(id=name, outline=rect.outline(world.grid))
                               for name, rect in world.controls))


def truth(scenario: str = "demo", seed: int = 0) -> Truth:
    """What the series of that scenario and seed really shows, for tests and calibration."""
    world = scenario_of(scenario, seed)
    views = []
    for number in range(len(world.moments)):
        look = _look(world, seed, number)
        views.append(TrueView(scene=look.id, taken=look.moment, shift_x_px=look.sky.shift_px[0],
                              shift_y_px=look.sky.shift_px[1], cloud_share=float((look.sky.cloud > 0.1).mean()),
                              cloud_shadow_share=float((look.sky.shadow > 0.1).mean()),
                              outside_swath_share=look.sky.seen_from_col / world.grid.width))
    return Truth(objects=tuple(_true_object(plot, world) for plot in world.plots), views=tuple(views))


def _whole_place(world: Scenario) -> BaseGeometry:
    return to_lonlat(box(*world.grid.boundingbox), world.grid)


def _true_object(plot: Plot, world: Scenario) -> TrueObject:
    on_grid = plot.outline.outline(world.grid)
    return TrueObject(id=plot.id, class_=plot.class_, outline=Polygon(to_lonlat(on_grid, world.grid)),
                      on_grid=on_grid, happened=plot.happened, about=plot.about,
                      phases=tuple((act.name, Between(after=act.start, by=act.end)) for act in plot.acts))


def _look(world: Scenario, seed: int, number: int) -> _Look:
    moment = world.moments[number]
    sun = sun_at(moment, world)
    return _Look(id=_scene_id(moment), number=number, moment=moment, sun=sun,
                 sky=sky_at(np.random.default_rng([seed, number]), sun))


def _render(world: Scenario, seed: int, look: _Look, draw: np.random.Generator) -> np.ndarray:
    """(4, y, x) uint16 as the satellite delivers it."""
    ground = ground_of(seed)
    year = np.random.default_rng([seed, look.moment.year, 0x5EA])  # seasons come early or late
    canvas = lay_ground(ground, look.moment, float(year.normal(0, 6)))
    raise_trees(canvas, ground, look.moment)
    lay_works(canvas, world, look.moment, look.sun[0])  # whoever builds fells what stands in the way
    park_lorries(canvas, draw)
    cast_shadows(canvas, look.sun)
    return detector_counts(canvas, look.sky, draw)


def _scene_id(moment: datetime) -> str:
    return f"sim-{moment:%Y%m%dT%H%M%S}"


def _href(world: Scenario, seed: int, number: int) -> str:
    return f"simulated:{world.name}/{seed}/{number:03d}"
