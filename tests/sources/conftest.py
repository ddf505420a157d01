"""Small dated images, made on the spot, and the sites that they show."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from PIL import Image
from shapely import box
from tests.archive import COLLECTION, Tile, place_of, tiles_of
from tests.loopback import Loopback, serving

from sitewatch.geo import picture_grid, square_around, to_lonlat, utm_grid, write_geotiff
from sitewatch.model import Site
from sitewatch.sources import StacSource
from sitewatch.sources._web import Policy

GRID = GeoBox((20, 24), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")


@pytest.fixture
def shared() -> Path:
    """The folder of real benchmark images."""
    folder = Path(os.environ.get("SITEWATCH_SHARED", Path(__file__).parents[3] / "shared")) / "cases"
    if not folder.is_dir():
        pytest.skip(f"the real images are not there: no folder {folder}; SITEWATCH_SHARED can say where they are")
    return folder


@pytest.fixture
def geotiff() -> Callable[..., Path]:
    """``geotiff(path, bands=3, dtype="uint8", grid=GRID, tags={}, seed=None)``: another image for another path."""
    def write(path: Path, bands: int = 3, dtype: str = "uint8", *, grid: GeoBox = GRID,
              tags: dict[str, str] | None = None, seed: int | None = None) -> Path:
        draw = np.random.default_rng(zlib.crc32(path.name.encode()) if seed is None else seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_geotiff(path, draw.integers(1, 200, (bands, *grid.shape)).astype(dtype), grid, tags)
        return path
    return write


@pytest.fixture
def picture() -> Callable[..., Path]:
    """``picture(path, size=(24, 20), seed=None, mode="RGB")``: a PNG or JPEG without georeference."""
    def write(path: Path, size: tuple[int, int] = (24, 20), seed: int | None = None, mode: str = "RGB") -> Path:
        draw = np.random.default_rng(zlib.crc32(path.name.encode()) if seed is None else seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(1, 255, (size[1], size[0], len(mode)), dtype=np.uint8), mode).save(path)
        return path
    return write


@pytest.fixture
def site() -> Site:
    """The site that the georeferenced images show."""
    return Site(slug="field", names=(), area=to_lonlat(box(*GRID.boundingbox), GRID), grid=GRID)


@pytest.fixture
def plane() -> Site:
    """The site that the pictures show, 3 m pixels."""
    return Site(slug="plane", names=(), area=box(0, -60, 72, 0), grid=picture_grid(24, 20, 3.0))


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Tile]]:
    """Scenes of an imaginary place as COGs with items, whose addresses begin with ARCHIVE."""
    folder = tmp_path_factory.mktemp("archive")
    return folder, tiles_of(folder, "ARCHIVE")


@pytest.fixture
def archive(tiles: tuple[Path, list[Tile]]) -> Iterator[Loopback]:
    """Those scenes on loopback, searchable."""
    folder, known = tiles
    with serving(folder / "files") as served:
        served.items = json.loads(json.dumps([tile.item for tile in known]).replace("ARCHIVE", served.url))
        served.collections[COLLECTION["id"]] = COLLECTION
        yield served


@pytest.fixture
def archived_site(tiles: tuple[Path, list[Tile]]) -> Site:
    """A site in the middle of the place that the archive shows."""
    area = square_around(*place_of(tiles[0]), 1000)
    return Site(slug="works", names=(), area=area, grid=utm_grid(area, 10.0))


@pytest.fixture
def archive_source(archive: Loopback, monkeypatch: pytest.MonkeyPatch) -> Callable[..., StacSource]:
    """``archive_source(**keys)``: the archive as case.yaml would name it; nothing waits long between two tries."""
    monkeypatch.setattr(Policy, "__init__", partialmethod(Policy.__init__, first_wait_s=0.002))

    def make(**keys: object) -> StacSource:
        return StacSource(**{"profile": "earth-search", "url": archive.url, "allow_private": True, **keys})
    return make
