"""Planet's scenes: found, weighed, ordered once, delivered whole, from a stand-in on this machine."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from pathlib import Path

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from shapely.geometry import shape
from tests.loopback import Faults, serving
from tests.planet_desk import KEY, PlanetDesk, item

from sitewatch.errors import ProviderError, UsageError
from sitewatch.geo import describe, read_delivered, square_around, utm_grid
from sitewatch.model import SENSORS, Refusal, Scene, Site, Span
from sitewatch.sources import FolderSource, PlanetSource
from sitewatch.sources._web import Policy
from sitewatch.sources.conformance import broken_rules
from sitewatch.sources.planet import _source as planet_source

_AREA = square_around(39.9202, 127.6571, 900)
_GRID = utm_grid(_AREA, 3.0)
_START = datetime(2023, 5, 1, 1, 30, tzinfo=UTC)


@pytest.fixture
def site():
    return Site(slug="hamhung", names=(), area=_AREA, grid=_GRID)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Five scenes of the site, ten days apart; nothing waits long."""
    monkeypatch.setenv("PL_API_KEY", KEY)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(Policy, "__init__", partialmethod(Policy.__init__, first_wait_s=0.002))
    monkeypatch.setattr(planet_source, "_PER_SECOND", None)
    monkeypatch.setattr(planet_source, "_PAUSE_S", 0.001)
    with serving(tmp_path / "files") as archive:
        made = PlanetDesk(archive)
        for number in range(5):
            add(made, f"2023050{number + 1}_013000_11_2533", _START + timedelta(days=10 * number), whole(_GRID))
        yield made


@pytest.fixture
def source(desk):
    return PlanetSource(url=desk.archive.url, allow_private=True)


def whole(grid: GeoBox, left: int = -40, top: int = -40, width: int = 500, height: int = 500) -> GeoBox:
    """A scene on the lattice of a grid, so many of its pixels from its corner."""
    return GeoBox((height, width), grid.affine @ grid.affine.translation(left, top), grid.crs)


def add(desk, identity, taken, grid, clear=0.9, **facts):
    desk.items.append(item(identity, taken, grid, desk.archive.url, **facts))
    desk.grids[identity], desk.clear[identity] = grid, clear


def found(source, site, span=None):
    offers = list(source.find(site, span or Span()))
    return ([one for one in offers if isinstance(one, Scene)],
            {one.what: one.why for one in offers if isinstance(one, Refusal)})


def content(source, scene, role):
    return b"".join(source.open(scene.asset(role)))


def test_every_scene_is_found_once_with_what_its_item_says(source, site, desk):
    scenes, refused = found(source, site)
    assert [scene.id for scene in scenes] == sorted(desk.grids)
    assert refused == {}
    first = scenes[0]
    assert (first.taken, first.cloud_cover, first.off_nadir_deg, first.sun_azimuth_deg) == (_START, 10, 4.7, 166.4)
    assert first.published == _START + timedelta(days=1)
    assert (first.attribution, first.licence) == ("Image © 2023 Planet Labs PBC", "proprietary")
    assert desk.orders == {}


def test_ordered_scenes_keep_to_the_rules_of_every_source(source, site):
    source.order(found(source, site)[0])
    assert broken_rules(source, site) == []


def test_a_plan_tells_the_clear_share_of_the_site_and_the_quota_without_ordering(source, site, desk):
    scene = found(source, site)[0][0]
    weight = source.weigh(scene)
    assert weight.hidden == pytest.approx(0.1)
    assert weight.unit == "km² of quota"
    assert weight.cost == pytest.approx(0.95 ** 2, abs=0.03)   # 900 m and 8 pixels of 3 m on each side
    assert desk.orders == {}


def test_what_planet_cannot_say_of_a_scene_is_not_known(source, site, desk):
    del desk.clear["20230501_013000_11_2533"]
    assert source.weigh(found(source, site)[0][0]).hidden is None


def test_a_price_turns_quota_into_money(site, desk):
    source = PlanetSource(url=desk.archive.url, allow_private=True, price_per_km2=2.0, currency="EUR")
    weight = source.weigh(found(source, site)[0][0])
    assert (weight.unit, weight.cost) == ("EUR", pytest.approx(2 * 0.95 ** 2, abs=0.06))


