"""What a result depends on, as plain records for its run's fingerprint."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sitewatch.model import Claims, Run, Scenes, Site
from sitewatch.store._plain import to_plain

__all__ = ["claims_plain", "new_run", "place_plain", "scenes_plain", "words_plain"]


_COMPUTING = ("sitewatch", "numpy", "scipy", "opencv-python-headless", "rasterio", "shapely", "pyproj")


def place_plain(site: Site) -> dict[str, Any]:
    """The ground: grid, area, references, controls and marks."""
    crs = site.grid.crs
    outlines = {kind: {named.id: to_plain(named.outline, site.grid) for named in getattr(site, kind)}
                for kind in ("references", "controls")}
    if site.marks:  # a case without them is the same as before there were any
        outlines["marks"] = {mark.id: to_plain(mark, site.grid) for mark in site.marks}
    return {"grid": [None if crs is None else str(crs), *list(site.grid.affine)[:6], *site.grid.shape],
            "area": site.area.wkt, **outlines}


def words_plain(site: Site) -> dict[str, Any]:
    """The words about the site, which only sentences and pages depend on."""
    return {"slug": site.slug, "question": site.question, "part_of": site.part_of,
            "names": [[name.text, name.language, name.romanisation] for name in site.names]}


def claims_plain(claims: Claims, site: Site) -> dict[str, Any]:
    """What others are quoted with: every claim, name and text."""
    return dict(to_plain(claims, site.grid))


def scenes_plain(scenes: Scenes) -> dict[str, Any]:
    """What was kept: each scene's facts and the hashes of its files, wherever they lay and whenever they came."""
    plain = []
    for scene in scenes.scenes:
        facts = to_plain(scene, scenes.site.grid)
        facts["assets"] = [[asset.role, asset.kept.sha256 if asset.kept else None] for asset in scene.assets]
        plain.append(facts)
    return {"scenes": plain, "refusals": [[refusal.what, refusal.why] for refusal in scenes.refusals]}


def new_run(run_id: str, stage: str, *, inputs: Mapping[str, str], options: Mapping[str, Any], seed: int,
            stage_version: int = 0) -> Run:
    """The record of a run that begins now, with the versions of whatever computes in it."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in _COMPUTING}}
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Run(id=run_id, stage=stage, stage_version=stage_version, inputs=inputs, options=options, seed=seed,
               versions=versions, started=started, seconds=0.0, outputs={})
