"""The folder as a source: what becomes a scene, what is refused and why."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from PIL import Image
from shapely import box

from sitewatch.errors import InputError, ProviderError
from sitewatch.geo import to_lonlat, utm_grid
from sitewatch.model import Asset, Refusal, Scene, Site, Span
from sitewatch.sources.folder import FolderSource, survey

_GRID = GeoBox((20, 24), Affine(3, 0, 600_000, 0, -3, 4_500_000), "EPSG:32631")
_ELSEWHERE = GeoBox((20, 24), Affine(3, 0, 650_000, 0, -3, 4_500_000), "EPSG:32631")


def _asked(source: FolderSource, site: Site, span: Span | None = None) -> tuple[list[Scene], dict[str, str]]:
    offers = list(source.find(site, span or Span()))
    return ([offer for offer in offers if isinstance(offer, Scene)],
            {offer.what: offer.why for offer in offers if isinstance(offer, Refusal)})


def test_every_dated_image_becomes_a_scene(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-05.tif")
    geotiff(tmp_path / "deep" / "20200103.tif")
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert not refused
    assert [(s.id, s.assets[0].href, s.taken_from, s.gsd_m, s.sensor) for s in scenes] == [
        ("2020-01-05", "2020-01-05.tif", "file name", 3.0, "picture"),
        ("20200103", "deep/20200103.tif", "file name", 3.0, "picture")]


def test_a_planet_delivery_is_read_with_its_masks_and_angles(tmp_path, geotiff, site):
    for stem in ("20230514_101112_34_24a1", "20230602_100908_11_24b7"):
        geotiff(tmp_path / "PSScene" / f"{stem}_3B_AnalyticMS_SR_clip.tif", 4, "uint16")
        geotiff(tmp_path / "PSScene" / f"{stem}_3B_udm2_clip.tif", 8)
        (tmp_path / "PSScene" / f"{stem}_metadata.json").write_text(json.dumps({
            "type": "Feature", "id": stem, "geometry": None, "properties": {
                "acquired": f"{stem[:4]}-{stem[4:6]}-{stem[6:8]}T10:11:12.340000Z", "sun_azimuth": 151.2,
                "sun_elevation": 61.0, "view_angle": -3.1, "satellite_azimuth": 98.4}}))
    (tmp_path / "PSScene" / "20230514_101112_34_24a1_3B_AnalyticMS_metadata_clip.xml").write_text("<x/>")
    geotiff(tmp_path / "PSScene" / "20230514_101112_34_24a1_3B_AnalyticMS_DN_udm_clip.tif", 1)
    (tmp_path / "manifest.json").write_text("{}")
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert [s.taken.date().isoformat() for s in scenes] == ["2023-05-14", "2023-06-02"]
    assert [[a.role for a in s.assets] for s in scenes] == [["image", "mask"]] * 2
    assert scenes[1].assets[1].href == "PSScene/20230602_100908_11_24b7_3B_udm2_clip.tif"
    assert (scenes[0].sensor, scenes[0].sun_azimuth_deg, scenes[0].off_nadir_deg) == ("planetscope-4", 151.2, 3.1)
    assert scenes[0].attribution == "Image © 2023 Planet Labs PBC"
    assert [re.search("first-generation", why) is not None for why in refused.values()] == [True]


def test_four_bands_with_a_scene_classification_are_sentinel_2(tmp_path, geotiff, site):
    geotiff(tmp_path / "T31TDF_20230514T104619_10m.tif", 4, "uint16")
    geotiff(tmp_path / "T31TDF_20230514T104619_SCL_20m.tif", 1)
    (scene,), refused = _asked(FolderSource(tmp_path), site)
    assert not refused
    assert (scene.sensor, scene.assets[1].role) == ("sentinel-2", "mask")
    assert scene.taken == datetime(2023, 5, 14, 10, 46, 19, tzinfo=UTC)


def test_a_landsat_product_is_read_with_its_pixel_quality_and_the_day_that_it_was_taken(tmp_path, geotiff, site):
    product = "LC09_L2SP_166036_20240105_20240107_02_T1"
    geotiff(tmp_path / f"{product}_SR.tif", 4, "uint16")
    geotiff(tmp_path / f"{product}_QA_PIXEL.TIF", 1, "uint16")
    (scene,), refused = _asked(FolderSource(tmp_path), site)
    assert not refused
    assert (scene.sensor, scene.taken) == ("landsat", datetime(2024, 1, 5, tzinfo=UTC))
    assert [asset.href for asset in scene.assets] == [f"{product}_SR.tif", f"{product}_QA_PIXEL.TIF"]
    assert scene.attribution == "Landsat image courtesy of the U.S. Geological Survey"


def test_a_skysat_delivery_is_read_with_its_masks(tmp_path, geotiff):
    grid = GeoBox((40, 48), Affine(0.5, 0, 600_000, 0, -0.5, 4_500_000), "EPSG:32631")
    site = Site(slug="yard", names=(), area=to_lonlat(box(*grid.boundingbox), grid), grid=grid)
    for frame in ("u0001", "u0002"):
        geotiff(tmp_path / f"20200130_093253_ssc6_{frame}_analytic_SR.tif", 4, "uint16", grid=grid)
        geotiff(tmp_path / f"20200130_093253_ssc6_{frame}_analytic_udm2.tif", 8, grid=grid)
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert not refused
    assert [(scene.sensor, scene.gsd_m, scene.assets[1].href) for scene in scenes] == [
        ("skysat", 0.5, f"20200130_093253_ssc6_{frame}_analytic_udm2.tif") for frame in ("u0001", "u0002")]
    assert scenes[0].attribution == "Image © 2020 Planet Labs PBC"


def test_a_mask_of_another_sensor_is_not_used(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-05.tif")
    geotiff(tmp_path / "2020-01-05_udm2.tif", 8)
    (scene,), refused = _asked(FolderSource(tmp_path), site)
    assert len(scene.assets) == 1
    assert "no such mask" in refused["2020-01-05_udm2.tif"]


def test_a_stac_item_gives_time_angles_and_licence(tmp_path, geotiff, site):
    geotiff(tmp_path / "roof.tif")
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "x", "geometry": None, "links": [],
            "assets": {"visual": {"href": "./roof.tif"}},
            "properties": {"datetime": "2021-02-03T04:05:06+01:00", "view:sun_azimuth": 10, "view:sun_elevation": True,
                           "view:off_nadir": 12.5, "license": "CC-BY-4.0", "providers": [{"name": "Someone"}]}}
    (tmp_path / "other-name.json").write_text(json.dumps(item))
    (scene,), _ = _asked(FolderSource(tmp_path), site)
    assert (scene.taken, scene.taken_from) == (datetime(2021, 2, 3, 3, 5, 6, tzinfo=UTC), "stac")
    assert (scene.sun_azimuth_deg, scene.sun_elevation_deg, scene.off_nadir_deg) == (10.0, None, 12.5)
    assert (scene.licence, scene.attribution) == ("CC-BY-4.0", "Someone")


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[1, 2]", '{"type": "Feature"}', '{"type": "Feature", '
                                  '"properties": {"datetime": null, "view:off_nadir": "steep", "providers": [3]}, '
                                  '"assets": {"a": 1, "b": {"href": "http://[bad"}}}', "\x00\xff"])
def test_strange_json_beside_an_image_does_no_harm(tmp_path, geotiff, site, text):
    geotiff(tmp_path / "2020-01-05.tif")
    (tmp_path / "2020-01-05.json").write_text(text, encoding="latin-1")
    (scene,), refused = _asked(FolderSource(tmp_path), site)
    assert scene.taken_from == "file name"
    assert not refused


def test_an_item_whose_time_is_none_is_not_passed_over(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-05.tif")
    (tmp_path / "2020-01-05.json").write_text('{"type": "Feature", "properties": {"datetime": "last spring"}}')
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert not scenes
    assert "last spring" in refused["2020-01-05.tif"]


def test_what_cannot_be_used_is_refused_file_by_file_and_the_rest_goes_on(tmp_path, geotiff, picture, site):
    whole = geotiff(tmp_path / "2020-01-01.tif").read_bytes()
    (tmp_path / "2020-01-02.tif").write_bytes(b"")
    (tmp_path / "2020-01-03.tif").write_bytes(whole[:-40])
    (tmp_path / "2020-01-04.tif").write_bytes(b"no image at all, but long enough to be one")
    geotiff(tmp_path / "2020-01-05.tif", 5)
    geotiff(tmp_path / "2020-01-06.tif", grid=_ELSEWHERE)
    geotiff(tmp_path / "someday.tif")
    (tmp_path / "2020-01-08.tif").write_bytes(whole)
    picture(tmp_path / "2020-01-09.png")
    (tmp_path / "2020-01-10.tif").write_bytes(whole[:60])
    geotiff(tmp_path / "2020-01-11_udm2.tif", 8)
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert [s.id for s in scenes] == ["2020-01-01"]
    for name, words in {"2020-01-02.tif": "empty", "2020-01-03.tif": "truncated",
                        "2020-01-04.tif": "not an image", "2020-01-05.tif": "5 bands, where",
                        "2020-01-06.tif": "shows nothing of the site", "someday.tif": "no date",
                        "2020-01-08.tif": "the same image as 2020-01-01.tif", "2020-01-09.png": "no georeference",
                        "2020-01-10.tif": "truncated", "2020-01-11_udm2.tif": "without its image"}.items():
        assert words in refused.pop(name)
    assert not refused


def test_a_picture_with_a_palette_is_refused_but_a_mask_may_have_one(tmp_path, geotiff, picture, plane, site):
    (tmp_path / "plain").mkdir()
    Image.open(picture(tmp_path / "seen.png")).quantize(16).save(tmp_path / "plain" / "2020-01-01.png")
    scenes, refused = _asked(FolderSource(tmp_path / "plain", gsd_m=1.0), plane)
    assert not scenes
    assert "places in a palette" in refused["2020-01-01.png"]
    geotiff(tmp_path / "earth" / "T31TDF_20230514T104619_10m.tif", 4, "uint16")
    mask = geotiff(tmp_path / "earth" / "T31TDF_20230514T104619_SCL_20m.tif", 1)
    with rasterio.open(mask, "r+") as image:
        image.write_colormap(1, {1: (255, 0, 0, 255)})
    (scene,), refused = _asked(FolderSource(tmp_path / "earth"), site)
    assert ([asset.role for asset in scene.assets], refused) == (["image", "mask"], {})


def test_a_georeference_beyond_the_earth_is_refused(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-01.tif", grid=GeoBox((20, 24), Affine(0.1, 0, 500, 0, -0.1, 200), "EPSG:4326"))
    scenes, refused = _asked(FolderSource(tmp_path), site)
    assert not scenes
    assert "off the Earth" in refused["2020-01-01.tif"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(share=st.floats(0, 0.9999), bands=st.sampled_from([1, 3, 4, 8]))
def test_a_geotiff_cut_anywhere_is_refused(tmp_path_factory, geotiff, site, share, bands):
    folder = tmp_path_factory.mktemp("cut")
    whole = geotiff(folder / "2020-01-01.tif", bands, "uint16").read_bytes()
    (folder / "2020-01-02.tif").write_bytes(whole[:int(share * len(whole))])
    scenes, refused = _asked(FolderSource(folder), site)
    assert [s.id for s in scenes] == ["2020-01-01"]
    assert list(refused) == ["2020-01-02.tif"]


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("share", [0.999, 0.6, 0.2])
def test_a_truncated_picture_is_refused(tmp_path, picture, plane, suffix, share):
    whole = picture(tmp_path / f"2020-01-01.{suffix}").read_bytes()
    cut = tmp_path / f"2020-01-02.{suffix}"
    cut.write_bytes(whole[:int(len(whole) * share)])
    scenes, refused = _asked(FolderSource(tmp_path), plane)
    assert [s.id for s in scenes] == ["2020-01-01"]
    assert list(refused) == [cut.name]


def test_a_picture_of_another_size_is_refused(tmp_path, picture, plane):
    picture(tmp_path / "2020-01-01.png")
    picture(tmp_path / "2020-01-02.png", (30, 20))
    picture(tmp_path / "2020-01-03.png", mode="RGBA")
    scenes, refused = _asked(FolderSource(tmp_path, gsd_m=3.0), plane)
    assert [s.id for s in scenes] == ["2020-01-01", "2020-01-03"]
    assert "30 x 20 pixels, the others 24 x 20" in refused["2020-01-02.png"]


def test_hidden_files_sidecars_and_links_outwards_are_left_aside(tmp_path, geotiff, site):
    folder = tmp_path / "in"
    geotiff(folder / "2020-01-01.tif")
    geotiff(folder / ".2020-01-02.tif")
    geotiff(folder / ".cache" / "2020-01-03.tif")
    for name in ("2020-01-01.tif.aux.xml", "notes.csv", "item.json", "2020-01-04.tif.ovr"):
        (folder / name).write_text("x")
    outside = geotiff(tmp_path / "out" / "2020-01-05.tif")
    (folder / "2020-01-05.tif").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent)
    (folder / "2020-01-06.tif").symlink_to(folder / "2020-01-01.tif")
    os.mkfifo(folder / "2020-01-07.tif")
    scenes, refused = _asked(FolderSource(folder), site)
    assert [s.id for s in scenes] == ["2020-01-01"]
    assert list(refused) == ["2020-01-05.tif"]


def test_an_image_that_points_elsewhere_is_never_followed(tmp_path, geotiff, site):
    secret = geotiff(tmp_path / "out" / "secret.tif")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "2020-01-01.tif").write_text(
        f'<VRTDataset rasterXSize="24" rasterYSize="20"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{secret}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>")
    assert list(FolderSource(folder).find(site, Span())) == [Refusal(
        what="2020-01-01.tif", why="2020-01-01.tif is not an image, whatever its name says. "
                                   "Supply a GeoTIFF, COG, JPEG 2000, PNG or JPEG, or remove the file")]


def test_a_sidecar_does_not_lend_a_georeference_that_the_kept_copy_would_lack(tmp_path, picture, plane):
    picture(tmp_path / "2020-01-01.png")
    (tmp_path / "2020-01-01.pgw").write_text("3\n0\n0\n-3\n600001.5\n4499998.5\n")
    (tmp_path / "2020-01-01.png.aux.xml").write_text("<PAMDataset><SRS>EPSG:32631</SRS></PAMDataset>")
    scenes, refused = _asked(FolderSource(tmp_path), plane)
    assert len(scenes) == 1
    assert not refused


def test_a_name_with_control_characters_is_refused_in_words_that_can_be_printed(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-01\x1b[31m.tif")
    ((what, why),) = _asked(FolderSource(tmp_path), site)[1].items()
    assert what.isprintable()
    assert "Rename" in why


def test_images_outside_the_asked_time_say_so(tmp_path, geotiff, site):
    for day in ("2020-01-01", "2020-02-01", "2020-03-01"):
        geotiff(tmp_path / f"{day}.tif")
    span = Span(start=datetime(2020, 2, 1, tzinfo=UTC), end=datetime(2020, 3, 1, tzinfo=UTC))
    scenes, refused = _asked(FolderSource(tmp_path), site, span)
    assert [s.id for s in scenes] == ["2020-02-01"]
    assert set(refused.values()) == {"taken on 2020-01-01, outside the asked time",
                                     "taken on 2020-03-01, outside the asked time"}


def test_a_list_dates_what_has_no_date_and_names_what_is_missing(tmp_path, picture, plane):
    picture(tmp_path / "in" / "first.png")
    picture(tmp_path / "in" / "second.png")
    listed = tmp_path / "dates.csv"
    listed.write_text("file,date\nfirst.png,2020-01-01\nin-no-folder.png,2020-01-02\n")
    scenes, refused = _asked(FolderSource(tmp_path / "in", gsd_m=3.0, dates=listed), plane)
    assert [(s.id, s.taken_from) for s in scenes] == [("first", "csv")]
    assert set(refused) == {"in-no-folder.png", "second.png"}
    (tmp_path / "in" / "dates.csv").write_text("file,date\nsecond.png,2020-01-05\n")
    assert [s.id for s in _asked(FolderSource(tmp_path / "in"), plane)[0]] == ["second"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1,
                        max_size=30), min_size=1, max_size=4, unique=True))
def test_ids_are_safe_unique_and_stable_whatever_the_names(tmp_path_factory, geotiff, site, stems):
    folder = tmp_path_factory.mktemp("names")
    for number, stem in enumerate(stems):
        geotiff(folder / f"{number % 2}" / f"2020-01-0{number + 1} {stem}.tif", seed=number)
    scenes, _ = _asked(FolderSource(folder), site)
    ids = [s.id for s in scenes]
    assert len({i.casefold() for i in ids}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", i) for i in ids)
    assert ids == [s.id for s in _asked(FolderSource(folder), site)[0]]


def test_one_name_in_two_folders_gives_two_ids(tmp_path, geotiff, site):
    geotiff(tmp_path / "a" / "2020-01-01.tif", seed=1)
    geotiff(tmp_path / "b" / "2020-01-01.TIF", seed=2)
    assert [s.id for s in _asked(FolderSource(tmp_path), site)[0]] == ["2020-01-01", "b-2020-01-01"]


def test_a_file_is_given_byte_for_byte_in_blocks_of_a_mebibyte(tmp_path):
    content = np.random.default_rng(0).bytes(2_500_000)
    (tmp_path / "a.tif").write_bytes(content)
    blocks = list(FolderSource(tmp_path).open(Asset(role="image", href="a.tif")))
    assert b"".join(blocks) == content
    assert [len(block) for block in blocks] == [1 << 20, 1 << 20, 2_500_000 - (2 << 20)]


@pytest.mark.parametrize("href", ["gone.tif", "../secret.tif", "in/../../secret.tif", "."])
def test_nothing_outside_the_folder_is_ever_opened(tmp_path, href):
    (tmp_path / "secret.tif").write_bytes(b"x")
    (tmp_path / "in").mkdir()
    with pytest.raises(ProviderError, match="is not in"):
        list(FolderSource(tmp_path / "in").open(Asset(role="image", href=href)))


def test_a_folder_that_is_not_there_is_said_before_anything_else(tmp_path, site):
    with pytest.raises(InputError, match="is not a folder"):
        list(FolderSource(tmp_path / "nowhere").find(site, Span()))


def test_an_unknown_sensor_is_refused_with_those_that_are_known(tmp_path, geotiff, site):
    geotiff(tmp_path / "2020-01-01.tif")
    with pytest.raises(InputError, match="planetscope-8"):
        list(FolderSource(tmp_path, sensor="worldview").find(site, Span()))


@pytest.mark.shared
def test_the_dubai_series_gives_a_scene_per_file(shared):
    folder = shared / "dubai-warehouses" / "images"
    found = survey(folder)
    site = Site(slug="dubai", names=(), area=found.footprint, grid=utm_grid(found.footprint, found.gsd_m, found.grid))
    assert site.grid.shape == (232, 256)
    scenes, refused = _asked(FolderSource(folder), site)
    assert not refused
    assert [s.taken.strftime("%Y-%m-%d") for s in scenes] == [path.stem for path in sorted(Path(folder).glob("*.tif"))]
    assert {(s.taken_from, s.gsd_m, s.sensor) for s in scenes} == {("tiff tag", 7.2, "picture")}


@pytest.mark.shared
def test_the_golf_course_pictures_give_a_scene_per_file(shared):
    folder = shared / "golf-course-club" / "images"
    found = survey(folder, gsd_m=6.0)
    site = Site(slug="golf", names=(), area=found.footprint, grid=found.grid)
    scenes, refused = _asked(FolderSource(folder, gsd_m=6.0), site)
    assert (len(scenes), refused) == (70, {})
    assert {(s.taken_from, s.gsd_m) for s in scenes} == {("file name", 6.0)}
