"""Drawing, splitting, measuring, linking and publishing through the routes: kept in the case before they are told."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Event

import pytest
from shapely import Polygon
from starlette.testclient import TestClient
from tests.claims.said import claims_of
from tests.web.conftest import ORIGIN, first

from sitewatch.case import Case
from sitewatch.claims import check_claims
from sitewatch.geo import from_pixels
from sitewatch.model import Decision, Findings, Row
from sitewatch.publication._publish import _refuse_open
from sitewatch.web import Desk, Guard, app_of

_RING = [[20, 3], [26, 3], [26, 8], [20, 8]]


def _post(page, subject, what, version="", **given):
    return page.post("/api/decisions", json={"subject": subject, "what": what, "version": version, **given})


def _draw(page, subject="drawn-1", **given):
    return _post(page, subject, "draw", **{"outline": _RING, "class": "new structure", "chance": 0.9, **given})


def _on_first(page, what, **given):
    one = first(page)
    return _post(page, one["id"], what, one["version"], **given)


def _subjects(page):
    return {one["id"]: one for one in page.get("/api/subjects").json()["subjects"]}


def test_a_structure_that_was_missed_is_drawn_and_is_there_at_once(page, case):
    told = _draw(page, label="Shed")
    assert told.status_code == 201
    shed = _subjects(page)["drawn-1"]
    assert shed == told.json()["subject"]
    assert (shed["kind"], shed["label"], shed["is_open"], shed["looks"]) == ("structure", "Shed", False, [])
    assert "the next run reads its looks" in shed["reasons"][0]
    assert case.decisions()[0].outline.area == pytest.approx(6 * 5 * 9, rel=1e-3)
    assert page.get("/api/strips/true/drawn-1.jpg").status_code == 200


def test_what_was_drawn_and_is_taken_back_is_gone(page):
    told = _draw(page).json()
    taken = page.delete(f"/api/decisions/{told['decision']['id']}")
    assert (taken.status_code, taken.json()["subject"]) == (200, None)
    assert "drawn-1" not in _subjects(page)


@pytest.mark.parametrize("given", [{"subject": "s-1"}, {"subject": "../x"}, {"outline": None}, {"chance": None},
                                   {"outline": [[0, 0], [9, 9], [9, 0], [0, 9]]}])
def test_what_is_no_structure_of_its_own_is_not_drawn(page, case, given):
    assert _draw(page, **given).status_code == 422
    assert case.decisions() == ()


def test_a_structure_is_split_by_the_part_that_is_another(page, case):
    x, y = zip(*first(page)["outline"], strict=True)
    half = [[min(x), min(y)], [(min(x) + max(x)) / 2, min(y)], [(min(x) + max(x)) / 2, max(y)], [min(x), max(y)]]
    assert _on_first(page, "split", outline=half).status_code == 201
    refused = _on_first(page, "split", outline=[[0, 0], [1, 0], [1, 1]])
    assert (refused.status_code, "does not split" in refused.json()["detail"]) == (422, True)
    assert [d.what for d in case.decisions()] == ["split"]


def test_each_drawing_is_kept_and_repeating_it_shows_the_spread_and_narrows_the_interval(page, case):
    scene = page.get("/api/site").json()["looks"][0]["id"]
    drawings = []
    for wide in (10, 10.5, 11):
        told = _on_first(page, "measure", scene=scene, dimension="area",
                         drawn=[[1, 1], [wide, 1], [wide, 8], [1, 8]])
        assert told.status_code == 201
        [drawing] = told.json()["subject"]["drawings"]
        drawings.append(drawing)
    assert [len(one["measured"]["each"]) for one in drawings] == [1, 2, 3]
    assert not drawings[-1]["is_used"]
    assert "The fitted footprint is" in drawings[-1]["measured"]["fitted"]
    assert drawings[-1]["actor"] == "ana"
    assert [d.drawn[1] for d in Case.open(case.folder).decisions()] == [(10, 1), (10.5, 1), (11, 1)]
    told = _on_first(page, "use", scene=scene, dimension="area").json()["subject"]["drawings"][0]
    assert told["is_used"]
    assert first(page)["drawings"][0]["is_used"]


@pytest.mark.parametrize("given", [
    {"drawn": [[1, 1], [1, 1]], "dimension": "length"}, {"drawn": [[1, 1], [2, 1]], "dimension": "area"},
    {"drawn": [[1, 1], [9, 1]], "dimension": "height"}, {"drawn": [[1, 1], [9, 1]]},
    {"drawn": [[1, 1], [9, 1]], "dimension": "length", "scene": "none"},
])
def test_what_cannot_be_measured_is_not_kept(page, case, given):
    scene = page.get("/api/site").json()["looks"][0]["id"]
    assert _on_first(page, "measure", **{"scene": scene, **given}).status_code == 422
    assert case.decisions() == ()


@pytest.fixture
def said(case, tmp_path, monkeypatch):
    """The hill with a claim on a hall that nobody has pointed out."""
    text = "The new hall covers 60 to 800 square metres."
    paper = f"A heading\n\nHeard on Monday:\n<b>{text}</b> It is said.\n \nThe weather."
    claims_of(tmp_path / "hill", {"paper": {"text": paper}}, [{
        "id": "x", "quote": text, "kind": "measurement", "triple": ["the new hall", "covers", ""],
        "quantity": {"form": "value", "low": 60, "high": 800, "unit": "m2", "dimension": "footprint"}}])
    case = Case.open(case.folder)
    case.run()
    latest = Case.stored

    def stored(self, stage):
        found = latest(self, stage)
        if not isinstance(found, Findings):
            return found
        return replace(found, checks=check_claims(self._claims, *(
            latest(self, name) for name in ("changes", "structures", "measurements")), self.stack()))
    monkeypatch.setattr(Case, "stored", stored)
    return case


def _page_of(case, **given) -> TestClient:
    guard = Guard(app_of(Desk(case.folder, "ana", **given)), 8123)
    page = TestClient(guard, base_url=ORIGIN, headers={"origin": ORIGIN})
    page.get(f"/?token={guard.token}")
    return page


def test_a_claim_that_is_linked_with_a_structure_gets_another_verdict_at_once(said):
    page = _page_of(said)
    [claim] = page.get("/api/findings").json()["claims"]
    assert (claim["verdict"], claim["now"], claim["subject"], claim["object"]) == (
        "cannot tell", "cannot tell", "the new hall", None)
    assert (claim["before"], claim["after"]) == ("Heard on Monday:\n<b>", "</b> It is said.")
    text = (said.folder / "claims.yaml").read_text()
    assert _on_first(page, "link", claim="x", part="subject").status_code == 201
    told = page.get("/api/findings").json()
    assert (told["claims"][0]["verdict"], told["claims"][0]["now"]) == ("cannot tell", "supported")
    [link] = told["links"]
    assert (link["claim"], link["part"], link["subject"], link["actor"]) == ("x", "subject", "s-1", "ana")
    assert (said.folder / "claims.yaml").read_text() == text
    assert page.delete(f"/api/decisions/{link['id']}").status_code == 200
    assert page.get("/api/findings").json()["claims"][0]["now"] == "cannot tell"


def test_a_claim_that_nobody_made_is_linked_with_nothing(page, case):
    refused = _on_first(page, "link", claim="x", part="subject")
    assert (refused.status_code, "there is no claim 'x'" in refused.json()["detail"]) == (422, True)
    assert case.decisions() == ()


def test_a_blind_reader_learns_of_a_link_once_they_have_linked_the_claim_themselves(said):
    said.decide(Decision(subject="s-1", what="link", claim="x", part="subject", actor="bo"))
    page = _page_of(said, is_blind=True)
    told = page.get("/api/findings").json()
    assert (told["links"], told["claims"][0]["now"]) == ([], "cannot tell")
    _on_first(page, "link", claim="x", part="subject")
    assert {link["actor"] for link in page.get("/api/findings").json()["links"]} == {"ana", "bo"}


def test_a_blind_reader_who_only_corrected_a_look_still_does_not_see_who_decided(case):
    case.run()
    case.decide(Decision(subject="s-1", what="reject", why="a tarpaulin", actor="bo"))
    page = _page_of(case, is_blind=True)
    scene = page.get("/api/site").json()["looks"][0]["id"]
    told = _on_first(page, "measure", scene=scene, dimension="length", drawn=[[1, 1], [9, 1]]).json()["subject"]
    assert "bo" not in told["why_worth"]
    assert {d["actor"] for d in told["decisions"]} == {"ana"}


def test_a_blind_readers_queue_is_that_of_a_case_in_which_nobody_else_decided(case, monkeypatch):
    case.run()
    changes, latest = case.changes(), Case.stored
    more = replace(changes, records=(*changes.records, replace(changes.records[0], id="c-2")))
    monkeypatch.setattr(Case, "stored", lambda self, stage: more if stage == "changes" else latest(self, stage))

    def told(**given) -> list[tuple]:
        subjects = _page_of(case, **given).get("/api/subjects").json()["subjects"]
        return [(one["id"], one["worth"], one["why_worth"], one["is_disputed"]) for one in subjects]
    before = told()
    case.decide(Decision(subject="s-1", what="reject", why="a tarpaulin", actor="bo"))
    case.decide(Decision(subject="s-1", what="accept", actor="cy"))
    ring = from_pixels(Polygon(_RING), case.site.grid)
    case.decide(Decision(subject="drawn-1", what="draw", outline=ring, class_="new structure", chance=0.9, actor="bo"))
    assert told(is_blind=True) == before != told()
    queue = case.queue("ana", is_blind=True)
    assert [(one.subject, one.worth, one.why) for one in queue] == [one[:3] for one in before]
    assert "drawn-1" in {one.subject for one in case.queue("ana")}


def _waited(page) -> dict:
    for _ in range(400):
        told = page.get("/api/run").json()
        if not told["is_running"]:
            return told
        time.sleep(0.02)
    raise AssertionError("it does not end")


def test_what_stops_publication_is_told_row_by_row_and_again_by_who_tries(page, case, monkeypatch):
    rows = (Row(number=48, rule="refuse", element="harm review", missing="nobody signed it", remedy="Sign it"),
            Row(number=1, rule="warn", element="title"))
    monkeypatch.setattr("sitewatch.publication.draft", lambda case: rows)
    told = page.get("/api/checklist").json()
    assert told["is_refused"]
    assert told["rows"][0]["remedy"] == "Sign it"
    def refused(case, **_):
        _refuse_open(rows)
    monkeypatch.setattr("sitewatch.publication.publish", refused)
    assert page.post("/api/publish", json={}).status_code == 202
    told = _waited(page)
    assert (told["what"], told["published"]) == ("publish", None)
    assert "(48) harm review: nobody signed it. Sign it" in told["failed"]


def test_nothing_is_published_while_decisions_wait_for_a_run(page, monkeypatch):
    monkeypatch.setattr(Case, "is_current", lambda self, stage: not self.decisions())
    _on_first(page, "accept")
    answer = page.get("/api/checklist")
    assert (answer.status_code, "Run again first" in answer.json()["detail"]) == (422, True)


def test_on_a_read_only_disk_all_can_be_seen_and_nothing_is_said_to_be_kept_run_or_published(page, case, monkeypatch):
    one = first(page)
    def refuses(*_, **__):
        raise OSError(30, "Read-only file system")
    monkeypatch.setattr("sitewatch.store._files.tempfile.mkstemp", refuses)
    monkeypatch.setattr("sitewatch.store._files.tempfile.mkdtemp", refuses)
    scene = page.get("/api/site").json()["looks"][0]["id"]
    assert page.get("/api/subjects").status_code == page.get(f"/api/tiles/true/{scene}/0/0/0.png").status_code == 200
    for what, given in (("accept", {}), ("relabel", {"label": "Shed"}),
                        ("measure", {"scene": scene, "dimension": "length", "drawn": [[1, 1], [9, 1]]})):
        answer = _post(page, one["id"], what, one["version"], **given)
        assert (answer.status_code, "Read-only file system" in answer.json()["detail"]) == (503, True)
    assert _draw(page).status_code == 503
    assert case.decisions() == ()
    (case.folder / "results" / "findings.yaml").unlink()
    for start in (page.post("/api/run"), page.post("/api/publish", json={})):
        assert start.status_code == 202
        assert "Read-only file system" in _waited(page)["failed"]


def test_results_that_vanish_during_a_run_are_a_sentence_until_the_run_brings_them_back(page, case, monkeypatch):
    goes_on, computing, run = Event(), Event(), Case.run

    def slow(self, until="report", progress=None):
        computing.set()
        goes_on.wait(10)
        return run(self, until, progress)
    monkeypatch.setattr(Case, "run", slow)
    assert page.post("/api/run").json()["is_running"]
    computing.wait(10)
    for result in (case.folder / "results").iterdir():
        result.unlink()
    for path in ("/api/subjects", "/api/findings", "/api/strips/true/s-1.jpg"):
        answer = page.get(path)
        assert (answer.status_code, "run the case again" in answer.json()["detail"]) == (422, True), path
    assert page.post("/api/run").status_code == 202
    assert page.post("/api/publish", json={}).json()["what"] == "run"
    goes_on.set()
    assert _waited(page)["failed"] is None
    assert first(page)["id"] == "s-1"
