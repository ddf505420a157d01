"""What people decided lies on disk, signed, and is read with the place of every mistake."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from shapely import box

from sitewatch.errors import CaseFileError, InputError, VerificationError
from sitewatch.geo import picture_grid
from sitewatch.model import Between, Decision, Structure
from sitewatch.store import (
    check_decisions,
    completed,
    decisions_plain,
    keep_decision,
    read_decisions,
    version_of,
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
    return keep_decision(folder, _GRID, lambda known: completed(decision, _HALL, known, _GRID, version))


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
        completed(Decision(subject="new-1-1", what="accept", actor="a"), reference, (), _GRID, None)
    with pytest.raises(InputError, match="no look in a scene"):
        completed(Decision(subject="new-1-1", what="look", actor="a", scene="s", state="absent"), _HALL, (), _GRID,
                  None)
    with pytest.raises(InputError, match="there is no structure or change"):
        completed(Decision(subject="x", what="accept", actor="a"), None, (), _GRID, None)


def test_a_decision_is_part_of_what_a_run_is_made_from(folder):
    assert decisions_plain([_keep(folder)], _GRID) != decisions_plain([_keep(folder)], _GRID)
