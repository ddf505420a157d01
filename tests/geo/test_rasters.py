"""Pixels go onto the site's grid once and to the right place; what a file does not show is NaN."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from tests.worlds import moved, texture

from sitewatch.errors import ImageError
from sitewatch.geo import describe, lay_nearest, lay_on, picture_grid, read_image, write_geotiff

_GRID = GeoBox((64, 64), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")
_GROUND = texture(np.random.default_rng(3), 64, 2).astype(np.float32)
_INNER = (slice(None), slice(10, -10), slice(10, -10))


@settings(max_examples=25, deadline=None)
@given(right=st.floats(-5, 5), down=st.floats(-5, 5))
def test_content_that_lies_off_the_grid_is_brought_back_by_its_shift(right, down):
    laid = lay_on(moved(_GROUND, right, down), _GRID, _GRID, Affine.translation(right, down))
    assert np.sqrt(np.mean((laid - _GROUND)[_INNER] ** 2)) < 0.12  # cubic convolution softens the finest ground


@pytest.mark.parametrize("grid", [_GRID, picture_grid(64, 64, 2.0)])
@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (0, 4), (-2, 5)])
def test_a_shift_by_whole_pixels_changes_no_value(grid, right, down):
    laid = lay_on(np.roll(_GROUND, (down, right), (1, 2)), grid, grid, Affine.translation(right, down))
    assert np.array_equal(laid[_INNER], _GROUND[_INNER])


def test_nan_stays_nan_and_so_does_what_lies_outside():
    pixels = _GROUND.copy()
    pixels[:, 20:24, 30:36] = np.nan
    laid = lay_on(pixels, _GRID, _GRID, Affine.translation(4, 0))
    assert np.isnan(laid[:, 20:24, 26:32]).all()
    assert np.isnan(laid[:, :, -4:]).all()
    assert np.isfinite(laid[:, 30:40, 30:40]).all()


def test_codes_are_taken_from_the_nearest_pixel_not_mixed():
    codes = np.random.default_rng(1).integers(0, 12, (1, 64, 64)).astype(np.float32)
    laid = lay_nearest(codes, _GRID, _GRID, Affine.translation(0.3, 0.4))
    assert set(np.unique(laid[:, 2:-2, 2:-2])) <= set(range(12))


@pytest.mark.parametrize("shift_px", [(0.0, 0.0), (4.0, -7.0)])
@pytest.mark.parametrize(("crs", "pixel"), [("EPSG:32631", 1.5), ("EPSG:32631", 7.0), ("EPSG:32630", 3.0),
                                            ("EPSG:3857", 3.0), ("EPSG:4326", 3e-5)])
def test_a_spot_in_another_crs_or_pixel_size_lands_where_it_is_on_earth(crs, pixel, shift_px):
    x, y = 600_000 + 3 * 30.0, 4_500_000 - 3 * 24.0  # 30 pixels to the right and 24 down
    there = Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform(x, y)
    source = GeoBox((200, 200), Affine(pixel, 0, there[0] - 100 * pixel, 0, -pixel, there[1] + 100 * pixel), crs)
    columns, rows = np.meshgrid(np.arange(200) + 0.5, np.arange(200) + 0.5)
    inverse = Transformer.from_crs(crs, "EPSG:32631", always_xy=True)
    east, north = inverse.transform(*(source.affine @ (columns, rows)))
    spot = np.exp(-0.5 * ((east - x) ** 2 + (north - y) ** 2) / 9.0**2)
    laid = np.nan_to_num(lay_on(spot[None].astype(np.float32), source, _GRID, Affine.translation(*shift_px))[0])
    at_rows, at_columns = np.mgrid[:64, :64] + 0.5
    assert (laid * at_columns).sum() / laid.sum() == pytest.approx(30 - shift_px[0], abs=0.1)
    assert (laid * at_rows).sum() / laid.sum() == pytest.approx(24 - shift_px[1], abs=0.1)


def test_a_written_image_is_read_as_it_was(tmp_path):
    write_geotiff(tmp_path / "a.tif", _GROUND, _GRID, {"TAKEN": "2020"})
    info = describe(tmp_path / "a.tif")
    assert (info.grid, info.bands, info.dtype, info.tags["TAKEN"]) == (_GRID, 2, "float32", "2020")
    assert np.array_equal(read_image(tmp_path / "a.tif"), _GROUND)
    assert np.array_equal(read_image(tmp_path / "a.tif", bands=[2]), _GROUND[1:])


def test_what_is_not_finite_in_one_band_is_not_seen_in_any(tmp_path):
    pixels = _GROUND.copy()
    pixels[0, 3, 4], pixels[1, 5, 6] = np.nan, np.inf
    write_geotiff(tmp_path / "a.tif", pixels, _GRID)
    read = read_image(tmp_path / "a.tif")
    assert np.isnan(read[:, [3, 5], [4, 6]]).all()
    assert np.isnan(read).sum() == 4


def test_a_file_that_leads_to_another_file_is_no_image(tmp_path):
    write_geotiff(tmp_path / "a.tif", _GROUND, _GRID)
    (tmp_path / "b.tif").write_text(
        '<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename>{tmp_path / 'a.tif'}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>")
    with pytest.raises(ImageError, match="not an image, whatever its name says"):
        describe(tmp_path / "b.tif")


def test_a_file_that_is_gone_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match="not an image that can be read"):
        describe(tmp_path / "gone.tif")


def test_a_picture_has_a_grid_without_crs(tmp_path):
    write_geotiff(tmp_path / "a.tif", _GROUND, picture_grid(64, 64, 3.0))
    assert describe(tmp_path / "a.tif").grid.crs is None


def test_nodata_and_transparent_pixels_are_not_seen(tmp_path):
    profile = {"driver": "GTiff", "width": 8, "height": 8, "dtype": "uint8", "crs": "EPSG:32631",
               "transform": _GRID.affine}
    pixels = np.full((4, 8, 8), 100, np.uint8)
    pixels[:3, 0, 0] = 0
    with rasterio.open(tmp_path / "nodata.tif", "w", count=3, nodata=0, **profile) as image:
        image.write(pixels[:3])
    pixels[3] = 255
    pixels[3, 5, 5] = 0
    with rasterio.open(tmp_path / "alpha.tif", "w", count=4, photometric="RGB", alpha="YES", **profile) as image:
        image.write(pixels)
    nodata, alpha = read_image(tmp_path / "nodata.tif"), read_image(tmp_path / "alpha.tif")
    assert np.argwhere(np.isnan(nodata[0])).tolist() == [[0, 0]]
    assert alpha.shape == (3, 8, 8)
    assert np.argwhere(np.isnan(alpha[0])).tolist() == [[5, 5]]
    assert describe(tmp_path / "alpha.tif").has_alpha


def test_what_is_no_image_is_refused_by_name(tmp_path):
    (tmp_path / "note.tif").write_text("not an image")
    for read in (describe, read_image):
        with pytest.raises(ImageError, match=r"note\.tif is not an image"):
            read(tmp_path / "note.tif")


def test_a_truncated_image_is_damaged_not_dark(tmp_path):
    write_geotiff(tmp_path / "a.tif", np.random.default_rng(0).random((3, 300, 300)).astype(np.float32),
                  picture_grid(300, 300, 1.0))
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[:len(whole) // 2])
    with pytest.raises(ImageError, match=r"a\.tif"):
        read_image(tmp_path / "a.tif")
