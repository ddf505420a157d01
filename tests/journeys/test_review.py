"""A person reviews a case in a browser: looks, decides by keyboard, measures, runs again, and nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from shapely import box
from tests.folders import ran_corner
from tests.served import AXE, browsing, can_show, on_screen, served, shown, violations

from sitewatch.case import Case
from sitewatch.geo import from_pixels
from sitewatch.model import Decision
from sitewatch.store import check_decisions

pytestmark = pytest.mark.skipif(not can_show(), reason="needs Chromium and the built page (make web)")


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a structure that came and one that went, computed once."""
    return ran_corner(tmp_path_factory, tmp_path_factory.mktemp("review") / "estate").folder


@pytest.fixture
def case(computed: Path, tmp_path: Path) -> Case:
    """A copy that a test may decide on."""
    shutil.copytree(computed, tmp_path / "estate")
    return Case.open(tmp_path / "estate")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(browser: Browser, computed: Path,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Case, Page, list[str]]]:
    """One page for the tests that leave it as it was."""
    folder = shutil.copytree(computed, tmp_path_factory.mktemp("desk") / "estate")
    with served(folder) as server, shown(browser, server.address) as (page, wrong):
        yield Case.open(folder), page, wrong


@pytest.fixture
def still(desk: tuple[Case, Page, list[str]]) -> Iterator[tuple[Case, Page]]:
    """That page, undisturbed before and after."""
    case, page, wrong = desk
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#queue-list button").first.click()
    page.keyboard.press("1")
    yield case, page
    page.keyboard.press("Escape")
    assert wrong == []


def _told(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("#told")).to_contain_text(text, timeout=10_000)


def _chosen(page: Page) -> str:
    return page.locator("#queue-list button[aria-current=true]").get_attribute("data-id") or ""


def test_the_whole_queue_is_reviewed_by_keyboard_alone_and_a_reload_shows_it(browser, case):
    with served(case.folder, "--as", "ana") as server, shown(browser, server.address) as (page, wrong):
        count = page.locator("#queue-count")
        total = int(count.inner_text())
        assert total >= 2
        for left in range(total, 0, -1):
            expect(count).to_have_text(str(left))
            is_change = page.locator("#detail h2").inner_text().startswith("change")
            page.keyboard.press("r" if is_change else "a")
            if is_change:
                page.keyboard.press("5")
            expect(count).to_have_text(str(left - 1), timeout=10_000)
        assert len(case.decisions()) == total
        page.reload()
        page.wait_for_selector("body[data-ready]")
        expect(count).to_have_text("0")
        assert page.locator("#queue-list .done").count() >= total
        assert wrong == []
    assert {d.what for d in case.decisions()} == {"accept", "reject"}
    assert {d.actor for d in case.decisions()} == {"ana"}


def test_a_corrected_look_moves_the_bracket_with_the_next_run_from_the_page(browser, case):
    [new] = [s for s in case.structures().changed if s.class_ == "new structure"]
    first = next(look for look in new.looks if look.taken == new.happened.by)
    with served(case.folder) as server, shown(browser, server.address) as (page, wrong):
        page.locator(f"button[data-id={new.id}]").click()
        page.keyboard.press("n")
        _told(page, "Kept: look absent")
        assert case.decisions()[0].scene == first.scene
        expect(page.locator("#word button[aria-pressed=true]")).to_contain_text("absent")
        expect(page.locator(".chip.told.absent")).to_have_count(1)
        expect(page.locator("#run-state")).to_have_text("Out of date: a run is due")
        page.locator("#rerun").click()
        expect(page.locator("#run-state")).to_have_text("Up to date, with every decision", timeout=60_000)
        expect(page.locator(".chip.told")).to_have_count(1)
        assert wrong == []
    again = Case.open(case.folder).structures()[new.id]
    assert again.happened.after == first.taken


def test_what_was_done_can_be_undone(still):
    case, page = still
    one = _chosen(page)
    page.keyboard.press("a")
    _told(page, "Kept: accept")
    expect(page.locator("#run-state")).to_have_text("Out of date: a run is due")
    page.keyboard.press("z")
    _told(page, "Undone: accept")
    expect(page.locator("#run-state")).to_have_text("Up to date, with every decision")
    assert _chosen(page) == one
    assert case.decisions() == ()


