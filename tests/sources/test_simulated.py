"""A simulated world: the same bytes every time, and its truth is what its images show."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile

from sitewatch.errors import ProviderError, UsageError
from sitewatch.geo import area_m2, coverage, sun_at, to_lonlat
from sitewatch.model import SENSORS, Asset, Refusal, Scene, Span
from sitewatch.sources import SimulatedSource
from sitewatch.sources.simulated import World, read_world, site_of, truth_of
from sitewatch.sources.simulated._buildings import Hall
from sitewatch.sources.simulated._cameras import CAMERAS
from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._light import shadow_tops
from sitewatch.sources.simulated._looks import Look, looks_of
from sitewatch.sources.simulated._outdoors import Patch
from sitewatch.sources.simulated._plan import Frame, Rect, Texture
from sitewatch.sources.simulated._render import hidden_in, render, render_mask
from sitewatch.sources.simulated._surfaces import spectrum
from sitewatch.sources.simulated._things import Layer, Moment, Placed
from sitewatch.sources.simulated._world import LONGITUDE_DEG, Climate, Series

_WORLD = read_world("estate")
_SITE = site_of(_WORLD)
_SCENES = [offer for offer in SimulatedSource().find(_SITE, Span()) if isinstance(offer, Scene)]
_LOOKS = looks_of(_WORLD, 0)
_TRUTH = truth_of(_WORLD)
_OBJECTS = {thing.id: thing for thing in _TRUTH.objects}


def _utc(year: int, month: int, day: int, hour: int = 13) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@functools.cache
def _seen(number: int) -> np.ndarray:
    """(band, y, x) reflectance of a look of the estate."""
    return render(_WORLD, 0, _LOOKS[number]) * np.float32(1e-4)


def _clear(first: datetime, last: datetime) -> list[int]:
    return [i for i, view in enumerate(_TRUTH.views) if first <= view.taken < last and view.outside_swath_share == 0
            and view.cloud_share + view.cloud_shadow_share < 0.02]


def _bare(*things: Placed, sensor: str = "planetscope-4", size_m: float = 240.0, **more: object) -> World:
    """A small world without weather and with nothing but these things."""
    series = Series(sensor=sensor, start=_utc(2023, 1, 1), end=_utc(2024, 1, 1), every_days=15, max_cloud=1)
    told = {"name": "bare", "title": "Bare", "about": "", "question": "", "latitude": 40.0, "land": "dry",
            "size_m": (size_m, size_m), "series": (series,), "climate": Climate(cloud=0.0, haze=0.0), "things": things}
    return World(**(told | more))  # type: ignore[arg-type]


def _exact(sensor: str) -> None:
    """A camera without misplacement and noise under the same name: see the fixture ``perfect``."""
    camera = CAMERAS[sensor]
    CAMERAS[sensor] = replace(camera, shift_px=0.0, stretch_px=0.0, warp_px=0.0, band_px=0.0, noise=(0.0, 0.0),
                              stripes=0.0, gain=0.0, off_nadir_deg=0.0)


@pytest.fixture
def perfect(monkeypatch: pytest.MonkeyPatch):
    """Cameras that place every scene exactly and add no noise."""
    monkeypatch.setattr("sitewatch.sources.simulated._sensor._EDGE_OF_SWATH", 0.0)
    before = dict(CAMERAS)
    for sensor in before:
        _exact(sensor)
    yield
    CAMERAS.update(before)


# As a source

def test_looks_come_in_order_of_time_about_as_often_as_asked():
    taken = [scene.taken for scene in _SCENES]
    assert taken == sorted(set(taken))
    assert 30 <= len(taken) <= 36
    assert all(19 < (b - a).total_seconds() / 86400 < 50 for a, b in zip(taken, taken[2:], strict=False))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    for asset in _SCENES[5].assets:
        once, again = (b"".join(SimulatedSource(seed=0).open(asset)) for _ in range(2))
        assert once == again
    other = next(offer for offer in SimulatedSource(seed=1).find(_SITE, Span()) if isinstance(offer, Scene))
    assert other.taken != _SCENES[0].taken
    assert not np.array_equal(render(_WORLD, 1, looks_of(_WORLD, 1)[0]), render(_WORLD, 0, _LOOKS[0]))


def test_only_looks_within_the_span_are_offered():
    span = Span(start=_SCENES[4].taken, end=_SCENES[9].taken)
    assert [offer.id for offer in SimulatedSource().find(_SITE, span)] == [scene.id for scene in _SCENES[4:9]]


def test_a_real_place_gets_no_simulated_image(site):
    offers = list(SimulatedSource().find(site, Span()))
    assert [isinstance(offer, Refusal) for offer in offers] == [True]


def test_an_asset_that_was_not_offered_is_not_rendered():
    with pytest.raises(ProviderError, match="not an asset"):
        list(SimulatedSource(seed=3).open(_SCENES[0].assets[0]))
    with pytest.raises(ProviderError, match="not an asset"):
        list(SimulatedSource().open(Asset(role="image", href="simulated:estate/0/sim-1_SR.tif")))


def test_an_unknown_world_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="There are: estate, february-11"):
        SimulatedSource(world="atlantis")


def test_every_scene_says_that_it_is_simulated_in_its_record_and_in_its_file():
    assert all(scene.is_simulated for scene in _SCENES)
    with MemoryFile(b"".join(SimulatedSource().open(_SCENES[0].assets[0]))) as file, file.open() as image:
        assert image.tags()["TIFFTAG_IMAGEDESCRIPTION"].startswith("simulated by sitewatch")


@pytest.mark.parametrize("name", ["estate", "february-11"])
def test_worlds_lie_where_nobody_lives(name):
    lon, lat = site_of(read_world(name)).area.centroid.coords[0]
    assert lon == pytest.approx(LONGITUDE_DEG, abs=0.01)
    assert lat == pytest.approx(read_world(name).latitude, abs=0.01)


# As its sensors deliver

@pytest.mark.parametrize(("sensor", "mask_bands"), [("planetscope-4", 8), ("planetscope-8", 8), ("skysat", 8),
                                                    ("sentinel-2", 1), ("landsat", 1)])
def test_each_sensor_delivers_its_bands_on_its_own_pixels(sensor, mask_bands):
    world = _bare(sensor=sensor, size_m=240.0)
    look, profile = looks_of(world, 0)[0], SENSORS[sensor]
    side = int(240 / profile.gsd_m)
    pixels, mask = render(world, 0, look), render_mask(world, 0, look)
    assert (pixels.dtype, pixels.shape) == (np.uint16, (len(profile.bands), side, side))
    assert mask.shape == (mask_bands, side, side)
    seen = (pixels.astype(np.float64) + profile.offset) * profile.scale
    assert 0.02 < np.median(seen) < 0.6


def test_fewer_bits_give_coarser_steps_and_a_picture_for_display():
    world = _bare()
    look = looks_of(world, 0)[0]
    full, coarse, shown = (render(world, 0, replace(look, bits=bits)) for bits in (16, 12, 8))
    assert len(np.unique(coarse)) < len(np.unique(full)) / 2
    assert np.abs(coarse.astype(int) - full).max() <= 2
    assert (shown.dtype, shown.shape) == (np.uint8, (3, 80, 80))


def test_revisits_and_clouds_are_those_of_the_sensor_and_the_climate():
    series = Series(sensor="sentinel-2", start=_utc(2020, 1, 1), end=_utc(2024, 1, 1), every_days=2, max_cloud=1)
    looks = looks_of(_bare(series=(series,), climate=Climate(cloud=0.5, wettest=7)), 0)
    gaps = np.diff([look.taken.timestamp() for look in looks]) / 86400
    assert np.median(gaps) == pytest.approx(CAMERAS["sentinel-2"].revisit_days, abs=0.1)
    cloud = np.array([look.cloud for look in looks])
    assert cloud.mean() == pytest.approx(0.5, abs=0.05)
    assert (cloud < 0.1).mean() > 0.2      # mostly nothing or all, as over real sites
    assert (cloud > 0.9).mean() > 0.2
    wet = np.array([look.taken.month in (6, 7, 8) for look in looks])
    assert cloud[wet].mean() > cloud[~wet].mean() + 0.1


def test_masks_find_most_of_the_cloud_but_not_everything():
    number = max((i for i, view in enumerate(_TRUTH.views) if view.cloud_share < 0.6),
                 key=lambda i: _TRUTH.views[i].cloud_share)
    mask, hidden = render_mask(_WORLD, 0, _LOOKS[number]), hidden_in(_WORLD, _LOOKS[number])
    inside = np.arange(200)[None] >= hidden.placing.seen_from + 2
    assert mask[0][(hidden.cloud > 0.7) & inside].mean() < 0.02
    thin = (hidden.cloud > 0.1) & (hidden.cloud < 0.3) & inside
    assert mask[0][thin].mean() > 0.2
    assert mask[0].mean() > 0.2


def test_masks_of_other_providers_say_the_same():
    world = _bare(sensor="sentinel-2", size_m=600.0, climate=Climate(cloud=0.5))
    look = max(looks_of(world, 0), key=lambda look: look.cloud * (look.cloud < 0.7))
    codes, cloud = render_mask(world, 0, look)[0], hidden_in(world, look).cloud
    assert set(np.unique(codes)) <= {0, 3, 5, 8, 9, 11}
    assert (codes[cloud > 0.7] == 9).mean() > 0.95
    landsat = _bare(sensor="landsat", size_m=1500.0, climate=Climate(cloud=0.5))
    look = max(looks_of(landsat, 0), key=lambda look: look.cloud * (look.cloud < 0.7))
    bits, cloud = render_mask(landsat, 0, look)[0], hidden_in(landsat, look).cloud
    assert ((bits[cloud > 0.7] & 0b1000) > 0).mean() > 0.95
    assert ((bits & 0b1000000) > 0)[cloud < 0.02].mean() > 0.5


def test_what_the_swath_did_not_reach_is_zero_and_masked():
    number = next(i for i, view in enumerate(_TRUTH.views) if view.outside_swath_share > 0)
    outside = (render(_WORLD, 0, _LOOKS[number]) == 0).all(axis=0)
    assert outside.mean() == pytest.approx(_TRUTH.views[number].outside_swath_share, abs=0.01)
    assert not render_mask(_WORLD, 0, _LOOKS[number])[0][outside].any()


# As geometry

@settings(max_examples=15, deadline=None)
@given(right=st.integers(-20, 20), down=st.integers(-20, 20))
def test_when_a_world_is_shifted_its_truth_is_shifted(right, down):
    steps = _OBJECTS and next(thing for thing in _WORLD.things if thing.id == "new-hall").steps
    hall = Hall(id="hall", at=(120, 120), size=(40, 20), turn=-11, steps=steps)
    moved = replace(hall, at=(120 + right, 120 + down))
    here, there = (truth_of(_bare(thing)).objects[0].on_grid for thing in (hall, moved))
    assert there.centroid.x - here.centroid.x == pytest.approx(right, abs=1e-6)
    assert there.centroid.y - here.centroid.y == pytest.approx(-down, abs=1e-6)
    assert there.area == pytest.approx(here.area, rel=1e-9)


@pytest.mark.usefixtures("perfect")
@pytest.mark.parametrize(("right", "down"), [(0, 0), (1.2, -0.7), (-2.3, 1.9)])
def test_a_roof_is_seen_where_the_truth_has_it(right, down):
    hall = Hall(id="hall", at=(120 + right, 120 + down), size=(48, 24), turn=0, height=0.1, pitch=0,
                surface="white roof", reference=True)
    yard = Patch(at=(120, 120), size=(400, 400), surface="asphalt", rough=0.0)
    world = _bare(yard, hall)
    look = looks_of(world, 0)[10]
    with_it, without = (render(place, 0, look)[2].astype(float) for place in (world, _bare(yard)))
    weight = np.clip(with_it - without, 0, None)
    rows, cols = np.mgrid[:80, :80] * 3 + 1.5
    assert (weight * cols).sum() / weight.sum() == pytest.approx(120 + right, abs=0.3)
    assert (weight * rows).sum() / weight.sum() == pytest.approx(120 + down, abs=0.3)


@settings(max_examples=40, deadline=None)
@given(azimuth=st.floats(0, 360), elevation=st.floats(12, 80), height=st.floats(2, 20))
def test_a_shadow_is_as_long_as_height_over_tan_of_elevation(azimuth, elevation, height):
    pixel_m, side = 1.5, 240
    frame = Frame(pixel_m, (side, side), 0.0)
    wall = Rect(x=180, y=180, length=60, width=60, turn_deg=azimuth)  # one side across the sun's way
    canvas = Canvas(frame=frame, bands=(), reflectance=np.zeros((0, side, side), np.float32),
                    height_m=np.zeros((side, side), np.float32), trees=np.zeros((side, side), np.float32),
                    tone=np.zeros((side, side), np.float32))
    canvas.lay([Layer(rect=wall, surface="wall", height_m=height)])
    tops = shadow_tops(canvas.height_m, (azimuth, elevation), pixel_m)
    away = -math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    wanted = height / math.tan(math.radians(elevation))
    steps = np.arange(0, 150, 0.1)
    cols, rows = ((180 + (30 + steps) * way) / pixel_m - 0.5 for way in away)
    line = cv2.remap(tops, cols.astype(np.float32)[None], rows.astype(np.float32)[None], cv2.INTER_LINEAR)[0]
    inside = (cols > 0) & (cols < side - 1) & (rows > 0) & (rows < side - 1)
    half = float(steps[inside & (line > height / 2)].max(initial=0))   # the shadow's top falls evenly to its end
    assert half == pytest.approx(wanted / 2, abs=1.2)  # less than half a PlanetScope pixel


@pytest.mark.usefixtures("perfect")
@pytest.mark.parametrize(("latitude", "behind"), [(40.0, slice(0, 35)), (-40.0, slice(45, 80))])
def test_the_sun_throws_shadows_away_from_the_equator(latitude, behind):
    hall = Hall(id="hall", at=(120, 120), size=(90, 20), height=12)
    look = next(look for look in looks_of(_bare(latitude=latitude), 0) if look.sun[1] < 45)
    with_it, without = (render(_bare(*things, latitude=latitude), 0, look)[3].astype(float)
                        for things in ((hall,), ()))
    darker = (without - with_it) > 300
    darker[35:45] = False                       # the hall itself
    assert darker[behind].sum() > 0.9 * darker.sum() > 20


def test_the_sun_stands_where_it_stands_over_the_world():
    for look in _LOOKS[::7]:
        assert look.sun == sun_at(look.taken, LONGITUDE_DEG, _WORLD.latitude)
    assert all(95 < scene.sun_azimuth_deg < 190 for scene in _SCENES)


@pytest.mark.usefixtures("perfect")
def test_a_roof_leans_away_from_the_camera_by_height_times_tan_of_off_nadir():
    hall = Hall(id="hall", at=(60, 60), size=(40, 20), height=10, pitch=0, surface="white roof")
    world = _bare(hall, sensor="skysat", size_m=120.0)
    look = next(look for look in looks_of(world, 0) if 100 < look.sun[0] < 150)
    nadir = replace(look, view=(278.0, 0.0), sun=(180.0, 89.0))
    tilted = replace(nadir, view=(270.0, 20.0))        # the satellite stands in the west: the roof leans to the east

    def middle(look: Look) -> float:
        bright = render(world, 0, look)[2] > render(_bare(sensor="skysat", size_m=120.0), 0, look)[2] + 600.0
        return float(np.nonzero(bright)[1].mean())
    assert (middle(tilted) - middle(nadir)) * 0.5 == pytest.approx(10 * math.tan(math.radians(20)), abs=0.3)


def test_the_true_shifts_are_those_of_the_images():
    first, *others = _clear(_utc(2022, 10, 25), _utc(2023, 3, 1))
    window = cv2.createHanningWindow((200, 200), cv2.CV_64F)
    for other in others:
        (x, y), _ = cv2.phaseCorrelate(*(_seen(i)[2].astype(np.float64) for i in (first, other)), window)
        assert x == pytest.approx(_TRUTH.views[other].shift_x_px - _TRUTH.views[first].shift_x_px, abs=0.15)
        assert y == pytest.approx(_TRUTH.views[other].shift_y_px - _TRUTH.views[first].shift_y_px, abs=0.15)
    assert others


def test_a_texture_belongs_to_the_place_and_not_to_the_pixels():
    fine, coarse = (Texture((1, 2), 60.0, 2).on(Frame.around((1200, 1200), pixel_m, margin)) for pixel_m, margin
                    in ((1.0, 30.0), (3.0, 60.0)))
    shown = cv2.resize(fine[30:1230, 30:1230], (400, 400), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(shown.ravel(), coarse[20:420, 20:420].ravel())[0, 1] > 0.99
    assert float(fine.std()) == pytest.approx(1, abs=0.15)


# As a place where things happen

def test_a_new_roof_stays_and_a_removed_one_is_gone():
    new, gone = (_OBJECTS[name] for name in ("new-hall", "removed-hall"))

    def red(thing: str, numbers: list[int]) -> float:
        inside = coverage(_OBJECTS[thing].on_grid.buffer(-8), _SITE.grid) > 0.99
        return float(np.median([_seen(i)[2][inside].mean() for i in numbers]))
    long_ago, later = _utc(2022, 1, 1), _utc(2025, 1, 1)
    field = red("new-hall", _clear(long_ago, new.phases[0][1].after))
    assert red("new-hall", _clear(new.happened.by, later)) > field + 0.1
    assert red("removed-hall", _clear(_utc(2023, 6, 25), later)) < \
        red("removed-hall", _clear(long_ago, gone.happened.after)) - 0.1


def test_what_the_truth_says_of_each_thing_is_what_its_script_says():
    assert {name: thing.class_ for name, thing in _OBJECTS.items()} == {
        "new-hall": "new structure", "removed-hall": "removed structure", "stockpile": None, "field-track": None}
    new = _OBJECTS["new-hall"]
    assert area_m2(new.on_grid, _SITE.grid) == pytest.approx(72 * 36, rel=2e-3)
    assert (new.happened.after, new.happened.by, new.height_m) == (_utc(2022, 12, 8, 0), _utc(2023, 2, 14, 0), 9)
    assert [name for name, _ in new.phases] == ["clearing", "foundation", "walls", "roof"]
    assert new.outline.equals_exact(to_lonlat(new.on_grid, _SITE.grid), 1e-9)


def test_the_published_geometry_of_the_february_11_plant_is_kept():
    world = read_world("february-11")
    sides = {thing.id: thing for thing in world.things if thing.reference}
    a, b = sides["building-a"].rect, sides["building-b"].rect
    assert (b.x - a.x, b.y - a.y) == pytest.approx((49, 157), abs=1)
    new = next(thing for thing in truth_of(world).objects if thing.id == "new-hall")
    assert new.on_grid.area / b.polygon().area == pytest.approx(0.65, abs=0.005)
    assert _utc(2024, 5, 1) < new.happened.after < _utc(2024, 8, 1)
    classes = {thing.id: thing.class_ for thing in truth_of(world).objects}
    assert classes["gantry-crane"] == "removed structure"
    assert classes["portal"] == "altered structure"
    assert sum(look.camera.sensor == "skysat" for look in looks_of(world, 0)) == 2


def test_roofing_anew_is_an_alteration_and_no_new_building():
    steps = read_world("estate").things[-1].steps
    hall = Hall(id="hall", at=(120, 120), steps=(replace(steps[0], name="reroof", surface="green roof"),))
    world = _bare(hall)
    assert truth_of(world).objects[0].class_ == "altered structure"
    before, after = (hall.footprints and np.concatenate([spectrum(layer.surface, ("red",)) for layer in hall.layers(
        _moment(at))]) for at in (steps[0].start - timedelta(days=9), steps[0].end + timedelta(days=9)))
    assert len(after) == len(before) + 1


def _moment(at: datetime):
    return Moment(at=at, draw=np.random.default_rng(0))


def test_controls_stay_as_they_are_and_no_works_touch_them():
    clear = _clear(_utc(2022, 1, 1), _utc(2025, 1, 1))
    for control in _SITE.controls:
        inside = coverage(control.outline.buffer(-5), _SITE.grid) > 0.99
        levels = np.array([np.median(_seen(i)[2][inside]) for i in clear])
        assert levels.std() / levels.mean() < 0.12, control.id
    for known in (*_SITE.references, *_SITE.controls):
        assert not any(known.outline.intersects(thing.on_grid) for thing in _TRUTH.objects), known.id


def test_snow_comes_in_winter_only():
    world = _bare(latitude=40.0, climate=Climate(cloud=0.0, snow=0.9))
    white = {look.taken.month for look in looks_of(world, 0) if (render(world, 0, look)[0] > 4500).mean() > 0.2}
    assert white
    assert white <= {11, 12, 1, 2, 3}
