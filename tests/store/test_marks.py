"""Marks in case.yaml: an outline, or a rectangle around a point; every mistake is named."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sitewatch.errors import CaseFileError
from sitewatch.geo import to_lonlat
from sitewatch.model import Mark
from sitewatch.store import place_plain, read_case, write_case

_SEEN = datetime(2023, 5, 18, 10, 30, tzinfo=UTC)


def _at(site, text: str) -> str:
    x, y = to_lonlat(site.grid.extent.geom.centroid, site.grid).coords[0]
    return f"  marks:\n    - {{id: crane, at: [{x}, {y}], {text}}}\n"


def _with(case, site, marks: str):
    write_case(case, site, [])
    file = case / "case.yaml"
    file.write_text(file.read_text().replace("  marks: []\n", marks))
    return read_case(case, ("scenes",)).site


def test_a_written_mark_reads_back(case, earth):
    mark = Mark(id="old crane", outline=earth.references[0].outline if earth.references else earth.controls[0].outline,
                seen=_SEEN)
    write_case(case, replace(earth, marks=(mark,)), [])
    [read] = read_case(case, ("scenes",)).site.marks
    assert (read.id, read.seen) == ("old crane", _SEEN)
    assert read.outline.hausdorff_distance(mark.outline) < 0.02


def test_a_point_and_a_size_make_a_rectangle_turned_clockwise_from_east(case, earth):
    [mark] = _with(case, earth, _at(earth, "size_m: [20, 6], turn_deg: 30")).marks
    assert mark.outline.area == pytest.approx(120, rel=1e-3)
    (ax, ay), (bx, by) = mark.outline.exterior.coords[0], mark.outline.exterior.coords[1]
    sides = [(bx - ax, by - ay), *[(c[0] - bx, c[1] - by) for c in mark.outline.exterior.coords[2:3]]]
    length = max(sides, key=lambda side: math.hypot(*side))
    assert math.degrees(math.atan2(length[1], length[0])) % 180 == pytest.approx(150, abs=0.1)   # 30 below east
    assert mark.seen is None


@pytest.mark.parametrize(("text", "problem"), [
    ("size_m: [20]", "holds 1 numbers"), ("size_m: [20, -6]", "is no size of a small thing"), ("", "missing"),
    ("size_m: [20, 6], turn: 3", "not known here"), ("size_m: [20, 6], seen: yesterday", "is not a date"),
    ("size_m: [900, 900]", "is not a place within the site's grid"),
    ("size_m: [20, 6], turn_deg: .nan", "is not a float")])
def test_a_mark_that_cannot_be_used_is_refused_with_its_line(case, earth, text, problem):
    with pytest.raises(CaseFileError, match=problem):
        _with(case, earth, _at(earth, text))


def test_two_marks_of_one_name_are_refused(case, earth):
    one = _at(earth, "size_m: [20, 6]")
    with pytest.raises(CaseFileError, match="stands here twice"):
        _with(case, earth, one + one.split("\n", 1)[1])


def test_a_mark_makes_another_place_and_none_leaves_it_as_it_was(earth):
    mark = Mark(id="crane", outline=earth.controls[0].outline if earth.controls else earth.references[0].outline)
    assert "marks" not in place_plain(earth)
    assert place_plain(replace(earth, marks=(mark,))) != place_plain(earth)
    assert place_plain(replace(earth, marks=(replace(mark, seen=_SEEN),))) != place_plain(replace(earth, marks=(mark,)))
