"""A world as files: GeoTIFFs with STAC items, as a provider would deliver them, and apart from them the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import mapping

from sitewatch.errors import UsageError
from sitewatch.geo import stac_footprint, write_geotiff
from sitewatch.model import SENSORS, Between, Progress
from sitewatch.sources.simulated._looks import Look, looks_of
from sitewatch.sources.simulated._render import hidden_in
from sitewatch.sources.simulated._source import ATTRIBUTION, file_names, write_scene
from sitewatch.sources.simulated._truth import TrueObject, truth_of
from sitewatch.sources.simulated._world import World

__all__ = ["deliver"]

_EXTENSIONS = ["https://stac-extensions.github.io/view/v1.0.0/schema.json",
               "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
               "https://stac-extensions.github.io/eo/v1.1.0/schema.json"]
_TIFF = "image/tiff; application=geotiff"


def deliver(world: World, seed: int, folder: Path, progress: Progress | None = None) -> Path:
    """Render every scene into ``folder``/scenes and what is really there into ``folder``/truth; gives the folder.

    A rerun goes on where an earlier one was stopped. Raises UsageError when the folder holds another world.
    """
    scenes, truth = folder / "scenes", folder / "truth"
    _claim(folder, {"world": world.name, "seed": seed, "title": world.title})
    scenes.mkdir(exist_ok=True)
    truth.mkdir(exist_ok=True)
    looks = looks_of(world, seed)
    for done, look in enumerate(looks):
        item = scenes / f"{look.id}.json"
        if not item.exists():  # written last, so that what has one is whole
            _write_look(world, seed, look, folder)
            _write_json(item, _item(world, look))
        if progress:
            progress("render", done + 1, len(looks))
    _write_json(scenes / "catalog.json", _catalogue(world, looks))
    _write_truth(world, seed, truth)
    return folder


def _claim(folder: Path, what: Mapping[str, Any]) -> None:
    label = folder / "world.json"
    folder.mkdir(parents=True, exist_ok=True)
    if label.exists() and json.loads(label.read_text(encoding="utf-8")) != what:
        raise UsageError(f"{folder} holds another world or seed. Give this one a folder of its own")
    if not label.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder")
    _write_json(label, what)


def _write_look(world: World, seed: int, look: Look, folder: Path) -> None:
    image, mask = file_names(look)
    write_scene(world, seed, look, "image", folder / "scenes" / image)
    if look.bits != 8:
        write_scene(world, seed, look, "mask", folder / "scenes" / mask)
    hidden = hidden_in(world, look)
    percent = np.stack([np.rint(100 * part) for part in (hidden.cloud, hidden.shadow, hidden.haze)]).astype(np.uint8)
    write_geotiff(folder / "truth" / f"{look.id}_hidden.tif", percent, world.grid(_gsd_m(look)),
                  {"TIFFTAG_IMAGEDESCRIPTION": "percent hidden by cloud, by its shadow and by haze"})


def _item(world: World, look: Look) -> dict[str, Any]:
    geometry, bbox, projection = stac_footprint(world.grid(_gsd_m(look)))
    bands = SENSORS["picture" if look.bits == 8 else look.camera.sensor].bands
    image, mask = file_names(look)
    assets: dict[str, Any] = {"image": {"href": f"./{image}", "type": _TIFF, "roles": ["data", "reflectance"],
                                        "eo:bands": [{"name": band} for band in bands]}}
    if look.bits != 8:
        assets["mask"] = {"href": f"./{mask}", "type": _TIFF, "roles": ["data-mask"]}
    properties = {"datetime": _stamp(look.taken), "gsd": _gsd_m(look), "platform": "simulated",
                  "instruments": [look.camera.sensor], "eo:cloud_cover": round(100 * look.cloud, 1),
                  "view:sun_azimuth": round(look.sun[0], 2), "view:sun_elevation": round(look.sun[1], 2),
                  "view:azimuth": round(look.view[0], 2), "view:off_nadir": round(look.view[1], 2),
                  "license": "CC0-1.0", "description": ATTRIBUTION}
    return {"type": "Feature", "stac_version": "1.1.0", "stac_extensions": _EXTENSIONS, "id": look.id,
            "geometry": geometry, "bbox": bbox, "properties": properties | projection, "assets": assets,
            "links": [{"rel": rel, "href": "./catalog.json", "type": "application/json"} for rel in ("root", "parent")]}


def _catalogue(world: World, looks: tuple[Look, ...]) -> dict[str, Any]:
    links = [{"rel": "item", "href": f"./{look.id}.json", "type": "application/geo+json"} for look in looks]
    return {"type": "Catalog", "stac_version": "1.1.0", "id": world.name,
            "description": f"{world.title}: {ATTRIBUTION}. {world.about}",
            "links": [{"rel": "root", "href": "./catalog.json", "type": "application/json"}, *links]}


def _write_truth(world: World, seed: int, folder: Path) -> None:
    """things.geojson: outlines, heights and the days of each step; scenes.json: how each scene really was."""
    truth = truth_of(world, seed)
    _write_json(folder / "things.geojson", {"type": "FeatureCollection",
                                            "features": [_feature(thing) for thing in truth.objects]})
    _write_json(folder / "scenes.json", [asdict(view) | {"taken": _stamp(view.taken)} for view in truth.views])


def _feature(thing: TrueObject) -> dict[str, Any]:
    properties = {"id": thing.id, "class": thing.class_, "height_m": thing.height_m, "about": thing.about,
                  "happened": _days(thing.happened), "phases": {name: _days(span) for name, span in thing.phases}}
    return {"type": "Feature", "geometry": mapping(thing.outline), "properties": properties}


def _days(span: Between) -> list[str | None]:
    return [None if moment is None else _stamp(moment) for moment in (span.after, span.by)]


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _gsd_m(look: Look) -> float:
    return SENSORS[look.camera.sensor].gsd_m or 3.0


def _write_json(path: Path, plain: Any) -> None:
    """Whole or not at all: written beside, then renamed."""
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
