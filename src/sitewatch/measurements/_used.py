"""What people drew and want used, beside what was fitted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sitewatch.errors import InputError
from sitewatch.measurements._by_hand import agreement, measure_by_hand
from sitewatch.model import Decision, Measurement, Stack, Structures, target_of

__all__ = ["used_by_hand"]


def used_by_hand(structures: Structures, stack: Stack, fitted: Sequence[Measurement], decisions: Sequence[Decision],
                 level: float) -> Iterator[Measurement]:
    """A measurement for each thing that a person drew on one look, once or repeatedly, and wants used.

    Its method says whether it agrees with the ``fitted`` one. Warns of what can no longer be measured, as where its
    structure or its scene is gone.
    """
    records = {structure.id: structure for structure in structures}
    for use in (decision for decision in decisions if decision.what == "use"):
        drawn = [one.drawn for one in decisions if one.drawn and one.drawing == use.drawing]
        structure = target_of(use, records)
        if structure is None or not drawn or use.scene is None or use.dimension is None:
            warnings.warn(f"looks/{use.id}.yaml has no effect: "
                          f"{'nothing of it is drawn' if structure else f'{use.subject} is gone'}", stacklevel=2)
            continue
        try:
            value, budget = measure_by_hand(drawn, use.scene, stack, is_closed=use.dimension == "area", level=level)
        except InputError as error:
            warnings.warn(f"looks/{use.id}.yaml has no effect: {error}", stacklevel=2)
            continue
        beside = next((m.value for m in fitted if (m.subject, m.what) == (structure.id, use.dimension)), None)
        method = f"{value.method}, by {use.actor}" + (f"; the fitted one is {beside.interval_text}. "
                                                      f"{agreement(value, beside)}" if beside else "")
        yield Measurement(subject=structure.id, what=use.dimension, value=replace(value, method=method),
                          scenes=(use.scene,), budget=budget, by=use.actor)
