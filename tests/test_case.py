"""A case: pulled through its table of stages, resumed after anything, verified from its kept pixels."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from shapely import box

import sitewatch
from sitewatch import case as case_module
from sitewatch.case import STAGES, Case, NewCase, Stage
from sitewatch.errors import CaseFileError, InputError
from sitewatch.geo import read_image, square_around, utm_grid, write_geotiff
from sitewatch.model import (
    Between,
    Change,
    Changes,
    Finding,
    Findings,
    Measurement,
    Measurements,
    Quantity,
    Report,
    SceneFit,
    Stack,
    Structure,
    Structures,
)

AREA = square_around(39.9, 127.6, 120)
GRID = utm_grid(AREA, 3.0)
CALLS: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    share: float = 1 / 3


def _stack(scenes, options, progress=None):
    CALLS.append("stack")
    values = np.stack([read_image(scene.assets[0].kept.path)[:1] for scene in scenes.scenes])
    fits = tuple(SceneFit(scene=s.id, taken=s.taken, used=True, shift_x_px=1 / 7, shift_y_px=0.0, shift_sigma_px=0.1)
                 for s in scenes.scenes)
    coords = {"time": np.array([s.taken.replace(tzinfo=None) for s in scenes.scenes], "datetime64[ns]"),
              "scene": ("time", [s.id for s in scenes.scenes]), "band": ["pan"]}
    data = xr.Dataset({"values": (("time", "band", "y", "x"), values)}, coords=coords, attrs={"blur_px": 0.7})
    return Stack(site=scenes.site, scenes=scenes, data=data, fits=fits)


def _changes(stack, options):
    CALLS.append("changes")
    left, bottom, _, _ = stack.site.grid.boundingbox
    step = float(np.nanmean(stack.values[-1]) - np.nanmean(stack.values[0]))
    change = Change(id="c-1", outline=box(left + 3, bottom + 3, left + 33, bottom + 24), kind="appeared", step=(step,),
                    between=Between(after=stack.fits[0].taken, by=stack.fits[-1].taken), strength=step / 3,
                    false_alarms=0.01, chance=0.95)
    return Changes(site=stack.site, records=(change,), threshold=options.share, false_alarms_per_year=0.1,
                   smallest_px=7.0)


def _structures(changes, stack):
    CALLS.append("structures")
    records = [Structure(id=c.id.replace("c", "s"), label="hall", outline=c.outline, class_="new structure",
                         chance=c.chance, first=c.between, last=Between(), changes=(c.id,)) for c in changes]
    return Structures(site=stack.site, records=tuple(records))


def _measurements(structures, stack, progress=None):
    CALLS.append("measurements")
    area = [s.outline.area for s in structures]
    records = [Measurement(subject=s.id, what="area", scenes=(stack.fits[0].scene,), value=Quantity(
        value=a, low=a * 0.9, high=a * 1.1, unit="m²", method="test")) for s, a in zip(structures, area, strict=True)]
    return Measurements(site=stack.site, records=tuple(records))


def _findings(changes, structures, measurements, stack):
    CALLS.append("claims")
    value = measurements.records[0].value.value
    return Findings(site=stack.site, title=f"A hall at {stack.site.name}", records=(
        Finding(id="f-1", text=f"{value:.1f} m² in {len(stack.fits)} looks", layer="measured", evidence=("s-1",)),))


def _report(findings, changes, structures, measurements, stack, provenance):
    CALLS.append("report")
    page = "\n".join([findings.title, *(f.text for f in findings), *(f"{k}={v}" for k, v in provenance.items())])
    return Report(title=findings.title, files={"index.html": page.encode(), "img/a.png": b"\x89PNG"})


@pytest.fixture(autouse=True)
def table(monkeypatch):
    """Stages that are quick and whose results anybody can check by hand."""
    CALLS.clear()
    quick = {"stack": (_stack, Options), "changes": (_changes, Options), "structures": (_structures, None),
             "measurements": (_measurements, None), "claims": (_findings, None), "report": (_report, None)}
    rows = {stage: Stage(quick[stage][0], row.inputs, quick[stage][1], 1) if stage in quick else row
            for stage, row in STAGES.items()}
    monkeypatch.setattr(case_module, "STAGES", rows)
    return rows


def _image(folder: Path, day: int) -> None:
    pixels = np.random.default_rng(day).integers(1, 99 + day, (1, *GRID.shape), np.uint8)
    write_geotiff(folder / f"2024-03-{day:02d}.tif", pixels, GRID)


@pytest.fixture
def images(tmp_path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for day in (1, 5, 9):
        _image(folder, day)
    return folder


@pytest.fixture
def case(tmp_path, images) -> Case:
    return Case.new(tmp_path / "hill", NewCase(images=images, area=AREA, gsd_m=3.0, name="Hill", question="What?"))


def _failed(case: Case) -> list[str]:
    return [check.what for check in Case.open(case.folder).verify() if not check.holds]


def test_a_case_is_computed_once_and_then_only_loaded(case):
    steps = case.run()
    assert [(step.stage, step.computed) for step in steps] == [(stage, True) for stage in STAGES]
    assert CALLS == ["stack", "changes", "structures", "measurements", "claims", "report"]
    again = Case.open(case.folder)
    started = time.perf_counter()
    assert [step.computed for step in again.run()] == [False] * 7
    assert time.perf_counter() - started < 2
    assert [step.run_id for step in again.run()] == [step.run_id for step in steps]
    assert len(CALLS) == 6


def test_what_is_computed_equals_what_is_loaded(case):
    case.run()
    loaded = Case.open(case.folder)
    for stage in ("changes", "structures", "measurements", "findings", "scenes"):
        assert getattr(case, stage)() == getattr(loaded, stage)()
    assert case.stack().data.identical(loaded.stack().data)
    assert case.stack().fits == loaded.stack().fits
    assert case.report() == loaded.report()
    assert len(CALLS) == 6


def test_a_record_pulls_only_what_it_needs(case):
    assert case.structures()["s-1"].label == "hall"
    assert CALLS == ["stack", "changes", "structures"]
    assert case.report().title == "A hall at Hill"
    assert (case.report().path / "index.html").is_file()


def test_a_run_stops_where_it_is_told(case):
    assert [step.stage for step in case.run("changes")] == ["scenes", "stack", "changes"]
    with pytest.raises(InputError, match="no stage"):
        case.run("everything")


def test_a_changed_option_recomputes_only_what_depends_on_it(case):
    case.run()
    with (case.folder / "case.yaml").open("a") as file:
        file.write("changes:\n  share: 0.5\n")
    CALLS.clear()
    steps = Case.open(case.folder).run()
    assert [step.stage for step in steps if step.computed] == ["changes", "structures", "measurements", "claims",
                                                              "report"]
    assert Case.open(case.folder).changes().threshold == 0.5


def test_a_changed_question_recomputes_only_the_words(case):
    case.run()
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace('"What?"', '"Why?"'))
    assert [s.stage for s in Case.open(case.folder).run() if s.computed] == ["claims", "report"]


def test_a_new_image_in_the_folder_is_noticed(case, images):
    case.run()
    _image(images, 12)
    steps = Case.open(case.folder).run()
    assert all(step.computed for step in steps)
    assert [scene.id for scene in Case.open(case.folder).scenes().scenes][-1].startswith("2024-03-12")
    assert _failed(case) == []


def test_a_finished_case_verifies_without_its_source(case, images):
    case.run()
    shutil.rmtree(images)
    assert _failed(case) == []
    checks = {check.what: check.detail for check in case.verify()}
    assert {f"{stage} computed again" for stage in STAGES if stage != "scenes"} <= set(checks)
    assert sum(what.startswith("pixels/") for what in checks) >= 3
    assert "log/sitewatch.jsonl" in checks


def test_a_source_that_is_gone_leaves_what_was_kept(case, images):
    case.run()
    shutil.rmtree(images)
    steps = Case.open(case.folder).run()
    assert not any(step.computed for step in steps)
    assert "gone" in steps[0].note


def test_a_source_that_was_emptied_leaves_what_was_kept_and_says_so(case, images):
    case.run()
    for file in images.iterdir():
        file.unlink()
    steps = Case.open(case.folder).run()
    assert not any(step.computed for step in steps)
    assert "what was kept is used" in steps[0].note
    assert _failed(case) == []


def test_a_kept_file_that_was_lost_comes_back_only_as_what_it_was(case, images):
    case.run()
    kept = case.scenes().scenes[0].assets[0].kept.path
    was = kept.read_bytes()
    kept.unlink()
    Case.open(case.folder).run()
    assert kept.read_bytes() == was
    kept.unlink()
    source = images / kept.name
    pixels = read_image(source)
    write_geotiff(source, (pixels + 1).astype(np.uint8), GRID)
    with pytest.raises(InputError, match="the source changed the file"):
        Case.open(case.folder).run()
    assert not kept.exists()


def test_a_source_that_was_never_there_is_an_error(case, images):
    shutil.rmtree(images)
    with pytest.raises(InputError, match="there is no"):
        case.run()


def test_another_folder_with_the_same_file_names_is_not_taken_for_the_old_one(case, images, tmp_path):
    case.run()
    other = tmp_path / "others"
    other.mkdir()
    write_geotiff(other / "2024-03-01.tif", np.full((1, *GRID.shape), 7, np.uint8), GRID)
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace("../images", "../others"))
    with pytest.raises(InputError, match="never overwritten"):
        Case.open(case.folder).run()
    shutil.rmtree(other)
    images.rename(other)
    steps = Case.open(case.folder).run()
    assert [step.computed for step in steps] == [True] + [False] * 6
    assert not any(step.computed for step in Case.open(case.folder).run())


def test_verify_reads_only(case):
    case.run()
    before = {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")}
    case.verify()
    assert {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")} == before


def test_a_case_that_ran_only_in_part_verifies_in_part(case):
    with pytest.raises(InputError, match="nothing to verify"):
        case.verify()
    case.run("changes")
    assert _failed(case) == []


def test_a_tampered_pixel_fails_verification(case):
    case.run()
    pixel = min(case.folder.glob("pixels/*/*.tif"))
    write_geotiff(pixel, np.zeros((1, *GRID.shape), np.uint8), GRID)
    failed = _failed(case)
    assert pixel.relative_to(case.folder).as_posix() in failed
    assert "changes computed again" in failed


@pytest.mark.parametrize(("path", "old", "new"), [
    ("results/stack.csv", "0.142857", "0.152857"), ("results/changes.geojson", '"chance": 0.95', '"chance": 0.99'),
    ("results/structures.geojson", "hall", "dome"), ("results/measurements.csv", ",630.0", ",930.0"),
    ("results/findings.yaml", "3 looks", "9 looks"), ("report/index.html", "3 looks", "9 looks"),
    ("scenes/catalog.json", "hill", "dale")])
def test_a_tampered_result_fails_verification_and_is_recomputed(case, path, old, new):
    case.run()
    file = case.folder / path
    good = file.read_text()
    assert old in good or path == "results/measurements.csv"
    file.write_text(good.replace(old, new, 1) if old in good else good.replace("0.9,test", "0.8,test"))
    assert path in _failed(case)
    steps = [step for step in Case.open(case.folder).run() if step.computed]
    assert len(steps) == 1
    assert path in steps[0].note
    assert file.read_text() == good
    assert _failed(case) == []


def test_a_result_forged_together_with_its_run_fails_when_computed_again(case):
    step = case.run("changes")[-1]
    result, run = case.folder / "results/changes.geojson", case.folder / f"runs/{step.run_id}.json"
    record = json.loads(run.read_text())
    result.write_text(result.read_text().replace('"chance": 0.95', '"chance": 0.99'))
    record["outputs"]["results/changes.geojson"] = hashlib.sha256(result.read_bytes()).hexdigest()
    run.write_text(json.dumps(record))
    assert _failed(case) == [f"runs/{step.run_id}.json", "changes computed again"]


def test_a_truncated_result_is_recomputed_and_the_run_says_so(case):
    case.run()
    (case.folder / "results/structures.geojson").write_text('{"type": "Feat')
    step = next(step for step in Case.open(case.folder).run() if step.stage == "structures")
    assert step.computed
    assert "results/structures.geojson" in step.note
    log = (case.folder / "log/sitewatch.jsonl").read_text()
    assert "again: results/structures.geojson" in log


def test_a_tampered_log_fails_verification(case):
    case.run()
    path = case.folder / "log/sitewatch.jsonl"
    path.write_text(path.read_text().replace('"stage": "changes"', '"stage": "chances"'))
    assert "log/sitewatch.jsonl" in _failed(case)


def test_a_deleted_cache_is_made_again_silently(case):
    first = case.stack()
    case.run()
    shutil.rmtree(case.folder / ".cache")
    assert not any(step.computed for step in Case.open(case.folder).run())
    assert Case.open(case.folder).stack().data.identical(first.data)
    assert list((case.folder / ".cache").glob("stack-*.zarr"))


def test_the_report_is_the_same_to_the_byte_wherever_the_case_lies(case, tmp_path):
    case.run()
    page = (case.folder / "report/index.html").read_bytes()
    moved = tmp_path / "elsewhere" / "case"
    shutil.copytree(case.folder, moved)
    shutil.rmtree(moved / "report")
    Case.open(moved).run()
    assert (moved / "report/index.html").read_bytes() == page
    assert b"run:stack=" in page
    assert b"sitewatch verify" in page


def test_a_failing_stage_leaves_the_earlier_ones(case, table):
    def broken(changes, stack):
        raise InputError("no")
    table["structures"] = table["structures"]._replace(function=broken)
    with pytest.raises(InputError, match="no"):
        case.run()
    table["structures"] = table["structures"]._replace(function=_structures)
    assert [step.computed for step in Case.open(case.folder).run()] == [False] * 3 + [True] * 4


_KILLED = textwrap.dedent("""
    import sys
    from sitewatch.case import Case
    from sitewatch.sources.folder import FolderSource

    opened, plain_open = [], FolderSource.open
    def slow(self, asset):
        for block in plain_open(self, asset):
            yield block
        opened.append(asset)
        if len(opened) == 2:
            print("half", flush=True)
            sys.stdin.read()
    FolderSource.open = slow
    Case.open(sys.argv[1]).scenes()
