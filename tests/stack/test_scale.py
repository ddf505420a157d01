"""Counts become physical units on evidence: agreement decides, contradiction is refused, and both are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from tests.shared import SHARED, needs
from tests.worlds import World

from sitewatch.errors import ImageError
from sitewatch.geo import write_geotiff
from sitewatch.model import SENSORS, Asset, Kept, Scene, Scenes
from sitewatch.stack._read import Counts, View, read_view, settle
from sitewatch.stack._scale import low_counts

_SENTINEL = SENSORS["sentinel-2"]
_FLAGS = "earthsearch:boa_offset_applied"


def _scene(name: str = "look", sensor: str = "sentinel-2", baseline: str | None = None,
           applied: bool | None = None) -> Scene:
    return Scene(id=name, source="folder", sensor=sensor, taken=datetime(2023, 5, 1, tzinfo=UTC), taken_from="stac",
                 assets=(), baseline=baseline, offset_applied=applied)


def _view(scene: Scene, darkest: float = 300.0, seed: int = 0, brighter: float = 0.0) -> View:
    """Ground as dark as woods and water at its darkest, then fields and roads, and perhaps all of it brighter."""
    draw = np.random.default_rng(seed)
    ground = darkest + 900 * draw.random((40, 40)) ** 2
    counts = np.stack([ground + shade for shade in (0, 80, 40, 900)]).astype(np.float32) + brighter
    held = Counts(stored=counts, hidden=np.zeros((40, 40), bool))
    return View(scene=scene, bands=_SENTINEL.bands, held=held, grid=World(looks=1).grid, scaling="counts / 10000",
                low=low_counts(counts, held.hidden, _SENTINEL.bands))


def test_low_counts_are_those_of_what_is_not_hidden_whatever_the_type_of_the_file():
    draw = np.random.default_rng(4)
    counts = draw.gamma(3, 500, (4, 40, 41)).astype(np.uint16)
    hidden = draw.random((40, 41)) < 0.2
    low = low_counts(counts, hidden, _SENTINEL.bands)
    assert low == pytest.approx(np.percentile(counts[:3, ~hidden], (1, 5, 25), axis=1).T)
    assert low == pytest.approx(low_counts(counts.astype(np.float32), hidden, _SENTINEL.bands))


def _only(scene: Scene, **ground: float) -> tuple[float | None, str]:
    """What is taken off the reflectance of the only scene, and on what evidence; or None and why it is refused."""
    view = _view(scene, **ground)  # type: ignore[arg-type]
    settled, refused = settle([view])
    if refused:
        return None, refused[0][1]
    return float(np.round(np.mean(view.pixels - settled[0].pixels), 4)), settled[0].scaling


# One scene on its own

@pytest.mark.parametrize(("baseline", "applied", "darkest", "taken_off", "because"), [
    ("02.08", None, 300, 0, "processing baseline 02.08 adds nothing"),
    ("05.10", None, 1250, 0.1, "processing baseline 05.10 adds 1000"),
    ("05.10", False, 1250, 0.1, "its metadata say that the 1000 of processing baseline 05.10 is still to be taken off"),
    ("05.10", True, 300, 0, "is already taken off; its darkest counts, 300, are too low to hold it"),
    ("05.10", True, 1250, 0, "is already taken off; its darkest counts, 1250, could be either"),   # a desert
    # A baseline does not know what a provider did afterwards.
    ("05.10", None, 300, 0, "processing baseline 05.10 adds 1000, which a provider has taken off"),
    (None, None, 300, 0, "its darkest counts, 300, are too low to hold it"),
    # Two words that contradict each other, of which the pixels bear out one.
    ("02.08", False, 300, 0, "although its metadata say that the 1000 of processing baseline 02.08 is still"),
    (None, None, 1250, 0, "taken as delivered; nothing says whether 1000 is still to be taken off")])
def test_what_is_taken_off_follows_those_who_speak_and_is_told(baseline, applied, darkest, taken_off, because):
    found, evidence = _only(_scene(baseline=baseline, applied=applied), darkest=darkest)
    assert found == pytest.approx(taken_off, abs=1e-4)
    assert because in evidence
    assert evidence.startswith("reflectance = (counts - 1000) / 10000: " if taken_off else
                               "reflectance = counts / 10000: ")


@pytest.mark.parametrize(("baseline", "applied", "darkest", "words"), [
    ("05.10", False, 300, ["still to be taken off", "300, are too low to hold it"]),
    ("02.08", False, 1250, ["still to be taken off", "processing baseline 02.08 adds nothing"])])
def test_words_that_pixels_contradict_or_cannot_settle_are_refused_with_who_says_what(
        baseline, applied, darkest, words):
    found, why = _only(_scene("S2B_x", baseline=baseline, applied=applied), darkest=darkest)
    assert found is None
    assert why.startswith("S2B_x: its units contradict each other")
    assert all(part in why for part in [*words, f"Correct its STAC item ({_FLAGS}"])


# Against the other scenes of the same ground

def _series(**other: object) -> list[View]:
    """Eight scenes that hold nothing added, proved by their woods."""
    return [_view(_scene(f"look-{i}", **other), seed=i) for i in range(8)]  # type: ignore[arg-type]


def test_a_scene_without_words_is_told_by_the_step_between_it_and_the_others():
    settled, refused = settle([*_series(), _view(_scene("late"), seed=9, brighter=1000)])
    assert refused == []
    assert "as dark as the other scenes when 1000 is taken off" in settled[-1].scaling
    assert abs(np.median(settled[-1].pixels) - np.median(settled[0].pixels)) < 0.01


@pytest.mark.parametrize(("brighter", "baseline", "applied", "words"), [
    (1000, "05.10", True, "already taken off"), (1000, "02.08", None, "processing baseline 02.08 adds nothing"),
    (0, "05.10", False, "still to be taken off")])
def test_words_that_the_other_scenes_contradict_are_refused_and_the_others_are_not(brighter, baseline, applied, words):
    wrong = _view(_scene("wrong", baseline=baseline, applied=applied), seed=9, brighter=brighter)
    settled, refused = settle([*_series(), wrong])
    assert [view.scene.id for view in settled] == [f"look-{i}" for i in range(8)]
    assert [scene.id for scene, _ in refused] == ["wrong"]
    assert words in refused[0][1]


def test_over_a_desert_the_others_tell_that_a_provider_has_taken_off_what_a_baseline_added():
    desert = [_view(_scene(f"look-{i}", baseline="02.08"), darkest=1250, seed=i) for i in range(8)]
    settled, refused = settle([*desert, _view(_scene("new", baseline="05.10"), darkest=1250, seed=9)])
    assert refused == []
    assert "which a provider has taken off" in settled[-1].scaling
    assert settled[-1].pixels.min() > 0.12


def test_snow_and_cloud_say_nothing_and_go_with_what_is_said_or_with_the_others():
    settled, refused = settle([*_series(), _view(_scene("snow"), darkest=4500, seed=9)])
    assert refused == []
    assert "taken to be as the other scenes, which do not hold 1000 more" in settled[-1].scaling
    settled, refused = settle([*_series(), _view(_scene("cloud", baseline="05.10"), darkest=4500, seed=9)])
    assert refused == []
    assert settled[-1].scaling.startswith("reflectance = (counts - 1000)")


def test_a_bright_scene_among_others_that_differ_is_refused_for_want_of_evidence():
    new = [_view(_scene(f"new-{i}", baseline="05.10"), seed=i, brighter=1000) for i in range(4)]
    settled, refused = settle([*_series(), *new, _view(_scene("snow"), darkest=4500, seed=9)])
    assert len(settled) == 12
    ((scene, why),) = refused
    assert scene.id == "snow"
    assert "some of the other scenes hold it and some do not. Put its STAC item beside it" in why


def test_a_series_of_old_and_new_baselines_comes_to_one_level():
    old = [_view(_scene(f"old-{i}", baseline="02.08"), seed=i) for i in range(5)]
    new = [_view(_scene(f"new-{i}", baseline="05.10"), seed=i, brighter=1000) for i in range(5)]
    settled, refused = settle([*old, *new])
    assert refused == []
    for one, other in zip(settled[:5], settled[5:], strict=True):
        assert np.allclose(one.pixels, other.pixels, atol=1e-6)


def test_the_order_of_the_scenes_does_not_matter():
    views = [*_series(), _view(_scene("late"), seed=9, brighter=1000), _view(_scene("snow"), darkest=4500, seed=9)]
    there, back = settle(views), settle(views[::-1])
    assert {view.scene.id: view.scaling for view in there[0]} == {view.scene.id: view.scaling for view in back[0]}


# As files of each sensor

def _delivered(folder: Path, sensor: str, counts: np.ndarray, href: str = "", **said: object) -> tuple[Scene, Scenes]:
    """A kept scene with these counts, on a grid of the sensor's pixels."""
    world = World(looks=1)
    path = folder / "kept.tif"
    write_geotiff(path, counts, world.grid)
    kept = Kept(path=path, sha256="", bytes=1, fetched_at=datetime.now(UTC), href=href)
    scene = replace(_scene(sensor=sensor), assets=(Asset(role="image", href=href, kept=kept),), **said)
    return scene, Scenes(site=world.site, scenes=(scene,))


