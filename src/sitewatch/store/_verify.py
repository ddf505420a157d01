"""Does everything that a case holds still match its records?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sitewatch.errors import InputError
from sitewatch.model import Scenes, Site
from sitewatch.store import _log
from sitewatch.store._compare import difference, same_pictures
from sitewatch.store._files import inside, read_bytes, sha256_of
from sitewatch.store._folder import FolderStore

__all__ = ["Verified", "check_logs", "check_pixels", "check_run", "compare", "compare_files", "not_computed"]

_TEXTS = (".html", ".xml", ".json", ".geojson", ".csv", ".yaml", ".txt", ".svg", ".md", ".css", ".js")

_NUMBERS = "results/measurements.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One thing that was checked, whether it holds, and what was found; None: it could not be checked here."""

    what: str
    holds: bool | None
    detail: str


def check_pixels(store: FolderStore, scenes: Scenes, withheld: Collection[str] = ()) -> Iterator[Verified]:
    """Every kept file against the hash in its scene's item; those ``withheld`` by a licence cannot be checked."""
    for scene in scenes.scenes:
        for asset in scene.assets:
            if asset.kept:
                what = asset.kept.path.relative_to(store.folder).as_posix()
                if what in withheld:
                    yield Verified(what=what, holds=None, detail=f"is not published; its licence: "
                                   f"{scene.licence or 'not recorded'}; SHA-256 {asset.kept.sha256}")
                else:
                    yield _hash(what, sha256_of(asset.kept.path), asset.kept.sha256)


def check_run(store: FolderStore, run_id: str, stage: str) -> Iterator[Verified]:
    """Every output of a run against its record, and that record against the log."""
    what = f"runs/{run_id}.json"
    logged = [entry.get("sha256") for entry in _log.entries(store.folder) if entry.get("run") == run_id]
    if not (store.folder / what).exists():
        yield Verified(what=what, holds=False, detail="is missing, although a log names it" if logged else (
            f"{stage} was not computed from the present case.yaml and scenes with this version: run the case"))
        return
    found = sha256_of(store.folder / what)
    is_logged = found in logged
    yield Verified(what=what, holds=is_logged, detail="as logged" if is_logged else "is not what any log says it was")
    try:
        for path, sha256 in store.run(run_id).outputs.items():
            yield _hash(path, sha256_of(inside(store.folder, path)), sha256)
    except InputError as error:
        yield Verified(what=what, holds=False, detail=str(error))


def check_logs(store: FolderStore) -> Iterator[Verified]:
    """The chain of every actor's log."""
    for path in sorted((store.folder / "log").glob("*.jsonl")):
        broken = _log.broken_line(path)
        detail = "every line is bound to the one before it" if broken is None else \
            f"line {broken} does not follow from the one before it: it was changed, added, or one before it removed"
        yield Verified(what=f"log/{path.name}", holds=broken is None, detail=detail)


def not_computed(stage: str) -> list[Verified]:
    """What can be said of a stage whose images or texts are withheld."""
    return [] if stage == "scenes" else [Verified(what=f"{stage} computed again", holds=None, detail="cannot be done "
                                                  "without what is withheld; a licensee names a folder of own copies")]


def compare(store: FolderStore, stage: str, record: Any, site: Site) -> Verified:
    """A record that was computed anew against what is stored, to the last printed digit."""
    files = store.files(stage, record, site)
    check = compare_files(f"{stage} computed again", files, store.folder)
    told = "".join(_matching(data, store.folder / path) for path, data in files.items() if path == _NUMBERS)
    return replace(check, detail=told + check.detail)


def _matching(made: bytes, stored: Path) -> str:
    """How many of the measurements, a line each, are those that are stored."""
    lines, held = made.splitlines()[1:], set(stored.read_bytes().splitlines() if stored.is_file() else ())
    return f"{sum(line in held for line in lines)} of {len(lines)} measurements match; " if lines else ""


def compare_files(what: str, files: Mapping[str, bytes], folder: Path) -> Verified:
    """Files that were computed anew against those in a folder, texts to the last printed digit."""
    problems: list[str] = []
    for path, data in files.items():
        try:
            stored = read_bytes(inside(folder, path))
        except InputError as error:
            problems.append(str(error))
            continue
        same = stored == data or (not path.endswith(_TEXTS) and same_pictures(stored, data))
        found = None if same else difference(stored, data) if path.endswith(_TEXTS) else "it shows something else"
        if found:
            problems.append(f"{path}: {found}")
    return Verified(what=what, holds=not problems,
                    detail=_some(problems) if problems else "gives the stored result")


def _hash(what: str, found: str | None, wanted: str) -> Verified:
    detail = f"SHA-256 {wanted[:16]}…" if found == wanted else "is missing" if found is None else \
        f"has the SHA-256 {found[:16]}…, {wanted[:16]}… is recorded"
    return Verified(what=what, holds=found == wanted, detail=detail)


def _some(problems: Sequence[str]) -> str:
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return "; ".join(problems[:3]) + more
