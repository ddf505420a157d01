"""Verified from its kept pixels: whatever is changed by hand is found out."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
from tests.case.hill import GRID, failed

from sitewatch.case import STAGES, Case
from sitewatch.errors import InputError
from sitewatch.geo import write_geotiff


def test_a_finished_case_verifies_without_its_source(case, images):
    case.run()
    shutil.rmtree(images)
    assert failed(case) == []
    checks = {check.what: check.detail for check in case.verify()}
    assert {f"{stage} computed again" for stage in STAGES if stage != "scenes"} <= set(checks)
    assert sum(what.startswith("pixels/") for what in checks) >= 3
    assert "log/sitewatch.jsonl" in checks


def test_verify_reads_only(case):
    case.run()
    before = {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")}
    case.verify()
    assert {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")} == before


def test_a_case_that_ran_only_in_part_verifies_in_part(case):
    with pytest.raises(InputError, match="nothing to verify"):
        case.verify()
    case.run("changes")
    assert failed(case) == []


def test_a_removed_catalogue_fails_verification_and_is_written_again(case):
    case.run()
    (case.folder / "scenes" / "catalog.json").unlink()
    assert failed(case) == ["scenes/catalog.json"]
    Case.open(case.folder).run()
    assert failed(case) == []


def test_a_tampered_pixel_fails_verification(case):
    case.run()
    pixel = min(case.folder.glob("pixels/*/*.tif"))
    write_geotiff(pixel, np.zeros((1, *GRID.shape), np.uint8), GRID)
    found = failed(case)
    assert pixel.relative_to(case.folder).as_posix() in found
    assert "changes computed again" in found


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
    assert path in failed(case)
    steps = [step for step in Case.open(case.folder).run() if step.computed]
    assert len(steps) == 1
    assert path in steps[0].note
    assert file.read_text() == good
    assert failed(case) == []


def test_a_result_forged_together_with_its_run_fails_when_computed_again(case):
    step = case.run("changes")[-1]
    result, run = case.folder / "results/changes.geojson", case.folder / f"runs/{step.run_id}.json"
    record = json.loads(run.read_text())
    result.write_text(result.read_text().replace('"chance": 0.95', '"chance": 0.99'))
    record["outputs"]["results/changes.geojson"] = hashlib.sha256(result.read_bytes()).hexdigest()
    run.write_text(json.dumps(record))
    assert failed(case) == [f"runs/{step.run_id}.json", "changes computed again"]


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
    assert "log/sitewatch.jsonl" in failed(case)


def test_a_deleted_cache_is_made_again_silently(case):
    first = case.stack()
    case.run()
    shutil.rmtree(case.folder / ".cache")
    assert not any(step.computed for step in Case.open(case.folder).run())
    assert Case.open(case.folder).stack().data.identical(first.data)
    assert list((case.folder / ".cache").glob("stack-*.zarr"))


def test_a_case_whose_cache_is_deleted_is_read_on_a_disk_that_takes_nothing(case, monkeypatch):
    first = case.stack()
    case.run()
    shutil.rmtree(case.folder / ".cache")
    def refuses(*_, **__):
        raise OSError(30, "Read-only file system")
    for name in ("pathlib.Path.mkdir", "tempfile.mkdtemp", "tempfile.mkstemp"):
        monkeypatch.setattr(name, refuses)
    again = Case.open(case.folder)
    assert not any(step.computed for step in again.run())
    assert again.stack().data.identical(first.data)
    assert not (case.folder / ".cache").exists()


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
