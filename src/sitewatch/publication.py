"""Publish a case so that a stranger can check it, and check what others have published."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sitewatch import report, store
from sitewatch.case import Case
from sitewatch.errors import InputError, SitewatchError
from sitewatch.model import Document, Earlier, Findings, Permit, Progress, Publication, Report, Row, Scenes
from sitewatch.store import FolderStore, Verified

__all__ = ["EVIDENCE", "PUBLISHED", "Published", "draft", "publish", "stated", "verify_published"]

PUBLISHED = "published"
EVIDENCE = "evidence.zip"
PRINTED = "report.pdf"
_CRATE = "ro-crate-metadata.json"
_PROOF = "claims"   # the last stage whose record the evidence holds; the page is composed anew from these


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where the published report is, and how many scenes are published how."""

    path: Path
    title: str
    permits: Mapping[str, Permit]

    @property
    def evidence(self) -> Path:
        """The bundle that proves it."""
        return self.path / EVIDENCE


def stated(case: Case, *, no_pixels: bool = False) -> Publication:
    """What the author states in case.yaml, with what the case has published before."""
    found = store.with_earlier(case.file.publication, case.folder)
    return replace(found, no_pixels=no_pixels or found.no_pixels)


def draft(case: Case, *, no_pixels: bool = False, progress: Progress | None = None) -> tuple[Row, ...]:
    """The checklist of the report as it would be published now; nothing is written but what the stages need."""
    case.run(_PROOF, progress)
    return _page(case, stated(case, no_pixels=no_pixels))[0].rows


def publish(case: Case, *, no_pixels: bool = False, key: Path | None = None, pdf: bool = False,
            progress: Progress | None = None) -> Published:
    """Write ``published/`` of a case: the page as its licences allow it, the exports, and the evidence beside them.

    ``key`` is an SSH key that signs the evidence; with ``pdf`` the page is printed too. The same case gives the same
    bytes, wherever it lies. Raises InputError where something has to be supplied first.
    """
    case.run(_PROOF, progress)
    publication, findings = stated(case, no_pixels=no_pixels), _worded(case)
    holder = FolderStore(case.folder.resolve())
    made, permits = _page(case, publication)
    _refuse_open(made.rows)
    page = {**made.files, **(_printed(made.files) if pdf else {})}
    shown = [name for name, permit in permits.items() if permit.allows == "pixels"]
    with holder.writing():
        texts = [document.id for document, _, permit in _documents(case, publication) if permit.allows == "pixels"]
        proof = store.evidence_of(holder, case.site, list(case.run_ids(_PROOF).values()), publication, shown, texts)
        files: dict[str, bytes | Path] = {f"report/{name}": data for name, data in page.items()}
        files |= {f"case/{name}": content for name, content in proof.items()}
        bundle = store.write_bundle(holder.folder, {**files, _CRATE: _crate(case, publication, permits, files)})
        try:
            sha256 = _refuse_silent_edit(holder.folder, publication, bundle)
            seal = {f"{EVIDENCE}.sig": store.signed(bundle, key)} if key else {}
            store.replace_folder(holder.folder / PUBLISHED, {**page, **seal, EVIDENCE: bundle})
        finally:
            bundle.unlink(missing_ok=True)
        store.record_published(holder.folder, Earlier(
            version=publication.version, date=publication.date, title=findings.title,
            sentences=tuple(f.text for f in findings), sha256=sha256))
    return Published(path=case.folder / PUBLISHED, title=findings.title, permits=permits)


