"""What a tile shows of a look."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from sitewatch.cli import cli
from sitewatch.errors import InputError, SitewatchError
from sitewatch.geo import read_image
from sitewatch.web import Desk
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


@pytest.mark.parametrize("mode", ["true", "change"])
def test_the_picture_that_the_command_writes_is_what_the_page_shows(case, mode, tmp_path):
    case.run()
    scene, file = case.stack().used[1].scene, tmp_path / "look.png"
    arguments = ["picture", str(case.folder), str(file), "--scene", scene, "--mode", mode]
    assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    tile = Image.open(io.BytesIO(Desk(case.folder, "ana").tile(mode, scene, 0, 0, 0))).convert("RGB")
    written = Image.open(file)
    assert written.size == case.site.grid.shape[::-1]
    assert np.array_equal(np.asarray(written), np.asarray(tile)[:written.height, :written.width])
    with pytest.raises(InputError, match="Name a new file"):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)
    for wrong in (["--scene", "none"], ["--of", "none"], []):
        with pytest.raises(SitewatchError):
            CliRunner().invoke(cli, ["picture", str(case.folder), str(tmp_path / "x"), *wrong], catch_exceptions=False)
    chips = tmp_path / "chips.jpg"
    CliRunner().invoke(cli, ["picture", str(case.folder), str(chips), "--of", "s-1"], catch_exceptions=False)
    assert Image.open(chips).size == (3 * 96, 96)


def test_both_looks_of_a_pair_are_drawn_in_one_stretch_in_true_colour(stack):
    pictures, values = Pictures(stack), stack.values[:, 0]
    pairs = [(value, grey) for look in range(len(values)) for value, grey in zip(
        values[look][_HIDDEN].ravel(), _drawn(pictures, "true", look).ravel(), strict=True) if np.isfinite(value)]
    pairs.sort()
    greys = [grey for _, grey in pairs]
    assert len(set(greys)) > 20
    assert greys == sorted(greys)


def test_files_as_received_are_all_drawn_in_one_stretch(stack):
    pictures = Pictures(stack)
    pairs = [(value, grey) for look, scene in enumerate(stack.scenes.scenes)
             for value, grey in zip(read_image(scene.assets[0].kept.path)[0][_HIDDEN].ravel(),
                                    _drawn(pictures, "received", look).ravel(), strict=True)]
    greys = {value: {grey for other, grey in pairs if other == value} for value, _ in pairs}
    assert all(len(one) == 1 for one in greys.values())
