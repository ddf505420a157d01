"""Sentinel-2's .SAFE folders and Landsat's Collection 2 in a folder: one scene each, cut to the site."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from shapely import box

from sitewatch.errors import ProviderError
from sitewatch.geo import to_lonlat, write_geotiff
from sitewatch.model import Refusal, Scene, Site, Span
from sitewatch.sources import FolderSource
from sitewatch.sources.conformance import broken_rules
from sitewatch.sources.folder import survey

_TILE = GeoBox((400, 400), Affine(10, 0, 600_000, 0, -10, 4_200_000), "EPSG:32652")
_SAFE = "S2B_MSIL2A_20240105T021049_N0510_R103_T52SDJ_20240105T042017.SAFE"
_LANDSAT = "LC09_L2SP_116032_20240105_20240107_02_T1"
_WIDE = GeoBox((200, 200), Affine(30, 0, 599_985, 0, -30, 4_200_015), "EPSG:32652")


@pytest.fixture
def site():
    grid = _TILE[100:200, 120:240]
    return Site(slug="works", names=(), area=to_lonlat(box(*grid.boundingbox), grid), grid=grid)


def counts(grid, band):
    rows, columns = np.indices(grid.shape)
    x, y = columns + int(grid.affine.c / grid.affine.a + 0.25), rows - int(grid.affine.f / grid.affine.a + 0.25)
    return (1200 + (x * 7 + y * 13 + band * 31) % 3000).astype(np.uint16)


def jp2(path, pixels, grid):
    path.parent.mkdir(parents=True, exist_ok=True)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", count=1, height=grid.height, width=grid.width, dtype=pixels.dtype,
                         crs=str(grid.crs), transform=grid.affine) as image:
            image.write(pixels, 1)
        with memory.open() as image:
            copy(image, path, driver="JP2OpenJPEG", QUALITY=100, REVERSIBLE="YES")


def safe(folder, name=_SAFE, grid=_TILE, **said):
    """A product with what of it is read; the rest of a real one is left out."""
    told = {"added": True, "baseline": "05.10", "footprint": None, "sensed": "2024-01-05T02:13:07Z", **said}
    place = folder / name
    granule = place / "GRANULE" / "L2A_T52SDJ_A035678_20240105T021045"
    coarse = GeoBox((grid.height // 2, grid.width // 2), grid.affine @ Affine.scale(2), grid.crs)
    for band, key in enumerate(("B02", "B03", "B04", "B08")):
        jp2(granule / "IMG_DATA" / "R10m" / f"T52SDJ_20240105T021049_{key}_10m.jp2", counts(grid, band), grid)
    jp2(granule / "IMG_DATA" / "R10m" / "T52SDJ_20240105T021049_TCI_10m.jp2", np.ones(grid.shape, np.uint8), grid)
    scl = granule / "IMG_DATA" / "R20m" / "T52SDJ_20240105T021049_SCL_20m.jp2"
    jp2(scl, np.full(coarse.shape, 4, np.uint8), coarse)
    corners = told["footprint"] or to_lonlat(box(*grid.boundingbox), grid)
    listed = " ".join(f"{y} {x}" for x, y in corners.exterior.coords)
    offset = '<BOA_ADD_OFFSET band_id="0">-1000</BOA_ADD_OFFSET>' if told["added"] else ""
    (place / "MTD_MSIL2A.xml").write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
<n1:General_Info><Product_Info><PRODUCT_START_TIME>2024-01-05T02:10:49.024Z</PRODUCT_START_TIME>
<PROCESSING_BASELINE>{told["baseline"]}</PROCESSING_BASELINE><Datatake>
<SENSING_ORBIT_NUMBER>103</SENSING_ORBIT_NUMBER></Datatake>
</Product_Info><Product_Image_Characteristics><BOA_ADD_OFFSET_VALUES_LIST>{offset}</BOA_ADD_OFFSET_VALUES_LIST>
</Product_Image_Characteristics></n1:General_Info><n1:Geometric_Info><Product_Footprint><Product_Footprint>
<Global_Footprint><EXT_POS_LIST>{listed} </EXT_POS_LIST></Global_Footprint></Product_Footprint></Product_Footprint>
</n1:Geometric_Info><n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment>
</n1:Quality_Indicators_Info></n1:Level-2A_User_Product>""")
    (granule / "MTD_TL.xml").write_text(f"""<n1:Level-2A_Tile_ID xmlns:n1="x"><n1:General_Info>
<SENSING_TIME metadataLevel="Standard">{told["sensed"]}</SENSING_TIME></n1:General_Info><n1:Geometric_Info><Tile_Angles>
<Mean_Sun_Angle><ZENITH_ANGLE unit="deg">64.5</ZENITH_ANGLE><AZIMUTH_ANGLE unit="deg">160.25</AZIMUTH_ANGLE>
</Mean_Sun_Angle>
<Mean_Viewing_Incidence_Angle_List><Mean_Viewing_Incidence_Angle bandId="1"><ZENITH_ANGLE unit="deg">7.5</ZENITH_ANGLE>
<AZIMUTH_ANGLE unit="deg">285.5</AZIMUTH_ANGLE></Mean_Viewing_Incidence_Angle></Mean_Viewing_Incidence_Angle_List>
</Tile_Angles></n1:Geometric_Info></n1:Level-2A_Tile_ID>""")
    return place


