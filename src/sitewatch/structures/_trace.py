"""trace_structures: which things are these, in which views are they there, since when?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from shapely import Polygon, unary_union
from shapely.geometry.base import BaseGeometry
from threadpoolctl import threadpool_limits

from sitewatch.geo import coverage, from_pixels, to_pixels, whitened
from sitewatch.model import (
    Between,
    Changes,
    Decision,
    Look,
    NamedOutline,
    Phase,
    Progress,
    Stack,
    Structure,
    Structures,
    Trial,
)
from sitewatch.structures._classify import Hypothesis, hypotheses_of
from sitewatch.structures._heights import Shadows
from sitewatch.structures._labels import letters
from sitewatch.structures._looks import Sighting, bracket, combined, looks_of, sightings
from sitewatch.structures._marked import followed
from sitewatch.structures._merge import merge
from sitewatch.structures._reviewed import reviewed
from sitewatch.structures._shadows import shadow_ways
from sitewatch.structures._trials import Detect, run_trials

__all__ = ["StructuresOptions", "trace_structures", "trials_of"]

_BED, _FIELD = 0.25, 4.0          # shares of a structure's area: ground laid bare for it, and a field's harvest
_OTHERWISE = 0.1                  # of the looks on either side of its date: a building does not come and go
_OTHERWISE_UPRIGHT = 0.25         # of one whose shadow came or went: its colour may be that of a season
_SURE = 3.0                       # log odds of its shadows: twenty to one
_MOSTLY = 0.3                     # of a change, within the roof that is drawn there
_WORKS = timedelta(days=365)      # what was laid bare longer before was not laid bare for this


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuresOptions:
    """``least_chance``: a change that is a structure with a lower probability stays a change. ``trials``: how many
    roofs of each size and contrast are drawn into the looks, to learn which would have been found."""

    least_chance: float = 0.7
    trials: int = 4


def trace_structures(changes: Changes, stack: Stack, options: StructuresOptions = StructuresOptions(),
                     progress: Progress | None = None, decisions: Sequence[Decision] = (),
                     detect: Detect | None = None) -> Structures:
    """Read the kept changes as structures that came or went, and follow each of them from look to look.

    The site's references are among the structures, so that measurements can be compared with them, and the small
    things that people have marked. People's ``decisions`` have the last word. With ``detect``, what found the changes,
    roofs are drawn into the looks and searched for in the same way: that says what could have been seen. From fewer
    looks than make a series no change is read as a structure: only people can do that.
    """
    values = whitened(stack.values)
    traced = _found(changes, stack, values, options)
    if progress:
        progress("read changes", len(changes.kept), len(changes.kept))
    labelled = list(_labelled(traced))
    marked = [followed(mark, changes, stack, values) for mark in stack.site.marks]
    references = [_reference(reference, stack) for reference in stack.site.references]
    found = Structures(site=stack.site, records=(*labelled, *marked, *references),
                       trials=trials_of(changes, stack, options, detect) if detect and stack.is_series else ())
    return reviewed(found, stack, values, decisions, {change.id for change in changes})


def _found(changes: Changes, stack: Stack, values: np.ndarray, options: StructuresOptions) -> list[Structure]:
    """What the kept changes are, in order of time; ``values`` are the stack's, whitened."""
    with threadpool_limits(limits=1, user_api="blas"):
        read = merge(hypotheses_of(changes, stack, values, options.least_chance), shadow_ways(stack))
    traced = [(hypothesis, _traced(hypothesis, changes, stack, values)) for hypothesis in read]
    turned = [structure for hypothesis, structure in traced if structure.happened.by and _turns_once(
        structure, _OTHERWISE if hypothesis.shadows_tell < _SURE else _OTHERWISE_UPRIGHT)]
    return sorted(turned, key=lambda s: (s.happened.by or datetime.max, s.id))


def _labelled(traced: Sequence[Structure]) -> Iterator[Structure]:
    """Each with its letter, in the order in which they came."""
    for number, structure in enumerate(traced):
        word = "Ground works" if structure.class_ == "ground works" else "Structure"
        yield replace(structure, label=f"{word} {letters(number)}")


def trials_of(changes: Changes, stack: Stack, options: StructuresOptions, detect: Detect,
              seed: int = 0) -> tuple[Trial, ...]:
    """Drawn roofs, and which are found; of the changes only those that one of them may have made are read."""
    def search(altered: Stack, outlines: Sequence[BaseGeometry]) -> list[Structure]:
        roofs = unary_union(outlines)
        seen = detect(altered, threshold=changes.threshold, near=roofs)
        near = tuple(change for change in seen.kept
                     if change.outline.intersection(roofs).area >= _MOSTLY * change.outline.area)
        values = whitened(altered.values)
        return _found(replace(seen, records=near), altered, values, options)
    return run_trials(stack, options.trials, search, seed)


