"""What a look at the headers tells when a case is made."""

from __future__ import annotations

import pytest
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from shapely import box

from sitewatch.errors import AreaError, ImageError, InputError
from sitewatch.geo import WGS84, picture_grid, reproject
from sitewatch.sources.folder import survey

_GRID = GeoBox((20, 24), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")


def _moved(east_m: float) -> GeoBox:
    return GeoBox(_GRID.shape, Affine(3, 0, 600_000 + east_m, 0, -3, 4_500_000), _GRID.crs)


@pytest.mark.parametrize(("bands", "dtype", "sensor"), [
    (1, "uint16", "grey"), (3, "uint8", "picture"), (4, "uint16", "planetscope-4"), (8, "uint16", "planetscope-8"),
    (4, "uint8", "picture")])
def test_the_bands_tell_the_sensor(tmp_path, geotiff, bands, dtype, sensor):
    geotiff(tmp_path / "2020-01-01.tif", bands, dtype)
    assert survey(tmp_path).sensor == sensor


@pytest.mark.parametrize(("gsd_m", "sensor"), [(0.5, "skysat"), (1.2, "skysat"), (3.0, "planetscope-4")])
def test_fine_pixels_tell_skysat_from_planetscope(tmp_path, geotiff, gsd_m, sensor):
    grid = GeoBox((20, 24), Affine(gsd_m, 0, 600_000, 0, -gsd_m, 4_500_000), "EPSG:32631")
    geotiff(tmp_path / "2020-01-01.tif", 4, "uint16", grid=grid)
    assert survey(tmp_path).sensor == sensor


def test_pixels_in_degrees_are_judged_by_their_true_size(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif", 4, "uint16",
            grid=GeoBox((50, 60), Affine(6e-6, 0, 3.0, 0, -6e-6, 40.0), "EPSG:4326"))
    assert survey(tmp_path).sensor == "skysat"


def test_pictures_of_unknown_pixel_size_are_not_taken_for_skysat(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif", 4, "uint16", grid=picture_grid(24, 20, 1.0))
    assert survey(tmp_path, gsd_m=3.0).sensor == "planetscope-4"


@pytest.mark.parametrize(("mask", "sensor"), [
    ("SCL", "sentinel-2"), ("QA_PIXEL", "landsat"), ("udm2", "planetscope-4")])
def test_the_mask_beside_tells_the_sensor_of_four_bands(tmp_path, geotiff, mask, sensor):
    geotiff(tmp_path / "2020-01-01_SR.tif", 4, "uint16")
    geotiff(tmp_path / f"2020-01-01_{mask}.tif", 1, "uint16")
    assert survey(tmp_path).sensor == sensor


def test_bands_that_tell_no_sensor_ask_for_one(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif", 5, "uint16")
    with pytest.raises(InputError, match=r"5 bands of uint16.*State one: picture"):
        survey(tmp_path)


def test_a_stated_sensor_is_believed(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif")
    assert survey(tmp_path, sensor="sentinel-2-rgb").sensor == "sentinel-2-rgb"


def test_a_stated_sensor_that_fits_no_image_is_refused(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif")
    with pytest.raises(ImageError, match="not one image"):
        survey(tmp_path, sensor="planetscope-8")


def test_the_commonest_lattice_is_the_one_to_pin_to(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif", grid=_moved(1.4))
    geotiff(tmp_path / "2020-01-02.tif", grid=_moved(3.0))
    geotiff(tmp_path / "2020-01-03.tif", grid=_moved(9.0))
    found = survey(tmp_path)
    assert (found.grid.affine.c, found.grid.crs, found.gsd_m) == (600_003.0, CRS("EPSG:32631"), 3.0)
    west, _, east, _ = reproject(found.footprint, WGS84, _GRID.crs).bounds
    assert (west, east) == pytest.approx((600_009.0, 600_073.4), abs=0.01)


def test_one_image_from_elsewhere_takes_no_ground_away(tmp_path, geotiff):
    for day in range(1, 4):
        geotiff(tmp_path / f"2020-01-0{day}.tif")
    geotiff(tmp_path / "2020-01-09.tif", grid=_moved(50_000))
    assert survey(tmp_path).footprint.area > 0


def test_images_with_nothing_in_common_are_refused(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif")
    geotiff(tmp_path / "2020-01-02.tif", grid=_moved(50_000))
    with pytest.raises(AreaError, match="no ground in common"):
        survey(tmp_path)


def test_degrees_become_a_grid_in_true_metres(tmp_path, geotiff):
    step = 9e-5  # 10 m to the north, 7.6 m to the east at 40 degrees
    geotiff(tmp_path / "2020-01-01.tif", grid=GeoBox((50, 60), Affine(step, 0, 3.0, 0, -step, 40.0), "EPSG:4326"))
    found = survey(tmp_path)
    assert found.gsd_m == pytest.approx(7.68, rel=0.01)
    assert found.grid.crs == CRS("EPSG:32631")
    assert found.is_georeferenced


def test_web_mercator_pixels_are_not_taken_for_metres(tmp_path, geotiff):
    geotiff(tmp_path / "2020-01-01.tif",
            grid=GeoBox((50, 60), Affine(4.0, 0, 334_000, 0, -4.0, 8_400_000), "EPSG:3857"))
    assert survey(tmp_path).gsd_m == pytest.approx(4.0 * 0.5, rel=0.02)  # cos(60 degrees)


def test_pictures_need_a_stated_pixel_size(tmp_path, picture):
    picture(tmp_path / "2020-01-01.png")
    with pytest.raises(InputError, match="--gsd"):
        survey(tmp_path)
    found = survey(tmp_path, gsd_m=2.5)
    assert (found.is_georeferenced, found.grid.shape, found.grid.crs) == (False, (20, 24), None)
    assert found.footprint.equals(box(0, -50, 60, 0))


def test_plain_and_georeferenced_images_are_not_mixed(tmp_path, picture, geotiff):
    picture(tmp_path / "2020-01-01.png")
    geotiff(tmp_path / "2020-01-02.tif")
    with pytest.raises(AreaError, match=r"2020-01-01\.png"):
        survey(tmp_path, gsd_m=3)


def test_a_folder_without_images_says_what_to_put_there(tmp_path):
    with pytest.raises(InputError, match="no image"):
        survey(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        survey(tmp_path / "nowhere")


def test_a_folder_of_unreadable_images_says_why(tmp_path):
    (tmp_path / "2020-01-01.tif").write_bytes(b"")
    with pytest.raises(ImageError, match="empty"):
        survey(tmp_path)


@pytest.mark.parametrize("gsd_m", [0.0, -3.0, float("nan"), 1e6])
def test_a_pixel_size_that_is_none_is_refused(tmp_path, picture, gsd_m):
    picture(tmp_path / "2020-01-01.png")
    with pytest.raises(InputError, match="pixel size"):
        survey(tmp_path, gsd_m=gsd_m)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_a_truncated_image_does_not_stop_the_others(tmp_path, geotiff, share):
    whole = geotiff(tmp_path / "2020-01-01.tif").read_bytes()
    (tmp_path / "2020-01-02.tif").write_bytes(whole[:int(share * len(whole))])
    assert survey(tmp_path).is_georeferenced
