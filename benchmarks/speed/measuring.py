"""What does it cost to measure a structure, in seconds of one core?

    python -m benchmarks.speed.measuring [--roofs 10]

Rendered roofs of 5 x 4 to 36 x 18 pixels, some of them stepped, in 24 looks that show them, with and without the sun's
place. Seconds are those of the process, not of the clock, the best of three; two hundred structures take as many of one
core as stands beside. A busy machine makes them more all the same, as its caches are shared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from time import process_time

import numpy as np

from benchmarks.accuracy.roofs import Roof, World, rendered
from sitewatch.measurements import measure_structures
from sitewatch.model import Structures

__all__ = ["main"]

_ROOFS = (Roof(length_px=5, width_px=4), Roof(length_px=10, width_px=6), Roof(length_px=20, width_px=12),
          Roof(length_px=36, width_px=18), Roof(length_px=20, width_px=15, form="L"))
_LOOKS, _TRIES, _MANY = 24, 3, 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Render, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.measuring", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roofs", type=int, default=10, help="how many, of all sizes in turn")
    count = parser.parse_args(arguments).roofs
    for height_m, sun in ((8.0, "with the sun's place"), (None, "without")):
        worlds = [rendered("tune", replace(_ROOFS[i % len(_ROOFS)], looks=_LOOKS, height_m=height_m), i)
                  for i in range(count)]
        seconds = [min(_seconds(world) for _ in range(_TRIES)) for world in worlds]
        each = float(np.mean(seconds))
        print(f"{sun}: {each:.3f} core seconds a structure on {_LOOKS} looks (median {np.median(seconds):.3f}, most "
              f"{max(seconds):.3f}), {_MANY} in {_MANY * each:.0f} core seconds")
    return 0


def _seconds(world: World) -> float:
    """Of the process, to measure what is new there."""
    alone = Structures(site=world.structures.site, records=(world.structures["new"],))
    started = process_time()
    measure_structures(alone, world.stack)
    return process_time() - started


if __name__ == "__main__":
    sys.exit(main())
