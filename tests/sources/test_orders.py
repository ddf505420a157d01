"""Planet orders as delivered: what the manifest says of a file must be true of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from sitewatch.model import Refusal, Scene, Span
from sitewatch.sources import FolderSource

_NAMES = ("20230514_101112_34_24a1_3B_AnalyticMS_SR_clip", "20230601_101112_34_24a1_3B_AnalyticMS_SR_clip")


@pytest.fixture
def order(tmp_path: Path, geotiff) -> Path:
    """An order of two scenes with masks, as Planet delivers it: a folder, in it PSScene, and the manifest."""
    for name in _NAMES:
        geotiff(tmp_path / "PSScene" / f"{name}.tif", 4, "uint16")
        geotiff(tmp_path / "PSScene" / f"{name.replace('AnalyticMS_SR_clip', 'udm2_clip')}.tif", 8)
        _sidecar(tmp_path, name).write_text(json.dumps({"type": "Feature", "id": name[:23], "properties": {
            "acquired": f"{name[:4]}-{name[4:6]}-{name[6:8]}T10:11:12.5Z", "sun_elevation": 41.7, "view_angle": 0.1}}))
    files = [_entry(path, path.relative_to(tmp_path).as_posix()) for path in sorted(tmp_path.rglob("*.*"))]
    (tmp_path / "manifest.json").write_text(json.dumps({"name": "", "files": files}))
    return tmp_path


def _sidecar(order: Path, name: str) -> Path:
    return order / "PSScene" / f"{name[:23]}_metadata.json"


def _entry(path: Path, told: str) -> dict:
    data = path.read_bytes()
    return {"path": told, "media_type": "image/tiff", "size": len(data),
            "digests": {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()},
            "annotations": {"planet/asset_type": "ortho_analytic_4b_sr", "planet/item_type": "PSScene"}}


def _found(folder: Path, site):
    offers = list(FolderSource(folder).find(site, Span()))
    return [o for o in offers if isinstance(o, Scene)], {o.what: o.why for o in offers if isinstance(o, Refusal)}


def test_an_order_that_is_what_its_manifest_says_is_used(order, site):
    scenes, refused = _found(order, site)
    assert (len(scenes), refused) == (2, {})
    assert {scene.sensor for scene in scenes} == {"planetscope-4"}
    assert all(scene.asset("mask") for scene in scenes)
    assert {scene.sun_elevation_deg for scene in scenes} == {41.7}


@pytest.mark.parametrize("strong", [True, False])
def test_a_file_that_was_changed_on_the_way_is_refused_by_its_checksum(order, site, strong):
    if not strong:
        text = json.loads((order / "manifest.json").read_text())
        for entry in text["files"]:
            del entry["digests"]["sha256"]
        (order / "manifest.json").write_text(json.dumps(text))
    file = order / "PSScene" / f"{_NAMES[0]}.tif"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    scenes, refused = _found(order, site)
    assert [scene.id for scene in scenes] == [_NAMES[1]]
    assert f"the {'sha256' if strong else 'md5'} of" in refused[f"PSScene/{_NAMES[0]}.tif"]


def test_a_changed_mask_costs_its_scene_too(order, site, geotiff):
    mask = order / "PSScene" / f"{_NAMES[0].replace('AnalyticMS_SR_clip', 'udm2_clip')}.tif"
    geotiff(mask, 8, seed=99)
    scenes, refused = _found(order, site)
    assert len(scenes) == 1
    assert "udm2_clip.tif" in refused[f"PSScene/{_NAMES[0]}.tif"]


@pytest.mark.parametrize("is_longer", [True, False])
def test_what_is_said_of_a_scene_must_be_as_it_was_delivered_too(order, site, is_longer):
    file = _sidecar(order, _NAMES[0])
    file.write_text(file.read_text() + " " if is_longer else file.read_text().replace("T10:", "T11:"))
    scenes, refused = _found(order, site)
    assert [scene.id for scene in scenes] == [_NAMES[1]]
    assert "_metadata.json" in refused[f"PSScene/{_NAMES[0]}.tif"]


def test_what_is_said_of_a_scene_is_missed_where_the_order_held_it(order, site):
    _sidecar(order, _NAMES[0]).unlink()
    scenes, refused = _found(order, site)
    assert len(scenes) == 2
    assert "is not there. Fetch the order again" in refused[f"PSScene/{_NAMES[0][:23]}_metadata.json"]


def test_a_file_that_is_missing_from_the_order_is_listed(order, site):
    (order / "PSScene" / f"{_NAMES[1]}.tif").unlink()
    _, refused = _found(order, site)
    assert "is not there. Fetch the order again" in refused[f"PSScene/{_NAMES[1]}.tif"]


def test_files_laid_right_beside_the_manifest_are_known_by_their_names(order, site):
    for file in (order / "PSScene").iterdir():
        shutil.move(file, order / file.name)
    file = order / f"{_NAMES[0]}.tif"
    file.write_bytes(file.read_bytes() + b"x")
    _, refused = _found(order, site)
    assert "bytes, where manifest.json of its order says" in refused[f"{_NAMES[0]}.tif"]


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 3}', '{"files": [3, {}, {"path": 5}]}',
                                      '{"files": [{"path": "../../etc/passwd", "digests": {"md5": "x"}}]}',
                                      '{"files": [{"path": "/etc/passwd", "size": 1, "digests": {"md5": "'
                                      + "0" * 32 + '"}}]}'])
def test_a_manifest_that_says_nothing_of_use_is_no_reason_to_refuse(order, site, manifest):
    (order / "manifest.json").write_text(manifest)
    scenes, refused = _found(order, site)
    assert (len(scenes), refused) == (2, {})
