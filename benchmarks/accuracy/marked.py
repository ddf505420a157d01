"""Is a small thing that a person has marked, a crane of 20 x 6 m, told to have gone, come or stayed?

    python -m benchmarks.accuracy.marked [--half tune|test] [--places N]

Each simulated place has four gantry cranes, of any brightness, on yards of earth, gravel, asphalt or concrete, seen
with pixels of 3 m: one goes, one comes, two stay. All four are marked in the case by their outline alone. The baseline
takes the mean contrast of the first and the last quarter of the looks, and calls it gone or come when that halves or
doubles.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from shapely import Polygon

import sitewatch as sw
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, percent, show
from sitewatch import store
from sitewatch.geo import coverage
from sitewatch.model import Mark, Structure
from sitewatch.sources.simulated import read_world, site_of, truth_of

TIERS: tuple[Tier, ...] = ("simulated",)
_SIZE_M = 360.0, 330.0
_FIRST, _LAST = date(2022, 1, 10), date(2024, 1, 20)
_CRANE_M = 18.0, 4.0      # of the bridge between its legs; with them it covers 20 x 6 m
_YARDS_M = (95.0, 85.0), (265.0, 85.0), (95.0, 245.0), (265.0, 245.0)
# What is set is set on "tune"; "test" has another land, another latitude and made-up grounds.
_KINDS: Mapping[str, tuple[str, float, int]] = {"tune": ("fields", 42.0, 0), "test": ("dry", 25.0, 500)}
_GROUNDS = ("packed earth", "gravel", "asphalt", "concrete")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and write the CSV."""
    parser = options("marked", __doc__, TIERS)
    parser.add_argument("--half", choices=list(_KINDS), default="test", help="of the places")
    parser.add_argument("--places", type=int, default=6, metavar="N", help="how many places of four cranes")
    asked = parser.parse_args(arguments)
    measured = commit()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for number in range(asked.places) for row in rows_of(asked.half, number, Path(folder))]
    show("Marked cranes", rows)
    print(f"\n{_summary(rows)}")
    keep("marked", rows, measured)
    return 0


def rows_of(half: str, number: int, folder: Path) -> Iterator[Row]:
    """One row per crane."""
    case, world = new_case(half, number, folder)
    structures, stack = case.structures(), case.stack()
    for true in truth_of(world, number).objects:
        found = structures[true.id]
        told = "went" if found.went else "came" if found in structures.changed else (
            "stayed" if any(look.state == "present" for look in found.looks) else "cannot tell")
        when, truth = found.happened, true.happened
        is_dated = bool(when.after and when.by and truth.after and truth.by
                        and when.after < truth.by and when.by > truth.after) if told in ("went", "came") else None
        true_is = _true_of(true.class_, true.happened.after, stack.used[-1].taken)
        yield Row(tier="simulated", set=f"{half}-{number}", cells={
            "what": true.id, "truth": true_is, "told": told, "chance": found.chance, "dated": is_dated,
            "looks right": _right(found, true_is, true.happened), "baseline": _baseline(stack, true.on_grid),
            "why": found.reasons[-1]})


def new_case(half: str, number: int, folder: Path) -> tuple[sw.Case, Any]:
    """A case of a place, its four cranes marked; and the world that it shows."""
    file = folder / f"{half}-{number}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(_world(half, number), sort_keys=False), encoding="utf-8")
    world = read_world(str(file))
    marks = tuple(Mark(id=true.id, outline=_outline(true.on_grid)) for true in truth_of(world, number).objects)
    made = folder / f"{half}-{number}"
    if not made.exists():
        store.write_case(made, replace(site_of(world), marks=marks),
                         [{"kind": "simulated", "world": str(file), "seed": number}])
    return sw.Case.open(made), world


def _outline(shape: Any) -> Polygon:
    return shape.minimum_rotated_rectangle


def _world(half: str, number: int) -> dict[str, Any]:
    land, latitude, first = _KINDS[half]
    draw = np.random.default_rng([first + number, 5])
    things: list[dict[str, Any]] = [
        {"kind": "way", "points": [[-10, 165], [370, 160]], "width": 7, "surface": "asphalt"}]
    dos = list(draw.permutation(["removed", "placed", "none", "none"]))
    for at, do in zip(_YARDS_M, dos, strict=True):
        things += _yard(draw, at, str(do), half)
    looks = [{"sensor": "planetscope-4", "start": _FIRST, "end": _LAST, "max_cloud": 0.25,
              "every_days": float(draw.choice([12.0, 16.0, 20.0]))}]
    climate = {"cloud": round(float(draw.uniform(0.25, 0.55)), 2), "wettest": int(draw.integers(1, 13)),
               "snow": 0.15 if half == "tune" else 0.0, "haze": round(float(draw.uniform(0.03, 0.09)), 3)}
    return {"title": "A made-up place", "about": "made by chance for the benchmarks",
            "question": "Which crane is gone?", "latitude": latitude, "size": list(_SIZE_M), "land": land,
            "climate": climate, "looks": looks,
            "things": things}


