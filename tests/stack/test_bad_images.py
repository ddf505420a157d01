"""Bad images in a series: each is used rightly or refused with a reason, and the others are as without it."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter, map_coordinates
from shapely import box
from tests.worlds import World, rectangle, texture

from sitewatch.geo import picture_grid, write_geotiff
from sitewatch.model import Scene, SceneFit, Scenes, Stack
from sitewatch.stack import build_stack
from sitewatch.stack._wrong import HIDDEN, what_is_wrong

_LOOKS, _SIZE, _BAD = 10, 128, 4
_ROOFS = (rectangle(40, 36, 22, 14, 25), rectangle(90, 84, 30, 12, -10), rectangle(34, 96, 12, 12))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Nothing that numpy warns of may reach a user."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.fixture(params=[1, 4], ids=["grey", "planetscope"])
def world(request: pytest.FixtureRequest) -> World:
    return _world(request.param)


def _world(bands: int) -> World:
    """Ten looks, each with a position of its own, at ground with three roofs."""
    world = World(31, looks=_LOOKS, size_px=_SIZE, bands=bands)
    for roof in _ROOFS:
        world.roof(roof, 170)
    world.wander(0.4)
    world.noise[:] = 3.0
    return world


def _written(scene: Scene, pixels: np.ndarray, grid: GeoBox) -> None:
    image = scene.asset("image")
    assert image is not None
    assert image.kept is not None
    write_geotiff(image.kept.path, pixels.astype(np.float32), grid)


def _with(scenes: Scenes, world: World, bad: np.ndarray, grid: GeoBox | None = None) -> Scenes:
    """The series with other pixels in one look, in grey levels as the world's."""
    scale = 1e-4 if len(bad) == 4 else 1.0
    _written(scenes.scenes[_BAD], bad / scale, grid or world.grid)
    return scenes


def _fit(stack: Stack, look: int = _BAD) -> SceneFit:
    return next(fit for fit in stack.fits if fit.scene == f"look-{look:02d}")


def _others_are_right(stack: Stack, world: World) -> None:
    """Every other look is used, where it is to 0.2 px, about the middle of all of them."""
    others = [look for look in range(_LOOKS) if look != _BAD]
    fits = [_fit(stack, look) for look in others]
    assert [fit.scene for fit in fits if not fit.used] == []
    errors = np.array([(fit.shift_x_px, fit.shift_y_px) for fit in fits]) - world.shift_px[others]
    assert np.abs(errors - np.median(errors, axis=0)).max() < 0.2


def _is_refused_for(stack: Stack, words: str) -> bool:
    fit = _fit(stack)
    return not fit.used and re.search(words, fit.why_not or "") is not None


def _lies_where_it_is(stack: Stack, truth: np.ndarray) -> bool:
    """Whether the bad look, as laid on the grid, shows the (y, x) true ground, and none of it off by 0.2 px.

    The position is that of the least difference to the truth moved a little, by its first derivatives.
    """
    if not _fit(stack).used:
        return False
    laid = stack.values[list(stack.data["scene"].values).index(f"look-{_BAD:02d}")].mean(axis=0)
    usual = np.nanmedian(np.delete(stack.values, list(stack.data["scene"].values).index(f"look-{_BAD:02d}"), 0), axis=0)
    return max(np.abs(_off(laid, truth) - _off(usual.mean(axis=0), truth))) < 0.2


def _off(view: np.ndarray, truth: np.ndarray) -> np.ndarray:
    down, right = np.gradient(truth)
    seen = np.isfinite(view)
    seen[:6] = seen[-6:] = seen[:, :6] = seen[:, -6:] = False
    known = np.stack([np.ones(seen.sum()), truth[seen], right[seen], down[seen]], axis=1)
    _, gain, right_px, down_px = np.linalg.lstsq(known, view[seen], rcond=None)[0]
    return np.array([-right_px, -down_px]) / gain


def _truth(world: World) -> np.ndarray:
    return np.asarray(world.views[_BAD].mean(axis=0))


# Nothing in it

def test_a_constant_image_is_refused(tmp_path, world):
    stack = build_stack(_with(world.scenes(tmp_path), world, np.full_like(world.views[0], 90.0)))
    assert _is_refused_for(stack, "cannot be registered|does not resemble|grey level")
    _others_are_right(stack, world)


@pytest.mark.parametrize("which", [slice(None), slice(0, 1)])
def test_an_image_without_a_number_in_one_or_in_all_bands_is_refused(tmp_path, world, which):
    bad = world.seen(_BAD)
    bad[which] = np.nan
    stack = build_stack(_with(world.scenes(tmp_path), world, bad))
    assert _is_refused_for(stack, "cannot be registered|shows nothing|shows only 0 %")
    _others_are_right(stack, world)


