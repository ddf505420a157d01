"""People say which structure a claim speaks of; the verdict follows, and where they differ there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.claims.said import area_ratio, checked, claims_of, traced

from sitewatch.model import Decision, seen_of

_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_TEXT = "The hall is 60 to 70 per cent of the old one."
_CLAIM = {"id": "x", "quote": _TEXT[:-1], "kind": "measurement", "triple": ["the hall", "size_ratio_to", "the old one"],
          "quantity": {"form": "of", "low": 0.6, "high": 0.7, "dimension": "footprint"}}


@pytest.fixture
def said(tmp_path):
    claims, new, old = claims_of(tmp_path, {"paper": {"text": _TEXT}}, [_CLAIM]), traced("s-1"), traced("s-2", x=2)
    def with_links(*links, structures=(new, old)):
        made = tuple(Decision(subject=one.id, what="link", actor=actor, claim="x", part=part, seen=seen_of(one, "v"),
                              dimension=dimension, id=f"d{i}", at=_DAY + timedelta(days=i))
                     for i, (one, part, actor, dimension) in enumerate(links))
        measured = [area_ratio("s-1", "s-2", 0.65, 0.64, 0.66)]
        return checked(replace(claims, links=made), *structures, measured=measured)["x"]
    return new, old, with_links


def test_a_linked_claim_is_tested_against_what_it_was_linked_with(said):
    new, old, with_links = said
    assert with_links().verdict == "cannot tell"
    assert with_links((new, "subject", "ana", None)).verdict == "cannot tell"
    check = with_links((new, "subject", "ana", None), (old, "object", "ana", None))
    assert (check.verdict, check.tested[0].structure) == ("supported", "s-1")


def test_where_people_differ_there_is_no_verdict_and_both_are_named(said):
    new, old, with_links = said
    check = with_links((new, "subject", "ana", None), (old, "object", "ana", None), (old, "subject", "bo", None))
    assert check.verdict == "cannot tell"
    assert "readers differ on what it speaks of (ana: s-1; bo: s-2)" in check.why


def test_a_link_finds_its_structure_again_by_the_outline(said):
    new, old, with_links = said
    links = (new, "subject", "ana", None), (old, "object", "ana", None)
    told = with_links(*links, structures=(replace(new, id="s-9"), old))
    assert (told.verdict, told.tested[0].why) == ("cannot tell", "it was not measured")
    assert "no structure that was traced" in with_links(*links, structures=(old,)).why


def test_a_link_may_say_which_size_was_meant(said):
    new, old, with_links = said
    check = with_links((new, "subject", "ana", "length"), (old, "object", "ana", None))
    assert (check.tested[0].what, check.verdict) == ("length", "cannot tell")
