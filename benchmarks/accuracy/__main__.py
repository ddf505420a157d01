"""Lists the benchmarks, or runs those that are asked for.

    python -m benchmarks.accuracy                          what there is
    python -m benchmarks.accuracy all                      everything
    python -m benchmarks.accuracy pixels --tier simulated  one benchmark, one tier
    python -m benchmarks.accuracy --tier real              whatever has that tier
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.accuracy import (
    alignment,
    drawn,
    inserted,
    intervals,
    likeness,
    marked,
    pixels,
    real_cases,
    real_sizes,
    seeing,
    simulated_places,
    sizes,
)
from benchmarks.accuracy.frame import TIERS

_BENCHMARKS = {"real_cases": real_cases, "simulated_places": simulated_places, "marked": marked, "pixels": pixels,
               "seeing": seeing, "drawn": drawn, "inserted": inserted, "intervals": intervals, "sizes": sizes,
               "real_sizes": real_sizes,
               "likeness": likeness, "alignment": alignment}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 also where targets are missed: a benchmark tells, the tests decide."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*_BENCHMARKS, "all"], default="all",
                        help=f"all, or some of {', '.join(_BENCHMARKS)}")
    parser.add_argument("--tier", choices=TIERS, action="append", help="only this tier; may be given several times")
    words = sys.argv[1:] if arguments is None else arguments
    if not words:
        _list()
        return 0
    asked = parser.parse_args(words)
    for name, benchmark in _BENCHMARKS.items():
        tiers = [tier for tier in benchmark.TIERS if tier in (asked.tier or TIERS)]
        if tiers and (name in asked.names or "all" in asked.names):
            benchmark.main([word for tier in tiers for word in ("--tier", tier)])
    return 0


def _list() -> None:
    for name, benchmark in _BENCHMARKS.items():
        about = (benchmark.__doc__ or "").splitlines()[0]
        print(f"{name:18}{about}\n{'':18}tiers: {', '.join(benchmark.TIERS)}")
    print("\nRun some by name, or all of them: python -m benchmarks.accuracy NAME... [--tier TIER]")


if __name__ == "__main__":
    sys.exit(main())
