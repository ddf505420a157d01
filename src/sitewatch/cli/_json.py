"""Records as plain data for machines; docs/cli.md is the contract."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from sitewatch.geo import to_geojson
from sitewatch.model import (
    Between,
    Changes,
    Decision,
    Findings,
    Measurement,
    Measurements,
    SceneFit,
    Scenes,
    Site,
    Stack,
    Standing,
    Structures,
    Waiting,
)
from sitewatch.scenes import Plan

__all__ = ["changes_json", "decisions_json", "findings_json", "measurements_json", "plan_json", "queue_json",
           "scenes_json", "stack_json", "structures_json"]


def structures_json(structures: Structures, measurements: Measurements) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of every structure, references included."""
    return _collection(structures.site, (
        _feature(structures.site, s.outline, {"id": s.id, "class": s.class_, "chance": _chance(s.chance),
                                              **_times(s.first, s.last), **_area(s.id, measurements),
                                              "label": s.label, "by": s.by})
        for s in structures))


def changes_json(changes: Changes) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the kept changes; a change has no measured area of its own."""
    none = Between()
    return _collection(changes.site, (
        _feature(changes.site, c.outline, {
            "id": c.id, "class": c.kind, "chance": _chance(c.chance),
            **(_times(none, c.between) if c.kind == "vanished" else _times(c.between, none)), **_area(c.id, None)})
        for c in changes.kept))


def measurements_json(measurements: Iterable[Measurement]) -> list[dict[str, Any]]:
    """One record per number; value, low and high are null, and why_not says why, where it cannot be given."""
    return [_measurement(measurement) for measurement in measurements]


def scenes_json(scenes: Scenes, stack: Stack | None) -> list[dict[str, Any]]:
    """Every scene that was found, used or refused; without a stack nothing is said about its use."""
    fits = {fit.scene: fit for fit in stack.fits} if stack else {}
    found = [{"id": scene.id, "taken": _iso(scene.taken), "source": scene.source, **_fit(fits.get(scene.id))}
             for scene in scenes.scenes]
    refused = [{"id": refusal.what, "taken": None, "source": None, **_fit(None), "used": False,
                "why_not": refusal.why} for refusal in scenes.refusals]
    return found + refused


def plan_json(plan: Plan) -> dict[str, Any]:
    """Every scene that was found with what it weighs; what is to come or has come; what was refused at the door."""
    rows = [{"id": row.scene.id, "source": row.scene.source, "taken": _iso(row.scene.taken),
             "hidden_share": _short(row.weight.hidden), "snow_share": _short(row.weight.snow),
             "cloud_cover_percent": _short(row.scene.cloud_cover),
             "off_nadir_deg": _short(row.scene.off_nadir_deg), "relative_orbit": row.scene.relative_orbit,
             "bytes": row.weight.bytes, "cost": _short(row.weight.cost), "unit": row.weight.unit,
             "licence": row.scene.licence, "kept": row.is_kept,
             "fetch": row.why_not is None, "why_not": row.why_not} for row in plan.rows]
    refused = [{"id": refusal.what, "source": refusal.source, "taken": refusal.taken and _iso(refusal.taken),
                "why_not": refusal.why} for refusal in plan.scenes.refusals]
    return {"scenes": rows, "refused": refused, "to_fetch": len(plan.to_fetch), "bytes_to_fetch": plan.bytes,
            "bytes_received": plan.received, "costs": {unit: _short(cost) for unit, cost in plan.costs.items()},
            "order": plan.code if plan.to_pay else None, "lost": list(plan.lost),
            "months_without": list(plan.without) if plan.is_complete else [],
            "months_not_known": [] if plan.is_complete else list(plan.without)}


def stack_json(stack: Stack) -> dict[str, Any]:
    """The grid, the bands with their noise, the blur and every scene's place in the stack."""
    grid = stack.site.grid
    noise = stack.data["noise"].mean("time").values
    return {"grid": {"crs": None if grid.crs is None else str(grid.crs), "gsd_m": stack.site.gsd_m,
                     "width_px": grid.width, "height_px": grid.height},
            "blur_px": _short(stack.blur_px),
            "noise": {str(band): _short(float(value))
                      for band, value in zip(stack.data["band"].values, noise, strict=True)},
            "scenes": scenes_json(stack.scenes, stack)}


