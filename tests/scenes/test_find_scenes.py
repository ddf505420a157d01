"""Which scenes are found, in what order, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from sitewatch.errors import InputError, ProviderError
from sitewatch.geo import picture_grid
from sitewatch.model import Asset, Refusal, Scene, Site, Span
from sitewatch.scenes import find_scenes, without_held

_START = datetime(2020, 1, 1, tzinfo=UTC)
_SITE = Site(slug="plane", names=(), area=box(0, -60, 72, 0), grid=picture_grid(24, 20, 3.0))


@dataclass(frozen=True)
class Given:
    """A source that offers what it was given."""

    offers: tuple[Scene | Refusal, ...]
    name: str = "given"

    def find(self, site: Site, span: Span) -> Iterable[Scene | Refusal]:
        return self.offers

    def open(self, asset: Asset) -> Iterable[bytes]:
        return [b""]


def _scene(scene_id: str, seconds: float, sensor: str = "picture") -> Scene:
    return Scene(id=scene_id, source="?", sensor=sensor, taken=_START + timedelta(seconds=seconds),
                 taken_from="file name", assets=(Asset(role="image", href=scene_id),))


@given(st.lists(st.integers(0, 10**8).map(lambda s: 2 * s), min_size=1, max_size=12, unique=True), st.randoms())
def test_scenes_come_in_order_of_time_however_the_sources_give_them(seconds, random):
    offers = [_scene(str(s), s) for s in seconds]
    random.shuffle(offers)
    cut = random.randint(0, len(offers))
    found = find_scenes(_SITE, Span(), {"a": Given(tuple(offers[:cut])), "b": Given(tuple(offers[cut:]))})
    assert [scene.taken for scene in found.scenes] == sorted(offer.taken for offer in offers)
    assert not found.refusals


def test_a_scene_carries_the_name_that_its_source_goes_by():
    found = find_scenes(_SITE, Span(), {"mine": Given((_scene("x", 0),)), "yours": Given((_scene("y", 9),))})
    assert [scene.source for scene in found.scenes] == ["mine", "yours"]


def test_one_look_counts_once_whichever_source_offers_it():
    found = find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0), _scene("z", 5))),
                                        "b": Given((_scene("y", 1), _scene("w", 6.5)))})
    assert [scene.id for scene in found.scenes] == ["x", "z", "w"]
    assert [refusal.what for refusal in found.refusals] == ["y"]
    assert "same time as x of a (2020-01-01 00:00:00 UTC)" in found.refusals[0].why


def test_two_sensors_at_one_moment_are_two_looks():
    found = find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0), _scene("y", 0, "grey")))})
    assert len(found.scenes) == 2


def test_ids_are_unique_even_where_case_does_not_count():
    found = find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0), _scene("X-2", 3))),
                                        "b": Given((_scene("X", 9), _scene("x", 12)))})
    assert [scene.id for scene in found.scenes] == ["x", "X-2", "X-3", "x-4"]


def test_a_scene_outside_the_span_is_refused_even_if_its_source_offers_it():
    span = Span(start=_START + timedelta(seconds=5), end=_START + timedelta(seconds=10))
    found = find_scenes(_SITE, span, {"a": Given((_scene("x", 0), _scene("y", 5), _scene("z", 10)))})
    assert [scene.id for scene in found.scenes] == ["y"]
    assert [refusal.what for refusal in found.refusals] == ["x", "z"]


def test_one_image_alone_is_found():
    assert len(find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0),))}).scenes) == 1


def test_what_a_source_refuses_is_handed_on():
    refusal = Refusal(what="a.tif", why="empty")
    assert find_scenes(_SITE, Span(), {"a": Given((refusal, _scene("x", 0)))}).refusals == (
        replace(refusal, source="a"),)


def test_nothing_found_says_what_was_refused_and_why():
    refusals = tuple(Refusal(what=f"{i}.tif", why="no date") for i in range(8))
    with pytest.raises(InputError) as caught:
        find_scenes(_SITE, Span(start=_START), {"folder": Given(refusals)})
    assert "between 2020-01-01 and any time in folder" in str(caught.value)
    assert "8 refused:\n  0.tif: no date" in str(caught.value)
    assert "and 3 more" in str(caught.value)


def test_nothing_at_all_says_what_to_give():
    for sources in ({}, {"folder": Given(())}):
        with pytest.raises(InputError, match="Give dated images"):
            find_scenes(_SITE, Span(), sources)


def test_progress_counts_the_sources():
    told = []
    find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0),)), "b": Given(())}, lambda *step: told.append(step))
    assert told == [("looking into a", 0, 2), ("looking into b", 1, 2), ("looked into all sources", 2, 2)]


def test_sources_are_asked_for_the_site_and_the_span_unchanged():
    asked = []

    @dataclass(frozen=True)
    class Listening(Given):
        def find(self, site: Site, span: Span) -> Iterable[Scene | Refusal]:
            asked.append((site, span))
            return self.offers

    span = Span(end=_START + timedelta(days=1))
    found = find_scenes(_SITE, span, {"a": Listening((_scene("x", 0),))})
    assert asked == [(_SITE, span)]
    assert replace(found, scenes=()).site is _SITE


@pytest.mark.parametrize(("sensor", "seconds", "once"), [("sentinel-2", 600, True), ("landsat", 1500, True),
                                                         ("sentinel-2", 86_400, False), ("planetscope-4", 600, False)])
def test_a_pass_that_two_archives_time_differently_counts_once(sensor, seconds, once):
    sources = {"a": Given((_scene("x", 0, sensor),)), "b": Given((_scene("y", seconds, sensor),))}
    found = find_scenes(_SITE, Span(), sources)
    assert len(found.scenes) == (1 if once else 2)
    alone = find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0, sensor), _scene("y", seconds, sensor)))})
    assert len(alone.scenes) == 2  # of one source they are two looks


def test_a_look_that_is_held_from_another_archive_is_not_offered_again():
    held = find_scenes(_SITE, Span(), {"a": Given((_scene("x", 0, "sentinel-2"),))})
    offered = find_scenes(_SITE, Span(), {"b": Given((_scene("y", 600, "sentinel-2"),
                                                     _scene("z", 10**6, "sentinel-2")))})
    left = without_held(offered, held)
    assert [scene.id for scene in left.scenes] == ["z"]
    assert left.refusals == (Refusal(what="y", why="the same look as x of a, which is held", source="b"),)
    assert without_held(offered, None) == offered
    assert without_held(held, held) == held


class Silent:
    """A source that does not answer."""

    name = "silent"

    def find(self, site: Site, span: Span) -> Iterable[Scene | Refusal]:
        raise ProviderError("silent did not answer")

    def open(self, asset: Asset) -> Iterable[bytes]:
        return [b""]


def test_a_source_that_does_not_answer_is_a_refusal_as_long_as_another_has_scenes():
    found = find_scenes(_SITE, Span(), {"a": Silent(), "b": Given((_scene("x", 0),))})
    assert found.refusals == (Refusal(what="a", why="could not be searched: silent did not answer", source="a",
                                      is_gap=True),)
    with pytest.raises(ProviderError, match="did not answer"):
        find_scenes(_SITE, Span(), {"a": Silent()})
