"""JPEG 2000 of which only the tiles of a site are at hand: the same pixels, and not the whole file."""

from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from tests.geo.test_window import Holes

from sitewatch.errors import ImageError
from sitewatch.geo import plan_cut, read_cut
from sitewatch.geo.jp2 import tile_ranges

_GRID = GeoBox((1100, 1300), Affine(10, 0, 600_000, 0, -10, 4_500_000), "EPSG:32652")


@pytest.fixture(scope="module", params=["listed", "not listed"])
def image(request, tmp_path_factory):
    """A lossless file in tiles of 256 pixels, which are listed by their lengths (TLM) or not, as in Sentinel-2's."""
    path = tmp_path_factory.mktemp("jp2") / f"{request.param}.jp2"
    draw = np.random.default_rng(0)
    pixels = draw.normal(2000, 300, _GRID.shape).clip(1, 9000).astype(np.uint16)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", count=1, height=1100, width=1300, dtype="uint16", crs="EPSG:32652",
                         transform=_GRID.affine) as whole:
            whole.write(pixels, 1)
        with memory.open() as whole:
            copy(whole, path, driver="JP2OpenJPEG", QUALITY=100, REVERSIBLE="YES", BLOCKXSIZE=256, BLOCKYSIZE=256,
                 TLM="YES" if request.param == "listed" else "NO")
    return path, pixels


@given(st.integers(0, 1200), st.integers(0, 1000), st.integers(2, 300), st.integers(2, 300))
@settings(max_examples=8, deadline=None)
def test_a_window_has_the_files_own_pixels(image, tmp_path_factory, left, top, width, height):
    path, pixels = image
    with Holes(path, tmp_path_factory.mktemp("holes")) as file:
        site = _GRID[top:min(top + height, 1100), left:min(left + width, 1300)]
        cut = plan_cut(file, site, margin_px=2)
        part = read_cut(file, cut)
    assert np.array_equal(part[0], pixels[cut.row:cut.row + cut.grid.height, cut.column:cut.column + cut.grid.width])


def test_only_the_tiles_of_the_window_are_fetched(image, tmp_path):
    path, _ = image
    with Holes(path, tmp_path) as file:
        cut = plan_cut(file, _GRID[300:400, 300:400], margin_px=2)
        read_cut(file, cut)
    assert cut.bytes < path.stat().st_size / 10    # one of thirty tiles, and the headers


@given(st.binary(max_size=300), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_whatever_a_file_holds_it_is_refused_or_read(tmp_path_factory, noise, at):
    whole = struct.pack(">I4sI", 12, b"jP  ", 0x0D0A870A) + b"\0\0\0\0jp2c\xff\x4f\xff\x51" + noise
    path = tmp_path_factory.mktemp("noise") / "x.jp2"
    path.write_bytes(whole[:at] + noise + whole[at:])
    with Holes(path, path.parent) as file, suppress(ImageError):
        tile_ranges(file, file.total, (0, 0, 10, 10))


def test_a_file_that_names_a_part_without_end_is_refused(image, tmp_path):
    path, _ = image
    data = bytearray(path.read_bytes())
    second = data.index(b"\xff\x90\x00\x0a", data.index(b"\xff\x90\x00\x0a") + 4)
    data[second + 6:second + 10] = struct.pack(">I", 3)
    broken = tmp_path / "broken.jp2"
    broken.write_bytes(data)
    with Holes(broken, tmp_path) as file:
        if b"\xff\x55" in bytes(data[:4000]):   # its parts are listed: what their own headers say is not asked
            assert tile_ranges(file, file.total, (0, 0, 10, 10))
        else:
            with pytest.raises(ImageError, match="no length"):
                tile_ranges(file, file.total, (0, 0, 10, 10))


def test_rasterio_reads_jpeg_2000():
    assert "JP2OpenJPEG" in rasterio.drivers.raster_driver_extensions().values()
