"""The findings head the page; whose review stands behind each is said, and what has changed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.report.yard import PROVENANCE, World, text_of, world_of

from sitewatch.model import Finding, Frozen, Review, Standing, standing_of
from sitewatch.report import ReportOptions, as_reviewed, compose_report

_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """The yard, with a number to each sentence and one on what others say."""
    made = world_of()
    others = Finding(id="", layer="said by others", text="Wire says: “It is a barracks.” The images cannot tell.",
                     evidence=("W1",))
    records = tuple(replace(f, id=f"F{i:02d}") for i, f in enumerate((*made.findings, others), 1))
    return replace(made, findings=replace(made.findings, records=records))


def _standing(world: World, *numbers: int, text: str | None = None, seen: str = "1") -> tuple[Standing, ...]:
    frozen = tuple(Frozen(layer=f.layer, text=text or f.text, drafted=f.text, evidence=dict.fromkeys(f.evidence, seen))
                   for f in world.findings if int(f.id[1:]) in numbers)
    prints = {name: "1" for f in world.findings for name in f.evidence}
    return standing_of(world.findings, [Review(actor="ana", sentences=frozen, id="r", at=_AT)], prints)


def _page(world: World, standing: tuple[Standing, ...] = ()) -> str:
    return compose_report(world.findings, world.changes, world.structures, world.measurements, world.stack,
                          options=ReportOptions(figure_width_px=240, map_width_px=240), provenance=PROVENANCE,
                          standing=standing).files["index.html"].decode()


def test_every_finding_stands_at_the_head_with_its_layer(world):
    head = text_of(_page(world).partition("</header>")[0])
    assert all(f"{f.id} {f.layer} {f.text}" in head for f in world.findings)
    assert head.count("said by others Wire says") == 1  # in the list: the first sentences are three, and our own


def test_a_draft_is_called_a_draft(world):
    assert "nobody has reviewed these sentences yet" in text_of(_page(world))


def test_what_a_person_reviewed_is_said_with_name_and_day(world):
    page = text_of(_page(world, _standing(world, 1, 2)))
    assert f"2 of {len(world.findings.records)} sentences were reviewed by ana" in page
    assert page.count("reviewed by ana on 2026-03-01") == 2
    everyone = _standing(world, *range(1, 9))
    assert f"All {len(world.findings.records)} sentences were reviewed by ana." in text_of(_page(world, everyone))


def test_a_persons_words_take_the_place_of_the_drafts_everywhere(world):
    standing = _standing(world, 2, text="The new roof measures 864 [778, 950] m² (90 %).")
    page = text_of(_page(world, standing))
    assert world.findings.records[1].text not in page
    assert page.count("The new roof measures 864") >= 3
    assert as_reviewed(as_reviewed(world.findings, standing), standing) == as_reviewed(world.findings, standing)


def test_a_stale_review_is_said_to_be_stale_and_its_words_are_not_used(world):
    standing = _standing(world, 2, text="Its <b>roof</b> measures 864 m².", seen="another")
    page = _page(world, standing)
    assert world.findings.records[1].text in text_of(page)
    assert "1 sentence that a person reviewed no longer rests on the records" in text_of(page)
    assert "stale: reviewed by ana on 2026-03-01; since then new-0 changed" in text_of(page)
    assert "<b>roof</b>" not in page


def test_of_two_reviews_of_one_sentence_the_later_counts(world):
    [frozen] = [one.frozen for one in _standing(world, 1)]
    reviews = [Review(actor=name, sentences=(frozen,), id=name, at=_AT.replace(hour=hour))
               for name, hour in (("ben", 10), ("ana", 9))]
    [found] = standing_of(world.findings, reviews, {"new-0": "1"})
    assert found.actor == "ben"
