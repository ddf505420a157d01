"""How fast is the review page, from its server's start to a queue of 500?

    python -m benchmarks.speed.review [--case FOLDER]

On the demo, or on a case that was run. Tiles are asked for over HTTP with four in flight, each for the first time, as a
browser does. "first_view_s" is from the link to the page with both looks and the chips of the chosen thing drawn, after
the server's "start_s"; "first_view_kb" is what it took from the server. Frames are those of headless Chromium that show
something new: the swipe's edge at another place as the mouse drags it, another look drawn to its end as the mouse drags
the slider, another thing chosen as a key walks the queue. "busy_ms" is the time that the page's own thread computed for
one of them, whatever else the machine does. The queue of 500 is filled with structures that are drawn on a copy of the
case.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx2
from playwright.sync_api import CDPSession, Page
from shapely import box
from tests.served import browsing, can_show, served, shown

from benchmarks.accuracy.frame import Cell, Row, commit, keep, show
from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.geo import from_pixels
from sitewatch.model import Decision

__all__ = ["main"]

_RESULTS = Path(__file__).parent / "results"
_IN_FLIGHT = 4
_MOST_TILES = 400
_CROWD = 500
_STEPS = 100
_DECISIONS = 5
_PICTURES = """() => ["before", "after", "strip"].every((id) => document.getElementById(id).dataset.drawn)"""
_TAKEN = "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0) / 1000"
_NEW_FRAMES = """() => {
  const panes = document.getElementById("panes"), after = document.getElementById("after");
  const shows = () => [panes.style.getPropertyValue("--at"), after.dataset.drawn,
    document.querySelector("#queue-list [aria-current=true]")?.dataset.id].join();
  let frames = 0, was = shows(), goesOn = true;
  const count = () => {
    const now = shows();
    if (now !== was) frames += 1;
    was = now;
    if (goesOn) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  const from = performance.now();
  window.newFrames = () => { goesOn = false; return [frames, (performance.now() - from) / 1000]; };
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write the CSV."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.review", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", type=Path, metavar="FOLDER", help="a case that was run, in the place of the demo")
    asked, measured = parser.parse_args(arguments), commit()
    if not can_show():
        print("The page is not built (make web), or there is no Chromium to show it in: the review page is skipped.")
        return 0
    with TemporaryDirectory() as folder:
        case = asked.case or Path(folder) / "demo"
        if not asked.case:
            Case.demo(case).run()
        tier, name = ("real" if asked.case else "simulated"), case.resolve().name
        rows = [Row(tier=tier, set=name, cells={**_tiles(case), **_page(case)}),
                Row(tier=tier, set=f"{name}, {_CROWD} in the queue", cells=_crowd(case))]
    show(f"The review page, {os.cpu_count()} cores", rows)
    keep("review", rows, measured, _RESULTS)
    return 0


def _tiles(case: Path) -> dict[str, Cell]:
    began = perf_counter()
    with served(case) as server, httpx2.Client(base_url=server.address.split("/?")[0], follow_redirects=True) as ask:
        started = perf_counter() - began
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
    return {"looks": len(site["looks"]), "start_s": started, "tiles": len(took), "tile_ms": median(took),
            "tile_p95_ms": quantiles(took, n=20)[-1]}


def _page(case: Path) -> dict[str, Cell]:
    with served(case) as server, browsing() as browser:
        began = perf_counter()
        with shown(browser, server.address) as (page, _):
            first = _first_view(page, began)
            swiped = _new_frames(page, "swipe", lambda: _drag(page, "#handle", reach_px=200))
            page.keyboard.press("4")
            _drag(page, "#after-look")       # once, so that every look's tiles are there
            page.wait_for_load_state("networkidle")
            slid = _new_frames(page, "slider", lambda: _drag(page, "#after-look"))
            return {**first, **swiped, **slid}


def _first_view(page: Page, began: float) -> dict[str, Cell]:
    page.wait_for_function(_PICTURES)
    took, taken = perf_counter() - began, page.evaluate(_TAKEN)
    page.wait_for_load_state("networkidle")
    return {"in_queue": page.locator("#queue-list button").count(), "first_view_s": took, "first_view_kb": taken}


def _drag(page: Page, what: str, reach_px: float | None = None) -> None:
    """To and fro with the mouse, over the whole of a slider or so far around the middle of a handle."""
    there = page.locator(what).bounding_box()
    assert there is not None
    reach = reach_px or there["width"] / 2 - 8
    middle, y = there["x"] + there["width"] / 2, there["y"] + there["height"] / (3 if reach_px else 2)
    page.mouse.move(middle, y)
    page.mouse.down()
    for step in range(_STEPS + 1):
        page.mouse.move(middle + reach * (abs((step + 15) % 60 - 30) - 15) / 15, y)
    page.mouse.up()


def _crowd(case: Path) -> dict[str, Cell]:
    """A queue of 500: walking it, and how long a decision takes until the page says that it is kept."""
    with TemporaryDirectory() as folder:
        crowded = Path(folder) / "crowded"
        shutil.copytree(case, crowded)
        _fill(Case.open(crowded))
        began = perf_counter()
        with served(crowded) as server, browsing() as browser:
            started, began = perf_counter() - began, perf_counter()
            with shown(browser, server.address) as (page, _):
                first = _first_view(page, began)

                def walk() -> None:
                    for _ in range(_STEPS):
                        page.keyboard.press("j")

                return {"start_s": started, **first, **_new_frames(page, "walk", walk),
                        "decision_ms": 1000 * median(_decided(page) for _ in range(_DECISIONS))}


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


def _new_frames(page: Page, what: str, act: Callable[[], None]) -> dict[str, Cell]:
    own = page.context.new_cdp_session(page)
    own.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(_NEW_FRAMES)
    before = _busy_s(own)
    act()
    frames, seconds = page.evaluate("window.newFrames()")
    busy = 1000 * (_busy_s(own) - before) / max(1, frames)
    return {f"{what}_frames_per_s": frames / seconds, f"{what}_busy_ms": busy}


def _busy_s(own: CDPSession) -> float:
    told = own.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in told if one["name"] == "TaskDuration"))


if __name__ == "__main__":
    sys.exit(main())
