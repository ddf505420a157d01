"""The review page as a person meets it: a real server, started by the command, and a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from sitewatch.web._app import STATIC

__all__ = ["AXE", "Served", "browser_path", "browsing", "can_show", "on_screen", "served", "shown", "violations"]

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Served:
    """A running server and its one-time address."""

    process: subprocess.Popen[str]
    address: str


def browser_path() -> str | None:
    """Where Chromium or Chrome is."""
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
                None)


def can_show() -> bool:
    """Whether the page is built and there is a browser to show it."""
    return browser_path() is not None and (STATIC / "index.html").is_file()


@contextmanager
def served(case: Path, *options: str) -> Iterator[Served]:
    """`sitewatch review` of a case, until the block ends."""
    command = [sys.executable, "-m", "sitewatch.cli", "review", str(case), "--no-open", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                yield Served(process, found[0])
                return
        raise AssertionError(f"the server did not start: {''.join(said)}")
    finally:
        process.kill()
        process.wait()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium, until the block ends; one at a time."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def shown(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """The page once it is ready, and everything that went wrong in it so far."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("http://127.0.0.1:", "data:", "blob:")) else
            wrong.append(f"asked elsewhere: {r.url}"))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    yield page, wrong
    context.close()


def on_screen(page: Page, subject: str) -> list[tuple[float, float]]:
    """Where the corners of an outline are on the screen, by the coordinates that the page shows under the pointer."""
    box = page.locator("#panes").bounding_box()
    assert box is not None
    seen = []
    for share in (0.25, 0.6):
        x, y = box["x"] + share * box["width"], box["y"] + share * box["height"]
        page.mouse.move(x, y)
        found = re.search(r"column (\S+), row (\S+)", page.locator("#where").inner_text())
        assert found
        seen.append((x, y, float(found[1]), float(found[2])))
    (x0, y0, column0, row0), (x1, y1, column1, row1) = seen
    outline = page.evaluate("""async id => (await (await fetch("/api/subjects")).json()).subjects
                                 .find(one => one.id === id).outline""", subject)
    return [(x0 + (c - column0) * (x1 - x0) / (column1 - column0), y0 + (r - row0) * (y1 - y0) / (row1 - row0))
            for c, r in outline]


def violations(page: Page) -> list[str]:
    """What axe-core finds that keeps people out who do not see or point."""
    page.evaluate(AXE.read_text())
    told = page.evaluate("rules => axe.run(document, rules)", _RULES)
    return [f"{one['id']}: {node['html'][:120]}" for one in told["violations"] for node in one["nodes"]]
