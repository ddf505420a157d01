"""Images of sensors that share their bands are one series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import World, rectangle

from sitewatch.geo import read_image, write_geotiff
from sitewatch.model import SENSORS
from sitewatch.stack import build_stack

_FOUR, _EIGHT = SENSORS["planetscope-4"], SENSORS["planetscope-8"]


def _world() -> World:
    world = World(5, looks=10, bands=4)
    world.views = 0.1 + world.views / 1000
    world.noise[:] = 0.004
    world.roof(rectangle(48, 48, 20, 12), 0.4, slice(5, None))
    world.wander(0.4)
    return world


def _as_eight(scenes, which, folder):
    """Some of the scenes as the same satellites deliver them in eight bands."""
    folder.mkdir()
    changed = list(scenes.scenes)
    for i in which:
        image = changed[i].assets[0].kept
        four = dict(zip(_FOUR.bands, read_image(image.path), strict=True))
        path = folder / image.path.name
        write_geotiff(path, np.stack([four.get(band, four["red"] / 3) for band in _EIGHT.bands]), scenes.site.grid)
        changed[i] = replace(changed[i], sensor=_EIGHT.id, assets=(
            replace(changed[i].assets[0], kept=replace(image, path=path)),))
    return replace(scenes, scenes=tuple(changed))


@pytest.fixture
def scenes(tmp_path):
    return _world().scenes(tmp_path)


def test_images_of_four_and_of_eight_bands_make_one_stack_of_the_bands_that_they_share(scenes, tmp_path):
    mixed = build_stack(_as_eight(scenes, range(4, 10), tmp_path / "eight"))
    alone = build_stack(scenes)
    assert list(mixed.data["band"].values) == list(_FOUR.bands)
    assert len(mixed.used) == 10
    assert np.array_equal(mixed.values, alone.values, equal_nan=True)


def test_where_all_have_eight_bands_all_are_used(scenes, tmp_path):
    stack = build_stack(_as_eight(scenes, range(10), tmp_path / "eight"))
    assert list(stack.data["band"].values) == list(_EIGHT.bands)


def test_bands_of_pixels_of_another_size_are_not_shared(scenes):
    other = replace(scenes.scenes[3], sensor="skysat")
    stack = build_stack(replace(scenes, scenes=(*scenes.scenes[:3], other, *scenes.scenes[4:])))
    assert [fit.scene for fit in stack.fits if not fit.used] == [other.id]
