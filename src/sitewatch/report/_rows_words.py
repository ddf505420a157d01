"""Rows of the checklist about numbers, sentences and responsibility. Each returns what is missing, if anything."""

from __future__ import annotations

import re

from sitewatch.model import Quantity
from sitewatch.report._draft import Draft, listed

_INTERVAL = re.compile(r"[\d.\u202f]+ \[[-\d.\u202f]+, [-\d.\u202f]+\]")
# ICD 203: the words of row B, which are not mixed with those of row A; and what is said of confidence.
_ROW_B = re.compile(r"\b(?:remote chance|improbable|probable|nearly certain|even odds)\b")
_ROW_A = re.compile(r"\b(?:almost no chance|unlikely|roughly even chance|likely|almost certain)\b")
# Words of published reports that hedge and are on neither row.
_UNEXPLAINED = re.compile(rf"{_ROW_B.pattern}|\b(?:possibl[ey]|apparent(?:ly)?|appears? to|suspected|presumabl[ey]|"
                          r"perhaps|may be|might be|could be|suggests?|indicates|consistent with|reportedly)\b", re.I)
_QUOTED = re.compile("“[^”]*”")
_CONFIDENCE = re.compile(r"\b(?:low|moderate|high|analytic) confidence\b", re.I)
_ARTICLES = re.compile(r"\b\d+ (?:articles|outlets|media|newspapers|reports)\b", re.I)
_SCATTER = re.compile(r"a scatter of ([\d.]+) %")   # between parts of the looks
_OUTCOMES = ("publish", "publish-coarsened")
_STAGES = ("scenes", "stack", "changes", "structures", "measurements", "claims")


def numbers_are_whole(draft: Draft) -> str:
    return listed((f"{n.subject} {n.what}" for n in draft.numbers if n.value and not (
        n.value.unit and n.value.method and n.scenes and 0 < n.value.level < 1 and n.value.low < n.value.high)),
        "unit, interval, level, method or looks are missing")


def ratios_are_spelled_out(draft: Draft) -> str:
    return listed((f"{n.subject} {n.what}" for n in draft.numbers if n.what.endswith("ratio") and not n.reference),
                  "what it is divided by is not named")


def numbers_lead_back(draft: Draft) -> str:
    if not draft.page.provenance.get("command") or not draft.page.provenance.get("run:measurements"):
        return "no command or run to compute the numbers again"
    return listed((f"{n.subject} {n.what}" for n in draft.numbers if not n.scenes), "its looks are not named")


def rounding_is_honest(draft: Draft) -> str:
    """Every number with an interval in a sentence is one that was measured, rounded as its interval allows."""
    known = {n.value.interval_text for n in draft.numbers if n.value}
    return listed((found for f in draft.findings if f.layer == "measured" for found in _INTERVAL.findall(f.text)
                   if not any(found in text for text in known)), "is not a measured number as it is rounded")


def dates_are_brackets(draft: Draft) -> str:
    return listed((s.label for s in draft.structures.changed if not (s.happened.by and s.happened.after)),
                  "no two looks bracket it in time")


def every_look_is_listed(draft: Draft) -> str:
    return listed((f.scene for f in draft.stack.fits if not f.used and not f.why_not), "was not used, and no reason")


def nothing_else_is_said(draft: Draft) -> str:
    text = draft.changes.smallest_text
    return "" if any(text in f.text for f in draft.findings) else "no sentence says what was not found, and how small"


def smallest_is_stated(draft: Draft) -> str:
    return "" if draft.changes.smallest_px > 0 else "the smallest size that is reported is not known"


def controls_stay_the_same(draft: Draft) -> str:
    """What is known not to change must not: no change in a control place, and the same ratio of two known structures
    in every part of the looks, within what its interval allows."""
    site, known = draft.structures.site, {s.id for s in draft.structures if s.class_ == "reference"}
    if not site.controls:
        return "no place that did not change was named to compare with"
    if moved := listed((c.id for c in site.controls for found in draft.changes
                        if f"control area {c.id}," in (found.why_not or "")), "a change was found in it"):
        return moved
    measured = [number for number in draft.numbers if number.subject in known]
    if not measured:
        return "no known structure was measured in the same way"
    ratios = [number for number in measured if number.reference in known]
    if len(known) > 1 and not ratios:
        return "the ratio of two known structures could not be measured"
    return listed((f"{n.subject} / {n.reference}" for n in ratios if n.value and _scatter(n.value) > _half(n.value)),
                  "their ratio scatters between parts of the looks by more than its interval allows")


