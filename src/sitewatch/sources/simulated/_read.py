"""A world from its file, refused with the line of whatever cannot be."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_args

from sitewatch.errors import InputError, UsageError
from sitewatch.model import Table, construct, parse_yaml
from sitewatch.sources.simulated._buildings import Crane, Hall, Housing, Portal
from sitewatch.sources.simulated._outdoors import (
    Berm,
    Control,
    Lorries,
    Mast,
    Patch,
    Pile,
    Pond,
    Slope,
    Trees,
    Way,
)
from sitewatch.sources.simulated._things import Placed, Step, ThingError, require_surface
from sitewatch.sources.simulated._world import Climate, LandKind, MisplacedError, Series, World

__all__ = ["KINDS", "built_in_world", "read_world", "world_names"]

KINDS: dict[str, type[Placed]] = {
    "hall": Hall, "housing": Housing, "crane": Crane, "portal": Portal, "slope": Slope, "berm": Berm, "patch": Patch,
    "pile": Pile, "mast": Mast, "pond": Pond, "lorries": Lorries, "way": Way, "trees": Trees, "control": Control,
}
# A step that makes no sense before another one is finished.
_NEEDS = {"walls": "foundation", "roof": "foundation", "cleared": "demolition"}
_BUILT_IN = files("sitewatch.sources.simulated") / "worlds"
_LARGEST_BYTES, _MOST_THINGS = 1_000_000, 500
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_T = TypeVar("_T")


def world_names() -> tuple[str, ...]:
    """The worlds that come with sitewatch."""
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in _BUILT_IN.iterdir()
                        if entry.name.endswith(".yaml")))


@functools.lru_cache(maxsize=8)
def built_in_world(name: str) -> World:
    """A world that comes with sitewatch; UsageError for another name."""
    if name not in world_names():
        raise UsageError(f"no world that comes with sitewatch is called {name[:60]!r}. There are: "
                         f"{', '.join(world_names())}. Render one of your own with `sitewatch worlds render`")
    return _world(parse_yaml((_BUILT_IN / f"{name}.yaml").read_bytes(), Path(f"{name}.yaml")), name)


def read_world(name: str) -> World:
    """A world that comes with sitewatch, or the one of a YAML file.

    Raises UsageError where there is none of that name, CaseFileError with file, line and key for what cannot be: a
    roof before its foundation, a thing outside the world, a length below zero.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        return built_in_world(name)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{path} is larger than {_LARGEST_BYTES:,} bytes, so it is no world. Name another file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Name the YAML file of a world") from error
    if not _NAME.fullmatch(path.stem):
        raise InputError(f"{path.stem[:60]!r} is no name for a world. "
                         "Name the file with small letters, digits and hyphens")
    return _world(parse_yaml(data, path), path.stem)


def _world(table: Table, name: str) -> World:
    values: dict[str, Any] = {key: table.take(key, str) for key in ("title", "about", "question")}
    land = table.take("land", str, "fields")
    if land not in get_args(LandKind):
        raise table.wrong("land", f"{land[:40]!r} is not known", f"Use one of: {', '.join(get_args(LandKind))}")
    climate_table = table.table("climate")
    entries = table.tables("things")
    if len(entries) > _MOST_THINGS:
        raise table.wrong("things", f"are {len(entries)}", f"Give at most {_MOST_THINGS}")
    values |= {"name": name, "land": land, "latitude": table.take("latitude", float),
               "size_m": table.numbers("size", 2), "climate": _made(Climate, climate_table, {}),
               "series": tuple(_series(entry) for entry in table.tables("looks")),
               "things": tuple(_thing(entry) for entry in entries)}
    table.done("title, about, question, latitude, size, land, climate, looks, things")
    if not values["series"]:
        raise table.wrong("looks", "are missing", "Say which sensor looks when")
    _refuse_twins(entries, values["things"])
    try:
        return World(**values)
    except ThingError as error:
        raise table.wrong(error.key, str(error), "Correct the value") from error
    except MisplacedError as error:
        at_fault = entries[error.number]
        raise at_fault.wrong("at" if "at" in at_fault.lines else "points", str(error),
                             "Move it inside, make it smaller, or make the world larger") from error


