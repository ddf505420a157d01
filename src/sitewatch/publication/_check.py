"""Check what somebody has published, with nothing else at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sitewatch import report, store
from sitewatch.case import Case
from sitewatch.errors import InputError, SitewatchError
from sitewatch.model import Permit, Progress, Publication, Scenes
from sitewatch.publication._publish import CRATE, EVIDENCE, PRINTED, PROOF, crate_of, documents_of, page_of, stated
from sitewatch.publication._stamp import STAMP, check_stamp
from sitewatch.store import SUMS, FolderStore, Verified

__all__ = ["verify_published"]


def verify_published(path: Path, *, pixels: Path | None = None, signer: Path | None = None,
                     authority: Path | None = None, progress: Progress | None = None) -> tuple[Verified, ...]:
    """Check a published report, or its evidence alone, with nothing else at hand.

    First that the bundle and the files beside it are as they were written, then every log and hash in it, then every
    stage, the page and the exports, computed again from the images. ``pixels`` is a folder of the reader's own copies
    of the images that licences withhold, ``signer`` a file with the public key of the publisher, ``authority`` one with
    the certificates of who is trusted to tell the time. Raises InputError where there is no such report.
    """
    evidence = _evidence_of(path)
    with tempfile.TemporaryDirectory(prefix="sitewatch-") as room:
        folder = Path(room) / "evidence"
        folder.mkdir()
        checks = store.unpack(evidence, folder)
        sums = (folder / SUMS).read_bytes() if (folder / SUMS).is_file() else b""
        seals = (*store.check_signature(evidence, signer),
                 *check_stamp(evidence.with_name(STAMP), sums, authority))
        if path != evidence:
            checks += tuple(_beside(evidence, folder / "report"))
        if not all(check.holds for check in checks):
            return (*seals, *checks)   # what is not as it was written is not computed with
        try:
            return (*seals, *checks, *_computed(folder, pixels, progress))
        except SitewatchError as error:
            return (*seals, *checks, Verified(what="case", holds=False, detail=str(error)))


def _evidence_of(path: Path) -> Path:
    folder = path.parent if path.name == "index.html" else path
    evidence = folder / EVIDENCE if folder.is_dir() else path
    if not evidence.is_file():
        raise InputError(f"there is no {EVIDENCE} at {path}. Name a published report, its folder or its {EVIDENCE}")
    return evidence


def _beside(evidence: Path, report_in_it: Path) -> Iterator[Verified]:
    """The files beside the evidence against those within it: the page that people read is the one that is proven."""
    folder = evidence.parent
    own = {EVIDENCE, f"{EVIDENCE}.sig", STAMP}
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()} - own
    there = {p.relative_to(report_in_it).as_posix() for p in report_in_it.rglob("*") if not p.is_dir()}
    wrong = 0
    for name in sorted(here | there):
        problem = "is missing" if name not in here else f"is not part of the {EVIDENCE}" if name not in there else (
            "is a link" if (folder / name).is_symlink() else
            None if store.same_bytes(folder / name, report_in_it / name) else f"is not what the {EVIDENCE} holds")
        if problem:
            wrong += 1
            yield Verified(what=name, holds=False, detail=problem)
    if not wrong:
        yield Verified(what="report", holds=True, detail=f"its {len(here)} files are those of the {EVIDENCE}")


def _computed(folder: Path, copies: Path | None, progress: Progress | None) -> Iterator[Verified]:
    """Everything that follows from the images and texts, computed again from those that are there."""
    home, missing = folder / "case", store.withheld_in(folder / CRATE)
    if copies is not None:
        laid = store.lay_copies(home, missing, copies)
        yield Verified(what=str(copies), holds=True if laid else None, detail=f"{laid} files are those of the report")
    texts = [name for name in missing if not name.startswith("pixels/") and not (home / name).exists()]
    yield from (Verified(what=name, holds=None, detail=f"is not published; SHA-256 {missing[name][0]}")
                for name in texts)
    if texts:
        store.set_aside_claims(home)
    case, holder = Case.open(home), FolderStore(home.resolve())
    scenes = holder.scenes(case.site)
    if scenes is None:
        yield Verified(what="case/scenes/catalog.json", holds=False, detail="is missing")
        return
    withheld = [name for _, name, kept in store.kept_files(holder, scenes) if not kept.path.exists()]
    again, checks = case.computed_again(progress, "measurements" if texts else PROOF, withheld)
    yield from checks
    yield from store.not_computed("claims") if texts else ()
    yield from _rightly(withheld, holder, scenes, stated(case))
    if withheld or texts:
        yield from store.not_computed("report")
    elif all(check.holds for check in checks):
        yield from _page_again(again, folder)


def _page_again(again: Case, folder: Path) -> Iterator[Verified]:
    """The page, what lies beside it and the metadata, from records that were computed again."""
    printed = folder / "report" / PRINTED
    made, permits = page_of(again, stated(again), has_print=printed.exists())
    files = {f"report/{name}": data for name, data in made.files.items()}
    tables = {name: data for name, data in files.items() if name.endswith(".parquet")}
    yield store.compare_files("report computed again", {n: d for n, d in files.items() if n not in tables}, folder)
    yield from store.check_tables(tables, folder)
    yield from _printed_again(made.files, printed)
    yield from _unexpected(again, permits, [*files, f"report/{PRINTED}"], folder)
    yield _same_crate(again, permits, folder)


def _rightly(withheld: Collection[str], holder: FolderStore, scenes: Scenes,
             publication: Publication) -> Iterator[Verified]:
    """Whether what is not there was withheld by a licence: a file that may be passed on is missing."""
    permits = report.permits_of(scenes, publication)
    for scene, name, _ in store.kept_files(holder, scenes):
        if name in withheld and permits[scene].allows == "pixels":
            yield Verified(what=name, holds=False, detail="is missing, although its licence lets it be passed on")


def _printed_again(files: Mapping[str, bytes], printed: Path) -> Iterator[Verified]:
    """The PDF against the page printed here; another version of WeasyPrint or other fonts set it differently."""
    if printed.exists():
        again = report.print_page(files)
        same = again is not None and again.data == printed.read_bytes()
        yield Verified(what=f"{PRINTED} printed again", holds=True if same else None, detail="gives the same bytes" if
                       same else "gives other bytes here, or none: only WeasyPrint of the same version with the same "
                       "fonts gives the same; compare it with the page by eye")


def _unexpected(again: Case, permits: Mapping[str, Permit], known: Collection[str], folder: Path) -> Iterator[Verified]:
    """Files of the bundle that do not follow from the case: nothing is passed on that was not proven."""
    holder, runs = FolderStore(again.folder.resolve()), list(again.run_ids(PROOF).values())
    texts = [document.id for document, *_ in documents_of(again, stated(again))]
    proof = store.evidence_of(holder, again.site, runs, stated(again), list(permits), texts)
    expected = {*known, CRATE, store.SUMS, *(f"case/{name}" for name in proof)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in expected and not name.startswith("case/.cache/"):
            yield Verified(what=name, holds=False, detail="is in the evidence, but nothing of the case leads to it")


def _same_crate(again: Case, permits: Mapping[str, Permit], folder: Path) -> Verified:
    """Whether the metadata of the bundle are those that follow from its files."""
    files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    withheld = {permit.scene for permit in permits.values() if permit.allows != "pixels"}
    kept_back = {f"case/{document.path}" for document, _, permit in documents_of(again, stated(again))
                 if permit.allows != "pixels"}
    listed = {name: path for name, path in files.items() if name not in (CRATE, store.SUMS, *kept_back)
              and not (name.startswith("case/pixels/") and path.parent.name in withheld)}
    made = crate_of(again, stated(again), permits, listed)
    return store.compare_files(f"{CRATE} composed again", {CRATE: made}, folder)
