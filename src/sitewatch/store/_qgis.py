"""Styles and a project for QGIS 3: outlines without filling, coloured by class, with time where a sheet has it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from sitewatch.model import Sheet

__all__ = ["project", "style"]

_QGIS = "3.22.0"   # a long-term release; later ones read it
_GREY = "#666666"
_SYSTEM = {"proj4": "+proj=longlat +datum=WGS84 +no_defs", "srsid": "3452", "srid": "4326", "authid": "EPSG:4326",
           "description": "WGS 84", "geographicflag": "true"}


def style(sheet: Sheet) -> ET.Element:
    """The sheet's outlines as a QML style: a line per value of the column that it is coloured by, with a label."""
    root = ET.Element("qgis", version=_QGIS, styleCategories="Symbology|Labeling")
    for element in _looks(sheet):
        root.append(element)
    return root


def project(sheets: Sequence[Sheet], title: str, database: str, bounds: tuple[float, float, float, float], *,
            is_georeferenced: bool) -> bytes:
    """The .qgs of sheets that lie in a GeoPackage beside it; the first sheet lies on top."""
    root = ET.Element("qgis", version=_QGIS, projectname=title)
    ET.SubElement(root, "title").text = title
    _system(ET.SubElement(root, "projectCrs"), is_georeferenced=is_georeferenced)
    tree, layers = ET.SubElement(root, "layer-tree-group"), ET.Element("projectlayers")
    for sheet in sheets:
        source = f"./{database}|layername={sheet.name}"
        ET.SubElement(tree, "layer-tree-layer", id=_id(sheet), name=sheet.title, source=source, providerKey="ogr",
                      checked="Qt::Unchecked" if sheet.name == "looks" else "Qt::Checked", expanded="1")
        layers.append(_layer(sheet, source, is_georeferenced=is_georeferenced))
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas")
    extent = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        ET.SubElement(extent, name).text = repr(float(value))
    _system(ET.SubElement(canvas, "destinationsrs"), is_georeferenced=is_georeferenced)
    root.append(layers)
    paths = ET.SubElement(ET.SubElement(root, "properties"), "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    ET.indent(root, " ")
    head = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + bytes(ET.tostring(root, encoding="UTF-8")) + b"\n"


def _layer(sheet: Sheet, source: str, *, is_georeferenced: bool) -> ET.Element:
    layer = ET.Element("maplayer", type="vector", geometry="Polygon", wkbType="Polygon")
    for name, text in (("id", _id(sheet)), ("datasource", source), ("layername", sheet.title)):
        ET.SubElement(layer, name).text = text
    _system(ET.SubElement(layer, "srs"), is_georeferenced=is_georeferenced)
    ET.SubElement(layer, "provider", encoding="UTF-8").text = "ogr"
    if "taken" in sheet.columns:   # mode 1: each feature's own moment in a field
        temporal = ET.SubElement(layer, "temporal", enabled="1", mode="1", startField="taken", fixedDuration="1",
                                 durationUnit="day", accumulate="0", startExpression="", endExpression="", endField="",
                                 durationField="")
        ET.SubElement(temporal, "fixedRange")
    for element in _looks(sheet):
        layer.append(element)
    return layer


def _id(sheet: Sheet) -> str:
    """QGIS gives a layer another id where it has fewer than eleven letters, and then cannot find it."""
    return f"sitewatch_{sheet.name}"


def _looks(sheet: Sheet) -> tuple[ET.Element, ET.Element]:
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr=sheet.coloured_by, symbollevels="0",
                          enableorderby="0", forceraster="0")
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, (value, colour) in enumerate({**(sheet.colours or {}), "": _GREY}.items()):
        ET.SubElement(categories, "category", symbol=str(number), value=value, label=value or "other", render="true")
        symbol = ET.SubElement(symbols, "symbol", name=str(number), type="fill", alpha="1", clip_to_extent="1",
                               force_rhr="0")
        fill = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})
        options = ET.SubElement(fill, "Option", type="Map")
        for name, text in (("color", "0,0,0,0"), ("style", "no"), ("outline_color", _rgb(colour)),
                           ("outline_style", "solid"), ("outline_width", "0.6"), ("outline_width_unit", "MM")):
            ET.SubElement(options, "Option", name=name, type="QString", value=text)
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    ET.SubElement(settings, "text-style", fieldName="label" if "label" in sheet.columns else "id", isExpression="0",
                  fontSize="9", fontSizeUnit="Point", textColor="30,30,30,255")
    ET.SubElement(settings, "placement", placement="8", dist="1")   # beside the outline
    ET.SubElement(settings, "rendering", displayAll="1", obstacle="0")
    return renderer, labeling


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[i:i + 2], 16)) for i in (1, 3, 5)) + ",255"


def _system(parent: ET.Element, *, is_georeferenced: bool) -> None:
    system = ET.SubElement(parent, "spatialrefsys")
    for name, text in (_SYSTEM if is_georeferenced else {}).items():
        ET.SubElement(system, name).text = text