def verify_published(path: Path, *, pixels: Path | None = None, signer: Path | None = None,
                     progress: Progress | None = None) -> tuple[Verified, ...]:
    """Check a published report, or its evidence alone, with nothing else at hand.

    First that the bundle and the files beside it are as they were written, then every log and hash in it, then every
    stage, the page and the exports, computed again from the images. ``pixels`` is a folder of the reader's own copies
    of the images that licences withhold, ``signer`` a file with the public key of the publisher. Raises InputError
    where there is no such report.
    """
    evidence = _evidence_of(path)
    with tempfile.TemporaryDirectory(prefix="sitewatch-") as room:
        folder = Path(room) / "evidence"
        folder.mkdir()
        checks = store.unpack(evidence, folder)
        seals = store.check_signature(evidence, signer)
        if path != evidence:
            checks += tuple(_beside(evidence, folder / "report"))
        if not all(check.holds for check in checks):
            return (*seals, *checks)   # what is not as it was written is not computed with
        try:
            return (*seals, *checks, *_computed(folder, pixels, progress))
        except SitewatchError as error:
            return (*seals, *checks, Verified(what="case", holds=False, detail=str(error)))


def _page(case: Case, publication: Publication) -> tuple[Report, Mapping[str, Permit]]:
    """The published page with the files beside it, from what the case holds or has computed again."""
    structures, measurements, stack = case.structures(), case.measurements(), case.stack()
    stack = replace(stack, scenes=report.credited(stack.scenes, publication))
    permits = report.permits_of(stack.scenes, publication)
    made_with = FolderStore(case.folder.resolve()).version_of(case.run_ids(_PROOF)[_PROOF])
    options, findings, grid = case.options["report"], _worded(case), case.site.grid
    way_back = case.provenance(made_with, f"sitewatch verify {EVIDENCE}")
    page = report.compose_report(findings, case.changes(), structures, measurements, stack, options=options,
                                 provenance=way_back, publication=publication, standing=case.standing())
    sheets, files = report.compose_exports(structures, measurements, stack, permits)
    files["feed.xml"] = report.compose_feed(findings, publication, way_back["case"])
    files["case.gpkg"] = store.geopackage(sheets, grid, max(fit.taken for fit in stack.fits))
    files["case.qgz"] = store.qgis_project(sheets, grid, findings.title, "case.gpkg")
    if earth := report.compose_kml(findings, structures, measurements, stack, permits, options):
        files["case.kmz"] = store.zipped(earth)
    return replace(page, files={**page.files, **files}), permits


def _worded(case: Case) -> Findings:
    """The findings in the words that people let stand."""
    return report.as_reviewed(case.findings(), case.standing())


