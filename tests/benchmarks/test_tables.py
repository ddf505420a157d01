"""A made-up case with a known truth: each kind of mistake shows in the row that is meant for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from benchmarks.accuracy import real_cases
from benchmarks.accuracy.tables import Outcome, frame_rows, measurement_rows, structure_rows
from benchmarks.accuracy.truth import Known, Truth
from shapely import box

from sitewatch.geo import picture_grid
from sitewatch.model import (
    Between,
    Changes,
    Measurement,
    Measurements,
    Name,
    Phase,
    Quantity,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Structure,
    Structures,
)

_GRID = picture_grid(60, 40, 1.0)
_SITE = Site(slug="yard", names=(Name(text="Yard"),), area=box(0, -40, 60, 0), grid=_GRID)
_CAME = Between(after=datetime(2020, 3, 1, tzinfo=UTC), by=datetime(2020, 3, 11, tzinfo=UTC))
_TRUTH = Truth(
    case="yard", images=Path("images"), gsd_m=1.0, crs=None, zero=date(2020, 1, 1), site=box(0, -40, 60, 0), units=(),
    known=(Known(name="hall", kind="new", outline=box(10, -20, 30, -10), came=_CAME, is_asked=True, area_sigma=0.2),
           Known(name="lawn", kind="control", outline=box(40, -20, 50, -10), came=Between())),
    cloudy=frozenset({date(2020, 1, 2)}), snow=frozenset(), frames=4, compare_with=None, least_cloudy=1,
    shifts={date(2020, 1, d): (2.0, 0.0) for d in (1, 3, 4)}, phases={("hall", "ground works"): _CAME},
    clear_on_second_look={}, quiet_spans={"winter": (date(2020, 1, 1), date(2020, 2, 1))})
_HALL = Structure(id="S1", label="S1", outline=box(8, -20, 28, -10), class_="new structure", chance=0.9, first=_CAME,
                  last=Between())


def _outcome(*found: Structure, cloudy_is_used: bool = False) -> Outcome:
    """Four views whose content lies two pixels to the right of the grid; the second is cloudy."""
    fits = tuple(SceneFit(scene=str(d), taken=datetime(2020, 1, d, tzinfo=UTC), used=d != 2 or cloudy_is_used,
                          site_clear_share=1.0, shift_x_px=2.0, shift_y_px=0.0) for d in (1, 2, 3, 4))
    used = sum(fit.used for fit in fits)
    data = xr.Dataset({"values": (("time", "band", "y", "x"), np.zeros((used, 1, 40, 60), np.float32))})
    return Outcome(truth=_TRUTH, stack=Stack(site=_SITE, scenes=Scenes(site=_SITE, scenes=()), data=data, fits=fits),
                   changes=Changes(site=_SITE, records=(), threshold=1.0, false_alarms_per_year=1.0, smallest_px=20.0),
                   structures=Structures(site=_SITE, records=found))


def _holds(rows: object) -> dict[str, bool | None]:
    return {row.metric: row.holds for row in rows}


def test_a_structure_where_the_moved_truth_lies_is_found_dated_and_complete():
    rows = {row.metric: row for row in structure_rows(_outcome(_HALL))}
    assert rows["hall: found"].measured == "1.00 (IoU 1.00) by S1, new structure"
    assert rows["hall: found"].holds
    assert rows["hall: dated"].holds
    assert rows["other structures reported"].measured == "0"
    assert not any(row.holds is False for row in rows.values())


def test_a_structure_of_another_class_is_not_the_new_one():
    holds = _holds(structure_rows(_outcome(replace(_HALL, class_="altered structure"))))
    assert holds["hall: found"] is False


def test_a_structure_that_is_missed_counts_against_the_case_only_where_it_promised_to_find_it():
    missed = _outcome()
    assert _holds(structure_rows(missed))["hall: found"] is False
    strict = replace(missed, changes=replace(missed.changes, smallest_px=500.0))
    assert _holds(structure_rows(strict))["hall: found"] is True


def test_a_wrong_date_and_a_phase_in_a_quiet_season_are_told():
    winter = Between(after=datetime(2020, 1, 10, tzinfo=UTC), by=datetime(2020, 1, 20, tzinfo=UTC))
    holds = _holds(structure_rows(_outcome(replace(_HALL, phases=(Phase(name="ground works", between=winter),)))))
    assert holds["hall: dated"] is True
    assert holds["hall: ground works"] is False
    assert holds["dated to winter"] is False


def test_a_structure_in_a_control_is_told():
    false = replace(_HALL, id="S2", outline=box(38, -18, 46, -10))
    rows = {row.metric: row for row in structure_rows(_outcome(_HALL, false))}
    assert rows["structures in the controls"].holds is False
    assert rows["structures in the controls"].note == "S2 in lawn"
    assert "on lawn" in rows["- S2"].note


@pytest.mark.parametrize("is_used", [False, True])
def test_a_cloudy_frame_counts_unless_it_is_taken_for_clear(is_used):
    holds = _holds(frame_rows(_outcome(_HALL, cloudy_is_used=is_used)))
    assert holds["cloudy frames handled"] is not is_used
    assert holds["frames without cloud that are lost"] is True
    assert holds["shifts: median distance to the reference"] is True


@pytest.mark.parametrize(("value", "agrees"), [(210.0, True), (400.0, False)])
def test_a_size_agrees_within_what_both_do_not_know(value, agrees):
    area = Quantity(value=value, low=value - 10, high=value + 10, unit="m²", method="test")
    told = Measurements(site=_SITE, records=(Measurement(subject="S1", what="area", value=area, scenes=()),))
    assert _holds(measurement_rows(replace(_outcome(_HALL), measurements=told))) == {"hall: area": agrees}


def test_without_the_real_images_the_benchmark_says_so_and_is_content(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SITEWATCH_SHARED", str(tmp_path))
    assert real_cases.main([]) == 0
    assert "SITEWATCH_SHARED" in capsys.readouterr().out
