"""A case at which nothing moved is not looked into; whatever moves, it is."""

from __future__ import annotations

import os

import pytest

from sitewatch.case import Case
from sitewatch.watch import watch_cases


@pytest.fixture
def runs(monkeypatch):
    """The cases that were run, in order."""
    done, run = [], Case.run

    def counted(self, *given, **named):
        done.append(self.folder.name)
        return run(self, *given, **named)

    monkeypatch.setattr(Case, "run", counted)
    return done


@pytest.fixture
def still(cases, make, seen, runs):
    """A case that three passes saw: the first ran it, the second found that there is nothing to do."""
    make("hill")
    seen["looks"] = 3
    for _ in range(3):
        watch_cases(cases)
    assert runs == ["hill", "hill"]
    runs.clear()
    return cases


def test_a_case_that_is_not_looked_into_is_told_of_as_before(still, runs):
    before = watch_cases(still).found.outcomes[0]
    (still / "hill" / ".cache" / "still.json").unlink()
    assert watch_cases(still).found.outcomes[0] == before
    assert runs == ["hill"]
    assert (before.state, before.last_clear is not None, len(before.standing)) == ("nothing new", True, 1)


@pytest.mark.parametrize("touched", ["case.yaml", "scenes/catalog.json", "news.jsonl"])
def test_a_file_of_the_case_that_was_written_to_is_looked_at(still, runs, touched):
    os.utime(still / "hill" / touched)
    watch_cases(still)
    assert runs == ["hill"]


def test_an_image_that_arrives_and_one_that_is_changed_are_looked_at(still, runs, arrive):
    arrive("hill", 13)
    assert watch_cases(still).found.outcomes[0].new_looks == 1
    watch_cases(still)
    watch_cases(still)
    assert runs == ["hill", "hill"]
    os.utime(next((still.parent / "hill-images").glob("*.tif")))
    watch_cases(still)
    assert runs == ["hill"] * 3


def test_a_decision_of_a_person_is_looked_at(still, runs):
    (still / "hill" / "looks").mkdir(exist_ok=True)
    watch_cases(still)
    assert runs == []   # an empty folder says nothing
    (still / "hill" / "looks" / "note.json").write_text("{}")
    watch_cases(still)
    assert runs == ["hill"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"state": 1}', b"\xff"])
def test_what_cannot_be_read_of_it_is_made_again(still, runs, content):
    kept = still / "hill" / ".cache" / "still.json"
    kept.write_bytes(content)
    watch_cases(still)
    watch_cases(still)
    assert runs == ["hill"]


def test_another_version_of_sitewatch_looks_into_every_case(still, runs, table, monkeypatch):
    monkeypatch.setitem(table, "report", table["report"]._replace(version=2))
    watch_cases(still)
    assert runs == ["hill"]
