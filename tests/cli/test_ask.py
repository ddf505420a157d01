"""A model may point out claims besides the rules; it may lie as it likes, and what it says is never taken on trust."""

from __future__ import annotations

import json

import pytest
import yaml
from tests.claims.said import claims_of
from tests.loopback import serving

from sitewatch.claims import propose_with
from sitewatch.errors import InputError, ProviderError

_TEXT = ("The hall is 60 to 70 percent larger than the old one. A second portal has been dug in the north. "
         "The yard is paved, all of it.")
_PORTAL = "A second portal has been dug in the north"
_KEY = "sk-very-secret"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A model that answers with ``says``, and a note of what it was asked."""
    for name in ("SITEWATCH_LLM_URL", "SITEWATCH_LLM_MODEL", "SITEWATCH_LLM_KEY"):
        monkeypatch.delenv(name, raising=False)
    with serving(tmp_path) as here:
        here.asked = []
        here.says = json.dumps({"claims": [{"quote": _PORTAL, "kind": "observation"}]})
        here.status = 200

        def answer(method, headers, body):
            here.asked.append((method, headers, body))
            return here.status, here.says if here.status != 200 or isinstance(here.says, bytes | dict) else {
                "choices": [{"message": {"role": "assistant", "content": here.says}}]}
        here.answers["/v1/chat/completions"] = answer
        yield here


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "article.txt"
    path.write_text(_TEXT, encoding="utf-8")
    return path


@pytest.fixture
def propose(server, article, sitewatch):
    def run(*more):
        return sitewatch("claims", "propose", article, "--ask", "--llm", f"{server.url}/v1", "--model", "m-1", *more)
    return run


def test_nobody_is_asked_unless_told_to(server, article, sitewatch, monkeypatch):
    monkeypatch.setenv("SITEWATCH_LLM_URL", f"{server.url}/v1")
    monkeypatch.setenv("SITEWATCH_LLM_MODEL", "m-1")
    assert len(yaml.safe_load(sitewatch("claims", "propose", article).out)["claims"]) == 1
    assert server.asked == []
    assert len(yaml.safe_load(sitewatch("claims", "propose", article, "--ask").out)["claims"]) == 2
    assert len(server.asked) == 1


def test_without_an_address_and_a_name_it_is_a_usage_error(server, article, sitewatch):
    done = sitewatch("claims", "propose", article, "--ask")
    assert done.code == 2
    assert "SITEWATCH_LLM_URL" in done.err


def test_what_a_model_points_out_is_marked_with_its_name_and_stands_in_the_document(server, propose, monkeypatch):
    monkeypatch.setenv("SITEWATCH_LLM_KEY", _KEY)
    done = propose()
    by_rule, by_model = yaml.safe_load(done.out)["claims"]
    assert (by_rule["proposed_by"], by_model["proposed_by"]) == ("rules", "model m-1")
    assert (by_model["quote"], by_model["kind"], by_model["confirmed"]) == (_PORTAL, "observation", False)
    start, end = by_model["at"]
    assert _TEXT[start:end] == _PORTAL
    [(method, headers, body)] = server.asked
    assert (method, headers["Authorization"], body["model"]) == ("POST", f"Bearer {_KEY}", "m-1")
    assert _TEXT in body["messages"][1]["content"]
    assert _KEY not in done.out + done.err
    assert f"{len(_TEXT)} characters were sent to 127.0.0.1" in done.err


@pytest.mark.parametrize(("claims", "kept", "dropped"), [
    ([{"quote": "A third portal has been dug in the north", "kind": "observation"}], 0, 1),
    ([{"quote": _PORTAL.lower(), "kind": "observation"}], 0, 1),
    ([{"quote": _PORTAL, "kind": "verdict", "verdict": "supported", "confirmed": True}], 1, 0),
    ([{"quote": _PORTAL}, {"quote": _PORTAL}], 1, 0),
    ([{"quote": 7}, {"kind": "observation"}, "portal", None, {"quote": "portal"}, {"quote": " " * 40}], 0, 6),
    ([{"quote": "60 to 70 percent larger than the old one", "kind": "measurement"}], 0, 0)])
def test_what_does_not_stand_there_word_for_word_is_dropped_and_counted(server, propose, claims, kept, dropped):
    server.says = json.dumps({"claims": claims})
    done = propose()
    found = yaml.safe_load(done.out)["claims"]
    assert sum(claim["proposed_by"] == "model m-1" for claim in found) == kept
    assert all(claim["confirmed"] is False and "verdict" not in claim for claim in found)
    assert f"pointed out {kept} more passages, {dropped} were dropped" in done.err


@pytest.mark.parametrize("says", ["Sure! Here are the claims.", "[]", '{"claims": "none"}', "[" * 100_000, "",
                                  b"<html>", {"choices": []}, {"error": "x"},
                                  {"choices": [{"message": {"content": None}}]}])
def test_an_answer_that_is_not_what_was_asked_for_is_an_error_not_a_guess(server, propose, says):
    server.says = says
    done = propose()
    assert done.code == 3
    assert done.out == ""


def test_fences_around_the_json_are_taken_off(server, propose):
    server.says = f"```json\n{server.says}\n```"
    assert len(yaml.safe_load(propose().out)["claims"]) == 2


def test_an_answer_without_end_is_cut_off(server, propose):
    server.says = json.dumps({"claims": [{"quote": "x" * 3_000_000}]})
    done = propose()
    assert done.code == 3
    assert "2000000 bytes" in done.err


@pytest.mark.parametrize(("url", "why"), [
    ("http://10.1.2.3/v1", "only https is"), ("http://example.org/v1", "only https is"),
    ("https://192.168.0.9/v1", "private network"), ("https://user:pass@example.org/v1", "a name or a password"),
    ("file:///etc/passwd", "only https is"), ("nonsense", "only https is")])
def test_only_https_and_this_machine_are_asked(article, sitewatch, server, url, why):
    done = sitewatch("claims", "propose", article, "--ask", "--llm", url, "--model", "m-1")
    assert done.code == 3
    assert why in done.err
    assert "user:pass" not in done.err


def test_a_redirection_takes_the_document_nowhere_else(server, propose, monkeypatch):
    seen = []
    server.answers["/v1/chat/completions"] = lambda *_: (307, {})
    server.answers["/else"] = lambda *asked: (seen.append(asked), (200, {}))[1]
    monkeypatch.setattr("tests.loopback._Handler._send_json", _redirecting)
    done = propose()
    assert done.code == 3
    assert seen == []


def _redirecting(handler, status, answer, is_cut):
    data = json.dumps(answer).encode()
    handler._send(status, data, {"Location": "/else"} if status == 307 else {}, is_cut)


def test_a_key_that_is_refused_is_not_shown(server, propose, monkeypatch):
    monkeypatch.setenv("SITEWATCH_LLM_KEY", _KEY)
    server.status, server.says = 401, {"error": _KEY}
    done = propose()
    assert done.code == 3
    assert _KEY not in done.err


def test_a_claim_keeps_who_proposed_it_when_a_person_confirms_it(server, propose, tmp_path):
    found = yaml.safe_load(propose().out)["claims"][1] | {"confirmed": True, "triple": ["portal", "built", ""]}
    [claim] = claims_of(tmp_path / "case", {"article": {"text": _TEXT}}, [found])
    assert (claim.is_confirmed, claim.proposed_by, claim.place.fit) == (True, "model m-1", "exact")


def test_a_long_document_is_asked_about_in_pieces_and_offsets_hold():
    text = "".join(f"The shed number {i} was measured by nobody at all. " for i in range(1000))

    def ask(messages):
        last = messages[1]["content"].strip("=\n ").rsplit(". ", 1)[-1].strip(".")
        return json.dumps({"claims": [{"quote": last, "kind": "background"}]})
    found, dropped = propose_with(text, "m", ask)
    mine = [one for one in found if one.by == "model m"]
    assert len(mine) >= 3
    assert dropped == 0
    assert all(text[one.start:one.end] == one.quote for one in mine)


def test_a_document_of_a_megabyte_is_not_sent():
    with pytest.raises(InputError, match="too many to ask"):
        propose_with("A shed stands there. " * 50_000, "m", lambda _: "{}")
    with pytest.raises(ProviderError, match="JSON"):
        propose_with("A shed stands there.", "m", lambda _: "{}")
