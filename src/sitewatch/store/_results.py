"""results/: each stage's records as one text file that loads back to equal records."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from odc.geo.geobox import GeoBox

from sitewatch.errors import CaseFileError
from sitewatch.model import (
    Change,
    Changes,
    Checks,
    Finding,
    Findings,
    Measurement,
    Measurements,
    SceneFit,
    Site,
    Structure,
    Structures,
    Trial,
    parse_yaml,
)
from sitewatch.store._plain import from_plain, read_json, to_plain, write_json

__all__ = ["RESULTS", "Record", "decode", "encode"]

RESULTS = {"stack": "results/stack.csv", "changes": "results/changes.geojson",
           "structures": "results/structures.geojson", "measurements": "results/measurements.csv",
           "claims": "results/findings.yaml"}
Record = tuple[SceneFit, ...] | Changes | Structures | Measurements | Findings
_T = TypeVar("_T")

_FITS = ("scene", "taken", "used", "why_not", "site_clear_share", "shift_x_px", "shift_y_px", "shift_sigma_px",
         "snow_share", "placement", "scaling")
_MEASURED = ("subject", "what", "reference", "value", "low", "high", "unit", "level", "method", "scenes", "budget",
             "why_not", "outline", "by")
_QUANTITY = ("value", "low", "high", "unit", "level", "method")
_CHANGES_MEMBERS = ("threshold", "false_alarms_per_year", "smallest_px")
_ROWS = 200_000


def encode(record: Record, grid: GeoBox) -> bytes:
    """The file of a record: GeoJSON, CSV or YAML."""
    match record:
        case Changes():
            members = {name: to_plain(getattr(record, name), grid) for name in _CHANGES_MEMBERS}
            return _features(record.records, grid, members)
        case Structures():
            rejected = _listed(record.rejected, grid)
            trials = to_plain(list(record.trials), grid)
            return _features(record.records, grid, {**({"rejected": rejected} if rejected else {}),
                                                    **({"trials": trials} if trials else {})})
        case Measurements():
            return _csv(_MEASURED, [_row_of_measurement(to_plain(item, grid)) for item in record.records])
        case Findings():
            plain = {"title": record.title, "findings": to_plain(list(record.records), grid)}
            if record.checks.records:
                plain["checks"] = to_plain(record.checks, grid)
            return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110).encode()
        case _:
            return _csv(_FITS, [_row(to_plain(fit, grid)) for fit in record])


def decode(stage: str, data: bytes, site: Site, file: Path) -> Record:
    """The record of a stage's file; the stack's scene fits for the stack.

    Raises CaseFileError when the file is not what ``encode`` writes.
    """
    grid = site.grid
    if stage == "stack":
        return tuple(from_plain(_fit(row), SceneFit, grid, file) for row in _rows(data, _FITS, file))
    if stage == "changes":
        document = read_json(data, file)
        members = from_plain({name: document.get(name) for name in _CHANGES_MEMBERS}, dict[str, float], grid, file)
        return Changes(site=site, records=_records(document, Change, grid, file), **members)
    if stage == "structures":
        document = read_json(data, file)
        rejected = _records({"features": document.get("rejected", [])}, Structure, grid, file)
        trials = from_plain(document.get("trials", []), tuple[Trial, ...], grid, file)
        return Structures(site=site, records=_records(document, Structure, grid, file), rejected=rejected,
                          trials=trials)
    if stage == "measurements":
        records = tuple(from_plain(_measurement(row, file), Measurement, grid, file)
                        for row in _rows(data, _MEASURED, file))
        return Measurements(site=site, records=records)
    plain = parse_yaml(data, file).plain_values()
    title, findings = plain.get("title"), plain.get("findings")
    checks = from_plain(plain["checks"], Checks, grid, file) if "checks" in plain else Checks()
    return Findings(site=site, title=from_plain(title, str, grid, file), checks=checks,
                    records=from_plain(findings, tuple[Finding, ...], grid, file))


def _features(records: Sequence[Change | Structure], grid: GeoBox, members: Mapping[str, Any]) -> bytes:
    return write_json({"type": "FeatureCollection", **members, "features": _listed(records, grid)})


def _listed(records: Sequence[Change | Structure], grid: GeoBox) -> list[dict[str, Any]]:
    features = []
    for record in records:
        properties = to_plain(record, grid)
        geometry = properties.pop("outline")
        features.append({"type": "Feature", "id": properties["id"], "properties": properties, "geometry": geometry})
    return features


def _records(document: Mapping[str, Any], kind: type[_T], grid: GeoBox, file: Path) -> tuple[_T, ...]:
    try:
        plain = [feature["properties"] | {"outline": feature["geometry"]} for feature in document["features"]]
    except (KeyError, TypeError) as error:
        raise CaseFileError(file, None, "features", "is not a list of GeoJSON features",
                            "Remove the file and run the case again") from error
    return from_plain(plain, tuple[kind, ...], grid, file)  # type: ignore[valid-type]


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _rows(data: bytes, columns: Sequence[str], file: Path) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode()), strict=True)
        rows = [row for row, _ in zip(reader, range(_ROWS), strict=False)]
        right = reader.fieldnames is not None and tuple(reader.fieldnames) == tuple(columns)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CaseFileError(file, None, "file", f"is not a CSV file ({error})",
                            "Remove it and run the case again") from error
    wrong = 1 if not right else next((number for number, row in enumerate(rows, start=2)
                                      if None in row or None in row.values()), None)
    if wrong:
        raise CaseFileError(file, wrong, "columns", f"are not {', '.join(columns)}",
                            "Remove the file and run the case again")
    return rows


def _row(plain: Mapping[str, Any]) -> dict[str, str]:
    """None is an empty cell; true and false as YAML and JSON write them."""
    return {key: "" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)
            for key, value in plain.items()}


def _fit(row: Mapping[str, str]) -> dict[str, Any]:
    numbers = {key: _number(row[key]) for key in _FITS[4:9]}
    words = {key: row[key] or None for key in ("why_not", "placement", "scaling")}
    return {**row, "used": {"true": True, "false": False}.get(row["used"]), **words, **numbers}


def _row_of_measurement(plain: dict[str, Any]) -> dict[str, str]:
    quantity = plain.pop("value") or {}
    budget = [[term["cause"], term["share"]] for term in plain["budget"]]
    return _row(plain | {name: quantity.get(name) for name in _QUANTITY} | {
        "scenes": " ".join(plain["scenes"]), "budget": json.dumps(budget, ensure_ascii=False) if budget else "",
        "outline": json.dumps(plain["outline"]) if plain["outline"] else ""})


def _measurement(row: Mapping[str, str], file: Path) -> dict[str, Any]:
    quantity = {name: row[name] if name in ("unit", "method") else _number(row[name]) for name in _QUANTITY}
    try:
        budget = [{"cause": cause, "share": share} for cause, share in json.loads(row["budget"] or "[]")]
        outline = json.loads(row["outline"]) if row["outline"] else None
    except (ValueError, TypeError, RecursionError) as error:
        raise CaseFileError(file, None, f"{row['subject'][:60]} {row['what'][:20]}", f"is not readable ({error})",
                            "Remove the file and run the case again") from error
    return {"subject": row["subject"], "what": row["what"], "reference": row["reference"] or None,
            "value": quantity if row["value"] else None, "scenes": row["scenes"].split(), "budget": budget,
            "why_not": row["why_not"] or None, "outline": outline, "by": row["by"]}


def _number(cell: str) -> float | str | None:
    """The cell as a number where it is one; the record's check refuses the rest."""
    try:
        number = float(cell or "nan")
    except ValueError:
        return cell
    return number if math.isfinite(number) else cell or None