def landsat(folder, ending="json", mult="2.75e-05", prefix=_LANDSAT):
    for band in (1, 2, 3, 4, 5, 6, 7):
        write_geotiff(folder / f"{prefix}_SR_B{band}.TIF", counts(_WIDE, band)[None], _WIDE, nodata=0)
    write_geotiff(folder / f"{prefix}_QA_PIXEL.TIF", np.full((1, *_WIDE.shape), 21824, np.uint16), _WIDE, nodata=1)
    said = {"IMAGE_ATTRIBUTES": {"DATE_ACQUIRED": "2024-01-05", "SCENE_CENTER_TIME": "02:03:10.1234560Z",
                                 "WRS_PATH": "116", "CLOUD_COVER": "3.25", "SUN_AZIMUTH": "-160.5",
                                 "SUN_ELEVATION": "24.5",
                                 "ROLL_ANGLE": "-0.001"},
            "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": {
                f"REFLECTANCE_{what}_BAND_{band}": value for band in range(1, 8)
                for what, value in (("MULT", mult), ("ADD", "-0.2"))},
            "LEVEL1_RADIOMETRIC_RESCALING": {f"REFLECTANCE_{what}_BAND_{band}": value for band in range(1, 8)
                                             for what, value in (("MULT", "2.0e-05"), ("ADD", "-0.1"))}}
    path = folder / f"{prefix}_MTL.{ending}"
    if ending == "json":
        path.write_text(json.dumps({"LANDSAT_METADATA_FILE": said}))
    elif ending == "xml":
        groups = "".join(f"<{group}>{''.join(f'<{k}>{v}</{k}>' for k, v in keys.items())}</{group}>"
                         for group, keys in said.items())
        path.write_text(f'<?xml version="1.0"?><LANDSAT_METADATA_FILE>{groups}</LANDSAT_METADATA_FILE>')
    else:
        lines = [line for group, keys in said.items() for line in (
            f"  GROUP = {group}", *(f'    {k} = "{v}"' for k, v in keys.items()), f"  END_GROUP = {group}")]
        path.write_text("\n".join(["GROUP = LANDSAT_METADATA_FILE", *lines, "END_GROUP = LANDSAT_METADATA_FILE"]))


def found(source, site):
    offers = list(source.find(site, Span()))
    return [one for one in offers if isinstance(one, Scene)], {one.what: one.why for one in offers
                                                               if isinstance(one, Refusal)}


def cropped(source, scene, role, path):
    path.write_bytes(b"".join(source.open(scene.asset(role))))
    with rasterio.open(path) as image:
        return image.read(), GeoBox(image.shape, image.transform, image.crs), image.tags()


def test_a_safe_folder_is_one_scene_with_what_its_metadata_say(tmp_path, site):
    safe(tmp_path)
    [scene], refused = found(FolderSource(tmp_path), site)
    assert refused == {}
    assert (scene.id, scene.sensor) == (_SAFE.removesuffix(".SAFE"), "sentinel-2")
    assert scene.taken == datetime(2024, 1, 5, 2, 13, 7, tzinfo=UTC)
    assert (scene.sun_elevation_deg, scene.sun_azimuth_deg, scene.off_nadir_deg) == (25.5, 160.25, 7.5)
    assert (scene.baseline, scene.offset_applied, scene.cloud_cover) == ("05.10", False, 12.5)
    assert (scene.licence, scene.relative_orbit) == ("Copernicus-Sentinel", 103)


def test_a_crop_of_it_is_the_products_own_pixels_and_says_out_of_what_it_was_cut(tmp_path, site):
    safe(tmp_path / "images")
    source = FolderSource(tmp_path / "images")
    [scene], _ = found(source, site)
    pixels, grid, tags = cropped(source, scene, "image", tmp_path / "image.tif")
    assert np.array_equal(pixels, np.stack([counts(grid, band) for band in range(4)]))
    assert grid.width < 140
    codes, _, _ = cropped(source, scene, "mask", tmp_path / "mask.tif")
    assert (codes == 4).all()
    assert [len(one["sha256"]) for one in json.loads(tags["SITEWATCH_CUT_FROM"])] == [64] * 4


@pytest.mark.parametrize("make", [safe, landsat])
def test_products_keep_to_the_rules_of_every_source(tmp_path, site, make):
    make(tmp_path)
    assert broken_rules(FolderSource(tmp_path), site) == []


