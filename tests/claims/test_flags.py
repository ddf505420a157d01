"""Flags on wording: other sentences than those of the article, with and without what each rule looks for."""

from __future__ import annotations

import pytest
from tests.claims.said import checked, claims_of

_NAMES = [
    {"id": "s-300", "type": "designation", "names": [{"text": "S-300", "scheme": "own", "source": "x"},
                                                     {"text": "SA-10", "scheme": "abroad", "source": "x"}]},
    {"id": "s-400", "type": "designation", "names": [{"text": "S-400", "scheme": "own", "source": "x"},
                                                     {"text": "SA-21", "scheme": "abroad", "source": "x"}]}]


def _flags(folder, quote, before="", after="", names=_NAMES, claim=None, **document):
    text = f"{before}{quote}{after}."
    claims = claims_of(folder, {"paper": {"text": text, **document}},
                       [{"id": "x", "kind": "background", "quote": quote, **(claim or {})}], names)
    return {flag.word for flag in checked(claims).flags}


@pytest.mark.parametrize(("quote", "flag"), [
    ("The plant makes the SA-12", "UNKNOWN_DESIGNATION"),
    ("The plant makes the S-300 (SA-21)", "ALIAS_CONFLICT"),
    ("The plant makes the S-400, known as the SA-10", "ALIAS_CONFLICT"),
    ("It makes both S-300 launchers", "DANGLING_BOTH"),
    ("The minister went there several times", "VAGUE_COUNT"),
    ("Analysts believe that the hall is new", "VAGUE_SOURCE"),
    ("It is widely believed that the hall is new", "VAGUE_SOURCE"),
    ("The works were previously unreported", "NOVELTY_CLAIM"),
    ("The hall was begun last month", "RELATIVE_DATE_UNDATED_DOC"),
    ("The hall was begun in late March", "RELATIVE_DATE_UNDATED_DOC"),
    ("Satellite imagery from mid-May shows a hall", "NO_YEAR"),
    ("Satellite imagery from mid-May shows a hall", "NO_SCENE_ID"),
    ("The hall stands at 40.123456, 127.654321", "FALSE_PRECISION"),
])
def test_a_wording_is_flagged(tmp_path, quote, flag):
    assert flag in _flags(tmp_path, quote)


@pytest.mark.parametrize("quote", [
    "The plant makes the S-300 (SA-10)",
    "It makes both S-300 launchers and S-400 launchers",
    "The minister went there five times",
    "Analysts at the Institute of Places believe that the hall is new",
    "The hall was begun in March 2024",
    "The hall was begun on 3 March 2024",
    "Work at the March 16 factory went on",
    "The hall stands at 40.1235, 127.6543",
    "The hall may well be new",
])
def test_a_wording_with_nothing_wrong_is_not_flagged(tmp_path, quote):
    assert _flags(tmp_path, quote) == set()


def test_an_image_with_its_id_is_not_flagged(tmp_path):
    assert _flags(tmp_path, "Satellite images of 3 May 2024 show a hall", after=" (20240503_021033_24c0)") == set()


def test_a_relative_date_in_a_dated_document_is_no_riddle(tmp_path):
    assert _flags(tmp_path, "The hall was begun last month", date_in_text="2024-05-02") == set()


def test_a_relative_date_is_no_riddle_where_it_is_known_when_it_was_said(tmp_path):
    assert _flags(tmp_path, "The hall was begun last month", claim={"asserted_on": "2024-05-02"}) == set()


def test_an_enquiry_is_borrowed_only_by_who_repeats_another(tmp_path):
    quote = "The ministry did not reply to our request for comment"
    assert _flags(tmp_path, quote) == set()
    assert _flags(tmp_path, quote, origin="the agency") == {"BORROWED_FIRST_PERSON"}
    assert "STALE_ON_REPUBLICATION" not in _flags(tmp_path, "Nothing was previously unreported")
    assert "STALE_ON_REPUBLICATION" in _flags(tmp_path, "The hall was previously unreported", origin="the agency")


