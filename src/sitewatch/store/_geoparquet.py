"""*.parquet: the tables with outlines for data tools, GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/).

An export only; nothing reads it back. The same tables give the same bytes with the same version of the writer, which
each file names.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from odc.geo.geobox import GeoBox
from shapely import Polygon, to_wkb

from sitewatch.model import Column, Sheet
from sitewatch.store._files import inside, read_bytes
from sitewatch.store._geopackage import bounds_of, placed
from sitewatch.store._verify import Verified

__all__ = ["check_tables", "geoparquet"]

_WRITER = f"sitewatch with arro3-io {version('arro3-io')}"
_TIME = DataType.timestamp("ms", tz="UTC")
_TYPES: dict[Column, DataType] = {"text": DataType.utf8(), "number": DataType.float64(), "time": DataType.int64()}


def geoparquet(sheet: Sheet, grid: GeoBox) -> bytes:
    """A sheet with outlines: in longitude, latitude (OGC:CRS84), or in pixels of the picture without georeference."""
    shapes = placed(sheet, grid)
    columns: dict[str, Any] = {name: _column([row[place] for row in sheet.rows], kind)
                               for place, (name, kind) in enumerate(sheet.columns.items())}
    columns["geometry"] = Array([bytes(to_wkb(shape, byte_order=1, output_dimension=2)) for shape in shapes],
                                type=DataType.binary())
    out = io.BytesIO()
    write_parquet(Table.from_pydict(columns), out, compression="zstd(3)", created_by=_WRITER,
                  key_value_metadata={"geo": json.dumps(_metadata(shapes, grid), sort_keys=True)})
    return out.getvalue()


def check_tables(tables: Mapping[str, bytes], folder: Path) -> Iterator[Verified]:
    """Tables that were written anew against those in a folder; another version of the writer sets them differently."""
    for name, data in tables.items():
        place = inside(folder, name)
        stored = read_bytes(place) if place.is_file() else None
        if stored is None:
            yield Verified(what=name, holds=False, detail="is missing")
        elif stored == data:
            yield Verified(what=f"{name} written again", holds=True, detail="gives the same bytes")
        elif _WRITER.encode() in stored:
            yield Verified(what=f"{name} written again", holds=False, detail="gives other bytes")
        else:
            yield Verified(what=f"{name} written again", holds=None, detail="was written by another version: only "
                           f"{_WRITER} gives the bytes to compare; the GeoJSON beside it holds the same")


def _column(values: Sequence[Any], kind: Column) -> Array:
    if kind == "time":
        stamps = [round(v.timestamp() * 1000) if isinstance(v, datetime) else None for v in values]
        return Array(stamps, type=_TYPES[kind]).cast(_TIME)
    return Array(list(values), type=_TYPES[kind])


def _metadata(shapes: Sequence[Polygon], grid: GeoBox) -> dict[str, Any]:
    """The key ``geo``; without a ``crs`` the coordinates are OGC:CRS84, with null nowhere on Earth."""
    where = {"crs": None} if grid.crs is None else {}
    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "orientation": "counterclockwise", **where,
              "bbox": list(bounds_of(shapes))}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
