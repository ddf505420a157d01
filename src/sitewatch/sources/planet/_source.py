"""Planet as a source: what is found is weighed for nothing, ordered after an explicit yes, fetched cut to the site."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from shapely import box, to_geojson, union_all
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ProviderError, UsageError
from sitewatch.geo import WGS84, area_m2, reproject, to_lonlat, window_on
from sitewatch.model import SENSORS, Asset, Order, OrderBook, Refusal, Scene, Site, Span, Weight
from sitewatch.sources._items import share_of
from sitewatch.sources._passes import passes_of
from sitewatch.sources._web import DeniedError, Policy, UnheardError, Web
from sitewatch.sources.planet._join import join_files
from sitewatch.sources.planet._key import PlanetKey, planet_key
from sitewatch.sources.planet._orders import Delivered, Desk
from sitewatch.sources.planet._products import PRODUCTS
from sitewatch.sources.planet._search import PlanetOffer, items, offer_of

__all__ = ["PlanetSource"]

_AT_ONCE, _PER_SECOND = 5, 5.0        # Planet's limit for its Orders and its Data API, of a key
_MOST_PER_ORDER = 500                 # items; Planet, "Orders API"
_UNIT = "km² of quota"
_PATIENCE_S, _PAUSE_S = 3600.0, 10.0  # an order takes minutes to, at times, hours
_COVERAGE_TRIES = 5
_PACKED = 0.75                        # of its pixels' bytes; only the order tells


class PlanetSource:
    """Scenes of one account at Planet: PlanetScope with 4 or 8 bands, or SkySat, as surface reflectance with UDM2.

    ``harmonise`` has Planet bring PlanetScope to the reflectance of Sentinel-2, which makes its satellites alike.
    ``price_per_km2`` and ``currency`` are those of the account's contract; without them what is counted is quota.
    ``url`` is where Planet is asked, and ``allow_private`` allows addresses of this machine and http.
    """

    def __init__(self, sensor: str = "planetscope-4", harmonise: bool = True, price_per_km2: float | None = None,
                 currency: str | None = None, url: str = "https://api.planet.com", allow_private: bool = False) -> None:
        if sensor not in PRODUCTS:
            raise UsageError(f"Planet has no {sensor[:60]!r}. Choose one of {', '.join(PRODUCTS)}")
        if (price_per_km2 is None) != (currency is None):
            raise UsageError("a price needs its currency, and the other way round. Give `price_per_km2` and `currency`")
        if price_per_km2 is not None and not 0 <= price_per_km2 < 1e6:
            raise UsageError(f"{price_per_km2} is no price of a square kilometre")
        self._product, self._sensor = PRODUCTS[sensor], SENSORS[sensor]
        self._harmonise = harmonise and self._product.is_harmonised
        self._price, self._unit = price_per_km2, (currency or _UNIT)[:40]
        self._url = url.rstrip("/")
        self._web = Web("planet", Policy(at_once=_AT_ONCE, per_second=_PER_SECOND, allow_private=allow_private))
        self._book: OrderBook = _Notes()
        self._asked: _Asked | None = None
        self._offers: dict[str, PlanetOffer] = {}
        self._faults: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The source's name."""
        return "planet"

    @property
    def at_once(self) -> int:
        """How many scenes may be weighed or fetched at the same time."""
        return _AT_ONCE

    @property
    def received(self) -> int:
        """How many bytes it has sent so far."""
        return self._web.received

    def spend_at_most(self, count: int | None) -> None:
        """Receive no more than so many bytes in all; ProviderError for what would go beyond."""
        self._web.spend_at_most = count

    def remember(self, book: OrderBook) -> None:
        """Where the orders of the case stand."""
        self._book = book

    def find(self, site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """Every pass over the site within the span, once; raises ProviderError where Planet does not answer."""
        if not site.is_georeferenced:
            yield Refusal(what=self.name, why="the site lies in plain pictures, not on the Earth, so that nobody can "
                                              "be asked for it. Make a case with --at or --area")
            return
        self._asked = _Asked.of(site, self._product.bundle, self._harmonise)
        offers: list[PlanetOffer] = []
        for item in items(self._web, self._url, self._key, self._product, site.area, span):
            offer = item if isinstance(item, Refusal) else offer_of(item, self._product, self._sensor, site, self._url)
            if isinstance(offer, Refusal):
                yield offer
            elif offer.scene.taken in span:
                offers.append(offer)
        for found in passes_of(offers, site):
            if isinstance(found, Refusal):
                yield found
                continue
            best, pieces = found
            self._offers |= {one.scene.id: one for one in pieces} | {best.scene.id: replace(best, pieces=pieces)}
            yield best.scene

    def weigh(self, scene: Scene) -> Weight:
        """What of the site is clear by Planet's estimate, and what an order of it takes; nothing is ordered."""
        asked, parts = self._site_asked(), self._parts(scene.id)
        pixels = asked.clip.area / (self._sensor.gsd_m or 3.0) ** 2
        costs = [self._cost(part) for part in parts if self._ordered(part.scene.id) is None]
        return Weight(bytes=int(pixels * (2 * len(self._sensor.bands) * _PACKED + 1)), hidden=self._hidden(parts),
                      unit=self._unit, cost=_sum(costs))

    def order(self, scenes: Sequence[Scene]) -> None:
        """Order what no order holds yet, up to 500 scenes with each; what could not be ordered says so when opened."""
        wanted = [part.scene.id for scene in scenes for part in self._parts(scene.id)
                  if self._ordered(part.scene.id) is None]
        for at in range(0, len(wanted), _MOST_PER_ORDER):
            order = self._new_order(tuple(wanted[at:at + _MOST_PER_ORDER]))
            try:
                self._desk.place(order, self._request(order))
            except ProviderError as error:
                self._faults |= dict.fromkeys(order.scenes, str(error))

    def open(self, asset: Asset) -> Iterator[bytes]:
        """An ordered image, its mask, or the item with its order; ProviderError where it was not ordered or not
        delivered whole. Where the site straddles two scenes of one pass, their images are joined."""
        found = re.search(r"/items/([A-Za-z0-9_-]+)#", asset.href)
        parts = self._parts(found[1] if found else asset.href)
        arrived = [(part, *self._delivery(part.scene.id)) for part in parts]
        if asset.role == "metadata":
            yield _metadata(arrived)
        elif len(arrived) == 1:
            part, order, files = arrived[0]
            yield from self._desk.content(order, _file_of(files, asset.role, part.scene.id))
        else:
            yield from join_files(parts[0].scene, self._site_asked().grid, [
                (file.name, self._desk.content(order, file)) for part, order, files in arrived
                for file in [_file_of(files, asset.role, part.scene.id)]])

    @cached_property
    def _key(self) -> PlanetKey:
        found = planet_key()
        if found is None:
            raise ProviderError("Planet wants to know whose account it is. Set PL_API_KEY, or sign in with "
                                "`planet auth login` and set PL_AUTH_PROFILE")
        return found

    @cached_property
    def _desk(self) -> Desk:
        return Desk(self._web, self._url, self._key, self._book, _PATIENCE_S, _PAUSE_S)

    def _parts(self, identity: str) -> tuple[PlanetOffer, ...]:
        """A scene and the pieces that are joined to it."""
        if identity not in self._offers:
            raise ProviderError(f"Planet does not offer {identity[:90]} in this search. Fetch the scenes again")
        offer = self._offers[identity]
        return offer, *offer.pieces

    def _site_asked(self) -> _Asked:
        if self._asked is None:
            raise ProviderError("Planet was not searched yet. Fetch the scenes again")
        return self._asked

    def _hidden(self, parts: Sequence[PlanetOffer]) -> float | None:
        """The share of the site that Planet's estimate calls unclear, or that no part of the pass reaches."""
        clear = [self._clear(part) for part in parts]
        covers = share_of(self._site_asked().site, union_all([part.footprint for part in parts])) or 0.0
        return None if None in clear else max(1 - min(one or 0.0 for one in clear), 1 - covers, 0.0)

    def _clear(self, offer: PlanetOffer) -> float | None:
        """The share of what a scene shows of the site that Planet estimates to be clear, where it can say."""
        url = f"{self._url}/data/v1/item-types/{self._product.item_type}/items/{offer.scene.id}/coverage"
        body = {"geometry": json.loads(to_geojson(self._site_asked().site))}
        for attempt in range(_COVERAGE_TRIES):
            try:
                told = self._web.json("POST", url, body, self._key.headers())
            except (UnheardError, DeniedError):
                raise
            except ProviderError:   # it has none of this scene; then the scene's own cloud has to do
                return None
            clear = told.get("clear_percent") if isinstance(told, dict) else None
            if isinstance(clear, int | float) and 0 <= clear <= 100:
                return clear / 100
            self._web.wait(attempt)
        return None

    def _cost(self, offer: PlanetOffer) -> float | None:
        """What an order of one scene takes: the true area of its part of what is asked for, or the price of that."""
        asked = self._site_asked()
        if self._price is None and not self._product.is_by_area:
            return None
        shown = reproject(offer.footprint, WGS84, CRS(asked.grid.crs)).intersection(asked.clip)
        return round(area_m2(shown, asked.grid) / 1e6 * (1.0 if self._price is None else self._price), 3)

    def _delivery(self, identity: str) -> tuple[Order, list[Delivered]]:
        """The order that holds a scene, and what came of the scene with it."""
        order = self._ordered(identity)
        if order is None:
            raise ProviderError(self._faults.get(identity) or self._why_unordered(identity))
        order, files = self._desk.delivery(order, self._request(order))
        own = [file for file in files if file.item == identity]
        if not own:
            raise ProviderError(self._why_unordered(identity))
        return order, own

    def _why_unordered(self, identity: str) -> str:
        """Why no order holds a scene: none was made, or one came without it."""
        earlier = next((order for order in reversed(self._book.orders())
                        if order.source == self.name and identity in order.scenes), None)
        if earlier is None:
            return f"{identity} is not ordered. Look at what it costs with `sitewatch fetch --dry-run`"
        return (f"the order {earlier.name} came without {identity}{f': {earlier.why}' if earlier.why else ''}. That "
                "takes no quota, and it can be ordered anew")

    def _ordered(self, identity: str) -> Order | None:
        """The order that holds a scene for this site, cut and harmonised as now asked for."""
        of = self._site_asked().digest
        return next((order for order in reversed(self._book.orders())
                     if order.source == self.name and order.of == of and order.holds(identity)), None)

    def _new_order(self, scenes: tuple[str, ...]) -> Order:
        asked, earlier = self._site_asked(), self._book.orders()
        told = json.dumps([asked.digest, scenes, len(earlier)]).encode()
        return Order(name=f"sitewatch-{asked.slug}-{hashlib.sha256(told).hexdigest()[:12]}", source=self.name,
                     scenes=scenes, of=asked.digest, asked_at=datetime.now(UTC), unit=self._unit,
                     cost=_sum([self._cost(self._offers[one]) for one in scenes]))

    def _request(self, order: Order) -> Mapping[str, Any]:
        """Planet, "Orders API: Reference", Create Order. Of a partial order what there is is delivered, and charged."""
        tools: list[dict[str, Any]] = [{"clip": {"aoi": json.loads(to_geojson(self._site_asked().area))}}]
        if self._harmonise:
            tools.insert(0, {"harmonize": {"target_sensor": "Sentinel-2"}})
        return {"name": order.name, "source_type": "scenes", "order_type": "partial", "tools": tools, "products": [{
            "item_ids": list(order.scenes), "item_type": self._product.item_type,
            "product_bundle": self._product.bundle}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every order of a case asks for: ``area`` is the site's grid with a margin, EPSG:4326, ``clip`` the same in
    its own coordinates. ``digest`` tells it from other areas, bundles and tools."""

    slug: str
    site: BaseGeometry
    grid: GeoBox
    area: BaseGeometry
    clip: BaseGeometry
    digest: str

    @classmethod
    def of(cls, site: Site, bundle: str, harmonise: bool) -> _Asked:
        """For a site."""
        clip = box(*window_on(site.grid, site.grid).boundingbox)
        area = to_lonlat(clip, site.grid)
        told = json.dumps([area.wkt, bundle, harmonise]).encode()
        return cls(slug=site.slug[:40], site=site.area, grid=site.grid, area=area, clip=clip,
                   digest=hashlib.sha256(told).hexdigest()[:16])


class _Notes:
    """Orders that nobody keeps: for a search without a case."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._lock = threading.Lock()

    def orders(self) -> tuple[Order, ...]:
        """In the order in which they were written first."""
        with self._lock:
            return tuple(self._orders.values())

    def write_order(self, order: Order) -> None:
        """In memory."""
        with self._lock:
            self._orders[order.name] = order


def _sum(costs: Sequence[float | None]) -> float | None:
    return None if None in costs else round(sum(cost or 0.0 for cost in costs), 3)


def _metadata(arrived: Sequence[tuple[PlanetOffer, Order, list[Delivered]]]) -> bytes:
    """The item as received, with the order that it came with and the checksums of its manifest; so of all pieces."""
    told = [{**part.feature, "sitewatch:order": {
        "name": order.name, "number": order.number,
        "files": {file.name: {"size": file.size, file.kind: file.digest} for file in files}}}
        for part, order, files in arrived]
    whole = told[0] if len(told) == 1 else {**told[0], "sitewatch:joined": told[1:]}
    return (json.dumps(whole, indent=1, sort_keys=True) + "\n").encode()


def _file_of(files: Sequence[Delivered], role: str, identity: str) -> Delivered:
    """The image, or the mask, of a scene among the files of its order: its names are Planet's."""
    images = [file for file in files if PurePosixPath(file.name).suffix.lower() in (".tif", ".tiff")]
    wanted = [file for file in images if ("_udm2" in PurePosixPath(file.name).name.lower()) == (role == "mask")]
    if len(wanted) != 1:
        raise ProviderError(f"the order of {identity} holds {len(wanted)} files that may be its {role}, not one")
    return wanted[0]
