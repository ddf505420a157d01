"""The same way from a place to its images, against the archives themselves: `pytest tests/online --online`."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sitewatch.case import Case, NewCase
from sitewatch.fetching import Limits, fetch
from sitewatch.geo import square_around
from sitewatch.model import Scene, Site, Span
from sitewatch.sources import PlanetSource, StacSource
from sitewatch.sources.archives import known_archives, place
from sitewatch.sources.conformance import broken_rules
from sitewatch.sources.stac import PROFILES

pytestmark = pytest.mark.online

_AT = (39.9202, 127.6571)   # the plant near Hamhung
_WEEKS = Span(start=datetime(2023, 5, 1, tzinfo=UTC), end=datetime(2023, 6, 15, tzinfo=UTC))
_EVERY = [(name, sensor) for name, profile in PROFILES.items() for sensor in profile.products]


@pytest.mark.parametrize(("name", "sensor"), _EVERY)
def test_an_archive_keeps_to_the_rules(name, sensor):
    _skip_without_key(name)
    area = square_around(*_AT, 3000)
    site = Site(slug="hamhung", names=(), area=area, grid=place(area, name, sensor).grid)
    assert broken_rules(StacSource(profile=name, sensor=sensor), site, _WEEKS) == []


@pytest.mark.parametrize(("name", "sensor"), _EVERY)
def test_a_scene_tells_when_it_was_taken_whose_it_is_and_how_the_sun_stood(name, sensor):
    _skip_without_key(name)
    area = square_around(*_AT, 3000)
    site = Site(slug="hamhung", names=(), area=area, grid=place(area, name, sensor).grid)
    scenes = [one for one in StacSource(profile=name, sensor=sensor).find(site, _WEEKS) if isinstance(one, Scene)]
    assert scenes
    assert all(scene.licence and scene.attribution and scene.sun_elevation_deg for scene in scenes)


@pytest.mark.parametrize("sensor", ["planetscope-4", "planetscope-8", "skysat"])
def test_planets_scenes_are_found_and_weighed_and_nothing_is_ordered(sensor):
    _skip_without_key("planet")
    area = square_around(*_AT, 3000)
    site = Site(slug="hamhung", names=(), area=area, grid=place(area, "planet", sensor).grid)
    source = PlanetSource(sensor)
    offers = list(source.find(site, _WEEKS))
    assert offers or sensor == "skysat"
    for scene in [one for one in offers if isinstance(one, Scene)][:3]:
        weight = source.weigh(scene)
        assert weight.cost is None or 0 < weight.cost < 12
        assert weight.hidden is None or 0 <= weight.hidden <= 1


def test_a_fetch_of_few_scenes_is_held_within_its_limits_and_not_repeated(tmp_path):
    case = Case.new(tmp_path / "hamhung", NewCase(area=square_around(*_AT, 3000)))
    plan = fetch(case, span=_WEEKS, limits=Limits(max_scenes=3, max_mb=60))
    assert plan.lost == ()
    assert 0 < sum(row.is_kept for row in plan.rows) <= 3
    assert plan.received < 60e6
    assert fetch(Case.open(case.folder), span=_WEEKS, limits=Limits(max_scenes=3)).to_fetch == ()


def test_a_users_whole_way_from_a_place_to_a_report(tmp_path):
    """The commands of the first page, of one open archive that wants no account."""
    few = ("--since", "2023-01-01", "--until", "2024-01-01", "--max-scenes", "8", "--max-mb", "200")
    new = _sitewatch(tmp_path, "new", "hamhung", "--at", f"{_AT[0]},{_AT[1]}", "--size", "1500")
    look = _sitewatch(tmp_path, "fetch", "hamhung", "--source", "earth-search", *few, "--dry-run", "--json")
    assert (new.returncode, look.returncode) == (0, 0), f"{new.stderr}{look.stderr}"
    assert not (tmp_path / "hamhung" / "pixels").exists()
    plan = json.loads(look.stdout)
    assert 0 < plan["to_fetch"] <= 8
    fetched = _sitewatch(tmp_path, "fetch", "hamhung", "--source", "earth-search", *few)
    assert fetched.returncode == 0, fetched.stderr
    assert len(list(tmp_path.glob("hamhung/pixels/*/image.tif"))) == plan["to_fetch"]
    ran = _sitewatch(tmp_path, "run", "hamhung")
    assert ran.returncode in (0, 10), ran.stderr   # 10: changes were found
    assert "Contains modified Copernicus Sentinel data" in (tmp_path / "hamhung/report/index.html").read_text()


def _sitewatch(here, *words):
    return subprocess.run([sys.executable, "-m", "sitewatch.cli", *words], cwd=here, capture_output=True, text=True,
                          check=False)


def _skip_without_key(name):
    told = next(archive.credential for archive in known_archives() if archive.name == name)
    if told.startswith("none: "):
        pytest.skip(f"{name} is asked with {told}")
