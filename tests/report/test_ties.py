"""How the looks were aligned, as the page tells it: arrows, rings, numbers, the worst look."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.report.yard import LOOKS, picture, site_on_earth, stack_of, text_of, world_of

from sitewatch.model import Stack
from sitewatch.report import ReportOptions
from sitewatch.report._ties import Aligned, TieMap, aligned_of

_SMALL = ReportOptions(figures=1, figure_width_px=120, map_width_px=120)
_STACK = stack_of(site_on_earth())
_X, _Y = (side.ravel() for side in np.meshgrid([20.0, 50.0, 80.0], [25.0, 65.0]))


def _with_ties(ties: np.ndarray, stack: Stack = _STACK) -> Stack:
    """(time, window, axis) left over, in windows of two rows and three columns."""
    data = stack.data.assign(ties_px=(("time", "window", "axis"), ties.astype(np.float32)))
    return replace(stack, data=data.assign_coords(window_x=("window", _X), window_y=("window", _Y)))


def _aligned(ties: np.ndarray) -> tuple[Aligned, TieMap]:
    aligned = aligned_of(_with_ties(ties))
    assert aligned is not None
    assert aligned.map is not None
    return aligned, aligned.map


def _noise(sigma_px: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, sigma_px, (LOOKS, len(_X), 2))


def test_an_arrow_shows_which_way_and_how_far_the_content_of_a_window_lies_off():
    ties = _noise(0.0)
    ties[:, 2] = 0.3, -0.4
    tie_map = _aligned(ties)[1]
    off = tie_map.ties[2]
    times = float(tie_map.times)
    assert (off.x, off.y) == (80, 25)
    assert off.tip_x - off.x == pytest.approx(0.3 * times, abs=0.3)
    assert off.tip_y - off.y == pytest.approx(-0.4 * times, abs=0.3)
    assert [(tie.tip_x, tie.tip_y) for tie in tie_map.ties if tie is not off] == [
        (tie.x, tie.y) for tie in tie_map.ties if tie is not off]


def test_a_ring_is_as_wide_as_single_looks_scatter_and_one_wild_look_does_not_widen_it():
    ties = np.random.default_rng(2).normal(0, 0.1, (LOOKS, len(_X), 2))
    calm = _aligned(ties)[1]
    ties[4] += 5
    wild = _aligned(ties)[1]
    rings = [tie.ring / float(calm.times) for tie in calm.ties]
    assert np.mean(rings) == pytest.approx(0.1, rel=0.3)
    assert np.mean([tie.ring / float(wild.times) for tie in wild.ties]) < 1.6 * np.mean(rings)


@pytest.mark.parametrize("sigma_px", [0.004, 0.05, 0.7])
def test_the_key_names_the_length_that_is_drawn(sigma_px):
    tie_map = _aligned(_noise(sigma_px))[1]
    px, metres = (float(number) for number in re.fullmatch(r"([\d.e-]+) px = ([\d.e-]+) m", tie_map.key).groups())
    assert metres == pytest.approx(3 * px, rel=0.05)
    drawn_px = tie_map.key_percent / 100 * tie_map.window.width
    assert drawn_px / px == pytest.approx(float(tie_map.times), rel=0.05)
    assert tie_map.key_percent <= 20


def test_arrows_and_rings_of_neighbouring_windows_do_not_run_into_each_other():
    tie_map = _aligned(_noise(0.3))[1]
    for tie in tie_map.ties:
        assert np.hypot(tie.tip_x - tie.x, tie.tip_y - tie.y) + tie.ring < 30 / 2 * 1.3


def test_a_window_that_hardly_any_look_trusts_stays_empty_and_is_counted():
    ties = _noise(0.1)
    ties[2:, 0] = np.nan
    tie_map = _aligned(ties)[1]
    assert len(tie_map.ties) == len(_X) - 1
    assert tie_map.empty == 1


def test_the_numbers_are_those_of_all_windows_of_all_looks_and_the_worst_look_is_named():
    ties = np.zeros((LOOKS, len(_X), 2))
    ties[:, :, 0] = 0.1
    ties[6:8] = 0.6, 0.8
    ties[0, 0] = np.nan
    aligned = _aligned(ties)[0]
    assert aligned.left == "0.10 px (0.30 m)"
    assert aligned.left_most == "1.00 px (3.0 m)"
    assert aligned.worst == "1.00 px (3.0 m) in the median of its windows: 2023-02-05, scene-6"
    assert aligned.trusted == "98 %"
    assert aligned.sigma == "0.06 px (0.18 m)"
    assert aligned.moved == "1.37 px (4.1 m)"


def test_what_placed_the_looks_is_counted():
    fits = tuple(replace(fit, placement="affine" if i < 3 else "shift") for i, fit in enumerate(_STACK.fits))
    told = aligned_of(replace(_STACK, fits=fits))
    assert told is not None
    assert told.placements == ("7 by a shift", "3 by an affine map")
    assert told.is_supple
    alike = aligned_of(replace(_STACK, fits=tuple(replace(fit, placement="shift") for fit in _STACK.fits)))
    assert alike is not None
    assert alike.placements == ("all by a shift",)
    assert not alike.is_supple


def test_a_stack_that_has_kept_no_ties_gets_the_section_without_a_map(world):
    report = world.report(_SMALL)
    page = report.files["index.html"].decode()
    section = text_of(page[page.index('id="aligned"'):page.index('id="scenes"')])
    assert "Stated standard error 0.06 px (0.18 m) per axis in the median" in section
    assert "Left over" not in section
    assert not [name for name in report.files if "ties" in name]


@pytest.mark.parametrize("ties", [np.full((LOOKS, 6, 2), np.nan), np.zeros((LOOKS, 6, 2))])
def test_windows_of_which_none_is_trusted_and_windows_that_fit_exactly_make_a_page(ties):
    report = world_of(stack=_with_ties(ties)).report(_SMALL)
    assert ("pictures/ties.jpg" in report.files) == bool(np.isfinite(ties).any())


def test_the_map_has_a_picture_in_grey_with_an_alternative_text_that_says_what_it_shows():
    report = world_of(stack=_with_ties(_noise(0.1))).report(_SMALL)
    shown = picture(report.files["pictures/ties.jpg"]).astype(int)
    assert np.ptp(shown, axis=2).max() <= 6
    page = report.files["index.html"].decode()
    alt = re.search(r'src="pictures/ties.jpg"[^>]*alt="([^"]+)"', page)[1]
    assert re.search(r"arrow in each of 6 windows.*Half of all readings lie within [\d.]+ px", alt)
    assert page.count('<circle class="ring"') == 6


def test_the_name_of_the_worst_look_is_escaped():
    ties = _noise(0.01)
    ties[0] = 1
    named = {"scene-0": "<script>alert(1)</script>"}
    stack = _with_ties(ties)
    fits = tuple(replace(fit, scene=named.get(fit.scene, fit.scene)) for fit in stack.fits)
    scenes = replace(stack.scenes, scenes=tuple(replace(s, id=named.get(s.id, s.id)) for s in stack.scenes.scenes))
    data = stack.data.assign_coords(scene=("time", [fit.scene for fit in fits if fit.used]))
    page = world_of(stack=replace(stack, fits=fits, scenes=scenes, data=data)).page(_SMALL)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
