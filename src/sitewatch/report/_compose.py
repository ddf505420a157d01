"""Put the page together: what is said, what it rests on, and the way back to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sitewatch.model import Changes, Findings, Measurements, Publication, Report, Stack, Standing, Structures
from sitewatch.report._annotated import annotated
from sitewatch.report._candidates import candidates_of
from sitewatch.report._checklist import checked
from sitewatch.report._claims import claims_of
from sitewatch.report._claims_exports import claims_csv, claims_review
from sitewatch.report._draft import Draft
from sitewatch.report._figures import Figure, Pictures
from sitewatch.report._language import speaking
from sitewatch.report._licences import credited, permits_of
from sitewatch.report._method import method_of, place_of
from sitewatch.report._numbers import key_number, numbers_of
from sitewatch.report._options import ReportOptions
from sitewatch.report._page import Page, Story, rendered
from sitewatch.report._published import published_of
from sitewatch.report._reviewed import as_reviewed, reviewed_of
from sitewatch.report._said import Said, said_in
from sitewatch.report._scenes import scenes_of
from sitewatch.report._signs import Sign, places_of, ranked, signs_of
from sitewatch.report._ties import aligned_of
from sitewatch.report._timeline import timeline_of

__all__ = ["compose_report"]

_DEFAULTS = ReportOptions()
_NOTHING: Mapping[str, str] = MappingProxyType({})


def compose_report(findings: Findings, *cited: *tuple[Changes, Structures, Measurements, Stack],
                   options: ReportOptions = _DEFAULTS, provenance: Mapping[str, str] = _NOTHING,
                   publication: Publication | None = None, standing: Sequence[Standing] = ()) -> Report:
    """The page of a site and its pictures, from the findings and the records that they cite.

    ``provenance`` is printed as the way back: the version, the case, the run ids and the command. Without
    ``publication`` the page is its author's own and shows all; with it, each picture shows what the licence of its
    scene allows, and the page says who answers for it. ``standing``: what people have reviewed of the findings, whose
    words then stand in the place of the drafts. The same inputs give the same bytes.
    """
    with speaking(options.language):
        return _composed(as_reviewed(findings, standing), cited, options, provenance, publication, standing)


def _composed(findings: Findings, cited: tuple[Changes, Structures, Measurements, Stack], options: ReportOptions,
              provenance: Mapping[str, str], publication: Publication | None, standing: Sequence[Standing]) -> Report:
    changes, structures, measurements, stack = cited
    permits = permits_of(stack.scenes, publication) if publication else {}
    stack = replace(stack, scenes=credited(stack.scenes, publication)) if publication else stack
    order = ranked(structures, findings)
    signs = signs_of(structures, measurements, order)
    signs += () if stack.is_series else places_of(changes, structures)
    said, pictures = said_in(findings, order), Pictures(stack, options, permits)
    stories = _stories(signs[:len(order)], signs, said, pictures)
    key = stories[0].figure if stories else pictures.of_site(signs[len(order):])
    aligned, numbers = aligned_of(stack), numbers_of(signs, measurements, stack)
    page = Page(
        title=findings.title, place=place_of(structures.site), said=said, key=key,
        key_number=key_number(numbers, key), stories=stories, signs=signs, map=pictures.map_of_site(signs),
        timeline=timeline_of(signs, stack), numbers=numbers, candidates=candidates_of(changes, structures),
        aligned=aligned, ties=pictures.of_ties() if aligned and aligned.map else None,
        method=method_of(changes, stack, options, pictures.stretch), scenes=scenes_of(stack), provenance=provenance,
        claims=claims_of(findings.checks, signs), findings=findings.records,
        reviewed=reviewed_of(findings, standing), is_series=stack.is_series,
        published=published_of(publication, findings, permits) if publication else None)
    exports = {"claims.csv": claims_csv(findings.checks), "claimreview.json": claims_review(findings.checks)}
    files = {**pictures.files, **annotated(page, pictures.files), **(exports if findings.checks.records else {})}
    rows = checked(Draft(page=page, findings=findings, changes=changes, structures=structures, stack=stack,
                         measurements=measurements, publication=publication,
                         files=frozenset(pictures.files))) if publication else ()
    page = replace(page, open_rows=tuple(row for row in rows if row.is_open and row.rule == "warn"))
    return Report(title=findings.title, files={"index.html": rendered(page), **files}, rows=rows)


def _stories(changed: Sequence[Sign], signs: Sequence[Sign], said: Said, pictures: Pictures) -> tuple[Story, ...]:
    """What there is to tell of each structure; the first few with large pictures."""
    drawn = [sign for sign in signs if sign.style != "control"]
    stories = []
    for place, sign in enumerate(changed):
        large = place < pictures.options.figures
        figure: Figure | None = pictures.of_structure(sign, drawn, large=large)
        assert sign.structure is not None
        stories.append(Story(sign=sign, structure=sign.structure, figure=figure, is_large=large,
                             told=said.of[sign.structure.id], more=said.more[sign.structure.id]))
    return tuple(stories)