def test_several_empty_images_at_either_end_leave_the_others_as_they_are(tmp_path, world):
    scenes = world.scenes(tmp_path)
    for look, level in ((0, 0.0), (1, np.nan), (_LOOKS - 1, 90.0)):
        _written(scenes.scenes[look], np.full_like(world.views[0], level), world.grid)
    stack = build_stack(scenes)
    assert [fit.scene for fit in stack.fits if not fit.used] == ["look-00", "look-01", f"look-{_LOOKS - 1:02d}"]
    assert all(fit.why_not for fit in stack.fits if not fit.used)


def test_an_image_that_meets_the_site_in_one_pixel_is_refused(tmp_path, world):
    corner = world.grid.affine @ Affine.translation(_SIZE - 1, _SIZE - 1)
    stack = build_stack(_with(world.scenes(tmp_path), world, world.seen(_BAD),
                              GeoBox((_SIZE, _SIZE), corner, world.grid.crs)))
    assert _is_refused_for(stack, "cannot be registered|shows only 0 %|another place")
    _others_are_right(stack, world)


@pytest.mark.parametrize("fill", [0, 65535, -9999])
def test_undeclared_fill_in_a_corner_is_not_seen_and_the_rest_lies_where_it_is(tmp_path, fill):
    world = _world(4)
    bad = world.seen(_BAD)
    bad[:, :50, :60] = fill * 1e-4
    stack = build_stack(_with(world.scenes(tmp_path), world, bad))
    assert _lies_where_it_is(stack, _truth(world))
    laid = stack.values[list(stack.data["scene"].values).index(f"look-{_BAD:02d}")]
    assert np.isnan(laid[:, :47, :57]).all()
    assert np.isfinite(laid[:, 60:120, 70:120]).mean() > 0.95
    _others_are_right(stack, world)


def test_the_black_outside_of_a_picture_is_not_seen_and_the_rest_lies_where_it_is(tmp_path):
    world = _world(1)
    bad = world.seen(_BAD)
    bad[:, np.add.outer(np.arange(_SIZE), np.arange(_SIZE)) < 70] = 0
    stack = build_stack(_with(world.scenes(tmp_path), world, bad))
    assert _lies_where_it_is(stack, _truth(world))
    assert np.isnan(stack.values[_BAD][0, :30, :30]).all()
    _others_are_right(stack, world)


# Another frame

def _turned(view: np.ndarray, how: str) -> np.ndarray:
    turns = {"mirrored": view[..., ::-1], "upside down": view[..., ::-1, :], "by 90": np.rot90(view, 1, (-2, -1)),
             "by 180": np.rot90(view, 2, (-2, -1)), "by 270": np.rot90(view, 3, (-2, -1))}
    return np.ascontiguousarray(turns[how])


@pytest.mark.parametrize(("how", "words"), [
    ("mirrored", "mirrored left to right"), ("upside down", "upside down, mirrored"),
    ("by 90", "turned by 90 degrees to the left"), ("by 180", "turned by 180 degrees"),
    ("by 270", "turned by 90 degrees to the right")])
def test_an_image_turned_without_saying_so_is_refused_and_told_how_it_is_turned(tmp_path, world, how, words):
    stack = build_stack(_with(world.scenes(tmp_path), world, _turned(world.seen(_BAD), how)))
    assert _is_refused_for(stack, f"cannot be registered: it shows the site {words}")
    _others_are_right(stack, world)


