"""What every benchmark shares: its rows, their table, the CSV that is kept in git, and the way to the real sets.

Three tiers, never averaged: simulated places, rendered halls in real series, real series.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

__all__ = ["REPOSITORY", "TIERS", "Cell", "Row", "Tier", "commit", "keep", "options", "percent", "shared_folder",
           "show"]

Tier = Literal["simulated", "semi-synthetic", "real"]
TIERS: tuple[Tier, ...] = get_args(Tier)
Cell = str | int | float | bool | None

REPOSITORY = Path(__file__).resolve().parents[2]
_RESULTS = Path(__file__).parent / "results"
_WIDEST = 72  # characters of a printed cell before the columns to its right move


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: what was measured on one set (a case, a world) of one tier.

    ``note`` is printed, not kept.
    """

    tier: Tier
    set: str
    cells: Mapping[str, Cell]
    note: str = ""


def options(name: str, about: str | None, tiers: Sequence[Tier]) -> argparse.ArgumentParser:
    """The command line of one benchmark, with the tiers that it has."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.accuracy.{name}", description=about,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=tiers, action="append", help="only this tier; may be given several times")
    return parser


def shared_folder(needed: str = "cases") -> Path | None:
    """The folder of the real sets; where it is missing, say what is skipped and give None."""
    shared = Path(os.environ.get("SITEWATCH_SHARED", REPOSITORY.parent / "shared"))
    if (shared / needed).is_dir():
        return shared
    print(f"There is no folder {needed} in {shared}: name the folder of the real sets in SITEWATCH_SHARED. "
          "What needs them is skipped.")
    return None


def show(title: str, rows: Sequence[Row]) -> None:
    """Print the rows as one table under its title."""
    columns = list(dict.fromkeys(column for row in rows for column in row.cells))
    table = [("set", *columns), *((row.set, *(_text(row.cells.get(column)) for column in columns)) for row in rows)]
    widths = [min(max(len(line[column]) for line in table), _WIDEST) for column in range(len(columns) + 1)]
    print(f"\n{title}\n")
    for line, note in zip(table, ["", *(row.note for row in rows)], strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(f"{text}  {note}".rstrip())


def keep(benchmark: str, rows: Sequence[Row], measured: str, folder: Path = _RESULTS) -> Path:
    """Replace the lines of the rows' tiers and sets in the benchmark's CSV; ``measured`` is the commit of the code."""
    file, renewed = folder / f"{benchmark}.csv", {(row.tier, row.set) for row in rows}
    old = [line for line in _lines(file) if (line["tier"], line["set"]) not in renewed]
    new = [{"tier": row.tier, "set": row.set, **{column: _text(cell) for column, cell in row.cells.items()},
            "commit": measured} for row in rows]
    lines = sorted([*old, *new], key=lambda line: (TIERS.index(line["tier"]), line["set"]))  # type: ignore[arg-type]
    columns = [column for column in dict.fromkeys(column for line in [*new, *old] for column in line)
               if column != "commit"]
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [*columns, "commit"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return file


def commit() -> str:
    """The commit whose code is measured, with a plus where src differs from it."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False).stdout
    return git("rev-parse", "--short", "HEAD").strip() + ("+" if git("status", "--porcelain", "src").strip() else "")


def percent(part: int, whole: int) -> str:
    """A share of few with its count, which says how little it is worth: 7 of 8 (88 %)."""
    return f"{part} of {whole} ({part / whole:.0%})".replace("%", " %") if whole else "0 of 0"


def _lines(file: Path) -> Iterator[dict[str, str]]:
    if file.exists():
        with file.open(newline="", encoding="utf-8") as lines:
            yield from csv.DictReader(lines)


def _text(cell: Cell) -> str:
    """A cell as it is printed and kept."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.3g}" if abs(cell) < 1000 else f"{cell:.0f}"
    return "" if cell is None else str(cell)
