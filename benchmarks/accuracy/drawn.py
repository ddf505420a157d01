"""Are even roofs that are drawn into the aligned looks of the real series found, by size and contrast?

    python -m benchmarks.accuracy.drawn [--case golf] [--draws N]

The same roofs as every case draws to say what could have been seen (structures: trials), from seeds that nothing is
tuned on. Ground, seasons, gaps and the noise of each look are real; the roofs are square and hold still from the first
day, and the stage "stack" does not see them: ``inserted`` has halls that are built, in the images themselves.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import sitewatch as sw
from benchmarks.accuracy.cases import new_case
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, shared_folder, show
from benchmarks.accuracy.truth import CASES, read_truth
from sitewatch.changes import detect_changes
from sitewatch.structures import StructuresOptions
from sitewatch.structures._trace import trials_of

TIERS: tuple[Tier, ...] = ("semi-synthetic",)
_FIRST_SEED = 100   # those below are for tuning


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("drawn", __doc__, TIERS)
    parser.add_argument("--case", choices=list(CASES), help="only this case")
    parser.add_argument("--draws", type=int, default=4, metavar="N", help="how often roofs are drawn")
    asked, measured, shared = parser.parse_args(arguments), commit(), shared_folder()
    for name in ([asked.case] if asked.case else CASES) if shared else ():
        with tempfile.TemporaryDirectory() as folder:
            case = sw.Case.open(new_case(read_truth(name, shared), Path(folder)))
            rows = list(rows_of(case, asked.draws))
        show(f"Roofs drawn into {CASES[name]}", rows)
        keep("drawn", rows, measured)
    return 0


def rows_of(case: sw.Case, draws: int) -> Iterator[Row]:
    """One row per side and contrast."""
    stack, changes = case.stack(), case.changes()
    told = [trial for seed in range(_FIRST_SEED, _FIRST_SEED + draws)
            for trial in trials_of(changes, stack, StructuresOptions(), detect_changes, seed)]
    for contrast, side in sorted({(trial.contrast, trial.side_px) for trial in told}):
        some = [trial for trial in told if (trial.contrast, trial.side_px) == (contrast, side)]
        yield Row(tier="semi-synthetic", set=stack.site.slug, cells={
            "contrast": contrast, "side_px": side, "tried": sum(trial.tried for trial in some),
            "found": sum(trial.found for trial in some)})


if __name__ == "__main__":
    sys.exit(main())
