"""Site models of the SMART programme: what was found as annotations of construction that other tools read and score.

GeoJSON after the site model specification of pubgeo/IARPA-SMART and its schema, utilities/smart.schema.json: one
FeatureCollection per site, of one feature ``site`` and one ``observation`` per look.
What is not known stays "Unknown"; nothing is claimed that no look shows.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from shapely.geometry.polygon import orient

from sitewatch.geo import mgrs_square, to_geojson, to_lonlat
from sitewatch.model import Between, Measurements, Stack, Structure, Structures
from sitewatch.report._sheets import footprint_of

__all__ = ["compose_site_models"]

_VERSION = "2.0.0"       # MAJOR is that of the specification; every export is a first edition of its model
_ORIGINATOR = "sitewatch"
_REGION = "XX_Rxxx"      # "not associated to a region"; no country is looked up, and ISO 3166 leaves XX to its users
_SENSORS = {"landsat": "Landsat 8", "sentinel-2": "Sentinel-2", "sentinel-2-rgb": "Sentinel-2",
            "planetscope-4": "Planet", "planetscope-8": "Planet", "skysat": "Planet"}
_MOST = 9999             # a site's number has four digits


def compose_site_models(structures: Structures, measurements: Measurements, stack: Stack) -> dict[str, bytes]:
    """``smart/<site id>.geojson`` for every new structure and every place with ground works, by path.

    Nothing for images without georeference, and nothing for what went or stayed, of which the programme knows no model.
    """
    grid = stack.site.grid
    middle = to_lonlat(grid.extent.geom.centroid, grid) if grid.crs is not None else None
    mgrs = mgrs_square(middle.x, middle.y) if middle else None
    if mgrs is None:
        return {}
    built = [s for s in structures.changed if s.class_ in ("new structure", "ground works") and s.looks][:_MOST]
    names = {s.id: f"{_REGION}_{number:04d}" for number, s in enumerate(sorted(built, key=lambda s: s.id))}
    return {f"smart/{names[s.id]}.geojson": _model(s, names[s.id], mgrs, measurements, stack) for s in built}


def _model(structure: Structure, name: str, mgrs: str, measurements: Measurements, stack: Stack) -> bytes:
    """``system_proposed`` until a person has decided on it; what the programme calls a proposed model is a performer's.
    """
    outline = to_geojson(orient(footprint_of(structure, measurements)), stack.site.grid)
    days, decided = [f"{look.taken:%Y-%m-%d}" for look in structure.looks], structure.by != "tool"
    site = {"type": "site", "region_id": None, "site_id": name, "version": _VERSION, "mgrs": mgrs,
            "status": "system_confirmed" if decided else "system_proposed", "model_content": "update",
            "start_date": min(days), "end_date": max(days), "originator": _ORIGINATOR,
            "score": round(structure.chance, 4), "validated": str(decided),
            "cache": {"id": structure.id, "label": structure.label, "class": structure.class_}}
    features = [_feature(site, outline), *(_feature(_observed(structure, index, stack), _multi(outline))
                                           for index in range(len(structure.looks)))]
    return (json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)
            + "\n").encode()


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _multi(polygon: dict[str, Any]) -> dict[str, Any]:
    return {"type": "MultiPolygon", "coordinates": [polygon["coordinates"]]}


def _observed(structure: Structure, index: int, stack: Stack) -> dict[str, Any]:
    look = structure.looks[index]
    return {"type": "observation", "observation_date": f"{look.taken:%Y-%m-%d}", "source": look.scene,
            "sensor_name": _SENSORS.get(stack.scenes[look.scene].sensor), "current_phase": _phase(structure, index),
            "is_occluded": "True" if look.seen_share < 1 else "False", "is_site_boundary": "True"}


def _phase(structure: Structure, index: int) -> str:
    """What a look shows of it, in the programme's words; "Unknown" where that is not seen.

    No Activity: as before; Site Preparation: after works on the ground began; Active Construction: a part stands;
    Post Construction: it looks as it does from then on.
    """
    look, phases = structure.looks[index], {phase.name: phase.between for phase in structure.phases}
    if structure.class_ == "ground works":
        return {"absent": "No Activity", "present": "Site Preparation"}.get(look.state, "Unknown")
    if look.state == "unclear":
        return "Unknown"
    if look.state == "absent":
        return _before(look.taken, phases.get("ground works"), "No Activity", "Site Preparation")
    return _before(look.taken, phases.get("all of it stands"), "Active Construction", "Post Construction")


def _before(taken: datetime, bracket: Between | None, before: str, since: str) -> str:
    """Which of two phases a look lies in; of the time between two looks nothing is known."""
    if bracket is None:
        return before if before == "No Activity" else since
    if bracket.by is not None and taken >= bracket.by:
        return since
    return before if bracket.after is not None and taken <= bracket.after else "Unknown"
