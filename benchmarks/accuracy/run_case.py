"""Run one case twice in this process and tell on the last line what it cost, as JSON."""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter, process_time

import sitewatch as sw


def main(folder: str, until: str) -> None:
    """The first run computes everything, the second should find it stored."""
    started = perf_counter()
    steps = sw.Case.open(folder).run(until)
    seconds, worked = perf_counter() - started, process_time()
    again = sw.Case.open(folder).run(until)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "seconds": seconds, "cpu_seconds": worked, "steps": {step.stage: step.seconds for step in steps},
        "again": [step.stage for step in again if step.computed], "again_seconds": perf_counter() - started - seconds,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30}))


if __name__ == "__main__":
    main(*sys.argv[1:])