def _printed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The page as PDF; InputError where nothing here can print it."""
    printed = report.print_page(files)
    if printed is None:
        raise InputError("printing needs WeasyPrint and Pango. Install the extra: pip install 'sitewatch[pdf]', and on "
                         "Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")
    return {PRINTED: printed}


def _crate(case: Case, publication: Publication, permits: Mapping[str, Permit],
           files: Mapping[str, bytes | Path]) -> bytes:
    """ro-crate-metadata.json of the evidence."""
    holder = FolderStore(case.folder.resolve())
    runs = [holder.run(run_id) for run_id in case.run_ids(_PROOF).values()]
    held = {name: store.measured(content) for name, content in files.items()}
    scenes = report.credited(case.scenes(), publication)
    return report.compose_crate(report.Evidence(title=case.findings().title, publication=publication, runs=runs,
                                                files=held, scenes=scenes, permits=permits,
                                                documents=_documents(case, publication)))


def _documents(case: Case, publication: Publication) -> list[tuple[Document, int, Permit]]:
    """What the case quotes, the size of each file, and whether it may be passed on."""
    holder = FolderStore(case.folder.resolve())
    documents = store.documents_of(holder, case.site)
    permits = report.documents_permitted(documents, publication)
    return [(document, store.measured(holder.folder / document.path)[1], permits[document.id])
            for document in documents]


def _refuse_open(rows: Collection[Row]) -> None:
    """InputError with every row that stops publication, and how to supply what it lacks."""
    stops = [row for row in rows if row.is_open and row.rule == "refuse"]
    if stops:
        told = "; ".join(f"({row.number}) {row.element}: {row.missing}. {row.remedy}" for row in stops)
        raise InputError(f"the report cannot be published yet: {told}")


def _refuse_silent_edit(folder: Path, publication: Publication, bundle: Path) -> str:
    """The SHA-256 of the new evidence; InputError where another one has been published as the same version."""
    sha256, _ = store.measured(bundle)
    before = store.published_before(folder, publication.version)
    if before and before.sha256 != sha256 and (folder / PUBLISHED / EVIDENCE).exists():
        raise InputError(f"version {publication.version} was published already and said something else. Raise "
                         "publish.version in case.yaml and say under publish.corrections what changed; or, if it never "
                         f"left your hands, remove the folder {PUBLISHED}")
    return sha256


def _evidence_of(path: Path) -> Path:
    folder = path.parent if path.name == "index.html" else path
    evidence = folder / EVIDENCE if folder.is_dir() else path
    if not evidence.is_file():
        raise InputError(f"there is no {EVIDENCE} at {path}. Name a published report, its folder or its {EVIDENCE}")
    return evidence


def _beside(evidence: Path, report_in_it: Path) -> Iterator[Verified]:
    """The files beside the evidence against those within it: the page that people read is the one that is proven."""
    folder = evidence.parent
    own = {EVIDENCE, f"{EVIDENCE}.sig"}
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
    home, missing = folder / "case", store.withheld_in(folder / _CRATE)
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
    again, checks = case.computed_again(progress, "measurements" if texts else _PROOF, withheld)
    yield from checks
    yield from store.not_computed("claims") if texts else ()
    yield from _rightly(withheld, holder, scenes, stated(case))
    if withheld or texts:
        yield from store.not_computed("report")
    elif all(check.holds for check in checks):
        yield from _page_again(again, folder)


def _page_again(again: Case, folder: Path) -> Iterator[Verified]:
    """The page, what lies beside it and the metadata, from records that were computed again."""
    made, permits = _page(again, stated(again))
    files = {f"report/{name}": data for name, data in made.files.items()}
    yield store.compare_files("report computed again", files, folder)
    yield from _printed_again(made.files, folder / "report" / PRINTED)
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
        same = report.print_page(files) == printed.read_bytes()
        yield Verified(what=f"{PRINTED} printed again", holds=True if same else None, detail="gives the same bytes" if
                       same else "gives other bytes here, or none: only WeasyPrint of the same version with the same "
                       "fonts gives the same; compare it with the page by eye")


def _unexpected(again: Case, permits: Mapping[str, Permit], known: Collection[str], folder: Path) -> Iterator[Verified]:
    """Files of the bundle that do not follow from the case: nothing is passed on that was not proven."""
    holder, runs = FolderStore(again.folder.resolve()), list(again.run_ids(_PROOF).values())
    texts = [document.id for document, *_ in _documents(again, stated(again))]
    proof = store.evidence_of(holder, again.site, runs, stated(again), list(permits), texts)
    expected = {*known, _CRATE, store.SUMS, *(f"case/{name}" for name in proof)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in expected and not name.startswith("case/.cache/"):
            yield Verified(what=name, holds=False, detail="is in the evidence, but nothing of the case leads to it")


def _same_crate(again: Case, permits: Mapping[str, Permit], folder: Path) -> Verified:
    """Whether the metadata of the bundle are those that follow from its files."""
    files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    withheld = {permit.scene for permit in permits.values() if permit.allows != "pixels"}
    kept_back = {f"case/{document.path}" for document, _, permit in _documents(again, stated(again))
                 if permit.allows != "pixels"}
    listed = {name: path for name, path in files.items() if name not in (_CRATE, store.SUMS, *kept_back)
              and not (name.startswith("case/pixels/") and path.parent.name in withheld)}
    made = _crate(again, stated(again), permits, listed)
    return store.compare_files(f"{_CRATE} composed again", {_CRATE: made}, folder)
