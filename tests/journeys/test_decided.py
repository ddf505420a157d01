"""What people drew, split, measured and linked is computed again by a stranger, from the published evidence alone."""

from __future__ import annotations

import pytest
from shapely import box
from shapely.affinity import translate
from tests.folders import ran_corner
from tests.stated import STATED

from sitewatch.case import Case
from sitewatch.geo import from_pixels, to_pixels
from sitewatch.model import Decision
from sitewatch.publication import publish, verify_published


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Case:
    made = ran_corner(tmp_path_factory, tmp_path_factory.mktemp("decided") / "estate")
    with (made.folder / "case.yaml").open("a", encoding="utf-8") as file:
        file.write(STATED)
    return Case.open(made.folder)


def test_what_people_drew_split_and_measured_verifies_anywhere(case):
    hall = next(s for s in case.structures().changed if s.class_ == "new structure")
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
    again = Case.open(case.folder)
    halves = [s for s in again.structures().changed if s.outline.intersects(hall.outline.buffer(-1))]
    assert len(halves) == 2
    assert {s.by for s in halves} == {"ana"}
    assert again.structures()["shed"].label == "Shed"
    [by_hand] = [m for m in again.measurements() if m.by == "ana"]
    assert (by_hand.subject, "2 times" in by_hand.value.method) == (hall.id, True)
    assert "drawn by hand on the look of" in (case.folder / "published" / "index.html").read_text(encoding="utf-8")
    assert [(c.what, c.detail) for c in verify_published(case.folder / "published") if c.holds is False] == []
