"""How fast are simulated scenes rendered?

    python -m benchmarks.speed.rendering

A world of 3 x 3 km with the things of february-11 in PlanetScope pixels: 1000 x 1000 pixels, 4 bands; the first scene
also lays out the land. The floor is the time to copy the fine canvas (4 bands, 4 bytes) once through the memory.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np

from sitewatch.sources.simulated import deliver, read_world
from sitewatch.sources.simulated._looks import looks_of
from sitewatch.sources.simulated._render import render

__all__ = ["main"]

_SCENES = 6


def main() -> int:
    """Run and print."""
    world = read_world("february-11")
    large = replace(world, name="large", size_m=(3000.0, 3000.0))
    looks = [look for look in looks_of(large, 0) if look.camera.sensor == "planetscope-4"][:_SCENES]
    first = _seconds(lambda: render(large, 0, looks[0]))
    others = sorted(_seconds(lambda look=look: render(large, 0, look)) for look in looks[1:])
    canvas = np.ones((4, 2032, 2032), np.float32)
    floor = min(_seconds(canvas.copy) for _ in range(5))
    median = others[len(others) // 2]
    print(f"1000 x 1000 pixels, 4 bands: first scene {first:.2f} s, others {median:.2f} s (median of {len(others)}, "
          f"slowest {others[-1]:.2f} s), {median / floor:.0f} times the copy of its canvas")
    with tempfile.TemporaryDirectory() as folder:
        whole = _seconds(lambda: deliver(world, 0, Path(folder) / "out"))
    print(f"the whole of february-11 with masks, items and truth: {len(looks_of(world, 0))} scenes in {whole:.0f} s")
    return 0


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