def test_gaps_in_haze_are_not_taken_for_a_turned_or_rescaled_site():
    side = 240
    world = World(31, looks=1, size_px=side)
    for i in range(16):
        world.roof(rectangle(30 + 58 * (i % 4), 34 + 56 * (i // 4), 14 + i, 12, 23 * i), 170)
    for seed in range(12):
        draw = np.random.default_rng(seed)
        haze = 150 + 1500 * gaussian_filter(draw.normal(0, 1, (side, side)), 15)
        gaps = gaussian_filter(draw.normal(0, 1, (side, side)), 8)
        view = np.where(gaps < np.quantile(gaps, 0.7), np.nan, haze + draw.normal(0, 2, (side, side)))
        assert what_is_wrong(view.astype(np.float32), world.seen(0)[0]) == HIDDEN


@pytest.mark.parametrize("how", ["by 90", "by 180", "by 270"])
def test_an_image_whose_georeference_turns_it_lies_where_it_is(tmp_path, world, how):
    quarters = int(how[3:]) // 90
    turned = world.grid.affine
    for _ in range(quarters):  # of the stored image against the ground, each about its own corner
        turned = turned @ Affine(0, -1, _SIZE, 1, 0, 0)
    stack = build_stack(_with(world.scenes(tmp_path), world, _turned(world.seen(_BAD), how),
                              GeoBox((_SIZE, _SIZE), turned, world.grid.crs)))
    assert _lies_where_it_is(stack, _truth(world))
    _others_are_right(stack, world)


@pytest.mark.parametrize(("stated", "words"), [(0.5, "half the size"), (2.0, "twice the size")])
def test_an_image_whose_pixel_size_is_stated_wrong_by_two_is_refused_and_told_so(tmp_path, world, stated, words):
    middle = Affine.translation(_SIZE / 2, _SIZE / 2)
    grid = GeoBox((_SIZE, _SIZE), world.grid.affine @ middle @ Affine.scale(stated) @ ~middle, world.grid.crs)
    stack = build_stack(_with(world.scenes(tmp_path), world, world.seen(_BAD), grid))
    assert _is_refused_for(stack, f"cannot be registered: it shows the site at {words} that its pixel size says")
    _others_are_right(stack, world)


def test_a_picture_of_half_the_pixels_is_refused_or_brought_to_size(tmp_path):
    world = _world(1)
    plane = picture_grid(_SIZE, _SIZE, 3.0)
    scenes = world.scenes(tmp_path)
    for look, scene in enumerate(scenes.scenes):
        _written(scene, world.seen(look), plane)
    half = world.seen(_BAD).reshape(1, _SIZE // 2, 2, _SIZE // 2, 2).mean(axis=(2, 4))
    _written(scenes.scenes[_BAD], half, picture_grid(_SIZE // 2, _SIZE // 2, 3.0))
    stack = build_stack(replace(scenes, site=replace(scenes.site, grid=plane, area=box(*plane.boundingbox))))
    assert _is_refused_for(stack, "cannot be registered|does not resemble|shows only") \
        or _lies_where_it_is(stack, _truth(world))
    _others_are_right(stack, world)


@pytest.mark.parametrize("pixels_off", [20, 45, 90])
def test_an_image_far_off_its_place_is_refused_or_found_there(tmp_path, world, pixels_off):
    wide = World(31, looks=1, size_px=512, bands=len(world.views[0]))
    place = slice(200, 200 + _SIZE)
    ground = wide.views[0][:, place, place]
    world.views = world.views - world.views[0] + ground
    for roof in _ROOFS:
        world.roof(roof, 170)
    beyond = wide.views[0][:, 200 - pixels_off:200 - pixels_off + _SIZE, place].copy()
    beyond[:, pixels_off:] = world.views[_BAD][:, :_SIZE - pixels_off]
    world.shift_px[_BAD] = 0, pixels_off
    stack = build_stack(_with(world.scenes(tmp_path), world, beyond + world.draw.normal(0, 3, beyond.shape)))
    fit = _fit(stack)
    assert _is_refused_for(stack, "cannot be registered|does not resemble|shows only") or (
        abs(fit.shift_x_px - _middle(stack, world)[0]) < 0.2
        and abs(fit.shift_y_px - pixels_off - _middle(stack, world)[1]) < 0.2)
    _others_are_right(stack, world)


def _middle(stack: Stack, world: World) -> np.ndarray:
    """What the other looks' positions are about: the zero is the middle of all, which is not that of the truth."""
    others = [look for look in range(_LOOKS) if look != _BAD]
    found = np.array([(_fit(stack, look).shift_x_px, _fit(stack, look).shift_y_px) for look in others])
    return np.asarray(np.median(found - world.shift_px[others], axis=0))


def test_another_places_ground_is_refused(tmp_path, world):
    other = 100 + 12 * texture(np.random.default_rng(99), _SIZE, len(world.views[0]))
    stack = build_stack(_with(world.scenes(tmp_path), world, other))
    assert _is_refused_for(stack, "another place|does not resemble")
    _others_are_right(stack, world)


# Another grid

@pytest.mark.parametrize(("crs", "pixel"), [("EPSG:4326", (3e-5, 3e-5)), ("EPSG:4326", (4e-5, 2.5e-5)),
                                            ("EPSG:32630", (3.0, 3.0)), ("EPSG:32631", (2.0, 4.0)),
                                            ("EPSG:3857", (4.0, 4.0))])
def test_an_image_in_another_crs_or_with_oblong_pixels_lies_where_it_is(tmp_path, world, crs, pixel):
    world.shift_px[:] = 0
    bad, grid = _on_another_grid(world, crs, pixel)
    stack = build_stack(_with(world.scenes(tmp_path), world, bad, grid))
    assert _lies_where_it_is(stack, _truth(world))
    assert np.hypot(_fit(stack).shift_x_px, _fit(stack).shift_y_px) < 0.2
    _others_are_right(stack, world)


def _on_another_grid(world: World, crs: str, pixel: tuple[float, float]) -> tuple[np.ndarray, GeoBox]:
    extent = world.grid.extent.to_crs(crs).boundingbox
    width, height = int(extent.span_x / pixel[0]) + 1, int(extent.span_y / pixel[1]) + 1
    grid = GeoBox((height, width), Affine(pixel[0], 0, extent.left, 0, -pixel[1], extent.top), crs)
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    east, north = grid.crs.transformer_to_crs(world.grid.crs)(*(grid.affine @ (columns, rows)))
    column, row = ~world.grid.affine @ (east, north)
    return np.stack([map_coordinates(band, [row - 0.5, column - 0.5], mode="grid-wrap")
                     for band in world.views[_BAD]]), grid


@pytest.mark.parametrize("pixel_m", [0.5, 15.0])
def test_an_image_of_another_kind_of_pixels_is_refused(tmp_path, world, pixel_m):
    bad, grid = _on_another_grid(world, "EPSG:32631", (3.0, pixel_m))
    stack = build_stack(_with(world.scenes(tmp_path), world, bad, grid))
    assert _is_refused_for(stack, "times those of the site's grid")
    _others_are_right(stack, world)


# Masks

def _masked(tmp_path: Path, world: World, codes: np.ndarray, grid: GeoBox) -> Stack:
    """The stack with one look's mask of these codes, on this grid."""
    scenes = world.scenes(tmp_path, {_BAD: np.ones((_SIZE, _SIZE))})
    mask = scenes.scenes[_BAD].asset("mask")
    write_geotiff(mask.kept.path, codes[None].astype(np.uint8), grid)
    return build_stack(scenes)


def _hides(stack: Stack, rows: slice, columns: slice) -> bool:
    """Whether the bad look is not seen there, and seen around it."""
    laid = np.isfinite(stack.values[_BAD][0])
    around = laid.copy()
    around[max(rows.start - 3, 0):rows.stop + 3, max(columns.start - 3, 0):columns.stop + 3] = True
    return not laid[rows, columns].any() and around[8:-8, 8:-8].mean() > 0.98


def test_the_mask_of_the_whole_scene_fits_an_image_cut_out_of_it(tmp_path):
    world = _world(4)
    codes = np.ones((400, 300))
    codes[120 + 20:120 + 40, 90 + 50:90 + 70] = 0
    grid = GeoBox(codes.shape, world.grid.affine @ Affine.translation(-90, -120), world.grid.crs)
    assert _hides(_masked(tmp_path, world, codes, grid), slice(21, 39), slice(51, 69))


def test_a_mask_of_coarser_pixels_fits_its_image(tmp_path):
    world = _world(4)
    codes = np.ones((_SIZE // 2, _SIZE // 2))
    codes[10:20, 25:35] = 0
    grid = GeoBox(codes.shape, world.grid.affine @ Affine.scale(2), world.grid.crs)
    assert _hides(_masked(tmp_path, world, codes, grid), slice(21, 39), slice(51, 69))


@pytest.mark.parametrize("shape", [(400, 300), (128, 64), (400, 400), (127, 110), (10, 10)])
def test_a_mask_without_georeference_that_is_not_of_its_images_frame_refuses_the_scene(tmp_path, shape):
    world = _world(4)
    stack = _masked(tmp_path, world, np.ones(shape), picture_grid(shape[1], shape[0], 1.0))
    assert _is_refused_for(stack, f"its mask has {shape[1]} x {shape[0]} pixels, its image 128 x 128")
    _others_are_right(stack, world)


def test_a_mask_of_another_place_refuses_the_scene(tmp_path):
    world = _world(4)
    elsewhere = GeoBox((_SIZE, _SIZE), world.grid.affine @ Affine.translation(1000, 0), world.grid.crs)
    assert _is_refused_for(_masked(tmp_path, world, np.ones((_SIZE, _SIZE)), elsewhere), "its mask shows nothing of")


def test_what_a_mask_does_not_reach_is_not_seen(tmp_path):
    world = _world(4)
    half = GeoBox((_SIZE, _SIZE // 2), world.grid.affine @ Affine.translation(_SIZE // 2, 0), world.grid.crs)
    stack = _masked(tmp_path, world, np.ones((_SIZE, _SIZE // 2)), half)
    laid = np.isfinite(stack.values[_BAD][0])
    assert not laid[:, :_SIZE // 2 - 1].any()
    assert laid[8:-8, _SIZE // 2 + 4:-8].mean() > 0.98


def test_a_bad_image_leaves_the_files_of_a_case_as_they_are(tmp_path, world):
    scenes = _with(world.scenes(tmp_path), world, np.full_like(world.views[0], np.nan))
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    build_stack(scenes)
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()} == before
