"""The Copernicus Data Space: JPEG 2000 behind the S3 protocol, with keys that are nobody else's."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from sitewatch.errors import ProviderError
from sitewatch.model import Refusal, Scene, Span
from sitewatch.sources.archives import known_archives
from sitewatch.sources.stac._s3 import COPERNICUS_KEYS, S3Key, copernicus_key, presigned

_ASSETS = {"blue": "B02_10m", "green": "B03_10m", "red": "B04_10m", "nir": "B08_10m", "scl": "SCL_20m"}


@pytest.fixture
def keys(monkeypatch, tmp_path):
    """Keys of our own, and others of Amazon's that must not be seen."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "keyring", None)
    for name, value in zip(COPERNICUS_KEYS, ("cdse-id", "cdse-secret"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "amazon-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "amazon-secret")
    monkeypatch.delenv("SITEWATCH_CDSE_PROFILE", raising=False)
    return tmp_path


@pytest.fixture
def space(archive, keys):
    """Three scenes as JPEG 2000 in tiles, under s3 addresses that only a signature opens."""
    archive.items[:] = archive.items[:3]
    for item in archive.items:
        for key, name in _ASSETS.items():
            asset = item["assets"].pop(key)
            path = asset["href"].split("/files/")[1].replace(".tif", ".jp2")
            if not (archive.files / path).exists():
                copy(archive.files / path.replace(".jp2", ".tif"), archive.files / path, driver="JP2OpenJPEG",
                     QUALITY=100, REVERSIBLE="YES", BLOCKXSIZE=128, BLOCKYSIZE=128)
            item["assets"][name] = {"href": f"s3://files/{path}", "type": "image/jp2", "auth:refs": ["s3"]}
    archive.gate = lambda path: None if "/files/" not in path or _is_signed(path) else 403
    return archive


def _is_signed(path):
    told = parse_qs(urlsplit(path).query)
    return told.get("X-Amz-Credential", [""])[0].startswith("cdse-id/") and len(told["X-Amz-Signature"][0]) == 64


def test_the_signature_is_that_of_the_protocols_own_example():
    key = S3Key(identity="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", origin="")
    signed = presigned("https://examplebucket.s3.amazonaws.com/test.txt", key, datetime(2013, 5, 24, tzinfo=UTC), 86400,
                       "us-east-1")
    assert signed.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_crops_of_jpeg_2000_are_the_providers_own_pixels_and_keep_no_signature(space, archived_site, archive_source,
                                                                                tmp_path):
    source = archive_source(profile="copernicus")
    scenes = [one for one in source.find(archived_site, Span()) if isinstance(one, Scene)]
    assert len(scenes) == 3
    assert source.weigh(scenes[0]).hidden is not None
    path = tmp_path / "crop.tif"
    path.write_bytes(b"".join(source.open(scenes[0].asset("image"))))
    with rasterio.open(path) as crop, rasterio.open(
            space.files / space.items[0]["assets"]["B04_10m"]["href"].removeprefix("s3://files/")) as whole:
        window = rasterio.windows.from_bounds(*crop.bounds, transform=whole.transform)
        assert np.array_equal(crop.read(3), whole.read(1, window=window))
        assert "s3://files/" in crop.tags()["SITEWATCH_CUT_FROM"]
    kept = path.read_bytes() + b"".join(source.open(scenes[0].asset("metadata")))
    assert b"cdse" not in kept
    assert b"X-Amz" not in kept
    assert not any("amazon" in request.path for request in space.log)


def test_without_keys_the_search_says_where_to_get_them(space, archived_site, archive_source, monkeypatch):
    monkeypatch.delenv(COPERNICUS_KEYS[0])
    with pytest.raises(ProviderError, match=COPERNICUS_KEYS[0]):
        list(archive_source(profile="copernicus").find(archived_site, Span()))


def test_keys_come_from_our_variables_then_a_profile_of_their_own_and_never_from_amazons(keys, monkeypatch):
    assert copernicus_key().identity == "cdse-id"
    for name in COPERNICUS_KEYS:
        monkeypatch.delenv(name)
    assert copernicus_key() is None
    (keys / ".aws").mkdir()
    (keys / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = amazon\naws_secret_access_key = x\n"
        "[copernicus]\naws_access_key_id = mine\naws_secret_access_key = y\n")
    found = copernicus_key()
    assert (found.identity, found.origin) == ("mine", "the profile 'copernicus' of ~/.aws/credentials")
    told = {archive.name: archive.credential for archive in known_archives()}
    assert told["copernicus"] == found.origin
    assert "mine" not in repr(found)


def test_an_item_cannot_turn_the_keys_to_another_host(space, archived_site, archive_source):
    """An address that is not the archive's own is asked without a signature."""
    item = json.loads(json.dumps(space.items[0]))
    for name in _ASSETS.values():
        item["assets"][name]["href"] = f"{space.url}/files/elsewhere.jp2"
    space.items[:] = [item]
    source = archive_source(profile="copernicus")
    [scene] = [one for one in source.find(archived_site, Span()) if not isinstance(one, Refusal)]
    with pytest.raises(ProviderError):
        list(source.open(scene.asset("image")))
    assert not any("X-Amz" in request.path for request in space.log)
