"""A simulated world as a source: scenes, and their bytes as a provider would deliver them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from shapely import box

from sitewatch.errors import ProviderError
from sitewatch.geo import to_lonlat, write_geotiff
from sitewatch.model import SENSORS, Asset, AssetRole, Name, NamedOutline, Refusal, Scene, Site, Span
from sitewatch.model.scene import SIMULATED
from sitewatch.sources.simulated._looks import Look, looks_of
from sitewatch.sources.simulated._outdoors import Control
from sitewatch.sources.simulated._read import read_world
from sitewatch.sources.simulated._render import render, render_mask
from sitewatch.sources.simulated._world import World

__all__ = ["ATTRIBUTION", "SimulatedSource", "file_names", "scene_of", "site_of", "write_scene"]

ATTRIBUTION = f"{SIMULATED}: an imaginary place"
_BLOCK_BYTES = 1 << 20
_ROLES: tuple[AssetRole, AssetRole] = ("image", "mask")


class SimulatedSource:
    """Renders dated scenes of an imaginary place; the same world and seed give the same bytes."""

    def __init__(self, world: str | World = "estate", seed: int = 0) -> None:
        self._world = read_world(world) if isinstance(world, str) else world
        self._seed = seed
        self._looks = {look.id: look for look in looks_of(self._world, seed)}

    @property
    def name(self) -> str:
        """The source's name as ``sitewatch sources`` lists it."""
        return "simulated"

    def find(self, site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """Every look within the span; refuses when the site does not lie in the imaginary place."""
        if not site.is_georeferenced or not site.area.intersects(site_of(self._world).area):
            yield Refusal(what=f"simulated {self._world.name}",
                          why="the site does not lie in the simulated place. Watch a real place with real images")
            return
        for look in self._looks.values():
            if look.taken in span:
                yield scene_of(self._world, self._seed, look, self.name)

    def open(self, asset: Asset) -> Iterator[bytes]:
        """The bytes of a GeoTIFF; ProviderError for an asset that this world and seed did not offer."""
        offered = {href: (look, role) for look in self._looks.values()
                   for role, href in zip(_ROLES, _hrefs(self._world, self._seed, look), strict=True)}
        if asset.href not in offered:
            raise ProviderError(f"{asset.href} is not an asset of the simulated world {self._world.name} with "
                                f"seed {self._seed}. Run the scenes stage again")
        look, role = offered[asset.href]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rendered.tif"
            write_scene(self._world, self._seed, look, role, path)
            rendered = path.read_bytes()
        for start in range(0, len(rendered), _BLOCK_BYTES):
            yield rendered[start:start + _BLOCK_BYTES]


def scene_of(world: World, seed: int, look: Look, source: str) -> Scene:
    """The record of a look as a source offers it."""
    sensor = "picture" if look.bits == 8 else look.camera.sensor
    roles = _ROLES[:1] if look.bits == 8 else _ROLES
    return Scene(id=look.id, source=source, sensor=sensor, taken=look.taken, taken_from="simulated",
                 gsd_m=SENSORS[look.camera.sensor].gsd_m, sun_azimuth_deg=round(look.sun[0], 2),
                 sun_elevation_deg=round(look.sun[1], 2), off_nadir_deg=round(look.view[1], 2),
                 view_azimuth_deg=round(look.view[0], 2), licence="CC0-1.0", attribution=ATTRIBUTION,
                 assets=tuple(Asset(role=role, href=href) for role, href
                              in zip(roles, _hrefs(world, seed, look), strict=False)))


def write_scene(world: World, seed: int, look: Look, role: AssetRole, path: Path) -> None:
    """Render a look's image or mask into a GeoTIFF."""
    pixels = render(world, seed, look) if role == "image" else render_mask(world, seed, look)
    tags = {"TIFFTAG_DATETIME": f"{look.taken:%Y:%m:%d %H:%M:%S}", "TIFFTAG_IMAGEDESCRIPTION": ATTRIBUTION}
    write_geotiff(path, pixels, world.grid(SENSORS[look.camera.sensor].gsd_m or 3.0), tags)


def file_names(look: Look) -> tuple[str, str]:
    """What a provider would call a look's image and mask."""
    product = "visual" if look.bits == 8 else look.camera.product
    return f"{look.id}_{product}.tif", f"{look.id}_{look.camera.mask_product}.tif"


def site_of(world: World) -> Site:
    """The world as a site: pinned grid, references to compare with, patches that never change."""
    grid = world.site_grid
    return Site(slug=world.name, names=(Name(text=world.title),), question=world.question, grid=grid,
                area=to_lonlat(box(*grid.boundingbox), grid),
                references=tuple(NamedOutline(id=thing.id, outline=thing.rect.outline(grid))
                                 for thing in world.things if thing.reference),
                controls=tuple(NamedOutline(id=thing.id, outline=thing.rect.outline(grid))
                               for thing in world.things if isinstance(thing, Control)))


def _hrefs(world: World, seed: int, look: Look) -> tuple[str, str]:
    image, mask = file_names(look)
    return f"simulated:{world.name}/{seed}/{image}", f"simulated:{world.name}/{seed}/{mask}"
