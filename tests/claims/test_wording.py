"""What a sentence may not say in its layer, whoever words it; and that no draft says it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.claims.said import WORLD, area_ratio, checked, claims_of, traced

from sitewatch.claims import FUNCTION_WORDS, draft_findings, faults_of
from sitewatch.claims._others import said_by_others
from sitewatch.claims._words import probability_range
from sitewatch.model import Changes, Finding, Measurements, Structures

_SEEN = Finding(id="F01", text="Structure A was first seen between 2024-06-03 and 2024-06-20.", layer="seen",
                evidence=("a",))
_MEASURED = replace(_SEEN, text="Structure A measures 2 460 [2 280, 2 660] m².", layer="measured")
_JUDGED = replace(_SEEN, text="That it is a structure is very likely (chance 0.86).", layer="inferred", chance=0.86)

_OTHERS = replace(_SEEN, text="The paper says: “It is probably a weapons plant.”", layer="said by others")


@pytest.mark.parametrize(("finding", "text", "fault"), [
    (_SEEN, "An assembly hall was first seen.", "assembly"),
    (_SEEN, "Housing was first seen.", "housing"),
    (_SEEN, "A structure was likely seen.", "likely"),
    (_SEEN, "Structure A was first seen on 2024-06-05.", "05"),
    (_MEASURED, "The workshop measures 2 460 m².", "workshop"),
    (_MEASURED, "Structure A measures 2 500 m².", "500"),
    (_MEASURED, "Its size is known with confidence, which proves it.", "proves"),
    (_JUDGED, "It is very likely a structure, with high confidence.", "one sentence"),
    (_JUDGED, "With moderate confidence the chance is 0.86.", "one sentence"),
    (_JUDGED, "It is probably a structure.", "row B"),
    (_JUDGED, "It is almost certainly a structure.", "very likely"),
    (_JUDGED, "It is certainly a structure.", "certainly"),
    (_OTHERS, "The paper says: “It is a plant.”", "not what the draft quotes"),
    (_OTHERS, "The paper says: “It is probably a weapons plant.” It is a bunker.", "whose word is it"),
    (_OTHERS, "The paper says it 12 times: “It is probably a weapons plant.”", "12"),
    (_JUDGED, " ", "nothing")])
def test_what_a_layer_does_not_carry_is_refused_with_its_reason(finding, text, fault):
    assert any(fault in told for told in faults_of(finding, text))


@pytest.mark.parametrize(("finding", "text"), [
    (_SEEN, "A new roof stands there since some day between 2024-06-03 and 2024-06-20."),
    (_MEASURED, "The new roof covers 2 460 [2 280, 2 660] m²."),
    (_JUDGED, "It is very likely a workshop (chance 0.86). Confidence in that is moderate: one person looked."),
    (_OTHERS, "A paper prints this: “It is probably a weapons plant.”")])
def test_what_a_layer_carries_may_be_worded_freely(finding, text):
    assert faults_of(finding, text) == ()


@pytest.mark.parametrize(("word", "range_"), [
    ("almost no chance", "1 to 5 %"), ("very unlikely", "5 to 20 %"), ("unlikely", "20 to 45 %"),
    ("roughly even chance", "45 to 55 %"), ("likely", "55 to 80 %"), ("very likely", "80 to 95 %"),
    ("almost certain", "95 to 99 %")])
def test_each_word_has_the_range_that_icd_203_gives_it(word, range_):
    assert probability_range(word) == range_


@settings(max_examples=40, deadline=None)
@given(chance=st.floats(0, 1), name=st.sampled_from(["Structure A", *sorted(FUNCTION_WORDS)]),
       gone=st.booleans(), value=st.floats(0.2, 5))
def test_no_draft_says_what_its_layer_does_not_carry(chance, name, gone, value):
    class_ = "removed structure" if gone else "new structure"
    thing = traced(name, "ppppppaaaaaa" if gone else "aaaaaapppppp", class_=class_, chance=chance)
    ratio = area_ratio(name, "old", value, value * 0.9, value * 1.1)
    site = WORLD.site
    findings = draft_findings(
        Changes(site=site, records=(), threshold=5.0, false_alarms_per_year=1.0, smallest_px=20.0),
        Structures(site=site, records=(thing,)), Measurements(site=site, records=(ratio,)), WORLD.stack())
    assert [(f.text, faults_of(f, f.text)) for f in findings if faults_of(f, f.text)] == []


def _told(tmp_path, text="The new hall is 60 to 70 percent larger than the old one."):
    claims = claims_of(tmp_path, {"paper": {"text": text}}, [
        {"id": "a", "kind": "measurement", "quote": "60 to 70 percent larger than the old one",
         "triple": ["hall", "size_ratio_to", "old"], "quantity": {"form": "more_than", "low": 0.6, "high": 0.7}}],
        [{"id": "hall", "structure": "hall"}, {"id": "old", "structure": "old"}],
        variants_of_a=[{"form": "of", "low": 0.6, "high": 0.7, "publishers": ["wire"], "origin": "analysts"}])
    return list(said_by_others(checked(claims, traced("hall"), traced("old", class_="reference"),
                                       measured=[area_ratio("hall", "old", 0.65, 0.6, 0.7)])))


def test_what_others_say_is_told_with_whose_word_it_is_what_the_images_gave_and_how_many_origins(tmp_path):
    (clash, of_clash), (single, of_single), (rest, of_rest) = _told(tmp_path)
    assert "two independent origins" in clash
    assert "bear out “60 to 70 % the size of” and refute “60 to 70 % larger than”" in clash
    assert single.startswith("paper says: “60 to 70 percent larger than the old one”. The images refute it: ")
    assert "0.650 [0.600, 0.700]" in single
    assert rest.startswith("One statement of others was held against the images (1 refuted)")
    assert (of_clash, of_single, of_rest) == (("a",), ("a", "paper", "hall"), ("paper",))


def test_a_quote_brings_no_control_sign_and_no_second_line_into_a_sentence(tmp_path):
    told = _told(tmp_path, "The new hall is 60 to 70 percent\nlarger than the\u202e old one.".replace("\u202e", ""))
    assert all("\n" not in text for text, _ in told)
