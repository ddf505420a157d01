"""The commands on a case that is really computed: the demo, and its images taken as a folder of one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.folders import CORNER, images_of, ran_corner, without_trials

from sitewatch.case import Case
from sitewatch.sources.simulated import read_world, truth_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of a small simulated place, computed once; tests that change it copy it."""
    return ran_corner(tmp_path_factory, tmp_path_factory.mktemp("real") / "demo").folder


def test_the_demo_finds_changes_and_a_second_run_computes_nothing(demo, sitewatch):
    done = sitewatch("run", demo)
    assert done.code == 10
    assert "nothing to compute: every stage is up to date" in done.err
    assert "first seen between" in done.out
    assert (demo / "report" / "index.html").is_file()


@pytest.mark.parametrize("stage", ["scenes", "stack", "changes", "structures", "measurements", "claims", "report"])
def test_every_stage_of_a_real_case_can_be_shown(demo, sitewatch, stage):
    assert sitewatch("show", demo, stage).code == 0
    assert sitewatch("show", demo, stage, "--json").data


def test_the_demo_finds_what_is_there_and_no_more_and_when_it_happened(demo):
    case = Case.open(demo)
    there = {true.class_: true for true in truth_of(read_world(str(CORNER))).objects if true.class_}
    changed = case.structures().changed
    assert sorted(structure.class_ for structure in changed) == sorted(there)
    for structure in changed:
        true, when = there[structure.class_], structure.happened
        assert when.after < true.happened.by
        assert when.by > true.happened.after


@pytest.mark.parametrize("class_", ["new structure", "removed structure"])
def test_the_true_area_lies_in_the_stated_interval(demo, class_):
    case = Case.open(demo)
    [true] = [thing for thing in truth_of(read_world(str(CORNER))).objects if thing.class_ == class_]
    [found] = [structure for structure in case.structures().changed if structure.class_ == class_]
    area = case.measurements().of(found.id, "area").value
    assert area.low <= true.on_grid.area <= area.high


def test_every_measured_number_lies_in_its_interval(demo, sitewatch):
    told = sitewatch("show", demo, "measurements", "--json").data
    given = [m for m in told if m["value"] is not None]
    assert given
    assert all(m["low"] <= m["value"] <= m["high"] for m in given)
    assert all(m["why_not"] for m in told if m["value"] is None)


def test_a_structure_is_measured_by_its_name_and_its_interval_explained(demo, sitewatch):
    case = Case.open(demo)
    [found] = [s for s in case.structures().changed if s.class_ == "new structure"]
    area = case.measurements().of(found.id, "area")
    told = sitewatch("measure", demo, found.label, "--explain").out
    assert str(area.value) in told
    assert all(term.cause in told for term in area.budget)
    assert area.scenes[0] in told
    assert told == sitewatch("measure", demo, found.id, "--explain").out
    by_machine = sitewatch("measure", demo, found.id, "--json").data
    assert sum(by_machine[0]["budget"].values()) == pytest.approx(1, abs=0.001)


def test_a_structure_that_is_not_there_is_bad_input_that_names_those_that_are(demo, sitewatch):
    done = sitewatch("measure", demo, "nothing")
    assert done.code == 4
    assert all(structure.id in done.err for structure in Case.open(demo).structures())


def test_the_structures_for_machines_are_those_for_people(demo, sitewatch):
    told = sitewatch("show", demo, "structures", "--json").data
    shown = sitewatch("show", demo, "structures").out
    assert told["coordinates_in"] == "EPSG:4326"
    assert all(feature["properties"]["label"] in shown for feature in told["features"])


def test_a_changed_result_does_not_verify(demo, sitewatch, tmp_path):
    copy = shutil.copytree(demo, tmp_path / "demo")
    file = copy / "results" / "structures.geojson"
    told = json.loads(file.read_text())
    told["features"][0]["properties"]["chance"] = 0.5
    file.write_text(json.dumps(told))
    done = sitewatch("verify", copy, "--json")
    assert done.code == 5
    failed = [check["what"] for check in done.data["checks"] if not check["holds"]]
    assert failed
    assert all("structures" in what for what in failed)


def test_a_folder_of_images_becomes_a_case_that_finds_the_same(demo, sitewatch, tmp_path):
    images = images_of(demo, tmp_path / "images")
    made = sitewatch("new", tmp_path / "mine", "--images", images, "--name", "Yard")
    assert made.code == 0, made.err
    without_trials(Case.open(tmp_path / "mine"))
    assert sitewatch("run", tmp_path / "mine", "--until", "structures").code == 10
    classes = [[f["properties"]["class"] for f in sitewatch("show", case, "structures", "--json").data["features"]
                if f["properties"]["class"] != "reference"] for case in (demo, tmp_path / "mine")]
    assert sorted(classes[0]) == sorted(classes[1])


@pytest.mark.parametrize(("arguments", "said"), [
    (["run", "nowhere"], "sitewatch new"), (["new", "x", "--images", "nowhere"], "nowhere"),
    (["new", "x"], "--images")])
def test_what_cannot_be_used_is_bad_input_with_a_remedy(sitewatch, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    done = sitewatch(*arguments)
    assert done.code == 4
    assert said in done.err
    assert done.err.count("\n") == 1
