"""pixels/ and the items beside them: received once, never changed, known again on the next run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from odc.geo.geobox import GeoBox

from sitewatch.errors import InputError
from sitewatch.model import Asset, Kept, Scene, Scenes, Site, Span
from sitewatch.store._files import checked_id, inside, read_bytes, receive, safe_name, sha256_of, write_atomically
from sitewatch.store._plain import read_json, write_json
from sitewatch.store._stac import Catalogue, catalogue_to_plain, item_to_plain, read_catalogue, read_item

__all__ = ["CATALOGUE", "Pixels"]

CATALOGUE = "scenes/catalog.json"


class Pixels:
    """The kept files of one case and their catalogue."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_trusted = True
        self._items: dict[str, Scene | None] = {}

    def keep(self, scene: Scene, asset: Asset, blocks: Iterable[bytes], grid: GeoBox) -> Kept:
        """Our own copy of an asset: the one there is, or else what the source delivers, hashed as it comes.

        Raises InputError when the source now delivers other bytes under the same name.
        """
        known = self._known(scene, asset, grid)
        if known:
            return known
        path = inside(self._folder, f"pixels/{checked_id(scene.id, 'the scene')}/{_file_name(scene, asset)}")
        earlier = self._kept(scene.id, grid).get((asset.role, asset.href))
        kept = _received(path, blocks, asset.href, earlier)
        self._write_item(_with_kept(scene, self._kept(scene.id, grid) | {(asset.role, asset.href): kept}), grid)
        return kept

    def known(self, scenes: Scenes) -> Scenes:
        """The scenes with the copies that the case holds already."""
        grid = scenes.site.grid
        return replace(scenes, scenes=tuple(_with_kept(scene, {
            (asset.role, asset.href): kept for asset in scene.assets if (kept := self._known(scene, asset, grid))})
            for scene in scenes.scenes))

    def with_earlier(self, scenes: Scenes, span: Span, remote: Collection[str], of: Collection[str] | None) -> Scenes:
        """The scenes and those kept earlier that their source no longer offers, ``of`` some sources or of all (None).

        What was kept is evidence and stays, unless the source now gives the same file as another scene. What was
        refused of ``remote`` sources stays too: they are not asked for all of the time at once.
        """
        ids = {scene.id for scene in scenes.scenes} | {refusal.what for refusal in scenes.refusals}
        earlier = [item for scene_id in self._listed(scenes.site.grid)
                   if scene_id not in ids and (item := self._item(scene_id, scenes.site.grid))]
        hrefs = {asset.href for scene in scenes.scenes for asset in scene.assets}
        hashes = {asset.kept.sha256 for scene in scenes.scenes for asset in scene.assets if asset.kept}
        gone = [scene for scene in earlier if scene.taken in span and (of is None or scene.source in of) and not any(
            asset.role == "image" and (asset.href in hrefs or (asset.kept and asset.kept.sha256 in hashes))
            for asset in scene.assets)]
        merged = sorted([*scenes.scenes, *gone], key=lambda scene: (scene.taken, scene.id)) if gone else scenes.scenes
        known = ids | {scene.id for scene in gone}
        listed = self._catalogue(scenes.site.grid)
        refused = [refusal for refusal in (listed.refusals if listed else ())
                   if refusal.source in remote and refusal.what not in known]
        return replace(scenes, scenes=tuple(merged), refusals=(*scenes.refusals, *refused))

    def catalogued(self, site: Site) -> Scenes:
        """The scenes that catalog.json lists."""
        file = self._folder / CATALOGUE
        catalogue = read_catalogue(read_json(read_bytes(file), file), site.grid, file)
        return Scenes(site=site, scenes=tuple(self._required(item, site.grid) for item in catalogue.items),
                      refusals=catalogue.refusals)

    def is_asked_anew(self, asked: str, grid: GeoBox) -> bool:
        """Whether the catalogue comes from other sources than these, which may have other files of the same names.

        If so, every file is received again, and must be what was kept of it.
        """
        listed = self._catalogue(grid)
        self._is_trusted = listed is None or listed.asked == asked
        return not self._is_trusted

    def save(self, scenes: Scenes, asked: str) -> list[str]:
        """Write the items that differ, then the catalogue; the paths of all of them."""
        grid = scenes.site.grid
        for scene in scenes.scenes:
            if self._item(scene.id, grid) != scene:
                self._write_item(scene, grid)
        write_atomically(self._folder / CATALOGUE, write_json(
            catalogue_to_plain(scenes.site.slug, scenes.scenes, scenes.refusals, asked)))
        return [CATALOGUE, *(f"scenes/{scene.id}.json" for scene in scenes.scenes)]

    def _listed(self, grid: GeoBox) -> list[str]:
        """The ids in the catalogue; where it is damaged, those of all items."""
        listed, file = self._catalogue(grid), self._folder / CATALOGUE
        return list(listed.items) if listed else sorted(p.stem for p in file.parent.glob("*.json") if p != file)

    def _catalogue(self, grid: GeoBox) -> Catalogue | None:
        file = self._folder / CATALOGUE
        try:
            return read_catalogue(read_json(read_bytes(file), file), grid, file) if file.exists() else None
        except InputError:
            return None  # it is written anew

    def _known(self, scene: Scene, asset: Asset, grid: GeoBox) -> Kept | None:
        kept = self._kept(scene.id, grid).get((asset.role, asset.href))
        is_whole = kept is not None and kept.path.is_file() and kept.path.stat().st_size == kept.bytes
        # An address on the network names one thing in the world, whatever else case.yaml now says; a path does not.
        return kept if is_whole and (self._is_trusted or "://" in asset.href) else None

    def _kept(self, scene_id: str, grid: GeoBox) -> dict[tuple[str, str], Kept]:
        item = self._item(scene_id, grid)
        return {(asset.role, asset.href): asset.kept for asset in item.assets if asset.kept} if item else {}

    def _required(self, scene_id: str, grid: GeoBox) -> Scene:
        item = self._item(scene_id, grid)
        return self._read(inside(self._folder, f"scenes/{scene_id}.json"), grid) if item is None else item

    def _item(self, scene_id: str, grid: GeoBox) -> Scene | None:
        if scene_id not in self._items:
            file = inside(self._folder, f"scenes/{checked_id(scene_id, 'the scene')}.json")
            try:
                self._items[scene_id] = self._read(file, grid) if file.is_file() else None
            except InputError:
                self._items[scene_id] = None  # its files are received again and must be what they were
        return self._items[scene_id]

    def _read(self, file: Path, grid: GeoBox) -> Scene:
        return read_item(read_json(read_bytes(file), file), self._folder, grid, file)

    def _write_item(self, scene: Scene, grid: GeoBox) -> None:
        file = inside(self._folder, f"scenes/{checked_id(scene.id, 'the scene')}.json")
        data = write_json(item_to_plain(scene, self._folder, grid))
        write_atomically(file, data)
        self._items[scene.id] = read_item(read_json(data, file), self._folder, grid, file)


