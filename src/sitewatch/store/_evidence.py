"""What of a case goes into its evidence, and how a licensee's own copies are laid beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import Asset, Kept, Publication, Scenes, Site, parse_yaml
from sitewatch.store._casefile import CASE_FILE
from sitewatch.store._claimsfile import quoted_files
from sitewatch.store._files import inside, read_bytes, sha256_of
from sitewatch.store._folder import FolderStore
from sitewatch.store._publishing import EARLIER, earlier_text

__all__ = ["evidence_of", "kept_files", "lay_pixels"]

_MOST_FILES = 200_000   # of a reader's folder: more is not one site's images


def evidence_of(store: FolderStore, site: Site, runs: Collection[str], publication: Publication,
                shown: Collection[str]) -> dict[str, bytes | Path]:
    """The files of the evidence by their paths within the case: contents, or where they lie.

    ``runs`` are the ids of its runs, ``shown`` those of the scenes whose files may be passed on.
    """
    folder = store.folder
    paths = {f"runs/{run}.json" for run in runs}
    paths |= {path for run in runs for path in store.run(run).outputs}
    paths |= {path.relative_to(folder).as_posix() for path in folder.glob("log/*.jsonl")}
    paths |= set(quoted_files(folder, site))
    paths |= {path for scene, path, _ in kept_files(store, _scenes(store, site)) if scene in shown}
    earlier = {EARLIER: earlier_text(publication.earlier)} if publication.earlier else {}
    return {CASE_FILE: _shared(folder / CASE_FILE, no_pixels=publication.no_pixels), **earlier,
            **{path: inside(folder, path) for path in sorted(paths)}}


def kept_files(store: FolderStore, scenes: Scenes) -> Iterator[tuple[str, str, Kept]]:
    """Scene id, path within the case, and record of every kept file."""
    for scene in scenes.scenes:
        for kept in _kept(scene.assets):
            yield scene.id, kept.path.relative_to(store.folder).as_posix(), kept


def lay_pixels(store: FolderStore, scenes: Scenes, copies: Path) -> int:
    """Copy a reader's own images to the places of those that are missing, known by their SHA-256; how many."""
    if not copies.is_dir():
        raise InputError(f"{copies} is no folder. Name the folder that holds your own copies of the images")
    wanted: dict[int, list[Kept]] = {}
    for _, _, kept in kept_files(store, scenes):
        if not kept.path.exists():
            wanted.setdefault(kept.bytes, []).append(kept)
    laid = 0
    for path in _files(copies):
        for kept in wanted.get(path.stat().st_size, []):
            if not kept.path.exists() and sha256_of(path) == kept.sha256:
                kept.path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kept.path)
                laid += 1
    return laid


def _kept(assets: Collection[Asset]) -> Iterator[Kept]:
    yield from (asset.kept for asset in assets if asset.kept)


def _scenes(store: FolderStore, site: Site) -> Scenes:
    scenes = store.scenes(site)
    if scenes is None:
        raise InputError(f"{store.folder} holds no images. Run the case first")
    return scenes


def _files(folder: Path) -> Iterator[Path]:
    """The regular files below a folder; links are not followed."""
    seen = 0
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            seen += 1
            if seen > _MOST_FILES:
                raise InputError(f"{folder} holds more than {_MOST_FILES} files. Name the folder of this site's images")
            path = Path(where) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _shared(file: Path, *, no_pixels: bool) -> bytes:
    """case.yaml without what is the author's alone: comments, and where the images lay on their machine."""
    plain = parse_yaml(read_bytes(file), file).plain_values()
    scenes: Any = plain.get("scenes")
    if isinstance(scenes, Mapping):
        plain["scenes"] = {key: value for key, value in scenes.items() if key != "sources"}
    stated: Any = plain.get("publish") or {}
    if not isinstance(stated, Mapping):
        raise CaseFileError(file, None, "publish", "is not a table of keys", "Write `key: value` lines below it")
    plain["publish"] = {**stated, "no_pixels": no_pixels}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110).encode()
