"""From a provider's STAC item to a scene of the site, or why it cannot be one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from shapely.geometry.base import BaseGeometry

from sitewatch.model import Asset, Refusal, Scene, Sensor, Site, day
from sitewatch.sources._credit import attribution_of
from sitewatch.sources._guard import without_secrets
from sitewatch.sources._items import Item, footprint_of, item_of, share_of
from sitewatch.sources.stac._profiles import Product
from sitewatch.sources.stac._search import Found

__all__ = ["Band", "Offer", "licence_of", "offer_of", "says_licence", "with_terms"]

_LONGEST_ID, _KEYS_SHOWN = 90, 12
_COLOURS = ("red", "green", "blue")
_ASK = "Ask the archive to correct it, or lay the image with its date into a folder of your own (`kind: folder`)"
_LEGAL_NOTICES = (".esa.int", ".copernicus.eu", ".usgs.gov")   # whose terms have a name: see the profiles
_SAYS_NOTHING = ("proprietary", "various", "other", "")  # as licences: the words of STAC 1.0 and 1.1 for "see the link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Where the pixels of a band are: the address of a file, and which of its bands, from 1."""

    href: str
    index: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A scene with the places of its bands and its mask, and the item as received.

    ``pieces`` are scenes of the same pass that show what it does not show of the site.
    """

    scene: Scene
    feature: Mapping[str, Any]
    collection: Mapping[str, Any]
    bands: tuple[Band, ...]
    mask: Band | None
    covers: float            # of the site's area
    footprint: BaseGeometry
    version: str             # of the processing: a later one is preferred
    platform: str
    pieces: tuple[Offer, ...] = ()


def offer_of(found: Found, product: Product, sensor: Sensor, site: Site) -> Offer | Refusal:
    """The offer of an item. Whatever is in the item is a stranger's text."""
    feature, href = found.feature, found.href
    told = feature.get("id")
    what = str(told)[:_LONGEST_ID] if isinstance(told, str) and told.isprintable() and told else "an item without an id"
    if not isinstance(told, str) or not told or not isinstance(feature.get("properties"), dict):
        return Refusal(what=what, why=f"not a STAC item: it has no id or no properties. {_ASK}")
    said = item_of(feature, "its item")
    footprint = footprint_of(feature.get("geometry"), site.area)
    covers = share_of(site.area, footprint)
    platform = str(feature["properties"].get("platform", "")).lower()
    why = f"{said.fault}. {_ASK}" if said.fault else _why_not(said, covers, platform, product)
    bands, mask = _bands(feature, product, sensor, href), _mask(feature, product, sensor, href)
    if why is None and isinstance(bands, str):
        why = bands
    if why is not None or said.taken is None or isinstance(bands, str) or footprint is None:
        return Refusal(what=what, why=why or "no time of its taking", taken=said.taken if covers else None)
    href = without_secrets(href)
    assets = [Asset(role="image", href=f"{href}#image.tif")]
    if mask is not None and sensor.mask is not None:
        assets.insert(0, Asset(role="mask", href=f"{href}#mask.tif"))  # first: it says whether the image is worth it
    assets.append(Asset(role="metadata", href=f"{href}#item.json"))
    scene = Scene(
        id=_own_id(told), source="stac", sensor=sensor.id, taken=said.taken, taken_from="stac", assets=tuple(assets),
        gsd_m=sensor.gsd_m or _gsd_m(feature), sun_azimuth_deg=said.sun_azimuth_deg,
        sun_elevation_deg=said.sun_elevation_deg, off_nadir_deg=said.off_nadir_deg,
        view_azimuth_deg=said.view_azimuth_deg, licence=said.licence,
        attribution=_credit(said.attribution, attribution_of(sensor.id, said.taken.year)),
        baseline=said.baseline if sensor.added_counts else None,
        offset_applied=said.offset_applied if sensor.added_counts else None,
        cloud_cover=said.cloud_cover, relative_orbit=said.relative_orbit, published=said.published)
    return Offer(scene=scene, feature=feature, collection=found.collection, bands=bands, mask=mask,
                 covers=covers or 0.0, footprint=footprint, platform=platform,
                 version=f"{said.baseline or ''} {_version(feature)}")


def licence_of(collection: Mapping[str, Any], product: Product) -> str | None:
    """The licence that a collection states: its SPDX identifier, else the one known of its images, else the address of
    its text."""
    stated = collection.get("license")
    if isinstance(stated, str) and stated.isprintable() and stated.lower() not in _SAYS_NOTHING:
        return stated[:200]
    return product.licence or _linked(collection) or (
        stated[:200] if isinstance(stated, str) and stated and stated.isprintable() else None)


def says_licence(scene: Scene) -> bool:
    """Whether an item itself names a licence, and not only that there is one."""
    return (scene.licence or "").lower() not in _SAYS_NOTHING


def with_terms(offer: Offer, collection: Mapping[str, Any], product: Product) -> Offer:
    """The offer with its collection's licence and credit line where its item states none.

    The item's own link to a licence counts too, unless it leads to the legal notice of which the name is known.
    """
    scene, linked = offer.scene, _linked(offer.feature)
    is_known = product.licence is not None and (urlsplit(linked or "").hostname or "").endswith(_LEGAL_NOTICES)
    licence = scene.licence if says_licence(scene) else (
        linked if linked and not is_known else licence_of(collection, product))
    credit = scene.attribution or item_of({"properties": {"providers": collection.get("providers")}}, "").attribution
    return replace(offer, scene=replace(scene, licence=licence, attribution=credit))


