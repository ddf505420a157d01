"""What a person has reviewed: sentences frozen as they stood, with the fingerprint of each record that they rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sitewatch.model.finding import Finding, Layer

__all__ = ["Frozen", "Review", "Standing", "standing_of"]

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """One sentence as a person let it stand.

    ``drafted`` are the draft's own words, in whose place the person may have put ``text``. ``evidence`` maps the id
    of each record that it rests on to that record's fingerprint.
    """

    layer: Layer
    text: str
    drafted: str
    evidence: Mapping[str, str]
    chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who reviewed which sentences, when, and with what remark (``why``); ``id`` and ``at`` are filled in where it is
    kept."""

    actor: str
    sentences: tuple[Frozen, ...]
    why: str | None = None
    id: str = ""
    at: datetime = _BEGINNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a frozen sentence stands now. ``finding`` is the id of the draft that it froze, None where nothing drafts it
    any more; ``changed`` are the records that are no longer as they were."""

    frozen: Frozen
    review: str
    actor: str
    at: datetime
    finding: str | None
    changed: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Whether what it rests on is no longer what was reviewed."""
        return self.finding is None or bool(self.changed)

    @property
    def told(self) -> str:
        """Who reviewed it and when, and what has become of it since."""
        reviewed = f"reviewed by {self.actor} on {self.at:%Y-%m-%d}"
        if self.changed:
            return f"stale: {reviewed}; since then {', '.join(self.changed)} changed"
        return reviewed if self.finding else f"stale: {reviewed}; the records no longer give this sentence"


def standing_of(findings: Iterable[Finding], reviews: Sequence[Review], prints: Mapping[str, str],
                unsigned: Collection[str] = ()) -> tuple[Standing, ...]:
    """Every frozen sentence against the findings and the fingerprints of now; of two reviews of one sentence the later
    counts. ``unsigned`` are the files of reviews that are not as their log signs them: these vouch for nothing."""
    drafts = {(finding.layer, finding.text): finding.id for finding in findings}
    newest: dict[tuple[Layer, str], Standing] = {}
    for review in sorted(reviews, key=lambda one: (one.at, one.id)):
        own = f"reviewed/{review.id}.yaml"
        for frozen in review.sentences:
            key = frozen.layer, frozen.drafted
            changed = [name for name, value in frozen.evidence.items() if prints.get(name) != value]
            newest[key] = Standing(
                frozen=frozen, review=review.id, actor=review.actor, at=review.at, finding=drafts.get(key),
                changed=(*([own] if own in unsigned else []), *changed))
    return tuple(newest.values())