def _counts(sensor: str, low: float, high: float, dtype: type = np.uint16) -> np.ndarray:
    draw = np.random.default_rng(3)
    return draw.uniform(low, high, (len(SENSORS[sensor].bands), 96, 96)).astype(dtype)


@pytest.mark.parametrize(("sensor", "low", "high", "told", "ground"), [
    ("planetscope-4", 400, 2400, "reflectance = counts / 10000", 0.14),
    ("skysat", 400, 2400, "reflectance = counts / 10000", 0.14),
    ("landsat", 8000, 16_000, "reflectance = counts * 2.75e-05 - 0.2", 0.13),
    ("grey", 10, 200, "grey levels as delivered", 105), ("picture", 10, 200, "grey levels as delivered", 105)])
def test_each_sensors_units_are_told(tmp_path, sensor, low, high, told, ground):
    scene, scenes = _delivered(tmp_path, sensor, _counts(sensor, low, high))
    (view,), refused = settle([read_view(scene, scenes.site)])
    assert refused == []
    assert view.scaling == told
    assert np.mean(view.pixels) == pytest.approx(ground, rel=0.02)


@pytest.mark.parametrize(("sensor", "href", "words"), [
    ("planetscope-4", "20230514_101112_34_24a1_3B_AnalyticMS_clip.tif", "radiance at the sensor by its name"),
    ("planetscope-8", "20230514_101112_34_24a1_3B_AnalyticMS_8b.tif", "radiance at the sensor by its name"),
    ("skysat", "20200130_093253_ssc6_u0001_analytic.tif", "Order the surface reflectance"),
    ("sentinel-2", "S2A_MSIL1C_20230514T104619_N0509_R051_T31TDF_20230514T150000.tif", "Level-1C"),
    ("landsat", "LC09_L1TP_166036_20240105_20240107_02_T1.tif", "Level-1"),
    ("landsat", "LC08_L2SP_166036_20150105_20170107_01_T1.tif", "Collection 1")])
