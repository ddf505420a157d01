"""A plain shift between like pixels goes a faster way, and gives what GDAL gives."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.warp import reproject

from sitewatch.geo import lay_on, resample
from sitewatch.geo.raster import crs_of

_GRID = GeoBox((40, 52), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")


def _by_gdal(pixels: np.ndarray, source: GeoBox, grid: GeoBox, placing: Affine) -> np.ndarray:
    out = np.full((len(pixels), *grid.shape), np.nan, np.float32)
    reproject(pixels, out, src_transform=source.affine, src_crs=crs_of(source), src_nodata=np.nan,
              dst_transform=grid.affine @ placing, dst_crs=crs_of(grid), dst_nodata=np.nan, tolerance=0.0,
              resampling=Resampling.cubic)
    return out


@settings(max_examples=60, deadline=None)
@given(st.floats(-6, 6), st.floats(-6, 6), st.integers(0, 60), st.integers(-9, 9), st.integers(0, 2**32 - 1))
def test_what_is_not_seen_and_what_is_are_as_gdal_has_them(right, down, holes, off, seed):
    draw = np.random.default_rng(seed)
    source = GeoBox((44 - off, 48 + off), _GRID.affine @ Affine.translation(off, -off), _GRID.crs)
    pixels = draw.normal(100, 10, (2, *source.shape)).astype(np.float32)
    pixels[:, draw.integers(0, source.height, holes), draw.integers(0, source.width, holes)] = np.nan
    # Half a pixel from either, which one is the nearest is a matter of rounding.
    assume(all(abs(by - round(2 * by) / 2) > 1e-5 for by in (right, down)))
    placing = Affine.translation(right, down)
    assert lay_on(pixels, source, _GRID, placing) == pytest.approx(_by_gdal(pixels, source, _GRID, placing), abs=1e-2,
                                                                   nan_ok=True)


def test_whole_pixels_are_copied_as_they_are():
    pixels = np.random.default_rng(2).normal(100, 10, (1, 40, 52)).astype(np.float32)
    laid = lay_on(pixels, _GRID, _GRID, Affine.translation(3, -2))
    assert (laid[0, 2:, :-3] == pixels[0, :-2, 3:]).all()
    assert np.isnan(laid[0, :2]).all()
    assert np.isnan(laid[0, :, -3:]).all()


def test_a_source_that_does_not_meet_the_grid_is_not_seen():
    far = GeoBox((40, 52), _GRID.affine @ Affine.translation(500, 0), _GRID.crs)
    assert np.isnan(lay_on(np.ones((1, 40, 52), np.float32), far, _GRID, Affine.translation(0.3, 0.2))).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("placing", [Affine.translation(0.3, -1.7), Affine.translation(2, -3), Affine.identity()])
def test_how_many_rows_are_laid_at_a_time_changes_no_bit(monkeypatch, dtype, placing):
    draw = np.random.default_rng(3)
    pixels = draw.integers(1, 60_000, (4, 40, 52)).astype(dtype)
    hidden = draw.random((40, 52)) < 0.1
    laid = lay_on(pixels, _GRID, _GRID, placing, hidden=hidden)
    as_nan = pixels.astype(np.float32)
    as_nan[:, hidden] = np.nan
    assert np.array_equal(lay_on(as_nan, _GRID, _GRID, placing), laid, equal_nan=True)
    for rows in (1, 7, 39):
        monkeypatch.setattr(resample, "_ROWS", rows)
        assert np.array_equal(lay_on(pixels, _GRID, _GRID, placing, hidden=hidden), laid, equal_nan=True)
