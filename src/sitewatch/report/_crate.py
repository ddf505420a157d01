"""ro-crate-metadata.json: what lies in the evidence, where it came from and what made it, for any reader of RO-Crate.

Follows RO-Crate 1.2 (https://w3id.org/ro/crate/1.2): one flat JSON-LD document; a run is a ``CreateAction``.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sitewatch.model import Document, Permit, Publication, Run, Scenes
from sitewatch.report._licences import LICENCES

__all__ = ["Evidence", "compose_crate"]

_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_TOOL = "#sitewatch"
_KINDS = {".geojson": "application/geo+json", ".jsonl": "application/jsonl", ".yaml": "application/yaml",
          ".tif": "image/tiff", ".gpkg": "application/geopackage+sqlite3", ".kmz": "application/vnd.google-earth.kmz",
          ".parquet": "application/vnd.apache.parquet"}
# What the files of a folder are; the first that a name begins with.
_WHAT = {"report/pictures/": "A picture of the page", "report/": "The page, or a file beside it",
         "case/pixels/": "An image as received", "case/scenes/": "The record of a scene (STAC)",
         "case/results/": "A result of a stage", "case/runs/": "One run: inputs, options, seed, versions and outputs",
         "case/log/": "What was done, each line with the hash of the one before",
         "case/documents/": "A quoted text as received, or where it comes from",
         "case/": "What people stated or decided"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a bundle holds: ``files`` maps each path in it to its SHA-256 and size in bytes.

    ``scenes`` carry licence and credit; their ``permits`` say which files had to stay out. ``documents`` are
    those that are quoted, each with its size in bytes and what may be passed on of it.
    """

    title: str
    publication: Publication
    runs: Sequence[Run]
    files: Mapping[str, tuple[str, int]]
    scenes: Scenes
    permits: Mapping[str, Permit]
    documents: Sequence[tuple[Document, int, Permit]] = ()


def compose_crate(evidence: Evidence) -> bytes:
    """The metadata of a bundle; the same evidence gives the same bytes."""
    graph = [_descriptor(), _root(evidence), *_files(evidence), *_withheld(evidence), *_runs(evidence),
             *_licences(evidence), *_publisher(evidence.publication)]
    document = {"@context": f"{_SPECIFICATION}/context", "@graph": graph}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _descriptor() -> dict[str, Any]:
    return {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
            "conformsTo": {"@id": _SPECIFICATION}}


def _root(evidence: Evidence) -> dict[str, Any]:
    stated = evidence.publication
    who = {"publisher": {"@id": "#publisher"}} if stated.publisher else {}
    withheld = [{"@id": entry["@id"]} for entry in _withheld(evidence)]
    return {"@id": "./", "@type": "Dataset", "name": evidence.title, "version": str(stated.version),
            "description": "A report of sitewatch with everything it follows from. `sitewatch verify` checks every "
                           "hash and log and computes every number again; `sha256sum --check SHA256SUMS` checks the "
                           "files.",
            "datePublished": stated.date or "1970-01-01", "license": _licence(stated.licence), **who,
            "hasPart": [{"@id": name} for name in sorted(evidence.files)],
            "mentions": [*({"@id": f"#run-{run.id}"} for run in evidence.runs), *withheld]}


def _files(evidence: Evidence) -> Iterator[dict[str, Any]]:
    of = {f"case/{_within(kept.path.parts)}": scene for scene in evidence.scenes.scenes
          for asset in scene.assets if (kept := asset.kept)}
    quoted = {f"case/{document.path}": document for document, *_ in evidence.documents}
    for name in sorted(evidence.files):
        sha256, size = evidence.files[name]
        kind = _KINDS.get("." + name.rsplit(".", 1)[-1]) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        scene = of.get(name)
        more = {"license": _licence(scene.licence), "creditText": scene.attribution or "not stated",
                "temporalCoverage": scene.taken.isoformat()} if scene else {}
        more |= {"license": _licence(quoted[name].licence)} if name in quoted else {}
        yield {"@id": name, "@type": "File", "name": name.rsplit("/", 1)[-1],
               "description": next((what for start, what in _WHAT.items() if name.startswith(start)), "A file"),
               "encodingFormat": kind, "contentSize": str(size), "sha256": sha256, **more}


