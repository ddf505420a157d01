"""Which structure a claim speaks of, where people said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sitewatch.model import Claim, ClaimPart, Decision, Dimension, Structure, Structures, target_of

__all__ = ["Link", "Links", "links_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What people hold a part of a claim to be; no ``structure`` where they ``differ``, or where it is gone."""

    structure: Structure | None
    dimension: Dimension | None
    differ: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """By claim and part."""

    made: Mapping[tuple[str, ClaimPart], Link] = field(default_factory=dict)

    def of(self, claim: Claim, part: ClaimPart = "subject") -> Link | None:
        """What people said of it; None where nobody did."""
        return self.made.get((claim.id, part))

    def differ(self, claim: Claim) -> str:
        """In which words people differ on what it speaks of; empty where they do not."""
        parts: tuple[ClaimPart, ...] = ("subject", "object")
        return next((link.differ for part in parts if (link := self.of(claim, part)) and link.differ), "")


def links_of(decisions: Sequence[Decision], structures: Structures) -> Links:
    """The last word of each person on each part of each claim, where they agree."""
    records = {structure.id: structure for structure in structures}
    said: dict[tuple[str, ClaimPart], dict[str, Decision]] = {}
    for one in decisions:
        if one.claim is not None and one.part is not None:
            said.setdefault((one.claim, one.part), {})[one.actor] = one
    return Links(made={key: _agreed(list(words.values()), records) for key, words in said.items()})


def _agreed(said: Sequence[Decision], records: Mapping[str, Structure]) -> Link:
    meant = [(target_of(one, records), one.dimension) for one in said]
    named = {(structure.id if structure else one.subject, dimension)
             for one, (structure, dimension) in zip(said, meant, strict=True)}
    if len(named) == 1:
        return Link(structure=meant[0][0], dimension=meant[0][1])
    words = "; ".join(f"{one.actor}: {f'{one.dimension} of ' if one.dimension else ''}"
                      f"{structure.label if structure else one.subject}"
                      for one, (structure, _) in zip(said, meant, strict=True))
    return Link(structure=None, dimension=None, differ=words)
