"""What has to be told of structures and claims: each thing once, whatever it is called the next time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity, box
from tests.watch.conftest import checks_of
from tests.worlds import World

from sitewatch.model import Between, Checks, Look, Measurements, Structure, Structures
from sitewatch.watch._news import news_of, standing

_SITE = World(size_px=32, looks=2).site
_AT = datetime(2024, 5, 1, tzinfo=UTC)
_NO_CLAIMS = Checks()
_LEFT, _, _, _TOP = _SITE.grid.boundingbox


def _structure(place: int, shown: int = 3, class_: str = "new structure") -> Structure:
    left = _LEFT + 12 * place
    after, by = _AT - timedelta(days=20), _AT - timedelta(days=10)
    state = "absent" if class_ == "removed structure" else "present"
    looks = tuple(Look(scene=f"s-{i}", taken=by + timedelta(days=i), state=state, chance=0.5, seen_share=1.0)
                  for i in range(shown))
    happened = {"last" if class_ == "removed structure" else "first": Between(after=after, by=by)}
    return Structure(id=f"new-{place}", label="Structure A", outline=box(left, _TOP - 10, left + 9, _TOP), chance=0.9,
                     class_=class_, looks=looks, **{"first": Between(), "last": Between(), **happened})


def _told(told, *structures, checks=_NO_CLAIMS):
    found = Structures(site=_SITE, records=structures)
    return news_of(found, Measurements(site=_SITE, records=()), checks, told, _AT)


def test_what_stands_when_the_watch_begins_is_known_and_no_news():
    first = _told(None, _structure(0))
    assert [(one.kind, one.known) for one in first] == [("confirmed", True)]
    assert _told(first, _structure(0)) == ()


def test_a_thing_that_two_looks_show_is_a_candidate_until_a_third_one_does():
    candidate = _told((), _structure(0, shown=2))
    assert [one.kind for one in candidate] == ["candidate"]
    assert _told(candidate, _structure(0, shown=2)) == ()
    confirmed = _told(candidate, _structure(0, shown=3))
    assert [one.kind for one in confirmed] == ["confirmed"]
    assert _told(candidate + confirmed, _structure(0, shown=3)) == ()
    assert _told(candidate + confirmed, _structure(0, shown=2)) == ()


def test_what_is_gone_is_confirmed_by_looks_without_it():
    assert [one.kind for one in _told((), _structure(0, class_="removed structure"))] == ["confirmed"]


def test_a_thing_measured_anew_under_another_name_is_the_same_thing():
    told = _told((), _structure(0))
    again = replace(_structure(0), id="new-elsewhere", outline=affinity.translate(_structure(0).outline, 3, -2))
    assert _told(told, again) == ()
    removed = replace(_structure(0, class_="removed structure"), id="gone-0")
    assert [one.kind for one in _told(told, again, removed)] == ["confirmed"]


def test_what_is_found_no_more_is_withdrawn_once_and_told_anew_when_it_comes_back():
    told = _told((), _structure(0))
    withdrawn = _told(told)
    assert [(one.kind, one.subject) for one in withdrawn] == [("withdrawn", "new-0")]
    assert _told(told + withdrawn) == ()
    back = _told(told + withdrawn, _structure(0))
    assert [one.kind for one in back] == ["confirmed"]
    assert back[0].id != told[0].id


def test_the_first_verdict_of_a_claim_is_known_and_each_other_one_is_told_once():
    first = _told((), checks=checks_of("cannot tell"))
    assert [(one.kind, one.known) for one in first] == [("verdict", True)]
    assert _told(first, checks=checks_of("cannot tell")) == ()
    turned = _told(first, checks=checks_of("refuted"))
    assert [(one.subject, one.before, one.verdict, one.known) for one in turned] == [
        ("W1", "cannot tell", "refuted", False)]
    assert _told(first + turned, checks=checks_of("refuted")) == ()
    assert [one.before for one in _told(first + turned, checks=checks_of("cannot tell"))] == ["refuted"]


def test_a_verdict_is_no_structure_that_stands():
    told = _told((), _structure(0), checks=checks_of("supported"))
    assert [one.subject for one in standing(told)] == ["new-0"]


@given(st.lists(st.dictionaries(st.integers(0, 6), st.integers(1, 4)), max_size=6))
def test_what_stands_by_all_that_was_told_is_what_was_found_last(passes):
    told = None
    for places in passes:
        structures = [_structure(place, shown) for place, shown in places.items()]
        told = (*(told or ()), *_told(told, *structures))
        assert _told(told, *structures) == ()
        assert {news.subject for news in standing(told)} == {one.id for one in structures}
    assert len({news.id for news in told or ()}) == len(told or ())