def _yard(draw: np.random.Generator, at: tuple[float, float], do: str, half: str) -> Iterator[dict[str, Any]]:
    """A crane on its yard beside a hall, and a heap that comes and goes on some."""
    turn = round(float(draw.uniform(-40, 40)), 1)
    ground: Any = str(draw.choice(_GROUNDS))
    if half == "test":
        ground = _made_up(draw, 0.1, 0.32)
    day = _FIRST + timedelta(days=int((_LAST - _FIRST).days * draw.uniform(0.3, 0.7)))
    steps = {"removed": [{"do": "removed", "from": day, "to": day + timedelta(days=3)}],
             "placed": [{"do": "placed", "from": day, "to": day + timedelta(days=3)}],
             # a step long after the last look, so that the truth lists it: it stays
             "none": [{"do": "removed", "from": date(2030, 1, 1), "to": date(2030, 1, 2)}]}[do]
    yield {"kind": "patch", "at": list(at), "size": [90, 56], "turn": turn, "surface": ground}
    yield {"kind": "hall", "at": [at[0] - 20, at[1] + (46 if at[1] < 165 else -46)], "size": [44, 18], "turn": turn,
           "height": 8, "surface": "grey roof"}
    yield {"kind": "crane", "id": f"crane-{int(at[0])}-{int(at[1])}", "at": list(at), "size": list(_CRANE_M),
           "turn": turn, "height": 11, "track": 40, "surface": _made_up(draw), "steps": steps}


def _made_up(draw: np.random.Generator, darkest: float = 0.06, brightest: float = 0.45) -> list[float]:
    """Reflectance in four bands, of paint, rust or ground: a crane may be as bright as what it stands on."""
    level = draw.uniform(darkest, brightest) * (1 + draw.normal(0, 0.08, 4))
    return [round(float(value), 3) for value in np.clip(level, 0.02, 0.8)]


def _true_of(class_: str | None, start: Any, last: Any) -> str:
    if start > last:
        return "stayed"
    return "went" if class_ == "removed structure" else "came"


def _right(found: Structure, truth: str, happened: Any) -> str:
    """How many of the clear looks before and after the works say what is true."""
    clear = [look for look in found.looks if look.state != "unclear"
             and (truth == "stayed" or not happened.after <= look.taken <= happened.by)]
    right = sum((look.state == "present") == (truth == "stayed" or (look.taken < happened.after) == (truth == "went"))
                for look in clear)
    return f"{right} of {len(clear)}"


def _baseline(stack: Any, outline: Any) -> str:
    """From the mean contrast to the ground around, in the first and the last quarter."""
    inside = coverage(outline, stack.site.grid) > 0.5
    ring = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    ring &= cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    quarter = max(2, len(stack.values) // 4)
    ends = stack.values[:quarter], stack.values[-quarter:]
    early, late = (float(np.linalg.norm(np.nanmean(part[:, :, inside], axis=(0, 2))
                                        - np.nanmean(part[:, :, ring], axis=(0, 2)))) for part in ends)
    return "went" if early > 2 * late else "came" if late > 2 * early else "stayed"


def _summary(rows: Sequence[Row]) -> str:
    cells = [row.cells for row in rows]
    moved = [c for c in cells if c["truth"] != "stayed"]
    stayed = [c for c in cells if c["truth"] == "stayed"]
    told = [c for c in moved if c["told"] == c["truth"]]
    return (f"told that went or came {percent(len(told), len(moved))}, baseline "
            f"{percent(sum(c['baseline'] == c['truth'] for c in moved), len(moved))}; of those dated "
            f"{percent(sum(bool(c['dated']) for c in told), len(told))}; of those that stayed, told to have moved "
            f"{percent(sum(c['told'] in ('went', 'came') for c in stayed), len(stayed))}, baseline "
            f"{percent(sum(c['baseline'] != 'stayed' for c in stayed), len(stayed))}")


if __name__ == "__main__":
    sys.exit(main())
