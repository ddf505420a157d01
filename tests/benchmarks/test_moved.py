"""Frames that were moved by a known shift are judged by that shift."""

from __future__ import annotations

import numpy as np
from benchmarks.accuracy import alignment_moved
from benchmarks.accuracy.alignment_moved import moved_residuals
from tests.worlds import World, rectangle


def _bright() -> np.ndarray:
    world = World(5, looks=10, size_px=128)
    for i in range(5):
        world.roof(rectangle(24 + 20 * i, 30 + 17 * i, 14, 9, 20 * i), 170)
    world.wander(0.4)
    return np.stack([world.seen(look)[0] for look in range(10)])


def test_what_is_found_of_a_known_shift_is_next_to_all_of_it():
    residuals, refused = moved_residuals(_bright(), draws=2)
    assert (len(residuals), refused) == (4, 0)
    assert np.abs(residuals).max() < 0.1


def test_a_matcher_that_finds_nothing_is_off_by_all_that_was_moved(monkeypatch):
    found = alignment_moved.align_views(_bright())
    monkeypatch.setattr(alignment_moved, "align_views", lambda views: found)
    residuals, _ = moved_residuals(_bright(), draws=2)
    assert np.hypot(*residuals.T).mean() > 0.5


def test_a_frame_that_is_refused_is_counted():
    bright = _bright()
    bright[2] = 100.0
    residuals, refused = moved_residuals(bright, draws=1)
    assert (len(residuals), refused) == (1, 1)