def findings_json(findings: Findings, standing: Iterable[Standing] = ()) -> dict[str, Any]:
    """The title and every sentence with its layer, evidence, chance and who reviewed it; what was reviewed and is no
    longer what the records say."""
    held = {one.finding: {"by": one.actor, "at": _iso(one.at), "text": one.frozen.text}
            for one in standing if not one.is_stale}
    stale = [{"text": one.frozen.text, "layer": one.frozen.layer, "by": one.actor, "at": _iso(one.at),
              "changed": list(one.changed)} for one in standing if one.is_stale]
    return {"title": findings.title, "stale": stale,
            "findings": [{"id": f.id, "text": f.text, "layer": f.layer, "evidence": list(f.evidence),
                          "chance": None if f.chance is None else _chance(f.chance), "reviewed": held.get(f.id)}
                         for f in findings]}


def decisions_json(decisions: Iterable[Decision]) -> dict[str, Any]:
    """Every decision in order of time; what a kind of decision has not is null."""
    return {"decisions": [{"id": d.id, "subject": d.subject, "what": d.what, "actor": d.actor, "at": _iso(d.at),
                           "why": d.why, "class": d.class_, "label": d.label, "chance": d.chance, "scene": d.scene,
                           "state": d.state, "version": d.seen.version if d.seen else None} for d in decisions]}


def queue_json(queue: Iterable[Waiting]) -> dict[str, Any]:
    """What waits for a decision, in order."""
    return {"queue": [{"subject": one.subject, "worth": one.worth, "why": one.why, "is_open": one.is_open}
                      for one in queue]}


def _collection(site: Site, features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    # Plain pictures have no place on the Earth; a reader must not plot their pixels as degrees.
    where = "EPSG:4326" if site.is_georeferenced else "pixels"
    return {"type": "FeatureCollection", "coordinates_in": where, "features": list(features)}


def _feature(site: Site, outline: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": properties["id"], "properties": properties,
            "geometry": to_geojson(outline, site.grid)}


def _times(first: Between, last: Between) -> dict[str, str | None]:
    return {"first_after": _iso(first.after), "first_by": _iso(first.by),
            "last_after": _iso(last.after), "last_by": _iso(last.by)}


def _area(subject: str, measurements: Measurements | None) -> dict[str, float | None]:
    measured = measurements.of(subject, "area") if measurements else None
    value = measured.value if measured else None
    return {"area_m2": _short(value.value) if value else None, "area_m2_low": _short(value.low) if value else None,
            "area_m2_high": _short(value.high) if value else None}


def _measurement(measurement: Measurement) -> dict[str, Any]:
    value = measurement.value
    return {"subject": measurement.subject, "what": measurement.what, "reference": measurement.reference,
            "value": _short(value.value) if value else None, "low": _short(value.low) if value else None,
            "high": _short(value.high) if value else None, "unit": value.unit if value else None,
            "level": value.level if value else None, "method": value.method if value else None,
            "scenes": list(measurement.scenes), "why_not": measurement.why_not}


def _fit(fit: SceneFit | None) -> dict[str, Any]:
    return {"used": fit.used if fit else None, "why_not": fit.why_not if fit else None,
            "site_clear_share": _short(fit.site_clear_share) if fit else None,
            "shift_x_px": _short(fit.shift_x_px) if fit else None,
            "shift_y_px": _short(fit.shift_y_px) if fit else None,
            "shift_sigma_px": _short(fit.shift_sigma_px) if fit else None,
            "placement": fit.placement if fit else None, "scaling": fit.scaling if fit else None,
            "snow_share": _short(fit.snow_share) if fit else None}


def _iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC: 2024-10-05T02:10:33Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _chance(chance: float) -> float:
    """To four decimals: finer than any calibration can tell apart."""
    return round(chance, 4)


def _short(number: float | None) -> float | None:
    """To six significant figures, far below every uncertainty."""
    return None if number is None else float(f"{number:.6g}")
