"""The fifty rows: each one holds where a report is whole, and is open where what it asks for is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.report.quotes import checks_of
from tests.report.yard import (
    BRACKET,
    PROVENANCE,
    World,
    hall,
    quantity,
    stack_of,
    structure_at,
    text_of,
    world_of,
)

from sitewatch.model import (
    Between,
    Correction,
    Earlier,
    Finding,
    HarmReview,
    Measurement,
    Name,
    Publication,
    Row,
)
from sitewatch.report import ReportOptions, compose_report
from sitewatch.report._checklist import CHECKLIST, checked
from sitewatch.report._draft import Draft

_RUNS = {f"run:{stage}": "c0ffee" for stage in ("scenes", "stack", "changes", "structures", "measurements", "claims")}
_PROVENANCE = {**PROVENANCE, **_RUNS}
_STATED = Publication(
    version=1, date="2024-04-01", publisher="Yard Watch", contact="a@example.org", licence="CC-BY-4.0", ai_use="none",
    reply="Nobody could be asked.", dates="acquisition", indicators="A look that shows a yard, not a roof.",
    harm=HarmReview(by="A. Editor", date="2024-03-30", outcome="publish", withheld="nothing"))
_OTHERS = Finding(id="F9", text="Two officials say that it is a hall.", layer="said by others", evidence=("doc-1",))


@pytest.fixture(scope="module")
def whole() -> World:
    """A report from which nothing is missing: the yard with every angle, name and sentence."""
    made = world_of()
    site = replace(made.site, names=(Name(text="Yard"), Name(text="마당", language="ko", romanisation="RR")))
    stack = stack_of(site, attribution="Image © Provider", sun_azimuth_deg=150.0)
    structures = replace(made.structures, site=site)
    said = [replace(f, text=f.text.replace(").", "); the rival reading is a yard.").replace("978", "950"))
            if f.layer == "inferred" else f for f in made.findings]
    said = [replace(f, text=f"New hall, {quantity(864).interval_text} (90 %).") if f.layer == "measured" else f
            for f in said]
    nothing = Finding(id="F7", text=f"Nothing else larger than {made.changes.smallest_text}.", layer="seen",
                      evidence=())
    return replace(made, site=site, stack=stack, structures=structures,
                   findings=replace(made.findings, site=site, records=(*said, nothing)))


def _open(world: World, publication: Publication = _STATED, provenance: dict[str, str] = _PROVENANCE) -> dict[int, Row]:
    made = compose_report(world.findings, world.changes, world.structures, world.measurements, world.stack,
                          options=ReportOptions(figure_width_px=120, map_width_px=120), provenance=provenance,
                          publication=publication)
    assert [row.number for row in made.rows] == list(range(1, 51))
    return {row.number: row for row in made.rows if row.is_open}


def test_nothing_is_missing_from_a_whole_report(whole):
    assert _open(whole) == {}


def test_there_are_fifty_rows_each_with_a_remedy():
    assert [check.number for check in CHECKLIST] == list(range(1, 51))
    assert all(check.remedy and check.element for check in CHECKLIST)
    assert len({check.missing for check in CHECKLIST}) == 50


def _said(world: World, layer: str, text: str, **more: object) -> World:
    found = Finding(**{"id": "F8", "text": text, "layer": layer, "evidence": ("new-0",), **more})
    return replace(world, findings=replace(world.findings, records=(*world.findings.records, found)))


def _scenes(world: World, **fields: object) -> World:
    return replace(world, stack=stack_of(world.site, **{
        "attribution": "Image © Provider", "sun_azimuth_deg": 150.0, **fields}))


def _measured(world: World, **fields: object) -> World:
    number = Measurement(**{"subject": "new-0", "what": "area", "value": quantity(864), "scenes": ("scene-6",),
                            **fields})
    return replace(world, measurements=replace(world.measurements, records=(number,)))


def _fits(world: World, **fields: object) -> World:
    fits = tuple(replace(fit, **fields) if fit.used is fields["used"] else fit for fit in world.stack.fits)
    return replace(world, stack=replace(world.stack, fits=fits))


def _titled(world: World) -> World:
    return replace(world, findings=replace(world.findings, title="A hall was built"))


def _unnamed(world: World) -> World:
    site = replace(world.site, names=(Name(text="Yard"),))
    return replace(world, structures=replace(world.structures, site=site))


def _without(world: World, *layers: str) -> World:
    kept = tuple(f for f in world.findings if f.layer not in layers)
    return replace(world, findings=replace(world.findings, records=kept))


def _undated(world: World) -> World:
    first = replace(structure_at(hall(world.site)), first=Between(), looks=())
    return replace(world, structures=replace(world.structures, records=(first, world.structures.records[-1])))


def _uncontrolled(world: World) -> World:
    return replace(world, structures=replace(world.structures, site=replace(world.site, controls=())))


_CASES: dict[int, Callable[[World], World]] = {
    1: _titled, 4: _unnamed, 7: lambda w: _scenes(w, attribution=None), 8: lambda w: _scenes(w, attribution=None),
    12: lambda w: _scenes(w, off_nadir_deg=None), 14: lambda w: _fits(w, used=True, shift_sigma_px=None),
    22: lambda w: _scenes(w, attribution="Image © 1999 Provider"), 26: lambda w: _scenes(w, off_nadir_deg=None),
    25: lambda w: _measured(w, value=replace(quantity(864), method="")),
    27: lambda w: _measured(w, what="area ratio", value=quantity(0.8, "1"), reference=None),
    28: lambda w: _measured(w, scenes=()),
    29: lambda w: _said(w, "measured", "It measures 864.213 [778.1, 950.2] m²."), 30: _undated,
    31: lambda w: _fits(w, used=False, why_not=None), 32: lambda w: _without(w, "seen"),
    34: _uncontrolled, 35: lambda w: _said(w, "inferred", "That it is a hall is likely (chance 0.70).", chance=0.7),
    36: lambda w: _said(w, "seen", "It is likely, with high confidence."),
    37: lambda w: _said(w, "seen", "It is probable."), 39: lambda w: _said(w, "said by others", "A hall.", evidence=()),
    40: lambda w: _said(w, "said by others", "14 outlets say so."),
    41: lambda w: _said(w, "said by others", "They contradict each other.", evidence=()),
    43: lambda w: _said(w, "said by others", "It is a hall, they say."), 45: lambda w: _without(w, "unknown"),
    49: lambda w: _said(w, "seen", "It is nearly certain."),
}


def test_of_a_sensor_that_is_not_known_no_processing_level_is(whole):
    assert {7, 8} <= set(_open(_scenes(whole, sensor="spy-1")))


def test_a_change_in_a_control_place_is_told(whole):
    seen = replace(whole.changes.records[-1], why_not="it lies in the control area car park, which does not change: a "
                                                      "false alarm")
    row = _open(replace(whole, changes=replace(whole.changes, records=(*whole.changes.records[:-1], seen))))[34]
    assert "car park" in row.missing


def _of_two_controls(world: World, scatter: str) -> World:
    """With the ratio of two known structures, 0.8 [0.72, 0.88], and how it scatters between parts of the looks."""
    method = f"a fit; in 3 parts of the looks it is 0.7, 0.8, 0.9, a scatter of {scatter} %"
    ratio = Measurement(subject="shed", what="area ratio", value=replace(quantity(0.8, "1"), method=method),
                        reference="old-hall", scenes=("scene-6",))
    shed = replace(world.structures.records[-1], id="shed", label="shed")
    return replace(world, structures=replace(world.structures, records=(*world.structures.records, shed)),
                   measurements=replace(world.measurements, records=(*world.measurements.records, ratio)))


def test_two_known_structures_must_keep_their_ratio(whole):
    assert _open(_of_two_controls(whole, "9.9")) == {}
    assert "scatters" in _open(_of_two_controls(whole, "10.1"))[34].missing
    alone = _of_two_controls(whole, "9.9")
    alone = replace(alone, measurements=replace(alone.measurements, records=alone.measurements.records[:-1]))
    assert "could not be measured" in _open(alone)[34].missing


_FIRST = Earlier(version=1, date="2024-04-01", title="A", sentences=(), sha256="")
_UNSTATED: dict[int, Publication] = {
    3: replace(_STATED, version=0), 10: replace(_STATED, dates=""), 38: replace(_STATED, indicators=""),
    42: replace(_STATED, reply=""), 44: replace(_STATED, ai_use=""),
    46: replace(_STATED, version=2, corrections=(Correction(version=2, date="2024-05-01", text="the width"),)),
    47: replace(_STATED, version=2, earlier=(_FIRST,)),
    48: replace(_STATED, harm=None),
}


@pytest.mark.parametrize("number", sorted(_CASES))
def test_a_row_is_open_where_the_records_lack_what_it_asks_for(whole, number):
    row = _open(_CASES[number](whole))[number]
    assert row.missing
    assert row.remedy


@pytest.mark.parametrize("number", sorted(_UNSTATED))
def test_a_row_is_open_where_the_author_has_not_stated_it(whole, number):
    assert set(_open(whole, _UNSTATED[number])) == {number}


def _key(draft: Draft, **fields: object) -> Draft:
    figure = replace(draft.page.key, **fields)
    story = replace(draft.page.stories[0], figure=figure)
    return replace(draft, page=replace(draft.page, key=figure, stories=(story,)))


def _page(draft: Draft, **fields: object) -> Draft:
    return replace(draft, page=replace(draft.page, **fields))


def _shot(draft: Draft, **fields: object) -> Draft:
    first, *others = draft.page.key.shots
    return _key(draft, shots=(replace(first, **fields), *others))


# What the page's own code always supplies: the row is a guard against its faults.
_BROKEN: dict[int, Callable[[Draft], Draft]] = {
    2: lambda d: _page(d, said=replace(d.page.said, bottom_line=d.page.said.bottom_line[::-1])),
    5: lambda d: _page(d, map=None),
    6: lambda d: _page(d, place=replace(d.page.place, coordinates="25.1234567° N, 55.1234567° E")),
    9: lambda d: _shot(d, local_day="2022-01-01"),
    11: lambda d: _page(d, place=replace(d.page.place, gsd="")),
    13: lambda d: _key(d, compare="poor"),
    15: lambda d: _shot(d, width=999), 16: lambda d: _page(d, method=replace(d.page.method, bands="")),
    17: lambda d: _key(d, bar=replace(d.page.key.bar, label="")), 18: lambda d: _key(d, north=None),
    19: lambda d: _page(d, signs=()), 20: lambda d: replace(d, files=frozenset()),
    21: lambda d: _key(d, window=replace(d.page.key.window, left=40)),
    23: lambda d: _shot(d, scene=replace(d.page.key.shots[0].scene, licence=None)),
    33: lambda d: replace(d, changes=replace(d.changes, smallest_px=0.0)),
}


@pytest.mark.parametrize("number", sorted(_BROKEN))
def test_a_row_is_open_where_the_page_itself_is_broken(whole, monkeypatch, number):
    drafts: list[Draft] = []
    monkeypatch.setattr("sitewatch.report._compose.checked", lambda draft: drafts.append(draft) or checked(draft))
    _open(whole)
    broken = _BROKEN[number](drafts[0])
    assert number in {row.number for row in checked(broken) if row.is_open}


def test_every_row_is_seen_to_open():
    others = {24, 50}  # they have tests of their own
    assert _CASES.keys() | _UNSTATED.keys() | _BROKEN.keys() | others == set(range(1, 51))


@pytest.mark.parametrize("outcome", ["delay", "withhold"])
def test_a_review_that_says_wait_stops_publication(whole, outcome):
    assert outcome in _open(whole, replace(_STATED, harm=replace(_STATED.harm, outcome=outcome)))[48].missing


def test_without_runs_the_way_back_is_missing(whole):
    assert {3, 28, 50} <= set(_open(whole, provenance={"sitewatch": "", "case": "", "command": ""}))


def test_a_year_in_the_authors_credit_line_is_that_of_each_image(whole):
    world = _scenes(whole, attribution=None)
    assert 22 not in _open(world, replace(_STATED, scenes_credit="Image © {year} Provider"))
    assert 22 in _open(world, replace(_STATED, scenes_credit="Image © 2024 Provider"))


def test_the_local_day_is_printed_where_it_is_another(whole):
    late = tuple(replace(s, taken=s.taken.replace(hour=23)) for s in whole.stack.scenes.scenes)
    fits = tuple(replace(fit, taken=fit.taken.replace(hour=23)) for fit in whole.stack.fits)
    world = replace(whole, stack=replace(whole.stack, fits=fits, scenes=replace(whole.stack.scenes, scenes=late)))
    assert 9 not in _open(world)
    text = text_of(world.page(ReportOptions(figure_width_px=120, map_width_px=120)))
    utc, local = re.search(r"Before: (\S+), scene \S+, local day (\S+),", text).groups()
    assert date.fromisoformat(local) - date.fromisoformat(utc) == timedelta(days=1)
    assert "2022-02-10 23:30 (local day 2022-02-11)" in text
    assert "local day" not in whole.page(ReportOptions(figure_width_px=120, map_width_px=120))


def test_more_than_three_sentences_on_top_are_counted_as_they_are_printed(whole):
    records = [replace(f, text="One. Two! Three? Four.") if f.layer == "seen" else f for f in whole.findings]
    assert "6 sentences" in _open(replace(whole, findings=replace(whole.findings, records=tuple(records))))[2].missing


def test_a_bracket_has_both_ends(whole):
    first = replace(structure_at(hall(whole.site)), first=Between(by=BRACKET.by))
    records = (first, whole.structures.records[-1])
    assert 30 in _open(replace(whole, structures=replace(whole.structures, records=records)))


def test_a_control_is_measured_beside_what_changed(whole):
    numbers = tuple(n for n in whole.measurements if n.subject != "old-hall")
    assert 34 in _open(replace(whole, measurements=replace(whole.measurements, records=numbers)))


@pytest.mark.parametrize(("stated", "machine", "is_open"), [
    ("none", "model-7", True), ("None.", "model-7", True), ("none", "rules", False), ("none", None, False),
    ("model-7 proposed claims; A. Editor checked them", "model-7", False)])
def test_what_a_machine_proposed_is_a_use_of_artificial_intelligence(whole, stated, machine, is_open):
    checks = checks_of()
    first = replace(checks.records[0], claim=replace(checks.records[0].claim, proposed_by=machine))
    world = replace(whole, findings=replace(whole.findings, checks=replace(checks, records=(first,))))
    assert (44 in _open(world, replace(_STATED, ai_use=stated, state_media="none"))) is is_open


def test_a_word_that_hedges_stands_in_the_glossary_unless_it_is_quoted(whole):
    assert "apparently" in _open(_said(whole, "seen", "It is apparently a hall."))[49].missing
    assert 49 not in _open(_said(whole, "seen", "They call it “possibly a hall”; that is likely."))


def test_the_grade_of_a_source_is_on_the_page_and_explained(whole):
    world = replace(whole, findings=replace(whole.findings, checks=checks_of()))
    text = text_of(world.page(ReportOptions(figure_width_px=120, map_width_px=120)))
    assert "documents/wire.txt of Wire, 2022-11-25, source graded F" in text
    assert "F cannot be judged" in text


def test_plain_pictures_may_have_been_sharpened(whole):
    options = ReportOptions(figure_width_px=120, map_width_px=120)
    told = "Whether plain pictures were sharpened before they were received is not recorded"
    assert told in whole.page(options)
    assert told not in _scenes(whole, sensor="planetscope-4").page(options)


def test_two_providers_in_one_figure_are_told(whole):
    mixed = tuple(replace(s, attribution=f"Image © {'A' if i < 5 else 'B'}")
                  for i, s in enumerate(whole.stack.scenes.scenes))
    world = replace(whole, stack=replace(whole.stack, scenes=replace(whole.stack.scenes, scenes=mixed)))
    assert 24 in _open(world)
