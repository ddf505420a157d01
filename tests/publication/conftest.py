"""A small case with quick stages and the real page, ready to be published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.case.hill import (
    AREA,
    Options,
    changes_of,
    findings_of,
    image,
    measurements_of,
    stack_of,
    structures_of,
)

from sitewatch.case import STAGES, Case, NewCase, Stage
from sitewatch.model import Changes, Finding, Findings, Measurements, Stack, Structures

STATED = """
publish:
  version: 1
  date: 2024-04-01
  publisher: Hill Watch
  contact: corrections@example.org
  licence: CC-BY-4.0
  ai_use: none
  dates: acquisition
  scenes: {licence: CC-BY-4.0, credit: "Image © 2024 Hill Air"}
  harm_review: {by: A. Editor, date: 2024-03-30, outcome: publish, withheld: nothing}
"""


def findings_with_limits(changes: Changes, structures: Structures, measurements: Measurements,
                         stack: Stack) -> Findings:
    """What the quick stage says, and what cannot be told."""
    found = findings_of(changes, structures, measurements, stack)
    unknown = Finding(id="f-2", text="What it is for cannot be told.", layer="unknown", evidence=())
    return replace(found, records=(*found.records, unknown))


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages whose results anybody can check by hand; the report's own is the real one."""
    quick = {"stack": (stack_of, Options), "changes": (changes_of, Options), "structures": (structures_of, None),
             "measurements": (measurements_of, None), "claims": (findings_with_limits, None)}
    for stage, (function, options) in quick.items():
        monkeypatch.setitem(STAGES, stage, Stage(function, STAGES[stage].inputs, options, 1))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for day in (1, 5, 9):
        image(folder, day)
    return folder


@pytest.fixture
def case(tmp_path: Path, images: Path) -> Case:
    """The case, its images given away under CC-BY-4.0."""
    made = Case.new(tmp_path / "hill", NewCase(images=images, area=AREA, gsd_m=3.0, name="Hill", question="What?"))
    return restated(made, STATED)


def restated(case: Case, text: str) -> Case:
    """The case with another table ``publish``."""
    file = case.folder / "case.yaml"
    file.write_text(file.read_text().split("\npublish:")[0].rstrip("\n") + "\n" + text, encoding="utf-8")
    return Case.open(case.folder)
