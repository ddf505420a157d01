"""What each command prints, and where."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from subprocess import run as spawn

import pytest

from sitewatch.errors import NotEnoughLooksError
from sitewatch.sources.simulated import read_world, site_of


def test_run_says_what_was_computed_and_leaves_with_10_when_something_changed(case, sitewatch):
    done = sitewatch("run", "yard")
    assert done.code == 10
    assert "computed stack in 1.2 s" in done.err
    assert "first seen between 2024-03-01 and 2024-03-11" in done.out
    assert "612 [560, 670] m²" in done.out
    assert done.out.rstrip().endswith("report: yard/report")


def test_the_interval_of_an_area_stands_with_the_level_that_it_has(case, sitewatch, monkeypatch):
    everything = case.measurements
    assert "area (90 % interval)" in sitewatch("run", "yard").out
    monkeypatch.setattr(case, "measurements", lambda self: type(everything(self))(site=self.site, records=tuple(
        replace(m, value=m.value and replace(m.value, level=0.5)) for m in everything(self))))
    assert "area (50 % interval)" in sitewatch("run", "yard").out


def test_a_reference_is_not_a_change(case, sitewatch, monkeypatch):
    everything = case.structures
    monkeypatch.setattr(case, "structures", lambda self: type(everything(self))(
        site=self.site, records=everything(self).records[1:]))
    done = sitewatch("run", "yard")
    assert done.code == 0
    assert "no structure that appeared, vanished or was altered was found" in done.out


def test_run_says_when_nothing_needed_computing(case, sitewatch):
    case.computed = False
    assert "nothing to compute: every stage is up to date" in sitewatch("run", "yard").err


def test_run_until_an_early_stage_reports_no_changes(case, sitewatch):
    done = sitewatch("run", "yard", "--until", "stack")
    assert (done.code, done.out) == (0, "next: sitewatch show yard stack\n")


def test_run_gives_its_steps_to_machines(case, sitewatch):
    done = sitewatch("run", "yard", "--json")
    assert done.code == 10
    assert done.data["changed"] == ["S1"]
    assert done.data["report"] == "yard/report"
    assert done.data["steps"][1] == {"stage": "stack", "run": "r-stack", "computed": True, "seconds": 1.25}


def test_progress_off_a_terminal_is_one_line_per_phase(case, sitewatch):
    lines = sitewatch("run", "yard", "--until", "scenes").err.splitlines()
    assert lines == ["keep a (1 of 2)", "align (1 of 2)", "computed scenes in 1.2 s"]


def test_progress_on_a_terminal_is_one_bar_per_phase(case, sitewatch, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    drawn = sitewatch("run", "yard").err
    assert [drawn.count(f"{step} ") > 0 for step in ("keep b", "align")] == [True, True]
    assert "keep a" not in drawn.splitlines()[-1]


def test_a_name_in_a_case_cannot_drive_the_terminal(case, sitewatch):
    out = sitewatch("run", "yard").out
    assert "\x1b" not in out
    assert "hall [bold]\N{REPLACEMENT CHARACTER}[31m" in out


@pytest.mark.parametrize("stage", ["scenes", "stack", "changes", "structures", "measurements", "claims", "report"])
def test_every_stage_can_be_shown_to_people_and_machines(case, sitewatch, stage):
    people, machines = sitewatch("show", "yard", stage), sitewatch("show", "yard", stage, "--json")
    assert people.code == machines.code == 0
    assert people.out.strip()
    assert machines.data


def test_the_stack_says_what_placed_each_scene_its_snow_and_how_counts_became_units(case, sitewatch):
    lines = [line.split() for line in sitewatch("show", "yard", "stack").out.splitlines()]
    assert ["s0", "+0.12", "-1.00", "+0.05", "affine", "99%", "25%"] in lines
    assert ["1", "grey", "levels", "as", "\N{REPLACEMENT CHARACTER}[31mdelivered"] in lines
    assert max(map(len, sitewatch("show", "yard", "stack").out.splitlines())) <= 80


def test_scenes_are_shown_even_where_too_few_are_clear_for_a_stack(case, sitewatch, monkeypatch):
    def none(self):
        raise NotEnoughLooksError("only 1 clear look(s).\nAdd images of other dates")
    monkeypatch.setattr(case, "stack", none)
    done = sitewatch("show", "yard", "scenes", "--json")
    assert done.code == 0
    assert [scene["used"] for scene in done.data] == [None, None, False]
    assert done.err.splitlines()[-1] == "note: only 1 clear look(s). Add images of other dates"


def test_report_says_where_it_is_and_opens_only_when_asked(case, sitewatch):
    assert sitewatch("report", "yard").out == "A hall was built\nreport: yard/report\n"
    assert not case.opened_report
    sitewatch("report", "yard", "--open")
    assert case.opened_report


def test_verify_is_quiet_when_all_holds_and_leaves_with_5_when_not(case, sitewatch):
    assert sitewatch("verify", "yard").code == 0
    case.holds = False
    done = sitewatch("verify", "yard", "--json")
    assert done.code == 5
    assert done.data["holds"] is False
    assert done.err.splitlines()[-1].startswith("error: 1 of 2 checks do not hold")


def test_what_a_step_has_to_note_is_said(case, sitewatch):
    case.note = "images is gone: what was kept of it is used"
    assert "note: images is gone" in sitewatch("run", "yard", "--until", "scenes").err


def test_a_second_demo_shows_the_first_ones_case_again(case, sitewatch, tmp_path, monkeypatch):
    (tmp_path / "case.yaml").touch()
    monkeypatch.setattr(case, "demo", None)
    monkeypatch.setattr(case, "place", site_of(read_world("february-11")))
    assert sitewatch("demo", tmp_path).code == 10


def test_the_demo_never_runs_somebody_elses_case(case, sitewatch, tmp_path):
    (tmp_path / "case.yaml").touch()
    done = sitewatch("demo", tmp_path)
    assert done.code == 4
    assert "holds another case" in done.err


def test_demo_goes_into_a_folder_named_demo_unless_told(case, sitewatch, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(case, "place", site_of(read_world("february-11")))
    assert sitewatch("demo").out.rstrip().endswith("report: demo/report")
    assert sitewatch("demo", "else").out.rstrip().endswith("report: else/report")


def test_help_answers_within_the_time_of_a_blink():
    best = min(_worked() for _ in range(3))
    assert best < 0.3, f"{best:.2f} s"


def test_help_loads_no_slow_library():
    code = "import sys, sitewatch.cli; print([m for m in ('numpy', 'rasterio', 'rich', 'xarray') if m in sys.modules])"
    assert spawn([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_json_is_plain_ascii(case, sitewatch):
    assert sitewatch("show", "yard", "measurements", "--json").out.isascii()
    assert json.loads(sitewatch("show", "yard", "measurements", "--json").out)[0]["unit"] == "m²"


def _worked() -> float:
    """Seconds of work: by the clock they would tell of what else the machine does."""
    before = os.times()
    spawn([sys.executable, "-m", "sitewatch.cli", "--help"], capture_output=True, check=True,
          env={**os.environ, "COLUMNS": "80"})
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
