"""A site that lies across two scenes of one pass: they are joined into one look, and no pixel is changed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.features import geometry_mask
from shapely.geometry import mapping
from tests.archive import cog

from sitewatch.errors import ImageError
from sitewatch.geo import (
    WGS84,
    Piece,
    common_footprint,
    joined,
    lay_nearest,
    reproject,
    shares_lattice,
    square_around,
    utm_grid,
)
from sitewatch.model import Refusal, Scene, Span

_KEYS = ("blue", "green", "red", "nir")
_EAST = utm_grid(square_around(38, -27.5, 1000), 10.0)   # of zone 26; the site lies in zone 25


@pytest.fixture
def tiled(archive, archived_site):
    """``tiled(above, below)``: the first scene as two tiles with these grids, in which a pixel says where it lies."""
    def make(*grids: GeoBox, seconds: float = 14, **facts):
        first = archive.items[0]
        taken = datetime.fromisoformat(first["properties"]["datetime"])
        items = []
        for number, grid in enumerate(grids):
            item = json.loads(json.dumps(first)) | {"id": f"tile-{number}",
                                                    "geometry": mapping(common_footprint([grid]))}
            item["properties"]["datetime"] = (taken + number * timedelta(seconds=seconds)).isoformat()
            item["properties"].update(facts if number else {})
            for band, key in enumerate((*_KEYS, "scl")):
                coarse = GeoBox((grid.height // 2, grid.width // 2), grid.affine @ Affine.scale(2), grid.crs)
                own, pixels = (coarse, np.full((1, *coarse.shape), 4, np.uint8)) if key == "scl" else (
                    grid, _ground(grid, band)[None])
                cog(archive.files / f"{number}-{key}.tif", pixels, own.affine, own.crs)
                item["assets"][key]["href"] = f"{archive.url}/files/{number}-{key}.tif"
            items.append(item)
        archive.items[:] = items
        return items
    return make


def _ground(grid: GeoBox, band: int) -> np.ndarray:
    """Counts by place: the same wherever two grids of one lattice meet."""
    rows, columns = np.indices(grid.shape)
    x = np.round((grid.affine.c - 500_000) / 10).astype(int) + columns
    y = np.round((grid.affine.f - 4_200_000) / 10).astype(int) - rows
    return (500 + (x * 7 + y * 13 + band * 31) % 3000).astype(np.uint16)


def _part(site, left, top, width, height, lattice=None):
    """Some pixels of 10 m by the corner of the site's grid."""
    grid = lattice or site.grid
    return GeoBox((height, width), grid.affine @ Affine.translation(left, top), grid.crs)


def _one(source, site):
    offers = list(source.find(site, Span()))
    [scene] = [one for one in offers if isinstance(one, Scene)]
    return scene, {one.what: one.why for one in offers if isinstance(one, Refusal)}


def _cropped(source, scene, role, path):
    path.write_bytes(b"".join(source.open(scene.asset(role))))
    with rasterio.open(path) as image:
        return image.read(), GeoBox(image.shape, image.transform, image.crs), image.tags()


def test_two_tiles_of_one_pass_become_one_look_of_the_archives_pixels(archived_site, archive_source, tiled, tmp_path):
    half = archived_site.grid.height // 2
    tiled(_part(archived_site, -60, -300, 300, 300 + half + 6), _part(archived_site, -60, half - 4, 300, 300))
    source = archive_source()
    scene, told = _one(source, archived_site)
    assert source.weigh(scene).hidden == pytest.approx(0, abs=1e-6)
    pixels, grid, tags = _cropped(source, scene, "image", tmp_path / "image.tif")
    assert np.array_equal(pixels, np.stack([_ground(grid, band) for band in range(4)]))
    codes, _, _ = _cropped(source, scene, "mask", tmp_path / "mask.tif")
    assert (codes == 4).all()
    assert any("a piece of the same pass" in why for why in told.values())
    made_of = {one["href"].split("/")[-1] for one in json.loads(tags["SITEWATCH_CUT_FROM"])}
    assert made_of == {f"{number}-{key}.tif" for number in (0, 1) for key in _KEYS}
    item = json.loads(b"".join(source.open(scene.asset("metadata"))))
    assert [one["id"] for one in item["sitewatch:joined"]] == [next(iter(told))]


def test_a_tile_of_the_neighbouring_zone_is_laid_by_the_nearest_pixel(archived_site, archive_source, tiled, tmp_path):
    other = utm_grid(archived_site.area, 10.0, like=_EAST)
    assert other.crs != archived_site.grid.crs
    half = archived_site.grid.width // 2
    tiled(_part(archived_site, -300, -60, 300 + half, 300), _part(archived_site, half - 40, -90, 400, 400, other))
    source = archive_source()
    scene, _ = _one(source, archived_site)
    pixels, grid, tags = _cropped(source, scene, "image", tmp_path / "image.tif")
    assert grid.crs.epsg in (archived_site.grid.crs.epsg, other.crs.epsg)
    beside = geometry_mask([reproject(archived_site.area, WGS84, grid.crs)], grid.shape, grid.affine, all_touched=True)
    assert (pixels[:, ~beside] > 0).all()
    laid = [one for one in json.loads(tags["SITEWATCH_CUT_FROM"]) if one.get("laid") == "nearest"]
    assert len(laid) == 4
    assert set(np.unique(pixels)) <= {0, *range(500, 3500)}


@pytest.mark.parametrize(("seconds", "facts"), [(14, {"s2:processing_baseline": "03.01"}), (14, {"platform": "x"}),
                                                (86_400, {})])
def test_what_is_of_another_processing_satellite_or_day_is_not_joined(archived_site, archive_source, tiled, tmp_path,
                                                                      seconds, facts):
    half = archived_site.grid.height // 2
    tiled(_part(archived_site, -60, -300, 300, 300 + half + 6), _part(archived_site, -60, half - 4, 300, 300),
          seconds=seconds, **facts)
    source = archive_source()
    scenes = [one for one in source.find(archived_site, Span()) if isinstance(one, Scene)]
    _, grid, _ = _cropped(source, scenes[0], "image", tmp_path / "image.tif")
    assert grid.height < archived_site.grid.height


def test_pieces_keep_their_pixels_on_a_lattice_and_are_laid_by_the_nearest_off_it():
    lattice = GeoBox((40, 40), Affine(10, 0, 500_000, 0, -10, 4_200_000), "EPSG:32625")
    left, right = lattice[:, :22], lattice[:, 18:]
    pieces = [Piece(pixels=_ground(part, 0)[None], grid=part) for part in (left, right)]
    assert np.array_equal(joined(pieces, lattice, 0)[0], _ground(lattice, 0))
    off = GeoBox(right.shape, right.affine @ Affine.translation(0.3, 0), right.crs)
    assert shares_lattice(lattice, right)
    assert not shares_lattice(lattice, off)
    whole = joined([pieces[0], Piece(pixels=_ground(right, 0)[None], grid=off)], lattice, 0)[0]
    nearest = lay_nearest(_ground(right, 0)[None].astype(np.float32), off, lattice)[0]
    assert np.array_equal(whole[:, 23:], nearest[:, 23:])


def test_pieces_of_different_kinds_are_not_joined():
    grid = GeoBox((4, 4), Affine(10, 0, 0, 0, -10, 0), "EPSG:32625")
    with pytest.raises(ImageError, match="cannot be joined"):
        joined([Piece(pixels=np.ones((1, 4, 4), kind), grid=grid) for kind in (np.uint8, np.uint16)], grid, 0)