def _linked(document: Mapping[str, Any]) -> str | None:
    """The address of the licence's text, by the links of an item or a collection."""
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "license" and str(link.get("href", "")).startswith("https://"):
            return without_secrets(str(link["href"]))[:200]
    return None


def _credit(*lines: str | None) -> str | None:
    """Whom the item itself names, and the line that the provider of its images asks for."""
    return "; ".join(line for line in lines if line) or None


def _why_not(said: Item, covers: float | None, platform: str, product: Product) -> str | None:
    if said.taken is None:
        return f"its item gives no time of its taking. {_ASK}"
    if covers is None:
        return f"its item gives no geometry that can be used, so that nobody can say whether it shows the site. {_ASK}"
    if covers == 0:
        return "does not reach the site"
    if said.is_radar:
        return (f"taken by radar on {day(said.taken)}: neither its speckle nor how it lays high things over low ones "
                "is reckoned with here, so that no change could be seen or dated by it. Look at it with other tools")
    if product.platforms and platform not in product.platforms:
        return (f"taken by {platform or 'an unnamed satellite'} on {day(said.taken)}, whose bands differ: only "
                f"{' and '.join(product.platforms)} are read")
    return None


def _bands(feature: Mapping[str, Any], product: Product, sensor: Sensor, href: str) -> tuple[Band, ...] | str:
    """Where the sensor's bands are, or which are missing."""
    assets = feature.get("assets")
    held: Mapping[str, Any] = assets if isinstance(assets, dict) else {}
    if product.bands:
        found = [_at(held.get(key), href) for key in product.bands]
        missing = [key for key, band in zip(product.bands, found, strict=True) if band is None]
    elif (picture := _picture(held, sensor, href)) is not None:
        return picture
    else:
        found = [_by_name(held, name, href) for name in sensor.bands]
        missing = [name for name, band in zip(sensor.bands, found, strict=True) if band is None]
    if missing:
        there = [key[:40] for key in held if key.isprintable()][:_KEYS_SHOWN]
        return (f"its item names no file for {', '.join(missing)}. " + (
            f"If these are among them, name them as `assets` of the source: {', '.join(there)}" if there else _ASK))
    return tuple(band for band in found if band is not None)


def _picture(assets: Mapping[str, Any], sensor: Sensor, href: str) -> tuple[Band, ...] | None:
    """The bands of the asset meant for the eye, by its key or its role; red, green, blue where it names none."""
    if sensor.bands != _COLOURS:
        return None
    for key, asset in assets.items():
        at = _at(asset, href)
        if at is None or not _is_tiff(asset) or "visual" not in (key.lower(), *_list(asset.get("roles"))):
            continue
        names = [_common_name(band) for band in _list(asset.get("bands")) or _list(asset.get("eo:bands"))]
        if set(_COLOURS) <= set(names) or not any(names):
            return tuple(replace(at, index=(names if any(names) else [*_COLOURS]).index(name) + 1) for name in _COLOURS)
    return None


def _mask(feature: Mapping[str, Any], product: Product, sensor: Sensor, href: str) -> Band | None:
    """The provider's mask: the asset that was named, else a GeoTIFF with the mask's usual name in its key."""
    assets = feature.get("assets")
    if not isinstance(assets, dict) or sensor.mask is None:
        return None
    if product.bands:
        return _at(assets.get(product.mask), href) if product.mask else None
    keys = sorted(key for key in assets if re.search(rf"(^|[_-]){sensor.mask}($|[_-])", key, re.IGNORECASE))
    return next((at for key in keys if (at := _at(assets[key], href)) is not None and _is_tiff(assets[key])), None)


def _at(asset: Any, href: str) -> Band | None:
    """Where an asset of the item at ``href`` is."""
    told = asset.get("href") if isinstance(asset, dict) else None
    try:
        return Band(href=urljoin(href, told)) if isinstance(told, str) and told else None
    except ValueError:  # an address that is none
        return None


def _by_name(assets: Mapping[str, Any], name: str, href: str) -> Band | None:
    """The GeoTIFF with a band of that common name; of a file with several, by its place among them."""
    for asset in assets.values():
        at = _at(asset, href)
        if at is None or not _is_tiff(asset):
            continue
        for key in ("bands", "eo:bands"):
            names = [_common_name(band) for band in _list(asset.get(key))]
            if name in names:
                return replace(at, index=names.index(name) + 1)
    return None


def _is_tiff(asset: Mapping[str, Any]) -> bool:
    """Whether an asset is, or may be, a file of which a part can be fetched."""
    return "tiff" in str(asset.get("type", "image/tiff"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _gsd_m(feature: Mapping[str, Any]) -> float | None:
    value = feature["properties"].get("gsd")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e4 else None


def _common_name(band: Any) -> str:
    if not isinstance(band, dict):
        return ""
    return str(band.get("eo:common_name") or band.get("common_name") or band.get("name") or "").lower()


def _version(feature: Mapping[str, Any]) -> str:
    """When it was processed, by whatever the item says of that; dates in ISO 8601 sort by time."""
    said = feature["properties"]
    for key in ("s2:generation_time", "processing:datetime", "updated", "created"):
        if isinstance(said.get(key), str):
            return str(said[key])
    return ""


def _own_id(told: str) -> str:
    """The item's id where it can name a file; else what is harmless of it, with a digest that keeps it apart."""
    own = re.sub(r"[^A-Za-z0-9._-]+", "-", told).strip(".-_")[:_LONGEST_ID]
    return own if own == told else f"{own or 'scene'}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