def test_a_product_that_is_not_surface_reflectance_by_its_name_is_refused(tmp_path, sensor, href, words):
    scene, scenes = _delivered(tmp_path, sensor, _counts(sensor, 8000, 9000), href)
    with pytest.raises(ImageError, match=words):
        read_view(scene, scenes.site)


@pytest.mark.parametrize(("sensor", "href"), [
    ("planetscope-4", "20230514_101112_34_24a1_3B_AnalyticMS_SR_harmonized_clip.tif"),
    ("planetscope-8", "20230514_101112_34_24a1_3B_AnalyticMS_SR_8b_clip.tif"),
    ("planetscope-4", "20230514_101112_34_24a1_3B_AnalyticMS_SR.tif"),
    ("skysat", "20200130_093253_ssc6_u0001_analytic_SR.tif"), ("picture", "analytic.tif"),
    ("landsat", "LC09_L2SP_166036_20240105_20240107_02_T1_SR.tif")])
def test_a_product_of_surface_reflectance_is_read(tmp_path, sensor, href):
    scene, scenes = _delivered(tmp_path, sensor, _counts(sensor, 8000, 12_000), href)
    assert read_view(scene, scenes.site).scene == scene


@pytest.mark.parametrize(("sensor", "counts", "words"), [
    ("landsat", _counts("landsat", 200, 3000), "too dark for Landsat"),                  # Collection 1
    ("planetscope-8", _counts("planetscope-8", 1, 255, np.uint8), "grey levels of 8 bits"),
    ("sentinel-2", _counts("sentinel-2", 0.02, 0.4, np.float32), "holds fractions"),
    ("planetscope-4", np.stack([np.full((96, 96), level, np.uint16) for level in (5400, 4400, 2700, 2700)]),
     "radiance with the blue of the air in it")])
