"""scenes/: a static STAC catalogue, one item per scene, each file with its multihash."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from sitewatch.errors import CaseFileError, ImageError
from sitewatch.geo import describe, stac_footprint
from sitewatch.model import Asset, Kept, Refusal, Scene
from sitewatch.store._files import checked_id, inside
from sitewatch.store._plain import from_plain, moment_text, to_plain

__all__ = ["Catalogue", "catalogue_to_plain", "item_to_plain", "read_catalogue", "read_item"]

_SHA256 = "1220"  # multihash: function 0x12 is SHA-256, 0x20 bytes long
_EXTENSIONS = ["https://stac-extensions.github.io/eo/v1.1.0/schema.json",
               "https://stac-extensions.github.io/file/v2.1.0/schema.json",
               "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
               "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
               "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
               "https://stac-extensions.github.io/timestamps/v1.1.0/schema.json",
               "https://stac-extensions.github.io/view/v1.0.0/schema.json"]
_ROLES = {"image": "data", "mask": "data-mask", "metadata": "metadata"}
_PROPERTIES = {  # of a STAC item: field of a Scene
    "datetime": "taken", "gsd": "gsd_m", "license": "licence",
    "view:sun_azimuth": "sun_azimuth_deg", "view:sun_elevation": "sun_elevation_deg",
    "view:off_nadir": "off_nadir_deg", "view:azimuth": "view_azimuth_deg",
    "sitewatch:source": "source", "sitewatch:sensor": "sensor", "sitewatch:datetime_from": "taken_from",
    "sitewatch:attribution": "attribution", "processing:version": "baseline",
    "sitewatch:offset_applied": "offset_applied", "eo:cloud_cover": "cloud_cover",
    "sat:relative_orbit": "relative_orbit", "published": "published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What catalog.json lists: the items in order of time, what was refused at the door, and a fingerprint of
    the sources that were asked."""

    items: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    asked: str | None


def item_to_plain(scene: Scene, folder: Path, grid: GeoBox) -> dict[str, Any]:
    """The STAC item of a scene whose assets are all kept."""
    plain = to_plain(scene, grid)
    image = scene.asset("image")
    geometry, bbox, projection = _footprint(image.kept.path) if image and image.kept else (None, None, {})
    properties = {key: plain[field] for key, field in _PROPERTIES.items() if plain[field] is not None}
    assets: dict[str, Any] = {}
    for asset in scene.assets:
        if asset.kept:
            name = asset.role if asset.role not in assets else f"{asset.role}-{len(assets) + 1}"
            assets[name] = _asset_to_plain(asset, asset.kept, folder)
    return {"type": "Feature", "stac_version": "1.1.0", "stac_extensions": _EXTENSIONS, "id": scene.id,
            "geometry": geometry, **({"bbox": bbox} if bbox else {}), "properties": properties | projection,
            "links": [{"rel": rel, "href": "./catalog.json", "type": "application/json"} for rel in ("root", "parent")],
            "assets": assets}


def read_item(item: Mapping[str, Any], folder: Path, grid: GeoBox, file: Path) -> Scene:
    """The scene of a STAC item; CaseFileError where a field is missing, wrong or leads out of the case."""
    try:
        properties, assets = item["properties"], item["assets"]
        plain = {field: properties.get(key) for key, field in _PROPERTIES.items()}
        plain["id"] = checked_id(str(item["id"]), "the scene")
        plain["assets"] = [_asset_from_plain(name, asset, folder) for name, asset in assets.items()]
    except (KeyError, TypeError, AttributeError) as error:
        raise CaseFileError(file, None, "item", f"is not a STAC item of sitewatch ({type(error).__name__}: {error})",
                            "Remove the file and run the case again") from error
    return from_plain(plain, Scene, grid, file)


def catalogue_to_plain(title: str, scenes: Iterable[Scene], refusals: Iterable[Refusal], asked: str) -> dict[str, Any]:
    """catalog.json: links to the items, and what was refused and why."""
    return {"type": "Catalog", "stac_version": "1.1.0", "id": title,
            "description": f"Dated images of {title}, as received",
            "links": [{"rel": "root", "href": "./catalog.json", "type": "application/json"},
                      *({"rel": "item", "href": f"./{scene.id}.json", "type": "application/geo+json"}
                        for scene in scenes)],
            "sitewatch:sources": asked,
            "sitewatch:refusals": [{"what": refusal.what, "why": refusal.why,
                                     **({"source": refusal.source} if refusal.source else {})}
                                    for refusal in refusals]}


def read_catalogue(plain: Mapping[str, Any], grid: GeoBox, file: Path) -> Catalogue:
    """The item ids and refusals of catalog.json."""
    try:
        hrefs = [link["href"] for link in plain["links"] if link["rel"] == "item"]
        items = tuple(checked_id(href.removeprefix("./").removesuffix(".json"), "the scene") for href in hrefs)
    except (KeyError, TypeError, AttributeError) as error:
        raise CaseFileError(file, None, "links", f"is not a STAC catalogue ({type(error).__name__}: {error})",
                            "Remove the file and run the case again") from error
    refusals = from_plain(plain.get("sitewatch:refusals", []), tuple[Refusal, ...], grid, file)
    asked = from_plain(plain.get("sitewatch:sources"), str | None, grid, file)  # type: ignore[arg-type]
    return Catalogue(items=items, refusals=refusals, asked=asked)


def _asset_to_plain(asset: Asset, kept: Kept, folder: Path) -> dict[str, Any]:
    kind = mimetypes.guess_type(kept.path.name)[0]
    return {"href": f"../{kept.path.relative_to(folder).as_posix()}", **({"type": kind} if kind else {}),
            "roles": [_ROLES[asset.role]], "file:checksum": _SHA256 + kept.sha256, "file:size": kept.bytes,
            "sitewatch:received_from": kept.href, "sitewatch:received_at": moment_text(kept.fetched_at)}


def _asset_from_plain(name: str, asset: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    path = inside(folder, asset["href"].removeprefix("../"))
    href = asset["sitewatch:received_from"]
    kept = {"path": str(path), "sha256": asset["file:checksum"].removeprefix(_SHA256), "bytes": asset["file:size"],
            "fetched_at": asset["sitewatch:received_at"], "href": href}
    return {"role": name.partition("-")[0], "href": href, "kept": kept}


def _footprint(path: Path) -> tuple[dict[str, Any] | None, list[float] | None, dict[str, Any]]:
    """Geometry and bounds in EPSG:4326 and the projection fields; nothing for a file that is no image.

    Whether such a file can be used is for the stack to say: here it is evidence, kept as received.
    """
    try:
        return stac_footprint(describe(path).grid)
    except ImageError:
        return None, None, {}