def test_an_outline_is_edited_by_keyboard(still):
    case, page = still
    before = case.stored("structures")[_chosen(page)].outline
    page.keyboard.press("o")
    for key in ("ArrowRight", "ArrowRight", "+", "Enter"):
        page.keyboard.press(key)
    _told(page, "Kept: outline")
    after = case.decisions()[0].outline
    assert after.centroid.x - before.centroid.x == pytest.approx(case.site.gsd_m, abs=0.1)
    assert after.area == pytest.approx(before.area * 1.03**2, rel=0.01)
    page.keyboard.press("z")
    _told(page, "Undone: outline")


def test_every_decision_is_made_and_undone_by_its_key(still):
    case, page = still
    one, other = (page.locator("#queue-list button").nth(i).get_attribute("data-id") for i in (0, 1))
    for key in ("u", "Enter"):
        page.keyboard.press(key)
    _told(page, "Kept: not sure")
    page.keyboard.press("k")
    for keys, line in (("l|4", "→ ground works"), ("l|Tab|Tab|Tab|Tab|S|h|e|d|Enter", "→ Shed"),
                       ("v|ArrowRight|.|Enter", "split by"), ("g|1", "outline by")):
        for key in keys.split("|"):
            page.keyboard.press(key)
        expect(page.locator("#detail li", has_text=line)).to_have_count(1, timeout=10_000)
    kept = case.decisions()
    assert [(d.subject, d.what) for d in kept] == [
        (one, "not sure"), (one, "relabel"), (one, "relabel"), (one, "split"), (one, "outline"), (other, "reject")]
    assert (kept[1].class_, kept[2].label) == ("ground works", "Shed")
    structures = case.stored("structures")
    whole, part = structures[one].outline, kept[3].outline
    assert 0.3 < part.area / whole.area < 0.7
    assert part.intersection(whole).area == pytest.approx(part.area, rel=0.05)
    assert kept[4].outline.buffer(0.5).contains(structures[other].outline.union(whole))
    for left in (4, 3, 2, 1, 0):
        page.keyboard.press("z")
        for _ in range(100):
            if len(list((case.folder / "looks").glob("*.yaml"))) == left:
                break
            page.wait_for_timeout(50)
    assert case.decisions() == ()
    _told(page, "Undone: not sure")
    page.keyboard.press("z")
    _told(page, "There is nothing to undo")


def test_of_a_join_that_is_refused_half_way_nothing_is_kept(still):
    case, page = still
    other = page.locator("#queue-list button").nth(1).get_attribute("data-id") or ""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("body[data-ready]")
    theirs = case.decide(Decision(subject=other, what="accept", actor="bo"))
    for key in ("g", "1"):
        tab.keyboard.press(key)
    _told(tab, "no longer as it was when you looked at it")
    expect(tab.locator("#queue-list .marks")).to_have_text("✓bo")
    assert case.decisions() == (theirs,)
    case.withdraw(theirs.id, "bo")
    tab.close()


def test_one_of_many_to_join_with_is_found_by_typing_and_undone_after_a_reload(still):
    case, page = still
    rows = case.site.grid.height
    for i in range(10):
        left, top = (2 + 6 * i, 2) if i < 5 else (2 + 6 * (i - 5), rows - 6)
        case.decide(Decision(subject=f"drawn-{i}", what="draw", actor="bo", label=f"Shed {i}", chance=0.9,
                             outline=from_pixels(box(left, top, left + 4, top + 4), case.site.grid),
                             class_="new structure"))
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.locator("button[data-id=drawn-3]").click()
    page.keyboard.press("g")
    page.keyboard.type("shed 1")
    expect(page.locator("dialog .option:visible")).to_have_text(["Shed 1"])
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    _told(page, "Kept: Shed 1 is a part of Shed 3")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    for name, line in (("drawn-3", "Take back: outline"), ("drawn-1", "Take back: reject")):
        page.locator(f"button[data-id={name}]").click()
        page.get_by_label(line).click()
        _told(page, line.replace("Take back", "Undone"))
    assert {d.actor for d in case.decisions()} == {"bo"}
    for decision in case.decisions():
        case.withdraw(decision.id, "bo")
    page.reload()
    page.wait_for_selector("body[data-ready]")


