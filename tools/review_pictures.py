"""``python -m tools.review_pictures`` reviews the demo in a browser and writes what it sees to docs/review-*.png."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page
from tests.served import browsing, can_show, served, shown

from sitewatch.case import Case

__all__ = ["main"]

_DOCS = Path(__file__).parents[1] / "docs"
_COLOURS = 200   # a screen of one place needs no more, and a page of docs should load at once
_SETTLED_MS = 700


def main() -> None:
    """Bring the pictures up to date."""
    if not can_show():
        raise SystemExit("error: the page is not built (make web), or there is no Chromium to show it in")
    with TemporaryDirectory() as folder:
        case = Case.demo(Path(folder) / "demo")
        case.run()
        with served(case.folder, "--as", "ana") as server, browsing() as browser, \
                shown(browser, server.address) as (page, _):
            _keep(page, "swipe")
            page.keyboard.press("n")
            page.keyboard.press("c")
            page.keyboard.press("3")
            _keep(page, "change")
            page.keyboard.press("t")
            page.keyboard.press("1")
            page.keyboard.press("r")
            _keep(page, "reject")


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(_SETTLED_MS)
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(_COLOURS).save(_DOCS / f"review-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