def _withheld(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The files that are not in the bundle, by what a licensee knows them by."""
    for scene in evidence.scenes.scenes:
        for asset in scene.assets:
            if asset.kept and f"case/{_within(asset.kept.path.parts)}" not in evidence.files:
                yield {"@id": f"#withheld-{asset.kept.sha256}", "@type": "CreativeWork",
                       "name": _within(asset.kept.path.parts), "sha256": asset.kept.sha256,
                       "contentSize": str(asset.kept.bytes), "license": _licence(scene.licence),
                       "creditText": scene.attribution or "not stated",
                       "conditionsOfAccess": evidence.permits[scene.id].why}
    for document, size, permit in evidence.documents:
        if permit.allows != "pixels":
            yield {"@id": f"#withheld-{document.sha256}", "@type": "CreativeWork", "name": document.path,
                   "sha256": document.sha256, "contentSize": str(size), "publisher": document.publisher,
                   "license": _licence(document.licence), "conditionsOfAccess": permit.why}


def _runs(evidence: Evidence) -> Iterator[dict[str, Any]]:
    versions = {name: number for run in evidence.runs for name, number in run.versions.items()}
    yield {"@id": _TOOL, "@type": "SoftwareApplication", "name": "sitewatch", "url": "https://pypi.org/project/sitewatch",
           "version": versions.get("sitewatch", ""), "softwareVersion": versions.get("sitewatch", ""),
           "softwareRequirements": [f"{name} {number}" for name, number in sorted(versions.items())
                                    if name != "sitewatch"]}
    known = {run.id for run in evidence.runs}
    for run in evidence.runs:
        yield {"@id": f"#run-{run.id}", "@type": "CreateAction", "name": run.stage, "startTime": run.started,
               "instrument": {"@id": _TOOL}, "description": f"options {json.dumps(dict(run.options))}, seed {run.seed}",
               **_many("object", [f"#run-{name}" for name in run.inputs.values() if name in known]),
               **_many("result", [f"case/{path}" for path in sorted(run.outputs)
                                  if f"case/{path}" in evidence.files])}


def _licences(evidence: Evidence) -> Iterator[dict[str, Any]]:
    names = {evidence.publication.licence, *(scene.licence or "" for scene in evidence.scenes.scenes),
             *(document.licence or "" for document, *_ in evidence.documents)}
    for name in sorted({_licence(name)["@id"]: name for name in sorted(names)}.values()):
        why = next((p.why for s in evidence.scenes.scenes if (s.licence or "") == name
                    for p in (evidence.permits[s.id],)), "of a text, or of this report")
        yield {**_licence(name), "@type": "CreativeWork", "name": name or "not stated", "description": why}


def _publisher(stated: Publication) -> Iterator[dict[str, Any]]:
    if stated.publisher:
        contact = {"contactPoint": {"@id": "#contact"}} if stated.contact else {}
        yield {"@id": "#publisher", "@type": "Organization", "name": stated.publisher, **contact}
    if stated.contact:
        yield {"@id": "#contact", "@type": "ContactPoint", "contactType": "corrections", "name": stated.contact,
               "email": stated.contact}


def _licence(name: str | None) -> dict[str, str]:
    """A licence by its own address, where it is known to have one."""
    known = next((licence.source.split()[0] for licence in LICENCES
                  if licence.id.casefold() == (name or "").casefold() and licence.source.startswith("https://")), None)
    return {"@id": known or f"#licence-{quote(name or 'not-stated', safe='')}"}


def _many(key: str, ids: Sequence[str]) -> dict[str, Any]:
    """A property with no, one or several values, as JSON-LD writes each."""
    values = [{"@id": name} for name in ids]
    return {} if not values else {key: values[0] if len(values) == 1 else values}


def _within(parts: Sequence[str]) -> str:
    """The place of a kept file in its case, wherever that lies: pixels/<scene>/<name>."""
    return "/".join(parts[-3:])
