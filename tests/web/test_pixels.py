"""What a tile shows of a look."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sitewatch.geo import read_image
from sitewatch.web._pixels import Pictures

_HIDDEN = (slice(4, 12), slice(6, 20))


@pytest.fixture
def stack(case):
    """The first look is hidden in one place, as a provider's mask hides it."""
    case.run()
    stack = case.stack()
    data = stack.data.copy(deep=True)
    data["values"].values[0][(slice(None), *_HIDDEN)] = np.nan
    return replace(stack, data=data)


def _drawn(pictures: Pictures, mode, look: int) -> np.ndarray:
    tile = pictures.tile(mode, look, pictures.levels - 1, 0, 0)
    assert tile is not None
    return np.asarray(Image.open(io.BytesIO(tile)).convert("L"), float)[_HIDDEN]


def test_what_a_mask_hides_is_hatched_and_the_file_as_received_shows_it(stack):
    pictures = Pictures(stack)
    assert set(np.unique(_drawn(pictures, "true", 0))) == {160, 205}
    file = read_image(stack.scenes.scenes[0].assets[0].kept.path)[0][_HIDDEN]
    shown = _drawn(pictures, "received", 0)
    assert np.corrcoef(shown.ravel(), file.ravel())[0, 1] > 0.99
    assert len(np.unique(shown)) > 20


def test_files_as_received_are_all_drawn_in_one_stretch(stack):
    pictures = Pictures(stack)
    pairs = [(value, grey) for look, scene in enumerate(stack.scenes.scenes)
             for value, grey in zip(read_image(scene.assets[0].kept.path)[0][_HIDDEN].ravel(),
                                    _drawn(pictures, "received", look).ravel(), strict=True)]
    greys = {value: {grey for other, grey in pairs if other == value} for value, _ in pairs}
    assert all(len(one) == 1 for one in greys.values())