def test_a_hedge_that_the_source_has_and_its_copy_has_not_is_lost(tmp_path):
    def flags(copied):
        claims = claims_of(tmp_path, {
            "agency": {"text": "The hall is probably new."},
            "copy": {"text": f"{copied}.", "origin": "agency"}}, [
            {"id": "a", "document": "agency", "quote": "The hall is probably new", "triple": ["hall", "new", "yes"]},
            {"id": "b", "document": "copy", "quote": copied, "triple": ["hall", "new", "yes"]}])
        return {(flag.claim, flag.word) for flag in checked(claims).flags}
    assert flags("The hall is new") == {("b", "HEDGE_DROPPED")}
    assert flags("The hall is likely new") == set()
    assert flags("The hall is very likely new") == {("b", "HEDGE_DROPPED")}
    assert flags("The hall may be new") == set()


@pytest.mark.parametrize(("source", "copy", "is_lost"), [
    ("It is possibly a hall", "It is very likely a hall", True),
    ("It is possibly a hall", "It is likely a hall", True),
    ("It may have been moved", "It has been moved", True),
    ("It appears to be a hall", "It is almost certainly a hall", True),
    ("It appears to be a hall", "It is likely a hall", False),      # nobody can rank these two
    ("It is very likely a hall", "It is possibly a hall", False)])
def test_a_hedge_that_says_more_than_that_of_the_source_counts_as_lost(tmp_path, source, copy, is_lost):
    claims = claims_of(tmp_path, {"agency": {"text": f"{source}."}, "copy": {"text": f"{copy}.", "origin": "agency"}}, [
        {"id": "a", "document": "agency", "quote": source, "triple": ["it", "is", "so"]},
        {"id": "b", "document": "copy", "quote": copy, "triple": ["it", "is", "so"]}])
    flags = {(flag.claim, flag.word) for flag in checked(claims).flags}
    assert (("b", "HEDGE_DROPPED") in flags) == is_lost


def test_a_denial_that_the_document_leaves_out_is_told(tmp_path):
    claims = claims_of(tmp_path, {"paper": {"text": "They sold arms. They denied it."}}, [
        {"id": "a", "kind": "background", "quote": "They sold arms"},
        {"id": "b", "kind": "meta", "quote": "They denied it"}])
    assert checked(claims).flags == ()
    for told, flagged in (({"b": "b"}, False), ({"b": "the agency/a denial", "within_document": False}, True)):
        relation = {"type": "answered_by", "a": "a", **told}
        claims = claims_of(tmp_path, {"paper": {"text": "They sold arms. They denied it."}}, [
            {"id": "a", "kind": "background", "quote": "They sold arms"},
            {"id": "b", "kind": "meta", "quote": "They denied it"}], relations=[relation])
        assert bool(checked(claims).flags) == flagged


def test_a_text_that_points_back_under_another_name_contradicts_itself(tmp_path):
    def flags(later):
        text = f"The plant makes the S-300. {later}."
        claims = claims_of(tmp_path, {"paper": {"text": text}}, [
            {"id": "a", "kind": "background", "quote": "The plant makes the S-300"},
            {"id": "b", "kind": "background", "quote": later}], _NAMES)
        return {(flag.claim, flag.word) for flag in checked(claims).flags}
    assert flags("These weapons, the S-400, were sold") == {("b", "SELF_CONTRADICTION")}
    assert flags("These weapons, the S-300, were sold") == set()
    assert flags("The S-400 was sold too") == set()


def test_a_document_that_was_changed_and_a_quote_that_moved_are_told(tmp_path):
    claim = {"at": [0, 16]}
    assert _flags(tmp_path, "The hall is new.", before="Today: ", claim=claim, date_in_text="2024") == {"QUOTE_MOVED"}
    assert _flags(tmp_path, "The hall is new", sha256="0" * 64) == {"DOCUMENT_CHANGED"}
