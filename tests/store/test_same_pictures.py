"""Pictures encoded by another library show the same; pictures that were changed do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sitewatch.store import zipped
from sitewatch.store._compare import same_pictures

_GROUND = np.random.default_rng(0).normal(120, 12, (60, 90, 3)).clip(0, 255).astype(np.uint8)


def _encoded(pixels: np.ndarray, kind: str = "JPEG", **how: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **how)
    return out.getvalue()


def test_a_picture_encoded_a_little_otherwise_shows_the_same():
    stored = _encoded(_GROUND, quality=95, subsampling=0)
    other = _encoded(_GROUND, quality=95, subsampling=0, progressive=True)
    assert stored != other
    assert same_pictures(stored, other)
    assert same_pictures(zipped({"a.jpg": stored, "b.kml": b"x"}), zipped({"a.jpg": other, "b.kml": b"x"}))


def test_a_picture_in_which_something_was_painted_does_not():
    painted = _GROUND.copy()
    painted[20:24, 30:36] = 230
    stored, other = _encoded(_GROUND, quality=88), _encoded(painted, quality=88)
    assert not same_pictures(stored, other)
    assert not same_pictures(zipped({"a.jpg": stored}), zipped({"a.jpg": other}))
    assert not same_pictures(zipped({"a.jpg": stored}), zipped({"b.jpg": stored}))


@pytest.mark.parametrize("other", [b"", b"text", _encoded(_GROUND[:30]), _encoded(_GROUND, "PNG")[:99]])
def test_what_is_no_such_picture_does_not(other):
    assert not same_pictures(other, _encoded(_GROUND))


def test_whole_brightness_shifted_is_another_picture():
    shifted = (_GROUND.astype(int) + 4).clip(0, 255).astype(np.uint8)
    assert not same_pictures(_encoded(_GROUND, quality=95), _encoded(shifted, quality=95))
