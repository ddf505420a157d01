"""What people decided lies on disk, signed, and is read with the place of every mistake."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from shapely import box

from sitewatch.errors import CaseFileError, InputError, VerificationError
from sitewatch.geo import picture_grid
from sitewatch.model import Between, Changes, Decision, Structure, Structures, counted_in, newest, parse_yaml
from sitewatch.store import (
    _signed,
    check_decisions,
    completed,
    decisions_plain,
    keep_decision,
    read_decisions,
    subjects_of,
    version_of,
    with_drawn,
    withdraw_decision,
)

_GRID = picture_grid(100, 100, 3.0)
_HALL = Structure(id="new-1-1", label="Hall", outline=box(30, -60, 60, -30), class_="new structure", chance=0.8,
                  first=Between(), last=Between())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "case.yaml").write_text("")
    return tmp_path


def _keep(folder, version=None, **given):
    decision = Decision(**{"subject": "new-1-1", "what": "accept", "actor": "ana", **given})
    return keep_decision(folder, _GRID, lambda known: completed(decision, {_HALL.id: _HALL}, known, _GRID, version))


def _failing(folder):
    return [check.detail for check in check_decisions(folder) if not check.holds]


def test_a_decision_is_read_back_as_it_was_kept(folder):
    why = 'He said: "no"\n- a list\n# a comment \u202e 언덕'
    kept = _keep(folder, what="reject", why=why)
    drawn = _keep(folder, what="outline", outline=box(0, -30, 30, 0))
    assert read_decisions(folder, _GRID) == (kept, drawn)
    assert kept.why == why
    assert kept.seen.outline.equals(_HALL.outline)
    assert drawn.outline.equals(box(0, -30, 30, 0))
    assert _failing(folder) == []


def test_decisions_are_in_the_order_in_which_they_were_made(folder):
    kept = [_keep(folder, actor=actor) for actor in ("bo", "ana", "cy", "ana")]
    assert list(read_decisions(folder, _GRID)) == kept


def test_two_people_deciding_at_once_lose_nothing(folder):
    threads = [threading.Thread(target=_keep, args=(folder,), kwargs={"actor": f"p{i % 3}"}) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({d.at for d in read_decisions(folder, _GRID)}) == 12
    assert sum(len((folder / "log" / f"p{i}.jsonl").read_text().splitlines()) for i in range(3)) == 12
    assert _failing(folder) == []


def test_who_saw_an_earlier_state_is_told_so_and_loses_nothing(folder):
    version = version_of(_HALL, (), _GRID)
    _keep(folder, version)
    with pytest.raises(VerificationError, match="no longer as it was"):
        _keep(folder, version, what="reject", why="no")
    assert len(read_decisions(folder, _GRID)) == 1
    assert version_of(replace(_HALL, chance=0.7), (), _GRID) != version


def test_a_decision_that_is_withdrawn_while_all_are_read_does_not_stand(folder, monkeypatch):
    first, second = _keep(folder), _keep(folder, actor="bo")
    listed = _signed.signed_files

    def then_withdrawn(*asked):
        paths = listed(*asked)
        withdraw_decision(folder, _GRID, second.id, "bo")
        return paths

    monkeypatch.setattr(_signed, "signed_files", then_withdrawn)
    assert [decision.id for decision in read_decisions(folder, _GRID)] == [first.id]


def test_a_decision_is_withdrawn_by_its_own_person_only(folder):
    kept = _keep(folder)
    with pytest.raises(InputError, match="decided by ana, not by bo"):
        withdraw_decision(folder, _GRID, kept.id, "bo")
    withdraw_decision(folder, _GRID, kept.id, "ana")
    assert read_decisions(folder, _GRID) == ()
    assert _failing(folder) == []
    with pytest.raises(InputError, match="there is no decision"):
        withdraw_decision(folder, _GRID, kept.id, "ana")


def test_a_decision_changed_removed_or_written_by_hand_is_noticed(folder):
    one, two = _keep(folder), _keep(folder)
    path = folder / "looks" / f"{one.id}.yaml"
    path.write_text(path.read_text().replace("accept", "not sure"))
    (folder / "looks" / f"{two.id}.yaml").unlink()
    details = _failing(folder)
    assert "changed or written by hand" in details[0]
    assert "no log tells of its withdrawal" in details[1]


@pytest.mark.parametrize(("line", "key", "text"), [
    (3, "what", "what: perhaps"), (3, "what", "what: [accept]"), (4, "actor", "actor: 7"), (5, "at", "at: yesterday"),
    (6, "seen", "seen: none"),
])
def test_a_mistake_in_a_decision_is_named_with_file_line_and_key(folder, line, key, text):
    kept = _keep(folder)
    path = folder / "looks" / f"{kept.id}.yaml"
    plain = ["# a comment", "subject: new-1-1", "what: accept", "actor: ana", "at: 2026-01-01T00:00:00Z", "seen: null",
             ""]
    path.write_text("\n".join(plain))
    assert read_decisions(folder, _GRID)[0].what == "accept"
    plain[line - 1] = text
    path.write_text("\n".join(plain))
    with pytest.raises(CaseFileError) as caught:
        read_decisions(folder, _GRID)
    assert (caught.value.file, caught.value.line, caught.value.key.split(".")[0]) == (path, line, key)


def test_what_leads_out_of_the_case_is_refused(folder, tmp_path_factory):
    with pytest.raises(InputError):
        _keep(folder, actor="../ana")
    with pytest.raises(InputError):
        withdraw_decision(folder, _GRID, "../case", "ana")
    (folder / "looks").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(InputError, match="leads out of the case"):
        _keep(folder)


@pytest.mark.parametrize("given", [
    {"what": "reject"}, {"what": "look"}, {"what": "relabel"}, {"what": "outline"}, {"chance": 1.5},
    {"what": "relabel", "class_": "reference"}, {"what": "look", "scene": "s"}, {"scene": "s", "state": "absent"},
    {"what": "outline", "outline": box(0, 0, 0, 0)},
])
def test_half_a_decision_is_none(given):
    with pytest.raises(ValueError, match=r"\w"):
        Decision(**{"subject": "a", "what": "accept", "actor": "ana", **given})


def test_a_reference_is_not_decided_on(folder):
    reference = replace(_HALL, class_="reference")
    with pytest.raises(InputError, match="is a reference"):
        completed(Decision(subject="new-1-1", what="accept", actor="a"), {reference.id: reference}, (), _GRID, None)
    with pytest.raises(InputError, match="no look in a scene"):
        completed(Decision(subject="new-1-1", what="look", actor="a", scene="s", state="absent"), {_HALL.id: _HALL},
                  (), _GRID, None)
    with pytest.raises(InputError, match="there is no structure or change"):
        completed(Decision(subject="x", what="accept", actor="a"), {}, (), _GRID, None)


def test_a_decision_is_part_of_what_a_run_is_made_from(folder):
    assert decisions_plain([_keep(folder)], _GRID) != decisions_plain([_keep(folder)], _GRID)


_SHED = box(0, -30, 15, 0)


def _drawn(folder, subject="shed", outline=_SHED, **given):
    return _keep(folder, subject=subject, what="draw", outline=outline,
                 **{"class_": "new structure", "chance": 0.9, **given})


def test_a_drawn_structure_can_be_decided_on_before_a_run_has_read_it(folder):
    drawn = _drawn(folder, label="Shed")
    structures = Structures(site=None, records=(_HALL,))
    subjects = subjects_of(structures, Changes(site=None, records=(), threshold=1, false_alarms_per_year=1,
                                               smallest_px=1), [drawn])
    assert set(subjects) == {"new-1-1", "shed"}
    assert (subjects["shed"].label, subjects["shed"].by, subjects["shed"].looks) == ("Shed", "ana", ())
    known = completed(Decision(subject="shed", what="reject", actor="bo", why="no"), subjects, [drawn], _GRID, None)
    assert known.seen.outline == _SHED


def test_a_drawn_structure_that_a_run_has_traced_is_not_there_twice(folder):
    drawn = _drawn(folder)
    there = replace(_HALL, id="new-8-15", outline=box(0, -30, 16, 0))
    assert with_drawn(Structures(site=None, records=(there,)), [drawn]).records == (there,)


@pytest.mark.parametrize(("given", "told"), [
    ({"subject": "new-1-1"}, "Give what you drew another id"),
    ({"outline": box(31, -60, 60, -30)}, "is Hall .new-1-1. in that place already"),
])
def test_nothing_is_drawn_where_there_is_a_structure(folder, given, told):
    with pytest.raises(InputError, match=told):
        _drawn(folder, **given)
    assert read_decisions(folder, _GRID) == ()


@pytest.mark.parametrize("outline", [_HALL.outline, box(0, -10, 10, 0), box(0, -100, 100, 0)])
def test_an_outline_that_leaves_no_two_parts_does_not_split(folder, outline):
    with pytest.raises(InputError, match="does not split"):
        _keep(folder, what="split", outline=outline)


@pytest.mark.parametrize("given", [
    {"what": "draw"}, {"what": "draw", "outline": _SHED, "class_": "new structure"},
    {"what": "draw", "outline": _SHED, "chance": 0.5, "class_": "new structure", "subject": "../shed"},
    {"what": "measure", "scene": "s", "dimension": "area"}, {"what": "measure", "drawn": ((0, 0), (1, 1))},
    {"what": "use", "scene": "s"}, {"what": "link", "claim": "c"}, {"what": "accept", "claim": "c", "part": "subject"},
    {"what": "accept", "dimension": "area"}, {"what": "look", "state": "present"}, {"what": "split"},
])
def test_a_decision_that_lacks_what_its_kind_is_about_is_none(given):
    with pytest.raises(ValueError, match="need"):
        Decision(**{"subject": "a", "actor": "b", **given})


def test_every_drawing_of_a_size_counts_and_a_later_word_on_a_claim_takes_the_place_of_an_earlier(folder):
    for end in (10, 11, 12):
        _keep(folder, what="measure", scene="s", dimension="length", drawn=((0.0, 0.25), (end, 0.0)))
    known = read_decisions(folder, _GRID)
    assert [d.drawn[1] for d in newest(known)] == [(10, 0), (11, 0), (12, 0)]
    assert known[0].drawn == ((0.0, 0.25), (10.0, 0.0))
    assert counted_in("measurements", known) == ()
    _keep(folder, what="use", scene="s", dimension="length")
    _keep(folder, what="link", claim="c", part="subject")
    last = _keep(folder, what="link", claim="c", part="subject", dimension="area")
    known = read_decisions(folder, _GRID)
    assert [d.what for d in counted_in("measurements", known)] == ["measure"] * 3 + ["use"]
    assert counted_in("claims", known) == (last,)
    assert counted_in("structures", known) == ()


def test_a_file_is_read_once_and_again_when_it_was_changed(folder, monkeypatch):
    kept = [_keep(folder, what="relabel", label=f"Hall {i}") for i in range(3)]
    parsed = []
    monkeypatch.setattr("sitewatch.store._signed.parse_yaml",
                        lambda data, path: parsed.append(path.stem) or parse_yaml(data, path))
    assert read_decisions(folder, _GRID) == read_decisions(folder, _GRID) == tuple(kept)
    assert parsed == []
    file = folder / "looks" / f"{kept[1].id}.yaml"
    file.write_text(file.read_text().replace("Hall 1", "Shed"))
    assert read_decisions(folder, _GRID)[1].label == "Shed"
    assert parsed == [kept[1].id]
