"""What people decide about a case, and which of its sentences they have reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sitewatch import store
from sitewatch.case._blind import structures_for
from sitewatch.claims import faults_of
from sitewatch.errors import InputError
from sitewatch.model import (
    Claims,
    Decision,
    Finding,
    Findings,
    Frozen,
    Review,
    Site,
    Standing,
    Structures,
    Waiting,
    queue_of,
    shown_to,
    standing_of,
)
from sitewatch.store import FolderStore

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["People"]


class People:
    """The part of a case that people write: looks/ and reviewed/, each file signed in its actor's log."""

    site: Site
    _store: FolderStore
    _claims: Claims | None

    @property
    def quoted(self) -> Claims | None:
        """What others are quoted with, and the texts of the documents; None without a claims.yaml."""
        return self._claims

    def stored(self, stage: str) -> Any:
        """What the last run left of a stage from changes to claims; CaseFileError where there is nothing."""
        return self._store.latest(stage, self.site)

    def decisions(self) -> tuple[Decision, ...]:
        """What people decided, in order of time; CaseFileError names file and line of what cannot be used."""
        return store.read_decisions(self._store.folder, self.site.grid)

    def queue(self, actor: str, *, is_blind: bool = False) -> tuple[Waiting, ...]:
        """What this person should look at next, what a decision settles most first, with what was drawn since the run.

        What others decided on a thing has no part in a blind reader's queue until they have decided on it themselves.
        """
        shown = shown_to(self.decisions(), actor, is_blind=is_blind)
        structures = store.with_drawn(self.structures_shown(actor, is_blind=is_blind), shown)
        return queue_of(structures, self.stored("changes"), shown, actor)

    def structures_shown(self, actor: str, *, is_blind: bool = False) -> Structures:
        """The structures of the last run as this person may see them.

        What others decided on a thing, drew or split off has no part in what a blind reader sees until they have
        decided on it themselves: where it has, that is traced once more without.
        """
        return structures_for(cast("Case", self), actor) if is_blind else cast(Structures, self.stored("structures"))

    def withdraw(self, decision_id: str, actor: str) -> Decision:
        """Take back a decision of one's own; InputError where it is not there or another person's."""
        return store.withdraw_decision(self._store.folder, self.site.grid, decision_id, actor)

    def reviews(self) -> tuple[Review, ...]:
        """What people reviewed and froze, in order of time."""
        return store.read_reviews(self._store.folder, self.site.grid)

    def freeze(self, actor: str, ids: Sequence[str] = (), *, text: str | None = None, why: str | None = None) -> Review:
        """Freeze the sentences of the last run that ``actor`` has reviewed: those of ``ids``, else all.

        ``text`` puts other words in the place of one draft. InputError names what a sentence of its layer may not say:
        what a thing is for where it was only seen or measured, a number that was not measured, a chance and a
        confidence in one sentence.
        """
        findings: Findings = self.stored("claims")
        known = {finding.id: finding for finding in findings}
        if unknown := [name for name in ids if name not in known]:
            raise InputError(f"no sentence is called {', '.join(unknown)[:80]}. `sitewatch show CASE claims` lists all")
        chosen = [known[name] for name in dict.fromkeys(ids)] or list(findings)
        if not chosen:
            raise InputError("there is no sentence to review. Run the case first")
        if text is not None and len(chosen) != 1:
            raise InputError("other words can be given for one sentence at a time. Name it")
        prints = self._prints(findings)
        frozen = tuple(_frozen(finding, text, prints) for finding in chosen)
        return store.keep_review(self._store.folder, self.site.grid, Review(actor=actor, sentences=frozen, why=why))

    def unfreeze(self, review_id: str, actor: str) -> Review:
        """Take back a review of one's own; InputError where it is not there or another person's."""
        return store.withdraw_review(self._store.folder, self.site.grid, review_id, actor)

    def standing(self) -> tuple[Standing, ...]:
        """Every frozen sentence, and whether the records that it rests on are still those that were reviewed."""
        reviews = self.reviews()
        if not reviews:
            return ()
        findings: Findings = self.stored("claims")
        unsigned = {check.what for check in store.check_reviews(self._store.folder) if not check.holds}
        return standing_of(findings, reviews, self._prints(findings), unsigned)

    def _prints(self, findings: Findings) -> dict[str, str]:
        return store.prints_of(findings, self.stored("structures"), self.stored("measurements"),
                               self._store.scenes(self.site), self.site.grid)


def _frozen(finding: Finding, text: str | None, prints: dict[str, str]) -> Frozen:
    """The sentence as it is to stand; InputError for words that its layer does not carry."""
    words = finding.text if text is None else store.clean_text(" ".join(text.split()), 4000)
    if faults := faults_of(finding, words):
        raise InputError(f"{finding.id} cannot stand so: {'; '.join(faults)}. Reword it")
    return Frozen(layer=finding.layer, text=words, drafted=finding.text, chance=finding.chance,
                  evidence={name: prints[name] for name in finding.evidence if name in prints})
