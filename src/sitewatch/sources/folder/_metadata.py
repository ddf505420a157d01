"""What the metadata files of a Sentinel-2 or a Landsat product say: XML, JSON or text that strangers wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ImageError
from sitewatch.sources._items import Item, moment

__all__ = ["landsat_item", "sentinel_footprint", "sentinel_item"]

_LARGEST_BYTES = 32_000_000
_ADDED = -1000.0   # BOA_ADD_OFFSET from processing baseline 04.00 on
_MULT, _ADD = 2.75e-5, -0.2   # of surface reflectance in Landsat's Collection 2 (USGS LSDS-1619)


def sentinel_item(product: Path, granule: Path | None) -> Item:
    """MTD_MSIL2A.xml and the granule's MTD_TL.xml; ImageError for what is no such file.

    ESA, "Sentinel-2 Products Specification Document" (S2-PDGS-TAS-DI-PSD), user product metadata.
    """
    root = _xml(product)
    tile = _xml(granule) if granule is not None else None
    offsets = {_number(text) for text in _all(root, "BOA_ADD_OFFSET")}
    baseline = _first(root, "PROCESSING_BASELINE")
    taken = moment(_first(tile, "SENSING_TIME")) or moment(_first(root, "DATATAKE_SENSING_START")) or moment(
        _first(root, "PRODUCT_START_TIME"))
    zenith = _number(_within(tile, "Mean_Sun_Angle", "ZENITH_ANGLE"))
    orbit = _first(root, "SENSING_ORBIT_NUMBER")
    return Item(
        file=product.name, taken=taken, licence="Copernicus-Sentinel",
        fault=None if taken else f"{product.name} gives no time of sensing",
        sun_azimuth_deg=_number(_within(tile, "Mean_Sun_Angle", "AZIMUTH_ANGLE")),
        sun_elevation_deg=None if zenith is None else 90 - zenith,
        off_nadir_deg=_number(_within(tile, "Mean_Viewing_Incidence_Angle", "ZENITH_ANGLE")),
        view_azimuth_deg=_number(_within(tile, "Mean_Viewing_Incidence_Angle", "AZIMUTH_ANGLE")),
        baseline=baseline if baseline and re.fullmatch(r"\d\d\.\d\d", baseline) else None,
        offset_applied=False if offsets == {_ADDED} else True if offsets == {0.0} else None,
        cloud_cover=_number(_first(root, "Cloud_Coverage_Assessment")),
        relative_orbit=int(orbit) if orbit and orbit.isdecimal() and len(orbit) < 5 else None)


def sentinel_footprint(product: Path) -> BaseGeometry | None:
    """Where a Sentinel-2 product has pixels, EPSG:4326, by its EXT_POS_LIST: latitude and longitude in turns."""
    numbers = [float(word) for word in (_first(_xml(product), "EXT_POS_LIST") or "").split()
               if re.fullmatch(r"-?\d+(\.\d+)?", word)]
    corners = list(zip(numbers[1::2], numbers[0::2], strict=False))
    return Polygon(corners).buffer(0) if len(corners) >= 4 else None


def landsat_item(path: Path) -> Item:
    """A *_MTL.json, .xml or .txt; ImageError where it is none, or its reflectance is not scaled as Collection 2's is.

    USGS, "Landsat 8-9 Collection 2 Level 2 Science Product Guide" (LSDS-1619).
    """
    said = dict(_leaves(path))
    for band in range(2, 6):
        scale, offset = (_number(said.get(f"REFLECTANCE_{what}_BAND_{band}_L2", said.get(
            f"REFLECTANCE_{what}_BAND_{band}"))) for what in ("MULT", "ADD"))
        if (scale, offset) not in ((_MULT, _ADD), (None, None)):
            raise ImageError(f"{path.name} scales its counts by {scale} and {offset}, where Collection 2's reflectance "
                             f"is scaled by {_MULT} and {_ADD}")
    clock = str(said.get("SCENE_CENTER_TIME", "")).strip('"')
    taken = moment(f"{said.get('DATE_ACQUIRED', '')}T{clock[:15].rstrip('Z')}Z")
    path_row = str(said.get("WRS_PATH", ""))
    return Item(file=path.name, taken=taken, licence="USGS-public-domain",
                fault=None if taken else f"{path.name} gives no time of taking",
                sun_azimuth_deg=_turned(_number(said.get("SUN_AZIMUTH"))),
                sun_elevation_deg=_number(said.get("SUN_ELEVATION")),
                off_nadir_deg=_number(said.get("ROLL_ANGLE"), is_magnitude=True),
                cloud_cover=_number(said.get("CLOUD_COVER")),
                relative_orbit=int(path_row) if path_row.isdecimal() and len(path_row) < 5 else None)


def _leaves(path: Path) -> Iterator[tuple[str, str]]:
    """Keys and values of a metadata file, whatever groups they lie in. Where a key stands for Level 1 and for Level 2,
    the latter's is named with _L2."""
    data = _read(path)
    if path.suffix.lower() == ".json":
        try:
            yield from _json_leaves(json.loads(data), "")
        except (ValueError, RecursionError) as error:
            raise ImageError(f"{path.name} is not JSON ({error})") from error
    elif path.suffix.lower() == ".xml":
        for part in _xml(path):
            yield from ((_leveled(leaf.tag, part.tag), (leaf.text or "").strip()) for leaf in part)
    else:
        group = ""
        for line in data.decode("ascii", errors="replace").splitlines():
            key, _, value = (part.strip() for part in line.partition("="))
            if key == "GROUP":
                group = value
            elif value:
                yield _leveled(key, group), value.strip('"')


def _json_leaves(value: Any, group: str) -> Iterator[tuple[str, str]]:
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(item, Mapping):
            yield from _json_leaves(item, str(key))
        else:
            yield _leveled(str(key), group), str(item)


def _leveled(key: str, group: str) -> str:
    return f"{key}_L2" if group == "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS" else key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{path.name} cannot be read ({error.strerror})") from error
    if len(data) > _LARGEST_BYTES:
        raise ImageError(f"{path.name} is larger than any metadata")
    return data


def _xml(path: Path) -> Element:
    """The root of an XML file without a document type: these files need none, and one can be made to swell."""
    data = _read(path)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ImageError(f"{path.name} defines entities, which metadata of a product does not")
    parser = XMLParser()
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ParseError, LookupError, ValueError) as error:
        raise ImageError(f"{path.name} is not XML ({error})") from error
    return root


def _all(root: Element | None, tag: str) -> list[str]:
    """The texts of all elements of a name, whatever their namespace."""
    every = () if root is None else root.iter()
    return [(one.text or "").strip() for one in every if one.tag.rpartition("}")[2] == tag]


def _first(root: Element | None, tag: str) -> str | None:
    return next(iter(_all(root, tag)), None)


def _within(root: Element | None, group: str, tag: str) -> str | None:
    groups = [] if root is None else [one for one in root.iter() if one.tag.rpartition("}")[2] == group]
    return next((text for one in groups if (text := _first(one, tag))), None)


def _number(text: object, is_magnitude: bool = False) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return (abs(value) if is_magnitude else value) if abs(value) < 1e6 else None


def _turned(azimuth_deg: float | None) -> float | None:
    """Landsat counts azimuths from -180 to 180."""
    return None if azimuth_deg is None else azimuth_deg % 360
