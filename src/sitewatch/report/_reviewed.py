"""What people have reviewed of the sentences: whose word stands behind each, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sitewatch.model import Findings, Standing
from sitewatch.report._language import gettext

__all__ = ["Reviewed", "as_reviewed", "reviewed_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """``of`` a finding's id: who reviewed it and when. ``stale``: sentences whose records are no longer those that were
    reviewed, each with what changed."""

    summary: str
    of: Mapping[str, str]
    stale: tuple[tuple[str, str], ...]


def as_reviewed(findings: Findings, standing: Sequence[Standing]) -> Findings:
    """The findings in the words that people let stand; a stale review gives its words to nothing."""
    words = {one.finding: one.frozen.text for one in standing if not one.is_stale}
    return replace(findings, records=tuple(replace(finding, text=words.get(finding.id, finding.text))
                                           for finding in findings))


def reviewed_of(findings: Findings, standing: Sequence[Standing]) -> Reviewed:
    """Whose review stands behind each sentence."""
    of = {one.finding: one.told for one in standing if one.finding and not one.is_stale}
    stale = tuple((one.frozen.text, one.told) for one in standing if one.is_stale)
    many, held = len(findings.records), len(of)
    who = ", ".join(sorted({one.actor for one in standing if not one.is_stale}))
    summary = gettext("Drafted from the records by rules; nobody has reviewed these sentences yet.") if not held else \
        gettext("All %(many)s sentences were reviewed by %(who)s.") if held == many else \
        gettext("%(held)s of %(many)s sentences were reviewed by %(who)s; the others are drafted from the records by "
                "rules.")
    return Reviewed(summary=summary % {"many": many, "held": held, "who": who}, of=of, stale=stale)
