"""Static catalogues as providers of open data publish them: of Maxar's shape, of Umbra's, and Planet's as recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import mapping
from tests.archive import cog
from tests.loopback import serving

from sitewatch.geo import common_footprint, square_around, utm_grid
from sitewatch.model import Refusal, Scene, Site, Span
from sitewatch.sources import StacSource

_AREA = square_around(38.0, -33.0, 300)
_SITE = Site(slug="works", names=(), area=_AREA, grid=utm_grid(_AREA, 3.0))
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_MULTI = ("coastal", "blue", "green", "yellow", "red", "rededge", "nir08", "nir09")


_WHOLE = utm_grid(square_around(38.0, -33.0, 600), 3.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A picture, and the bands that it was made of."""
    folder, draw = tmp_path_factory.mktemp("event"), np.random.default_rng(7)
    for name, bands, kind in (("visual", 3, np.uint8), ("ms", 8, np.uint16)):
        pixels = draw.integers(1, 200, (bands, *_WHOLE.shape)).astype(kind)
        cog(folder / "acquired" / f"{name}.tif", pixels, _WHOLE.affine, _WHOLE.crs)
    return folder


@pytest.fixture
def catalogue(files):
    """``catalogue(item)``: a source of a collection with one item, whose files lie beside it."""
    with serving(files) as served:
        def made(item: dict, sensor: str = "picture") -> StacSource:
            whole = {"type": "Feature", "stac_version": "1.0.0", "links": [],
                     "geometry": mapping(common_footprint([_WHOLE])), **item}
            (files / "acquired" / "item.json").write_text(json.dumps(whole))
            (files / "collection.json").write_text(json.dumps({
                "type": "Collection", "id": "event", "license": "CC-BY-NC-4.0", "links": [
                    {"rel": "item", "href": "./acquired/item.json"}], "providers": [
                    {"name": "A Host", "roles": ["host"]}, {"name": "An Imaging Firm", "roles": ["licensor"]}]}))
            return StacSource(url=f"{served.url}/files/collection.json", sensor=sensor, allow_private=True)
        yield made


def _maxar(**assets) -> dict:
    """An item as Maxar's open data program has it."""
    return {"id": "46/122022102203/2021-05-30/10300100BFCB7100", "assets": assets, "properties": {
        "datetime": "2021-05-30T08:05:44Z", "platform": "WV02", "gsd": 0.6, "catalog_id": "10300100BFCB7100",
        "utm_zone": 46, "quadkey": "122022102203", "view:off_nadir": 24.7, "view:azimuth": 118.4,
        "view:sun_azimuth": 131.0, "view:sun_elevation": 61.2, "tile:clouds_percent": 3}}


_MS = {"href": "./ms.tif", "type": _COG, "roles": ["data"],
       "eo:bands": [{"name": f"BAND_{name[0]}", "common_name": name} for name in _MULTI]}
_VISUAL = {"href": "./visual.tif", "type": _COG, "roles": ["visual"], "eo:bands": [
    {"name": f"BAND_{name[0].upper()}", "common_name": name} for name in ("red", "green", "blue")]}


@pytest.mark.parametrize("assets", [
    {"ms_analytic": _MS, "visual": _VISUAL},
    {"ms_analytic": _MS, "picture": _VISUAL},
    {"ms_analytic": _MS, "thumbnail": {"href": "x.png", "type": "image/png", "roles": ["visual"]},
     "visual": {key: one for key, one in _VISUAL.items() if key != "eo:bands"}}])
def test_of_a_picture_and_the_bands_that_it_was_made_of_the_picture_is_read(catalogue, files, tmp_path, assets):
    source = catalogue(_maxar(**assets))
    [scene] = source.find(_SITE, Span())
    assert (scene.gsd_m, scene.off_nadir_deg, scene.sun_elevation_deg) == (0.6, 24.7, 61.2)
    assert (scene.licence, scene.attribution) == ("CC-BY-NC-4.0", "An Imaging Firm")
    (tmp_path / "crop.tif").write_bytes(b"".join(source.open(scene.asset("image"))))
    with rasterio.open(tmp_path / "crop.tif") as crop, rasterio.open(files / "acquired" / "visual.tif") as whole:
        window = rasterio.windows.from_bounds(*crop.bounds, transform=whole.transform)
        assert np.array_equal(crop.read(), whole.read(window=window))


def test_without_a_picture_the_bands_of_its_colours_are_read(catalogue):
    source = catalogue(_maxar(ms_analytic=_MS))
    [scene] = source.find(_SITE, Span())
    assert b"".join(source.open(scene.asset("image")))


@pytest.mark.parametrize("sensor", ["grey", "picture"])
def test_a_radar_image_is_refused_with_the_reason_and_counts_as_a_pass(catalogue, sensor):
    """An item as Umbra's open data has it: the keys of its assets are the names of its files."""
    name = "2023-06-01-10-11-12_UMBRA-04_GEC.tif"
    [refused] = catalogue({"id": "f0d1c2b3", "assets": {name: {"href": "./GEC.tif", "type": _COG, "roles": ["data"]}},
                           "properties": {"datetime": "2023-06-01T10:11:12Z", "start_datetime": "2023-06-01T10:11:10Z",
                                          "end_datetime": "2023-06-01T10:11:14Z", "platform": "UMBRA_04",
                                          "sar:product_type": "GEC", "sar:instrument_mode": "SPOTLIGHT",
                                          "sar:frequency_band": "X", "sar:polarizations": ["VV"]}},
                          sensor).find(_SITE, Span())
    assert refused.why.startswith("taken by radar on 2023-06-01: neither its speckle")
    assert f"{refused.taken:%Y-%m-%d}" == "2023-06-01"


@pytest.fixture
def recorded(shared: Path):
    """Planet's open data of a disaster, as recorded, on loopback; skips where it is not there."""
    folder = shared.parent / "data" / "planet_stac_metadata" / "stactools-planet" / "disaster"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    with serving(folder) as served:
        yield served


@pytest.mark.parametrize(("place", "taken"), [((28.95, -95.36), "20170831_162740_ssc1d1"),
                                              ((29.78, -95.65), "2017831_195552_SS02"),
                                              ((29.98, -93.95), "20170831_195425_SS02")])
def test_a_recorded_catalogue_of_planets_is_walked_to_the_picture_of_the_place(recorded, tmp_path, place, taken):
    area = square_around(*place, 2000)
    site = Site(slug="flood", names=(), area=area, grid=utm_grid(area, 50.0))
    source = StacSource(url=f"{recorded.url}/files/collection.json", sensor="picture", allow_private=True)
    offers = list(source.find(site, Span()))
    [scene] = [one for one in offers if isinstance(one, Scene)]
    others = {one.what: one for one in offers if isinstance(one, Refusal)}
    assert scene.id == taken
    assert (scene.licence, scene.attribution) == ("CC-BY-SA-4.0", "Planet Disaster Team")
    assert len(others) == 4
    assert not any(one.is_gap for one in others.values())
    (tmp_path / "crop.tif").write_bytes(b"".join(source.open(scene.asset("image"))))
    with rasterio.open(tmp_path / "crop.tif") as crop:
        assert crop.count == 3
        assert (crop.read() > 0).any()
