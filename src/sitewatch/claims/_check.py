"""Check claims: what the images were asked about each, and what they answered; "cannot tell" until they do."""

from __future__ import annotations

from dataclasses import replace

from sitewatch.claims._disagreements import disagreements_of
from sitewatch.claims._evidence import Evidence
from sitewatch.claims._flags import flags_of
from sitewatch.claims._links import links_of
from sitewatch.claims._tests import nearest_predicate, tests_of
from sitewatch.model import Answer, Changes, Check, Checks, Claim, Claims, Measurements, Stack, Structures

__all__ = ["check_claims"]

_AROUND = 240  # characters on each side of a quote: two sentences or so
_TRACELESS = {
    "attribution": "what people say, sell, agree or do under a roof leaves no trace that an image could show",
    "background": "it is not a matter of what stands on the ground",
    "meta": "it speaks of the reporting, not of the place",
}


def check_claims(claims: Claims, changes: Changes, structures: Structures, measurements: Measurements,
                 stack: Stack) -> Checks:
    """Every claim with its verdict, the flags on its wording, and where publishers disagree.

    Where people linked a claim with a structure, it is held against that one.

    A verdict is computed from the structures and measurements of the case alone; how many say a thing counts for
    nothing. "cannot tell" is what a claim gets unless a test decides it.
    """
    evidence = Evidence(claims=claims, changes=changes, structures=structures, measurements=measurements, stack=stack,
                        links=links_of(claims.links, structures))
    records: dict[str, Check] = {claim.id: _check(claim, evidence) for claim in claims}
    records |= {claim.id: _by_what_it_rests_on(claim, claims, records) for claim in claims
                if not records[claim.id].tested and claim.kind == "inference"}
    shown = (_in_context(records[claim.id], claims.texts[claim.document]) for claim in claims)
    site = structures.site
    latitude = site.area.centroid.y if site.is_georeferenced else None
    return Checks(documents=claims.documents, records=tuple(shown),
                  flags=flags_of(claims), disagreements=disagreements_of(claims, latitude))


def _check(claim: Claim, evidence: Evidence) -> Check:
    if not claim.is_confirmed:
        return Check(claim=claim, verdict="cannot tell", why="nobody has confirmed yet that this is what it says")
    if differ := evidence.links.differ(claim):
        return Check(claim=claim, verdict="cannot tell", why=f"readers differ on what it speaks of ({differ})")
    tested = tests_of(claim, evidence)
    if tested:
        first = tested[0]
        return Check(claim=claim, verdict=first.verdict, why=first.why, chance=first.chance, tested=tested)
    if claim.imagery == "no" or (claim.imagery is None and claim.kind in _TRACELESS):
        why = _TRACELESS.get(claim.kind, "an image from above cannot show it")
        return Check(claim=claim, verdict="not testable", why=why)
    near = nearest_predicate(claim.predicate)
    hint = f"; did you mean {near}?" if near else ""
    return Check(claim=claim, verdict="cannot tell",
                 why=f"there is no test for “{claim.predicate.replace('_', ' ')}”{hint}")


def _in_context(check: Check, text: str) -> Check:
    """With what stands around the quote in the document, cut at words."""
    place = check.claim.place
    before, after = text[max(0, place.start - _AROUND):place.start], text[place.end:place.end + _AROUND]
    if place.start > _AROUND:
        before = "…" + before[before.find(" "):]
    if len(text) - place.end > _AROUND:
        after = after[:after.rfind(" ") + 1] + "…"
    return replace(check, before=before, after=after)


def _by_what_it_rests_on(claim: Claim, claims: Claims, records: dict[str, Check]) -> Check:
    """An inference holds no better than what it rests on: supported where one of it is, else as it stands."""
    check = records[claim.id]
    rests = [b for relation in claims.relations if relation.type == "rests_on" and relation.a == claim.id
             for b in relation.b if b in records]
    carried = [records[b] for b in rests if records[b].verdict == "supported"]
    if not rests or check.verdict == "not testable":
        return check
    names = ", ".join(f"{b}: {records[b].verdict}" for b in rests)
    if not carried:
        return Check(claim=claim, verdict="cannot tell", why=f"it rests on what is not borne out ({names})")
    best = max(carried, key=lambda one: one.chance or 0.0)
    why = f"it follows if one of those holds on which it rests, and one does ({names})"
    tested = (Answer(what="what it rests on", verdict="supported", why=why, chance=best.chance,
                     structure=best.tested[0].structure, measured=best.tested[0].measured),)
    return Check(claim=claim, verdict="supported", why=why, chance=best.chance, tested=tested)
