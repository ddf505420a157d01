"""Run the real cases as a user would, time them and say how far they agree with what people read.

``python -m benchmarks.accuracy.real_cases [--case dubai] [--until structures] [--keep DIR]``
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sitewatch as sw
from benchmarks.accuracy.baseline import baseline_rows
from benchmarks.accuracy.cases import new_case
from benchmarks.accuracy.chips import write_chips, write_frames
from benchmarks.accuracy.frame import REPOSITORY, Row, Tier, commit, keep, options, shared_folder, show
from benchmarks.accuracy.scoring import Verdict
from benchmarks.accuracy.tables import Outcome, frame_rows, measurement_rows, structure_rows
from benchmarks.accuracy.truth import CASES, Truth, read_truth

TIERS: tuple[Tier, ...] = ("real",)
_STAGES = ("stack", "changes", "structures", "measurements", "claims", "report")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 also where targets are missed: a benchmark tells, the tests decide."""
    parser = options("real_cases", __doc__, TIERS)
    parser.add_argument("--case", choices=list(CASES), help="only this case")
    parser.add_argument("--until", choices=_STAGES, default="report", help="last stage to compute")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the cases and pictures of what they found here")
    asked = parser.parse_args(arguments)
    shared = shared_folder()
    if shared is None:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = (asked.keep or Path(scratch)).resolve()
        for name in [asked.case] if asked.case else list(CASES):
            truth, measured = read_truth(name, shared), commit()
            seen, verdicts = _run_and_score(truth, folder, asked.until)
            rows = [_row(truth.case, verdict) for verdict in verdicts]
            show(truth.case, rows)
            told = [verdict.holds for verdict in verdicts if verdict.holds is not None]
            print(f"\n{sum(told)} of {len(told)} targets hold.")
            if asked.keep:
                _draw(seen, asked.keep / "chips" / truth.case)
            if asked.until == "report":
                keep("real_cases", rows, measured)
    return 0


def _row(case: str, told: Verdict) -> Row:
    return Row(tier="real", set=case, note=told.note, cells={
        "metric": told.metric, "target": told.target, "measured": told.measured, "holds": told.holds})


def _draw(seen: Outcome, chips: Path) -> None:
    write_chips(seen, chips)
    write_frames(seen, chips)
    print(f"Pictures of every structure, and of the cloudy frames that are used: {chips}")


def _run_and_score(truth: Truth, folder: Path, until: str) -> tuple[Outcome, list[Verdict]]:
    cost = _run(new_case(truth, folder), until)
    case = sw.Case.open(folder / truth.case)
    reached = _STAGES.index(until)
    seen = Outcome(truth=truth, stack=case.stack(), changes=case.changes() if reached >= 1 else None,
                   structures=case.structures() if reached >= 2 else None,
                   measurements=case.measurements() if reached >= 3 else None)
    return seen, list(_rows(seen, cost, reached))


def _rows(seen: Outcome, cost: dict[str, Any], reached: int) -> Iterator[Verdict]:
    if reached >= 2:
        yield from structure_rows(seen)
    if reached >= 3:
        yield from measurement_rows(seen)
    yield from frame_rows(seen)
    if reached >= 2:
        yield from baseline_rows(seen)
    yield from _cost_rows(cost)


def _run(case: Path, until: str) -> dict[str, Any]:
    """In a process of its own, so that its peak memory is its own."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.accuracy.run_case", str(case), until], cwd=REPOSITORY,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case} could not be run:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _cost_rows(cost: dict[str, Any]) -> Iterator[Verdict]:
    steps = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost["steps"].items())
    # A busy machine, or one told to use fewer threads, is not the machine that the target speaks of.
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    told = f", {threads} BLAS thread{'s' if threads != '1' else ''} by environment" if threads else ""
    yield Verdict(metric="whole run", target="under 60 s", holds=cost["seconds"] < 60, note=steps,
                  measured=f"{cost['seconds']:.0f} s on {os.cpu_count()} cores at load {os.getloadavg()[0]:.1f}, "
                           f"{cost['cpu_seconds']:.0f} s of work{told}")
    yield Verdict(metric="peak memory", target="under 2 GiB", measured=f"{cost['peak_gib']:.2f} GiB",
                  holds=cost["peak_gib"] < 2)
    yield Verdict(metric="second run", target="computes nothing", holds=not cost["again"],
                  measured=f"{len(cost['again'])} stages computed in {cost['again_seconds']:.1f} s",
                  note=", ".join(cost["again"]))


if __name__ == "__main__":
    sys.exit(main())
