"""The article on the plant near Hamhung: 26 claims with flags given by hand, and one ratio printed as four numbers."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from tests.claims.said import WORLD, area_ratio, checked, traced
from tests.shared import SHARED, needs

from sitewatch.model import canonical
from sitewatch.store import read_claims

pytestmark = needs("cases/february-11")

# The names stand in public sources; KN-32 stands in none of them.
_NAMES = """
entities:
- id: feb11
  type: site
  part_of: {id: ryongsong, source: KCNA, rivals: [{id: rakwon, source: Arms Control Wonk}]}
  names: [{text: February 11 Plant, status: preferred, source: KCNA}, {text: 2·11공장, lang: ko, source: KCNA}]
- {id: ryongsong, type: site, names: [{text: Ryongsong Machine Complex, source: KCNA}]}
- {id: rakwon, type: site, names: [{text: Rakwon Machine Complex, source: KCNA}]}
- id: hwasong-11a
  type: designation
  not_same_as: [hwasong-11b]
  names: [{text: Hwasong-11A, scheme: letter, source: ACW}, {text: KN-23, scheme: kn, source: ACW}]
- id: hwasong-11b
  type: designation
  names: [{text: Hwasong-11B, scheme: letter, source: CNN}, {text: KN-24, scheme: kn, source: CNN}]
- {id: bldg-C, type: building, structure: new hall}
- {id: bldg-prev, type: building, structure: hall B}
- {id: housing, type: housing, structure: rows}
- {id: crane, type: crane, structure: crane}
- {id: ugf-entrances, type: portal}
"""
# What no rule reads off the words: what a phrase hangs on, and that a wording lost its sense.
_NOT_COMPUTED = {("S02", "DANGLING_REFERENT"), ("S23", "GARBLED")}


@pytest.fixture
def claims(tmp_path):
    for name in ("article.txt", "claims.yaml"):
        shutil.copy(SHARED / "cases" / "february-11" / name, tmp_path)
    (tmp_path / "names.yaml").write_text(_NAMES, encoding="utf-8")
    return read_claims(tmp_path, WORLD.site)


def _in_2024(structure):
    """The structure with its looks moved to the autumn of the article."""
    start = datetime(2024, 7, 1, 10, 30, tzinfo=UTC)
    looks = tuple(replace(look, taken=start + timedelta(days=10 * i)) for i, look in enumerate(structure.looks))
    turn = next((i for i in range(1, len(looks)) if looks[i].state != looks[i - 1].state), None)
    when = replace(structure.happened, after=looks[turn - 1].taken, by=looks[turn].taken) if turn else structure.first
    return replace(structure, looks=looks, **{"last" if structure.class_ == "removed structure" else "first": when})


def _simulated(claims, gsd_m=3.0, also=()):
    """What the simulated scenes give: a new hall of 0.644 times the footprint of hall B."""
    things = (_in_2024(traced("new hall", "aaaa" + "p" * 8)), traced("hall B", class_="reference"),
              _in_2024(traced("rows", "aa" + "p" * 10)), *also)
    ratio = area_ratio("new hall", "hall B", 0.644, 0.586, 0.708)
    return checked(claims, *things, measured=[ratio], gsd_m=gsd_m)


def test_all_26_claims_load_and_every_quote_stands_where_it_is_said_to(claims):
    assert len(claims.records) == 26
    assert {claim.place.fit for claim in claims} == {"exact"}
    assert not claims.documents[0].is_changed


def test_every_flag_that_a_rule_can_compute_is_computed_and_none_besides(claims):
    given = {(claim.id, flag) for claim in claims for flag in claim.noted}
    computed = {(flag.claim, flag.word) for flag in checked(claims).flags}
    assert given - computed == _NOT_COMPUTED
    assert computed - given == set()
    assert len(computed) == 21


def test_18_publishers_print_four_disjoint_readings_of_one_origin(claims):
    [found] = checked(claims).disagreements
    assert (found.kind, found.publishers, found.origins) == ("transmission error", 18, 1)
    spans = sorted((reading.low, reading.high) for reading in found.printed)
    assert spans == [(0.25, 0.45), (0.55, 0.75), (1.55, 1.75), (1.8, 2.2)]
    assert all(high < low for (_, high), (low, _) in pairwise(spans))


def test_of_is_supported_and_larger_smaller_and_twice_are_refuted(claims):
    check = _simulated(claims)["S25"]
    footprint = check.tested[0]
    assert (check.verdict, footprint.what) == ("supported", "footprint")
    assert check.chance > 0.98
    assert {rival.text: rival.verdict for rival in footprint.rivals} == {
        "60 to 70 % larger than": "refuted", "60 to 70 % smaller than": "refuted", "2 times the size of": "refuted"}
    assert all(rival.times == 1000 for rival in footprint.rivals)


def test_the_crane_is_not_decided_by_images_of_3_m_but_by_those_of_half_a_metre(claims):
    crane = _in_2024(traced("crane", "pppp" + "a" * 8, class_="removed structure"))
    coarse, fine = (_simulated(claims, gsd_m, also=[crane])["S23"] for gsd_m in (3.0, 0.5))
    assert coarse.verdict == "cannot tell"
    assert "0.5 m" in coarse.tested[0].decides
    assert fine.verdict == "supported"


def test_housing_is_seen_but_not_for_whom(claims):
    check = _simulated(claims)["S21"]
    function, presence = check.tested
    assert (check.verdict, function.verdict, presence.verdict) == ("not testable", "not testable", "supported")
    assert "for workers" in function.why


def test_the_designation_is_unknown_and_at_odds_with_the_documents_own(claims):
    flags = {(flag.claim, flag.word): flag.why for flag in checked(claims).flags}
    assert "KN-23" in flags["S05", "UNKNOWN_DESIGNATION"]
    assert flags["S09", "SELF_CONTRADICTION"] == "KN-23 here, KN-32 in S05 of the same document"


def test_most_of_what_was_written_no_image_can_test(claims):
    verdicts = [check.verdict for check in _simulated(claims)]
    assert verdicts.count("not testable") == 19  # the 18 that were given as such, and for whom the housing is
    assert verdicts.count("supported") == 3      # the hall, its ratio, and that the plant is being expanded


def test_the_canonical_ratios_are_those_that_were_given(claims):
    assert canonical(claims["S25"].stated) == ((0.55, 0.75),)
    assert [canonical(reading.stated) for reading in claims.readings] == [
        ((0.55, 0.75),), ((1.55, 1.75),), ((0.25, 0.45),), ((1.8, 2.2),)]
