"""What the page is told and what it may ask: every route against what the case holds."""

from __future__ import annotations

import importlib
import io
import json
import re
import time
import types
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.claims.said import checked, claims_of

import sitewatch
from sitewatch.case import Case
from sitewatch.cli import cli
from sitewatch.model import Decision
from sitewatch.web import Desk, Guard, app_of


def _first(page) -> dict:
    return page.get("/api/subjects").json()["subjects"][0]


def _decide(page, what="accept", **given):
    one = _first(page)
    return page.post("/api/decisions", json={"subject": one["id"], "what": what, "version": one["version"], **given})


def test_the_site_tells_its_grid_and_its_looks_in_order(page, case):
    told = page.get("/api/site").json()
    assert (told["width"], told["height"]) == (case.site.grid.width, case.site.grid.height)
    assert told["actor"] == "ana"
    taken = [look["taken"] for look in told["looks"]]
    assert taken == sorted(taken)
    assert len(taken) == 3


def test_a_tile_shows_the_site_and_is_clear_outside_it(page, case):
    site = page.get("/api/site").json()
    answer = page.get(f"/api/tiles/true/{site['looks'][0]['id']}/0/0/0.png")
    tile = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["content-type"], tile.size, tile.mode) == ("image/png", (256, 256), "RGBA")
    alpha = tile.getchannel("A")
    assert alpha.getbbox() == (0, 0, site["width"], site["height"])


@pytest.mark.parametrize("path", ["true/none/0/0/0", "true/{look}/9/0/0", "true/{look}/0/5/0", "false/{look}/0/0/0"])
def test_a_tile_that_is_none_is_not_found(page, path):
    look = page.get("/api/site").json()["looks"][0]["id"]
    assert page.get(f"/api/tiles/{path.format(look=look)}.png").status_code == 404


def test_a_strip_has_a_chip_of_every_look(page):
    answer = page.get(f"/api/strips/true/{_first(page)['id']}.jpg")
    assert Image.open(io.BytesIO(answer.content)).size == (3 * 96, 96)
    assert page.get("/api/strips/true/none.jpg").status_code == 404


@pytest.mark.parametrize("name", ["..%2Fcase.yaml", "%2e%2e/%2e%2e/case.yaml", "a%00b", "a\\b", "." * 200, "x/../y"])
def test_names_with_path_tricks_lead_nowhere(page, name):
    for path in (f"/api/strips/true/{name}.jpg", f"/assets/{name}", f"/api/tiles/true/{name}/0/0/0.png"):
        assert page.get(path).status_code in (404, 422), path
    assert page.delete(f"/api/decisions/{name}").status_code in (404, 405, 422)


def test_a_decision_is_in_the_case_when_the_page_is_told(page, case):
    told = _decide(page, why="its shadow")
    assert told.status_code == 201
    [kept] = Case.open(case.folder).decisions()
    assert (kept.id, kept.why, kept.actor) == (told.json()["decision"]["id"], "its shadow", "ana")
    assert told.json()["subject"]["decisions"][0]["id"] == kept.id
    assert not told.json()["subject"]["is_open"]


def test_an_undone_decision_is_gone_and_another_persons_stays(page, case):
    mine = _decide(page).json()["decision"]["id"]
    others = case.decide(Decision(subject="s-1", what="accept", actor="bo")).id
    assert page.delete(f"/api/decisions/{mine}").status_code == 200
    assert page.delete(f"/api/decisions/{mine}").status_code == 422
    assert page.delete(f"/api/decisions/{others}").status_code == 422
    assert [d.id for d in case.decisions()] == [others]


def test_a_second_tab_that_saw_an_older_state_loses_nothing_and_is_told(page, case):
    old = _first(page)
    _decide(page)
    late = page.post("/api/decisions", json={"subject": old["id"], "what": "reject", "why": "no",
                                             "version": old["version"]})
    assert late.status_code == 409
    assert "Look again" in late.json()["detail"]
    assert len(case.decisions()) == 1