def _with_kept(scene: Scene, kept: dict[tuple[str, str], Kept]) -> Scene:
    return replace(scene, assets=tuple(replace(asset, kept=kept.get((asset.role, asset.href), asset.kept))
                                       for asset in scene.assets))


def _file_name(scene: Scene, asset: Asset) -> str:
    """The asset's own name; its role before it where two assets of the scene share a name."""
    name = safe_name(asset.href, asset.role)
    twins = [other for other in scene.assets if safe_name(other.href, other.role) == name]
    return name if len(twins) <= 1 else f"{asset.role}-{[other.href for other in twins].index(asset.href) + 1}-{name}"


def _received(path: Path, blocks: Iterable[bytes], href: str, earlier: Kept | None) -> Kept:
    """Received for the first time, or again: then it must be what it was, also where our own copy was lost."""
    held = sha256_of(path)
    before = held or (earlier.sha256 if earlier else None)
    target = path if before is None else path.with_name(f".sitewatch-again-{path.name}")
    sha256, size = receive(target, blocks)
    if before is not None:
        if before != sha256:
            target.unlink()
            if earlier and earlier.sha256 == sha256:
                raise InputError(f"{path} is damaged: it is not what was kept of {href}. Remove it and run the case "
                                 "again, and it is received again as it was")
            raise InputError(f"{href} is not what was kept of it as {path}: the source changed the file. "
                             "Kept pixels are never overwritten; give the new image another name, or remove the kept "
                             "file and its scene in scenes/")
        target.unlink() if held else target.replace(path)
    return Kept(path=path, sha256=sha256, bytes=size, fetched_at=datetime.now(UTC), href=href)
