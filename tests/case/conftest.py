"""A small case and the quick stages that compute it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.case.hill import (
    AREA,
    CALLS,
    Options,
    changes_of,
    findings_of,
    image,
    measurements_of,
    report_of,
    stack_of,
    structures_of,
)

from sitewatch.case import STAGES, Case, NewCase, Stage


@pytest.fixture(autouse=True)
def table(monkeypatch):
    """Stages that are quick and whose results anybody can check by hand."""
    CALLS.clear()
    quick = {"stack": (stack_of, Options), "changes": (changes_of, Options), "structures": (structures_of, None),
             "measurements": (measurements_of, None), "claims": (findings_of, None), "report": (report_of, None)}
    for stage, (function, options) in quick.items():
        monkeypatch.setitem(STAGES, stage, Stage(function, STAGES[stage].inputs, options, 1))
    return STAGES


@pytest.fixture
def images(tmp_path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for day in (1, 5, 9):
        image(folder, day)
    return folder


@pytest.fixture
def case(tmp_path, images) -> Case:
    return Case.new(tmp_path / "hill", NewCase(images=images, area=AREA, gsd_m=3.0, name="Hill", question="What?"))
