"""What others say, on the page: each verdict beside its quote, its measurement and what would decide it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from tests.report.quotes import checks_of
from tests.report.yard import text_of, world_of

from sitewatch.model import (
    Answer,
    Checks,
)


def _report(checks: Checks):
    world = world_of()
    return replace(world, findings=replace(world.findings, checks=checks)).report()


@pytest.fixture(scope="module")
def page() -> str:
    return _report(checks_of()).files["index.html"].decode()


def _section(page: str) -> str:
    start = page.index('<section id="claims">')
    return page[start:page.index("</section>", start)]


def test_a_case_that_quotes_nobody_has_no_such_section():
    report = _report(Checks())
    assert 'id="claims"' not in report.files["index.html"].decode()
    assert {"claims.csv", "claimreview.json"} & set(report.files) == set()


def test_each_verdict_stands_with_its_quote_its_reason_and_the_way_to_the_number(page):
    text = text_of(_section(page))
    assert ("✓ supported chance 0.98 60 to 70 percent the size Wire, quoting Analysts The footprint was measured."
            in text)
    assert '<a href="#ratios-A">See the number</a>' in page
    assert 'id="ratios-A"' in page
    assert "What would decide it: images of about 0.5 m per pixel." in text


def test_of_two_readings_that_fit_alike_neither_is_called_better():
    checks = checks_of()
    [first] = [check for check in checks if check.tested and check.tested[0].rivals]
    alike = replace(first.tested[0], rivals=(replace(first.tested[0].rivals[0], times=1.0),))
    records = tuple(replace(check, tested=(alike,)) if check is first else check for check in checks)
    shown = text_of(_report(replace(checks, records=records)).files["index.html"].decode())
    assert "Neither reading explains the images better than the other." in shown
    assert "1 times better" not in shown


def test_the_quote_stands_in_its_context_with_file_offsets_and_hash(page):
    assert "It was said that <mark>60 to 70 percent the size</mark> of the old one." in page
    assert "documents/wire.txt, characters 10 to 35; SHA-256 abababababababab" in text_of(page)


def test_letters_that_nobody_sees_neither_turn_nor_split_a_quote_on_the_page():
    quote = "60 to 70\u202e percent\u200b the\u2066 si\ufeffze"
    page = _report(checks_of(quote=quote)).files["index.html"].decode()
    assert page.count("60 to 70 percent the size") >= 2
    assert not re.search("[\u200b\u202a-\u202e\u2060-\u2069\ufeff]", page)
    joined = "می\u200cخواهم ن\u200dام"   # joiners belong to the letters
    assert joined in _report(checks_of(quote=joined)).files["index.html"].decode()
    rows = csv.DictReader(io.StringIO(_report(checks_of(quote=quote)).files["claims.csv"].decode("utf-8-sig")))
    assert quote in [row["quote"] for row in rows]   # as it stands in its document, for programs


def test_origins_are_counted_beside_publishers_and_the_readings_drawn_to_scale(page):
    section = _section(page)
    assert "Transmission error. 4 publishers, 1 independent origin, 2 readings of hall size: one origin." in \
        text_of(section)
    assert section.count('class="reading"') == 2
    assert section.count('class="measured"') == 3  # behind each reading, and above the axis
    assert "measured: 0.800 [0.720, 0.880] (footprint, 90 %)" in text_of(section).replace("\u202f", " ")


def test_what_a_person_noted_is_told_apart_from_what_was_computed(page):
    text = text_of(_section(page))
    assert "dimension undefined it does not say what was measured" in text
    assert "garbled noted by a person, not computed" in text


def test_a_document_without_a_date_a_copy_and_a_change_are_told(page):
    text = text_of(_section(page))
    assert "documents/wire.txt of Wire, 2022-11-25" in text
    assert "documents/copy.txt of Copy, undated, after Wire, source graded F (changed since it was noted down)" in text


@pytest.mark.parametrize("evil", ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_a_quote_cannot_run_a_script(evil):
    page = _report(checks_of(quote=evil, why=evil)).files["index.html"].decode()
    assert page.count("<script>") == 1
    assert "<img src=x" not in page
    assert evil in text_of(page.replace("<mark>", "").replace("</mark>", ""))or evil.startswith("<script")


def test_the_table_has_a_line_per_claim_and_no_cell_is_a_formula():
    data = _report(checks_of(quote="=1+1")).files["claims.csv"].decode()
    first, second, third = csv.DictReader(io.StringIO(data))
    assert (first["claim"], first["quote"], first["verdict"], first["chance"]) == ("W1", "'=1+1", "supported", "0.9800")
    assert (second["decides"], third["verdict"]) == ("images of about 0.5 m per pixel", "not testable")
    assert first["flags"] == "DIMENSION_UNDEFINED"


def test_claim_reviews_are_of_what_could_be_tested_and_name_where_it_appeared():
    graph = json.loads(_report(checks_of()).files["claimreview.json"])["@graph"]
    assert [(one["@type"], one["reviewRating"]["alternateName"]) for one in graph] == [
        ("ClaimReview", "supported"), ("ClaimReview", "cannot tell")]
    work = graph[0]["itemReviewed"]["appearance"]
    assert (work["url"], work["publisher"]["name"]) == ("https://w.example/1", "Wire")
    assert work["datePublished"] == "2022-11-25"
    rating = graph[0]["reviewRating"]
    assert rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]


def test_a_part_that_is_borne_out_and_origins_that_nobody_knows_are_told():
    checks = checks_of()
    crane, worker = checks.records[1], checks.records[2]
    ground = Answer(what="change of the ground", verdict="supported", why="the ground changed", chance=0.98)
    told = replace(checks, records=(*checks.records[:2], replace(worker, tested=(*crane.tested, ground))),
                   disagreements=(replace(checks.disagreements[0], kind="origin unknown", is_counted=False),))
    report = _report(told)
    section = _section(report.files["index.html"].decode())
    assert re.search(r"In part: supported ?\. The ground changed\. See the changes of the ground", text_of(section))
    assert '<a href="#rejected">' in section
    assert "Origin unknown. 4 publishers, of whom not all say to whom they go back" in text_of(section)
    assert "that no image can test" not in section
    rows = list(csv.DictReader(io.StringIO(report.files["claims.csv"].decode())))
    assert rows[2]["other_tests"] == "change of the ground: supported"
