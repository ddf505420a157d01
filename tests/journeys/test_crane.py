"""A small thing in images fine enough for it: a crane that is gone, from the pixels to the verdict on who said so."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import yaml
from tests.folders import without_trials

from sitewatch.case import Case, NewCase
from sitewatch.geo import to_lonlat
from sitewatch.sources.simulated import deliver, read_world, truth_of

_WORLD = """
title: A crane (simulated)
about: a bridge crane is taken away
question: Is the crane gone?
latitude: 39.92
size: [150, 150]
land: fields
climate: {cloud: 0.45, wettest: 7, snow: 0.1, haze: 0.045}
looks: [{sensor: skysat, start: 2023-06-04, end: 2024-10-31, every_days: 16, max_cloud: 0.25}]
things:
  - {kind: way, points: [[-20, 120], [170, 110]], width: 8, surface: asphalt}
  - {kind: patch, at: [75, 80], size: [90, 50], turn: 0, surface: packed earth}
  - {kind: hall, at: [40, 30], size: [40, 20], turn: -17, height: 8, surface: grey roof}
  - {id: crane, kind: crane, at: [85, 80], size: [26, 3], height: 12, track: 40, about: a bridge crane,
     steps: [{do: removed, from: 2024-03-12, to: 2024-03-15}]}
"""
_TEXT = "The bridge crane was removed in the spring. It had been there on 1 May 2024."


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The crane's place seen with pixels of 0.5 m, and two statements about it."""
    return _case(tmp_path_factory.mktemp("crane"), _WORLD, "2024-03/2024-05")


def _case(folder: Path, text: str, gone: str, seed: int = 0, mark: str = "") -> Case:
    """The world's case with two statements about the crane, which a person may have marked."""
    (folder / "crane.yaml").write_text(text, encoding="utf-8")
    world = read_world(str(folder / "crane.yaml"))
    made = Case.new(folder / "case", NewCase(images=deliver(world, seed, folder / "out") / "scenes", name="Yard"))
    [crane] = [thing for thing in truth_of(world).objects if thing.id == "crane"]
    spot = to_lonlat(crane.on_grid.centroid, made.site.grid)
    _quote(made.folder, spot, gone)
    if mark:
        file = made.folder / "case.yaml"
        marked = f"marks: [{{id: crane, at: [{spot.x:.7f}, {spot.y:.7f}], {mark}}}]"
        file.write_text(file.read_text(encoding="utf-8").replace("marks: []", marked), encoding="utf-8")
    return without_trials(Case.open(made.folder))


def _quote(folder: Path, spot, gone: str) -> None:
    (folder / "documents").mkdir()
    (folder / "documents" / "paper.txt").write_text(_TEXT, encoding="utf-8")
    sha256 = hashlib.sha256(_TEXT.encode()).hexdigest()
    (folder / "documents" / "paper.yaml").write_text(f"publisher: Paper\nsha256: {sha256}\n", encoding="utf-8")
    entity = {"id": "crane", "type": "crane", "at": [round(spot.x, 6), round(spot.y, 6)]}
    (folder / "names.yaml").write_text(yaml.safe_dump({"entities": [entity]}), encoding="utf-8")
    claims = [{"id": "gone", "kind": "observation", "triple": ["crane", "removed", ""], "observed": gone,
               "quote": "The bridge crane was removed in the spring"},
              {"id": "there", "kind": "observation", "triple": ["crane", "present_on", ""], "observed": "2024-05",
               "quote": "It had been there on 1 May 2024"}]
    (folder / "claims.yaml").write_text(yaml.safe_dump({"claims": claims}), encoding="utf-8")


def test_a_crane_that_is_gone_is_seen_to_be_gone_in_images_of_half_a_metre(case):
    checks = case.checks()
    assert {check.claim.id: check.verdict for check in checks} == {"gone": "supported", "there": "refuted"}
    assert "was last present on 2024-0" in checks["gone"].why


def _pair(folder: Path, days: str, seed: int) -> Case:
    """Two looks, one on each side of the day on which the crane goes, if it goes between them; it is marked."""
    looks = f"looks: [{{sensor: skysat, days: [{days}]}}]"
    text = re.sub(r"looks: .*", looks, _WORLD).replace("cloud: 0.45", "cloud: 0.01")
    return _case(folder, text, "before 2024-06-30", seed, "size_m: [26, 3], turn_deg: 0, seen: 2023-06-20")


def test_two_looks_of_half_a_metre_tell_that_a_marked_crane_is_gone_and_how_often_chance_does_that(tmp_path):
    checks = _pair(tmp_path, "2023-06-20, 2024-06-10", seed=3).checks()
    assert checks["gone"].verdict == "supported"
    assert "last present on 2023-06-20" in checks["gone"].why
    assert "of 400 other places of its shape 0 do as much" in checks["gone"].why
    assert checks["gone"].chance < 0.97   # of 400 places none: no surer than that
    assert checks["there"].verdict == "cannot tell"   # on 1 May nobody looked