""")


def test_a_killed_run_resumes_with_what_it_had_kept(case, monkeypatch):
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(case.folder)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout.readline() == "half\n"
        os.kill(killed.pid, signal.SIGKILL)
    kept = {path: path.stat().st_ino for path in case.folder.glob("pixels/*/*.tif")}
    assert len(kept) == 1
    case.run()
    after = {path: path.stat().st_ino for path in case.folder.glob("pixels/*/*.tif")}
    assert len(after) == 3
    assert kept.items() <= after.items()
    assert list(case.folder.rglob(".sitewatch-*")) == []
    assert _failed(case) == []


def test_a_new_case_never_overwrites_one_and_leaves_nothing_behind_when_it_fails(case, images, tmp_path):
    with pytest.raises(InputError, match="already holds a case"):
        Case.new(case.folder, NewCase(images=images))
    with pytest.raises(InputError):
        Case.new(tmp_path / "none", NewCase(images=tmp_path / "nothing"))
    with pytest.raises(InputError):
        Case.new(tmp_path / "none", NewCase())
    assert not (tmp_path / "none").exists()


def test_a_new_case_is_named_and_placed_as_asked(case, images):
    assert (case.site.slug, case.site.name, case.site.question) == ("hill", "Hill", "What?")
    assert case.site.grid == GRID
    assert "path: \"../images\"" in (case.folder / "case.yaml").read_text()
    plain = Case.new(case.folder.parent / "Plain Place", NewCase(images=images))
    assert plain.site.slug == "plain-place"
    assert plain.site.grid.crs == GRID.crs


def test_unknown_options_and_sources_are_named_with_their_line(case):
    path = case.folder / "case.yaml"
    text = path.read_text()
    path.write_text(text + "stack:\n  shares: 0.5\n")
    line = len(text.splitlines()) + 2
    with pytest.raises(CaseFileError, match=rf"case\.yaml:{line}: stack\.shares: is not known here"):
        Case.open(case.folder)
    for old, new, key in (('kind: "folder"', 'kind: "floppy"', "kind"), ('path: "', 'paths: 3, path: "', "paths")):
        path.write_text(text.replace(old, new))
        with pytest.raises(CaseFileError, match=rf"case\.yaml:\d+: scenes\.sources\[0\]\.{key}"):
            Case.open(case.folder).run()


def test_the_demo_is_a_case_of_the_simulated_place(tmp_path):
    demo = Case.demo(tmp_path / "demo")
    assert demo.site.references
    assert demo.site.controls
    assert 'kind: "simulated"' in (demo.folder / "case.yaml").read_text()
    with pytest.raises(InputError, match="already holds a case"):
        Case.demo(tmp_path / "demo")


def test_a_span_leaves_out_what_was_kept_outside_it(case):
    scenes = case.scenes().scenes
    case.run()
    start = (scenes[0].taken + timedelta(days=1)).date()
    text = (case.folder / "case.yaml").read_text()
    (case.folder / "case.yaml").write_text(text.replace("start: null", f"start: {start}"))
    assert [s.id for s in Case.open(case.folder).scenes().scenes] == [s.id for s in scenes[1:]]


def test_importing_sitewatch_is_quick_and_gives_the_public_names():
    code = "import sys, sitewatch; assert not {'numpy', 'rasterio', 'cv2'} & set(sys.modules); sitewatch.Case"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert set(sitewatch.__all__) <= set(dir(sitewatch))
    assert all(getattr(sitewatch, name) is not None for name in sitewatch.__all__)


def test_the_order_of_the_table_lets_every_stage_follow_its_inputs():
    seen: list[str] = []
    for stage, row in STAGES.items():
        assert set(row.inputs) <= set(seen)
        seen.append(stage)
