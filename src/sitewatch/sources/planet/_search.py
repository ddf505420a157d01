"""Asking Planet's Data API for its items, and what each of them says: a scene of the site, or why it cannot be one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ProviderError
from sitewatch.model import Asset, Refusal, Scene, Sensor, Site, Span
from sitewatch.sources._credit import attribution_of
from sitewatch.sources._items import footprint_of, item_of, share_of
from sitewatch.sources._web import Web
from sitewatch.sources.planet._key import PlanetKey
from sitewatch.sources.planet._products import PlanetProduct

__all__ = ["PlanetOffer", "items", "offer_of"]

_PAGE, _MOST_PAGES = 250, 400
_ASK = "Ask Planet to correct it; the rest goes on"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,89}")   # it names files, and is written into orders


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanetOffer:
    """A scene with its item as received; ``covers`` is of the site's area. ``platform`` and ``version`` tell passes
    and processings apart; ``pieces`` are scenes of the same pass that are joined to it."""

    scene: Scene
    feature: Mapping[str, Any]
    covers: float
    footprint: BaseGeometry
    platform: str
    version: str
    pieces: tuple[PlanetOffer, ...] = ()


def items(web: Web, url: str, key: PlanetKey, product: PlanetProduct, area: BaseGeometry,
          span: Span) -> Iterator[Mapping[str, Any] | Refusal]:
    """The items that meet an area in EPSG:4326 within a span, each once, the earliest first.

    When a page fails for good, what came before it stands and a Refusal says that the search is not complete. Raises
    ProviderError when the first page does not come.
    """
    seen: set[str] = set()
    method, address, body = "POST", f"{url}/data/v1/quick-search?_page_size={_PAGE}&_sort=acquired%20asc", {
        "item_types": [product.item_type], "filter": _filter(area, span)}
    for page in range(_MOST_PAGES):
        try:
            answer = web.json(method, address, body=body if method == "POST" else None, headers=key.headers())
            features = answer["features"]
            following = (answer.get("_links") or {}).get("_next")
        except (ProviderError, TypeError, KeyError, AttributeError) as error:
            if page == 0:
                raise error if isinstance(error, ProviderError) else ProviderError(
                    f"{web.provider} did not answer as its Data API does ({type(error).__name__})") from error
            yield Refusal(what=web.provider, is_gap=True, why=(
                f"the search broke off after {len(seen)} scenes ({error}). What lies beyond is not known: fetch again "
                "later"))
            return
        for feature in features if isinstance(features, list) else ():
            identity = str(feature.get("id")) if isinstance(feature, dict) else ""
            if isinstance(feature, dict) and identity not in seen:
                seen.add(identity)
                yield feature
        if not features or not isinstance(following, str):
            return
        if not following.startswith(f"{url}/"):
            yield Refusal(what=web.provider, is_gap=True, why="its next page lies at another address, to which the key "
                                                              "is not sent")
            return
        method, address = "GET", following
    yield Refusal(what=web.provider, is_gap=True, why=f"more than {len(seen)} scenes: the rest was not asked for. Give "
                                                      "a shorter time with --since and --until")


def offer_of(feature: Mapping[str, Any], product: PlanetProduct, sensor: Sensor, site: Site,
             url: str) -> PlanetOffer | Refusal:
    """The offer of an item. Whatever is in the item is a stranger's text."""
    told = feature.get("id")
    if not isinstance(told, str) or not _ID.fullmatch(told) or not isinstance(feature.get("properties"), dict):
        return Refusal(what=ascii(told)[:90] if told else "an item without an id",
                       why=f"not an item of Planet's: it has no properties, or no id that can name a file. {_ASK}")
    said, footprint = item_of(feature, "its item"), footprint_of(feature.get("geometry"), site.area)
    covers = share_of(site.area, footprint)
    why = f"{said.fault}. {_ASK}" if said.fault else _why_not(feature, covers, product)
    if why is None and said.taken is None:
        why = f"its item gives no time of its taking. {_ASK}"
    if why is not None or said.taken is None or footprint is None:
        return Refusal(what=told, why=str(why), taken=said.taken if covers else None)
    href = f"{url}/data/v1/item-types/{product.item_type}/items/{told}"
    assets = (Asset(role="mask", href=f"{href}#mask.tif"), Asset(role="image", href=f"{href}#image.tif"),
              Asset(role="metadata", href=f"{href}#item.json"))
    scene = Scene(
        id=told, source="planet", sensor=sensor.id, taken=said.taken, taken_from="stac", assets=assets,
        gsd_m=sensor.gsd_m, sun_azimuth_deg=said.sun_azimuth_deg, sun_elevation_deg=said.sun_elevation_deg,
        off_nadir_deg=said.off_nadir_deg, view_azimuth_deg=said.view_azimuth_deg, licence="proprietary",
        attribution=attribution_of(sensor.id, said.taken.year), cloud_cover=said.cloud_cover,
        published=said.published)
    own: Mapping[str, Any] = feature["properties"]
    return PlanetOffer(scene=scene, feature=feature, covers=covers or 0.0, footprint=footprint,
                       platform=f"{own.get('satellite_id')} {own.get('strip_id')}",
                       version=str(own.get("updated") or own.get("published") or ""))


def _filter(area: BaseGeometry, span: Span) -> dict[str, Any]:
    times = {key: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for key, moment in (("gte", span.start), ("lt", span.end)) if moment}
    parts: list[dict[str, Any]] = [{"type": "GeometryFilter", "field_name": "geometry", "config": mapping(area)}]
    if times:
        parts.append({"type": "DateRangeFilter", "field_name": "acquired", "config": times})
    return {"type": "AndFilter", "config": parts}


def _why_not(feature: Mapping[str, Any], covers: float | None, product: PlanetProduct) -> str | None:
    """Why an item cannot be ordered as an image of the site."""
    said, assets, leave = feature["properties"], feature.get("assets"), feature.get("_permissions")
    if covers is None:
        return f"its item gives no geometry that can be used, so that nobody can say whether it shows the site. {_ASK}"
    if covers == 0:
        return "does not reach the site"
    if said.get("quality_category") == "test":
        return "Planet calls it of test quality: it may lie beside its place, or be blurred"
    if not isinstance(assets, list) or product.asset not in assets:
        return f"Planet has no surface reflectance of it ({product.asset}), at least not yet. Look again later"
    if not isinstance(leave, list) or f"assets.{product.asset}:download" not in leave:
        return "withheld: the account may not download it. Ask Planet for access, or for another account"
    return None
