"""What providers, and those who pretend to be one, may answer: each costs its own scene, and says what it was."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from affine import Affine
from shapely.geometry import mapping
from tests.archive import cog

from sitewatch.errors import AreaError, ProviderError
from sitewatch.geo import square_around, utm_grid
from sitewatch.model import Refusal, Scene, Site, Span
from sitewatch.sources._web import Policy, Web


@pytest.fixture
def web(archive):
    return Web("works", Policy(tries=2, first_wait_s=0.001, allow_private=True))


def _found(source, site):
    offers = list(source.find(site, Span()))
    return [one for one in offers if isinstance(one, Scene)], {one.what: one.why for one in offers
                                                               if isinstance(one, Refusal)}


class _Lying:
    """Answers one request with whatever it is told to."""

    def __init__(self, monkeypatch, head, body, status=206):
        self.head, self.body, self.status = head, body, status
        monkeypatch.setattr("requests.Session.request", self._request)

    def _request(self, *_, **__):
        return _Answer(self.head, self.body, self.status)


class _Answer:
    is_redirect = False

    def __init__(self, head, body, status):
        self.headers, self._body, self.status_code = head, body, status

    def iter_content(self, size):
        yield from (self._body[at:at + size] for at in range(0, len(self._body), size))

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize(("head", "body", "told"), [
    ({"content-range": "bytes 0-9/100", "content-length": "10"}, b"12345", "5 of 10 bytes arrived"),
    ({"content-range": "bytes 0-9/100", "content-length": "10"}, b"1" * 5000, "more than the 10 bytes"),
    ({"content-range": "bytes 5-14/100"}, b"1" * 10, "where 0 to 9 were asked for"),
    ({"content-range": "bytes 0-9/5"}, b"1" * 10, "of 5 came"),
    ({"content-range": "bytes 0-9/*"}, b"1" * 10, "does not send parts"),
    ({"content-range": "bytes 9-0/100"}, b"", "where 0 to 9 were asked for"),
    ({}, b"1" * 10, "does not send parts")])
def test_a_length_that_is_a_lie_is_found_out(web, monkeypatch, head, body, told):
    _Lying(monkeypatch, head, body)
    with pytest.raises(ProviderError, match="works") as caught:
        web.part("http://127.0.0.1/x.tif", 0, 10)
    assert told in str(caught.value)


def test_an_answer_that_swells_when_it_is_unpacked_is_left_off(archive, web, monkeypatch):
    web.policy = replace(web.policy, largest_bytes=1_000_000)
    packed = gzip.compress(b'{"x": "' + b"0" * 50_000_000 + b'"}')
    assert len(packed) < 100_000
    monkeypatch.setattr("tests.loopback._Handler._send_json", lambda self, status, answer, is_cut: self._send(
        200, packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"}))
    archive.answers["/big"] = lambda *_: (200, {})
    with pytest.raises(ProviderError, match="more than the 1000000 bytes"):
        web.json("GET", f"{archive.url}/big")
    assert web.received < 3_000_000


def test_an_image_whose_blocks_swell_is_not_opened(archive, archived_site, archive_source):
    item, grid = archive.items[0], archived_site.grid
    cog(archive.files / "bomb.tif", np.zeros((1, 16_384, 16_384), np.uint16) + 1,
        grid.affine @ Affine.translation(-100, -100), grid.crs, 16_384)
    for key in ("blue", "green", "red", "nir"):
        item["assets"][key]["href"] = f"{archive.url}/files/bomb.tif"
    source = archive_source()
    scene = _found(source, archived_site)[0][0]
    with pytest.raises(ProviderError, match="too large to be opened safely"):
        list(source.open(scene.asset("image")))


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_has_expired_is_told_with_the_provider_and_the_next_step(archive, archived_site, archive_source,
                                                                            status):
    source = archive_source()
    scenes, _ = _found(source, archived_site)
    folder = archive.items[0]["assets"]["red"]["href"].removeprefix(archive.url).rpartition("/")[0]
    archive.gate = lambda path: status if path.startswith(folder) else None
    with pytest.raises(ProviderError, match=r"earth-search refuses .*Check the credentials that docs/sources.md names"):
        list(source.open(scenes[0].asset("image")))
    assert list(source.open(scenes[1].asset("image")))


@pytest.mark.parametrize("lon", [179.995, -179.995])
def test_a_site_on_the_antimeridian_is_found_in_scenes_that_wrap_around_it(archive, archive_source, lon):
    area = square_around(52.0, lon, 1000)
    site = Site(slug="sea", names=(), area=area, grid=utm_grid(area, 10.0))
    item = json.loads(json.dumps(archive.items[0]))
    round_the_world = {"type": "Polygon", "coordinates": [[[-179.5, 51], [179.4, 51], [179.4, 53], [-179.5, 53],
                                                           [-179.5, 51]]]}
    both = {"type": "MultiPolygon", "coordinates": [
        [[[179.4, 51], [180, 51], [180, 53], [179.4, 53], [179.4, 51]]],
        [[[-180, 51], [-179.5, 51], [-179.5, 53], [-180, 53], [-180, 51]]]]}
    for number, geometry in enumerate((round_the_world, both, mapping(area))):
        archive.items[:] = [item | {"id": f"wrapped-{number}", "geometry": geometry}]
        assert [scene.id for scene in _found(archive_source(), site)[0]] == [f"wrapped-{number}"]


def test_a_site_at_the_pole_says_that_it_has_no_zone():
    with pytest.raises(AreaError):
        utm_grid(square_around(89.9, 0.0, 1000), 10.0)


def test_a_time_without_a_zone_or_beyond_the_calendar_is_not_guessed(archive, archived_site, archive_source):
    first, second = archive.items[:2]
    first["properties"]["datetime"] = "2023-02-30T00:00:00Z"
    second["properties"]["datetime"] = "2023-02-03T01:02:03"
    scenes, refused = _found(archive_source(), archived_site)
    assert "which is none" in refused[first["id"]]
    assert next(one for one in scenes if one.id == second["id"]).taken == datetime(2023, 2, 3, 1, 2, 3, tzinfo=UTC)