def test_what_a_skysat_costs_is_not_known_without_a_price(site, desk):
    source = PlanetSource("skysat", url=desk.archive.url, allow_private=True)
    desk.items[:1] = [item("20230501_013000_ssc6_u0001", _START, whole(_GRID), desk.archive.url,
                           item_type="SkySatCollect", provider="skysat")]
    desk.items[0]["assets"].append("ortho_analytic_sr")
    desk.items[0]["_permissions"].append("assets.ortho_analytic_sr:download")
    scenes, _ = found(source, site)
    assert [scene.sensor for scene in scenes] == ["skysat"]
    assert source.weigh(scenes[0]).cost is None


@pytest.mark.parametrize(("sensor", "bands"), [("planetscope-4", 4), ("planetscope-8", 8)])
def test_an_image_arrives_as_ordered_cut_and_harmonised(site, desk, tmp_path, sensor, bands):
    source = PlanetSource(sensor, url=desk.archive.url, allow_private=True)
    scenes, _ = found(source, site)
    source.order(scenes)
    (order,) = desk.orders.values()
    assert order["tools"][0] == {"harmonize": {"target_sensor": "Sentinel-2"}}
    assert order["products"][0]["product_bundle"] == f"analytic_{'8b_' if bands == 8 else ''}sr_udm2"
    path = tmp_path / "image.tif"
    path.write_bytes(content(source, scenes[0], "image"))
    info = describe(path)
    assert info.bands == bands
    assert info.grid.width < 330   # of 500
    delivered = next(desk.archive.files.rglob(f"{scenes[0].id}*SR*.tif"))
    assert path.read_bytes() == delivered.read_bytes()
    assert json.loads(content(source, scenes[0], "metadata"))["sitewatch:order"]["number"] == order["id"]


def test_harmonising_can_be_left_out(site, desk):
    source = PlanetSource(url=desk.archive.url, allow_private=True, harmonise=False)
    source.order(found(source, site)[0])
    assert [list(tool) for tool in next(iter(desk.orders.values()))["tools"]] == [["clip"]]


def test_nothing_is_ordered_unasked(source, site, desk):
    scene = found(source, site)[0][0]
    with pytest.raises(ProviderError, match="not ordered"):
        content(source, scene, "image")
    assert desk.orders == {}


@pytest.mark.parametrize("lost", [1, 3])
def test_an_order_whose_answer_is_lost_is_not_placed_again(source, site, desk, lost):
    desk.mute = lost
    scenes, _ = found(source, site)
    source.order(scenes)
    assert len(desk.orders) == 1
    assert content(source, scenes[0], "image")


def test_every_file_arrives_whole_and_one_order_is_placed_where_every_third_request_fails(source, site, desk):
    desk.archive.faults = Faults(rate=0.3, seed=5)
    scenes, _ = found(source, site)
    source.order(scenes)
    arrived = [content(source, scene, role) for scene in scenes for role in ("mask", "image")]
    assert len(desk.orders) == 1
    assert sorted(arrived) == sorted(path.read_bytes() for path in desk.archive.files.rglob("*.tif"))


def test_an_address_that_has_expired_is_asked_for_anew(source, site, desk):
    scenes, _ = found(source, site)
    source.order(scenes)
    content(source, scenes[0], "mask")
    desk.token += 1
    assert content(source, scenes[1], "image")


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "sha256 of"),
    (lambda data: data[:-10], "bytes, where the manifest"),
    (lambda data: data + b"more", "bytes, where the manifest")])
def test_what_is_not_as_the_manifest_says_is_refused(source, site, desk, spoil, told):
    desk.spoil = lambda name, data: spoil(data) if "SR" in name else data
    scenes, _ = found(source, site)
    source.order(scenes)
    with pytest.raises(ProviderError, match=told):
        content(source, scenes[0], "image")
    assert content(source, scenes[0], "mask")


