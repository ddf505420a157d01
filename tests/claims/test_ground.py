"""Where the ground changed and no structure was traced: it is said, and a claim about that place hears of it."""

from __future__ import annotations

from dataclasses import replace

from shapely import box
from tests.claims.said import WORLD, claims_of, traced
from tests.worlds import World, with_scenes

from sitewatch.claims import draft_findings, faults_of
from sitewatch.model import Between, Change, Changes, Findings, Measurements, Structure, Structures

_SITE = WORLD.site
_STACK = with_scenes(World(size_px=24, looks=12).stack())   # the looks of WORLD
_WEST, _, _, _NORTH = _SITE.grid.boundingbox
_DOCUMENT = {"paper": {"text": "New houses for workers stand in the west. The houses were built in March."}}


def _change(name: str, x_m: float, y_m: float, look: int) -> Change:
    """Twelve metres a side, so far from the north-west corner, after that look."""
    when = Between(after=WORLD.taken[look], by=WORLD.taken[look + 1])
    outline = box(_WEST + x_m, _NORTH - y_m - 12, _WEST + x_m + 12, _NORTH - y_m)
    return Change(id=name, outline=outline, kind="appeared", between=when, strength=20.0, false_alarms=0.1, chance=0.9,
                  step=(1.0,))


def _draft(*kept: Change, structures: tuple[Structure, ...] = (), claims=None) -> Findings:
    changes = Changes(site=_SITE, records=kept, threshold=5.0, false_alarms_per_year=1.0, smallest_px=9.0)
    return draft_findings(changes, Structures(site=_SITE, records=structures), Measurements(site=_SITE, records=()),
                          _STACK, claims=claims)


def _told(found: Findings) -> list[str]:
    return [finding.text for finding in found if "the ground changed at" in finding.text.lower()]


def test_changes_near_each_other_are_one_place_told_with_its_first_days_its_size_and_where_it_is():
    found = _draft(_change("later", 2, 2, 5), _change("first", 22, 2, 2), _change("far", 54, 54, 7))
    [text] = _told(found)
    assert text.startswith("The ground changed at two places and had not changed back by the last look")
    assert "290 m² in the north-west of the site" in text
    assert f"first changed between {WORLD.taken[2]:%Y-%m-%d} and {WORLD.taken[3]:%Y-%m-%d}" in text
    assert "150 m² in the south-east" in text
    assert "Of three such changes chance alone would make about one" in text
    [seen] = [finding for finding in found if finding.text == text]
    assert seen.layer == "seen"
    assert seen.evidence == tuple(_STACK.used[look].scene for look in (2, 3, 7, 8))


def test_what_belongs_to_a_structure_or_lies_on_one_or_was_rejected_is_not_told_again():
    hall = replace(traced("hall", "aaaapppppppp"), changes=("of the hall",))
    [west, _, _, north] = hall.outline.bounds
    on_it = replace(_change("on it", 0, 0, 2), outline=box(west, north - 6, west + 6, north))
    gone_again = replace(_change("gone again", 2, 54, 2), why_not="a season")
    assert _told(_draft(_change("of the hall", 54, 54, 4), on_it, gone_again, structures=(hall,))) == []
    [besides] = _told(_draft(_change("another", 54, 54, 4), structures=(hall,)))
    assert besides.startswith("Besides, the ground changed at one place")


def test_that_something_came_there_is_borne_out_by_the_ground_and_what_it_is_cannot_be_told(tmp_path):
    middle = _SITE.area.centroid
    names = [{"id": "houses", "type": "housing", "at": [middle.x, middle.y]}]
    said = [{"id": name, "document": "paper", "quote": quote, "triple": ["houses", predicate, "x"]} for name, quote,
            predicate in (("use", "New houses", "function"), ("came", "The houses were built", "built"),
                          ("stands", "houses for workers", "function"))]
    claims = claims_of(tmp_path, _DOCUMENT, said, names)
    beside, elsewhere = replace(_change("c", 30, 30, 3), chance=0.97), _change("c", 0, 0, 3)
    of_use, came, stands = _draft(beside, claims=claims).checks.records
    assert [test.verdict for test in of_use.tested] == ["not testable", "cannot tell", "supported"]
    assert [test.verdict for test in came.tested[:2]] == ["cannot tell", "supported"]
    assert [test.verdict for test in stands.tested] == ["not testable", "cannot tell"]   # not that they are new
    days = f"between {WORLD.taken[3]:%Y-%m-%d} and {WORLD.taken[4]:%Y-%m-%d}"
    assert f"changed first {days}, and had not changed back by the last look" in came.part.why
    assert "whether that is houses, images of 3 m per pixel do not tell" in came.why
    unsure = _draft(replace(beside, chance=0.9), claims=claims).checks.records[1]
    assert (unsure.part, unsure.tested[1].verdict) == (None, "cannot tell")
    assert "no sign that it is not there" in _draft(elsewhere, claims=claims).checks.records[1].why


def test_that_a_thing_is_being_improved_is_borne_out_as_far_as_its_place_changed_and_no_further(tmp_path):
    middle = _SITE.area.centroid
    claims = claims_of(tmp_path, _DOCUMENT, [
        {"id": name, "document": "paper", "quote": "New houses", "triple": ["portal", predicate, what]}
        for name, predicate, what in (("a", "status", "being improved"), ("b", "being_improved", ""),
                                      ("c", "status", "expanding"))],
        [{"id": "portal", "type": "portal", "at": [middle.x, middle.y]}])
    changed = _draft(replace(_change("c", 30, 30, 3), chance=0.97), claims=claims).checks
    for check in (changed["a"], changed["b"]):
        assert [(test.what, test.verdict) for test in check.tested] == [
            ("works", "cannot tell"), ("change of the ground", "supported"), ("improvement", "not testable")]
        assert (check.verdict, check.part) == ("cannot tell", check.tested[1])
        assert "images of about 0.5 m per pixel" in check.tested[0].decides
    assert changed["c"].tested == ()
    quiet = _draft(_change("c", 0, 0, 3), claims=claims).checks["a"]
    assert (quiet.verdict, quiet.part) == ("cannot tell", None)
    assert "no sign that nothing was done" in quiet.why


def test_a_change_after_the_stated_time_bears_nothing_out(tmp_path):
    middle = _SITE.area.centroid
    claims = claims_of(tmp_path, _DOCUMENT, [
        {"id": "came", "document": "paper", "quote": "The houses were built", "triple": ["houses", "built", ""],
         "observed": f"before {WORLD.taken[1]:%Y-%m-%d}"}],
        [{"id": "houses", "type": "housing", "at": [middle.x, middle.y]}])
    [came] = _draft(replace(_change("c", 30, 30, 3), chance=0.99), claims=claims).checks.records
    assert came.part is None
    assert "but was first seen so after the stated time" in came.tested[1].why


def test_what_the_images_bear_out_in_part_is_told_among_what_others_say(tmp_path):
    middle = _SITE.area.centroid
    claims = claims_of(tmp_path, _DOCUMENT, [
        {"id": "use", "document": "paper", "quote": "New houses", "triple": ["houses", "function", "for workers"]}],
        [{"id": "houses", "type": "housing", "at": [middle.x, middle.y]}])
    found = _draft(replace(_change("c", 30, 30, 3), chance=0.97), claims=claims)
    [told] = [finding for finding in found if "“New houses”" in finding.text]
    assert told.layer == "said by others"
    assert "The images bear out a part of it: the ground at the place of houses changed first" in told.text
    assert "The rest: what a thing is for, who uses it and what is intended (“for workers”) no image can" in told.text
    assert not faults_of(told, told.text)
