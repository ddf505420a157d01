"""The looks along time: where each dot lies, what a bracket spans, and the same in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from tests.report.yard import CAME, LOOKS, hall, site_on_earth, stack_of, structure_at, text_of, world_of

from sitewatch.report._signs import signs_of
from sitewatch.report._timeline import timeline_of


def _timeline(world):
    signs = signs_of(world.structures, world.measurements, world.structures.changed)
    made = timeline_of(signs, world.stack)
    assert made is not None
    return made


def test_each_look_has_its_dot_and_the_references_have_no_row(world):
    row, = _timeline(world).rows
    assert [dot.state for dot in row.dots] == [look.state for look in world.structures["new-0"].looks]
    assert all(a.x < b.x for a, b in pairwise(row.dots))


def test_the_bracket_spans_from_the_last_look_without_to_the_first_look_with_it(world):
    row, = _timeline(world).rows
    band, = row.bands
    assert band.x == row.dots[CAME - 1].x
    assert band.x + band.width == pytest.approx(row.dots[CAME].x, abs=0.02)


def test_refused_scenes_are_marked_on_the_same_axis(world, page):
    refused, = _timeline(world).refused
    assert refused.x == pytest.approx(98.5)
    assert "haze over all of it" in refused.state
    assert "Scenes not used" in text_of(page)


def test_a_drawing_of_looks_says_the_same_in_words_and_in_a_table(page):
    assert ('aria-label="Structure A: present in 5, absent in 4, unclear in 1 of 10 looks; '
            'between 2022-10-08 and 2022-12-07"') in page
    table = text_of(page[page.index("The same as a table"):page.index('id="size"')])
    assert re.findall(r"\d{4}-\d\d-\d\d (present|absent|unclear)", table) == (
        ["absent"] * 2 + ["unclear"] + ["absent"] * 2 + ["present"] * 5)


@pytest.mark.parametrize("days", [0, 1, 9, 70, 400, 2000, 9000])
def test_an_axis_of_any_length_has_labels_that_can_be_read(days):
    site = site_on_earth()
    stack = stack_of(site)
    start = datetime(2015, 3, 3, tzinfo=UTC)
    moved = tuple(replace(fit, taken=start + i * timedelta(days=days) / LOOKS) for i, fit in enumerate(stack.fits))
    ticks = _timeline(world_of(site, (structure_at(hall(site), looks=()),), replace(stack, fits=moved))).ticks
    assert 1 <= len(ticks) <= 11
    assert all(0 <= tick.x <= 100 for tick in ticks)
    assert all(b.x - a.x > 5 for a, b in pairwise(ticks))
    assert all(tick.text or tick.year for tick in ticks)


def test_where_nothing_changed_the_looks_in_which_it_would_have_been_seen_are_drawn():
    page = world_of(structures=()).page()
    when = page[page.index('id="when"'):page.index('id="size"')]
    assert "Each dot is a look in which one could have been seen." in text_of(when)
    assert when.count('<circle class="present"') == LOOKS
    assert "The whole site, early and late." in text_of(page)
