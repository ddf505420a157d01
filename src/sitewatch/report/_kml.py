"""The report for Google Earth Pro: one KML document with its pictures, to be zipped as KMZ.

OGC KML 2.2. Outlines carry the span in which each thing was there, pictures the span until the next look, so that the
time slider of Google Earth plays the history.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
from markupsafe import escape
from shapely import Polygon

from sitewatch.geo import degrees_grid, lay_on, look_times, to_geojson
from sitewatch.model import Findings, Measurements, Permit, Sheet, Site, Stack, Structure, Structures, day
from sitewatch.report._frames import whole
from sitewatch.report._language import visible
from sitewatch.report._options import ReportOptions
from sitewatch.report._pictures import coarsened, hatched, stretch_of, stretched
from sitewatch.report._sheets import sheets_of
from sitewatch.report._signs import STYLES

__all__ = ["compose_kml"]

_MOST_PICTURES = 36   # more make a file that a mail server refuses; those left out are spread evenly
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")   # XML 1.0, section 2.2
# aabbggrr, as KML writes colours; those of the page's lines.
_COLOURS = {"new": "ff1f4fd9", "removed": "ff8a2be2", "altered": "ff008fd6", "works": "ff2a5f8a",
            "reference": "ffffffff", "control": "ffd0d000", "area": "ff00ffff"}


def compose_kml(findings: Findings, structures: Structures, measurements: Measurements, stack: Stack,
                permits: Mapping[str, Permit], options: ReportOptions) -> dict[str, bytes]:
    """doc.kml and its pictures by their paths; nothing for images without georeference, which lie nowhere on Earth."""
    site = structures.site
    if not site.is_georeferenced:
        return {}
    root = ET.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = ET.SubElement(root, "Document")
    _text(document, "name", findings.title)
    _text(document, "open", "1")
    for name, colour in _COLOURS.items():
        _style(document, name, colour)
    things = _folder(document, "What was found")
    table, _, places, *_ = sheets_of(structures, measurements, stack, permits)
    for structure, outline in zip(structures, table.outlines, strict=True):
        _placemark(things, structure, outline, site, _told(findings, structure))
    _places(_folder(document, "Area, references, controls"), places, site)
    files = _looks(document, structures, stack, permits, options)
    ET.indent(root, " ")
    return {"doc.kml": ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n", **files}


def _placemark(parent: ET.Element, structure: Structure, outline: Polygon, site: Site, told: str) -> None:
    mark = ET.SubElement(parent, "Placemark")
    _text(mark, "name", structure.label)
    _text(mark, "description", told)
    begin = structure.first.by
    _span(mark, begin, structure.last.by)
    _text(mark, "styleUrl", f"#{STYLES[structure.class_]}")
    data = ET.SubElement(mark, "ExtendedData")
    for key, value in (("id", structure.id), ("class", structure.class_), ("chance", f"{structure.chance:.2f}"),
                       ("when", str(structure.happened))):
        _text(ET.SubElement(data, "Data", name=key), "value", value)
    _polygon(mark, outline, site)


def _told(findings: Findings, structure: Structure) -> str:
    """The sentences about it as HTML, in which Google Earth shows a description; all of them escaped."""
    texts = [f"{finding.layer}: {finding.text}" for finding in findings if finding.evidence[:1] == (structure.id,)]
    return "<br>".join(str(escape(text)) for text in texts)


def _places(parent: ET.Element, places: Sheet, site: Site) -> None:
    for (name, kind), outline in zip(places.rows, places.outlines, strict=True):
        mark = ET.SubElement(parent, "Placemark")
        _text(mark, "name", str(name))
        _text(mark, "styleUrl", f"#{kind}")
        _polygon(mark, outline, site)


def _looks(document: ET.Element, structures: Structures, stack: Stack, permits: Mapping[str, Permit],
           options: ReportOptions) -> dict[str, bytes]:
    """A folder per look: its picture where its licence allows one, and what was judged in it."""
    parent, files = _folder(document, "Looks, one folder a day"), {}
    times = look_times(stack)
    shown = set(_spread([i for i, name in enumerate(stack.data["scene"].values)
                         if _allows(permits, str(name)) != "outline"]))
    stretch, grid, pixels = stretch_of(stack, options), degrees_grid(stack.site.grid), whole(stack.site)
    for index, (name, taken) in enumerate(zip(stack.data["scene"].values, times, strict=True)):
        folder, scene = _folder(parent, day(taken)), stack.scenes[str(name)]
        _text(folder, "description", _judged(structures, scene.id, scene.attribution))
        _span(folder, taken, times[index + 1] if index + 1 < len(times) else None)
        if index in shown:
            seen = stretched(stack, index, pixels, stretch)
            seen = coarsened(seen) if _allows(permits, scene.id) == "reduced" else seen
            path = f"files/{scene.id}.jpg"
            files[path] = _jpeg(lay_on(seen.transpose(2, 0, 1), stack.site.grid, grid).transpose(1, 2, 0))
            overlay = ET.SubElement(folder, "GroundOverlay")
            _text(overlay, "name", f"Image of {day(taken)}")
            _span(overlay, taken, times[index + 1] if index + 1 < len(times) else None)
            _text(overlay, "drawOrder", str(index))
            _text(ET.SubElement(overlay, "Icon"), "href", path)
            bounds, box = grid.boundingbox, ET.SubElement(overlay, "LatLonBox")
            for side, value in (("north", bounds.top), ("south", bounds.bottom), ("east", bounds.right),
                                ("west", bounds.left)):
                _text(box, side, f"{value:.8f}")
    return files


def _allows(permits: Mapping[str, Permit], scene: str) -> str:
    return permits[scene].allows if scene in permits else "pixels"


def _spread(indices: Sequence[int]) -> list[int]:
    if len(indices) <= _MOST_PICTURES:
        return list(indices)
    return [indices[round(i)] for i in np.linspace(0, len(indices) - 1, _MOST_PICTURES)]


def _judged(structures: Structures, scene: str, credit: str | None) -> str:
    states = [f"{s.label}: {look.state}" for s in structures for look in s.looks if look.scene == scene]
    lines = [f"scene {scene}", *states, f"credit: {credit or 'no credit line is recorded'}"]
    return "<br>".join(str(escape(line)) for line in lines)


def _jpeg(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    hatched(np.clip(pixels, 0, 1)).save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _folder(parent: ET.Element, name: str) -> ET.Element:
    folder = ET.SubElement(parent, "Folder")
    _text(folder, "name", name)
    return folder


def _style(parent: ET.Element, name: str, colour: str) -> None:
    style = ET.SubElement(parent, "Style", id=name)
    line = ET.SubElement(style, "LineStyle")
    _text(line, "color", colour)
    _text(line, "width", "2.5")
    _text(ET.SubElement(style, "PolyStyle"), "fill", "0")


def _polygon(parent: ET.Element, outline: Polygon, site: Site) -> None:
    polygon = ET.SubElement(parent, "Polygon")
    _text(polygon, "tessellate", "1")
    rings = to_geojson(outline, site.grid)["coordinates"]
    for ring, side in zip(rings, ("outerBoundaryIs", *(["innerBoundaryIs"] * len(rings))), strict=False):
        line = ET.SubElement(ET.SubElement(polygon, side), "LinearRing")
        _text(line, "coordinates", " ".join(f"{x},{y}" for x, y in ring))


def _span(parent: ET.Element, begin: datetime | None, end: datetime | None) -> None:
    if begin is None and end is None:
        return
    span = ET.SubElement(parent, "TimeSpan")
    for name, moment in (("begin", begin), ("end", end)):
        if moment is not None:
            _text(span, name, f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", str(visible(text)))
