"""Run the real cases as a user would, time them and say how far they agree with what people read.

``python -m benchmarks.accuracy.real_cases [--case dubai] [--until structures] [--keep DIR]``
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sitewatch as sw
from benchmarks.accuracy.baseline import baseline_rows
from benchmarks.accuracy.chips import write_chips, write_frames
from benchmarks.accuracy.scoring import Row
from benchmarks.accuracy.tables import Outcome, frame_rows, measurement_rows, structure_rows
from benchmarks.accuracy.truth import CASES, Truth, read_truth, write_outlines

_REPOSITORY = Path(__file__).resolve().parents[2]
_RESULTS = Path(__file__).parent / "results" / "real_cases.csv"
_COLUMNS = ("case", "metric", "target", "measured", "holds", "commit")
_STAGES = ("stack", "changes", "structures", "measurements", "claims", "report")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 also where targets are missed: a benchmark tells, the tests decide."""
    asked = _parser().parse_args(arguments)
    shared = Path(os.environ.get("SITEWATCH_SHARED", _REPOSITORY.parent / "shared"))
    if not (shared / "cases").is_dir():
        print(f"There are no real cases in {shared}: name their folder in SITEWATCH_SHARED. Nothing was run.")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = (asked.keep or Path(scratch)).resolve()
        for name in [asked.case] if asked.case else list(CASES):
            truth, commit = read_truth(name, shared), _commit()
            seen, rows = _run_and_score(truth, folder, asked.until)
            _show(truth.case, rows)
            if asked.keep:
                chips = asked.keep / "chips" / truth.case
                write_chips(seen, chips)
                write_frames(seen, chips)
                print(f"Pictures of every structure, and of the cloudy frames that are used: {chips}")
            if asked.until == "report":
                _write(truth.case, rows, commit)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.real_cases", description=__doc__)
    parser.add_argument("--case", choices=list(CASES), help="only this case")
    parser.add_argument("--until", choices=_STAGES, default="report", help="last stage to compute")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the cases and pictures of what they found here")
    return parser


def _run_and_score(truth: Truth, folder: Path, until: str) -> tuple[Outcome, list[Row]]:
    folder.mkdir(parents=True, exist_ok=True)
    cost = _run(_new_case(truth, folder), until)
    case = sw.Case.open(folder / truth.case)
    reached = _STAGES.index(until)
    seen = Outcome(truth=truth, stack=case.stack(), changes=case.changes() if reached >= 1 else None,
                   structures=case.structures() if reached >= 2 else None,
                   measurements=case.measurements() if reached >= 3 else None)
    return seen, list(_rows(seen, cost, reached))


def _rows(seen: Outcome, cost: dict[str, Any], reached: int) -> Iterator[Row]:
    if reached >= 2:
        yield from structure_rows(seen)
    if reached >= 3:
        yield from measurement_rows(seen)
    yield from frame_rows(seen)
    if reached >= 2:
        yield from baseline_rows(seen)
    yield from _cost_rows(cost)


def _new_case(truth: Truth, folder: Path) -> Path:
    """A fresh case; the reference and control outlines are given as a person would give them."""
    case = folder / truth.case
    if (case / "case.yaml").exists():
        shutil.rmtree(case)
    plan = sw.NewCase(images=truth.images, sensor="sentinel-2-rgb", gsd_m=truth.gsd_m, name=truth.case,
                      references=write_outlines(truth, "existing", folder / f"{truth.case}-references.geojson"),
                      controls=write_outlines(truth, "control", folder / f"{truth.case}-controls.geojson"))
    sw.Case.new(case, plan)
    return case


def _run(case: Path, until: str) -> dict[str, Any]:
    """In a process of its own, so that its peak memory is its own."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.accuracy.run_case", str(case), until], cwd=_REPOSITORY,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case} could not be run:\n{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _cost_rows(cost: dict[str, Any]) -> Iterator[Row]:
    steps = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost["steps"].items())
    # A busy machine, or one told to use fewer threads, is not the machine that the target speaks of.
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    told = f", {threads} BLAS thread{'s' if threads != '1' else ''} by environment" if threads else ""
    yield Row(metric="whole run", target="under 60 s", holds=cost["seconds"] < 60, note=steps,
              measured=f"{cost['seconds']:.0f} s on {os.cpu_count()} cores at load {os.getloadavg()[0]:.1f}, "
                       f"{cost['cpu_seconds']:.0f} s of work{told}")
    yield Row(metric="peak memory", target="under 2 GiB", measured=f"{cost['peak_gib']:.2f} GiB",
              holds=cost["peak_gib"] < 2)
    yield Row(metric="second run", target="computes nothing", holds=not cost["again"],
              measured=f"{len(cost['again'])} stages computed in {cost['again_seconds']:.1f} s",
              note=", ".join(cost["again"]))


def _show(case: str, rows: Sequence[Row]) -> None:
    print(f"\n{case}\n")
    table = [("", "metric", "measured", "target"), *((_mark(r.holds), r.metric, r.measured, r.target) for r in rows)]
    widths = [min(max(len(line[column]) for line in table), 72) for column in range(4)]
    for line, note in zip(table, ["note", *(row.note for row in rows)], strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(f"{text}  {note}".rstrip())
    told = [row.holds for row in rows if row.holds is not None]
    print(f"\n{sum(told)} of {len(told)} targets hold.")


def _mark(holds: bool | None) -> str:
    return "" if holds is None else "yes" if holds else "NO"


def _write(case: str, rows: Sequence[Row], commit: str) -> None:
    """Replace this case's lines in the results that are kept in git."""
    kept = []
    if _RESULTS.exists():
        with _RESULTS.open(newline="", encoding="utf-8") as lines:
            kept = [line for line in csv.DictReader(lines) if line["case"] != case]
    now = [dict(zip(_COLUMNS, (case, row.metric, row.target, row.measured, _mark(row.holds).lower(), commit),
                    strict=True)) for row in rows]
    _RESULTS.parent.mkdir(exist_ok=True)
    with _RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*kept, *now], key=lambda line: line["case"]))


def _commit() -> str:
    """The commit whose code was measured, with a plus where src differs from it."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=_REPOSITORY, capture_output=True, text=True, check=False).stdout
    return git("rev-parse", "--short", "HEAD").strip() + ("+" if git("status", "--porcelain", "src").strip() else "")


if __name__ == "__main__":
    sys.exit(main())
