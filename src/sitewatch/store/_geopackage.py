"""case.gpkg and case.qgz: the tables and outlines for QGIS, styled, opened by a double click.

GeoPackage 1.3 (OGC 12-128r17), written with SQLite itself: a library would write the time of day into it, and the same
case must give the same bytes. An export only; nothing reads it back.
"""

from __future__ import annotations

import io
import re
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from odc.geo.geobox import GeoBox
from shapely import Polygon, to_wkb
from shapely.geometry.polygon import orient

from sitewatch.geo import WGS84, reproject
from sitewatch.model import Sheet
from sitewatch.store._bundle import write_zip
from sitewatch.store._qgis import project, style

__all__ = ["bounds_of", "geopackage", "placed", "qgis_project", "zipped"]

_APPLICATION, _VERSION = 0x47504B47, 10300   # "GPKG", 1.3.0
_SQLITE_VERSION_AT = 96   # of the file: which SQLite wrote it, for information only; the same on every machine here
_SQL = {"text": "TEXT", "number": "REAL", "time": "DATETIME"}
_SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
 organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
 description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
 min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
 CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
 geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
 CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
 CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
 CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT,
 f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
 description TEXT, owner TEXT, ui TEXT, update_time DATETIME);
"""
_WGS84_WKT = ('GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
              'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",'
              '0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],'
              'AUTHORITY["EPSG","4326"]]')
_SYSTEMS = (("Undefined Cartesian", -1, "NONE", -1, "undefined"), ("Undefined geographic", 0, "NONE", 0, "undefined"),
            ("WGS 84", 4326, "EPSG", 4326, _WGS84_WKT))


def geopackage(sheets: Sequence[Sheet], grid: GeoBox, changed: datetime) -> bytes:
    """The sheets as one GeoPackage: outlines in EPSG:4326, or metres of the picture's plane without georeference.

    ``changed`` stands for the last change, since a time of day would differ from run to run.
    """
    base = sqlite3.connect(":memory:", isolation_level=None)
    try:
        base.execute(f"PRAGMA application_id = {_APPLICATION}")
        base.execute(f"PRAGMA user_version = {_VERSION}")
        base.executescript(_SCHEMA)
        base.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", _SYSTEMS)
        # QGIS finds the styles only where their table is registered like the others.
        base.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES "
                     "('layer_styles', 'attributes', 'layer_styles', ?)", (_time(changed),))
        for sheet in sheets:
            _add(base, sheet, grid, _time(changed))
        data = bytearray(base.serialize())
    finally:
        base.close()
    struct.pack_into(">I", data, _SQLITE_VERSION_AT, 3_037_000)
    return bytes(data)


def qgis_project(sheets: Sequence[Sheet], grid: GeoBox, title: str, database: str) -> bytes:
    """A .qgz that opens the GeoPackage beside it, wherever both were put."""
    shapes = [sheet for sheet in sheets if sheet.outlines]
    bounds = bounds_of([outline for sheet in shapes for outline in placed(sheet, grid)])
    return zipped({"case.qgs": project(shapes, title, database, bounds, is_georeferenced=grid.crs is not None)})


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP file in the one way that sitewatch writes them."""
    out = io.BytesIO()
    write_zip(out, files)
    return out.getvalue()


def _add(base: sqlite3.Connection, sheet: Sheet, grid: GeoBox, changed: str) -> None:
    name, shapes = _name(sheet.name), placed(sheet, grid) if sheet.outlines else []
    system = (4326 if grid.crs is not None else -1) if shapes else None
    columns = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", *(["geom POLYGON"] if shapes else []),
               *(f'"{_name(column)}" {_SQL[kind]}' for column, kind in sheet.columns.items())]
    base.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
    base.execute("INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 (name, "features" if shapes else "attributes", sheet.title, "", changed,
                  *(bounds_of(shapes) if shapes else (None,) * 4), system))
    if shapes:
        base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', ?, 0, 0)", (name, system))
        base.execute("INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
                     "styleName, styleQML, useAsDefault, update_time) VALUES ('', '', ?, 'geom', 'default', ?, 1, ?)",
                     (name, ET.tostring(style(sheet), "unicode"), changed))
    marks = ", ".join("?" * (len(sheet.columns) + 1 + bool(shapes)))
    base.executemany(f'INSERT INTO "{name}" VALUES ({marks})', _rows(sheet, shapes, system))


def _rows(sheet: Sheet, shapes: Sequence[Polygon], system: int | None) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(sheet.rows):
        values = (_time(value) if isinstance(value, datetime) else value for value in row)
        yield (number + 1, *([_blob(shapes[number], system or 0)] if shapes else []), *values)


def placed(sheet: Sheet, grid: GeoBox) -> list[Polygon]:
    """The outlines of a sheet in longitude, latitude; as they are without georeference. Rims run counterclockwise."""
    placed = (outline if grid.crs is None else reproject(outline, grid.crs, WGS84) for outline in sheet.outlines)
    return [orient(outline) for outline in placed if isinstance(outline, Polygon)]


def _blob(outline: Polygon, system: int) -> bytes:
    """GeoPackageBinary: little-endian header with the envelope, then WKB."""
    left, bottom, right, top = outline.bounds
    head = b"GP\0\3" + struct.pack("<i4d", system, left, right, bottom, top)
    return head + bytes(to_wkb(outline, byte_order=1, output_dimension=2))


def bounds_of(shapes: Sequence[Polygon]) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of all of them; of the unit square where there are none."""
    bounds = [shape.bounds for shape in shapes] or [(0.0, 0.0, 1.0, 1.0)]
    return (min(b[0] for b in bounds), min(b[1] for b in bounds), max(b[2] for b in bounds), max(b[3] for b in bounds))


def _name(text: str) -> str:
    """A name of our own sheets: it stands in the SQL itself."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(f"{text!r} is no name of a table or a column")
    return text


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
