"""``python -m tools.review_pictures`` reviews the demo in a browser and writes what it sees to docs/review-*.png."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page
from tests.served import browsing, can_show, on_screen, served, shown

from sitewatch.case import Case

__all__ = ["main"]

_DOCS = Path(__file__).parents[1] / "docs"
_COLOURS = 200   # a screen of one place needs no more, and a page of docs should load at once
_SETTLED_MS = 700
_NARROW = {"width": 820, "height": 1180}   # a tablet held upright
_IS_DRAWN = """() => {
  const mode = document.querySelector("#colours [aria-checked=true]").dataset.value;
  const strip = document.getElementById("strip");
  return ["before", "after"].every(id => document.getElementById(id).dataset.drawn?.startsWith(`${mode}/`)) &&
    strip.dataset.drawn && strip.style.getPropertyValue("--chips").includes(`/${mode}/`);
}"""             # both looks and every chip, in the colours that are chosen
_CLICK_MS = 300  # two clicks in quick succession are a double click


def main() -> None:
    """Bring the pictures up to date."""
    if not can_show():
        raise SystemExit("error: the page is not built (make web), or there is no Chromium to show it in")
    with TemporaryDirectory() as folder:
        case = Case.demo(Path(folder) / "demo")
        case.run()
        with served(case.folder, "--as", "ana") as server, browsing() as browser, \
                shown(browser, server.address) as (page, _):
            for act in (_look, _reject, _draw, _measure, _link, _narrow, _publish):
                act(page)


def _look(page: Page) -> None:
    _keep(page, "swipe")
    for key in "nc3":
        page.keyboard.press(key)
    _keep(page, "change")
    for key in "t1z":
        page.keyboard.press(key)
    page.locator("#told", has_text="Undone").wait_for()


def _reject(page: Page) -> None:
    page.keyboard.press("r")
    _keep(page, "reject")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="hidden")


def _draw(page: Page) -> None:
    page.keyboard.press("0")
    page.keyboard.press("d")
    for key in [*["ArrowLeft"] * 124, *["ArrowDown"] * 144, *["-"] * 7, *[","] * 4]:
        page.keyboard.press(key)
    _keep(page, "draw")
    page.keyboard.press("Escape")


def _measure(page: Page) -> None:
    page.locator("#queue-list button", has_text="Structure A").click()
    page.wait_for_timeout(_SETTLED_MS)
    one = page.locator("#queue-list button[aria-current=true]").get_attribute("data-id") or ""
    page.keyboard.press("b")
    for times in (1, 2):
        for corner, (x, y) in enumerate(on_screen(page, one)):
            page.mouse.click(x + 5 * times * (corner < 2), y)
            page.wait_for_timeout(_CLICK_MS)
        page.locator(".measured", has_text=("drawn once", "drawn 2 times")[times - 1]).wait_for()
    page.keyboard.press("Escape")
    page.locator(".measured").scroll_into_view_if_needed()
    _keep(page, "measure")


def _link(page: Page) -> None:
    page.locator("#queue-list button", has_text="building-a").click()
    claim = page.locator(".claim", has=page.locator("q", has_text="about 60 to 70 percent the size"))
    claim.locator("button").click()
    page.keyboard.press("2")
    claim.locator(".refuted").wait_for()
    claim.locator("summary").click()
    claim.scroll_into_view_if_needed()
    _keep(page, "claim")


def _narrow(page: Page) -> None:
    wide = page.viewport_size
    page.set_viewport_size(_NARROW)  # type: ignore[arg-type]
    page.locator("#queue-list button", has_text="Structure A").click()
    page.keyboard.press("1")
    page.evaluate("window.scrollTo(0, 0)")
    _keep(page, "narrow")
    page.locator("#detail .acts").evaluate("one => one.scrollIntoView()")
    _keep(page, "narrow-below")
    page.set_viewport_size(wide)  # type: ignore[arg-type]


def _publish(page: Page) -> None:
    page.locator("#rerun").click()
    page.locator("#run-state", has_text="Up to date").wait_for(timeout=240_000)
    page.keyboard.press("P")
    page.wait_for_selector("dialog[open]", timeout=240_000)
    _keep(page, "publish")


def _keep(page: Page, name: str) -> None:
    page.wait_for_function(_IS_DRAWN)
    page.wait_for_timeout(_SETTLED_MS)
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(_COLOURS).save(_DOCS / f"review-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