def test_counts_that_cannot_be_the_sensors_reflectance_are_refused(tmp_path, sensor, counts, words):
    scene, scenes = _delivered(tmp_path, sensor, counts)
    with pytest.raises(ImageError, match=words):
        read_view(scene, scenes.site)


# What is no image

@pytest.mark.parametrize("fill", [0, 65535])
def test_fill_that_the_file_does_not_declare_is_not_ground(tmp_path, fill):
    counts = _counts("sentinel-2", 300, 2400)
    counts[:, 10:30, 40:60] = fill
    counts[1, 50, 50] = fill          # in one band: saturated is no measurement, dark water is one
    scene, scenes = _delivered(tmp_path, "sentinel-2", counts)
    view = read_view(scene, scenes.site)
    assert np.isnan(view.pixels[:, 10:30, 40:60]).all()
    assert np.isnan(view.pixels[:, 50, 50]).all() == (fill == 65535)
    assert np.isnan(view.pixels).sum() == 4 * (400 + (fill == 65535))


@pytest.mark.parametrize("sensor", ["picture", "grey"])
def test_black_is_the_outside_of_a_picture_only_from_a_corner_on(tmp_path, sensor):
    grey = _counts(sensor, 1, 200, np.uint8)
    grey[:, np.add.outer(np.arange(96), np.arange(96)) < 30] = 0
    grey[:, 60:64, 60:64] = 0
    grey[:, 50:54, 0] = 0
    scene, scenes = _delivered(tmp_path, sensor, grey)
    unseen = np.isnan(read_view(scene, scenes.site).pixels).all(axis=0)
    assert unseen.sum() == 30 * 31 / 2
    assert unseen[0, 0]
    assert not unseen[60:64, 60:64].any()


# Real images

def _real(name: str, folder: Path, seen: Path, bands: tuple[int, ...], sensor: str, brighter: int = 0) -> View:
    """A few bands of a real image as a scene of its own site; nothing of it is kept."""
    with rasterio.open(seen) as image:
        counts = image.read(bands) + np.uint16(brighter)
        grid = World(looks=1).grid
    path = folder / f"{name}.tif"
    write_geotiff(path, counts, grid[:counts.shape[1], :counts.shape[2]])
    kept = Kept(path=path, sha256="", bytes=1, fetched_at=datetime.now(UTC), href=seen.name)
    scene = replace(_scene(name, sensor), assets=(Asset(role="image", href=seen.name, kept=kept),))
    return read_view(scene, World(looks=1).site)


class TestRealScenes:
    pytestmark = [*needs("data/s2_barbellino_scl"), *needs("data/planet_stac_metadata")]  # noqa: RUF012

    def test_real_scenes_of_before_baseline_4_are_known_by_their_pixels_and_by_a_step_of_1000(self, tmp_path):
        scenes = sorted((SHARED / "data" / "s2_barbellino_scl").glob("*_BOA_10.tif"))
        bands = (2, 3, 4, 8)
        plain = [_real(f"{path.stem}-{i}", tmp_path, path, bands, "sentinel-2") for i, path in enumerate(scenes * 2)]
        stepped = [_real(f"{path.stem}-up", tmp_path, path, bands, "sentinel-2", 1000) for path in scenes]
        settled, refused = settle([*plain, *stepped])
        assert refused == []
        assert all("too low to hold it" in view.scaling for view in settled[:4])
        assert all("when 1000 is taken off" in view.scaling for view in settled[4:])
        assert np.allclose(settled[4].pixels, settled[0].pixels, atol=1e-6, equal_nan=True)

    def test_a_real_planetscope_radiance_product_is_refused_by_its_name_and_by_its_counts(self, tmp_path):
        found = sorted((SHARED / "data" / "planet_stac_metadata").rglob("*_3B_AnalyticMS.tif"))
        with pytest.raises(ImageError, match="radiance at the sensor by its name"):
            _real("x", tmp_path, found[0], (1, 2, 3, 4), "planetscope-4")
        (renamed := tmp_path / "2017-08-31.tif").write_bytes(found[0].read_bytes())
        with pytest.raises(ImageError, match="radiance with the blue of the air in it"):
            _real("y", tmp_path, renamed, (1, 2, 3, 4), "planetscope-4")
