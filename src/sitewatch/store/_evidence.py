"""What of a case goes into its evidence, and how a licensee's own copies are laid beside it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import Asset, Document, Kept, Publication, Scenes, Site, parse_yaml
from sitewatch.store._casefile import CASE_FILE
from sitewatch.store._claimsfile import CLAIMS_FILE, read_claims
from sitewatch.store._decisions import LOOKS
from sitewatch.store._documents import DOCUMENTS
from sitewatch.store._files import inside, read_bytes, sha256_of
from sitewatch.store._folder import FolderStore
from sitewatch.store._namesfile import NAMES_FILE
from sitewatch.store._plain import read_json
from sitewatch.store._publishing import EARLIER, earlier_text
from sitewatch.store._reviews import REVIEWED

__all__ = ["documents_of", "evidence_of", "kept_files", "lay_copies", "set_aside_claims", "withheld_in"]

_MOST_FILES = 200_000   # of a reader's folder: more is not one site's images


def evidence_of(store: FolderStore, site: Site, runs: Collection[str], publication: Publication,
                shown: Collection[str], texts: Collection[str] = ()) -> dict[str, bytes | Path]:
    """The files of the evidence by their paths within the case: contents, or where they lie.

    ``runs`` are the ids of its runs, ``shown`` those of the scenes, ``texts`` those of the documents whose
    files may be passed on.
    """
    folder = store.folder
    paths = {f"runs/{run}.json" for run in runs}
    paths |= {path for run in runs for path in store.run(run).outputs}
    paths |= {path.relative_to(folder).as_posix() for path in folder.glob("log/*.jsonl")}
    paths |= {path for scene, path, _ in kept_files(store, _scenes(store, site)) if scene in shown}
    paths |= {name for name in (CLAIMS_FILE, NAMES_FILE) if (folder / name).exists()}
    paths |= {path.relative_to(folder).as_posix() for path in folder.glob(f"{DOCUMENTS}/*.yaml")}
    paths |= {path.relative_to(folder).as_posix() for name in (LOOKS, REVIEWED)
              for path in folder.glob(f"{name}/*.yaml")}
    paths |= {document.path for document in documents_of(store, site) if document.id in texts}
    earlier = {EARLIER: earlier_text(publication.earlier)} if publication.earlier else {}
    return {CASE_FILE: _shared(folder / CASE_FILE, no_pixels=publication.no_pixels), **earlier,
            **{path: inside(folder, path) for path in sorted(paths)}}


def documents_of(store: FolderStore, site: Site) -> tuple[Document, ...]:
    """What the case quotes, if it quotes anybody."""
    claims = read_claims(store.folder, site)
    return claims.documents if claims else ()


def kept_files(store: FolderStore, scenes: Scenes) -> Iterator[tuple[str, str, Kept]]:
    """Scene id, path within the case, and record of every kept file."""
    for scene in scenes.scenes:
        for kept in _kept(scene.assets):
            yield scene.id, kept.path.relative_to(store.folder).as_posix(), kept


def lay_copies(folder: Path, missing: Mapping[str, tuple[str, int]], copies: Path) -> int:
    """Copy a reader's own images and documents to the places where they are missing; how many were laid.

    ``missing`` maps paths within the case to SHA-256 and size: a copy is known by these, whatever it is called.
    """
    if not copies.is_dir():
        raise InputError(f"{copies} is no folder. Name the folder that holds your own copies of what is withheld")
    wanted: dict[int, list[str]] = {}
    for path, (_, size) in missing.items():
        wanted.setdefault(size, []).append(path)
    laid = 0
    for copy in _files(copies):
        for path in wanted.get(copy.stat().st_size, []):
            place = inside(folder, path)
            if not place.exists() and sha256_of(copy) == missing[path][0]:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(copy, place)
                laid += 1
    return laid


def withheld_in(crate: Path) -> dict[str, tuple[str, int]]:
    """What a bundle says that it withholds: paths within the case with SHA-256 and size in bytes."""
    graph = read_json(read_bytes(crate), crate).get("@graph")
    found: dict[str, tuple[str, int]] = {}
    for entry in graph if isinstance(graph, list) else ():
        if isinstance(entry, dict) and str(entry.get("@id")).startswith("#withheld-"):
            name, sha256, size = (str(entry.get(key)) for key in ("name", "sha256", "contentSize"))
            if re.fullmatch(r"[0-9a-f]{64}", sha256) and re.fullmatch(r"\d{1,15}", size):
                found[name] = sha256, int(size)
    return found


def set_aside_claims(folder: Path) -> None:
    """Take the claims out of an unpacked case whose documents are withheld, so that the rest can be checked."""
    for name in (CLAIMS_FILE, NAMES_FILE):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / DOCUMENTS, ignore_errors=True)


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
