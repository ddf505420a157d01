"""What fewer looks than a series may say: where two of them differ, and nothing of what lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sitewatch.claims._words import counted
from sitewatch.geo import area_m2, look_conditions
from sitewatch.model import Change, Changes, SceneFit, Stack, area_text, compare, day

__all__ = ["differences", "looks_alike", "why_little"]

Sentence = tuple[str, tuple[str, ...]]


def differences(changes: Changes, stack: Stack) -> Iterator[Sentence]:
    """One sentence per pair of looks, with the scenes that it rests on; none for those of which nothing can be told."""
    for (one, other), is_alike in zip(pairwise(stack.used), _alike(stack), strict=True):
        if not is_alike or _set_aside(changes, other):
            continue
        some = [change for change in changes.kept if change.between.by == other.taken]
        between = f"between the looks of {day(one.taken)} and {day(other.taken)}"
        by_chance = f"by chance alone about {changes.false_alarms_per_year:g} would be expected"
        text = (f"{counted(len(some), 'place', 'places').capitalize()} of {_size(some, changes)} differ{_s(some)} "
                f"{between} in more than light and season; {by_chance}." if some else
                f"No place was found that differs {between} in more than light and season do.")
        yield text, (one.scene, other.scene)


def why_little(changes: Changes, stack: Stack) -> Iterator[Sentence]:
    """What so few looks cannot tell, most important first."""
    count = len(stack.used)
    yield (f"All of this rests on {counted(count, 'look', 'looks')}: nothing separates lasting works from what comes "
           "and goes, such as vehicles, ploughing, water, cloud or its shadow. What each place is, only a person can "
           "say who looks at both pictures."), tuple(fit.scene for fit in stack.used)
    yield ("Which size of change would have been seen is not known: that is tried out in series only, so that "
           "nothing follows from what was not found."), ()
    conditions = look_conditions(stack)
    for (one, other), (before, after), is_alike in zip(pairwise(stack.used), pairwise(conditions), _alike(stack),
                                                       strict=True):
        if not is_alike:
            reasons = ", ".join(compare(before, after).reasons[:2])
            yield (f"Whether anything changed between the looks of {day(one.taken)} and {day(other.taken)} cannot be "
                   f"told: they are too unlike ({reasons})."), (one.scene, other.scene)
        elif why := _set_aside(changes, other):
            yield (f"Of what differs between the looks of {day(one.taken)} and {day(other.taken)} nothing is kept: "
                   f"{why}."), (one.scene, other.scene)


def _alike(stack: Stack) -> list[bool]:
    return [compare(one, other).word != "poor" for one, other in pairwise(look_conditions(stack))]


def _set_aside(changes: Changes, later: SceneFit) -> str | None:
    """Why the strongest of the places that chance does not explain was set aside, where none of them was kept."""
    strong = sorted((change for change in changes if change.between.by == later.taken
                     and change.false_alarms <= changes.false_alarms_per_year), key=lambda change: -change.strength)
    return strong[0].why_not if strong and all(change.why_not for change in strong) else None


def looks_alike(stack: Stack) -> bool:
    """Whether each look can be compared with the next."""
    return all(_alike(stack))


def _size(some: Sequence[Change], changes: Changes) -> str:
    areas = sorted(area_m2(change.outline, changes.site.grid) for change in some)
    return f"about {area_text(areas[-1])}" if len(areas) == 1 else f"up to about {area_text(areas[-1])}"


def _s(some: Sequence[Change]) -> str:
    return "s" if len(some) == 1 else ""
