"""The demo: a published story re-enacted in a simulated world, from the images to the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.folders import ran_demo

from sitewatch.case import Case
from sitewatch.claims import faults_of
from sitewatch.cli import cli
from sitewatch.sources.simulated import read_world, truth_of

_TRUE = {thing.id: thing for thing in truth_of(read_world("february-11")).objects}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The demo's case, computed once."""
    return ran_demo(tmp_path_factory, tmp_path_factory.mktemp("published") / "demo")


def _new_hall(case: Case):
    [found] = [s for s in case.structures().changed if s.outline.intersects(_TRUE["new-hall"].on_grid)]
    return found


def test_the_new_hall_is_found_and_dated(case):
    found, true = _new_hall(case), _TRUE["new-hall"].happened
    assert found.class_ == "new structure"
    assert found.happened.after < true.by
    assert found.happened.by > true.after


def test_nothing_is_reported_where_nothing_happened(case):
    news = [thing.on_grid.buffer(20) for thing in _TRUE.values() if thing.class_]
    assert [s.id for s in case.structures().changed if not any(s.outline.intersects(place) for place in news)] == []


def test_its_size_and_its_ratio_to_the_building_before_lie_in_their_intervals(case):
    found = _new_hall(case)
    area = case.measurements().of(found.id, "area").value
    assert area.low <= _TRUE["new-hall"].on_grid.area <= area.high
    [ratio] = [m.value for m in case.measurements() if m.subject == found.id and m.what == "area ratio"
               and m.reference == "building-b"]
    assert ratio.low <= 0.65 <= ratio.high
    assert ratio.high < 1  # of the four published readings, "larger" and "twice" are out


def test_the_references_and_every_ratio_to_them_lie_in_their_intervals(case):
    found, true, held = _new_hall(case), _TRUE["new-hall"].on_grid.area, []
    for reference in case.site.references:
        area = case.measurements().of(reference.id, "area").value
        ratio = case.measurements().of(found.id, "area ratio", reference.id).value
        held += [(reference.id, area.low <= reference.outline.area <= area.high,
                  ratio.low <= true / reference.outline.area <= ratio.high)]
    assert held == [("building-a", True, True), ("building-b", True, True)]


def test_no_image_is_said_to_be_turned_or_of_another_scale(case):
    assert [fit.why_not for fit in case.stack().fits if "it shows the site" in (fit.why_not or "")] == []


def test_the_page_says_at_its_top_that_the_images_are_simulated(case):
    page = (Path(case.folder) / "report" / "index.html").read_text(encoding="utf-8")
    head = re.sub(r"<[^>]+>", " ", page[:page.index("</header>")])
    assert "The images on this page are simulated." in head
    assert "simulated" in head.split("re-enacted")[1][:20]


def test_the_report_can_be_sent_by_mail(case):
    files = [path for path in (case.folder / "report").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 8e6


def test_what_is_said_of_the_place_is_held_against_what_was_measured(case):
    verdicts = {check.claim.id: check.verdict for check in case.checks()}
    assert verdicts["W1"] == verdicts["W2"] == verdicts["W3"] == "supported"  # the hall, its month, its ratio
    assert verdicts["D2"] == "refuted"  # "larger"
    assert verdicts["W5"] == "cannot tell"  # a crane in images of 3 m
    assert verdicts["W4"] == verdicts["W6"] == "not testable"  # for whom, and why
    housing = case.checks()["W4"].part   # that something new is there, not that it is housing, nor for whom
    assert (housing.what, housing.verdict) == ("change of the ground", "supported")
    assert "changed first between 2024-04-18 and 2024-04-28" in housing.why  # cleared on 18 April
    assert case.checks()["W5"].part is None
    readings = {rival.text: rival.verdict for rival in case.checks()["W3"].tested[0].rivals}
    assert set(readings.values()) == {"refuted"}
    assert len(readings) == 3


def test_a_reader_of_the_command_line_sees_every_verdict_with_its_quote_and_its_reason(case):
    shown = CliRunner().invoke(cli, ["show", str(case.folder), "claims"])
    assert shown.exit_code == 0, shown.output
    flat = re.sub(r"\s+", " ", shown.output)
    for check in case.checks():
        assert re.search(rf"\b{check.claim.id}\b", flat)
    for words in ("no image can show it", "Change of the ground, supported", "images of about 0.5 m per pixel",
                  "transmission error", "dimension undefined"):
        assert words.lower() in flat.lower(), words


def test_each_verdict_of_the_page_stands_with_its_quote_and_one_click_from_its_number_or_look(case):
    page = (Path(case.folder) / "report" / "index.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'id="([^"]+)"', page))
    letters = {s.id for s in case.structures().changed}
    for check in case.checks():
        [row] = re.findall(rf'<article class="claim" id="claim-{check.claim.id}">.*?</article>', page, re.S)
        plain = " ".join(re.sub(r"<[^>]+>", "", row).split())
        assert check.verdict in plain
        assert plain.count(" ".join(check.claim.quote.split())) == 2   # on top, and where it stands in its document
        assert f"characters {check.claim.place.start} to {check.claim.place.end}" in plain
        links = re.findall(r'href="#([^"]+)"', row)
        assert set(links) <= ids
        seen = [answer for answer in (check.tested[:1] + ((check.part,) if check.part else ()))
                if answer.structure in letters or answer.what == "change of the ground"]
        assert len(links) == len(seen), check.claim.id


def test_five_publishers_of_the_imaginary_place_have_one_origin(case):
    [found] = case.checks().disagreements
    assert (found.kind, found.publishers, found.origins, len(found.printed)) == ("transmission error", 5, 1, 4)
    flags = {(flag.claim, flag.word) for flag in case.checks().flags}
    assert {("D1", "HEDGE_DROPPED"), ("D3", "UNKNOWN_DESIGNATION"), ("D6", "BORROWED_FIRST_PERSON")} <= flags


def test_the_invented_reports_say_that_they_are_invented(case):
    texts = [path.read_text(encoding="utf-8") for path in (Path(case.folder) / "documents").glob("*.txt")]
    assert len(texts) == 2
    assert all(text.startswith("(An invented report about an imaginary place") for text in texts)


def test_what_others_say_stands_among_the_findings_at_the_head_of_the_page(case):
    head = _head(case)
    assert "Five publishers give “new hall size ratio to building B” in four readings that exclude each other" in head
    assert "with one independent origin" in head
    assert "The images bear out “60 to 70 % the size of” and refute “60 to 70 % larger than”" in head
    assert [(f.id, faults_of(f, f.text)) for f in case.findings() if faults_of(f, f.text)] == []


def test_a_person_reviews_the_findings_and_the_page_says_so(case):
    assert "nobody has reviewed these sentences yet" in _head(case)
    review = case.freeze("ana")
    case.run()
    assert f"All {len(case.findings().records)} sentences were reviewed by ana." in _head(case)
    assert not any(one.is_stale for one in Case.open(case.folder).standing())
    case.unfreeze(review.id, "ana")
    case.run()
    assert "nobody has reviewed these sentences yet" in _head(case)


def _head(case: Case) -> str:
    page = (Path(case.folder) / "report" / "index.html").read_text(encoding="utf-8")
    bare = re.sub(r"</?(?:bdi|span|time)\b[^>]*>", "", page[:page.index("</header>")])
    return " ".join(re.sub(r"<[^>]+>", " ", bare.replace("\N{NO-BREAK SPACE}", " ")).split())