def _traced(whole: Hypothesis, changes: Changes, stack: Stack, values: np.ndarray) -> Structure:
    removed = whole.class_ == "removed structure"
    taken = [fit.taken for fit in stack.used]
    units = [part for part in whole.parts if part.chance >= 0.5] or [whole]
    parts = [sightings(unit.rectangle, unit.look, values) for unit in units]
    if all(unit is not whole for unit in units):
        parts.append(sightings(whole.rectangle, whole.look, values))
    seen = combined(parts)
    happened = bracket([view.state for view in seen], taken)
    outline = from_pixels(whole.polygon, stack.site.grid)
    kind = {"removed structure": "gone", "ground works": "works"}.get(whole.class_, "new")
    return Structure(
        id=f"{kind}-{outline.centroid.x:.0f}-{outline.centroid.y:.0f}", label="", outline=outline,
        class_=whole.class_, chance=round(whole.chance, 2), first=Between() if removed else happened,
        last=happened if removed else Between(), phases=_phases(whole, parts, happened, changes, stack),
        looks=looks_of(seen, stack, removed=removed),
        reasons=(*_censored(happened, seen, taken), *_reasons(whole)),
        changes=tuple(dict.fromkeys(h.change.id for h in (whole, *whole.parts))))


def _turns_once(structure: Structure, most: float) -> bool:
    """Whether its own looks bear its date out, but for a share of ``most`` of them: one that was there every winter
    before is a season."""
    came, date = structure.class_ != "removed structure", structure.happened.by
    otherwise: dict[bool, list[bool]] = {False: [], True: []}
    for look in structure.looks:
        if look.state != "unclear":
            later = date is not None and look.taken >= date
            otherwise[later].append((look.state == "present") != (later == came))
    return all(sum(side) <= most * len(side) for side in otherwise.values())


def _phases(whole: Hypothesis, parts: list[list[Sighting]], happened: Between, changes: Changes,
            stack: Stack) -> tuple[Phase, ...]:
    """Ground works inside its outline before it stood, its first part, and the whole."""
    if whole.class_ in ("removed structure", "ground works"):
        return ()
    taken = [fit.taken for fit in stack.used]
    earlier = [change.between for change in changes.kept
               if change.between.by and happened.after and change.between.by <= happened.after
               and happened.after - change.between.by < _WORKS and _prepares(change.outline, whole, stack)]
    phases = [Phase(name="ground works", between=min(earlier, key=lambda b: b.by or datetime.max))] if earlier else []
    if len(parts) > 1:
        states = [[view.state for view in part] for part in parts]
        complete = [bracket(part, taken) for part in states]
        latest = max(complete, key=lambda b: b.by.timestamp() if b.by else float("inf"))
        if latest != happened:
            phases += [Phase(name="first part stands", between=happened),
                       Phase(name="all of it stands", between=latest)]
    return tuple(phases)


def _prepares(outline: Polygon, whole: Hypothesis, stack: Stack) -> bool:
    """Whether a change is the bed of the structure: a good part of its ground, and not a whole field."""
    ground, own = to_pixels(outline, stack.site.grid), whole.polygon
    return bool(own.intersection(ground).area > _BED * own.area and ground.area < _FIELD * own.area)


def _censored(happened: Between, seen: Sequence[Sighting], taken: Sequence[datetime]) -> Iterator[str]:
    """What lies at an end of the series has one side only."""
    if happened.after is None:
        yield "no clear look shows the place before: it began before the first look"
    if happened.by and sum(view.state == "present" and at >= happened.by
                           for view, at in zip(seen, taken, strict=True)) == 1:
        yield "it is seen so in the last clear look only: not confirmed"


def _reasons(whole: Hypothesis) -> tuple[str, ...]:
    e = whole.evidence
    side = "before" if whole.class_ == "removed structure" else "since"
    return (
        _shadows_told(whole.shadows),
        f"its surface differs from what was there by {e.contrast:.0f} times the noise",
        f"a single blurred rectangle explains {100 * max(e.fit, 0):.0f} % of its shape",
        f"{100 * e.rim:.0f} % of its rim stands against other ground",
        f"its surface is even to {100 * e.unevenness:.0f} % of the step",
        f"it was there in {100 * e.stays:.0f} % of the clear looks of the {e.days:.0f} days {side}",
        f"{100 * e.common:.0f} % of the site is of that colour",
    )


def _shadows_told(shadows: Shadows | None) -> str:
    if shadows is None:
        return "whether it stands up was not tested: too few looks know their sun, or the pixels are too fine"
    sides = ((shadows.before, shadows.sigmas[0], "of its light before"), (shadows.after, shadows.sigmas[1], "after"))
    told = [f"{max(100 * depth, 0):.0f} ± {100 * sigma:.0f} % {side}" for depth, sigma, side in sides]
    return (f"away from the sun, where a thing {shadows.height_m:.0f} m high would throw its shadow, the ground loses "
            f"{told[0]} and {told[1]}")


def _reference(reference: NamedOutline, stack: Stack) -> Structure:
    """A named structure that was there all along: clear looks count as present, nothing is tested."""
    inside = coverage(reference.outline, stack.site.grid) > 0.5
    shares = np.isfinite(stack.values[:, 0][:, inside]).mean(axis=1) if inside.any() else np.zeros(len(stack.values))
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, state="present" if share >= 0.5 else "unclear",
                       chance=0.99 if share >= 0.5 else 0.5, seen_share=round(float(share), 3))
                  for fit, share in zip(stack.used, shares, strict=True))
    return Structure(id=reference.id, label=reference.id.replace("_", " "), outline=reference.outline,
                     class_="reference", chance=1.0, first=Between(), last=Between(), looks=looks,
                     reasons=("named in the case as a reference; its presence is taken as given",))
