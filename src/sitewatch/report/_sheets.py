"""What was found as tables with outlines: the one form from which every export is written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shapely import Polygon

from sitewatch.geo import WGS84, reproject, to_geojson
from sitewatch.model import (
    SENSORS,
    Between,
    Column,
    Dimension,
    Measurements,
    Permit,
    Quantity,
    Sheet,
    Site,
    Stack,
    Structure,
    Structures,
)

__all__ = ["csv_of", "footprint_of", "geojson_of", "sheets_of"]

_SIZES: tuple[Dimension, ...] = ("area", "length", "width", "height")
# The colours of the page's lines, by class, kind and state.
_CLASSES = {"new structure": "#d94f1f", "removed structure": "#7a2bd6", "altered structure": "#b07a00",
            "ground works": "#8a5f2a", "marked object": "#c2185b", "reference": "#1f6fb5"}
_KINDS = {"area": "#ffd000", "reference": "#1f6fb5", "control": "#00a0a0"}
_STATES = {"present": "#d94f1f", "absent": "#1f6fb5", "unclear": "#8a8f94"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")   # a spreadsheet would compute what begins so


def sheets_of(structures: Structures, measurements: Measurements, stack: Stack,
              permits: Mapping[str, Permit]) -> tuple[Sheet, ...]:
    """Structures, looks, places, measurements and scenes."""
    return (_structures(structures, measurements), _looks(structures, measurements), _places(structures.site),
            _measurements(measurements), _scenes(stack, permits))


def geojson_of(sheet: Sheet, site: Site) -> bytes:
    """RFC 7946; without georeference the coordinates are pixels, and the file says so."""
    features = [{"type": "Feature", "id": row[0], "geometry": to_geojson(outline, site.grid),
                 "properties": dict(zip(sheet.columns, map(_plain, row), strict=True))}
                for row, outline in zip(sheet.rows, sheet.outlines, strict=True)]
    where = {} if site.is_georeferenced else {"coordinates_in": "pixels"}
    return (json.dumps({"type": "FeatureCollection", **where, "features": features}, ensure_ascii=False, indent=1)
            + "\n").encode()


def csv_of(sheet: Sheet) -> bytes:
    """RFC 4180 with a byte order mark, so that a spreadsheet reads every script; nothing in it is computed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([_cell(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _structures(structures: Structures, measurements: Measurements) -> Sheet:
    sizes: dict[str, Column] = {f"{what}_{part}": "number" for what in _SIZES for part in ("value", "low", "high")}
    columns: dict[str, Column] = {
        "id": "text", "label": "text", "class": "text", "chance": "number", "first_after": "time", "first_by": "time",
        "last_after": "time", "last_by": "time", **sizes, "level": "number"}
    rows = [(s.id, s.label, s.class_, round(s.chance, 4), *_bracket(s.first), *_bracket(s.last),
             *_sizes(s.id, measurements)) for s in structures]
    return Sheet(name="structures", title="Structures", columns=columns, rows=rows, coloured_by="class",
                 colours=_CLASSES,
                 outlines=[footprint_of(s, measurements) for s in structures])


def _looks(structures: Structures, measurements: Measurements) -> Sheet:
    """One row per structure and look, so that a map with a time slider shows when each was there."""
    looks = [(s, look) for s in structures for look in s.looks]
    rows = [(f"{s.id}/{look.scene}", s.id, s.label, look.scene, look.taken, look.state, round(look.chance, 4),
             round(look.seen_share, 4), look.by) for s, look in looks]
    return Sheet(name="looks", title="Looks", rows=rows, outlines=[footprint_of(s, measurements) for s, _ in looks],
                 coloured_by="state", colours=_STATES,
                 columns={"id": "text", "structure": "text", "label": "text", "scene": "text", "taken": "time",
                          "state": "text", "chance": "number", "seen_share": "number", "by": "text"})


def _places(site: Site) -> Sheet:
    area = site.area if site.grid.crs is None else reproject(site.area, WGS84, site.grid.crs)
    parts = [part for part in getattr(area, "geoms", [area]) if isinstance(part, Polygon)]
    known = [*((f"area-{number}", "area", part) for number, part in enumerate(parts, 1)),
             *((named.id, "reference", named.outline) for named in site.references),
             *((named.id, "control", named.outline) for named in site.controls)]
    return Sheet(name="places", title="Area, references, controls", columns={"id": "text", "kind": "text"},
                 coloured_by="kind", colours=_KINDS, rows=[(name, kind) for name, kind, _ in known],
                 outlines=[outline for *_, outline in known])


def _measurements(measurements: Measurements) -> Sheet:
    columns: dict[str, Column] = {
        "structure": "text", "what": "text", "compared_with": "text", "value": "number", "low": "number",
        "high": "number", "unit": "text", "level": "number", "method": "text", "scenes": "text", "budget": "text",
        "why_not": "text"}
    rows = [(m.subject, m.what, m.reference, *_quantity(m.value),
             " ".join(m.scenes), "; ".join(f"{term.cause} {term.share:.2f}" for term in m.budget), m.why_not)
            for m in measurements]
    return Sheet(name="measurements", title="Measurements", columns=columns, rows=rows)


def _quantity(value: Quantity | None) -> tuple[Any, ...]:
    if value is None:
        return (None,) * 6
    return _short(value.value), _short(value.low), _short(value.high), value.unit, value.level, value.method


def _scenes(stack: Stack, permits: Mapping[str, Permit]) -> Sheet:
    fits = {fit.scene: fit for fit in stack.fits}
    rows = []
    for scene in stack.scenes.scenes:
        fit, image, permit = fits.get(scene.id), scene.asset("image"), permits.get(scene.id)
        rows.append((scene.id, scene.taken, scene.taken_from, scene.source, scene.sensor,
                     SENSORS[scene.sensor].title if scene.sensor in SENSORS else None, scene.baseline,
                     ("yes" if fit.used else "no") if fit else None, fit.why_not if fit else None, scene.off_nadir_deg,
                     scene.sun_elevation_deg, scene.sun_azimuth_deg, scene.licence, scene.attribution,
                     permit.allows if permit else None, image.kept.sha256 if image and image.kept else None))
    return Sheet(name="scenes", title="Scenes", rows=rows, columns={
        "id": "text", "taken": "time", "taken_from": "text", "source": "text", "sensor": "text", "product": "text",
        "baseline": "text", "used": "text",
        "why_not": "text", "off_nadir_deg": "number", "sun_elevation_deg": "number", "sun_azimuth_deg": "number",
        "licence": "text", "credit": "text", "published": "text", "sha256": "text"})


def footprint_of(structure: Structure, measurements: Measurements) -> Polygon:
    """The measured footprint where there is one, else the outline as traced."""
    area = measurements.of(structure.id, "area")
    return area.outline if area and area.outline else structure.outline


def _sizes(subject: str, measurements: Measurements) -> Iterator[float | None]:
    level = None
    for what in _SIZES:
        found = measurements.of(subject, what)
        value = found.value if found else None
        yield from (_short(value.value), _short(value.low), _short(value.high)) if value else (None, None, None)
        level = value.level if value else level
    yield level


def _bracket(when: Between) -> tuple[datetime | None, datetime | None]:
    return when.after, when.by


def _short(number: float) -> float:
    """Six significant figures, far below every uncertainty."""
    return float(f"{number:.6g}")


def _plain(value: Any) -> Any:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _cell(value: Any) -> Any:
    plain = _plain(value)
    return f"'{plain}" if isinstance(plain, str) and plain.startswith(_FORMULA) else plain
