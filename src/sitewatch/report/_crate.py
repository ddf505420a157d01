"""ro-crate-metadata.json: what lies in the evidence, where it came from and what made it, for any reader of RO-Crate.

Follows RO-Crate 1.2 (https://w3id.org/ro/crate/1.2): one flat JSON-LD document; a run is a ``CreateAction``.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sitewatch.model import Permit, Publication, Run, Scenes

__all__ = ["Evidence", "compose_crate"]

_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_TOOL = "#sitewatch"
_KINDS = {".geojson": "application/geo+json", ".jsonl": "application/jsonl", ".yaml": "application/yaml",
          ".tif": "image/tiff", ".gpkg": "application/geopackage+sqlite3", ".kmz": "application/vnd.google-earth.kmz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a bundle holds: ``files`` maps each path in it to its SHA-256 and size in bytes.

    ``scenes`` carry licence and credit; their ``permits`` say which files had to stay out.
    """

    title: str
    publication: Publication
    runs: Sequence[Run]
    files: Mapping[str, tuple[str, int]]
    scenes: Scenes
    permits: Mapping[str, Permit]


def compose_crate(evidence: Evidence) -> bytes:
    """The metadata of a bundle; the same evidence gives the same bytes."""
    graph = [_descriptor(), _root(evidence), *_files(evidence), *_withheld(evidence), *_runs(evidence)]
    if evidence.publication.publisher:
        graph.append({"@id": "#publisher", "@type": "Organization", "name": evidence.publication.publisher})
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
            "datePublished": stated.date or "1970-01-01", "license": stated.licence or "not stated", **who,
            "hasPart": [{"@id": name} for name in sorted(evidence.files)],
            "mentions": [*({"@id": f"#run-{run.id}"} for run in evidence.runs), *withheld]}


def _files(evidence: Evidence) -> Iterator[dict[str, Any]]:
    of = {f"case/{_within(kept.path.parts)}": scene for scene in evidence.scenes.scenes
          for asset in scene.assets if (kept := asset.kept)}
    for name in sorted(evidence.files):
        sha256, size = evidence.files[name]
        kind = _KINDS.get("." + name.rsplit(".", 1)[-1]) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        scene = of.get(name)
        more = {"license": scene.licence or "not stated", "creditText": scene.attribution or "not stated",
                "temporalCoverage": scene.taken.isoformat()} if scene else {}
        yield {"@id": name, "@type": "File", "name": name.rsplit("/", 1)[-1], "encodingFormat": kind,
               "contentSize": str(size), "sha256": sha256, **more}


def _withheld(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The files that are not in the bundle, by what a licensee knows them by."""
    for scene in evidence.scenes.scenes:
        for asset in scene.assets:
            if asset.kept and f"case/{_within(asset.kept.path.parts)}" not in evidence.files:
                yield {"@id": f"#withheld-{asset.kept.sha256}", "@type": "CreativeWork",
                       "name": f"{scene.id}: {asset.role}", "sha256": asset.kept.sha256,
                       "contentSize": str(asset.kept.bytes), "license": scene.licence or "not stated",
                       "creditText": scene.attribution or "not stated",
                       "conditionsOfAccess": evidence.permits[scene.id].why}


def _runs(evidence: Evidence) -> Iterator[dict[str, Any]]:
    versions = {name: number for run in evidence.runs for name, number in run.versions.items()}
    yield {"@id": _TOOL, "@type": "SoftwareApplication", "name": "sitewatch", "url": "https://pypi.org/project/sitewatch",
           "softwareVersion": versions.get("sitewatch", ""),
           "softwareRequirements": [f"{name} {number}" for name, number in sorted(versions.items())
                                    if name != "sitewatch"]}
    known = {run.id for run in evidence.runs}
    for run in evidence.runs:
        yield {"@id": f"#run-{run.id}", "@type": "CreateAction", "name": run.stage, "startTime": run.started,
               "instrument": {"@id": _TOOL}, "description": f"options {json.dumps(dict(run.options))}, seed {run.seed}",
               "object": [{"@id": f"#run-{name}"} for name in run.inputs.values() if name in known],
               "result": [{"@id": f"case/{path}"} for path in sorted(run.outputs) if f"case/{path}" in evidence.files]}


def _within(parts: Sequence[str]) -> str:
    """The place of a kept file in its case, wherever that lies: pixels/<scene>/<name>."""
    return "/".join(parts[-3:])
