"""``claims propose``, and what others say in ``show claims``: for people and for machines."""

from __future__ import annotations

from dataclasses import replace

import yaml
from tests.claims.said import area_ratio, checked, claims_of, traced

_NEXT_TO = [{"id": "hall", "structure": "hall"}, {"id": "old", "structure": "old"}]


def _case_with_claims(case, folder):
    """The fake case, quoting a paper on a hall of 0.65 times the footprint of the old one."""
    text = "The hall is 60 to 70 percent larger than the old one. Observers say it is \x1b[31mnew."
    claims = claims_of(folder, {"paper": {"text": text}}, [
        {"id": "a", "kind": "measurement", "quote": "60 to 70 percent larger than the old one",
         "triple": ["hall", "size_ratio_to", "old"], "quantity": {"form": "more_than", "low": 0.6, "high": 0.7}},
        {"id": "b", "kind": "attribution", "quote": "it is \x1b[31mnew"}], _NEXT_TO,
        variants_of_a=[{"form": "of", "low": 0.6, "high": 0.7, "publishers": ["other"], "origin": "analysts"}])
    checks = checked(claims, traced("hall"), traced("old", class_="reference"),
                     measured=[area_ratio("hall", "old", 0.65, 0.6, 0.7)])
    plain = case.findings
    case.findings = lambda self: replace(plain(self), checks=checks)


def test_show_claims_tells_verdict_reason_flags_and_readings(case, sitewatch, tmp_path):
    _case_with_claims(case, tmp_path)
    out = sitewatch("show", "yard", "claims").out
    assert "refuted (< 0.01)" in out
    assert "means 1.55 to 1.75 times it" in out.replace("\n", " ") or "1.55" in out
    assert "vague source" in out
    assert "2 publishers, 2 independent origins" in out
    assert "\x1b" not in out


def test_show_claims_as_json_keeps_the_contract(case, sitewatch, tmp_path):
    _case_with_claims(case, tmp_path)
    told = sitewatch("show", "yard", "claims", "--json").data
    first, second = told["claims"]
    assert list(first) == ["id", "document", "kind", "quote", "start", "end", "found", "triple", "observed",
                           "attribution", "verdict", "chance", "why", "tests", "flags", "noted_by_hand", "proposed_by"]
    assert (first["verdict"], second["verdict"]) == ("refuted", "not testable")
    [rival] = first["tests"][0]["rivals"]
    assert (rival["verdict"], rival["likelihood_ratio"]) == ("supported", 0.001)
    [dispute] = told["disagreements"]
    assert (dispute["kind"], dispute["publishers"], dispute["independent_origins"]) == ("dispute", 2, 2)


def test_a_case_that_quotes_nobody_shows_its_findings_alone(case, sitewatch):
    assert "What others say" not in sitewatch("show", "yard", "claims").out
    assert sitewatch("show", "yard", "claims", "--json").data["claims"] == []


def test_proposals_come_as_claims_that_nobody_has_confirmed(sitewatch, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>The hall is 60 to 70 percent larger: <script>evil()</script>officials said.</p>",
                    encoding="utf-8")
    done = sitewatch("claims", "propose", page)
    [claim] = yaml.safe_load(done.out)["claims"]
    assert (claim["confirmed"], claim["document"], claim["quantity"]["form"]) == (False, "page", "more_than")
    assert "evil" not in done.out
    [told] = sitewatch("claims", "propose", page, "--json").data["proposals"]
    assert told["at"] == claim["at"]
    assert told["because"]


def test_a_text_without_claims_proposes_none_and_no_text_is_an_error(sitewatch, tmp_path):
    (tmp_path / "a.txt").write_text("Nothing here.", encoding="utf-8")
    assert yaml.safe_load(sitewatch("claims", "propose", tmp_path / "a.txt").out) == {"claims": []}
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    assert sitewatch("claims", "propose", tmp_path / "a.pdf").code == 4
    assert sitewatch("claims", "propose", tmp_path / "missing.txt").code == 4
