"""The fifty rows that a published report has to answer: what stops it, what is printed, what its author is told.

The rows are those of tradecraft for open-source analysis: ICD 203 and 206 on sourcing and uncertainty, the Berkeley
Protocol on preservation, and what leading publishers of satellite analysis do or leave out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sitewatch.model import Row, Rule
from sitewatch.report import _rows_images as images
from sitewatch.report import _rows_words as words
from sitewatch.report._draft import Draft

__all__ = ["CHECKLIST", "Check", "checked"]


class Check(NamedTuple):
    """One row: ``missing`` looks at a draft and says what is missing, ``remedy`` how to supply it."""

    number: int
    rule: Rule
    element: str
    missing: Callable[[Draft], str]
    remedy: str


_IMAGES = "Give the images with their STAC items, or state it under publish.scenes in case.yaml"
_CODE = "This is a fault in sitewatch; please report it"
_RUN = "Run the case again"

CHECKLIST: tuple[Check, ...] = (
    Check(1, "warn", "title with days", images.title_is_dated, _RUN),
    Check(2, "warn", "bottom line", images.bottom_line_is_short, _RUN),
    Check(3, "refuse", "version and date", images.report_is_identified, "Write publish.version and publish.date"),
    Check(4, "warn", "native name", images.name_is_native, "Add it to site.names, with language and romanisation"),
    Check(5, "refuse", "area shown", images.area_is_shown, "Add images that show the site clearly"),
    Check(6, "warn", "coordinates", images.coordinates_are_not_too_fine, _CODE),
    Check(7, "refuse", "image before", images.before_is_identified, _IMAGES),
    Check(8, "refuse", "image after", images.after_is_identified, _IMAGES),
    Check(9, "warn", "local day", images.days_are_local_too, _CODE),
    Check(10, "refuse", "kind of date", images.dates_are_of_acquisition,
          "Write publish.dates: acquisition, if each date is the day on which the image was taken"),
    Check(11, "refuse", "pixel size", images.pixel_size_is_stated, _CODE),
    Check(12, "warn", "angles", images.angles_are_known, _IMAGES),
    Check(13, "warn", "comparable looks", images.pairs_compare, "Add looks of the same season and time of day"),
    Check(14, "refuse", "alignment", images.alignment_is_known, _RUN),
    Check(15, "refuse", "same extent", images.pairs_are_alike, _CODE),
    Check(16, "refuse", "stretch", images.stretch_is_stated, _CODE),
    Check(17, "refuse", "scale bar", images.scale_is_drawn, _CODE),
    Check(18, "refuse", "north", images.north_is_drawn, _CODE),
    Check(19, "warn", "marks listed", images.marks_are_listed, _CODE),
    Check(20, "warn", "clean copies", images.clean_copies_exist, _CODE),
    Check(21, "warn", "marks beside", images.things_are_not_covered, "Raise report.context"),
    Check(22, "refuse", "credit lines", images.credits_are_exact,
          'Write publish.scenes.credit; "{year}" in it becomes the year of each image'),
    Check(23, "refuse", "licences", images.licences_are_known, "Write publish.scenes.licence"),
    Check(24, "warn", "one provider a figure", images.vendors_are_not_mixed, "Ask both providers, or leave one out"),
    Check(25, "refuse", "whole numbers", words.numbers_are_whole, _RUN),
    Check(26, "warn", "lean of roofs", images.lean_is_bounded, _IMAGES),
    Check(27, "refuse", "ratios", words.ratios_are_spelled_out, _RUN),
    Check(28, "refuse", "way back", words.numbers_lead_back, _RUN),
    Check(29, "refuse", "rounding", words.rounding_is_honest, _RUN),
    Check(30, "refuse", "brackets", words.dates_are_brackets, "Add looks from before or after"),
    Check(31, "warn", "looks not used", words.every_look_is_listed, _RUN),
    Check(32, "warn", "what was not found", words.nothing_else_is_said, "Add clear looks"),
    Check(33, "warn", "smallest size", words.smallest_is_stated, _RUN),
    Check(34, "warn", "control", words.controls_stay_the_same,
          "Name places and structures that did not change in site.controls and site.references"),
    Check(35, "refuse", "rival readings", words.inferences_have_rivals, _RUN),
    Check(36, "refuse", "chance or confidence", words.chance_and_confidence_stay_apart, "Reword the sentence"),
    Check(37, "warn", "probability words", words.words_are_of_one_row, "Use the words of row A"),
    Check(38, "inform", "indicators", words.indicators_are_named, "Write publish.indicators"),
    Check(39, "refuse", "sources of claims", words.claims_have_sources, "Add the document to the case"),
    Check(40, "refuse", "origins", words.origins_are_counted, "Count independent origins, not articles"),
    Check(41, "refuse", "contradictions", words.contradictions_are_printed, "Name both sides"),
    Check(42, "warn", "right of reply", words.a_reply_was_asked, "Write publish.reply: whom, when, the answer"),
    Check(43, "warn", "state media", words.state_media_are_marked, "Write publish.state_media, or none"),
    Check(44, "refuse", "artificial intelligence", words.ai_use_is_stated,
          "Write publish.ai_use: model, task and human check, or none"),
    Check(45, "refuse", "limits", words.limits_are_stated, _RUN),
    Check(46, "warn", "since the last report", words.the_last_report_is_named, "Restore publications.yaml from a copy"),
    Check(47, "refuse", "corrections", words.corrections_are_possible,
          "Write publish.contact, and from version 2 on publish.corrections"),
    Check(48, "refuse", "harm review", words.harm_was_weighed,
          "Write publish.harm_review: by, date, outcome (publish or publish-coarsened), withheld"),
    Check(49, "inform", "glossary", words.words_are_explained, "Use the words of row A of ICD 203"),
    Check(50, "refuse", "machine-readable bundle", words.the_bundle_is_whole, _RUN),
)


def checked(draft: Draft) -> tuple[Row, ...]:
    """Every row, judged."""
    return tuple(Row(number=check.number, rule=check.rule, element=check.element, missing=missing,
                     remedy=check.remedy if missing else "")
                 for check in CHECKLIST for missing in (check.missing(draft),))
