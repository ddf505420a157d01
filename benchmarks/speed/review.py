"""``python -m benchmarks.speed.review [CASE]``: how fast the review page is, on the demo or on a case that was run.

Tiles are asked for over HTTP with four in flight, each for the first time, as a browser does. Frames are counted in
headless Chromium while the swipe's edge is dragged and while the slider steps through the looks; then with a queue of
500, filled with structures that are drawn on a copy of the case.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx2
from playwright.sync_api import Page
from shapely import box
from tests.served import browsing, served, shown

from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.geo import from_pixels
from sitewatch.model import Decision

__all__ = ["main"]

_IN_FLIGHT = 4
_MOST_TILES = 400
_CROWD = 500
_STEPS = 100
_DECISIONS = 5
_FRAMES = """async act => { let n = 0, on = true; const count = () => { n += 1; if (on) requestAnimationFrame(count); };
  requestAnimationFrame(count); const from = performance.now(); window.frames_ = () => { on = false;
  return 1000 * n / (performance.now() - from); }; }"""


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            case = Path(sys.argv[1])
        else:
            case = Path(folder) / "demo"
            Case.demo(case).run()
        for measure in (_tiles, _page, _crowd):
            print(*measure(case), sep="\n", flush=True)


def _tiles(case: Path) -> list[str]:
    with served(case) as server, httpx2.Client(base_url=server.address.split("/?")[0], follow_redirects=True) as ask:
        ask.get(f"/?{server.address.split('?')[1]}")
        site = ask.get("/api/site").json()
        z = site["levels"] - 1
        places = [(x, y) for x in range(-(-site["width"] // 256)) for y in range(-(-site["height"] // 256))]
        paths = [f"/api/tiles/{mode}/{look['id']}/{z}/{x}/{y}.png" for look in site["looks"] for x, y in places
                 for mode in site["modes"]][:_MOST_TILES]

        def timed(path: str) -> float:
            began = perf_counter()
            ask.get(path).raise_for_status()
            return 1000 * (perf_counter() - began)

        with ThreadPoolExecutor(_IN_FLIGHT) as pool:
            took = sorted(pool.map(timed, paths))
    return [f"tiles: {len(took)} of {len(site['looks'])} looks of {site['width']} x {site['height']} px, "
            f"{_IN_FLIGHT} in flight: median {median(took):.0f} ms, 95 % within {quantiles(took, n=20)[-1]:.0f} ms"]


def _page(case: Path) -> list[str]:
    with served(case) as server, browsing() as browser:
        began = perf_counter()
        with shown(browser, server.address) as (page, _):
            page.wait_for_load_state("networkidle")
            first = perf_counter() - began
            handle = page.locator("#handle").bounding_box()
            assert handle is not None
            y = handle["y"] + handle["height"] / 3

            def drag() -> None:
                page.mouse.move(handle["x"] + 11, y)
                page.mouse.down()
                for step in range(120):
                    page.mouse.move(handle["x"] + 11 + 200 * ((step % 40) - 20) / 20, y)
                page.mouse.up()

            def slide() -> None:
                page.keyboard.press("4")
                for step in range(80):
                    page.keyboard.press("ArrowLeft" if step % 40 < 20 else "ArrowRight")

            subjects = page.locator("#queue-list button").count()
            return [f"first useful view, with its pictures: {first:.1f} s ({subjects} in the queue)",
                    f"dragging the swipe: {_frames(page, drag):.0f} frames a second",
                    f"stepping through the looks: {_frames(page, slide):.0f} frames a second"]


def _crowd(case: Path) -> list[str]:
    """A queue of 500: walking it, and how long a decision takes until the page says that it is kept."""
    with TemporaryDirectory() as folder:
        crowded = Path(folder) / "crowded"
        shutil.copytree(case, crowded)
        _fill(Case.open(crowded))
        with served(crowded) as server, browsing() as browser, shown(browser, server.address) as (page, _):
            page.wait_for_load_state("networkidle")

            def walk() -> None:
                for _ in range(_STEPS):
                    page.keyboard.press("j")

            frames, count = _frames(page, walk), page.locator("#queue-list button").count()
            took = [_decided(page) for _ in range(_DECISIONS)]
    return [f"{count} in the queue: walking it {frames:.0f} frames a second, a decision kept and told within "
            f"{1000 * median(took):.0f} ms in the median"]


def _fill(case: Case) -> None:
    """Draw 500 structures of 4 x 4 pixels, one every 9 pixels where there is none."""
    rows, columns = case.site.grid.shape
    lacking = _CROWD
    for y, x in product(range(5, rows - 5, 9), range(5, columns - 5, 9)):
        if lacking <= 0:
            return
        outline = from_pixels(box(x, y, x + 4, y + 4), case.site.grid)
        with suppress(InputError):  # there is a structure in that place already
            case.decide(Decision(subject=f"drawn-{y}-{x}", what="draw", actor="benchmark", outline=outline,
                                 class_="new structure", chance=0.5, label=f"Drawn {y}-{x}"))
            lacking -= 1


def _decided(page: Page) -> float:
    """Seconds from the key to the word that it is kept; then it is undone."""
    began = perf_counter()
    page.keyboard.press("a")
    page.locator("#told", has_text="Kept: accept").wait_for()
    took = perf_counter() - began
    page.keyboard.press("z")
    page.locator("#told", has_text="Undone").wait_for()
    return took


def _frames(page: Page, act: Callable[[], None]) -> float:
    page.evaluate(_FRAMES)
    act()
    return float(page.evaluate("window.frames_()"))


if __name__ == "__main__":
    main()
