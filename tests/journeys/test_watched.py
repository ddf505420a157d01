"""A place that is watched: what a run gives after its passes is what one run of all images gives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sitewatch.case import Case, NewCase
from sitewatch.sources.simulated import deliver, read_world
from sitewatch.watch import watch_cases

_WORLD = """
title: A hall (simulated)
about: a hall is built in a field
question: What was built?
latitude: 39.92
size: [210, 210]
land: fields
climate: {cloud: 0.4, wettest: 7, snow: 0.0, haze: 0.04}
looks: [{sensor: planetscope-4, start: 2023-03-04, end: 2024-06-30, every_days: 24, max_cloud: 0.2}]
things:
  - {kind: way, points: [[-20, 180], [230, 170]], width: 8, surface: asphalt}
  - {id: hall, kind: hall, at: [90, 80], size: [54, 33], turn: -17, height: 8, surface: white roof,
     steps: [{do: foundation, from: 2023-10-02, to: 2023-10-04}, {do: walls, from: 2023-10-04, to: 2023-10-08},
             {do: roof, from: 2023-10-12, to: 2023-10-15}]}
"""


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """The files of each look, in order of time."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "hall.yaml").write_text(_WORLD, encoding="utf-8")
    scenes = deliver(read_world(str(folder / "hall.yaml")), 0, folder / "out") / "scenes"
    return [sorted(scenes.glob(f"{item.stem}*")) for item in sorted(scenes.glob("*.json"))]


def test_a_pass_and_a_run_give_what_one_run_of_all_images_gives(looks, tmp_path):
    cases, images, fresh = tmp_path / "cases", tmp_path / "images", tmp_path / "fresh" / "hall"
    _arrive(looks[:-1], images)
    watched = Case.new(cases / "hall", NewCase(images=images, name="Hall")).folder
    with (watched / "case.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstructures:\n  trials: 1\n")
    watch_cases(cases)
    _arrive(looks[-1:], images)
    [outcome] = watch_cases(cases).found.outcomes
    assert (outcome.state, outcome.new_looks, outcome.clear_looks) == ("nothing new", 1, 1)
    assert not Case.open(watched).is_current("report")
    shutil.rmtree(watched / ".cache")
    Case.open(watched).run()
    fresh.mkdir(parents=True)
    shutil.copy(watched / "case.yaml", fresh)
    case = Case.open(fresh)
    case.run()
    assert [one.class_ for one in case.structures().changed] == ["new structure"]
    assert case.structures().trials
    assert _files(watched) == _files(fresh)


def _arrive(looks: list[list[Path]], images: Path) -> None:
    images.mkdir(exist_ok=True)
    for path in (path for look in looks for path in look):
        os.link(path, images / path.name)


def _files(case: Path) -> dict[str, bytes]:
    return {path.relative_to(case).as_posix(): path.read_bytes() for part in ("results", "report")
            for path in sorted((case / part).rglob("*")) if path.is_file()}