def _scatter(ratio: Quantity) -> float:
    """In percent, as the method of the ratio of two known structures tells it; 0 where too few looks show both."""
    told = _SCATTER.search(ratio.method)
    return float(told[1]) if told else 0.0


def _half(ratio: Quantity) -> float:
    return 50 * (ratio.high - ratio.low) / ratio.value


def inferences_have_rivals(draft: Draft) -> str:
    return listed((f.id for f in draft.findings if f.layer == "inferred" and not (
        f.evidence and f.chance is not None and "rival" in f.text)), "has no evidence, no chance or no rival reading")


def chance_and_confidence_stay_apart(draft: Draft) -> str:
    return listed((f.id for f in draft.findings if _CONFIDENCE.search(f.text) and
                   (_ROW_A.search(f.text) or _ROW_B.search(f.text))), "has a probability word and a confidence")


def words_are_of_one_row(draft: Draft) -> str:
    return listed((f.id for f in draft.findings if _ROW_B.search(f.text)), "uses a word of another row of ICD 203")


def indicators_are_named(draft: Draft) -> str:
    return "" if draft.publication.indicators else "what would change your mind is not stated"


def claims_have_sources(draft: Draft) -> str:
    """Whatever others say stands in a document of the case, as it was received."""
    changed = {document.id for document in draft.findings.checks.documents if document.is_changed}
    unsourced = (f.id for f in draft.said_by_others if not f.evidence)
    altered = (check.claim.id for check in draft.findings.checks if check.claim.document in changed)
    return listed(unsourced, "no document stands behind it") or listed(
        altered, "its document is not the one that was received")


def origins_are_counted(draft: Draft) -> str:
    uncounted = (d.about for d in draft.findings.checks.disagreements if d.origins < 1)
    return listed((f.id for f in draft.said_by_others if _ARTICLES.search(f.text) and "origin" not in f.text),
                  "counts articles, not independent origins") or listed(uncounted, "its origins are not counted")


def contradictions_are_printed(draft: Draft) -> str:
    """Where publishers exclude each other, both sides and the kind of contradiction are stated."""
    one_sided = (d.about for d in draft.findings.checks.disagreements if not d.why or not d.claims)
    return listed((f.id for f in draft.said_by_others if "contradict" in f.text and not f.evidence),
                  "a contradiction without its two sides") or listed(one_sided, "a contradiction without its sides")


def a_reply_was_asked(draft: Draft) -> str:
    return "" if draft.publication.reply else "who was asked for a reply, when, and what they said is not stated"


def state_media_are_marked(draft: Draft) -> str:
    quoted = next(iter(draft.said_by_others), None)
    is_quoted = quoted is not None or draft.findings.checks.records
    is_said = not is_quoted or draft.publication.state_media
    return "" if is_said else "which of the quoted are state media is not stated"


def ai_use_is_stated(draft: Draft) -> str:
    stated = draft.publication.ai_use
    if not stated:
        return "use of artificial intelligence is not stated"
    proposed = (check.claim.proposed_by for check in draft.findings.checks)
    if stated.strip(" .").casefold() not in ("none", "no", "nothing"):
        return ""
    return listed((name for name in proposed if name and name != "rules"), "proposed claims, and no use is stated")


def limits_are_stated(draft: Draft) -> str:
    return "" if draft.page.said.unknown else "no sentence says what cannot be told"


def the_last_report_is_named(draft: Draft) -> str:
    stated = draft.publication
    return "" if stated.version <= 1 or stated.earlier else "what earlier versions said is not on record"


def corrections_are_possible(draft: Draft) -> str:
    stated = draft.publication
    if not stated.contact:
        return "no address for corrections"
    return "" if stated.version <= 1 or any(c.version == stated.version for c in stated.corrections) else \
        f"what version {stated.version} changes is not stated"


def harm_was_weighed(draft: Draft) -> str:
    review = draft.publication.harm
    if review is None or not (review.by and review.date and review.outcome and review.withheld):
        return "no signed review of who could be hurt"
    return "" if review.outcome in _OUTCOMES else f"the review of {review.date} says: {review.outcome}"


def words_are_explained(draft: Draft) -> str:
    """The page's own sentences hedge with the words of its glossary alone; what is quoted does not count."""
    own = (f for f in draft.findings if f.layer != "said by others")
    return listed((found.lower() for f in own for found in _UNEXPLAINED.findall(_QUOTED.sub("", f.text))),
                  "hedges, and stands not in the glossary")


def the_bundle_is_whole(draft: Draft) -> str:
    return listed((stage for stage in _STAGES if not draft.page.provenance.get(f"run:{stage}")), "no run is named")
