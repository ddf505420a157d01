"""The real article on the plant near Hamhung, held against the images of its re-enactment: only the claims are new."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from tests.folders import ran_demo
from tests.shared import SHARED, needs

from sitewatch.case import Case

pytestmark = needs("cases/february-11")

# What the article's claims call the things of the imaginary place; the points are those of the demo's own names.
_CALLED = {"bldg-C": "new-hall", "bldg-prev": "building-b", "housing": "housing", "crane": "crane", "feb11": "plant"}


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory):
    """The demo with the article and its 26 claims in place of its own."""
    case = ran_demo(tmp_path_factory, tmp_path_factory.mktemp("article") / "demo")
    _quote(Path(case.folder))
    return Case.open(case.folder).checks()


def _quote(folder: Path) -> None:
    known = {entity["id"]: entity for entity in yaml.safe_load((folder / "names.yaml").read_text())["entities"]}
    entities = [{key: value for key, value in known[own].items() if key in ("type", "at", "structure")} | {"id": name}
                for name, own in _CALLED.items()]
    entities.append({"id": "ugf-entrances", "type": "portal"})
    (folder / "names.yaml").write_text(yaml.safe_dump({"entities": entities}), encoding="utf-8")
    shutil.rmtree(folder / "documents")
    for name in ("article.txt", "claims.yaml"):
        shutil.copy(SHARED / "cases" / "february-11" / name, folder)


def test_of_the_four_published_ratios_the_images_bear_out_one(checks):
    check = checks["S25"]
    assert (check.verdict, check.tested[0].what) == ("supported", "footprint")
    assert {rival.text: rival.verdict for rival in check.tested[0].rivals} == {
        "60 to 70 % larger than": "refuted", "60 to 70 % smaller than": "refuted", "2 times the size of": "refuted"}
    assert {answer.what: answer.verdict for answer in check.tested[1:]} == {"length": "refuted", "width": "refuted"}
    [readings] = checks.disagreements
    assert (readings.publishers, readings.origins, len(readings.printed)) == (18, 1, 4)


def test_what_the_article_says_of_the_site_is_decided_as_far_as_pixels_of_3_m_carry_it(checks):
    assert {name: checks[name].verdict for name in ("S20", "S21", "S22", "S23", "S24")} == {
        "S20": "supported",        # a hall under construction in early October; that it is for assembly is not tested
        "S21": "not testable",     # for whom the housing is
        "S22": "cannot tell",      # the entrances: there is no test for "being improved"
        "S23": "cannot tell",      # a crane takes pixels of 0.5 m
        "S24": "not testable"}     # what the works are meant for
    assert [answer.verdict for answer in checks["S20"].tested] == ["supported", "not testable"]
    assert "0.5 m per pixel" in checks["S23"].tested[0].decides


def test_that_something_new_stands_where_the_housing_is_said_to_be_is_seen(checks):
    assert checks["S21"].part.what == "change of the ground"
    assert checks["S21"].part.verdict == "supported"
    assert "for workers" in checks["S21"].why


def test_the_plant_is_expanding_because_one_thing_holds_of_those_on_which_that_rests(checks):
    assert checks["S01"].verdict == "supported"
    assert "S20: supported" in checks["S01"].why


def test_18_of_the_26_no_image_can_test(checks):
    verdicts = [check.verdict for check in checks]
    assert len(verdicts) == 26
    assert verdicts.count("not testable") == 19  # the 18 that were given as such, and for whom the housing is
    assert verdicts.count("refuted") == 0