def test_a_partial_order_gives_what_there_is_and_the_rest_can_be_ordered_anew(source, site, desk):
    desk.ends, desk.lacking = "partial", ("20230503_013000_11_2533",)
    scenes, _ = found(source, site)
    source.order(scenes)
    assert content(source, scenes[0], "image")
    with pytest.raises(ProviderError, match="without 20230503"):
        content(source, scenes[2], "image")
    assert [source.weigh(scene).cost == 0 for scene in scenes] == [True, True, False, True, True]
    desk.ends, desk.lacking = "success", ()
    source.order([scenes[2]])
    assert len(desk.orders) == 2
    assert content(source, scenes[2], "image")


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_order_that_planet_gives_up_says_why_and_costs_nothing(source, site, desk, state):
    desk.ends = state
    scenes, _ = found(source, site)
    source.order(scenes)
    with pytest.raises(ProviderError, match="insufficient quota"):
        content(source, scenes[0], "image")
    assert source.weigh(scenes[0]).cost > 0


def test_an_order_that_takes_long_is_left_to_the_next_fetch(source, site, desk, monkeypatch):
    monkeypatch.setattr(planet_source, "_PATIENCE_S", 0.01)
    desk.polls = 10_000
    scenes, _ = found(source, site)
    source.order(scenes)
    with pytest.raises(ProviderError, match="not finished the order"):
        content(source, scenes[0], "image")
    assert source.weigh(scenes[0]).cost == 0


def test_a_site_that_straddles_two_frames_gets_them_joined(source, site, desk, tmp_path):
    desk.items.clear()
    high = _GRID.height // 2
    for second, grid in enumerate((whole(_GRID, top=-400, height=400 + high + 5), whole(_GRID, top=high - 5))):
        add(desk, f"20230601_01300{second}_11_2533", _START + timedelta(seconds=second), grid)
    scenes, told = found(source, site)
    assert [scene.id for scene in scenes] == ["20230601_013001_11_2533"]
    assert "joined" in told["20230601_013000_11_2533"]
    assert source.weigh(scenes[0]).cost == pytest.approx(0.95 ** 2, abs=0.06)
    source.order(scenes)
    path = tmp_path / "joined.tif"
    path.write_bytes(content(source, scenes[0], "image"))
    pixels, grid, _ = read_delivered(path)
    assert (pixels > 0).all()
    for delivered in desk.archive.files.rglob("*SR*.tif"):
        part, own, _ = read_delivered(delivered)
        column, row = (round(value) for value in ~grid.affine @ (own.affine.c, own.affine.f))
        both = pixels[:, row:row + own.height, column:column + own.width]
        assert np.array_equal(both, part[:, :both.shape[1], :both.shape[2]])


@pytest.mark.parametrize(("change", "told"), [
    (lambda one: one["assets"].remove("ortho_analytic_4b_sr"), "no surface reflectance"),
    (lambda one: one.update(_permissions=[]), "withheld"),
    (lambda one: one["properties"].update(quality_category="test"), "test quality"),
    (lambda one: one["properties"].pop("acquired"), "no time of its taking"),
    (lambda one: one.update(geometry=None), "no geometry"),
    (lambda one: one.update(id="../../x"), "no id that can name a file"),
    (lambda one: one["properties"].update(acquired=5), "which is none")])
def test_an_item_that_cannot_be_ordered_has_its_reason_and_the_rest_goes_on(source, site, desk, change, told):
    change(desk.items[0])
    scenes, refused = found(source, site)
    assert len(scenes) == 4
    (why,) = refused.values()
    assert told in why


def test_a_wrong_key_is_told_and_not_shown(site, desk, monkeypatch):
    monkeypatch.setenv("PL_API_KEY", "PLAK-wrong")
    with pytest.raises(ProviderError, match="Check the credentials") as caught:
        found(PlanetSource(url=desk.archive.url, allow_private=True), site)
    assert "PLAK" not in str(caught.value)


def test_a_key_is_asked_for_where_there_is_none(site, desk, monkeypatch):
    monkeypatch.delenv("PL_API_KEY")
    with pytest.raises(ProviderError, match="PL_API_KEY"):
        found(PlanetSource(url=desk.archive.url, allow_private=True), site)


