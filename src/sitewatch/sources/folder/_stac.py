"""STAC items, and Planet's own metadata, beside the images: read as what strangers wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

from sitewatch.sources.folder._listing import stem_prefix
from sitewatch.sources.folder._units import baseline_of, offset_applied

__all__ = ["Item", "ItemsBeside"]

_LARGEST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a metadata file says of one scene. Angles in degrees; ``fault`` says what in it cannot be right."""

    file: str
    taken: datetime | None = None
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    off_nadir_deg: float | None = None
    view_azimuth_deg: float | None = None
    licence: str | None = None
    attribution: str | None = None
    baseline: str | None = None
    offset_applied: bool | None = None
    fault: str | None = None


class ItemsBeside:
    """Finds the item that belongs to an image; each folder's JSON files are read once."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[dict[str, Item], dict[str, Item]]] = {}

    def of(self, image: Path) -> Item | None:
        """The item whose asset names the image, else the one with its stem, else with its scene's name."""
        if image.parent not in self._read:
            self._read[image.parent] = _read_folder(image.parent)
        by_asset, by_stem = self._read[image.parent]
        return by_asset.get(image.name) or by_stem.get(image.stem) or by_stem.get(stem_prefix(image.stem))


def _read_folder(folder: Path) -> tuple[dict[str, Item], dict[str, Item]]:
    by_asset: dict[str, Item] = {}
    by_stem: dict[str, Item] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in (".json", ".geojson") or path.name.startswith(".") or path.is_symlink():
            continue
        features = list(_features(path))
        for feature in features:
            item = _item(feature, path.name)
            for name in _named_files(feature):
                by_asset.setdefault(name, item)
            if len(features) == 1:
                by_stem.setdefault(path.stem, item)
                by_stem.setdefault(stem_prefix(path.stem), item)
    return by_asset, by_stem


def _features(path: Path) -> Iterator[Mapping[str, Any]]:
    """The GeoJSON features of a file; anything else beside the images is not ours to judge."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
            return
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    many = document.get("features")
    for feature in many if isinstance(many, list) else [document]:
        if isinstance(feature, dict) and feature.get("type") == "Feature" \
                and isinstance(feature.get("properties"), dict):
            yield feature


def _named_files(feature: Mapping[str, Any]) -> Iterator[str]:
    """The last parts of the addresses of the item's assets."""
    assets = feature.get("assets")
    for asset in assets.values() if isinstance(assets, dict) else ():
        href = asset.get("href") if isinstance(asset, dict) else None
        if isinstance(href, str):
            try:
                yield PurePosixPath(unquote(urlparse(href).path)).name
            except ValueError:  # an address that is none
                continue


def _item(feature: Mapping[str, Any], file: str) -> Item:
    said: Mapping[str, Any] = feature["properties"]
    stated = said.get("datetime") or said.get("acquired")
    taken = _moment(stated)
    providers = said.get("providers")
    first = providers[0] if isinstance(providers, list) and providers else None
    baseline = baseline_of(feature)
    return Item(
        file=file, taken=taken,
        fault=None if stated is None or taken else f"{file} gives the time {str(stated)[:40]!r}, which is none",
        sun_azimuth_deg=_degrees(said, ("view:sun_azimuth", "sun_azimuth"), 360),
        sun_elevation_deg=_degrees(said, ("view:sun_elevation", "sun_elevation"), 90),
        off_nadir_deg=_degrees(said, ("view:off_nadir", "view_angle"), 90),
        view_azimuth_deg=_degrees(said, ("view:azimuth", "satellite_azimuth"), 360),
        licence=_words(said.get("license")),
        attribution=_words(first.get("name")) if isinstance(first, dict) else None,
        baseline=baseline, offset_applied=offset_applied(feature, baseline))


def _moment(stated: object) -> datetime | None:
    """A time by RFC 3339, UTC where it gives no offset."""
    if not isinstance(stated, str):
        return None
    try:
        moment = datetime.fromisoformat(stated)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _degrees(said: Mapping[str, Any], keys: tuple[str, ...], most: float) -> float | None:
    """The first of the keys with a number that an angle can be; Planet signs its view angles, STAC does not."""
    for key in keys:
        value = said.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6:
            angle = abs(float(value)) if key == "view_angle" else float(value)
            return angle if -90 <= angle <= most else None
    return None


def _words(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value and value.isprintable() else None
