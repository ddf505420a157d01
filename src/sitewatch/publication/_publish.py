"""Publish a case so that a stranger can check it, and check what others have published."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sitewatch import report, store
from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.model import Document, Earlier, Findings, Permit, Progress, Publication, Report, Row
from sitewatch.publication._stamp import STAMP, stamp_of
from sitewatch.report import Printed
from sitewatch.store import FolderStore

__all__ = ["CRATE", "EVIDENCE", "PRINTED", "PROOF", "PUBLISHED", "Published", "crate_of", "documents_of", "draft",
           "page_of", "publish", "stated"]

PUBLISHED = "published"
EVIDENCE = "evidence.zip"
PRINTED = "report.pdf"
CRATE = "ro-crate-metadata.json"
PROOF = "claims"   # the last stage whose record the evidence holds; the page is composed anew from these


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where the published report is, and what is published of each scene.

    ``boxes``: the letters that the PDF shows as empty boxes, because no font of this machine has them.
    """

    path: Path
    title: str
    permits: Mapping[str, Permit]
    boxes: str = ""

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
    case.run(PROOF, progress)
    return page_of(case, stated(case, no_pixels=no_pixels))[0].rows


def publish(case: Case, *, no_pixels: bool = False, key: Path | None = None, timestamp: str | None = None,
            pdf: bool = False, progress: Progress | None = None) -> Published:
    """Write ``published/`` of a case: the page as its licences allow it, the exports, and the evidence beside them.

    An earlier version that lies there is kept beside it, as ``published-1/`` and so on.

    ``key`` is an SSH key that signs the evidence, ``timestamp`` the address of an authority that stamps its time; with
    ``pdf`` the page is printed too. The same case gives the same bytes, wherever it lies. Raises InputError where
    something has to be supplied first, ProviderError where an authority does not stamp it; nothing is published then.
    """
    case.run(PROOF, progress)
    publication, findings = stated(case, no_pixels=no_pixels), _worded(case)
    holder = FolderStore(case.folder.resolve())
    made, permits = page_of(case, publication, has_print=pdf)
    _refuse_open(made.rows)
    printed = _printed(made.files) if pdf else None
    page = {**made.files, **({PRINTED: printed.data} if printed else {})}
    shown = [name for name, permit in permits.items() if permit.allows == "pixels"]
    with holder.writing():
        texts = [document.id for document, _, permit in documents_of(case, publication) if permit.allows == "pixels"]
        proof = store.evidence_of(holder, case.site, list(case.run_ids(PROOF).values()), publication, shown, texts)
        files: dict[str, bytes | Path] = {f"report/{name}": data for name, data in page.items()}
        files |= {f"case/{name}": content for name, content in proof.items()}
        bundle = store.write_bundle(holder.folder, {**files, CRATE: crate_of(case, publication, permits, files)})
        try:
            sha256 = _refuse_silent_edit(holder.folder, publication, bundle)
            _keep_earlier(holder.folder, publication)
            store.replace_folder(holder.folder / PUBLISHED, {
                **page, **_seals(bundle, key, timestamp, holder.folder / PUBLISHED), EVIDENCE: bundle})
        finally:
            bundle.unlink(missing_ok=True)
        store.record_published(holder.folder, Earlier(
            version=publication.version, date=publication.date, title=findings.title,
            sentences=tuple(f.text for f in findings), sha256=sha256))
    return Published(path=case.folder / PUBLISHED, title=findings.title, permits=permits,
                     boxes=printed.boxes if printed else "")


def _seals(bundle: Path, key: Path | None, timestamp: str | None, before: Path) -> dict[str, bytes]:
    """The signature and the time stamp; a stamp that the same evidence got earlier is kept: it cannot be had again."""
    seals = {f"{EVIDENCE}.sig": store.signed(bundle, key)} if key else {}
    sums = store.sums_of(bundle)
    if timestamp:
        seals[STAMP] = stamp_of(sums, timestamp)
    elif (before / STAMP).is_file() and (before / EVIDENCE).is_file() and store.sums_of(before / EVIDENCE) == sums:
        seals[STAMP] = (before / STAMP).read_bytes()
    return seals


