"""What items say of their scenes: when they were taken, whose they are, which file is which, and what is missing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from shapely import box
from shapely.geometry import mapping, shape
from tests.archive import COLLECTION

from sitewatch.model import Refusal, Scene, Span


def _found(source, site, span=None):
    offers = list(source.find(site, span or Span()))
    return [o for o in offers if isinstance(o, Scene)], {o.what: o.why for o in offers if isinstance(o, Refusal)}


_FAULTS = {
    "no geometry": ({"geometry": None}, "no geometry that can be used.*Ask the archive to correct it, or lay"),
    "an empty geometry": ({"geometry": {"type": "Polygon", "coordinates": []}}, "no geometry.*Ask the archive"),
    "elsewhere": ({"geometry": mapping(box(10, 10, 11, 11))}, "does not reach the site"),
    "no assets": ({"assets": {}}, r"names no file for blue, green, red, nir\. Ask the archive"),
    "assets that are a list": ({"assets": []}, "names no file for blue.*Ask the archive"),
    "other assets": ({"assets": {"B02": {"href": "x.tif"}, "TCI": {}}}, "as `assets` of the source: B02, TCI"),
    "radar": ({"properties": {"datetime": "2023-02-03T01:02:03Z", "sar:frequency_band": "X"}},
              "taken by radar on 2023-02-03: .*Look at it with other tools"),
}


@pytest.mark.parametrize("name", _FAULTS)
def test_an_item_that_cannot_be_a_scene_is_refused_and_the_rest_goes_on(archive, archived_site, archive_source, name):
    change, told = _FAULTS[name]
    archive.items[1] |= change
    scenes, refused = _found(archive_source(), archived_site)
    assert len(scenes) == len(archive.items) - 1
    assert re.search(told, refused[archive.items[1]["id"]])


def test_an_item_without_a_time_is_refused_with_what_to_do(archive, archived_site, archive_source):
    archive.items[0]["properties"]["datetime"] = None
    archive.items[1]["properties"]["datetime"] = "yesterday"
    scenes, refused = _found(archive_source(), archived_site)
    assert len(scenes) == len(archive.items) - 2
    assert re.search("no time of its taking. Ask the archive", refused[archive.items[0]["id"]])
    assert re.search("'yesterday', which is none. Ask the archive", refused[archive.items[1]["id"]])


@pytest.mark.parametrize(("seconds", "is_one_look"), [(0, True), (14, True), (61, False), (86_400, False), (-5, False)])
def test_a_recording_is_dated_by_its_middle_only_where_it_is_one_look(archive, archived_site, archive_source, seconds,
                                                                      is_one_look):
    start, said = datetime(2023, 2, 3, 1, 2, 3, tzinfo=UTC), archive.items[0]["properties"]
    end = start + timedelta(seconds=seconds)
    said |= {"datetime": None, "start_datetime": start.isoformat(), "end_datetime": end.isoformat()}
    scenes, refused = _found(archive_source(), archived_site)
    if is_one_look:
        assert start + (end - start) / 2 in {scene.taken for scene in scenes}
    else:
        assert re.search("only the time from 2023-02-03 01:02:03 to .* at which moment.*Ask the archive",
                         refused[archive.items[0]["id"]])


def test_when_an_item_was_published_is_kept_apart_from_when_it_was_taken(archive, archived_site, archive_source):
    archive.items[0]["properties"]["published"] = "2024-02-03T04:05:06Z"
    first, second = _found(archive_source(), archived_site)[0][:2]
    assert first.published == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert first.taken == datetime.fromisoformat(archive.items[0]["properties"]["datetime"])
    assert second.published is None


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_api_that_is_not_searched_by_post_is_searched_by_get(archive, archived_site, archive_source, status):
    asked = []

    def search(method, headers, body):
        if method == "POST":
            return status, {}
        asked.append({key: one for key, (one,) in parse_qs(headers["query"]).items()})
        at = int(asked[-1].get("at", 0))
        links = [{"rel": "next", "href": f"{archive.url}/search?at={at + 5}"}] if at + 5 < len(archive.items) else []
        return 200, {"type": "FeatureCollection", "features": archive.items[at:at + 5], "links": links}

    archive.answers["/search"] = search
    span = Span(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2030, 1, 1, tzinfo=UTC))
    assert len(_found(archive_source(), archived_site, span)[0]) == len(archive.items)
    assert (asked[0]["collections"], asked[0]["datetime"]) == (
        "sentinel-2-l2a", "2020-01-01T00:00:00Z/2030-01-01T00:00:00Z")
    assert shape(json.loads(asked[0]["intersects"])).equals(archived_site.area)
    assert len([request for request in archive.log if request.method == "POST"]) == 1


def test_a_licence_is_the_items_own_or_the_collections_or_the_one_known_of_the_images(archive, archived_site,
                                                                                     archive_source):
    unknown = archive_source(profile=None, collection="sentinel-2-l2a", assets=("blue", "green", "red", "nir", "scl"))
    assert {one.licence for one in _found(unknown, archived_site)[0]} == {COLLECTION["links"][0]["href"]}
    archive.items[0]["properties"]["license"] = "CC-BY-4.0"
    archive.items[1]["properties"]["license"] = "proprietary"
    assert [one.licence for one in _found(archive_source(), archived_site)[0]][:2] == ["CC-BY-4.0",
                                                                                     "Copernicus-Sentinel"]
    archive.collections.clear()
    scenes, refused = _found(archive_source(), archived_site)
    assert scenes[2].licence == "Copernicus-Sentinel"
    assert "its licence could not be read" in refused["earth-search sentinel-2-l2a"]


def test_the_items_own_link_to_a_licence_counts_and_the_legal_notice_keeps_its_name(archive, archived_site,
                                                                                     archive_source):
    link = "https://example.org/terms"
    archive.items[0]["links"] = [{"rel": "license", "href": link}]
    archive.items[1]["links"] = [{"rel": "license", "href": "https://sentinel.esa.int/documents/legal-notice"}]
    archive.items[2]["links"] = [{"rel": "license", "href": "http://example.org/not-safe"}, {"rel": "license"}, 3]
    assert [one.licence for one in _found(archive_source(), archived_site)[0]][:3] == [
        link, "Copernicus-Sentinel", "Copernicus-Sentinel"]


def test_whom_an_item_names_is_credited_by_role_before_the_line_that_the_images_provider_asks_for(
        archive, archived_site, archive_source):
    host, maker, owner = ({"name": name, "roles": [role]} for name, role in (
        ("A Cloud", "host"), ("A Maker", "producer"), ("An Owner", "licensor")))
    plain = {"name": "A Firm"}
    for number, providers in enumerate(([host, maker, owner], [host, maker], [host, plain], [host], [{"roles": 5}, 7])):
        archive.items[number]["properties"]["providers"] = providers
    scenes = _found(archive_source(), archived_site)[0][:5]
    assert [scene.attribution.rpartition("Contains modified Copernicus Sentinel data")[0] for scene in scenes] == [
        "An Owner; ", "A Maker; ", "A Firm; ", "", ""]
    other = archive_source(sensor="picture", profile=None, collection="sentinel-2-l2a")
    assert [one.attribution for one in _found(other, archived_site)[0]][:4] == ["An Owner", "A Maker", "A Firm", None]
