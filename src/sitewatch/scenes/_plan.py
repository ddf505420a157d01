"""Before anything is fetched: what is there, what of it is worth its bytes, and what is left out and why."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.model import Progress, Refusal, RemoteSource, Scene, Scenes, Source, Span, Weight, day
from sitewatch.scenes._pace import paced

__all__ = ["Limits", "Plan", "Planned", "months_without", "plan_scenes", "weigh_scenes"]

_YEAR_DAYS = 365.25
_SEASON_DAYS = 30.0   # shadows, leaves and snow differ little within a month
_MUCH_SNOW = 0.1
_ANGLE_DEG = 5.0      # a hall 10 m high leans by less than a metre more


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a fetch may take; None for as much as there is.

    ``max_mb`` bounds all that is received, searching included; ``max_cost`` all that is paid, in the one unit in which
    the sources count. What costs nobody knows how much stays out with it, unless ``take_unknown_cost``. ``agreed`` is
    the code of the one plan that may be paid for: see ``Plan.code``.
    ``max_cloud_percent`` is of the site, not of the scene.
    """

    max_scenes: int | None = None
    max_mb: float | None = None
    max_cost: float | None = None
    take_unknown_cost: bool = False
    agreed: str | None = None
    max_cloud_percent: float = 80.0

    def __post_init__(self) -> None:
        if self.max_cost is not None and not self.max_cost >= 0:
            raise InputError(f"{self.max_cost:g} cannot be paid. Give 0 or more")
        if (self.max_scenes is not None and self.max_scenes < 1) or (self.max_mb is not None and not self.max_mb > 0):
            raise InputError("a limit of nothing fetches nothing. Give at least one scene, and more than 0 MB")
        if not 0 <= self.max_cloud_percent <= 100:
            raise InputError(f"{self.max_cloud_percent:g} is no percentage. Give 0 to 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One scene that was found: what it weighs, and why it is not fetched, None where it is."""

    scene: Scene
    weight: Weight
    why_not: str | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the case holds all its files already."""
        return all(asset.kept is not None for asset in self.scene.assets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every scene that was found, in order of time, and what was refused at the door.

    ``received`` bytes have come so far. After a fetch ``lost`` are the ids of scenes that were to come and did not.
    ``without`` are months in which nobody passed, as far as the search came: see ``is_complete``.
    """

    scenes: Scenes
    rows: tuple[Planned, ...]
    received: int = 0
    lost: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every archive has told all that it has."""
        return not any(refusal.is_gap for refusal in self.scenes.refusals)

    @property
    def to_fetch(self) -> tuple[Planned, ...]:
        """What is worth fetching and not held yet."""
        return tuple(row for row in self.rows if row.why_not is None and not row.is_kept)

    @property
    def bytes(self) -> int:
        """About what is still to come."""
        return sum(row.weight.bytes or 0 for row in self.to_fetch)

    @property
    def to_pay(self) -> tuple[Planned, ...]:
        """What of it takes quota or money, or may do so."""
        return tuple(row for row in self.to_fetch if row.weight.cost != 0)

    @property
    def costs(self) -> dict[str, float | None]:
        """What is still to be paid, by unit; None where for a part of it nobody knows."""
        sums: dict[str, float | None] = {}
        for row in self.to_pay:
            before, cost = sums.get(row.weight.unit, 0.0), row.weight.cost
            sums[row.weight.unit] = None if before is None or cost is None else before + cost
        return sums

    @property
    def code(self) -> str:
        """Eight characters that stand for exactly what is to be paid for, and how much; another plan has others."""
        told = sorted(f"{row.scene.source} {row.scene.id} {row.weight.cost} {row.weight.unit}" for row in self.to_pay)
        return hashlib.sha256("\n".join([self.scenes.site.area.wkt, *told]).encode()).hexdigest()[:8]

    def unpaid(self) -> Plan:
        """The same without what is to be paid for, which stays in the list with the reason."""
        paid = {row.scene.id for row in self.to_pay}
        why = f"it has to be paid for. Order it with --order {self.code}"
        return replace(self, rows=tuple(replace(row, why_not=why) if row.scene.id in paid else row
                                        for row in self.rows))

    def chosen(self) -> Scenes:
        """The scenes that are fetched or held; the others are refusals, each with its reason."""
        left = tuple(Refusal(what=row.scene.id, why=row.why_not, source=row.scene.source)
                     for row in self.rows if row.why_not is not None)
        return replace(self.scenes, scenes=tuple(row.scene for row in self.rows if row.why_not is None),
                       refusals=(*self.scenes.refusals, *left))

    def after(self, held: Scenes, received: int) -> Plan:
        """The plan as it went: with our copies, and with the reason where a scene did not arrive."""
        arrived = {scene.id: scene for scene in held.scenes}
        reasons = {refusal.what: refusal.why for refusal in held.refusals}
        rows = tuple(replace(row, scene=arrived[row.scene.id]) if row.scene.id in arrived else
                     replace(row, why_not=row.why_not or reasons.get(row.scene.id, "did not arrive"))
                     for row in self.rows)
        lost = tuple(row.scene.id for row in self.to_fetch if row.scene.id not in arrived)
        return replace(self, rows=rows, received=received, lost=lost)


def weigh_scenes(scenes: Scenes, sources: Mapping[str, Source],
                 progress: Progress | None = None) -> dict[str, Weight | Refusal]:
    """By scene id, what its remote source says of it; nothing of scenes that are held or of other sources.

    Several are asked at once. A scene whose source cannot say is a refusal.
    """
    remote = {name: source for name, source in sources.items() if isinstance(source, RemoteSource)}
    asked = [scene for scene in scenes.scenes
             if scene.source in remote and not all(asset.kept for asset in scene.assets)]
    weights: dict[str, Weight | Refusal] = {}
    with paced(_weighed, remote) as ask:
        coming = [ask(scene) for scene in asked]
        for done, (scene, weight) in enumerate(zip(asked, coming, strict=True)):
            if progress is not None:
                progress(f"looking at the masks: {scene.id}", done, len(asked))
            weights[scene.id] = weight.result()
    return weights


def plan_scenes(scenes: Scenes, weights: Mapping[str, Weight | Refusal], limits: Limits, received: int = 0) -> Plan:
    """Which scenes to fetch: all that show the site, or, within the limits, the best spread over the time.

    What is held already costs nothing and stays; ``received`` bytes are spent already. Of each part of the time first
    the clearest, then those of the commonest season, from the commonest orbit, at the lowest angle: they compare best
    with each other. Raises UsageError for a limit of cost where the sources count in different units.
    """
    rows = [_judged(scene, weights.get(scene.id, Weight()), limits) for scene in scenes.scenes]
    held = [row for row in rows if row.is_kept]
    offered = [row for row in rows if not row.is_kept and row.why_not is None]
    room = None if limits.max_scenes is None else max(0, limits.max_scenes - len(held))
    left = None if limits.max_mb is None else limits.max_mb * 1e6 - received
    units = sorted({row.weight.unit for row in offered if row.weight.cost})
    if limits.max_cost is not None and len(units) > 1:
        raise UsageError(f"the sources count in {' and '.join(units)}, and one limit cannot hold for both. Fetch from "
                         "one after the other with --source")
    taken = _within(_in_order(offered, _count(offered, room, left, limits.max_cost)), room, left, limits.max_cost)
    return Plan(scenes=scenes, received=received, rows=tuple(
        row if row.is_kept or row.why_not is not None or row.scene.id in taken else
        replace(row, why_not=_beyond(limits, len(taken) + len(held)) + _snow(row)) for row in rows))


def months_without(scenes: Scenes, span: Span) -> tuple[str, ...]:
    """The months of a span, as 2024-05, in which no source has a scene of the site or refuses one.

    Counted are whole months from the span's start, or the first scene, to its end, or the last scene.
    """
    taken = sorted([scene.taken for scene in scenes.scenes] + [one.taken for one in scenes.refusals if one.taken])
    start, end = span.start or min(taken, default=None), span.end or max(taken, default=None)
    if start is None or end is None:
        return ()
    seen = {(one.year, one.month) for one in taken}
    months = ((year, month) for year in range(start.year, end.year + 1) for month in range(1, 13))
    return tuple(f"{year}-{month:02}" for year, month in months
                 if (start.year, start.month) <= (year, month) <= (end.year, end.month) and (year, month) not in seen
                 and datetime(year, month, 1, tzinfo=UTC) < end)


def _weighed(scene: Scene, source: RemoteSource) -> Weight | Refusal:
    try:
        return source.weigh(scene)
    except (OSError, ProviderError) as error:
        return Refusal(what=scene.id, why=str(error), source=scene.source)


def _judged(scene: Scene, weight: Weight | Refusal, limits: Limits) -> Planned:
    if isinstance(weight, Refusal):
        return Planned(scene=scene, weight=Weight(), why_not=weight.why)
    row = Planned(scene=scene, weight=weight)
    if weight.hidden is not None and weight.hidden * 100 > limits.max_cloud_percent and not row.is_kept:
        return replace(row, why_not=(f"cloud, shadow or the scene's edge hides {weight.hidden:.0%} of the site on "
                                     f"{day(scene.taken)} by the provider's mask"))
    if weight.cost is None and limits.max_cost is not None and not (limits.take_unknown_cost or row.is_kept):
        return replace(row, why_not=(f"what it costs is not known, and no more than {limits.max_cost:g} is to be paid. "
                                     "--unknown-cost takes it all the same"))
    return row


def _count(rows: Sequence[Planned], room: int | None, left: float | None, purse: float | None) -> int:
    """How many of the rows the limits are about to hold, by their mean weight and cost: all, where all fit."""
    count = len(rows) if room is None else min(room, len(rows))
    every = [row.weight for row in rows]
    for limit, whole in ((left, sum(one.bytes or 0 for one in every)), (purse, sum(one.cost or 0 for one in every))):
        if limit is not None and whole > max(limit, 0):
            count = min(count, max(1, int(limit * len(rows) / whole)))
    return count


def _in_order(rows: Sequence[Planned], room: int) -> list[Planned]:
    """The rows as they are to be taken: the best of each part of the time, then the second best of each, and so on."""
    if not rows or not room:
        return list(rows)
    first, last = rows[0].scene.taken, rows[-1].scene.taken
    width = (last - first) / room
    parts: dict[int, list[Planned]] = {}
    for row in rows:
        parts.setdefault(min(int((row.scene.taken - first) / width), room - 1) if width else 0, []).append(row)
    orbit = Counter(row.scene.relative_orbit for row in rows).most_common(1)[0][0]
    season = _commonest_season(rows)
    for part in parts.values():
        part.sort(key=lambda row: _demerits(row, orbit, season))
    deepest = max(map(len, parts.values()))
    return list(chain.from_iterable((part[i] for _, part in sorted(parts.items()) if i < len(part))
                                    for i in range(deepest)))


def _demerits(row: Planned, orbit: int | None, season: float) -> tuple[float, int, bool, int, str]:
    hidden = row.weight.hidden if row.weight.hidden is not None else (row.scene.cloud_cover or 0) / 100
    hidden += row.weight.snow or 0.0
    angle = int((row.scene.off_nadir_deg or 0) / _ANGLE_DEG)
    away = int(_apart(_day_of_year(row), season) / _SEASON_DAYS)
    return round(hidden, 1), away, row.scene.relative_orbit != orbit, angle, row.scene.id


def _commonest_season(rows: Sequence[Planned]) -> float:
    """The day of the year around which most scenes lie."""
    days = Counter(_day_of_year(row) for row in rows)
    return max(days, key=lambda one: (sum(count for other, count in days.items()
                                          if _apart(one, other) < _SEASON_DAYS), -one))


def _day_of_year(row: Planned) -> float:
    return float(row.scene.taken.timetuple().tm_yday)


def _apart(one: float, other: float) -> float:
    return min(abs(one - other), _YEAR_DAYS - abs(one - other))


def _within(rows: Sequence[Planned], room: int | None, left: float | None, purse: float | None) -> set[str]:
    """The ids of the first rows that the limits have room for; a smaller one may still fit where a large one does not.
    """
    taken: set[str] = set()
    most, megabytes, money = (math.inf if limit is None else limit for limit in (room, left, purse))
    for row in rows:
        weighs, costs = row.weight.bytes or 0, row.weight.cost or 0.0
        if len(taken) < most and weighs <= megabytes and costs <= money:
            taken.add(row.scene.id)
            megabytes, money = megabytes - weighs, money - costs
    return taken


def _snow(row: Planned) -> str:
    return f"; snow lies on {row.weight.snow:.0%} of the site" if (row.weight.snow or 0) >= _MUCH_SNOW else ""


def _beyond(limits: Limits, count: int) -> str:
    asked = [f"{limits.max_scenes} scenes"] if limits.max_scenes is not None else []
    asked += [f"{limits.max_mb:g} MB"] if limits.max_mb is not None else []
    asked += [f"a cost of {limits.max_cost:g}"] if limits.max_cost is not None else []
    others = f": {count} others spread better over the time, show more, or take less" if count else ""
    return f"beyond the limit of {' and '.join(asked)}{others}"
