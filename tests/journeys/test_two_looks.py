"""One picture before and one after: a person judges what differs, and the report says what it rests on."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.worlds import World, rectangle

import sitewatch as sw
from sitewatch.geo import write_geotiff
from sitewatch.model import Decision

_HALL = rectangle(60, 50, 24, 16, 20)


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> sw.Case:
    folder = tmp_path_factory.mktemp("two")
    world = World(3, looks=2, size_px=128, bands=3)
    world.shift_px[1] = 1.4, -0.8
    world.roof(_HALL, 190, slice(1, None))
    (folder / "images").mkdir()
    for look, day in enumerate(("2020-06-01", "2021-06-05")):
        seen = np.clip(world.seen(look), 1, 254).astype(np.float32)
        write_geotiff(folder / "images" / f"{day}.tif", seen, world.grid)
    sw.Case.new(folder / "case", sw.NewCase(images=folder / "images", sensor="picture", name="Yard"))
    return sw.Case.open(folder / "case")


def test_two_looks_reach_a_report_whose_first_screen_says_that_it_rests_on_them(case):
    page = (case.report().path / "index.html").read_text(encoding="utf-8")
    head = page[:page.index("</header>")]
    assert "All of this rests on 2 looks" in head
    assert "sitewatch gives none of these places a chance above 0.5" in head
    assert "cannot tell whether a structure did" in head
    assert "per pair of looks" in page
    assert "shuffled histories" not in page
    assert "Of halls drawn into real series" not in page
    assert not case.structures().changed
    assert ">p1<" in page


def test_what_a_person_takes_for_a_structure_is_one_and_the_rest_stays_open(case):
    [change] = case.changes().kept
    case.decide(Decision(subject=change.id, what="accept", actor="ana", class_="new structure", chance=0.8))
    again = sw.Case.open(case.folder)
    [structure] = again.structures().changed
    assert structure.by == "ana"
    assert structure.first.after == datetime(2020, 6, 1, tzinfo=UTC)
    assert structure.first.by == datetime(2021, 6, 5, tzinfo=UTC)
    assert structure.chance == 0.8
    page = (again.report().path / "index.html").read_text(encoding="utf-8")
    assert "All of this rests on 2 looks" in page
    assert ">p1<" not in page
