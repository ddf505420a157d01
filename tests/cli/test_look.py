"""People decide from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from shapely import box
from shapely.geometry import mapping

from sitewatch.geo import to_lonlat
from sitewatch.model import Decision, Waiting

_AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def kept(case, monkeypatch) -> list[Decision]:
    """What the commands kept."""
    made: list[Decision] = []

    def decide(self, decision, version=None):
        made.append(replace(decision, id=f"d{len(made)}", at=_AT))
        return made[-1]

    monkeypatch.setattr(case, "decide", decide, raising=False)
    monkeypatch.setattr(case, "decisions", lambda self: tuple(made), raising=False)
    monkeypatch.setattr(case, "withdraw", lambda self, name, actor: made.pop(), raising=False)
    return made


def test_a_decision_is_kept_with_its_reason_and_its_person(kept, sitewatch):
    done = sitewatch("look", "yard", "S1", "reject", "--why", "a tarpaulin", "--as", "ana")
    assert done.code == 0
    assert (kept[0].subject, kept[0].what, kept[0].why, kept[0].actor) == ("S1", "reject", "a tarpaulin", "ana")
    assert "a tarpaulin" in done.out
    assert "it counts from the next run on: sitewatch run yard" in done.err


def test_a_word_on_one_look_names_its_scene(kept, sitewatch):
    assert sitewatch("look", "yard", "S1", "absent", "--scene", "s0").code == 0
    assert (kept[0].what, kept[0].scene, kept[0].state, kept[0].actor) == ("look", "s0", "absent", "reviewer")


def test_an_outline_is_read_from_a_file(kept, sitewatch, tmp_path, georeferenced):
    left, bottom = georeferenced.grid.extent.boundingbox[:2]
    drawn = box(left + 10, bottom + 10, left + 40, bottom + 30)
    file = tmp_path / "drawn.geojson"
    file.write_text(json.dumps(mapping(to_lonlat(drawn, georeferenced.grid))))
    assert sitewatch("look", "yard", "S1", "outline", "--outline", file).code == 0
    assert kept[0].outline.symmetric_difference(drawn).area < 0.01
    file.write_text("{}")
    assert sitewatch("look", "yard", "S1", "outline", "--outline", file).code == 4


@pytest.mark.parametrize("arguments", [("S1", "reject"), ("S1", "absent"), ("S1", "relabel"), ("S1", "outline"),
                                       ("S1", "accept", "--chance", "2"), ("S1", "accept", "--scene", "s0")])
def test_half_a_decision_is_bad_input(kept, sitewatch, arguments):
    done = sitewatch("look", "yard", *arguments)
    assert (done.code, kept) == (4, [])
    assert "See sitewatch look --help" in done.err


def test_a_subject_without_a_verdict_is_a_wrong_use(kept, sitewatch):
    done = sitewatch("look", "yard", "S1")
    assert done.code == 2
    assert "accept, reject, not-sure" in done.err


def test_decisions_are_listed_for_people_and_machines(kept, sitewatch):
    assert "nobody has decided anything yet" in sitewatch("look", "yard").out
    sitewatch("look", "yard", "S1", "not-sure", "--why", "evil \x1b[31m")
    listed = sitewatch("look", "yard").out
    assert "not sure" in listed
    assert "\x1b" not in listed
    [told] = sitewatch("look", "yard", "--json").data["decisions"]
    assert told == {"id": "d0", "subject": "S1", "what": "not sure", "actor": "reviewer", "at": "2026-03-01T00:00:00Z",
                    "why": "evil \x1b[31m", "class": None, "label": None, "chance": None, "scene": None, "state": None,
                    "version": None}


def test_a_blind_reader_is_told_what_others_decided_once_they_have_decided_themselves(kept, sitewatch):
    sitewatch("look", "yard", "S1", "reject", "--why", "a tarpaulin", "--as", "bo")
    assert "tarpaulin" in sitewatch("look", "yard", "--as", "ana").out
    assert "tarpaulin" not in sitewatch("look", "yard", "--as", "ana", "--blind").out
    sitewatch("look", "yard", "S1", "accept", "--as", "ana")
    assert "tarpaulin" in sitewatch("look", "yard", "--as", "ana", "--blind").out


def test_a_decision_is_taken_back(kept, sitewatch):
    sitewatch("look", "yard", "S1", "accept")
    assert "withdrawn" in sitewatch("look", "yard", "--withdraw", "d0").err
    assert kept == []


def test_the_queue_lists_what_waits_for_this_person(case, sitewatch, monkeypatch):
    waiting = (Waiting(subject="S1", worth=5.4, why="nobody has decided on it", is_open=True),
               Waiting(subject="S2", worth=0.04, why="accepted by ana", is_open=False))
    monkeypatch.setattr(case, "queue", lambda self, actor, *, is_blind: () if is_blind or actor != "ana" else waiting,
                        raising=False)
    listed = sitewatch("look", "yard", "--queue", "--as", "ana").out
    assert "S1     5.40   nobody has decided on it" in listed
    assert "S2" not in listed
    assert "everything is decided" in sitewatch("look", "yard", "--queue").out
    assert "everything is decided" in sitewatch("look", "yard", "--queue", "--as", "ana", "--blind").out
    assert sitewatch("look", "yard", "--queue", "--as", "ana", "--json").data["queue"][1] == {
        "subject": "S2", "worth": 0.04, "why": "accepted by ana", "is_open": False}


@pytest.fixture
def outlined(tmp_path, georeferenced):
    """A file with one outline."""
    left, bottom = georeferenced.grid.extent.boundingbox[:2]
    file = tmp_path / "part.geojson"
    file.write_text(json.dumps(mapping(to_lonlat(box(left + 10, bottom + 10, left + 40, bottom + 30),
                                                 georeferenced.grid))))
    return file


def test_what_the_tool_missed_is_drawn_and_what_is_two_is_split(kept, sitewatch, outlined):
    assert sitewatch("look", "yard", "shed", "draw", "--outline", outlined, "--class", "new structure",
                     "--chance", "0.9", "--label", "Shed").code == 0
    assert (kept[0].subject, kept[0].what, kept[0].class_, kept[0].label) == ("shed", "draw", "new structure", "Shed")
    assert sitewatch("look", "yard", "S1", "split", "--outline", outlined).code == 0
    assert kept[1].outline == kept[0].outline
    assert sitewatch("look", "yard", "shed", "draw", "--outline", outlined).code == 4


def test_a_claim_is_linked_and_a_drawing_is_used(kept, sitewatch):
    assert sitewatch("look", "yard", "S1", "link", "--claim", "S25").code == 0
    assert (kept[0].claim, kept[0].part, kept[0].dimension) == ("S25", "subject", None)
    assert sitewatch("look", "yard", "S1", "link", "--claim", "S25", "--part", "object",
                     "--dimension", "area").code == 0
    assert (kept[1].part, kept[1].dimension) == ("object", "area")
    assert sitewatch("look", "yard", "S1", "use", "--dimension", "area", "--scene", "s0").code == 0
    assert kept[2].drawing == ("reviewer", "S1", "area", "s0")
    assert sitewatch("look", "yard", "S1", "link").code == 4
