"""What did each clear view see: aligned, on one scale, and what is unclear left out, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, map_coordinates
from shapely import box
from tests.worlds import World, moved, rectangle

from sitewatch.errors import InputError, NotEnoughLooksError
from sitewatch.geo import picture_grid, write_geotiff
from sitewatch.model import Asset, SceneFit, Scenes, Stack
from sitewatch.stack import StackOptions, build_stack

_ROOF = rectangle(60, 32, 22, 14, 25)


def _fit(stack: Stack, look: int) -> SceneFit:
    return next(fit for fit in stack.fits if fit.scene == f"look-{look:02d}")


def _look(stack: Stack, look: int) -> np.ndarray:
    """(band, y, x) of one look."""
    return stack.values[list(stack.data["scene"].values).index(f"look-{look:02d}")]


def _inside(world: World) -> np.ndarray:
    return _ROOF.seen(world.views.shape[2:], world.blur_px) > 0.95


def _errors(stack: Stack, world: World) -> np.ndarray:
    """(look, 2) found minus true shifts, both about the median of all looks."""
    found = np.array([(fit.shift_x_px, fit.shift_y_px) for fit in stack.fits])
    error = found - world.shift_px
    return np.asarray(error - np.median(error, axis=0))


# Shifts


@pytest.mark.parametrize(("right", "down"), [(0.37, 0.0), (0.0, -0.61), (1.25, -0.8), (-2.5, 3.3), (-6.4, -9.2)])
def test_a_shift_of_a_fraction_of_a_pixel_is_found(tmp_path, right, down):
    world = World(1, looks=8)
    world.shift_px[3] = right, down
    fit = _fit(build_stack(world.scenes(tmp_path)), 3)
    assert (fit.shift_x_px, fit.shift_y_px) == (pytest.approx(right, abs=0.15), pytest.approx(down, abs=0.15))


@pytest.mark.parametrize("seed", range(3))
def test_shifts_are_found_through_gain_haze_and_noise_and_a_cloud(tmp_path, seed):
    world = World(seed, looks=12)
    world.wander(1.0)
    world.gain, world.offset = world.draw.uniform(0.6, 1.5, 12), world.draw.uniform(-20, 60, 12)
    world.noise[:] = 6
    for look in range(0, 12, 3):
        world.cloud(look, *world.draw.uniform(20, 76, 2), 14)
    stack = build_stack(world.scenes(tmp_path))
    assert len(stack.used) == 12
    assert np.abs(_errors(stack, world)).max() < 0.15


def test_the_stated_error_of_a_shift_is_of_the_order_of_the_true_one(tmp_path):
    true, stated = [], []
    for seed in range(2):
        world = World(seed, looks=12, size_px=144)
        world.wander(0.8)
        world.noise[:] = 8
        (tmp_path / str(seed)).mkdir()
        stack = build_stack(world.scenes(tmp_path / str(seed)))
        true.append(np.sqrt(np.mean(_errors(stack, world) ** 2)))
        stated += [fit.shift_sigma_px for fit in stack.used]
    assert np.mean(true) < 3 * np.median(stated)
    assert np.mean(true) > np.median(stated) / 5


def test_the_content_of_a_shifted_scene_comes_back_to_where_it_is(tmp_path):
    world = World(2, looks=9)
    world.noise[:] = 0.5
    world.shift_px[4] = 1.4, -2.6
    stack = build_stack(world.scenes(tmp_path))
    inner = (slice(None), slice(8, -8), slice(8, -8))
    difference = (_look(stack, 4) - _look(stack, 3))[inner]
    apart = (moved(world.views[4], 1.4, -2.6) - world.views[4])[inner]
    assert np.nanstd(difference) < 0.2 * np.std(apart)


def test_the_zero_of_all_shifts_can_be_one_scenes_position(tmp_path):
    world = World(3, looks=8)
    world.shift_px[2] = 2.0, -1.0
    scenes = world.scenes(tmp_path)
    stack = build_stack(scenes, StackOptions(zero="look-02"))
    assert (_fit(stack, 2).shift_x_px, _fit(stack, 2).shift_y_px) == (0, 0)
    assert (_fit(stack, 5).shift_x_px, _fit(stack, 5).shift_y_px) == (
        pytest.approx(-2, abs=0.15), pytest.approx(1, abs=0.15))
    with pytest.raises(InputError, match="no scene 'look-99'"):
        build_stack(scenes, StackOptions(zero="look-99"))


# Refusals


def test_a_look_that_shows_another_place_only_noise_or_only_cloud_is_refused_with_its_reason(tmp_path):
    world = World(4, looks=12)
    shape = world.views[0].shape
    world.views[2] = world.draw.normal(100, 12, shape)
    world.views[5] = 220 + 3 * gaussian_filter(world.draw.standard_normal(shape), (0, 5, 5))
    world.views[8] = World(5, looks=1).views[0]
    stack = build_stack(world.scenes(tmp_path))
    refused = {fit.scene: fit for fit in stack.fits if not fit.used}
    assert set(refused) == {"look-02", "look-05", "look-08"}
    assert all("cloud, haze or snow" in fit.why_not for fit in refused.values())
    assert len(stack.values) == 9


def test_a_look_that_shows_less_of_the_site_than_asked_is_refused(tmp_path):
    world = World(6, looks=9, bands=4)
    mask = np.ones((96, 96))
    mask[:32] = 0
    scenes = world.scenes(tmp_path, {4: mask})
    fit = _fit(build_stack(scenes, StackOptions(min_clear_share=0.75)), 4)
    assert not fit.used
    assert "shows only 6" in fit.why_not
    assert fit.site_clear_share == pytest.approx(2 / 3, abs=0.06)
    assert _fit(build_stack(scenes, StackOptions(min_clear_share=0.5)), 4).used


def test_a_scene_of_another_sensor_is_refused(tmp_path):
    scenes = World(7, looks=9).scenes(tmp_path)
    other = replace(scenes.scenes[3], sensor="picture")
    stack = build_stack(replace(scenes, scenes=(*scenes.scenes[:3], other, *scenes.scenes[4:])))
    assert ("its sensor is RGB picture, display-stretched; most scenes have the bands and the pixels of "
            "Single-band picture") in _fit(stack, 3).why_not
    assert len(stack.used) == 8


def test_a_scene_whose_bands_are_not_its_sensors_is_refused(tmp_path):
    scenes = World(7, looks=9).scenes(tmp_path)
    write_geotiff(scenes.scenes[3].assets[0].kept.path, np.ones((2, 96, 96), np.float32), World(7).grid)
    assert "has 2 bands" in _fit(build_stack(scenes), 3).why_not


def test_too_few_looks_are_an_error_that_names_the_reasons(tmp_path):
    scenes = World(8, looks=9).scenes(tmp_path)
    few = replace(scenes, scenes=tuple(replace(scene, sensor="picture" if i < 4 else "grey")
                                       for i, scene in enumerate(scenes.scenes)))
    with pytest.raises(NotEnoughLooksError, match=r"only 5 clear look.*its sensor is RGB picture"):
        build_stack(few, StackOptions(min_looks=6))
    assert len(build_stack(few).used) == 5
    with pytest.raises(NotEnoughLooksError):
        build_stack(replace(scenes, scenes=()))


def test_every_scene_on_offer_has_one_row_in_the_order_offered(tmp_path):
    world = World(4, looks=10)
    world.views[2] = world.draw.normal(100, 12, world.views[0].shape)
    scenes = world.scenes(tmp_path)
    stack = build_stack(scenes)
    assert [fit.scene for fit in stack.fits] == [scene.id for scene in scenes.scenes]
    assert list(stack.data["scene"].values) == [fit.scene for fit in stack.used]


# What is clear


def test_what_the_providers_mask_hides_is_not_seen(tmp_path):
    world = World(9, looks=8, bands=4)
    mask = np.ones((96, 96))
    mask[20:40, 50:70] = 0
    stack = build_stack(world.scenes(tmp_path, {3: mask}))
    assert np.isnan(_look(stack, 3)[:, 20:40, 50:70]).all()
    assert np.isfinite(_look(stack, 3)[:, 50:90, 10:90]).all()
    assert np.isfinite(_look(stack, 4)[:, 20:40, 50:70]).all()
    assert _fit(stack, 3).site_clear_share < 0.97


def test_of_landsats_pixel_quality_all_but_the_ground_and_snow_is_left_out(tmp_path):
    """Codes as the USGS delivers them; besides the bits that count they hold how sure each of them is."""
    clear, water, snow = 21824, 21952, 30048
    fill, dilated, cirrus, cloud, shadow = 1, 21826, 54596, 22280, 23888
    world = World(9, looks=8, bands=4)
    world.grid = GeoBox((96, 96), Affine(30, 0, 600_000, 0, -30, 4_500_000), "EPSG:32631")
    codes = np.full((96, 96), clear, np.uint16)
    for i, code in enumerate((water, snow, fill, dilated, cirrus, cloud, shadow)):
        codes[8 + 12 * i:16 + 12 * i, 20:40] = code
    scenes = world.scenes(tmp_path, {3: codes})
    write_geotiff(scenes.scenes[3].assets[1].kept.path, codes[None], world.grid)
    scenes = replace(scenes, scenes=tuple(replace(scene, sensor="landsat") for scene in scenes.scenes))
    unseen = np.isnan(_look(build_stack(scenes), 3)).all(axis=0)
    share = {int(code): float(unseen[codes == code].mean()) for code in np.unique(codes)}
    assert [code for code, of in share.items() if of == 1] == [fill, dilated, cloud, shadow, cirrus]
    assert share[clear] < 0.15   # pixels beside masked ones, which resampling touches
    assert max(share[water], share[snow]) == 0


@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize("coarser", [1, 2])
def test_a_mask_without_georeference_shows_the_frame_of_its_image(tmp_path, is_plain, coarser):
    world = World(9, looks=8, bands=4)
    mask = np.ones((96, 96))
    mask[20:40, 50:70] = 0
    scenes = world.scenes(tmp_path, {3: mask})
    plane = picture_grid(96, 96, 3.0)
    codes = mask[None, ::coarser, ::coarser].astype(np.uint8)
    write_geotiff(scenes.scenes[3].assets[1].kept.path, codes, picture_grid(*codes.shape[2:0:-1], 1.0))
    if is_plain:
        scenes = replace(scenes, site=replace(scenes.site, grid=plane, area=box(*plane.boundingbox)))
        for i, scene in enumerate(scenes.scenes):
            write_geotiff(scene.assets[0].kept.path, (world.seen(i) * 1e4).astype(np.float32), plane)
    stack = build_stack(scenes)
    assert np.isnan(_look(stack, 3)[:, 21:39, 51:69]).all()
    assert np.isfinite(_look(stack, 3)[:, 50:90, 10:90]).all()


@pytest.mark.parametrize("seed", range(2))
def test_a_bright_new_roof_that_stays_is_ground_and_a_passing_cloud_as_bright_is_not(tmp_path, seed):
    world = World(seed, looks=16)
    world.roof(_ROOF, 190, slice(7, None))
    cloud = world.cloud(4, 32, 66, 12, 190)
    stack = build_stack(world.scenes(tmp_path))
    assert np.isnan(_look(stack, 4)[0][cloud > 0.5]).mean() > 0.95
    assert np.isfinite(_look(stack, 4)[0][cloud < 0.001]).mean() > 0.9
    hidden = [np.isnan(_look(stack, look)[0][_inside(world)]).mean() for look in range(16)]
    assert max(hidden) < 0.05


@pytest.mark.parametrize("level", [45, 230])
def test_a_clouds_shadow_and_snow_are_not_ground(tmp_path, level):
    world = World(10, looks=16)
    there = world.cloud(9, 60, 60, 11, level)
    stack = build_stack(world.scenes(tmp_path))
    assert np.isnan(_look(stack, 9)[0][there > 0.5]).mean() > 0.95
    assert np.isfinite(_look(stack, 10)[0][there > 0.5]).mean() > 0.95


def test_a_cloud_in_the_first_and_in_the_last_look_is_not_ground(tmp_path):
    world = World(11, looks=16)
    first, last = world.cloud(0, 30, 30, 16, 200), world.cloud(15, 60, 60, 20, 200)
    stack = build_stack(world.scenes(tmp_path))
    assert np.isnan(_look(stack, 0)[0][first > 0.5]).mean() > 0.9
    assert np.isnan(_look(stack, 15)[0][last > 0.5]).mean() > 0.9


def test_a_clear_site_is_seen_whole(tmp_path):
    stack = build_stack(World(12, looks=12).scenes(tmp_path))
    assert min(fit.site_clear_share for fit in stack.fits) > 0.97


# One resampling, one scale


def test_a_scene_that_lies_on_the_grid_keeps_its_values(tmp_path):
    world = World(13, looks=8)
    world.noise[:] = 0
    stack = build_stack(world.scenes(tmp_path))
    assert np.abs(stack.values - world.views).max() < 1e-3


def test_gain_and_offset_of_single_looks_are_taken_away_on_stable_ground(tmp_path):
    world = World(14, looks=12, bands=3)
    world.noise[:] = 1.0
    world.gain, world.offset = world.draw.uniform(0.5, 1.6, 12), world.draw.uniform(-30, 60, 12)
    world.roof(_ROOF, 160, slice(6, None))
    stack = build_stack(world.scenes(tmp_path))
    stable = _ROOF.seen((96, 96), 2.0) < 0.01
    middle = np.nanmedian(stack.values, axis=0)
    for look in range(12):
        for band in range(3):
            there, usual = _look(stack, look)[band][stable], middle[band][stable]
            both = np.isfinite(there)
            gain, offset = np.polyfit(usual[both], there[both], 1)
            assert gain == pytest.approx(1, abs=0.05)
            assert 100 * gain + offset == pytest.approx(100, abs=1.0)


def test_a_new_roof_keeps_its_contrast_through_the_normalisation(tmp_path):
    world = World(14, looks=12)
    world.gain = world.draw.uniform(0.7, 1.4, 12)
    world.roof(_ROOF, 170, slice(6, None))
    stack = build_stack(world.scenes(tmp_path))
    seen = [float(np.nanmedian(_look(stack, look)[0][_inside(world)])) for look in range(12)]
    scale = np.nanstd(stack.values[0]) / np.std(world.views[0])
    ground = float(np.median(world.views[0, 0][_inside(world)]))
    assert np.mean(seen[6:]) - np.mean(seen[:6]) == pytest.approx(scale * (170 - ground), rel=0.1)


def test_the_noise_of_stable_ground_is_that_of_the_looks(tmp_path):
    world = World(15, looks=14)
    world.noise = np.linspace(1, 5, 14)
    noise = build_stack(world.scenes(tmp_path)).data["noise"].values[:, 0]
    assert noise == pytest.approx(world.noise, rel=0.5)
    assert np.corrcoef(noise, world.noise)[0, 1] > 0.9


@pytest.mark.parametrize("blur_px", [0.8, 1.2, 1.6])
def test_the_blur_is_read_from_the_sharpest_edges(tmp_path, blur_px):
    world = World(16, looks=10)
    world.blur_px = blur_px
    world.views = gaussian_filter(world.views, (0, 0, blur_px, blur_px), mode="wrap")
    for x, y, degrees in ((25, 25, 10), (62, 30, 30), (40, 68, 75), (76, 76, 0)):
        world.roof(rectangle(x, y, 22, 15, degrees), 210)
    world.wander(0.3)
    assert build_stack(world.scenes(tmp_path)).blur_px == pytest.approx(blur_px, rel=0.35)


def test_a_sensors_known_blur_is_taken_as_it_is(tmp_path):
    assert build_stack(World(17, looks=8, bands=4).scenes(tmp_path)).blur_px == pytest.approx(2.2 / 3.0)


@pytest.mark.parametrize(("crs", "pixel_m"), [("EPSG:32631", 2.0), ("EPSG:32631", 4.0), ("EPSG:32630", 3.0),
                                              ("EPSG:32631", 3.0)])
def test_scenes_in_another_crs_or_pixel_size_land_where_they_are_on_earth(tmp_path, crs, pixel_m):
    world = World(18, looks=8)
    world.noise[:] = 2.0
    world.roof(_ROOF, 200)
    scenes = world.scenes(tmp_path)
    for scene in scenes.scenes[::2]:
        path = scene.assets[0].kept.path
        write_geotiff(path, *_elsewhere(world, crs, pixel_m))
    stack = build_stack(scenes)
    assert len(stack.used) == 8
    assert all(abs(shift) < 0.15 for fit in stack.fits for shift in (fit.shift_x_px, fit.shift_y_px))
    for view in stack.values[:, 0]:
        seen = np.isfinite(view)
        assert seen.mean() > 0.9
        assert np.corrcoef(view[seen], world.views[0, 0][seen])[0, 1] > 0.97


def _elsewhere(world: World, crs: str, pixel_m: float) -> tuple[np.ndarray, GeoBox]:
    """The first view on a grid of another CRS or pixel size around the same place."""
    extent = world.grid.extent.to_crs(crs).boundingbox
    width, height = (int(length / pixel_m) + 1 for length in (extent.span_x, extent.span_y))
    grid = GeoBox((height, width), Affine(pixel_m, 0, extent.left, 0, -pixel_m, extent.top), crs)
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    east, north = grid.crs.transformer_to_crs(world.grid.crs)(*(grid.affine @ (columns, rows)))
    column, row = ~world.grid.affine @ (east, north)
    view = map_coordinates(world.views[0, 0], [row - 0.5, column - 0.5], mode="grid-wrap")
    return view[None].astype(np.float32), grid


# The same again


def test_the_same_scenes_give_the_same_bytes(tmp_path):
    world = World(19, looks=10)
    world.wander(0.6)
    scenes = world.scenes(tmp_path)
    one, two = build_stack(scenes), build_stack(scenes)
    assert one.values.tobytes() == two.values.tobytes()
    assert one.data.identical(two.data)
    assert one.fits == two.fits


def test_the_order_in_which_scenes_are_offered_does_not_matter(tmp_path):
    world = World(20, looks=10)
    world.wander(0.6)
    world.cloud(3, 40, 40, 12)
    scenes = world.scenes(tmp_path)
    order = world.draw.permutation(10)
    stack = build_stack(scenes)
    shuffled = build_stack(replace(scenes, scenes=tuple(scenes.scenes[i] for i in order)))
    assert stack.data.identical(shuffled.data)
    assert {fit.scene: fit for fit in stack.fits} == {fit.scene: fit for fit in shuffled.fits}


def test_looks_are_in_order_of_time(tmp_path):
    scenes = World(20, looks=10).scenes(tmp_path)
    late = replace(scenes.scenes[0], taken=scenes.scenes[-1].taken + timedelta(days=9))
    stack = build_stack(replace(scenes, scenes=(late, *scenes.scenes[1:])))
    assert (np.diff(stack.data["time"].values) > np.timedelta64(0)).all()
    assert [fit.taken for fit in stack.used] == sorted(fit.taken for fit in stack.fits)


def test_how_far_it_is_can_be_followed(tmp_path):
    told: list[tuple[str, int, int]] = []
    build_stack(World(20, looks=8).scenes(tmp_path), progress=lambda *step: told.append(step))
    assert told
    assert all(0 < done <= total for _, done, total in told)


def test_a_scene_without_a_kept_image_is_refused(tmp_path):
    scenes = World(21, looks=8).scenes(tmp_path)
    lost = replace(scenes.scenes[2], assets=(Asset(role="image", href="look-02.tif"),))
    stack = build_stack(Scenes(site=scenes.site, scenes=(*scenes.scenes[:2], lost, *scenes.scenes[3:])))
    assert "no kept image" in _fit(stack, 2).why_not


def test_a_damaged_image_costs_only_its_own_scene(tmp_path):
    scenes = World(21, looks=8).scenes(tmp_path)
    path: Path = scenes.scenes[2].assets[0].kept.path
    path.write_bytes(path.read_bytes()[:3000])
    stack = build_stack(scenes)
    assert not _fit(stack, 2).used
    assert len(stack.used) == 7