def page_of(case: Case, publication: Publication, *,
            has_print: bool = False) -> tuple[Report, Mapping[str, Permit]]:
    """The published page with the files beside it, from what the case holds or has computed again.

    ``has_print``: the page is printed too, and links to that.
    """
    structures, measurements, stack = case.structures(), case.measurements(), case.stack()
    stack = replace(stack, scenes=report.credited(stack.scenes, publication))
    permits = report.permits_of(stack.scenes, publication)
    made_with = FolderStore(case.folder.resolve()).version_of(case.run_ids(PROOF)[PROOF])
    options, findings, grid = case.options["report"], _worded(case), case.site.grid
    way_back = case.provenance(made_with, f"sitewatch verify {EVIDENCE}")
    sheets, files = report.compose_exports(structures, measurements, stack, permits)
    files["feed.xml"] = report.compose_feed(findings, publication)
    files["case.gpkg"] = store.geopackage(sheets, grid, max(fit.taken for fit in stack.fits))
    files |= {f"{sheet.name}.parquet": store.geoparquet(sheet, grid) for sheet in sheets if sheet.outlines}
    files["case.qgz"] = store.qgis_project(sheets, grid, findings.title, "case.gpkg")
    if earth := report.compose_kml(findings, structures, measurements, stack, permits, options):
        files["case.kmz"] = store.zipped(earth)
    publication = replace(publication, beside=(*files, *([PRINTED] if has_print else []), EVIDENCE))
    page = report.compose_report(findings, case.changes(), structures, measurements, stack, options=options,
                                 provenance=way_back, publication=publication, standing=case.standing())
    return replace(page, files={**page.files, **files}), permits


def _worded(case: Case) -> Findings:
    """The findings in the words that people let stand."""
    return report.as_reviewed(case.findings(), case.standing())


def _printed(files: Mapping[str, bytes]) -> Printed:
    """The page as PDF; InputError where nothing here can print it."""
    printed = report.print_page(files)
    if printed is None:
        raise InputError("printing needs WeasyPrint and Pango. Install the extra: pip install 'sitewatch[pdf]', and on "
                         "Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")
    return printed


def crate_of(case: Case, publication: Publication, permits: Mapping[str, Permit],
           files: Mapping[str, bytes | Path]) -> bytes:
    """ro-crate-metadata.json of the evidence."""
    holder = FolderStore(case.folder.resolve())
    runs = [holder.run(run_id) for run_id in case.run_ids(PROOF).values()]
    held = {name: store.measured(content) for name, content in files.items()}
    scenes = report.credited(case.scenes(), publication)
    return report.compose_crate(report.Evidence(title=case.findings().title, publication=publication, runs=runs,
                                                files=held, scenes=scenes, permits=permits,
                                                documents=documents_of(case, publication)))


def documents_of(case: Case, publication: Publication) -> list[tuple[Document, int, Permit]]:
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
    places = (folder / PUBLISHED, folder / f"{PUBLISHED}-{publication.version}")
    place = next((place for place in places if (place / EVIDENCE).exists()), None)
    if before and before.sha256 != sha256 and place:
        raise InputError(f"version {publication.version} was published already and said something else. Raise "
                         "publish.version in case.yaml and say under publish.corrections what changed; or, if it never "
                         f"left your hands, remove the folder {place.name}")
    return sha256


def _keep_earlier(folder: Path, publication: Publication) -> None:
    """Copy what is published to ``published-N`` where it is another version, so that old ones stay reachable."""
    evidence = folder / PUBLISHED / EVIDENCE
    version = store.version_published(folder, store.measured(evidence)[0]) if evidence.is_file() else None
    if version not in (None, publication.version):
        store.keep_folder(folder / PUBLISHED, folder / f"{PUBLISHED}-{version}")