def test_a_look_is_corrected_by_its_chip_and_a_button(still):
    case, page = still
    page.locator(".chip").nth(1).click()
    page.locator("#word button", has_text="unclear").click()
    _told(page, "Kept: look unclear")
    [kept] = case.decisions()
    assert (kept.scene, kept.state) == (case.stack().used[1].scene, "unclear")
    page.keyboard.press("z")
    _told(page, "Undone: look")


@pytest.mark.parametrize("is_on_earth", [True, False])
def test_north_is_shown_where_it_is_known(still, is_on_earth):
    _, page = still
    other = page.context.new_page()
    if not is_on_earth:
        other.route("**/api/site", lambda route: route.fulfill(json={**route.fetch().json(), "corners": None}))
    other.goto(page.url)
    other.wait_for_selector("body[data-ready]")
    drawn = other.evaluate("getComputedStyle(document.getElementById('panes'), '::after').content")
    assert ("N" in drawn) == is_on_earth
    other.close()


def test_a_footprint_drawn_by_hand_is_measured_beside_the_fitted_one(still):
    case, page = still
    one = _chosen(page)
    page.keyboard.press("b")
    for x, y in on_screen(page, one):
        page.mouse.click(x, y)
        page.wait_for_timeout(300)   # two clicks in quick succession are a double click
    expect(page.locator(".measured .value")).to_contain_text("m² at 90\u00a0%", timeout=10_000)
    text = page.locator(".measured").inner_text()
    assert "footprint by hand on" in text
    assert "They agree" in text
    assert case.decisions()[0].dimension == "area"
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    _told(page, "Undone: measure")


def test_every_view_and_every_look_can_be_shown(still):
    _, page = still
    panes = page.locator("#panes")
    for key, mode in (("2", "flicker"), ("3", "side"), ("4", "single"), ("1", "swipe")):
        page.keyboard.press(key)
        expect(panes).to_have_attribute("data-mode", mode)
    for key in "fct":
        page.keyboard.press(key)
        page.wait_for_load_state("networkidle")
    day = page.locator("#after .date")
    was = day.inner_text()
    page.keyboard.press("ArrowRight")
    expect(day).not_to_have_text(was)
    page.keyboard.press("s")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#handle")).to_have_attribute("aria-valuenow", "52")
    panes.hover()
    expect(page.locator("#where")).to_contain_text("column")


def test_two_tabs_on_the_same_thing_lose_nothing_and_the_later_one_is_told(still):
    case, page = still
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("body[data-ready]")
    page.keyboard.press("a")
    _told(page, "Kept: accept")
    other.keyboard.press("a")
    _told(other, "no longer as it was when you looked at it")
    expect(other.locator("#queue-count")).to_have_text(page.locator("#queue-count").inner_text())
    assert len(case.decisions()) == 1
    other.close()
    page.keyboard.press("z")
    _told(page, "Undone: accept")


def test_a_decision_that_was_told_as_kept_survives_a_killed_server(case):
    with served(case.folder) as server:
        with httpx2.Client(base_url=server.address.split("/?")[0], follow_redirects=True) as asks:
            origin = str(asks.base_url).rstrip("/")
            asks.get(f"/?{server.address.split('?')[1]}")
            one = asks.get("/api/subjects").json()["subjects"][0]
            kept = asks.post("/api/decisions", headers={"origin": origin}, json={
                "subject": one["id"], "what": "accept", "version": one["version"]})
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert kept.status_code == 201
    assert [d.id for d in case.decisions()] == [kept.json()["decision"]["id"]]
    assert [check.what for check in check_decisions(case.folder) if not check.holds] == []


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core (npm ci in web/)")
@pytest.mark.parametrize("width", [1440, 820])
def test_the_page_is_open_to_people_who_do_not_see_or_point(still, width):
    _, page = still
    page.set_viewport_size({"width": width, "height": 900})
    found = violations(page)
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open]")
    found += violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
