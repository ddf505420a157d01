"""case.yaml written for people to edit: what each key means stands beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import InputError
from sitewatch.geo import to_geojson, to_pixels
from sitewatch.model import Mark, NamedOutline, Site
from sitewatch.store._casefile import CASE_FILE
from sitewatch.store._files import locked, write_atomically

__all__ = ["write_case"]


def write_case(folder: Path, site: Site, sources: Sequence[Mapping[str, Any]], seed: int = 0) -> None:
    """Make a case folder with its case.yaml; InputError where there is one already."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Give the name of a folder for the case")
    text = _case_text(site, sources, seed)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if (folder / CASE_FILE).exists():
            raise InputError(f"{folder} already holds a case. Choose another folder, or edit its {CASE_FILE}")
        if is_new or not (folder / ".gitignore").exists():
            # Pixels are often licensed to one person only, and the cache can always be made again.
            write_atomically(folder / ".gitignore", b"pixels/\n.cache/\n")
        write_atomically(folder / CASE_FILE, text.encode())


def _case_text(site: Site, sources: Sequence[Mapping[str, Any]], seed: int) -> str:
    where = "longitude, latitude (EPSG:4326)" if site.is_georeferenced else "pixels: column, row from the top left"
    lines = [
        "# The case: what is watched, from which images, and with which options. Edit it, then run the case again.",
        "",
        "site:",
        f"  slug: {_scalar(site.slug)}",
        "  names:                # the first one is printed",
        *(f"    - {_flow({'text': n.text, 'language': n.language, 'romanisation': n.romanisation})}"
          for n in site.names),
        "  # What the report shall answer, in one sentence; and the larger place that this site belongs to.",
        f"  question: {_scalar(site.question)}",
        f"  part_of: {_scalar(site.part_of)}",
        f"  # Where to look, as GeoJSON, in {where}.",
        f"  area: {_flow(_area(site))}",
        "  # The pixel grid on which every image is laid. It is pinned: change it and everything is computed anew.",
        f"  grid: {_flow(_grid(site))}",
        "  # Known structures to compare sizes with: {id, outline: GeoJSON Polygon}.",
        *_outlines("references", site.references, site),
        "  # Patches that must not change, such as old roofs; a change there shows a false alarm.",
        *_outlines("controls", site.controls, site),
        "  # Small things to follow, such as a crane: {id, at: [x, y], size_m: [20, 6], turn_deg: 30}, or an outline.",
        *_outlines("marks", site.marks, site),
        "",
        "scenes:",
        "  start: null           # first day that counts, such as 2024-06-01; null for the first image",
        "  end: null             # the day after the last one that counts; null for the last image",
        "  sources:",
        *(f"    - {_flow(source)}" for source in sources),
        "",
        "# Options of a stage: a table with the stage's name, such as",
        "# stack:",
        "#   min_looks: 6",
        "# What you state before you publish; `sitewatch report CASE --draft` says what is missing.",
        "# publish:",
        "#   version: 1",
        f"seed: {seed}                 # of everything random; the same seed gives the same result",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flow(value: Any) -> str:
    """JSON in one line is YAML too; keys without quotes read better."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items() if item is not None
                               or key == "crs") + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _area(site: Site) -> dict[str, Any]:
    shape: BaseGeometry = site.area if site.is_georeferenced else to_pixels(site.area, site.grid)
    return {"type": shape.geom_type,
            "coordinates": _rounded(mapping(shape)["coordinates"], 7 if site.is_georeferenced else 3)}


def _rounded(value: Any, decimals: int) -> Any:
    if isinstance(value, list | tuple):
        return [_rounded(item, decimals) for item in value]
    return round(value, decimals) if isinstance(value, float) else value


def _grid(site: Site) -> dict[str, Any]:
    affine, crs = site.grid.affine, site.grid.crs
    return {"crs": None if crs is None else str(crs), "gsd_m": affine.a, "left": affine.c, "top": affine.f,
            "width_px": site.grid.width, "height_px": site.grid.height}


def _outlines(key: str, outlines: Sequence[NamedOutline | Mark], site: Site) -> list[str]:
    if not outlines:
        return [f"  {key}: []"]
    return [f"  {key}:", *(f"    - {_flow(_outline(o, site))}" for o in outlines)]


def _outline(named: NamedOutline | Mark, site: Site) -> dict[str, Any]:
    seen = named.seen.isoformat() if isinstance(named, Mark) and named.seen else None
    return {"id": named.id, "outline": to_geojson(named.outline, site.grid), "seen": seen}
