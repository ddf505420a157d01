"""Two families of simulated worlds, which share no layout, no land and no materials: one to tune on, one to test on.

``estates`` stand along a road between fields, of the materials that sitewatch knows by name. ``compounds`` are walled
yards on a grid of tracks in dry country, of materials made up from a slope and a tint of the spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from shapely import Polygon, affinity, box

__all__ = ["FAMILIES", "write_world"]

_SIDE_M = 480.0
_FIRST, _LAST = date(2022, 1, 10), date(2024, 1, 20)
_CLEARANCE_M = 16.0
_TRIES = 300
_ROOFS = ("white roof", "pale roof", "grey roof", "blue roof", "green roof", "rust roof", "tile roof", "dark roof")
_GROUNDS = ("packed earth", "gravel", "asphalt", "concrete")


@dataclass
class _Plan:
    """A world being laid out: what stands where already, and the things in the order in which they are painted."""

    draw: np.random.Generator
    taken: list[Polygon] = field(default_factory=list)
    things: list[dict[str, Any]] = field(default_factory=list)

    def place(self, size: Sequence[float], turn: float, along: tuple[float, float] = (0.08, 0.92),
              across: tuple[float, float] = (0.08, 0.92)) -> list[float] | None:
        """A free middle for a rectangle, or None where there is no room; shares of the side say where to look."""
        for _ in range(_TRIES):
            x, y = (float(self.draw.uniform(*span)) * _SIDE_M for span in (along, across))
            outline = _outline([x, y], size, turn)
            if box(12, 12, _SIDE_M - 12, _SIDE_M - 12).contains(outline) \
                    and not any(outline.buffer(_CLEARANCE_M).intersects(other) for other in self.taken):
                self.taken.append(outline)
                return [round(x, 1), round(y, 1)]
        return None

    def add(self, kind: str, **told: Any) -> None:
        """One more thing, painted over those before."""
        self.things.append({"kind": kind, **told})


class _WithoutAliases(yaml.SafeDumper):
    """Writes every value out: a world file holds no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_world(family: str, seed: int, folder: Path) -> Path:
    """The YAML file of one world of a family."""
    path = folder / f"{family}-{seed}.yaml"
    plain = FAMILIES[family](np.random.default_rng([seed, sum(family.encode())]))
    path.write_text(yaml.dump(plain, Dumper=_WithoutAliases, sort_keys=False), encoding="utf-8")
    return path


def _estate(draw: np.random.Generator) -> dict[str, Any]:
    """A road across, halls and a village to its sides, all turned about as the road is."""
    plan, turn = _Plan(draw), float(draw.uniform(-25, 25))
    slope = math.tan(math.radians(turn)) * _SIDE_M / 2
    road = [[-10.0, _SIDE_M / 2 - slope], [_SIDE_M + 10, _SIDE_M / 2 + slope]]
    plan.taken.append(affinity.rotate(box(-50, _SIDE_M / 2 - 6, _SIDE_M + 50, _SIDE_M / 2 + 6), turn, "center"))
    for surface, width in (("dry grass", 15), ("asphalt", 7)):
        plan.add("way", points=road, width=width, surface=surface)

    def ground_and_roof() -> tuple[str, str]:
        return str(draw.choice(_GROUNDS[:2])), str(draw.choice(_ROOFS))
    _village(plan, turn)
    _trees(plan)
    _halls(plan, lambda: turn + float(draw.normal(0, 3)), ground_and_roof)
    _decoys(plan, turn, ground_and_roof)
    return _world(plan, "fields", 38 + float(draw.uniform(-8, 12)), float(draw.choice([0.0, 0.15])))


