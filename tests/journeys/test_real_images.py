"""A user's way through real images: a new case of a piece of a real series, run, shown and verified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window
from shapely import Polygon
from shapely.geometry import shape
from tests.folders import without_trials
from tests.shared import SHARED, needs

from sitewatch.case import Case
from sitewatch.geo import WGS84, read_features, reproject

_CASE = SHARED / "cases" / "dubai-warehouses"
# Around the rows of warehouses, with seven times as much ground beside them: a site that is mostly new has no typical
# view that its earliest looks could resemble.
_PIECE = Window(90, 70, 96, 96)
_ROWS = ("row_2_mid", "row_3_sw")

pytestmark = needs("cases/dubai-warehouses/images")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of every third look, made and run as a user would."""
    folder = tmp_path_factory.mktemp("real")
    images = folder / "images"
    images.mkdir()
    for file in sorted((_CASE / "images").glob("*.tif"))[::3]:
        _cut(file, images / file.name)
    made = _sitewatch("new", folder / "rows", "--images", images, "--sensor", "sentinel-2-rgb")
    assert made.returncode == 0, made.stderr
    without_trials(Case.open(folder / "rows"))
    ran = _sitewatch("run", folder / "rows")
    assert ran.returncode == 10, ran.stderr
    return folder / "rows"


def test_a_row_of_warehouses_is_found_and_dated(case):
    told = json.loads(_sitewatch("show", case, "structures", "--json").stdout)
    truths = _truths()
    found = [feature for feature in told["features"] if feature["properties"]["class"] == "new structure"
             and any(_is_row(feature, *truths[name]) for name in _ROWS)]
    assert found


def test_every_hash_and_every_number_holds_when_computed_again(case):
    done = _sitewatch("verify", case, "--json")
    told = json.loads(done.stdout)
    assert [check for check in told["checks"] if not check["holds"]] == []
    assert told["holds"]
    assert done.returncode == 0


def _is_row(feature: dict[str, Any], row: Polygon, came: tuple[str, str]) -> bool:
    """At least half of the row is covered, and one moment lies in both brackets."""
    told = feature["properties"]
    covered = shape(feature["geometry"]).intersection(row).area / row.area
    return covered >= 0.5 and max(told["first_after"] or "", came[0]) < min(told["first_by"] or "9999", came[1])


def _truths() -> dict[str, tuple[Polygon, tuple[str, str]]]:
    """Outline in longitude and latitude, and between which days the first roof was seen to come."""
    features, crs = read_features((_CASE / "structures.geojson").read_text(), "structures.geojson")
    return {told["name"]: (reproject(outline, crs, WGS84), (f"{told['first_roof_after']}T00:00:00Z",
                                                            f"{told['first_roof_by']}T00:00:00Z"))
            for told, outline in features}


def _cut(file: Path, to: Path) -> None:
    """A piece of an image with its place and its date."""
    with rasterio.open(file) as image:
        pixels, taken = image.read(window=_PIECE), image.tags()["TIFFTAG_DATETIME"]
        place = {"crs": image.crs, "transform": image.transform @ Affine.translation(_PIECE.col_off, _PIECE.row_off)}
    with rasterio.open(to, "w", driver="GTiff", width=_PIECE.width, height=_PIECE.height, count=len(pixels),
                       dtype=pixels.dtype, **place) as piece:
        piece.write(pixels)
        piece.update_tags(TIFFTAG_DATETIME=taken)


def _sitewatch(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as a user has it."""
    return subprocess.run([sys.executable, "-m", "sitewatch.cli", *map(str, arguments)], capture_output=True,
                          text=True, check=False)
