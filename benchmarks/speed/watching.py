"""What does a pass over many places take: the first one, one with nothing new, one with a new image at every place?

    python -m benchmarks.speed.watching [--sites 10] [--jobs 2]

Sites of 1 km at 3 m with 24 looks of a simulated village, the same images at each: what is measured is the pass, not
the weather. "seconds" are wall time over all sites, "megabytes_per_site" what a case holds after the pass, "news" at
how many sites something was told. The last two rows are what a pass with a new image is to be held against: all images
of one site, aligned and searched, and the share of one image in that.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from benchmarks.accuracy.frame import Row, commit, keep, show
from sitewatch.case import Case, NewCase
from sitewatch.changes import detect_changes
from sitewatch.sources.simulated import deliver, read_world
from sitewatch.stack import build_stack
from sitewatch.watch import Round, watch_cases

__all__ = ["main"]

_RESULTS = Path(__file__).parent / "results"
_LOOKS, _SIZE_M = 24, 1000.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.watching", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked, measured = parser.parse_args(arguments), commit()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        looks = _looks_of(folder / "world")
        names = [f"site-{i:04d}" for i in range(asked.sites)]
        for site in names:
            _add(looks[:_LOOKS], folder / "images" / site)
            plan = NewCase(images=folder / "images" / site, name=site, question="What is new?")
            Case.new(folder / "cases" / site, plan)
        rows = [_row("the first pass", asked, folder), _row("a pass with nothing new", asked, folder)]
        for look, what, glances in ((_LOOKS, "one new image at each, at a glance", True),
                                    (_LOOKS + 1, "one new image at each, all computed anew", False)):
            for site in names:
                _add(looks[look:look + 1], folder / "images" / site)
            rows.append(_row(what, asked, folder, glances=glances))
        rows += _searched(folder / "cases" / names[0], rows[0].set)
    show(f"{asked.sites} sites of 1 km with {_LOOKS} looks, {asked.jobs} at a time", rows)
    keep("watching", rows, measured, _RESULTS)
    return 0


def _looks_of(folder: Path) -> list[list[Path]]:
    """The files of each look of a simulated village, in order of time."""
    world = replace(read_world("estate"), size_m=(_SIZE_M, _SIZE_M))
    deliver(world, 0, folder)
    scenes = sorted(path.stem for path in (folder / "scenes").glob("*.json") if path.stem != "catalog")
    return [sorted((folder / "scenes").glob(f"{scene}*")) for scene in scenes]


def _add(looks: Sequence[Sequence[Path]], images: Path) -> None:
    """Let images arrive in a folder: as links, so that they take no room."""
    images.mkdir(parents=True, exist_ok=True)
    for look in looks:
        for path in look:
            os.link(path, images / path.name)


def _searched(case: Path, set_: str) -> list[Row]:
    """What the images of a case take to be aligned and searched for changes, all of them and each."""
    scenes, began, worked = Case.open(case).scenes(), perf_counter(), _worked()
    detect_changes(build_stack(scenes))
    seconds, cores = perf_counter() - began, _worked() - worked
    rows = (("all images of a site aligned and searched", 1), ("an image's share of that", len(scenes.scenes)))
    return [Row(tier="simulated", set=set_, cells={
        "pass": what, "seconds": seconds / share, "core_seconds_per_site": cores / share}) for what, share in rows]


def _row(what: str, asked: argparse.Namespace, folder: Path, *, glances: bool = False) -> Row:
    began, worked = perf_counter(), _worked()
    done = watch_cases(folder / "cases", asked.jobs, glances=glances)
    seconds, cores = perf_counter() - began, _worked() - worked
    held = sum(path.stat().st_size for path in (folder / "cases" / "site-0000").rglob("*") if path.is_file())
    return Row(tier="simulated", set=f"{asked.sites} sites, {asked.jobs} at a time", cells={
        "pass": what, "seconds": seconds, "core_seconds_per_site": cores / asked.sites,
        "sites_per_second": asked.sites / seconds, "megabytes_per_site": held / 1e6, "failed": _failed(done),
        "news": len(done.found.of("news"))})


def _worked() -> float:
    """Processor seconds of this process and of those that it has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _failed(done: Round) -> int:
    return len(done.found.of("failed")) + len(done.found.of("busy"))


if __name__ == "__main__":
    sys.exit(main())
