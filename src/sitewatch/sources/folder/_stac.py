"""STAC items, and Planet's own metadata, beside the images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlparse

from sitewatch.sources._items import Item, item_of
from sitewatch.sources.folder._listing import stem_prefix

__all__ = ["ItemsBeside"]

_LARGEST_BYTES = 8_000_000


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
            item = item_of(feature, path.name)
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
