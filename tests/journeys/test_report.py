"""A reader opens a published report from disk: on three widths, by keyboard, with no network and no barrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.report.quotes import published_report
from tests.report.yard import hall, site_on_earth, structure_at
from tests.served import browser_path, browsing

pytestmark = pytest.mark.skipif(browser_path() is None, reason="needs Chromium")

_AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_WIDTHS = {360: 740, 768: 1024, 1440: 900}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published page of two halls and of what others say of them, on disk."""
    site = site_on_earth()
    halls = (structure_at(hall(site)), structure_at(hall(site, 60, 20), 1, "Structure B"))
    folder, made = tmp_path_factory.mktemp("report"), published_report(*halls)
    for name, data in made.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(params=sorted(_WIDTHS))
def shown(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The page at one width; whatever it asks a network for, or complains of, fails the test."""
    wrong: list[str] = []
    # axe is no part of the page, so the page's own policy would keep it out.
    context = browser.new_context(viewport={"width": request.param, "height": _WIDTHS[request.param]}, bypass_csp=True,
                                  has_touch=True)
    page = context.new_page()
    page.on("console", lambda m: wrong.append(m.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith("file:") else wrong.append(r.url))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert wrong == []


@pytest.mark.skipif(not _AXE.is_file(), reason="needs axe-core (npm ci in web/)")
def test_axe_finds_no_barrier(shown):
    shown.evaluate(_AXE.read_text(encoding="utf-8"))
    for opened in (False, True):
        shown.evaluate("is => document.querySelectorAll('details').forEach(part => { part.open = is; })", opened)
        found = shown.evaluate("rules => axe.run(rules)", _RULES)["violations"]
        assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found] == []


def test_nothing_is_wider_than_the_screen(shown):
    assert shown.evaluate("document.documentElement.scrollWidth") == shown.viewport_size["width"]


def test_the_finding_stands_on_the_first_screen_and_on_a_wide_one_the_picture_does_too(shown):
    height = shown.viewport_size["height"]
    boxes = {what: shown.locator(what).first.bounding_box() for what in ("h1", ".key-number", ".compare")}
    assert boxes["h1"]["y"] + boxes["h1"]["height"] < height / 2
    assert boxes[".key-number"]["y"] < height
    if shown.viewport_size["width"] >= 1024:
        assert boxes[".compare"]["y"] + boxes[".compare"]["height"] <= height


def test_the_slider_moves_by_keyboard_and_by_mouse_and_by_touch(shown):
    compare, handle = shown.locator(".compare").first, shown.locator(".compare input").first
    handle.focus()
    for _ in range(5):
        shown.keyboard.press("ArrowRight")
    assert handle.input_value() == "60"
    assert "60 % before" in handle.get_attribute("aria-valuetext")
    box = compare.bounding_box()
    shown.mouse.click(box["x"] + box["width"] / 4, box["y"] + 5)
    assert abs(int(handle.input_value()) - 25) <= 2
    shown.touchscreen.tap(box["x"] + box["width"] * 3 / 4, box["y"] + 5)
    assert abs(int(handle.input_value()) - 75) <= 2


def test_outlines_can_be_taken_away_and_the_copies_open(shown, report):
    figure = shown.locator("figure").first
    figure.get_by_label("Outlines").uncheck()
    assert not figure.locator("g.marks").first.is_visible()
    for link in figure.locator("figcaption a").all():
        assert (report.parent / link.get_attribute("href")).is_file()
