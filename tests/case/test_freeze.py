"""Sentences that a person has reviewed are frozen with what they rest on: no edit and no change goes unsaid."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from tests.case.hill import failed, image, report_of, structures_of

from sitewatch.case import Case
from sitewatch.cli import main
from sitewatch.errors import CaseFileError, InputError


@pytest.fixture(autouse=True)
def told(table, monkeypatch):
    """A report that says how the reviewed sentences stand."""
    def report(*records, provenance, standing=()):
        made = report_of(*records, provenance)
        page = made.files["index.html"] + "".join(one.told for one in standing).encode()
        return replace(made, files={**made.files, "index.html": page})

    monkeypatch.setitem(table, "report", table["report"]._replace(function=report))


def _page(case: Case) -> str:
    case.run()
    return (case.folder / "report" / "index.html").read_text(encoding="utf-8")


def test_what_was_reviewed_is_kept_with_who_when_and_the_fingerprints_of_its_records(case):
    case.run()
    review = case.freeze("ana", why="measured it by hand too")
    kept = yaml.safe_load((case.folder / "reviewed" / f"{review.id}.yaml").read_text(encoding="utf-8"))
    assert (kept["actor"], kept["why"]) == ("ana", "measured it by hand too")
    assert kept["at"].startswith(review.id[:4])
    [sentence] = kept["sentences"]
    assert (sentence["layer"], list(sentence["evidence"])) == ("measured", ["s-1"])
    assert len(sentence["evidence"]["s-1"]) == 16
    [standing] = Case.open(case.folder).standing()
    assert (standing.finding, standing.is_stale, standing.actor) == ("f-1", False, "ana")


def test_only_the_report_is_computed_again_and_it_says_who_reviewed(case):
    case.run()
    case.freeze("ana")
    steps = {step.stage: step.computed for step in case.run()}
    assert (steps["claims"], steps["report"]) == (False, True)
    assert "reviewed by ana on 20" in _page(case)
    assert not any(step.computed for step in Case.open(case.folder).run())
    assert failed(case) == []


def test_an_edit_after_freezing_is_caught(case):
    case.run()
    review = case.freeze("ana")
    path = case.folder / "reviewed" / f"{review.id}.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("actor: ana", "actor: bob"), encoding="utf-8")
    assert f"reviewed/{review.id}.yaml" in failed(case)
    assert [one.changed for one in case.standing()] == [(f"reviewed/{review.id}.yaml",)]  # it vouches for nothing
    path.unlink()
    assert f"reviewed/{review.id}.yaml" in failed(case)
    path.write_text(whole, encoding="utf-8")
    assert f"reviewed/{review.id}.yaml" not in failed(case)


def test_a_sentence_whose_words_changed_with_a_new_image_is_said_to_be_stale(case, images):
    case.run()
    case.freeze("ana")
    image(images, 12)
    page = _page(case)
    assert "stale: reviewed by ana" in page
    [standing] = case.standing()
    assert standing.is_stale
    assert standing.finding is None
    assert failed(case) == []
    [line] = [check for check in Case.open(case.folder).verify() if "stale" in check.detail]
    assert line.holds


def test_a_sentence_that_stays_while_its_record_changes_is_said_to_be_stale_with_the_record(case, table, monkeypatch):
    case.run()
    case.freeze("ana")

    def structures(changes, stack):
        found = structures_of(changes, stack)
        return replace(found, records=tuple(replace(s, chance=0.5) for s in found))

    stage = table["structures"]
    monkeypatch.setitem(table, "structures", stage._replace(function=structures, version=2))
    again = Case.open(case.folder)
    assert "stale: reviewed by ana" in _page(again)
    [standing] = again.standing()
    assert (standing.finding, standing.changed) == ("f-1", ("s-1",))
    assert again.freeze("ben").id != standing.review
    assert [(one.actor, one.is_stale) for one in again.standing()] == [("ben", False)]


def test_a_review_taken_back_is_gone_and_only_its_own_person_takes_it_back(case):
    case.run()
    plain, review = _page(case), case.freeze("ana")
    with pytest.raises(InputError, match="not by ben"):
        case.unfreeze(review.id, "ben")
    case.unfreeze(review.id, "ana")
    assert case.standing() == ()
    assert _page(case) == plain
    assert failed(case) == []


def test_a_persons_words_are_held_to_the_rules_of_their_layer(case):
    case.run()
    with pytest.raises(InputError, match="“barracks” says what a thing is for"):
        case.freeze("ana", ["f-1"], text="The barracks measure 630.0 m² in 3 looks")
    with pytest.raises(InputError, match="the number 700 does not stand in the draft"):
        case.freeze("ana", ["f-1"], text="It measures 700 m²")
    with pytest.raises(InputError, match="no sentence is called f-9"):
        case.freeze("ana", ["f-9"])
    assert case.reviews() == ()
    [sentence] = case.freeze("ana", ["f-1"], text="In 3 looks its roof\n measures the same").sentences
    assert sentence.text == "In 3 looks its roof measures the same"
    assert sentence.drafted == case.findings().records[0].text


def test_nothing_can_be_frozen_before_the_first_run_and_no_name_leaves_the_folder(case):
    with pytest.raises(CaseFileError, match="run the case"):
        case.freeze("ana")
    case.run()
    with pytest.raises(InputError, match="the person's name"):
        case.freeze("../../ana")


def test_a_review_that_cannot_be_read_names_file_line_and_key(case):
    case.run()
    review = case.freeze("ana")
    path = case.folder / "reviewed" / f"{review.id}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("layer: measured", "layer: guessed"), encoding="utf-8")
    with pytest.raises(CaseFileError, match=rf"{review.id}.yaml.*sentences"):
        case.standing()


class TestOnTheCommandLine:
    """``claims freeze``: what was reviewed, and what cannot be."""

    @pytest.fixture
    def sitewatch(self, case, capsys):
        case.run()

        def run(*arguments):
            capsys.readouterr()
            with pytest.raises(SystemExit) as left:
                main(["claims", "freeze", str(case.folder), *arguments])
            out, err = capsys.readouterr()
            return int(left.value.code or 0), out, err
        return run

    def test_a_sentence_is_frozen_listed_and_taken_back(self, sitewatch):
        assert "nobody has reviewed" in sitewatch()[1]
        code, out, err = sitewatch("f-1", "--as", "ana", "--why", "both looks")
        assert (code, "reviewed by ana" in out, "frozen: 1" in err) == (0, True, True)
        told = json.loads(sitewatch("--json")[1])
        [review], [sentence] = told["reviews"], told["sentences"]
        assert (review["actor"], review["why"], review["sentences"]) == ("ana", "both looks", 1)
        assert (sentence["finding"], sentence["stale"], list(sentence["evidence"])) == ("f-1", False, ["s-1"])
        assert sitewatch("--withdraw", review["id"], "--as", "ben")[0] == 4
        assert "nobody has reviewed" in sitewatch("--withdraw", review["id"], "--as", "ana")[1]

    def test_only_what_was_drafted_from_the_case_as_it_is_can_be_frozen(self, case, sitewatch):
        path = case.folder / "case.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "stack: {share: 0.5}\n", encoding="utf-8")
        code, _, err = sitewatch("--all")
        assert (code, "Run it and read them again" in err) == (4, True)

    @pytest.mark.parametrize(("arguments", "code"), [
        (("--text", "x"), 2), (("f-1", "--all"), 2), (("f-9",), 4), (("f-1", "--text", "A barracks"), 4),
        (("--withdraw", "nothing"), 4), (("f-1", "--as", "../ana"), 4)])
    def test_what_cannot_be_is_refused_with_its_exit_code(self, sitewatch, arguments, code):
        assert sitewatch(*arguments)[0] == code
        assert "nobody has reviewed" in sitewatch()[1]