@pytest.mark.parametrize("body", [
    "{", "[]", "{}", '{"subject": "s-1", "what": "accept"}', '{"subject": "s-1", "what": "fly", "version": "v"}',
    '{"subject": "s-1", "what": "accept", "version": "v", "chance": NaN}',
    '{"subject": "s-1", "what": "accept", "version": "v", "more": 1}',
    '{"subject": "s-1", "what": "reject", "version": "v"}', '{"subject": "s-9", "what": "accept", "version": "v"}',
    '{"subject": "s-1", "what": "outline", "version": "v", "outline": [[0, 0], [1, 1], [1e400, 2]]}',
    '{"subject": "s-1", "what": "outline", "version": "v", "outline": [[0, 0], [9, 9], [9, 0], [0, 9]]}',
    '{"subject": "s-1", "what": "look", "version": "v", "scene": "none", "state": "present"}',
])
def test_what_is_no_decision_is_refused_with_a_reason_and_nothing_is_kept(page, case, body):
    answer = page.post("/api/decisions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert case.decisions() == ()


def test_only_json_is_taken(page):
    assert page.post("/api/decisions", content="subject=s-1", headers={"content-type": "text/plain"}).status_code == 422


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_said_to_be_kept(page, monkeypatch):
    def full(*_):
        raise OSError(30, "Read-only file system")
    one = _first(page)
    monkeypatch.setattr("sitewatch.store._signed.write_atomically", full)
    answer = page.post("/api/decisions", json={"subject": one["id"], "what": "accept", "version": one["version"]})
    assert answer.status_code == 503
    assert "Read-only file system" in answer.json()["detail"]


def test_a_run_from_the_page_applies_the_decisions_and_says_when_it_is_done(page, case):
    assert not page.get("/api/run").json()["is_due"]
    _decide(page, "relabel", label="Shed")
    assert page.post("/api/run").status_code == 202
    for _ in range(200):
        told = page.get("/api/run").json()
        if not told["is_running"]:
            break
        time.sleep(0.02)
    assert (told["failed"], told["title"]) == (None, "A hall at Hill")


def test_a_run_is_due_only_while_what_is_decided_differs_from_what_the_last_run_applied(page, table, monkeypatch):
    row = table["measurements"]
    monkeypatch.setitem(table, "measurements", row._replace(function=lambda structures, stack, decisions: None))

    def is_due() -> bool:
        return page.get("/api/run").json()["is_due"]
    scene = page.get("/api/site").json()["looks"][0]["id"]
    drawn = {"scene": scene, "dimension": "length"}
    _decide(page, "measure", **drawn, drawn=[[1, 1], [9, 1]])
    assert not is_due()   # as long as nobody uses it
    used = _decide(page, "use", **drawn).json()["decision"]["id"]
    assert is_due()
    page.delete(f"/api/decisions/{used}")
    assert not is_due()


def test_a_run_that_fails_says_why_and_leaves_what_there_was(page, case):
    (case.folder / "case.yaml").write_text("site: none")
    page.post("/api/run")
    for _ in range(200):
        told = page.get("/api/run").json()
        if not told["is_running"]:
            break
        time.sleep(0.02)
    assert "case.yaml:1" in told["failed"]
    assert page.get("/api/subjects").status_code == 200


def test_results_that_are_gone_are_a_sentence_not_a_crash(page, case):
    for result in (case.folder / "results").iterdir():
        result.unlink()
    for path in ("/api/subjects", "/api/findings", "/api/strips/true/s-1.jpg"):
        answer = page.get(path)
        assert answer.status_code == 422, path
        assert "run the case again" in answer.json()["detail"]


def test_what_others_say_stands_there_word_for_word_with_its_verdict(page, case, monkeypatch, tmp_path):
    claims = claims_of(tmp_path / "said", {"paper": {"text": "<b>A hall was put up.</b>"}},
                       [{"id": "x", "quote": "<b>A hall"}])
    found = replace(case.findings(), checks=checked(claims))
    latest = Case.stored
    monkeypatch.setattr(Case, "stored", lambda self, stage: found if stage == "claims" else latest(self, stage))
    [told] = page.get("/api/findings").json()["claims"]
    assert (told["id"], told["quote"], told["publisher"]) == ("x", "<b>A hall", "paper")
    assert told["verdict"] == found.checks["x"].verdict
    assert told["why"]


def test_a_blind_reader_sees_what_others_decided_only_after_deciding(case):
    case.run()
    case.decide(Decision(subject="s-1", what="reject", actor="bo", why="a tarpaulin"))
    guard = Guard(app_of(Desk(case.folder, "ana", is_blind=True)), 8123)
    page = TestClient(guard, base_url="http://127.0.0.1:8123", headers={"origin": "http://127.0.0.1:8123"})
    page.get(f"/?token={guard.token}")
    answer = page.get("/api/subjects")
    assert "tarpaulin" not in answer.text
    assert "bo" not in json.dumps(answer.json()["subjects"][0]["decisions"])
    told = _decide(page).json()["subject"]
    assert {d["actor"] for d in told["decisions"]} == {"ana", "bo"}
    assert told["is_disputed"]


def test_what_the_tool_set_aside_is_told_on_demand_or_once_somebody_decided_on_it(page, case, monkeypatch):
    changes, latest = case.changes(), Case.stored
    aside = replace(changes.records[0], id="c-2", why_not="a shadow")
    more = replace(changes, records=(*changes.records, aside))
    monkeypatch.setattr(Case, "stored", lambda self, stage: more if stage == "changes" else latest(self, stage))
    told = page.get("/api/subjects").json()
    assert ([one["id"] for one in told["subjects"]], told["left_out"]) == (["s-1"], 1)
    told = page.get("/api/subjects?with_all=true").json()
    assert ([one["id"] for one in told["subjects"]], told["left_out"]) == (["s-1", "c-2"], 0)
    case.decide(Decision(subject="c-2", what="reject", actor="bo", why="a shadow indeed"))
    assert page.get("/api/subjects").json()["left_out"] == 0


def _resolves(name: str) -> bool:
    """Whether a name such as ``case.decide``, ``sw.publish`` or ``sitewatch.web.Desk(...).strip`` is there."""
    while "(" in name:
        name = re.sub(r"\([^()]*\)", "", name)
    if name.startswith("case."):
        return hasattr(Case, name.removeprefix("case."))
    found = sitewatch
    for part in name.split(".")[1:]:
        if not hasattr(found, part) and isinstance(found, types.ModuleType):
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part, None)
    return found is not None


def test_every_route_has_its_command_and_its_python_in_the_table_of_the_page_about_it(page):
    section = (Path(__file__).parents[2] / "docs" / "review.md").read_text().partition("## Without the page")[2]
    rows = [[re.findall(r"`(.+?)`", cell) for cell in line.strip("| \n").split(" | ")]
            for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ") and "`" in line]
    told = {route for row in rows for route in row[1]}
    described = page.get("/openapi.json").json()["paths"]
    assert told == {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    for _, _, commands, names in rows:
        assert commands
        for command in commands:
            words = command.split()
            there = cli.commands[words[1]]
            options = {option for given in there.params for option in given.opts}
            assert words[0] == "sitewatch"
            assert {word for word in words if word.startswith("--")} <= options, command
        assert names
        for name in names:
            assert _resolves(name), name


def test_every_route_is_described_and_says_what_it_is_for(page):
    described = page.get("/openapi.json").json()
    assert len(described["paths"]) >= 9
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            assert about["description"], (path, method)
            assert "503" in about["responses"], (path, method)
