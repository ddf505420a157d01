"""Static catalogues: files that link to each other, walked without leaving out a scene."""

from __future__ import annotations

import json

import pytest
from tests.loopback import Loopback

from sitewatch.errors import ProviderError
from sitewatch.geo import square_around, utm_grid
from sitewatch.model import Refusal, Scene, Site, Span
from sitewatch.sources import StacSource
from sitewatch.sources.conformance import broken_rules

_KEYS = ("blue", "green", "red", "nir", "scl")


@pytest.fixture
def catalogue(archive: Loopback) -> Loopback:
    """The archive's items as files: a root, in it a collection of the place and one of another, and the items."""
    def collection(name: str, bbox: list[float], links: list[dict]) -> None:
        archive.answers[f"/data/{name}/collection.json"] = lambda *_: (200, {
            "type": "Collection", "id": name, "license": "CC-BY-NC-4.0", "providers": [{"name": "Example Imaging"}],
            "extent": {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [["2022-01-01T00:00:00Z", None]]}},
            "links": links})

    for item in archive.items:
        for asset in item["assets"].values():
            asset["href"] = asset["href"].replace(archive.url, "../../..")
        archive.answers[f"/data/works/{item['id']}/item.json"] = lambda *_, item=item: (200, item)
    collection("works", [-34, 37, -32, 39], [{"rel": "item", "href": f"./{item['id']}/item.json"}
                                             for item in archive.items])
    collection("elsewhere", [10, 10, 11, 11], [{"rel": "item", "href": "./never.json"}])
    archive.answers["/data/catalog.json"] = lambda *_: (200, {
        "type": "Catalog", "id": "root", "links": [
            {"rel": "root", "href": "./catalog.json"}, {"rel": "child", "href": "./works/collection.json"},
            {"rel": "child", "href": "./elsewhere/collection.json"}, {"rel": "child", "href": "./catalog.json"}]})
    return archive


def _source(catalogue: Loopback) -> StacSource:
    return StacSource(url=f"{catalogue.url}/data/catalog.json", assets=_KEYS, allow_private=True)


def _found(source: StacSource, site, span: Span | None = None):
    offers = list(source.find(site, span or Span()))
    return [o for o in offers if isinstance(o, Scene)], {o.what: o.why for o in offers if isinstance(o, Refusal)}


def test_a_static_catalogue_keeps_to_the_rules(catalogue, archived_site, archive_source):
    assert broken_rules(_source(catalogue), archived_site) == []


def test_every_item_is_found_once_with_its_collections_licence_and_its_own_address(catalogue, archived_site,
                                                                                  archive_source):
    scenes, refused = _found(_source(catalogue), archived_site)
    assert refused == {}
    assert len(scenes) == len(catalogue.items)
    assert {scene.licence for scene in scenes} == {"CC-BY-NC-4.0"}
    assert scenes[0].asset("image").href == f"{catalogue.url}/data/works/{scenes[0].id}/item.json#image.tif"
    assert not [request for request in catalogue.log if "never" in request.path]
    assert [request.path for request in catalogue.log].count("/data/catalog.json") == 1


def test_a_file_that_does_not_come_is_told_and_the_rest_goes_on(catalogue, archived_site, archive_source):
    gone = catalogue.items[2]["id"]
    catalogue.answers[f"/data/works/{gone}/item.json"] = lambda *_: (404, {})
    catalogue.answers[f"/data/works/{catalogue.items[3]['id']}/item.json"] = lambda *_: (200, [])
    scenes, refused = _found(_source(catalogue), archived_site)
    assert len(scenes) == len(catalogue.items) - 2
    assert sorted(why.split(":")[0] for why in refused.values()) == [
        "not a STAC catalogue, collection or item", "what it links to is not known"]
    catalogue.answers["/data/catalog.json"] = lambda *_: (404, {})
    with pytest.raises(ProviderError, match="status 404"):
        _found(_source(catalogue), archived_site)


def test_a_link_out_of_the_web_is_not_followed(catalogue, archived_site, archive_source):
    root = catalogue.answers["/data/catalog.json"]("GET", {}, None)[1]
    root = json.loads(json.dumps(root))
    hrefs = ("file:///etc/passwd", "s3://b/c.json", "//[", 5, None)
    root["links"] += [{"rel": "child", "href": href} for href in hrefs]
    catalogue.answers["/data/catalog.json"] = lambda *_: (200, root)
    scenes, refused = _found(_source(catalogue), archived_site)
    assert len(scenes) == len(catalogue.items)
    assert all("may be asked" in why for why in refused.values())
    assert len(refused) == 2


@pytest.mark.parametrize(("lon", "is_inside"), [(179.0, True), (179.999, True), (-179.0, True), (0.0, False),
                                                (-160.0, False)])
@pytest.mark.parametrize("bbox", [[170, 50, -170, 54], [170, 50, 0, -170, 54, 9000]])
def test_a_collection_across_the_antimeridian_is_entered_on_both_sides_of_it(catalogue, bbox, lon, is_inside):
    catalogue.answers["/data/catalog.json"] = lambda *_: (200, {
        "type": "Collection", "id": "sea", "links": [{"rel": "item", "href": "./inside.json"}],
        "extent": {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [[None, None]]}}})
    area = square_around(52.0, lon, 1000)
    _found(_source(catalogue), Site(slug="sea", names=(), area=area, grid=utm_grid(area, 10.0)))
    assert ("/data/inside.json" in [request.path for request in catalogue.log]) == is_inside
