"""Small things that a person has marked are followed from look to look: gone, come, there, or nobody can tell."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from tests.structures.halls import FROM, SEEDS, quiet_world, states_of
from tests.worlds import World, rectangle, with_scenes

from sitewatch.changes import detect_changes
from sitewatch.changes._objects import smallest_thing_px
from sitewatch.geo import Rectangle, whitened
from sitewatch.model import SURE, Between, Mark, Structure, Structures
from sitewatch.structures import trace_structures
from sitewatch.structures._marked import followed

_CRANE = rectangle(40, 40, 7, 2.2, 30)   # 20 x 6 m in pixels of 3 m
_LEVEL = 140                             # on ground of about 100


def _world(seed: int, looks: slice, level: float = _LEVEL) -> World:
    world = quiet_world(seed)
    world.roof(_CRANE, level, looks)
    return world


def _traced(world: World, mark: Mark | None = None) -> Structures:
    stack = world.stack()
    marked = mark or Mark(id="old_crane", outline=world.on_grid(_CRANE))
    stack = replace(stack, site=replace(stack.site, marks=(marked,)))
    return trace_structures(detect_changes(stack), stack)


def _crane(world: World, mark: Mark | None = None) -> Structure:
    return next(structure for structure in _traced(world, mark) if structure.class_ == "marked object")


@SEEDS
def test_a_marked_crane_that_goes_is_gone_between_the_two_looks(seed):
    world = _world(seed, slice(FROM))
    crane = _crane(world)
    assert crane.went
    assert crane.last == Between(after=world.taken[FROM - 1], by=world.taken[FROM])
    assert crane.first == Between()
    assert states_of(crane) == ["present"] * FROM + ["absent"] * (26 - FROM)
    assert (crane.id, crane.label) == ("old_crane", "old crane")
    assert crane in _traced(world).changed


@SEEDS
def test_a_marked_crane_that_comes_is_first_seen_between_the_two_looks(seed):
    world = _world(seed, slice(FROM, None))
    crane = _crane(world)
    assert not crane.went
    assert crane.first == Between(after=world.taken[FROM - 1], by=world.taken[FROM])
    assert crane.chance > 0.9


@SEEDS
def test_a_marked_crane_that_stays_is_present_and_no_news(seed):
    world = _world(seed, slice(None))
    found = _traced(world)
    crane = _crane(world)
    assert crane.happened == Between()
    assert set(states_of(crane)) == {"present"}
    assert crane not in found.changed


@SEEDS
def test_of_a_crane_that_drowns_in_noise_nobody_can_tell(seed):
    world = _world(seed, slice(None), level=110)
    world.noise[:] = 60
    crane = _crane(world)
    assert set(states_of(crane)) == {"unclear"}
    assert "stands out too little" in crane.reasons[-1]


def test_a_day_on_which_it_was_seen_says_which_state_is_the_crane():
    world = quiet_world(1)
    ground = np.median(world.views[0][:, 30:51, 30:51], axis=(1, 2))
    world.roof(_CRANE, ground + 30, slice(FROM))
    world.roof(_CRANE, ground - 30, slice(FROM, None))      # as far from the ground as before
    outline = world.on_grid(_CRANE)
    assert _crane(world, Mark(id="c", outline=outline, seen=world.taken[2])).went
    assert not _crane(world, Mark(id="c", outline=outline, seen=world.taken[20])).went


def test_looks_under_cloud_are_unclear_and_date_nothing():
    world = _world(2, slice(FROM))
    world.hidden[FROM - 2:FROM + 1, 30:50, 30:50] = True
    crane = _crane(world)
    assert states_of(crane)[FROM - 2:FROM + 1] == ["unclear"] * 3
    assert crane.last == Between(after=world.taken[FROM - 3], by=world.taken[FROM + 1])
    assert [look.seen_share for look in crane.looks][FROM - 1] == 0


def test_a_mark_whose_place_is_never_seen_cannot_be_followed():
    world = _world(0, slice(FROM))
    world.hidden[:, 30:50, 30:50] = True
    crane = _crane(world)
    assert set(states_of(crane)) == {"unclear"}
    assert "could not be followed" in crane.reasons[-1]


@pytest.mark.parametrize("seed", range(8))
def test_light_and_seasons_move_no_crane(seed):
    world = _world(seed, slice(None))
    world.gain = 1 + 0.2 * np.sin(np.arange(26) / 3)
    world.till(rectangle(40, 40, 30, 24), 12 * np.sin(np.arange(26) / 4))
    assert _crane(world).happened == Between()


def _two_looks(seed: int, *roofs: Rectangle | None, marked: Rectangle = _CRANE, seen: datetime | None = None
               ) -> Structure:
    """The crane followed through two looks, drawn at the given place in each."""
    world = World(seed, looks=2)
    for look, roof in enumerate(roofs):
        if roof is not None:
            world.roof(roof, _LEVEL, slice(look, look + 1))
    stack = with_scenes(world.stack())
    mark = Mark(id="crane", outline=world.on_grid(marked), seen=seen)
    stack = replace(stack, site=replace(stack.site, marks=(mark,)))
    return followed(mark, detect_changes(stack), stack, whitened(stack.values))


@SEEDS
def test_two_looks_tell_that_a_marked_crane_is_gone_and_no_more_surely_than_other_places_let_it(seed):
    crane = _two_looks(seed, _CRANE, None)
    assert crane.went
    assert states_of(crane) == ["present", "absent"]
    assert crane.chance <= 0.96
    assert "other places of its shape" in crane.reasons[1]


@SEEDS
def test_of_two_looks_one_that_shows_it_from_another_side_does_not_tell_that_it_is_gone(seed):
    beside = rectangle(40.7, 41.8, 7, 2.2, 30)
    assert _two_looks(seed, _CRANE, beside).happened == Between()
    assert _two_looks(seed, _CRANE, _CRANE).happened == Between()


def test_of_a_marked_thing_smaller_than_its_looks_could_have_shown_nothing_is_told():
    large, small = (_two_looks(0, replace(_CRANE, width=width), None, marked=replace(_CRANE, width=width))
                    for width in (2.2, 1.2))
    [trial] = small.trials
    assert SURE * trial.tried <= trial.found <= trial.tried == 100
    assert states_of(large) == ["present", "absent"]
    assert small.outline.area < (3 * trial.side_px)**2 < large.outline.area
    assert set(states_of(small)) == {"unclear"}
    assert small.happened == Between()
    assert re.fullmatch(r"smallest that could have been seen: \d+ m² \(chance 0\.96\), and it covers 76 m²",
                        small.reasons[-1])


def test_a_series_tells_of_a_marked_thing_that_is_smaller_than_what_the_search_reports():
    narrow = replace(_CRANE, width=1.2)
    world = quiet_world(2)
    world.roof(narrow, _LEVEL, slice(FROM))
    crane = _crane(world, Mark(id="old_crane", outline=world.on_grid(narrow)))
    assert crane.outline.area < smallest_thing_px(world.blur_px) * 9
    assert crane.last == Between(after=world.taken[FROM - 1], by=world.taken[FROM])
    assert any(trial.found >= SURE * trial.tried and (3 * trial.side_px)**2 <= crane.outline.area
               for trial in crane.trials)


def test_a_day_between_the_two_looks_does_not_say_in_which_of_them_the_crane_is():
    world = World(1, looks=2)
    between = world.taken[0] + (world.taken[1] - world.taken[0]) / 2
    assert _two_looks(1, _CRANE, None, seen=between).went
    assert _two_looks(1, None, _CRANE, seen=between).went is False


def test_the_same_marks_give_the_same_looks():
    world = _world(3, slice(FROM))
    assert _crane(world) == _crane(world)
