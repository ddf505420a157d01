"""FolderStore: a case as a folder that a person can open and git can merge."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from sitewatch.errors import CaseFileError, InputError
from sitewatch.geo import picture_grid
from sitewatch.model import Asset, Kept, Report, Run, Scene, Scenes, Site, Span, Stack
from sitewatch.store import _log
from sitewatch.store._cache import load_data, save_data
from sitewatch.store._files import (
    checked_id,
    inside,
    locked,
    read_bytes,
    replace_folder,
    sha256_of,
    signing,
    write_atomically,
)
from sitewatch.store._pixels import CATALOGUE, Pixels
from sitewatch.store._plain import from_plain, read_json, to_plain, write_json
from sitewatch.store._results import RESULTS, decode, encode

__all__ = ["FolderStore", "Stored"]

_NO_GRID = picture_grid(1, 1, 1.0)  # runs hold no outlines


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Whether a run's outputs are all there as it left them; if they are not although it ran, why."""

    is_whole: bool
    why_not: str = ""


class FolderStore:
    """Everything a case holds on disk. Whatever it reads is checked, whatever it writes is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pixels = Pixels(folder)
        self._depth = 0
        self._latest: dict[str, tuple[bytes, Any]] = {}
        self._encoded: tuple[Any, Mapping[str, bytes]] | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the case for writing, for as long as the outermost ``with``; InputError when another process does."""
        if self._depth:
            yield
            return
        with locked(self.folder):
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    # -- pixels and scenes

    def keep(self, grid: GeoBox, scene: Scene, asset: Asset, blocks: Iterable[bytes]) -> Kept:
        """Our own copy of an asset, received now or before."""
        with self.writing():
            return self._pixels.keep(scene, asset, blocks, grid)

    def is_asked_anew(self, asked: str, site: Site) -> bool:
        """Whether what is kept came from other sources than those of this fingerprint; then all is received again."""
        return self._pixels.is_asked_anew(asked, site.grid)

    def known(self, scenes: Scenes) -> Scenes:
        """The scenes with the copies that the case holds already."""
        return self._pixels.known(scenes)

    def with_earlier(self, scenes: Scenes, span: Span, remote: Collection[str] = (),
                     of: Collection[str] | None = None) -> Scenes:
        """The scenes and those kept earlier that their source no longer offers, and what ``remote`` ones refused."""
        return self._pixels.with_earlier(scenes, span, remote, of)

    def scenes(self, site: Site) -> Scenes | None:
        """The kept scenes, without a look at any source; None when none were kept yet."""
        return self._pixels.catalogued(site) if (self.folder / CATALOGUE).exists() else None

    # -- runs and their results

    def stored(self, run_id: str) -> Stored:
        """Whether that run is here with all its outputs unharmed."""
        if not self._run_path(run_id).exists():
            return Stored(is_whole=False)
        try:
            run = self.run(run_id)
            for path, sha256 in run.outputs.items():
                if sha256_of(inside(self.folder, path)) != sha256:
                    return Stored(is_whole=False, why_not=f"{path} is not what the run {run_id} wrote")
        except InputError as error:
            return Stored(is_whole=False, why_not=str(error))
        return Stored(is_whole=True)

    def was_run(self, stage: str, run_id: str) -> bool:
        """Whether there is, or according to a log was, a result of that stage."""
        result = CATALOGUE if stage == "scenes" else RESULTS.get(stage, "report/index.html")
        return (self.folder / result).exists() or self._run_path(run_id).exists() or any(
            entry.get("run") == run_id for entry in _log.entries(self.folder))

    def run(self, run_id: str) -> Run:
        """The record of a run; CaseFileError when it is damaged or belongs to another run."""
        path = self._run_path(run_id)
        run = from_plain(read_json(read_bytes(path), path), Run, _NO_GRID, path)
        if run.id != run_id:
            raise CaseFileError(path, None, "id", f"is not {run_id}", "Remove the file and run the case again")
        return run

    def last_whole(self, stage: str) -> Run | None:
        """The run whose outputs the results of a stage are; None where there is none or they were touched since."""
        for path in (self.folder / "runs").glob("*.json"):
            with suppress(InputError):
                if (run := self.run(path.stem)).stage == stage and self.stored(run.id).is_whole:
                    return run
        return None

    def version_of(self, run_id: str) -> str:
        """The version of sitewatch that made a stored run; the present one where none is stored."""
        whole = self.stored(run_id).is_whole
        present = version("sitewatch")
        return self.run(run_id).versions.get("sitewatch", present) if whole else present

    def save(self, run: Run, record: Any) -> None:
        """Write a stage's record, then the log's line, then the run that makes it count."""
        with self.writing():
            outputs = self._write(run, record)
            done = replace(run, outputs={path: sha256_of(inside(self.folder, path)) or "" for path in sorted(outputs)})
            data = write_json(to_plain(done, _NO_GRID))
            with signing(self.folder):
                _log.append(self.folder, {"stage": run.stage, "run": run.id, "warnings": list(run.warnings),
                                          "sha256": hashlib.sha256(data).hexdigest()})
            write_atomically(self._run_path(run.id), data)

    def load(self, stage: str, run_id: str, site: Site, scenes: Scenes | None = None) -> Any:
        """The record that was saved; None for a stack whose pixels are no longer in the cache."""
        if stage == "scenes":
            return self.scenes(site)
        if stage == "report":
            return None
        path = self.folder / RESULTS[stage]
        record = decode(stage, read_bytes(path), site, path)
        if not isinstance(record, tuple) or scenes is None:
            return record
        data = load_data(self.folder, run_id, site)
        return None if data is None else Stack(site=site, scenes=scenes, data=data, fits=record)

    def latest(self, stage: str, site: Site) -> Any:
        """What the last run left of a stage, whatever it was made from; decoded once for as long as it stays the same.

        CaseFileError where there is nothing.
        """
        path = self.folder / RESULTS[stage]
        data = read_bytes(path)
        digest = hashlib.sha256(data).digest()
        if self._latest.get(stage, (b"", None))[0] != digest:
            self._latest[stage] = digest, decode(stage, data, site, path)
        return self._latest[stage][1]

    def cache(self, run_id: str, stack: Stack) -> None:
        """Keep a stack's pixels for the next time; a disk that takes nothing does without."""
        with suppress(OSError), self.writing():
            save_data(self.folder, run_id, stack.data)

    def as_stored(self, stage: str, record: Any, site: Site) -> Any:
        """The record as it would be loaded, rounding included, without writing it."""
        files = self.files(stage, record, site)
        if stage in ("scenes", "report"):
            return record
        loaded = decode(stage, files[RESULTS[stage]], site, self.folder / RESULTS[stage])
        return replace(record, fits=loaded) if stage == "stack" else loaded

    def files(self, stage: str, record: Any, site: Site) -> Mapping[str, bytes]:
        """Paths within the case and contents of what ``save`` would write for a record; none for scenes."""
        if stage == "scenes":
            return {}
        if stage == "report":
            return {f"report/{name}": data for name, data in record.files.items()}
        if self._encoded is None or self._encoded[0] is not record:   # saved, compared, loaded: encoded once
            data = encode(record.fits if isinstance(record, Stack) else record, site.grid)
            self._encoded = record, {RESULTS[stage]: data}
        return self._encoded[1]

    def _write(self, run: Run, record: Any) -> list[str]:
        if isinstance(record, Scenes):
            return self._pixels.save(record, run.inputs.get("sources", ""))
        if isinstance(record, Report):
            replace_folder(self.folder / "report", record.files)
            return [f"report/{name}" for name in record.files]
        files = self.files(run.stage, record, record.site)
        for path, data in files.items():
            write_atomically(self.folder / path, data)
        if isinstance(record, Stack):
            save_data(self.folder, run.id, record.data)
        return list(files)

    def _run_path(self, run_id: str) -> Path:
        return self.folder / "runs" / f"{checked_id(run_id, 'the run')}.json"
