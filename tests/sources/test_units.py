"""What a Sentinel-2 scene's name, item and file say of the units of its counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rasterio

from sitewatch.model import Refusal, Scene, Site, Span
from sitewatch.sources.folder import FolderSource

_PRODUCT = "S2B_MSIL2A_20230514T104619_N0509_R051_T31TDF_20230514T150000"


def _item(assets: dict[str, Any] | None = None, name: str = "x", **properties: object) -> str:
    return json.dumps({"type": "Feature", "id": name, "geometry": None, "assets": assets or {},
                       "properties": {key.replace("__", ":"): value for key, value in properties.items()}})


def _bands(offset: float, scale: float = 1e-4) -> dict[str, Any]:
    return {"red": {"href": "https://x.y/B04.tif", "raster:bands": [{"scale": scale, "offset": offset}]},
            "wvp": {"href": "https://x.y/WVP.tif", "raster:bands": [{"scale": 0.001, "offset": 0}]}}


@pytest.fixture
def asked(tmp_path: Path, geotiff: Callable[..., Path], site: Site) -> Callable[..., Scene | Refusal]:
    """``asked(item, name)``: what the folder makes of a Sentinel-2 image with that name and STAC item."""
    def ask(item: str = "", name: str = "T31TDF_20230514T104619_10m", sensor: str = "sentinel-2") -> Scene | Refusal:
        path = geotiff(tmp_path / f"{name}.tif", 4, "uint16")
        if item:
            path.with_suffix(".json").write_text(item)
        (offer,) = FolderSource(tmp_path, sensor=sensor).find(site, Span())
        return offer
    return ask


@pytest.mark.parametrize("name", [f"{_PRODUCT}_10m", f"{_PRODUCT}.SAFE/GRANULE/IMG_DATA/T31TDF_20230514T104619_10m"])
def test_the_baseline_is_read_from_the_products_name_wherever_it_stands_in_the_path(asked, name):
    assert asked(name=name).baseline == "05.09"


@pytest.mark.parametrize(("item", "baseline"), [
    (_item(s2__processing_baseline="05.10"), "05.10"), (_item(sentinel__processing_baseline="2.08"), "02.08"),
    (_item(processing__version="05.11"), "05.11"), (_item(processing__version="v2, of May"), None),
    (_item(s2__product_uri=f"{_PRODUCT}.SAFE"), "05.09"), (_item(name=_PRODUCT), "05.09"),
    (_item(s2__processing_baseline=["05.10"], title=7), None),
    (_item(name=_PRODUCT.replace("N0509", "N9999")), None)])   # N9999: somebody's own processing
def test_the_baseline_is_read_from_the_stac_item(asked, item, baseline):
    assert asked(item).baseline == baseline


def test_a_name_and_an_item_of_different_baselines_are_refused(asked):
    refusal = asked(_item(s2__processing_baseline="02.08"), f"{_PRODUCT}_10m")
    assert isinstance(refusal, Refusal)
    assert "its name says processing baseline 05.09" in refusal.why
    assert "says 02.08. Correct whichever is wrong" in refusal.why


@pytest.mark.parametrize(("item", "applied"), [
    (_item(earthsearch__boa_offset_applied=True, s2__processing_baseline="05.10"), True),
    (_item(earthsearch__boa_offset_applied=False, s2__processing_baseline="05.10"), False),
    (_item(sentinel__boa_offset_applied=True), True),
    # A flag goes before the bands' offsets, which Earth Search has left standing.
    (_item(_bands(-0.1), earthsearch__boa_offset_applied=True), True),
    (_item(_bands(-0.1), earthsearch__boa_offset_applied=False), False),
    # That nothing was applied to an old baseline, or to one not known, says nothing.
    (_item(earthsearch__boa_offset_applied=False, s2__processing_baseline="02.08"), None),
    (_item(earthsearch__boa_offset_applied=False), None),
    (_item(earthsearch__boa_offset_applied="no"), None),
    (_item(_bands(-0.1)), False), (_item(_bands(0)), True), (_item(_bands(0, scale=0.01)), None),
    (_item({"red": {"bands": [{"raster:scale": 1e-4, "raster:offset": -0.1}]}}), False),
    (_item({"red": {"raster:scale": 1e-4, "raster:offset": 0}}), True),
    (_item(_bands(-0.1) | {"nir": {"raster:bands": [{"scale": 1e-4, "offset": 0}]}}), None),
    (_item({"red": {"raster:bands": [{"scale": 1e-4, "offset": 10**400}, {"scale": True}, 3]}, "nir": None}), None)])
def test_a_provider_says_whether_the_offset_is_off_by_its_flag_else_by_the_bands_offsets(asked, item, applied):
    assert asked(item).offset_applied is applied


@pytest.mark.parametrize(("scale", "offset", "applied"), [(1e-4, -0.1, False), (1e-4, 0.0, True), (1.0, 0.0, None)])
def test_a_file_that_states_its_own_scale_and_offset_is_heard_where_no_item_speaks(
        tmp_path, geotiff, site, scale, offset, applied):
    with rasterio.open(geotiff(tmp_path / "2023-05-14.tif", 4, "uint16"), "r+") as image:
        image.scales, image.offsets = (scale,) * 4, (offset,) * 4
    source = FolderSource(tmp_path, sensor="sentinel-2")
    (scene,) = source.find(site, Span())
    assert scene.offset_applied is applied
    (tmp_path / "2023-05-14.json").write_text(_item(_bands(-0.1)))
    (scene,) = source.find(site, Span())
    assert scene.offset_applied is False


def test_other_sensors_have_no_such_offset(asked):
    scene = asked(_item(_bands(-0.1), processing__version="05.10"), sensor="planetscope-4")
    assert (scene.baseline, scene.offset_applied) == (None, None)
