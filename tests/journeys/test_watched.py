"""A place that is watched: what a run gives after its passes is what one run of all images gives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sitewatch.case import Case, NewCase, glance
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


def _watched(looks: list[list[Path]], folder: Path) -> tuple[Path, Path]:
    """A folder of cases whose one case was watched with these looks, and its images."""
    folder.mkdir(exist_ok=True)
    _arrive(looks, folder / "images")
    Case.new(folder / "cases" / "hall", NewCase(images=folder / "images", name="Hall"))
    watch_cases(folder / "cases")
    return folder / "cases", folder / "images"


def test_news_come_with_the_same_image_at_a_glance_as_when_all_is_computed_anew(looks, tmp_path):
    _watched(looks[:12], tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    told: dict[str, list[list[tuple[str, str]]]] = {"one": [], "two": []}
    for name, passes in told.items():
        for look in looks[12:15]:
            _arrive([look], tmp_path / name / "images")
            [outcome] = watch_cases(tmp_path / name / "cases", glances=name == "one").found.outcomes
            passes.append([(news.kind, news.subject) for news in outcome.news])
    assert told["one"] == told["two"]
    assert [len(news) for news in told["one"]] == [1, 0, 1]


def test_a_glance_is_taken_only_where_nothing_but_images_is_new(looks, tmp_path):
    cases, images = _watched(looks[:16], tmp_path)
    hall = cases / "hall"
    assert glance(Case.open(hall)) is None   # no image is new
    _arrive(looks[16:17], images)
    seen = glance(Case.open(hall))
    assert seen is not None
    assert (len(seen.fits), seen.left) == (16, 1)   # the first of the looks is the catalogue of all
    file, plain = hall / "case.yaml", (hall / "case.yaml").read_text(encoding="utf-8")
    file.write_text(plain + "\nchanges:\n  penalty: 41\n", encoding="utf-8")
    assert glance(Case.open(hall)) is None
    file.write_text(plain, encoding="utf-8")
    _arrive(looks[17:], images)
    assert glance(Case.open(hall)) is None   # too many
    shutil.rmtree(hall / ".cache")
    for path in images.glob(f"{looks[17][0].stem}*"):
        path.unlink()
    assert glance(Case.open(hall)) is None