def test_before_baseline_4_nothing_is_to_be_taken_off(tmp_path, site):
    safe(tmp_path, added=False, baseline="03.01", name=_SAFE.replace("N0510", "N0301"))
    [scene], _ = found(FolderSource(tmp_path), site)
    assert (scene.baseline, scene.offset_applied) == ("03.01", None)


def test_two_tiles_of_one_pass_are_joined(tmp_path, site):
    safe(tmp_path / "images", grid=_TILE[:160, :])
    safe(tmp_path / "images", name=_SAFE.replace("52SDJ", "52SDH"), grid=_TILE[150:, :], sensed="2024-01-05T02:13:21Z")
    source = FolderSource(tmp_path / "images")
    [scene], told = found(source, site)
    assert any("a piece of the same pass" in why for why in told.values())
    pixels, grid, _ = cropped(source, scene, "image", tmp_path / "image.tif")
    assert np.array_equal(pixels, np.stack([counts(grid, band) for band in range(4)]))


@pytest.mark.parametrize("ending", ["json", "xml", "txt"])
def test_a_landsat_product_is_one_scene_whichever_metadata_file_it_has(tmp_path, site, ending):
    landsat(tmp_path, ending)
    source = FolderSource(tmp_path)
    [scene], refused = found(source, site)
    assert refused == {}
    assert (scene.id, scene.sensor, scene.licence) == (_LANDSAT, "landsat", "USGS-public-domain")
    assert scene.taken == datetime(2024, 1, 5, 2, 3, 10, 123456, tzinfo=UTC)
    assert (scene.sun_azimuth_deg, scene.sun_elevation_deg, scene.relative_orbit) == (199.5, 24.5, 116)
    pixels, grid, _ = cropped(source, scene, "image", tmp_path / "crop.png")
    assert np.array_equal(pixels, np.stack([counts(grid, band) for band in (2, 3, 4, 5)]))
    assert scene.asset("mask") is not None


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda place: (place / "MTD_MSIL2A.xml").unlink(), "MTD_MSIL2A.xml is missing"),
    (lambda place: next(place.rglob("*B04_10m.jp2")).unlink(), "B04 is missing"),
    (lambda place: (place / "MTD_MSIL2A.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "entities"),
    (lambda place: (place / "MTD_MSIL2A.xml").write_text("<html>"), "not XML"),
    (lambda place: (place / "MTD_MSIL2A.xml").write_text("<a/>") and next(place.rglob("MTD_TL.xml")).unlink(),
     "no time of sensing"),
    (lambda place: next(place.rglob("*B02_10m.jp2")).write_bytes(b"no image"), "not an image"),
    (lambda place: place.rename(place.with_name(place.name.replace("L2A", "L1C"))), "Level-1C")])
def test_a_product_that_cannot_be_used_says_why_and_the_rest_goes_on(tmp_path, site, spoil, told):
    safe(tmp_path, name=_SAFE.replace("20240105T021049", "20240110T021049"), sensed="2024-01-10T02:13:07Z")
    spoil(safe(tmp_path))
    scenes, refused = found(FolderSource(tmp_path), site)
    assert len(scenes) == 1
    assert any(told in why for why in refused.values())


@pytest.mark.parametrize(("keys", "told"), [({"mult": "1.0e-04"}, "scales its counts"),
                                            ({"prefix": _LANDSAT.replace("LC09", "LE07")}, "Landsat 8 or 9"),
                                            ({"prefix": _LANDSAT.replace("_02_", "_01_")}, "Collection 2")])
def test_a_landsat_product_of_another_kind_is_refused(tmp_path, site, keys, told):
    landsat(tmp_path, **keys)
    scenes, refused = found(FolderSource(tmp_path), site)
    assert scenes == []
    assert any(told in why for why in refused.values())


def test_a_damaged_band_costs_its_scene_when_it_is_opened(tmp_path, site):
    band = next(safe(tmp_path).rglob("*B04_10m.jp2"))
    data = band.read_bytes()
    band.write_bytes(data[:len(data) // 2])
    source = FolderSource(tmp_path)
    [scene], _ = found(source, site)
    with pytest.raises(ProviderError, match="damaged"):
        list(source.open(scene.asset("image")))


def test_a_site_beside_the_swath_is_told_by_the_footprint(tmp_path, site):
    safe(tmp_path, footprint=box(120, 30, 121, 31))
    scenes, refused = found(FolderSource(tmp_path), site)
    assert (scenes, list(refused.values())) == ([], ["shows nothing of the site"])


def test_a_case_can_be_made_of_products(tmp_path, site):
    safe(tmp_path)
    told = survey(tmp_path)
    assert (told.sensor, told.gsd_m, told.grid.crs.epsg) == ("sentinel-2", 10, 32652)


def test_a_product_of_another_sensor_than_stated_is_refused(tmp_path, site):
    safe(tmp_path)
    scenes, refused = found(FolderSource(tmp_path, sensor="landsat"), replace(site))
    assert scenes == []
    assert "its sensor is sentinel-2" in next(iter(refused.values()))
