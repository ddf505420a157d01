"""What people drew, split, measured and linked is computed again by a stranger, from the published evidence alone."""

from __future__ import annotations

import shutil

import pytest
from shapely import Polygon, box
from shapely.affinity import translate
from tests.folders import ran_corner
from tests.stated import STATED

from sitewatch.case import Case
from sitewatch.geo import from_pixels, to_pixels
from sitewatch.model import Decision, Structure
from sitewatch.publication import publish, verify_published
from sitewatch.web import Desk
from sitewatch.web._records import DecisionAsked


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Case:
    made = ran_corner(tmp_path_factory, tmp_path_factory.mktemp("decided") / "estate")
    with (made.folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write(STATED)
    return Case.open(made.folder)


@pytest.fixture(scope="module")
def hall(case) -> Structure:
    """As the tool traced it."""
    return next(s for s in case.structures().changed if s.class_ == "new structure")


@pytest.fixture(scope="module")
def decided(case, hall) -> Case:
    """Ana's decisions, run and published."""
    scene, ring = hall.looks[-1].scene, to_pixels(hall.outline, case.site.grid).exterior.coords[:-1]
    west, south, east, north = hall.outline.bounds
    half = box(west, south, (west + east) / 2, north)
    case.decide(Decision(subject=hall.id, what="split", actor="ana", outline=half))
    away = translate(box(0, 0, 20, 12), 20, 20)
    case.decide(Decision(subject="shed", what="draw", actor="ana", outline=from_pixels(away, case.site.grid),
                         class_="new structure", chance=0.7, label="Shed"))
    for by_px in (0.0, 0.5):
        case.decide(Decision(subject=hall.id, what="measure", actor="ana", scene=scene, dimension="area",
                             drawn=tuple((x + by_px, y) for x, y in ring)))
    case.decide(Decision(subject=hall.id, what="use", actor="ana", scene=scene, dimension="area"))
    publish(case)
    return Case.open(case.folder)


def test_what_people_drew_split_and_measured_verifies_anywhere(case, hall, decided):
    again = decided
    halves = [s for s in again.structures().changed if s.outline.intersects(hall.outline.buffer(-1))]
    assert len(halves) == 2
    assert {s.by for s in halves} == {"ana"}
    assert again.structures()["shed"].label == "Shed"
    [by_hand] = [m for m in again.measurements() if m.by == "ana"]
    assert (by_hand.subject, "2 times" in by_hand.value.method) == (hall.id, True)
    assert "drawn by hand on the look of" in (case.folder / "published" / "index.html").read_text(encoding="utf-8")
    assert [(c.what, c.detail) for c in verify_published(case.folder / "published") if c.holds is False] == []


def test_a_blind_reader_sees_what_the_tool_left_until_they_have_decided_on_it(case, hall, decided, tmp_path):
    folder = shutil.copytree(case.folder, tmp_path / "second")
    desk, seeing = Desk(folder, "bo", is_blind=True), Desk(folder, "bo")
    told = {one.id: one for one in desk.subjects(with_all=True).subjects}
    everything = {one.id: one for one in seeing.subjects(with_all=True).subjects}
    parts = everything.keys() - told.keys()
    assert "shed" in parts
    assert len(parts) == 2, "what was drawn and what was split off"
    shown = told[hall.id]
    assert from_pixels(Polygon(shown.outline), case.site.grid).equals_exact(hall.outline, 0.05)
    assert (shown.label, shown.chance, shown.when, shown.by, shown.area) == (
        hall.label, hall.chance, str(hall.happened), "tool", None)
    assert everything[hall.id].area
    assert desk.strip("true", "shed") is None
    said = desk.findings()
    assert not {*parts, hall.id} & {name for one in said.findings for name in one.evidence}
    assert "Shed" in str(seeing.findings())
    assert "ana" not in str(told) + str(said.findings) + said.title
    assert {one.subject for one in Case.open(folder).queue("bo", is_blind=True)} <= told.keys()

    kept = desk.decide(DecisionAsked(subject=hall.id, what="accept", version=shown.version))
    assert Case.open(folder).decisions()[-1].seen.outline.equals_exact(hall.outline, 0.05)
    assert kept.subject is not None
    assert kept.subject.outline == everything[hall.id].outline
    told = {one.id for one in desk.subjects(with_all=True).subjects}
    assert everything.keys() - told == {"shed"}
    desk.decide(DecisionAsked(**{"class": "new structure"}, subject="hut", what="draw", version="", chance=0.9,
                              outline=everything["shed"].outline))
    assert "shed" in {one.id for one in desk.subjects(with_all=True).subjects}
