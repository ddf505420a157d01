"""The rules that every source keeps to, and that the check of them can fail."""

from __future__ import annotations

import dataclasses

import pytest

from sitewatch.errors import ProviderError
from sitewatch.model import Asset, Refusal, Scene, Span, Weight
from sitewatch.sources import FolderSource, SimulatedSource
from sitewatch.sources.conformance import broken_rules
from sitewatch.sources.simulated import built_in_world, site_of


def test_a_folder_keeps_to_the_rules(tmp_path, geotiff, site):
    for day in (1, 5, 9):
        geotiff(tmp_path / f"2024-03-0{day}.tif")
    assert broken_rules(FolderSource(tmp_path), site) == []


def test_a_folder_of_pictures_keeps_to_the_rules(tmp_path, picture, plane):
    for day in (1, 5, 9):
        picture(tmp_path / f"2024-03-0{day}.png")
    assert broken_rules(FolderSource(tmp_path, gsd_m=3.0), plane) == []


def test_a_simulated_world_keeps_to_the_rules():
    assert broken_rules(SimulatedSource("estate"), site_of(built_in_world("estate"))) == []


def test_an_archive_keeps_to_the_rules(archive, archived_site, archive_source):
    assert broken_rules(archive_source(), archived_site) == []


class Broken:
    """A folder with one fault."""

    def __init__(self, source: FolderSource, fault: str) -> None:
        self._source, self._fault, self._searches = source, fault, 0

    @property
    def name(self) -> str:
        return "" if self._fault == "name" else self._source.name

    def find(self, site, span):
        self._searches += 1
        asked = Span() if self._fault == "span" else span
        for offer in self._source.find(site, asked):
            yield self._changed(offer) if isinstance(offer, Scene) else offer
        if self._fault == "refusal":
            yield Refusal(what="x", why=" ")

    def _changed(self, scene):
        faults = {"id": {"id": "../x"}, "sensor": {"sensor": "lidar"}, "double": {"id": "same"},
                  "search": {"gsd_m": float(self._searches)}, "bands": {"sensor": "grey"},
                  "secret": {"assets": (Asset(role="image", href="https://a.b/c.tif?sig=1"),)},
                  "time": {"taken": scene.taken.replace(tzinfo=None)}}
        return dataclasses.replace(scene, **faults.get(self._fault, {}))

    def open(self, asset):
        if asset.href.startswith(".."):
            if self._fault == "stranger":
                yield b"anything"
                return
            raise ProviderError("not mine")
        blocks = b"".join(self._source.open(asset))
        yield blocks + bytes([self._searches]) if self._fault != "again" else blocks + str(id(object())).encode()
        if self._fault == "again":
            self._searches += 1
            yield str(self._searches).encode()


@pytest.mark.parametrize(("fault", "told"), [
    ("name", "not a short printable word"), ("id", "cannot name a file"), ("sensor", "not among SENSORS"),
    ("double", "have one id"), ("search", "a second search gives other scenes"), ("bands", "bands, its sensor 1"),
    ("secret", "holds a signature"), ("refusal", "does not say what"), ("stranger", "that it never offered"),
    ("again", "other bytes when it is opened again"), ("span", "from a later day on")])
def test_a_broken_rule_is_told(tmp_path, geotiff, site, fault, told):
    for day in (1, 5, 9):
        geotiff(tmp_path / f"2024-03-0{day}.tif")
    assert any(told in rule for rule in broken_rules(Broken(FolderSource(tmp_path), fault), site))


def test_an_archive_that_weighs_wrongly_is_told(archive, archived_site, archive_source):
    source = archive_source()
    source.weigh = lambda scene: Weight(hidden=1.5)
    assert any("share from 0 to 1" in rule for rule in broken_rules(source, archived_site))