def _compound(draw: np.random.Generator) -> dict[str, Any]:
    """Walled yards on a grid of tracks, each with its own turn by quarters."""
    plan, turn = _Plan(draw), float(draw.uniform(0, 90))
    for share in (0.27, 0.73):
        for points in ([[share * _SIDE_M, -10], [share * _SIDE_M, _SIDE_M + 10]],
                       [[-10, share * _SIDE_M], [_SIDE_M + 10, share * _SIDE_M]]):
            plan.add("way", points=points, width=float(draw.uniform(4, 9)), surface=_made_up(draw, 0.12, 0.35))
            plan.taken.append(Polygon(box(*np.array(points).ravel()[[0, 1]], *np.array(points).ravel()[[2, 3]])
                                      .buffer(5).exterior))

    def ground_and_roof() -> tuple[list[float], list[float]]:
        return _made_up(draw, 0.1, 0.32), _made_up(draw, 0.05, 0.5, tint=0.15)
    _walls(plan)
    _halls(plan, lambda: float(draw.choice([0, 90])) + float(draw.choice([0.0, turn], p=[0.7, 0.3])), ground_and_roof)
    _decoys(plan, 0.0, ground_and_roof)
    return _world(plan, "dry", 27 + float(draw.uniform(-10, 8)), 0.0)


FAMILIES: Mapping[str, Callable[[np.random.Generator], dict[str, Any]]] = {"estates": _estate, "compounds": _compound}


def _world(plan: _Plan, land: str, latitude: float, snow: float) -> dict[str, Any]:
    draw = plan.draw
    climate = {"cloud": round(float(draw.uniform(0.25, 0.55)), 2), "wettest": int(draw.integers(1, 13)), "snow": snow,
               "haze": round(float(draw.uniform(0.03, 0.09)), 3)}
    return {"title": "A made-up place", "about": "made by chance for the benchmarks", "question": "What changed?",
            "latitude": round(latitude, 2), "size": [_SIDE_M, _SIDE_M], "land": land, "climate": climate,
            "looks": [{"sensor": "planetscope-4", "start": _FIRST, "end": _LAST, "max_cloud": 0.25,
                       "every_days": float(draw.choice([12.0, 16.0, 20.0]))}],
            "things": plan.things}


def _halls(plan: _Plan, turned: Callable[[], float], looks: Callable[[], tuple[Any, Any]]) -> None:
    """Two references, of which one yard is a control, then what is built, pulled down and roofed anew."""
    draw = plan.draw
    for number in range(2):
        _hall(plan, f"reference-{number + 1}", turned(), looks(), reference=True, size=_size(draw, 45, 90))
    for number in range(int(draw.integers(1, 3))):
        _hall(plan, f"new-{number + 1}", turned(), looks(), size=_size(draw, 18, 85), steps=_built(draw))
    if draw.random() < 0.6:
        _hall(plan, "gone-1", turned(), looks(), size=_size(draw, 24, 70), steps=_pulled_down(draw))
    if draw.random() < 0.3:
        roofs = looks()[1]
        start = _day(draw, 0.35, 0.65)
        _hall(plan, "reroofed-1", turned(), looks(), size=_size(draw, 30, 70),
              steps=[{"do": "reroof", "from": start, "to": start + timedelta(days=20), "surface": roofs}])


def _hall(plan: _Plan, name: str, turn: float, looks: tuple[Any, Any], **told: Any) -> None:
    draw, (ground, roof) = plan.draw, looks
    at = plan.place(told["size"], turn)
    if at is None:
        return
    if draw.random() < 0.6 and "new" not in name:
        apron = [side + float(draw.uniform(6, 24)) for side in told["size"]]
        plan.add("patch", at=at, size=apron, turn=turn, surface=ground)
    plan.add("hall", id=name, at=at, turn=round(turn, 2), surface=roof, height=round(float(draw.uniform(5, 13)), 1),
             pitch=float(draw.choice([0.0, 0.06, 0.1, 0.2])), **told)
    if told.get("reference"):
        inner = [side * 0.6 for side in told["size"]]
        plan.add("control", id=f"roof-of-{name}", at=at, size=inner, turn=round(turn, 2))


