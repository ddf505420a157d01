"""What was drawn elsewhere is measured from the command line."""

from __future__ import annotations

import json

import pytest
from shapely import LineString, box
from shapely.geometry import mapping

from sitewatch.geo import to_lonlat
from sitewatch.model import BudgetTerm, Measurement, Quantity


@pytest.fixture
def drawn(case, georeferenced, tmp_path, monkeypatch):
    """Writes shapes, given in metres from the site's corner, into a file; the command measures what it is given."""
    given = []

    def measured(drawings, scene, stack, *, is_closed):
        given.append((drawings, scene, is_closed))
        return Quantity(value=612.0, low=560.0, high=670.0, unit="m²", method="by hand"), (
            BudgetTerm(cause="the hand", share=1.0),)

    monkeypatch.setattr("sitewatch.measurements.measure_by_hand", measured)
    left, bottom = georeferenced.grid.extent.boundingbox[:2]

    def write(*shapes):
        placed = [to_lonlat(shape(left, bottom), georeferenced.grid) for shape in shapes]
        (tmp_path / "drawn.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": mapping(shape)} for shape in placed]}))
        return tmp_path / "drawn.geojson"
    write.given = given
    return write


def _square(left, bottom):
    return box(left + 30, bottom + 30, left + 60, bottom + 60)


def _line(left, bottom):
    return LineString([(left + 30, bottom + 30), (left + 60, bottom + 30)])


def test_repeated_footprints_are_measured_together_in_pixels(case, drawn, sitewatch):
    done = sitewatch("by-hand", "yard", drawn(_square, _square), "--scene", "s0")
    assert done.code == 0
    assert "612 [560, 670] m² at 90 %" in done.out
    assert "100%  the hand" in done.out
    drawings, scene, is_closed = drawn.given[0]
    assert (len(drawings), len(drawings[0]), scene, is_closed) == (2, 4, "s0", True)
    xs = [x for x, _ in drawings[0]]
    assert max(xs) - min(xs) == pytest.approx(10, abs=0.01)


def test_a_line_is_a_length(case, drawn, sitewatch):
    told = sitewatch("by-hand", "yard", drawn(_line), "--scene", "s0", "--json").data
    assert (told["value"], told["unit"], told["budget"]) == (612.0, "m²", [{"cause": "the hand", "share": 1.0}])
    assert drawn.given[0][2] is False


def test_each_repetition_is_told_and_the_fitted_size_beside_it(case, drawn, sitewatch, monkeypatch):
    fitted = Measurement(subject="S1", what="area", value=Quantity(value=600.0, low=590.0, high=615.0, unit="m²",
                                                                   method="fitted"), scenes=(), budget=())
    monkeypatch.setattr(case, "stored", lambda self, stage: (fitted,), raising=False)
    file = drawn(_square, _square)
    told = sitewatch("by-hand", "yard", file, "--scene", "s0", "--of", "S1").out
    assert "drawn 2 times: 612, 612 m²" in told
    assert "The fitted footprint is 600 [590, 615] m² at 90 %. They agree" in told
    machine = sitewatch("by-hand", "yard", file, "--scene", "s0", "--json").data
    assert (machine["each"], machine["fitted"]) == ([612.0, 612.0], None)
    assert "fitted" not in sitewatch("by-hand", "yard", drawn(_line), "--scene", "s0", "--of", "S1").out


def test_lines_and_footprints_are_not_one_thing(case, drawn, sitewatch):
    done = sitewatch("by-hand", "yard", drawn(_line, _square), "--scene", "s0")
    assert done.code == 4
    assert "neither only LineStrings nor only Polygons" in done.err


def test_what_is_kept_is_kept_drawing_by_drawing_for_whoever_drew_it(case, drawn, sitewatch, monkeypatch):
    kept = []
    monkeypatch.setattr(case, "stored", lambda self, stage: (), raising=False)
    monkeypatch.setattr(case, "decide", lambda self, decision, version=None: kept.append(decision), raising=False)
    done = sitewatch("by-hand", "yard", drawn(_square, _square), "--scene", "s0", "--keep", "S1", "--as", "ana")
    assert done.code == 0
    assert [(d.what, d.subject, d.dimension, d.actor, d.scene) for d in kept] == [
        ("measure", "S1", "area", "ana", "s0")] * 2
    assert len(kept[0].drawn) == 4
    assert "sitewatch look yard S1 use --dimension area --scene s0" in done.err
    sitewatch("by-hand", "yard", drawn(_line), "--scene", "s0", "--keep", "S1", "--width")
    assert kept[2].dimension == "width"
