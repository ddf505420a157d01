"""What people decide enters the next run, and no run loses it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.case.hill import failed, structures_of

from sitewatch.case import Case
from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import Decision, Trial


@pytest.fixture(autouse=True)
def told(table, monkeypatch):
    """A structures stage that shows which decisions it was given."""
    def structures(changes, stack, decisions=()):
        found = structures_of(changes, stack)
        label = " ".join(f"{d.what} by {d.actor}" for d in decisions) or "nobody"
        return replace(found, records=tuple(replace(s, label=label) for s in found))

    monkeypatch.setitem(table, "structures", table["structures"]._replace(function=structures))


def _label(case: Case) -> str:
    return case.structures().records[0].label


def test_a_decision_counts_from_the_next_run_on_and_is_kept_by_every_run(case):
    case.run()
    case.decide(Decision(subject="s-1", what="accept", actor="ana"))
    assert _label(case) == "nobody"
    steps = {step.stage: step.computed for step in case.run()}
    assert (steps["changes"], steps["structures"], steps["report"]) == (False, True, True)
    assert _label(case) == "accept by ana"
    assert not any(step.computed for step in Case.open(case.folder).run())
    assert failed(case) == []


def test_a_decision_taken_back_gives_the_earlier_result_again(case):
    case.run()
    before = (case.folder / "results" / "structures.geojson").read_bytes()
    decision = case.decide(Decision(subject="s-1", what="accept", actor="ana"))
    case.run()
    case.withdraw(decision.id, "ana")
    case.run()
    assert (case.folder / "results" / "structures.geojson").read_bytes() == before
    assert failed(case) == []


def test_a_decision_that_was_tampered_with_does_not_verify(case):
    case.run()
    decision = case.decide(Decision(subject="c-1", what="reject", actor="ana", why="a shadow"))
    case.run()
    path = case.folder / "looks" / f"{decision.id}.yaml"
    path.write_text(path.read_text().replace("a shadow", "a tree"))
    assert f"looks/{decision.id}.yaml" in failed(case)


def test_a_decision_can_be_made_while_a_run_holds_the_case(case):
    case.run()
    with case._store.writing():
        Case.open(case.folder).decide(Decision(subject="s-1", what="accept", actor="ana"))
    assert len(case.decisions()) == 1


def test_nothing_can_be_decided_before_the_first_run_nor_on_what_is_not_there(case):
    with pytest.raises(CaseFileError, match="run the case"):
        case.decide(Decision(subject="s-1", what="accept", actor="ana"))
    case.run()
    with pytest.raises(InputError, match="there is no structure or change"):
        case.decide(Decision(subject="s-9", what="accept", actor="ana"))


def test_what_could_have_been_seen_is_tried_once_for_the_same_changes_and_again_to_verify(case, table, monkeypatch):
    tries = []

    def structures(changes, stack, decisions=(), detect=None):
        if detect:
            tries.append(len(decisions))
        trial = Trial(side_px=6.0, contrast=3.0, tried=4, found=3)
        return replace(structures_of(changes, stack), trials=(trial,) if detect else ())

    monkeypatch.setitem(table, "structures", table["structures"]._replace(function=structures))
    case.run()
    case.decide(Decision(subject="s-1", what="accept", actor="ana"))
    case.run()
    assert tries == [0]
    assert case.structures().trials == (Trial(side_px=6.0, contrast=3.0, tried=4, found=3),)
    assert failed(case) == []
    assert tries == [0, 1]
    monkeypatch.setitem(table, "structures", table["structures"]._replace(version=table["structures"].version + 1))
    Case.open(case.folder).run()
    assert tries == [0, 1, 1]
