"""What a STAC item, or Planet's own metadata, says of a scene: read as what strangers wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shapely import Polygon, make_valid
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sitewatch.sources._units import baseline_of, offset_applied

__all__ = ["Item", "footprint_of", "item_of", "moment", "share_of"]

# Of its own satellite no pass covers more than half of the Earth's turn, but some footprints are drawn the wrong way
# round the antimeridian.
_WIDEST_DEG = 180.0
# The frame or strip that an image is made of is recorded in seconds; what takes longer is a mosaic of several looks.
_ONE_LOOK = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a metadata file says of one scene. Angles in degrees; ``fault`` says what in it cannot be right, and
    ``is_radar`` that no light was recorded."""

    file: str
    taken: datetime | None = None
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    off_nadir_deg: float | None = None
    view_azimuth_deg: float | None = None
    licence: str | None = None
    attribution: str | None = None
    baseline: str | None = None
    offset_applied: bool | None = None
    cloud_cover: float | None = None
    relative_orbit: int | None = None
    published: datetime | None = None
    fault: str | None = None
    is_radar: bool = False


def item_of(feature: Mapping[str, Any], file: str) -> Item:
    """What the properties of a STAC item, or of Planet's own, say; ``file`` is where it stands, for its faults."""
    said: Mapping[str, Any] = feature["properties"]
    taken, fault = _taken(said, file)
    baseline = baseline_of(feature)
    return Item(
        file=file, taken=taken, fault=fault, is_radar=any(str(key).startswith("sar:") for key in said),
        sun_azimuth_deg=_degrees(said, ("view:sun_azimuth", "sun_azimuth", "s2:mean_solar_azimuth"), 360),
        sun_elevation_deg=_sun_elevation(said),
        off_nadir_deg=_degrees(said, ("view:off_nadir", "view_angle"), 90),
        view_azimuth_deg=_degrees(said, ("view:azimuth", "satellite_azimuth"), 360),
        licence=_words(said.get("license")),
        attribution=_credit(said.get("providers")),
        baseline=baseline, offset_applied=offset_applied(feature, baseline),
        cloud_cover=_percent(said), relative_orbit=_relative_orbit(said),
        published=moment(said.get("published")))


def footprint_of(geometry: Any, area: BaseGeometry) -> BaseGeometry | None:
    """Where a scene lies by a GeoJSON geometry, EPSG:4326, as far as it matters for an area; None where it is none."""
    try:
        footprint = make_valid(shape(geometry))
        if footprint.is_empty or footprint.area == 0:
            return None
        left, _, right, _ = footprint.bounds
        if right - left > _WIDEST_DEG and footprint.geom_type == "Polygon":
            return area if area.bounds[2] > 175 or area.bounds[0] < -175 else Polygon()
        return footprint
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def share_of(area: BaseGeometry, footprint: BaseGeometry | None) -> float | None:
    """The share of an area that a footprint covers, 0 to 1; None where there is no footprint."""
    return None if footprint is None else float(footprint.intersection(area).area / area.area)


def moment(stated: object) -> datetime | None:
    """A time by RFC 3339, UTC where it gives no offset."""
    if not isinstance(stated, str):
        return None
    try:
        moment = datetime.fromisoformat(stated)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _taken(said: Mapping[str, Any], file: str) -> tuple[datetime | None, str | None]:
    """When a scene was taken, the middle of a recording that is one look; or what is wrong with what is said of it."""
    stated = said.get("datetime") or said.get("acquired")
    if stated is not None:
        taken = moment(stated)
        return taken, None if taken else f"{file} gives the time {str(stated)[:40]!r}, which is none"
    start, end = moment(said.get("start_datetime")), moment(said.get("end_datetime"))
    if start is None or end is None:
        return None, None
    if timedelta() <= end - start <= _ONE_LOOK:
        return start + (end - start) / 2, None
    return None, (f"{file} gives only the time from {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S}, so that "
                  "nobody can say at which moment the image was taken")


def _credit(providers: object) -> str | None:
    """Whom the providers of a STAC item or collection name for the credit line: who licenses it, else who produced it,
    else those of whom it does not say what they do. Who only stores it is not credited."""
    listed = [one for one in providers if isinstance(one, dict)] if isinstance(providers, list) else []
    for does in ("licensor", "producer", "processor", None):
        names = [name for one in listed if (does in _roles(one) if does else not _roles(one))
                 and (name := _words(one.get("name")))]
        if names:
            return _words("; ".join(dict.fromkeys(names)))
    return None


def _roles(one: Mapping[str, Any]) -> list[Any]:
    roles = one.get("roles")
    return roles if isinstance(roles, list) else []


def _degrees(said: Mapping[str, Any], keys: tuple[str, ...], most: float) -> float | None:
    """The first of the keys with a number that an angle can be; Planet signs its view angles, STAC does not."""
    for key in keys:
        value = said.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6:
            angle = abs(float(value)) if key == "view_angle" else float(value)
            return angle if -90 <= angle <= most else None
    return None


def _sun_elevation(said: Mapping[str, Any]) -> float | None:
    """Some Sentinel-2 items give the sun's distance from the zenith instead."""
    elevation = _degrees(said, ("view:sun_elevation", "sun_elevation"), 90)
    zenith = _degrees(said, ("s2:mean_solar_zenith",), 180)
    return 90 - zenith if elevation is None and zenith is not None else elevation


def _percent(said: Mapping[str, Any]) -> float | None:
    """Cloud over the whole scene: STAC says it in percent, and so does Planet, except in its older cloud_cover."""
    for key, most, factor in (("eo:cloud_cover", 100, 1), ("cloud_percent", 100, 1), ("cloud_cover", 1, 100)):
        value = said.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
            return round(float(value) * factor, 1)
    return None


def _relative_orbit(said: Mapping[str, Any]) -> int | None:
    """Which of the satellite's repeated tracks: as stated, or as the names of Sentinel-2's products have it."""
    stated = said.get("sat:relative_orbit", said.get("landsat:wrs_path"))
    named = re.search(r"_R(\d{3})_", str(said.get("s2:product_uri", "")))
    text = str(stated) if stated is not None else named[1] if named else ""
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _words(value: object) -> str | None:
    return value[:200] if isinstance(value, str) and value and value.isprintable() else None
