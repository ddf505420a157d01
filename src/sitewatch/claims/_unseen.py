"""What could not be seen: looks refused, time without a look, numbers that the images cannot carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from sitewatch.claims._words import counted, dimension_phrase, reference_name, safe_name
from sitewatch.model import Measurement, Measurements, Stack, Structure, day

__all__ = ["clear_looks", "unseen"]

Unseen = tuple[str, tuple[str, ...]]
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def clear_looks(stack: Stack, clear_share: float) -> list[datetime]:
    """When the site was clearly seen, in order of time; a scene of unknown share counts as clear."""
    return sorted(fit.taken for fit in stack.used
                  if fit.site_clear_share is None or fit.site_clear_share >= clear_share)


def unseen(measurements: Measurements, changed: Sequence[Structure], stack: Stack,
           looks: Sequence[datetime], *, enough: bool) -> Iterator[Unseen]:
    """Sentences of the unknown layer with the ids that they rest on."""
    if not enough and stack.is_series:
        yield (f"With {counted(len(looks), 'clear look', 'clear looks')} in all, a lasting change cannot be told "
               "from one odd picture."), ()
    yield from _refused(stack)
    yield from _longest_gap(looks)
    yield from _unclear(changed)
    for measurement in measurements:
        spoken_of = measurements.of(measurement.subject, measurement.what, measurement.reference)
        if spoken_of and spoken_of.value is None:
            yield _not_measured(measurement, measurements, changed)
    if changed:
        yield "What the place and its structures are for, and who uses them, cannot be told from these images.", ()


def _refused(stack: Stack) -> Iterator[Unseen]:
    refused = [fit for fit in stack.fits if not fit.used]
    door = stack.scenes.refusals
    offered = len(stack.fits) + len(door)
    if not offered:
        return
    count = len(refused) + len(door)
    if not count:
        yield f"None of the {offered} scenes on offer had to be refused.", ()
        return
    why = _commonest([fit.why_not or "no reason recorded" for fit in refused] + [r.why for r in door])
    yield (f"{count} of {offered} scenes on offer ({count / offered:.0%}) were not used".replace("%", " %")
           + f", most often because: {why.rstrip('.')}."), tuple(fit.scene for fit in refused)


def _commonest(reasons: Sequence[str]) -> str:
    """The commonest reason whatever its numbers, which are left out where they differ."""
    alike = Counter(_NUMBER.sub("…", why) for why in reasons)
    without, count = min(alike.items(), key=lambda item: (-item[1], item[0]))
    same = [why for why in reasons if _NUMBER.sub("…", why) == without]
    return same[0] if same.count(same[0]) == count else without


def _longest_gap(looks: Sequence[datetime]) -> Iterator[Unseen]:
    if len(looks) < 2:
        return
    start, end = max(pairwise(looks), key=lambda pair: pair[1] - pair[0])
    days = round((end - start).total_seconds() / 86400)
    yield (f"The longest time without a clear look is {days} days, from {day(start)} to {day(end)}: "
           "what came and went within it was not seen."), ()


def _unclear(changed: Sequence[Structure]) -> Iterator[Unseen]:
    """Structures that were hidden in more than half of the looks."""
    for structure in changed:
        hidden = sum(look.state == "unclear" for look in structure.looks)
        if structure.looks and hidden > len(structure.looks) / 2:
            yield (f"{safe_name(structure)} could not be judged in {hidden} of {len(structure.looks)} looks.",
                   (structure.id,))


def _not_measured(measurement: Measurement, measurements: Measurements, changed: Sequence[Structure]) -> Unseen:
    subject = next((safe_name(s) for s in changed if s.id == measurement.subject), None)
    subject = subject or reference_name(measurement.subject, measurements.site)
    ratio = f" relative to {reference_name(measurement.reference, measurements.site)}" if measurement.reference else ""
    reason = (measurement.why_not or "no reason recorded").rstrip(".")
    text = f"The {dimension_phrase(measurement.what)} of {subject}{ratio} cannot be given: {reason}."
    return text, (measurement.subject,)
