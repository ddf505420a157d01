"""Archives: what is found, and crops that are the provider's own pixels."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import mapping, shape
from tests.archive import cog
from tests.loopback import Faults

from sitewatch.case import Case, NewCase
from sitewatch.errors import AreaError, CaseFileError, ProviderError, UsageError
from sitewatch.fetching import fetch
from sitewatch.geo import square_around, utm_grid
from sitewatch.model import SENSORS, Refusal, Scene, Site, Span
from sitewatch.report._licences import LICENCES
from sitewatch.sources import StacSource
from sitewatch.sources.archives import place
from sitewatch.sources.stac import PROFILES
from sitewatch.sources.stac._offer import offer_of
from sitewatch.sources.stac._profiles import Product
from sitewatch.sources.stac._search import Found


def _found(source, site, span=None):
    offers = list(source.find(site, span or Span()))
    return [o for o in offers if isinstance(o, Scene)], {o.what: o.why for o in offers if isinstance(o, Refusal)}


def _opened(source, scene, role, path):
    path.write_bytes(b"".join(source.open(scene.asset(role))))
    return path


def test_a_crop_is_the_providers_own_pixels_at_their_own_place(archive, archived_site, archive_source, tiles, tmp_path):
    source = archive_source()
    scenes, refused = _found(source, archived_site)
    assert refused == {}
    assert len(scenes) == len(tiles[1])
    for scene, item in zip(scenes[:3], archive.items, strict=False):
        for role, keys in (("image", ("blue", "green", "red", "nir")), ("mask", ("scl",))):
            with rasterio.open(_opened(source, scene, role, tmp_path / "crop.tif")) as crop:
                pixels = crop.read()
                for band, key in zip(pixels, keys, strict=True):
                    whole = archive.files / item["assets"][key]["href"].split("/files/")[1]
                    with rasterio.open(whole) as image:
                        window = rasterio.windows.from_bounds(*crop.bounds, transform=image.transform)
                        assert np.array_equal(image.read(1, window=window), band)
                        assert crop.crs == image.crs
                left, bottom, right, top = crop.bounds
                assert box(left, bottom, right, top).contains(archived_site.grid.extent.geom)


def test_a_scene_tells_what_its_item_says(archive, archived_site, archive_source):
    scene = _found(archive_source(), archived_site)[0][0]
    said = archive.items[0]["properties"]
    assert scene.taken == datetime.fromisoformat(said["datetime"])
    assert (scene.sun_azimuth_deg, scene.sun_elevation_deg) == (said["view:sun_azimuth"], said["view:sun_elevation"])
    assert (scene.off_nadir_deg, scene.view_azimuth_deg) == (said["view:off_nadir"], said["view:azimuth"])
    assert (scene.cloud_cover, scene.relative_orbit) == (said["eo:cloud_cover"], 51)
    assert (scene.baseline, scene.offset_applied) == ("05.09", True)
    assert scene.licence == "Copernicus-Sentinel"
    assert scene.attribution == f"Contains modified Copernicus Sentinel data {scene.taken.year}"
    assert (scene.source, scene.taken_from, scene.sensor) == ("earth-search", "stac", "sentinel-2")


def test_a_crop_says_out_of_what_it_was_cut_and_when_it_was_taken(archive, archived_site, archive_source, tmp_path):
    source = archive_source()
    scene = _found(source, archived_site)[0][0]
    with rasterio.open(_opened(source, scene, "image", tmp_path / "crop.tif")) as crop:
        tags = crop.tags()
    origin = json.loads(tags["SITEWATCH_CUT_FROM"])
    assert [one["href"] for one in origin] == [archive.items[0]["assets"][key]["href"]
                                               for key in ("blue", "green", "red", "nir")]
    assert all(one["etag"] and one["window"][2:] == [crop.width, crop.height] for one in origin)
    assert tags["TIFFTAG_DATETIME"] == f"{scene.taken:%Y:%m:%d %H:%M:%S}"
    assert tags["TIFFTAG_COPYRIGHT"] == scene.attribution


def test_only_the_blocks_of_the_crop_are_fetched(archive, archived_site, archive_source):
    source = archive_source()
    scenes, _ = _found(source, archived_site)
    archive.log.clear()
    for scene in scenes:
        for asset in scene.assets:
            b"".join(source.open(asset))
    own = sum(source.weigh(scene).bytes for scene in scenes)
    assert archive.sent("/files/") <= 1.3 * own
    assert archive.sent("/files/") < 0.6 * sum(path.stat().st_size for path in archive.files.rglob("*.tif"))


def test_what_a_mask_hides_is_counted_over_the_site_and_not_over_the_scene(archive, archived_site, archive_source,
                                                                           tiles):
    source = archive_source()
    for scene, tile in zip(_found(source, archived_site)[0], tiles[1], strict=True):
        middle = tile.codes[12:63, 12:63]  # 1000 m of 1500 m, in pixels of 20 m
        hidden = np.isin(middle, (0, 1, 3, 8, 9, 10)).mean()
        assert source.weigh(scene).hidden == pytest.approx(hidden, abs=0.06)


def test_an_item_that_comes_on_two_pages_is_one_scene(archive, archived_site, archive_source):
    archive.page = 3  # each page begins with the last item of the one before
    scenes, _ = _found(archive_source(), archived_site)
    assert len(scenes) == len(archive.items) == len({scene.id for scene in scenes})
    assert len([request for request in archive.log if request.path == "/search"]) > 3


def test_a_search_that_breaks_off_keeps_what_came_and_says_that_it_is_not_complete(archive, archived_site,
                                                                                 archive_source):
    archive.page = 5
    pages = iter([None, None])
    whole = archive.items

    def search(method, headers, body):
        if next(pages, "down") == "down":
            return 500, {}
        at = int(body.get("token", 0))
        link = {"rel": "next", "href": f"{archive.url}/search", "method": "POST", "body": {"token": at + 5},
                "merge": True}
        return 200, {"type": "FeatureCollection", "features": whole[at:at + 5], "links": [link]}

    archive.answers["/search"] = search
    scenes, refused = _found(archive_source(), archived_site)
    assert len(scenes) == 10
    assert "broke off after 10 scenes" in refused["earth-search"]
    pages = iter([None, None])
    assert [one.is_gap for one in archive_source().find(archived_site, Span()) if isinstance(one, Refusal)] == [True]


def test_an_archive_that_never_answers_is_an_error_that_names_it(archive, archived_site, archive_source):
    archive.answers["/search"] = lambda *_: (500, {})
    with pytest.raises(ProviderError, match="earth-search did not deliver"):
        _found(archive_source(), archived_site)
    archive.answers["/search"] = lambda *_: (200, ["not", "a", "page"])
    with pytest.raises(ProviderError, match="did not answer as a STAC API does"):
        _found(archive_source(), archived_site)


@pytest.mark.parametrize("identity", ["../../etc/passwd", "a/b\\c", "..", "x" * 400, "ид", ".hidden", "a\nb", "a b"])
def test_an_id_cannot_lead_out_of_the_case(archive, archived_site, archive_source, identity):
    archive.items[0]["id"] = identity
    scenes, _ = _found(archive_source(), archived_site)
    taken = archive.items[0]["properties"]["datetime"]
    own = next(scene.id for scene in scenes if scene.taken.isoformat()[:19] in taken)
    assert own.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert own.isascii()
    assert not own.startswith(".")
    assert len(own) < 120


@pytest.mark.parametrize("href", ["file:///etc/passwd", "s3://bucket/B04.tif", "/vsicurl/http://x/y.tif",
                                  "ftp://a.b/c.tif", "data:image/tiff;base64,AAAA"])
def test_an_item_cannot_make_us_read_what_is_not_on_the_web(archive, archived_site, archive_source, href):
    archive.items[0]["assets"]["red"]["href"] = href
    source = archive_source()
    scene = _found(source, archived_site)[0][0]
    with pytest.raises(ProviderError, match=r"not an address that may be asked|did not deliver|status 404"):
        list(source.open(scene.asset("image")))


def test_without_leave_no_file_of_this_machine_is_read(archive, archived_site):
    source = StacSource(profile="earth-search", url=archive.url)
    with pytest.raises(ProviderError, match="only https is"):
        list(source.find(archived_site, Span()))


def test_one_pass_counts_once_by_its_best_and_latest_processing(archive, archived_site, archive_source):
    first = archive.items[0]
    taken = datetime.fromisoformat(first["properties"]["datetime"])
    beside = json.loads(json.dumps(first)) | {
        "id": "S2B_25SEE_beside", "geometry": mapping(shape(first["geometry"]).intersection(box(
            -180, -90, archived_site.area.centroid.x, 90)))}
    beside["properties"]["datetime"] = (taken + timedelta(seconds=14)).isoformat()
    again = json.loads(json.dumps(first)) | {"id": "S2B_25SED_again"}
    again["properties"]["s2:processing_baseline"] = "05.10"
    archive.items += [beside, again]
    scenes, refused = _found(archive_source(), archived_site)
    assert len(scenes) == len(archive.items) - 2
    assert scenes[0].id == "S2B_25SED_again"
    assert "later processing" in refused[first["id"]]
    assert "covers more of the site" in refused["S2B_25SEE_beside"]


def test_a_damaged_block_or_a_file_that_is_no_image_costs_only_its_scene(archive, archived_site, archive_source):
    first, second, third = (archive.files / item["assets"]["red"]["href"].split("/files/")[1]
                            for item in archive.items[:3])
    kept = [path.read_bytes() for path in (first, second, third)]
    try:
        first.write_bytes(b"<html>not found</html>")
        second.write_bytes(kept[1][:3000])
        third.write_bytes(kept[2][:9000] + bytes(len(kept[2]) - 9000))
        source = archive_source()
        for scene in _found(source, archived_site)[0][:3]:
            with pytest.raises(ProviderError, match=r"red\.tif"):
                list(source.open(scene.asset("image")))
    finally:
        for path, data in zip((first, second, third), kept, strict=True):
            path.write_bytes(data)


def test_a_multiband_file_is_read_by_the_names_of_its_bands(archive, archived_site, archive_source, tmp_path):
    item = archive.items[0]
    with rasterio.open(archive.files / item["assets"]["red"]["href"].split("/files/")[1]) as image:
        red, transform, crs = image.read(1), image.transform, image.crs
    names = ("nir", "red", "green", "blue")
    cog(archive.files / "many.tif", np.stack([red + i for i in range(4)]), transform, crs)
    item["assets"] = {"analytic": {"href": f"{archive.url}/files/many.tif", "type": "image/tiff",
                                   "eo:bands": [{"name": "b", "common_name": name} for name in names]}}
    archive.items[:] = [item]
    source = archive_source(profile=None, collection="sentinel-2-l2a")
    [scene], _ = _found(source, archived_site)
    with rasterio.open(_opened(source, scene, "image", tmp_path / "crop.tif")) as crop:
        blue, green, red_, nir = crop.read().astype(int)
    assert ((blue - nir == 3) & (green - nir == 2) & (red_ - nir == 1)).all()


def test_a_scene_beside_the_swath_is_refused_when_its_pixels_come(archive, archived_site, archive_source):
    item = archive.items[0]
    corner = Affine(10, 0, archived_site.grid.affine.c - 500, 0, -10, archived_site.grid.affine.f + 500)
    for key in ("blue", "green", "red", "nir"):
        cog(archive.files / f"empty-{key}.tif", np.zeros((1, 256, 256), np.uint16), corner, archived_site.grid.crs)
        item["assets"][key]["href"] = f"{archive.url}/files/empty-{key}.tif"
    source = archive_source()
    scene = _found(source, archived_site)[0][0]
    with pytest.raises(ProviderError, match="beside the swath"):
        list(source.open(scene.asset("image")))


def test_a_scene_in_the_neighbouring_zone_is_cut_there_and_not_warped(archive, archived_site, archive_source, tmp_path):
    """At the edge of a UTM zone the archive has the ground in the zone beside too."""
    area = archived_site.area
    other = utm_grid(area, 10.0, like=utm_grid(square_around(38, -27.5, 1000), 10.0))  # zone 26
    assert other.crs != archived_site.grid.crs
    item = archive.items[0]
    draw = np.random.default_rng(3)
    for key in ("blue", "green", "red", "nir"):
        cog(archive.files / f"east-{key}.tif", draw.integers(1, 900, (1, 300, 300), dtype=np.uint16),
            other.affine @ Affine.translation(-60, -60), other.crs)
        item["assets"][key]["href"] = f"{archive.url}/files/east-{key}.tif"
    source = archive_source()
    scene = _found(source, archived_site)[0][0]
    with rasterio.open(_opened(source, scene, "image", tmp_path / "crop.tif")) as crop:
        assert crop.crs.to_epsg() == other.crs.epsg
        assert np.allclose((~crop.transform @ (other.affine.c, other.affine.f))[0] % 1, 0)
        corners = rasterio.warp.transform(archived_site.grid.crs.to_wkt(), crop.crs,
                                          *zip(*archived_site.grid.extent.geom.exterior.coords, strict=True))
        assert all(crop.bounds.left < x < crop.bounds.right for x in corners[0])
        assert all(crop.bounds.bottom < y < crop.bounds.top for y in corners[1])


@pytest.fixture
def signed(archive, monkeypatch):
    """The archive as one whose files want a signature: ``tokens`` it gave, and how long each holds."""
    monkeypatch.setattr("sitewatch.sources.stac._sign._PlanetaryComputer._container",
                        lambda self, href: "account/container")
    signed = SimpleNamespace(tokens=[], holds=timedelta(hours=1), refused=set())

    def token(method, headers, body):
        signed.tokens.append(f"se=2030&sig=secret{len(signed.tokens)}")
        return 200, {"token": signed.tokens[-1], "msft:expiry": (datetime.now(UTC) + signed.holds).isoformat()}

    archive.answers["/api/sas/v1/token/account/container"] = token
    archive.gate = lambda path: 403 if path.startswith("/files/") and (
        path.partition("?")[2] not in signed.tokens or path.partition("?")[2] in signed.refused) else None
    signed.source = StacSource(profile="planetary-computer", url=f"{archive.url}/", allow_private=True,
                               assets=("blue", "green", "red", "nir", "scl"))
    return signed


def test_signatures_are_asked_for_once_and_never_kept(archive, archived_site, archive_source, signed):
    for scene in _found(signed.source, archived_site)[0][:2]:
        for asset in scene.assets:
            assert b"secret" not in b"".join(signed.source.open(asset))
            assert "secret" not in asset.href
    assert len(signed.tokens) == 1
    assert all("sig=secret0" in request.path for request in archive.log if request.path.startswith("/files/"))


def test_a_signature_that_is_refused_is_renewed_once_and_the_crop_arrives(archive, archived_site, archive_source,
                                                                          signed):
    scenes, _ = _found(signed.source, archived_site)
    assert b"".join(signed.source.open(scenes[0].asset("image")))
    signed.refused.add(signed.tokens[0])   # long before it was to end
    assert b"".join(signed.source.open(scenes[1].asset("image")))
    assert len(signed.tokens) == 2
    assert [request.path for request in archive.log if request.status == 403] == [
        request.path for request in archive.log if request.path.endswith(signed.tokens[0])][-1:]


def test_a_signature_that_ends_within_a_minute_is_not_used_again(archive, archived_site, archive_source, signed):
    scenes, _ = _found(signed.source, archived_site)
    signed.holds = timedelta(seconds=-5)
    assert b"".join(signed.source.open(scenes[0].asset("mask")))
    asked = [request.path.partition("?")[2] for request in archive.log if request.path.startswith("/files/")]
    assert asked == signed.tokens


def test_every_crop_arrives_whole_from_a_server_that_fails_at_every_fifth_request(archive, archived_site,
                                                                                  archive_source):
    source = archive_source()
    wanted = {asset.href: b"".join(source.open(asset)) for scene in _found(source, archived_site)[0]
              for asset in scene.assets}
    archive.log.clear()
    archive.faults = Faults(rate=0.2, slow=0.05, seed=5)
    source = archive_source()  # nothing is at hand
    scenes, refused = _found(source, archived_site)
    assert refused == {}
    assert {asset.href: b"".join(source.open(asset)) for scene in scenes for asset in scene.assets} == wanted
    assert {request.fault for request in archive.log} > set(Faults().kinds)
    failed, asked = archive.failed("/files/")
    assert failed / asked == pytest.approx(0.2, abs=0.05)


def test_what_the_known_archives_images_may_be_used_for_is_known():
    known = {licence.id for licence in LICENCES}
    assert {product.licence for profile in PROFILES.values() for product in profile.products.values()} <= known


def test_known_archives_name_known_sensors_and_safe_addresses():
    for profile in PROFILES.values():
        assert profile.url.startswith("https://")
        for sensor, product in profile.products.items():
            assert len(product.bands) == len(SENSORS[sensor].bands)
            assert (product.mask is None) == (SENSORS[sensor].mask is None)


@pytest.mark.parametrize(("keys", "told"), [
    ({}, "which archive is meant"), ({"profile": "nasa"}, "no archive is called 'nasa'"),
    ({"profile": "earth-search", "sensor": "landsat"}, "earth-search has no 'landsat'"),
    ({"url": "https://a.b"}, "which collection"),
    ({"profile": "earth-search", "assets": ("red",)}, "`assets` names 1")])
def test_a_wrong_entry_says_what_would_be_right(keys, told):
    with pytest.raises(UsageError, match=told):
        StacSource(**keys)


def test_a_place_without_images_gets_the_pixels_that_its_archive_has():
    area = square_around(39.9202, 127.6571, 3000)
    found = place(area, "earth-search")
    assert (found.sensor, found.gsd_m, str(found.grid.crs)) == ("sentinel-2", 10.0, "EPSG:32652")
    assert (found.grid.affine.c % 10, found.grid.affine.f % 10) == (0, 0)
    landsat = place(area, "planetary-computer", "landsat")
    assert (landsat.gsd_m, landsat.grid.affine.c % 30, landsat.grid.affine.f % 30) == (30.0, 15.0, 15.0)
    with pytest.raises(UsageError, match="no archive"):
        place(area, "nowhere")
    with pytest.raises(AreaError, match="UTM ends"):
        place(square_around(88, 10, 1000), "earth-search")


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                     lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
                     max_leaves=12)
_SITE = Site(slug="a", names=(), area=square_around(10, 10, 1000), grid=utm_grid(square_around(10, 10, 1000), 10.0))


@given(st.fixed_dictionaries({}, optional={"id": _JSON, "geometry": _JSON, "assets": _JSON, "links": _JSON,
                                           "properties": _JSON | st.fixed_dictionaries({}, optional={
                                               "datetime": _JSON, "platform": _JSON, "providers": _JSON,
                                               "eo:cloud_cover": _JSON, "s2:product_uri": _JSON})}))
def test_whatever_a_stranger_writes_into_an_item_it_is_offered_or_refused(item):
    product = Product(collection="c", bands=("blue", "green", "red", "nir"), mask="scl")
    found = Found(feature=item, href="https://a.b/collections/c/items/i", collection={})
    offer = offer_of(found, product, SENSORS["sentinel-2"], _SITE)
    assert isinstance(offer, Refusal)
    assert offer.what
    assert offer.why


def test_a_wrong_entry_in_a_case_names_its_line(tmp_path):
    case = Case.new(tmp_path / "c", NewCase(area=square_around(39.92, 127.66, 1000)))
    file = case.folder / "case.yaml"
    file.write_text(file.read_text().replace("earth-search", "nasa"))
    with pytest.raises(CaseFileError, match=r"case\.yaml:\d+: scenes\.sources\[0\]: no archive is called"):
        fetch(Case.open(case.folder))
