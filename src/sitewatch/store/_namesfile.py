"""names.yaml: what claims speak of, with every name it goes by."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

from shapely import Point, Polygon
from shapely.errors import ShapelyError

from sitewatch.errors import CaseFileError
from sitewatch.geo import from_geojson
from sitewatch.model import Entities, Entity, EntityName, Site, Table, parse_yaml
from sitewatch.store._documents import optional_text
from sitewatch.store._files import read_bytes
from sitewatch.store._publishing import clean_text

__all__ = ["NAMES_FILE", "read_names", "words_of"]

NAMES_FILE = "names.yaml"
_LARGEST_BYTES = 2_000_000
_FARTHEST_M = 1e8  # farther than that no coordinate of the Earth lies from the origin of its zone


def read_names(folder: Path, site: Site) -> Entities:
    """The registry of a case; empty where there is no names.yaml.

    Raises CaseFileError with file, line and key for what cannot be used.
    """
    path = folder / NAMES_FILE
    if not path.is_file():
        return Entities()
    top = parse_yaml(read_bytes(path, _LARGEST_BYTES), path)
    tables = top.tables("entities")
    top.done("entities")
    records: list[Entity] = []
    for table in tables:
        lines = table.lines
        entity = _entity(table, site)
        if entity.id in {known.id for known in records}:
            raise CaseFileError(path, lines["id"], f"{table.key}.id", f"{entity.id!r} stands here twice", "Keep one")
        records.append(entity)
    _check_references(records, tables)
    _check_parents(records, tables)
    return Entities(records=tuple(records))


def words_of(table: Table, key: str) -> tuple[str, ...]:
    """A list of short texts; empty where there is none."""
    value = table.any(key) if key in table.nodes else None
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise table.wrong(key, "is not a list of texts", f'Write `{key}: ["one", "two"]`')
    return tuple(clean_text(item) for item in value)


def _entity(table: Table, site: Site) -> Entity:
    part_of, rivals = _parents(table)
    size_m = table.take("size_m", float, 0.0) or None
    entity = Entity(
        id=clean_text(table.take("id", str), 100), type=clean_text(table.take("type", str, "thing"), 40),
        names=tuple(_name(entry) for entry in table.tables("names")), family=optional_text(table, "family"),
        part_of=part_of, rivals=rivals, not_same_as=words_of(table, "not_same_as"),
        structure=optional_text(table, "structure"), at=_at(table, site), area=_area(table, site), size_m=size_m)
    table.done("id, type, names, family, part_of, not_same_as, structure, at, area, size_m")
    if size_m is not None and size_m < 0:
        raise table.wrong("size_m", f"{size_m} m is no size", "Give metres above zero")
    return entity


def _name(table: Table) -> EntityName:
    status = table.take("status", str, "alias")
    if status not in ("preferred", "alias", "unverified"):
        raise table.wrong("status", f"{status[:40]!r} is not known", "Write preferred, alias or unverified")
    source = optional_text(table, "source")
    name = EntityName(text=clean_text(table.take("text", str)), language=clean_text(table.take("lang", str, "en"), 20),
                      scheme=optional_text(table, "scheme"), source=source,
                      status=cast(Any, status if source or status == "preferred" else "unverified"))
    table.done("text, lang, scheme, status, source")
    return name


def _parents(table: Table) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """``part_of: id``, or a table with the id, its source and the rivals that other sources name."""
    plain = table.plain(table.nodes["part_of"], "part_of") if table.has("part_of") else None
    if not isinstance(plain, dict):
        return optional_text(table, "part_of"), ()
    parent = table.table("part_of")
    rivals = []
    for entry in parent.tables("rivals"):
        rivals.append((clean_text(entry.take("id", str), 100), clean_text(entry.take("source", str, "no source"))))
        entry.done("id, source")
    found = clean_text(parent.take("id", str), 100)
    parent.take("source", str, "")
    parent.done("id, source, rivals")
    return found, tuple(rivals)


def _at(table: Table, site: Site) -> tuple[float, float] | None:
    if not table.has("at"):
        return None
    wrong = table.wrong("at", "does not lie on the site's grid",
                        "Give longitude, latitude in degrees (or column, row of the picture)")
    point = from_geojson({"type": "Point", "coordinates": table.numbers("at", 2)}, site.grid)
    if not isinstance(point, Point) or not point.intersects(site.grid.extent.geom):
        raise wrong
    return round(point.x, 3), round(point.y, 3)


def _area(table: Table, site: Site) -> Polygon | None:
    """A boundary, which may reach far beyond the site: that of a town."""
    if not table.has("area"):
        return None
    wrong = table.wrong("area", "is not a GeoJSON Polygon that can be used",
                        "Give type and coordinates (RFC 7946): longitude, latitude, or column, row of the picture")
    try:
        value = table.any("area")
        found = from_geojson(value, site.grid)
        is_there = all(math.isfinite(number) and abs(number) < _FARTHEST_M for number in found.bounds)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise wrong from error
    if not isinstance(found, Polygon) or not found.is_valid or found.is_empty or not is_there:
        raise wrong
    return found


def _check_references(records: list[Entity], tables: list[Table]) -> None:
    """Whatever a thing is part of, or is not, stands in the registry too."""
    known = {entity.id for entity in records}
    for entity, table in zip(records, tables, strict=True):
        for key, ids in (("part_of", (entity.part_of,)), ("not_same_as", entity.not_same_as)):
            if missing := next((name for name in ids if name is not None and name not in known), None):
                raise table.wrong(key, f"no entity is called {missing[:40]!r}", "Add it to this file, or correct it")


def _check_parents(records: list[Entity], tables: list[Table]) -> None:
    """Nothing is part of itself, over however many steps."""
    parent = {entity.id: entity.part_of for entity in records}
    for entity, table in zip(records, tables, strict=True):
        seen, above = {entity.id}, entity.part_of
        while above is not None:
            if above in seen:
                raise table.wrong("part_of", f"{entity.id} would be part of itself", "Name the larger thing")
            seen.add(above)
            above = parent.get(above)
