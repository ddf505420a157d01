"""Which two looks are shown, and that the caption says why and how comparable they are."""

from __future__ import annotations

from dataclasses import replace

from tests.report.yard import (
    CAME,
    LOOKS,
    hall,
    site_in_a_picture,
    site_on_earth,
    stack_of,
    structure_at,
    text_of,
    world_of,
)

from sitewatch.model import Stack
from sitewatch.report import ReportOptions
from sitewatch.report._frames import whole
from sitewatch.report._pairs import Pair, latest_clear, pair_of_structure
from sitewatch.report._pictures import stretch_of

_SITE = site_on_earth()
_STACK = stack_of(_SITE)
_SMALL = ReportOptions(figures=1, figure_width_px=120, map_width_px=120)


def _pair(stack: Stack) -> Pair:
    stretch = stretch_of(stack, ReportOptions())
    pair = pair_of_structure(structure_at(hall(stack.site)), stack, whole(stack.site), stretch)
    assert pair is not None
    return pair


def _with_snow(stack: Stack, looks: set[int], share: float = 0.8) -> Stack:
    fits = (replace(fit, snow_share=share if i in looks else 0.0) for i, fit in enumerate(stack.fits))
    return replace(stack, fits=tuple(fits))


def _with_scenes(stack: Stack, **fields: tuple[object, ...]) -> Stack:
    """The same looks, each field with one value per scene."""
    scenes = tuple(replace(scene, **{name: values[i % len(values)] for name, values in fields.items()})
                   for i, scene in enumerate(stack.scenes.scenes))
    return replace(stack, scenes=replace(stack.scenes, scenes=scenes))


def test_a_look_with_snow_is_not_put_beside_one_without_where_others_are_to_be_had():
    usual = _pair(_STACK)
    snowed = _pair(_with_snow(_STACK, {usual.before}))
    assert snowed.before != usual.before
    assert snowed.comparison.snow == "neither"


def test_looks_are_shown_whose_shadows_fall_alike():
    angles = {"sun_azimuth_deg": (150.0,) * 6 + (215.0,) * 3 + (150.0, 150.0), "sun_elevation_deg": (30.0,)}
    pair = _pair(_with_scenes(_STACK, **angles))
    assert pair.after in (5, 9)
    assert pair.comparison.shadow_m == 0


def test_of_pairs_about_as_alike_that_with_the_shorter_shadows_is_shown():
    low = tuple(10.0 if i in (_pair(_STACK).before, _pair(_STACK).after) else 55.0 for i in range(LOOKS + 1))
    pair = _pair(_with_scenes(_STACK, sun_azimuth_deg=(150.0,), sun_elevation_deg=low))
    assert {pair.before, pair.after} & {_pair(_STACK).before, _pair(_STACK).after} == set()


def test_the_sun_is_computed_where_a_scene_on_the_earth_has_a_time_of_day_and_no_angles():
    bare = _with_scenes(_STACK, sun_elevation_deg=(None,))
    assert _pair(bare).comparison.shadow_m is not None
    assert _pair(_with_scenes(stack_of(site_in_a_picture()), sun_elevation_deg=(None,))).comparison.shadow_m is None


def test_a_date_without_a_time_of_day_has_no_sun():
    days = _STACK.data["time"].values.astype("datetime64[D]").astype("datetime64[ns]")
    undated = replace(_with_scenes(_STACK, sun_elevation_deg=(None,)), data=_STACK.data.assign_coords(time=days))
    assert _pair(undated).comparison.shadow_m is None


def test_the_caption_says_out_of_how_many_pairs_and_how_well_they_compare():
    why = text_of(world_of(_SITE).page(_SMALL))
    assert f"Of {(CAME - 1) * (LOOKS - CAME)} pairs of such looks these two are clearest and most alike here, " \
           "and they compare well:" in why
    assert "Not known: snow." in why


def test_where_even_the_best_pair_is_poor_the_caption_says_so():
    two = _STACK.data.isel(time=[1, 7])
    fits = tuple(replace(fit, used=i in (1, 7), snow_share=0.7 if i == 1 else 0.0) for i, fit in enumerate(_STACK.fits))
    pair = _pair(replace(_STACK, data=two, fits=fits))
    assert pair.comparison.word == "poor"
    assert pair.why.startswith("They are the only such pair, and they compare poorly")
    assert "snow in one only" in pair.why
    assert "Plants, shadows or snow may explain by themselves what differs." in pair.why


def test_the_map_shows_a_look_without_snow_where_there_is_one():
    stretch = stretch_of(_STACK, ReportOptions())
    assert latest_clear(_with_snow(_STACK, {LOOKS - 1}), whole(_SITE), stretch) == LOOKS - 2
    assert latest_clear(_with_snow(_STACK, set(range(LOOKS))), whole(_SITE), stretch) == LOOKS - 1