def _series(table: Table) -> Series:
    days = tuple(_days(table)) if table.has("days") else ()
    return _made(Series, table, {"start": table.moment("start"), "end": table.moment("end"), "days": days})


def _days(table: Table) -> Iterable[datetime]:
    listed = table.copy().any("days")
    if not isinstance(listed, list):
        raise table.wrong("days", "is not a list of days", "Write [2024-05-20, 2024-10-03]")
    table.any("days")
    for day in listed:
        try:
            yield datetime.fromisoformat(f"{day}T00:00:00+00:00")
        except ValueError as error:
            raise table.wrong("days", f"{str(day)[:40]!r} is not a day", "Write 2024-05-20") from error


def _thing(table: Table) -> Placed:
    kind = table.take("kind", str)
    if kind not in KINDS:
        raise table.wrong("kind", f"{kind[:40]!r} is not known", f"Use one of: {', '.join(KINDS)}")
    given: dict[str, Any] = {"steps": _steps(table, kind)}
    if table.has("points"):
        given["points"] = table.points("points")
    return _made(KINDS[kind], table, given)


def _steps(table: Table, kind: str) -> tuple[Step, ...]:
    """A thing's script, checked: known steps, in an order that can be, each after what it stands on."""
    steps: list[Step] = []
    for entry in table.tables("steps"):
        step = _step(entry)
        order = KINDS[kind].ORDER
        if step.name not in order:
            raise entry.wrong("do", f"a {kind} has no step {step.name[:40]!r}",
                              f"Use one of: {', '.join(order)}" if order else f"A {kind} does not change; remove it")
        done = {earlier.name: earlier for earlier in steps}
        needed = _NEEDS.get(step.name)
        if needed and needed not in done:
            raise entry.wrong("do", f"{step.name} comes without a {needed}, or before it", f"Write the {needed} first")
        if needed and step.start < done[needed].end:
            raise entry.wrong("from", f"{step.name} begins before the {needed} is finished", "Begin it later")
        if steps and (order.index(step.name) <= order.index(steps[-1].name) or step.start < steps[-1].start):
            raise entry.wrong("do", f"{step.name} comes after {steps[-1].name}, or begins before it",
                              f"Keep the order: {', '.join(order)}")
        steps.append(step)
    _refuse_half_built(table, steps)
    return tuple(steps)


def _refuse_half_built(table: Table, steps: list[Step]) -> None:
    names = {step.name for step in steps}
    if "roof" not in names and names & {"foundation", "walls"} and names & {"reroof", "demolition"}:
        raise table.wrong("steps", "roof anew or pull down what never had a roof", "Add the step `roof`")


def _step(entry: Table) -> Step:
    name, start, end = entry.take("do", str), entry.moment("from"), entry.moment("to")
    surface = entry.any("surface")
    entry.done("do, from, to, surface")
    if start is None:
        raise entry.wrong("from", "is missing", "Say on which day the step begins")
    end = end or start + timedelta(days=1)
    if end <= start:
        raise entry.wrong("to", "is not after `from`", "Give a later day")
    surface = tuple(surface) if isinstance(surface, list) else surface
    if surface is not None:
        try:
            require_surface(surface)
        except (ThingError, TypeError) as error:
            raise entry.wrong("surface", str(error), "Correct the value") from error
    return Step(name=name, start=start, end=end, surface=surface)


def _made(make: Callable[..., _T], table: Table, given: dict[str, Any]) -> _T:
    """Construct from a table; a value that cannot be is refused with the line of its key."""
    @functools.wraps(make)
    def checked(**values: Any) -> _T:
        try:
            return make(**values)
        except ThingError as error:
            raise table.wrong(error.key, str(error), "Correct the value") from error
    return construct(checked, table, table.file.parent, {key: value for key, value in given.items() if value})


def _refuse_twins(tables: list[Table], things: tuple[Placed, ...]) -> None:
    seen: set[str] = set()
    for table, thing in zip(tables, things, strict=True):
        if (thing.steps or thing.reference or isinstance(thing, Control)) and not thing.id:
            raise table.wrong("id", "is missing, and this thing is part of the truth", "Give it a name: `id: new-hall`")
        if thing.id and thing.id in seen:
            raise table.wrong("id", f"{thing.id[:40]!r} stands here twice", "Give each thing its own id")
        seen.add(thing.id)