def test_pictures_without_a_place_are_not_asked_for(source, plane):
    _, told = found(source, plane)
    assert "plain pictures" in told["planet"]


@pytest.mark.parametrize("keys", [{"sensor": "landsat"}, {"price_per_km2": 1.0}, {"currency": "EUR"},
                                  {"price_per_km2": -1.0, "currency": "EUR"}])
def test_a_wrong_entry_says_what_would_be_right(keys):
    with pytest.raises(UsageError):
        PlanetSource(**keys)


@pytest.fixture
def recorded(shared) -> Path:
    """The folder of what Planet's API gave to others; skips where it is not there."""
    folder = shared.parent / "data" / "planet_stac_metadata"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


_RECORDED = {
    "a search near Milan": ("milan_scenes_jan2025.json", "planetscope-8", (45.3, 9.75)),
    "Kenya": ("planet-client-python/data_item_*.json", "planetscope-4", None),
    "SkySat": ("planet-client-python/search_result_*ssc6*.json", "skysat", None)}


@pytest.mark.parametrize("name", _RECORDED)
def test_recorded_items_are_found_ordered_and_delivered_or_have_their_reason(desk, recorded, tmp_path, name):
    """Items as Planet's API gave them, ordered at a desk that answers in the shapes of its recorded responses."""
    files, sensor, place = _RECORDED[name]
    told = [json.loads(path.read_text()) for path in sorted(recorded.glob(files))]
    desk.items[:] = [one for document in told for one in document.get("features", [document])]
    desk.recorded, desk.mute, desk.page = recorded / "planet-client-python", 1, 100
    middle = shape(desk.items[0]["geometry"]).representative_point()
    area = square_around(*(place or (middle.y, middle.x)), 90)
    site = Site(slug="real", names=(), area=area, grid=utm_grid(area, SENSORS[sensor].gsd_m))
    desk.grids.update(dict.fromkeys((one["id"] for one in desk.items), whole(site.grid)))
    source = PlanetSource(sensor, url=desk.archive.url, allow_private=True)
    scenes, refused = found(source, site)
    assert len(scenes) == {"a search near Milan": 4, "Kenya": 1, "SkySat": 1}[name]
    assert all(refused.values())
    source.order(scenes)
    assert len(desk.orders) == 1
    for scene in scenes[:2]:
        path = tmp_path / "image.tif"
        path.write_bytes(content(source, scene, "image"))
        assert (describe(path).bands, describe(path).grid.affine.a) == (len(SENSORS[sensor].bands), site.gsd_m)
        assert content(source, scene, "mask") != path.read_bytes()


def test_a_delivered_order_of_skysat_is_a_folder_of_images_too(site, desk, tmp_path):
    small = square_around(39.9202, 127.6571, 90)
    near = replace(site, area=small, grid=utm_grid(small, 0.5))
    desk.items.clear()
    add(desk, "20230501_013000_ssc6_u0001", _START, whole(near.grid), item_type="SkySatCollect", provider="skysat")
    desk.items[0]["assets"].append("ortho_analytic_sr")
    desk.items[0]["_permissions"].append("assets.ortho_analytic_sr:download")
    source = PlanetSource("skysat", url=desk.archive.url, allow_private=True)
    scenes, _ = found(source, near)
    source.order(scenes)
    image = content(source, scenes[0], "image")
    (folder,) = desk.archive.files.iterdir()
    assert sorted(path.name for path in folder.rglob("*_u0001*")) == [
        "20230501_013000_ssc6_u0001_analytic_SR_clip.tif", "20230501_013000_ssc6_u0001_analytic_udm2_clip.tif",
        "20230501_013000_ssc6_u0001_metadata.json"]
    delivered = FolderSource(folder)
    [scene], refused = found(delivered, near)
    assert (scene.sensor, scene.taken, scene.off_nadir_deg, refused) == ("skysat", _START, 4.7, {})
    assert b"".join(delivered.open(scene.asset("image"))) == image
    assert scene.asset("mask")
