"""Records to plain data and back: rounded so that files diff well, checked so that a forged file is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.v import format_exception
from odc.geo.geobox import GeoBox
from shapely import Polygon, is_valid, make_valid
from shapely.errors import ShapelyError
from shapely.geometry import shape

from sitewatch.errors import CaseFileError
from sitewatch.geo import from_geojson, to_geojson
from sitewatch.model import Decision, News, Seen, Structure

__all__ = ["from_plain", "moment_text", "read_json", "rounded", "to_plain", "write_json"]

_REMEDY = "Restore it from a copy, or remove it and run the case again"
_LINE = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_NO_LINES: Mapping[str, int] = MappingProxyType({})
_T = TypeVar("_T")


def to_plain(record: Any, grid: GeoBox) -> Any:
    """A record as dicts, lists, text and rounded numbers; outlines as GeoJSON geometries."""
    return _converter(grid).unstructure(record)


def from_plain(plain: Any, kind: type[_T], grid: GeoBox, file: Path, lines: Mapping[str, int] = _NO_LINES) -> _T:
    """The record that ``to_plain`` took apart; CaseFileError names the key that does not fit, and its line where
    ``lines`` has it."""
    try:
        return _converter(grid).structure(plain, kind)
    except Exception as error:
        # cattrs gathers whatever the hooks raised into a group of its own.
        problems = transform_error(error, path="", format_exception=_told)
        problem, _, key = problems[0].rpartition(" @ ")
        key = key.removeprefix("$").lstrip(".")
        raise CaseFileError(file, lines.get(re.split(r"\W", key)[0]), key or "file", problem or problems[0],
                            _REMEDY) from error


def _told(error: BaseException, kind: type | None) -> str:
    """The hooks' own words where they say something, cattrs' where not."""
    return str(error) if isinstance(error, ValueError) and str(error) else format_exception(error, kind)


def rounded(value: float) -> float:
    """Six significant digits: finer than any number here is known, coarse enough to be the same everywhere."""
    return float(f"{float(value):.6g}")


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC, with Z."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write_json(value: Any) -> bytes:
    """JSON that people can read and git can merge: short things on one line, long ones opened out."""
    return (_opened(value, 0) + "\n").encode()


def read_json(data: bytes, file: Path) -> dict[str, Any]:
    """The JSON object of a file of the case."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CaseFileError(file, getattr(error, "lineno", None), "file", f"is not JSON ({error})", _REMEDY) from error
    if not isinstance(value, dict):
        raise CaseFileError(file, 1, "file", "is not a JSON object", _REMEDY)
    return value


def _opened(value: Any, indent: int) -> str:
    line = _LINE.encode(value)
    if len(line) + indent <= 110 or not isinstance(value, dict | list) or not value:
        return line
    pad = "\n" + " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{_LINE.encode(key)}: {_opened(item, indent + 1)}" for key, item in value.items()]
        return "{" + pad + f",{pad}".join(parts) + "\n" + " " * indent + "}"
    return "[" + pad + f",{pad}".join(_opened(item, indent + 1) for item in value) + "\n" + " " * indent + "]"


@lru_cache(maxsize=8)
def _converter(grid: GeoBox) -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(float, _float_out)
    converter.register_unstructure_hook(int, int)
    converter.register_unstructure_hook(bool, bool)
    converter.register_unstructure_hook(datetime, moment_text)
    converter.register_unstructure_hook(Path, str)
    converter.register_unstructure_hook(Polygon, lambda outline: to_geojson(outline, grid))
    converter.register_structure_hook(float, _float_in)
    converter.register_structure_hook(int, _exactly)
    converter.register_structure_hook(bool, _exactly)
    converter.register_structure_hook(str, _exactly)
    converter.register_structure_hook(datetime, _moment_in)
    converter.register_structure_hook(Path, lambda value, _: Path(_exactly(value, str)))
    converter.register_structure_hook(Polygon, lambda value, _: _outline_in(value, grid))
    renamed = override(rename="class")
    for kind in (Structure, News, Seen, Decision):  # in Python ``class`` is taken
        converter.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, converter, class_=renamed))
        converter.register_structure_hook(
            kind, make_dict_structure_fn(kind, converter, class_=renamed, _cattrs_forbid_extra_keys=True))
    return converter


def _float_out(value: float) -> float | str:
    """JSON has no word for what is not finite, so it is written as text."""
    return rounded(value) if math.isfinite(value) else str(float(value))


def _float_in(value: Any, _: Any) -> float:
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:60]!r} is not a number")
    return float(value)


def _exactly(value: Any, kind: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{str(value)[:60]!r} is not of the kind {kind.__name__}")
    return value


def _moment_in(value: Any, _: Any) -> datetime:
    found = datetime.fromisoformat(_exactly(value, str))
    if found.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return found.astimezone(UTC)


def _outline_in(value: Any, grid: GeoBox) -> Polygon:
    if not isinstance(value, Mapping) or value.get("type") != "Polygon":
        raise ValueError("the geometry is not a GeoJSON Polygon")
    try:
        if not all(math.isfinite(number) for number in shape(value).bounds):
            raise ValueError("the geometry has no finite coordinates")
        outline = from_geojson(value, grid)
    except (ShapelyError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"the geometry cannot be used ({error})") from error
    # Rounding can fold a hair-thin neck over itself: keep the part that matters.
    if not is_valid(outline):
        valid = make_valid(outline)
        polygons = [part for part in getattr(valid, "geoms", [valid]) if isinstance(part, Polygon)]
        return max(polygons, key=lambda part: part.area, default=Polygon())
    return Polygon(outline)
