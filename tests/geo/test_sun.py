"""Where the sun stands: what anybody knows of it, and what Planet recorded for real scenes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pyproj import Geod
from shapely.geometry import shape
from tests.shared import SHARED, needs

from sitewatch.geo import sun_at

_EQUINOX = datetime(2024, 3, 20, 3, 6, 21, tzinfo=UTC)
_NOON_LON = 135.26       # where it is then noon by the sun: 12 h less 3:06:21, and 7:25 for the equation of time
_SOLSTICE_NOON = datetime(2024, 6, 20, 12, 1, 45, tzinfo=UTC)   # at Greenwich
_TILT = 23.44            # of the Earth's axis: the declination at the June solstice
_METADATA = "data/planet_stac_metadata"
_HEIGHT_M = 475_000      # of PlanetScope's orbits
_GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize("lat", [10.0, 35.0, 51.5, 70.0])
def test_at_noon_of_the_equinox_the_sun_stands_in_the_south_at_90_degrees_less_the_latitude(lat):
    assert sun_at(_EQUINOX, _NOON_LON, lat) == pytest.approx((180.0, 90.0 - lat), abs=0.05)


@pytest.mark.parametrize("lat", [35.0, 51.5, 66.0])
def test_at_noon_of_the_solstice_the_tilt_of_the_earth_comes_on_top(lat):
    azimuth, elevation = sun_at(_SOLSTICE_NOON, 0.0, lat)
    assert (azimuth, elevation) == pytest.approx((180.0, 90.0 - lat + _TILT), abs=0.05)


@pytest.mark.parametrize("lat", [-10.0, -33.9, -60.0])
def test_in_the_southern_hemisphere_the_noon_sun_stands_in_the_north(lat):
    azimuth, elevation = sun_at(_EQUINOX, _NOON_LON, lat)
    assert (math.remainder(azimuth, 360.0), elevation) == pytest.approx((0.0, 90.0 + lat), abs=0.05)


def test_the_sun_rises_in_the_east_and_sets_in_the_west_on_the_day_of_the_equinox():
    for hours, quarter in ((-6, 90.0), (6, 270.0)):
        moment = _EQUINOX + timedelta(hours=hours)
        assert sun_at(moment, _NOON_LON, 40.0) == pytest.approx((quarter, 0.0), abs=0.2)


def test_noon_comes_one_hour_later_for_each_15_degrees_to_the_west():
    for hours in range(21):
        moment, lon = _EQUINOX + timedelta(hours=hours), _NOON_LON - 15 * hours
        assert sun_at(moment, lon, 50.0)[0] == pytest.approx(180.0, abs=0.15)


def test_at_night_the_elevation_is_negative():
    assert sun_at(_EQUINOX + timedelta(hours=12), _NOON_LON, 40.0)[1] == pytest.approx(-50.0, abs=0.3)


def test_one_moment_has_one_sun_whatever_clock_it_is_told_by():
    kabul = _EQUINOX.astimezone(timezone(timedelta(hours=4, minutes=30)))
    assert sun_at(kabul, 69.2, 34.5) == sun_at(_EQUINOX, 69.2, 34.5)


def test_a_time_without_a_zone_is_no_moment():
    with pytest.raises(ValueError, match="no time zone"):
        sun_at(datetime(2024, 3, 20, 12), 0.0, 0.0)


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 91.0), (200.0, 0.0), (math.nan, 0.0), (0.0, math.inf)])
def test_a_place_off_the_earth_has_no_sun(lon, lat):
    with pytest.raises(ValueError, match="not a place on the Earth"):
        sun_at(_EQUINOX, lon, lat)


@pytest.fixture(scope="module")
def planet_scenes() -> list[Mapping[str, Any]]:
    """PSScene items as Planet serves them: winter over northern Italy and over the Gulf."""
    folder = SHARED / _METADATA
    scenes = json.loads((folder / "milan_scenes_jan2025.json").read_text())["features"]
    singles = sorted((folder / "planet-client-python").glob("data_item_*.json"))
    scenes += [json.loads(path.read_text()) for path in singles]
    return [scene for scene in scenes if scene["properties"]["item_type"] == "PSScene"]


class TestRealScenes:
    """What Planet recorded is rounded to 0.1 degrees."""

    pytestmark = needs(_METADATA)

    def test_at_the_scenes_centre_the_sun_stands_as_recorded_within_0_7_and_0_35_degrees(self, planet_scenes):
        assert len(planet_scenes) > 200
        for scene in planet_scenes:
            centre = shape(scene["geometry"]).centroid
            _agrees(scene, centre.x, centre.y, within=(0.7, 0.35))

    def test_below_the_satellite_the_sun_stands_as_recorded_within_0_15_degrees(self, planet_scenes):
        """What is left at the centre is Planet's: its angles hold below the satellite, up to 40 km from the scene."""
        for scene in planet_scenes:
            centre, said = shape(scene["geometry"]).centroid, scene["properties"]
            aside_m = _HEIGHT_M * math.tan(math.radians(abs(said["view_angle"])))
            lon, lat, _ = _GEOD.fwd(centre.x, centre.y, said["satellite_azimuth"], aside_m)
            _agrees(scene, lon, lat, within=(0.15, 0.15))


def _agrees(scene: Mapping[str, Any], lon: float, lat: float, within: tuple[float, float]) -> None:
    said = scene["properties"]
    azimuth, elevation = sun_at(datetime.fromisoformat(said["acquired"]), lon, lat)
    assert azimuth == pytest.approx(said["sun_azimuth"], abs=within[0]), scene["id"]
    assert elevation == pytest.approx(said["sun_elevation"], abs=within[1]), scene["id"]