def _decoys(plan: _Plan, turn: float, looks: Callable[[], tuple[Any, Any]]) -> None:
    """What changes and must not be reported: a pile that comes and goes, a yard of vehicles, paint, a pond, a mast."""
    draw = plan.draw
    comes = _day(draw, 0.2, 0.5)
    for kind, size, told in (
            ("pile", [24.0, 12.0], {"height": 4.0, "steps": [
                {"do": "placed", "from": comes}, {"do": "removed", "from": comes + timedelta(days=110)}]}),
            ("lorries", [50.0, 34.0], {}), ("pond", [40.0, 24.0], {}),
            ("patch", [20.0, 7.0], {"steps": [{"do": "placed", "from": _day(draw, 0.3, 0.7)}], "rough": 0.02}),
            ("mast", [2.5, 2.5], {"height": 28, "steps": [{"do": "placed", "from": _day(draw, 0.3, 0.7)}]})):
        at = plan.place(size, turn) if draw.random() < 0.6 else None
        if at is not None:
            surface = {"pond": "water"}.get(kind, looks()[0])
            plan.add(kind, id=f"decoy-{kind}", at=at, size=size, turn=round(turn, 2), surface=surface, **told)


def _village(plan: _Plan, turn: float) -> None:
    at = plan.place((110.0, 60.0), turn)
    if at is not None:
        plan.add("housing", id="village", at=at, turn=round(turn, 2), rows=3, columns=6, gap=[6, 12], untidy=1.0)


def _trees(plan: _Plan) -> None:
    for _ in range(int(plan.draw.integers(1, 4))):
        size = (float(plan.draw.uniform(30, 110)), float(plan.draw.uniform(8, 50)))
        at = plan.place(size, 0.0)
        if at is not None:
            plan.add("trees", at=at, size=list(size), share=float(plan.draw.uniform(0.3, 0.7)))


def _walls(plan: _Plan) -> None:
    """Low walls around two yards: bright lines with narrow shadows."""
    for corner in (0.5, 0.85):
        middle, side = corner * _SIDE_M, 0.14 * _SIDE_M
        for dx, dy, size in ((0, -1, [2 * side, 1.5]), (0, 1, [2 * side, 1.5]), (-1, 0, [1.5, 2 * side])):
            plan.add("pile", at=[middle + dx * side, middle + dy * side], size=size, height=2.5,
                     surface=_made_up(plan.draw, 0.2, 0.4))


def _built(draw: np.random.Generator) -> list[dict[str, Any]]:
    """A building in three to nine months, some with and some without a clearing."""
    day, steps = _day(draw, 0.25, 0.6), []
    for name in ("clearing", "foundation", "walls", "roof"):
        days = int(draw.integers(5, 50))
        if name != "clearing" or draw.random() < 0.7:
            steps.append({"do": name, "from": day, "to": day + timedelta(days=days)})
        day += timedelta(days=days + int(draw.integers(0, 20)))
    return steps


def _pulled_down(draw: np.random.Generator) -> list[dict[str, Any]]:
    day, days = _day(draw, 0.3, 0.7), int(draw.integers(3, 25))
    later = day + timedelta(days=days + int(draw.integers(5, 60)))
    return [{"do": "demolition", "from": day, "to": day + timedelta(days=days)},
            {"do": "cleared", "from": later, "to": later + timedelta(days=10)}]


def _day(draw: np.random.Generator, first: float, last: float) -> date:
    """A day between two shares of the series."""
    return _FIRST + timedelta(days=int((_LAST - _FIRST).days * draw.uniform(first, last)))


def _size(draw: np.random.Generator, shortest: float, longest: float) -> list[float]:
    length = float(draw.uniform(shortest, longest))
    return [round(length, 1), round(length * float(draw.uniform(0.3, 0.75)), 1)]


def _made_up(draw: np.random.Generator, darkest: float, brightest: float, tint: float = 0.08) -> list[float]:
    """Reflectance in blue, green, red and near infrared: a brightness, a slope and a tint, as no table has it."""
    level, slope = draw.uniform(darkest, brightest), draw.uniform(0.0, 0.6)
    ways = 1 + slope * (np.array([490, 560, 665, 865]) - 600) / 265 + draw.normal(0, tint, 4)
    return [round(float(value), 3) for value in np.clip(level * ways, 0.02, 0.85)]


def _outline(at: list[float], size: Sequence[float], turn: float) -> Polygon:
    x, y = at
    return affinity.rotate(box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2), turn, "center")
