"""The desk's page and feeds: what needs a person first, nothing of a case taken at its word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from shapely import box

from sitewatch.model import Between, News, VerdictNews
from sitewatch.watch import Outcome, Pass
from sitewatch.watch._desk import write_desk

_AT = datetime(2024, 5, 1, tzinfo=UTC)
_NEWS = News(id="n", at=_AT, kind="candidate", subject="new-1", label="Structure A", class_="new structure",
             outline=box(0, 0, 9, 9), between=Between(by=_AT), chance=0.5, area=None)
_NASTY = "</title><script>alert(1)</script>\x0b\u202e & <b>"


@pytest.fixture
def desk(tmp_path):
    def written(*outcomes, undelivered=()):
        page = write_desk(tmp_path, Pass(begun=_AT, outcomes=outcomes), undelivered)
        return page.read_text(), (page.parent / "feed.xml").read_bytes(), json.loads(
            (page.parent / "feed.json").read_text())
    return written


def _outcome(**given):
    return Outcome(**{"folder": Path("cases/hill"), "title": "Hill", "state": "news", "told": (_NEWS,),
                      "news": (_NEWS,), **given})


def test_news_is_on_the_page_and_in_both_feeds(desk):
    page, atom, feed = desk(_outcome())
    assert "News from 1 of 1 places" in page
    assert "New structure, first seen by 2024-05-01" in page
    entry = ElementTree.fromstring(atom).find("{*}entry")
    assert entry.find("{*}title").text == "Hill: new structure candidate"
    assert entry.find("{*}id").text == feed["items"][0]["id"]


def test_what_is_called_and_what_is_said_of_errors_is_text_and_nothing_else(desk):
    page, atom, feed = desk(_outcome(title=_NASTY), _outcome(state="failed", why=_NASTY), undelivered=[_NASTY])
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "<script>" in ElementTree.fromstring(atom).find("{*}entry/{*}title").text
    assert feed["items"][0]["title"].startswith(_NASTY)


def test_what_was_known_when_the_watch_began_is_in_no_feed(desk):
    known = replace(_NEWS, known=True)
    page, atom, feed = desk(_outcome(state="nothing new", told=(known,), news=()))
    assert "No news from 1 place" in page
    assert "new structure by 2024-05-01 (candidate)" in page
    assert ElementTree.fromstring(atom).find("{*}entry") is None
    assert feed["items"] == []


def test_a_claim_whose_verdict_turned_is_told_with_its_quote_and_both_verdicts(desk):
    turned = VerdictNews(id="v", at=_AT, subject="W1", quote=_NASTY, verdict="refuted", before="cannot tell",
                         why="the ratio is 0.65")
    page, atom, feed = desk(_outcome(told=(_NEWS, turned), news=(turned,)))
    assert "<script>" not in page
    assert "refuted, cannot tell before; the ratio is 0.65" in page
    titles = [entry.text for entry in ElementTree.fromstring(atom).findall("{*}entry/{*}title")]
    assert sorted(titles) == ["Hill: a claim is now refuted", "Hill: new structure candidate"]
    assert sorted(item["title"] for item in feed["items"]) == sorted(titles)
    assert page.count('class="standing"') == 1


def test_an_archive_that_did_not_answer_is_said_beside_the_news_of_its_place(desk):
    page, _, _ = desk(_outcome(why="archive did not answer", error=3))
    assert "archive did not answer" in page


def test_nothing_is_said_of_why_a_structure_is_reported_no_more_that_a_decision_could_belie(desk):
    gone = replace(_NEWS, kind="withdrawn")
    page, _, _ = desk(_outcome(news=(gone,), told=(_NEWS, gone)))
    assert "by what the looks since show or by what a person decided" in page


def test_why_a_place_was_not_visible_is_said(desk):
    page, _, _ = desk(_outcome(state="not visible", new_looks=2, why="cloud, haze or snow", news=()))
    assert "2 new images, none of which shows the site: cloud, haze or snow" in page


def test_the_page_asks_for_nothing_from_elsewhere(desk):
    page, _, _ = desk(_outcome())
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
