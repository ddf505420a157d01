"""A window of an image of which only parts are at hand: the same pixels, and no byte more than its blocks."""

from __future__ import annotations

import io

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.shutil import copy

from sitewatch.errors import AreaError, ImageError
from sitewatch.geo import plan_cut, read_cut, reproject, square_around, utm_grid, write_geotiff
from sitewatch.geo.tiff import touch_directories

GRID = GeoBox((700, 900), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")


class Holes(io.FileIO):
    """A whole file, of which it is noted what is read and what is needed; the rest is zeros on disk."""

    def __init__(self, whole, folder):
        super().__init__(whole, "rb")
        self.data, self.path, self.needed = whole.read_bytes(), folder / "holes.tif", []
        self.total = len(self.data)
        with self.path.open("wb") as file:
            file.truncate(len(self.data))

    def read(self, size=-1, /):
        at = self.tell()
        found = super().read(size)
        self._fill(at, at + len(found))
        return found

    def need(self, ranges):
        for start, stop in ranges:
            self.needed.append((start, stop))
            self._fill(start, stop)

    def _fill(self, start, stop):
        with self.path.open("r+b") as file:
            file.seek(start)
            file.write(self.data[start:stop])


def _image(folder, driver="COG", bands=3, **options):
    pixels = np.random.default_rng(1).integers(1, 4000, (bands, *GRID.shape), dtype=np.uint16)
    plain, path = folder / "plain.tif", folder / "image.tif"
    write_geotiff(plain, pixels, GRID)
    copy(plain, path, driver=driver, **options)
    return path, pixels


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    kinds = {
        "cog": {"blocksize": 128, "compress": "deflate"}, "lzw": {"blocksize": 256, "compress": "lzw", "bands": 1},
        "strips": {"driver": "GTiff", "compress": "deflate"}, "bigtiff": {"blocksize": 128, "bigtiff": "yes"},
        "planes": {"driver": "GTiff", "tiled": True, "blockxsize": 128, "blockysize": 128, "interleave": "band"}}
    return {name: _image(tmp_path_factory.mktemp(name), **options) for name, options in kinds.items()}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["cog", "lzw", "strips", "bigtiff", "planes"]), st.tuples(
    st.integers(0, 840), st.integers(0, 640), st.integers(1, 200), st.integers(1, 200)), st.integers(0, 20))
def test_a_cut_is_the_same_pixels_as_in_the_whole_image(made, tmp_path_factory, kind, where, margin):
    (path, pixels), (left, top, width, height) = made[kind], where
    site = GRID[top:min(top + height, 700), left:min(left + width, 900)]
    file = Holes(path, tmp_path_factory.mktemp("h"))
    cut = plan_cut(file, site, margin_px=margin)
    assert cut.grid == GRID[cut.row:cut.row + cut.grid.height, cut.column:cut.column + cut.grid.width]
    assert np.array_equal(read_cut(file, cut), pixels[:, cut.row:cut.row + cut.grid.height,
                                                      cut.column:cut.column + cut.grid.width])
    assert (cut.column, cut.row) == (max(0, left - margin), max(0, top - margin))


def test_only_the_blocks_of_the_window_are_needed(made, tmp_path):
    path, _ = made["cog"]
    file = Holes(path, tmp_path)
    cut = plan_cut(file, GRID[130:250, 130:250], margin_px=0)
    assert len(cut.ranges) == 1
    read_cut(file, cut)
    assert tuple(file.needed) == cut.ranges
    assert cut.bytes < 128 * 128 * 3 * 2.2


def test_a_site_that_the_image_does_not_reach_or_that_has_no_place_is_told(made, tmp_path):
    path, pixels = made["cog"]
    with pytest.raises(AreaError, match="does not reach the site"):
        plan_cut(Holes(path, tmp_path), utm_grid(square_around(40.6, 5.0, 500), 3.0))
    write_geotiff(tmp_path / "bare.tif", pixels, GeoBox(GRID.shape, GRID.affine, None))
    with pytest.raises((ImageError, AreaError)):
        plan_cut(Holes(tmp_path / "bare.tif", tmp_path), utm_grid(square_around(40.6, 5.0, 500), 3.0))


def test_a_block_too_large_to_be_opened_safely_is_refused(tmp_path):
    path = tmp_path / "bomb.tif"
    with rasterio.open(path, "w", driver="GTiff", width=30_000, height=16_384, count=1, dtype="uint16", tiled=True,
                       blockxsize=16_384, blockysize=16_384, compress="deflate", crs="EPSG:32631", sparse_ok=True,
                       transform=GRID.affine):
        pass
    with pytest.raises(ImageError, match="too large to be opened safely"):
        plan_cut(Holes(path, tmp_path), GRID[:10, :10])


@pytest.mark.parametrize("data", [b"", b"<html>", b"II*\0", b"II*\0\xff\xff\xff\x7f", b"II*\0\x08\0\0\0\xff\xff"])
def test_what_is_no_tiff_or_a_broken_one_is_told(tmp_path, data):
    (tmp_path / "x.tif").write_bytes(data)
    with pytest.raises(ImageError):
        plan_cut(Holes(tmp_path / "x.tif", tmp_path), GRID)


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_whatever_follows_a_tiffs_first_bytes_its_directories_end_or_are_refused(tail):
    for head in (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0"):
        try:
            touch_directories(io.BytesIO(head + tail))
        except ImageError:
            continue


@pytest.mark.parametrize(("lat", "lon"), [(52, 179.999), (52, -179.999), (-16.8, 180.0), (-16.8, -180.0)])
def test_a_site_across_the_antimeridian_is_one_square_on_the_ground(lat, lon):
    area = square_around(lat, lon, 3000)
    assert len(area.geoms) == 2
    grid = utm_grid(area, 10.0)
    assert grid.crs.epsg in (32601, 32660, 32701, 32760)
    assert 300 <= grid.width <= 330
    assert 300 <= grid.height <= 330
    left, _, right, _ = reproject(area, rasterio.crs.CRS.from_epsg(4326), grid.crs).bounds
    assert right - left == pytest.approx(3000, rel=0.1)
