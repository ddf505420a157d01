"""The files beside the page open where they are meant to, and show each thing where it is."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geoparquet_validator
import numpy as np
import pyogrio
import pystac.validation
import pytest
from arro3.io import read_parquet
from fastkml.validator import get_schema_parser
from lxml import etree
from PIL import Image
from shapely import from_wkb
from tests.report.yard import DAYS, World, hall, site_in_a_picture, site_on_earth, structure_at, world_of

from sitewatch.geo import to_lonlat
from sitewatch.model import Permit
from sitewatch.report import ReportOptions, compose_exports, compose_kml
from sitewatch.store import check_tables, geopackage, geoparquet, qgis_project

_KML = {"k": "http://www.opengis.net/kml/2.2"}
_HOSTILE = "<script>alert(1)</script> & \u202ehall\u0007 홀"


@pytest.fixture(scope="module")
def world() -> World:
    return world_of()


def _of_many() -> World:
    """Three hundred halls, the first of which has a name that could break a file."""
    site = site_on_earth()
    halls = [structure_at(hall(site, 2 + 4 * (i % 20), 2 + 4 * (i // 20), 3, 2), i) for i in range(300)]
    return world_of(site, (replace(halls[0], label=_HOSTILE), *halls[1:]))


def _kml(world: World, permits: dict[str, Permit] | None = None) -> dict[str, bytes]:
    return compose_kml(world.findings, world.structures, world.measurements, world.stack, permits or {},
                       ReportOptions())


def _sheets(world: World):
    return compose_exports(world.structures, world.measurements, world.stack, {})


def _gpkg(world: World, folder: Path) -> Path:
    file = folder / "case.gpkg"
    file.write_bytes(geopackage(_sheets(world)[0], world.site.grid, DAYS[-1]))
    return file


@pytest.mark.parametrize("make", [world_of, lambda: world_of(structures=()), _of_many])
def test_the_kml_is_valid_by_the_schema_of_ogc(make):
    schema = get_schema_parser()
    assert schema.validate(etree.fromstring(_kml(make())["doc.kml"])), schema.error_log


def test_each_day_has_a_folder_with_its_picture_until_the_next_look(world):
    files = _kml(world)
    overlays = ET.fromstring(files["doc.kml"]).findall(".//k:GroundOverlay", _KML)
    assert len(overlays) == len(DAYS)
    spans = [(o.find(".//k:begin", _KML).text, getattr(o.find(".//k:end", _KML), "text", None)) for o in overlays]
    assert [end for _, end in spans] == [*(begin for begin, _ in spans[1:]), None]
    assert {o.find(".//k:href", _KML).text for o in overlays} == files.keys() - {"doc.kml"}


def test_a_picture_lies_where_it_belongs_on_the_earth(world):
    files = _kml(world)
    overlay = ET.fromstring(files["doc.kml"]).findall(".//k:GroundOverlay", _KML)[-1]
    pixels = np.asarray(Image.open(io.BytesIO(files[overlay.find(".//k:href", _KML).text])).convert("L")) > 215
    north, south, east, west = (float(overlay.find(f".//k:{side}", _KML).text) for side in
                                ("north", "south", "east", "west"))
    rows, columns = np.nonzero(pixels)
    there = (west + (columns.mean() + 0.5) / pixels.shape[1] * (east - west),
             north - (rows.mean() + 0.5) / pixels.shape[0] * (north - south))
    known = to_lonlat(hall(world.site), world.site.grid).centroid
    pixel = (north - south) / pixels.shape[0]
    assert there == pytest.approx((known.x, known.y), abs=pixel)


def test_no_licence_no_picture(world):
    permits = {s.id: Permit(scene=s.id, allows="outline", why="") for s in world.stack.scenes.scenes}
    files = _kml(world, permits)
    assert list(files) == ["doc.kml"]
    assert b"Structure A: present" in files["doc.kml"]


def test_a_name_with_markup_or_control_signs_stays_a_name(world):
    structures = replace(world.structures, records=(structure_at(hall(world.site), label=_HOSTILE),))
    made = _kml(replace(world, structures=structures))["doc.kml"]
    assert get_schema_parser().validate(etree.fromstring(made))
    assert b"<script>" not in made
    assert "홀" in made.decode()
    assert "\u202e" not in made.decode()


def test_a_picture_without_georeference_lies_nowhere_on_earth(tmp_path):
    world = world_of(site=site_in_a_picture())
    assert _kml(world) == {}
    file = _gpkg(world, tmp_path)
    assert pyogrio.read_info(file, layer="structures")["crs"] != "EPSG:4326"
    assert json.loads(_sheets(world)[1]["structures.geojson"])["coordinates_in"] == "pixels"


def test_the_geopackage_holds_every_outline_where_it_is(world, tmp_path):
    file = _gpkg(world, tmp_path)
    found = pyogrio.read_dataframe(file, layer="structures").set_index("id")
    assert found.crs.to_epsg() == 4326
    for structure in world.structures:
        wanted = to_lonlat(structure.outline, world.site.grid)
        assert found.geometry[structure.id].symmetric_difference(wanted).area < 1e-6 * wanted.area
    looks = pyogrio.read_dataframe(file, layer="looks")
    assert len(looks) == sum(len(s.looks) for s in world.structures)
    assert looks["taken"].dt.year.min() == 2022
    assert len(pyogrio.read_dataframe(file, layer="scenes")) == len(world.stack.scenes.scenes)


@pytest.mark.parametrize("make", [world_of, lambda: world_of(structures=()), _of_many,
                                  lambda: world_of(site=site_in_a_picture())])
def test_the_geopackage_is_one_by_its_standard(make, tmp_path):
    """What GDAL's validate_gpkg asks of a file with features and attributes."""
    file = _gpkg(make(), tmp_path)
    base = sqlite3.connect(file)

    def found(query: str) -> list:
        return base.execute(query).fetchall()

    assert file.read_bytes()[:16] == b"SQLite format 3\0"
    assert found("PRAGMA application_id") + found("PRAGMA user_version") == [(0x47504B47,), (10300,)]
    assert found("PRAGMA integrity_check") == [("ok",)]
    assert found("PRAGMA foreign_key_check") == []
    systems = {number: (owner, its) for number, owner, its in found(
        "SELECT srs_id, organization, organization_coordsys_id FROM gpkg_spatial_ref_sys")}
    assert systems == {-1: ("NONE", -1), 0: ("NONE", 0), 4326: ("EPSG", 4326)}
    contents = {row[0]: row[1:] for row in found(
        "SELECT table_name, data_type, srs_id, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents")}
    tables = {name for (name,) in found("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert contents.keys() == {name for name in tables if not name.startswith(("gpkg_", "sqlite_"))}
    spatial = {row[0]: row[1:] for row in found(
        "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns")}
    for table, (kind, system, changed, *bounds) in contents.items():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", changed)
        assert kind == ("features" if table in spatial else "attributes")
        columns = {row[1]: (row[2], row[5]) for row in found(f"PRAGMA table_info('{table}')")}
        assert [kind for kind, is_key in columns.values() if is_key] == ["INTEGER"]
        assert {kind for kind, _ in columns.values()} <= {*"INTEGER TEXT REAL DATETIME BOOLEAN POLYGON".split()}
        if table in spatial:
            column, geometry, its, *dimensions = spatial[table]
            assert (geometry, dimensions) == (columns[column][0], [0, 0])
            assert its == system in systems
            _check_outlines([data for (data,) in found(f"SELECT {column} FROM {table}")], system, bounds)
    styled = {name for (name,) in found("SELECT f_table_name FROM layer_styles WHERE useAsDefault = 1")}
    assert spatial.keys() == styled <= {"structures", "looks", "places"}


def _check_outlines(held: list[bytes], system: int, bounds: list[float]) -> None:
    """Each outline's header, its envelope within that of its table, then a WKB polygon."""
    assert held
    for data in held:
        assert data[:4] == b"GP\0\3"   # version 1, little-endian, with an envelope of x and y
        its, left, right, bottom, top = struct.unpack_from("<i4d", data, 4)
        outline = from_wkb(data[40:])
        assert its == system
        assert outline.geom_type == "Polygon"
        assert (left, bottom, right, top) == outline.bounds
        assert bounds[0] <= left <= right <= bounds[2]
        assert bounds[1] <= bottom <= top <= bounds[3]


@pytest.mark.parametrize("make", [world_of, lambda: world_of(structures=()),
                                  lambda: world_of(site=site_in_a_picture())])
def test_the_parquet_files_conform_to_geoparquet(make):
    world = make()
    for sheet in (sheet for sheet in _sheets(world)[0] if sheet.outlines):
        report = geoparquet_validator.check_bytes(sheet.name, geoparquet(sheet, world.site.grid))
        assert geoparquet_validator.failed(report, "core") == []


def test_the_parquet_files_hold_every_row_where_and_when_it_is(world):
    sheets = {sheet.name: sheet for sheet in _sheets(world)[0]}
    looks = read_parquet(io.BytesIO(geoparquet(sheets["looks"], world.site.grid))).read_all()
    assert looks.num_rows == sum(len(s.looks) for s in world.structures)
    assert {str(day)[:10] for day in looks["taken"].to_pylist()} <= {f"{day:%Y-%m-%d}" for day in DAYS}
    structures = read_parquet(io.BytesIO(geoparquet(sheets["structures"], world.site.grid))).read_all()
    held = dict(zip(structures["id"].to_pylist(), structures["geometry"].to_pylist(), strict=True))
    for structure in world.structures:
        wanted = to_lonlat(structure.outline, world.site.grid)
        assert from_wkb(held[structure.id]).symmetric_difference(wanted).area < 1e-6 * wanted.area


def test_a_table_that_another_hand_wrote_is_found_and_one_of_another_version_is_not_judged(world, tmp_path):
    made = geoparquet(_sheets(world)[0][0], world.site.grid)
    for stored, holds in ((made, True), (made[:60] + bytes([made[60] ^ 1]) + made[61:], False),
                          (made.replace(b"with arro3-io", b"with arro9-io"), None), (None, False)):
        (tmp_path / "a.parquet").unlink(missing_ok=True)
        if stored is not None:
            (tmp_path / "a.parquet").write_bytes(stored)
        assert [check.holds for check in check_tables({"a.parquet": made}, tmp_path)] == [holds]


def test_the_catalogue_of_scenes_is_valid_stac(case):
    """By the schemas of STAC 1.1 that pystac brings; those of its extensions would have to be fetched."""
    case.run()
    items = list((case.folder / "scenes").glob("*.json"))
    assert len(items) == 4
    for path in items:
        plain = json.loads(path.read_text())
        pystac.validation.validate_dict({**plain, "stac_extensions": []})


def test_the_same_records_give_the_same_files(world):
    (sheets, files), (again, others) = _sheets(world), _sheets(world)
    grid = world.site.grid
    assert files == others
    assert geopackage(sheets, grid, DAYS[0]) == geopackage(again, grid, DAYS[0])
    assert geoparquet(sheets[0], grid) == geoparquet(again[0], grid)
    assert qgis_project(sheets, grid, "T", "case.gpkg") == qgis_project(again, grid, "T", "case.gpkg")
    assert _kml(world) == _kml(world)


def test_the_project_finds_its_geopackage_wherever_both_lie(world):
    made = qgis_project(_sheets(world)[0], world.site.grid, _HOSTILE.replace("\u0007", ""), "case.gpkg")
    with zipfile.ZipFile(io.BytesIO(made)) as bundle:
        root = ET.fromstring(bundle.read("case.qgs"))
    sources = [layer.find("datasource").text for layer in root.iter("maplayer")]
    assert sources == [f"./case.gpkg|layername={name}" for name in ("structures", "looks", "places")]
    ids = {layer.find("id").text for layer in root.iter("maplayer")}
    assert ids == {layer.get("id") for layer in root.iter("layer-tree-layer")}
    assert all(len(name) > 10 for name in ids)  # QGIS gives shorter ones another
    assert root.find(".//temporal").get("startField") == "taken"


def test_a_spreadsheet_computes_nothing_of_a_table(world):
    structures = replace(world.structures, records=(structure_at(hall(world.site), label="=HYPERLINK(1)"),))
    data = _sheets(replace(world, structures=structures))[1]["structures.csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0]["label"] == "'=HYPERLINK(1)"


def test_geojson_gives_longitude_before_latitude(world):
    found = json.loads(_sheets(world)[1]["structures.geojson"])
    longitude, latitude = found["features"][0]["geometry"]["coordinates"][0][0]
    assert 55 < longitude < 55.01
    assert 25 < latitude < 25.01
