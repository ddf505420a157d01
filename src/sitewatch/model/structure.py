"""Things on the ground: where, since when, and in which looks each was there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shapely import Polygon

from sitewatch.model.quantity import Between
from sitewatch.model.site import Site
from sitewatch.model.trial import Trial

__all__ = ["Look", "LookState", "Phase", "Structure", "StructureClass", "Structures"]

LookState = Literal["present", "absent", "unclear"]
StructureClass = Literal["new structure", "removed structure", "altered structure", "ground works", "marked object",
                         "reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One structure in one scene. ``chance`` is P(present); ``seen_share`` of its pixels were clear; ``by``: "tool",
    or the people who said so."""

    scene: str
    taken: datetime
    state: LookState
    chance: float
    seen_share: float
    by: str = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stage of the works and when it came."""

    name: str
    between: Between


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One thing on the ground. ``first`` and ``last`` bracket its appearance and disappearance.

    ``outline`` is in the coordinates of the site's grid; ``label`` is the name that people read.
    ``chance`` is the probability of the class. ``reasons`` say in plain words why this class. ``by``: "tool", or the
    people who decided on it. ``trials``, of a marked object: things of its shape drawn into the looks, and how many of
    them were seen to go.
    """

    id: str
    label: str
    outline: Polygon
    class_: StructureClass
    chance: float
    first: Between
    last: Between
    phases: tuple[Phase, ...] = ()
    looks: tuple[Look, ...] = ()
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    by: str = "tool"
    trials: tuple[Trial, ...] = ()

    @property
    def went(self) -> bool:
        """Whether what made it news is that it went: of a removed structure, and of a marked object that is gone."""
        return self.class_ == "removed structure" or (self.class_ == "marked object" and self.last != Between())

    @property
    def happened(self) -> Between:
        """The bracket of what made it news: the end of what went, the beginning of anything else."""
        return self.last if self.went else self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Structures:
    """The things of a site, named references included; ``rejected`` are those that people set aside.

    ``trials``: which roofs would have been found; empty where that was not tried.
    """

    site: Site
    records: tuple[Structure, ...]
    rejected: tuple[Structure, ...] = ()
    trials: tuple[Trial, ...] = ()

    def __iter__(self) -> Iterator[Structure]:
        return iter(self.records)

    def __getitem__(self, structure_id: str) -> Structure:
        return {structure.id: structure for structure in self.records}[structure_id]

    @property
    def changed(self) -> tuple[Structure, ...]:
        """What appeared, vanished or was altered: all but the references and the marked objects that stayed."""
        return tuple(structure for structure in self.records if structure.class_ != "reference" and (
            structure.class_ != "marked object" or structure.happened != Between()))
