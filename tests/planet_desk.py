"""Planet on this machine: its Data API and its Orders API as they answer, and the faults that cost people money.

The shapes are those of Planet's own recorded responses (planet-client-python, tests/data) and of its documentation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
from odc.geo.geobox import GeoBox
from shapely.geometry import mapping, shape
from tests.loopback import Loopback

from sitewatch.geo import WGS84, common_footprint, reproject, window_on, write_geotiff

__all__ = ["PlanetDesk", "item"]

KEY = "PLAK-secret"
_ORDERS = "/compute/ops/orders/v2"


@dataclass
class PlanetDesk(Mapping[str, Callable[..., tuple[int, Any]]]):
    """What an account finds there; ``grids`` are the whole scenes by id, ``clear`` their estimated coverage.

    ``recorded`` is the folder of Planet's recorded responses, into whose shapes the answers are put where it is given.
    ``polls`` is how often an order is asked for before it is done; ``ends`` the state in which it ends; ``lacking`` are
    scenes that are not delivered; ``mute`` the number of orders that are taken without the answer arriving, and
    ``placed`` is called with each that is taken, before the answer.
    """

    archive: Loopback
    items: list[dict[str, Any]] = field(default_factory=list)
    grids: dict[str, GeoBox] = field(default_factory=dict)
    clear: dict[str, float] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    recorded: Path | None = None
    polls: int = 1
    ends: str = "success"
    lacking: tuple[str, ...] = ()
    mute: int = 0
    placed: Callable[[], None] = lambda: None
    page: int = 2
    token: int = 1
    spoil: Callable[[str, bytes], bytes] = lambda name, data: data
    made: Callable[[str, GeoBox, str], np.ndarray] | None = None

    def __post_init__(self) -> None:
        self.archive.answers = self
        self.archive.gate = self._gate

    def __contains__(self, path: object) -> bool:
        return str(path).startswith(("/data/v1/", "/compute/"))

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, path: str) -> Callable[[str, dict[str, str], Any], tuple[int, Any]]:
        return lambda method, headers, body: self._answer(path, method, headers, body)

    def _answer(self, path: str, method: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        if headers.get("Authorization") != f"api-key {KEY}":
            return 401, {"message": "Please enter a valid API key."}
        query = {key: values[0] for key, values in parse_qs(headers["query"]).items()}
        if path == "/data/v1/quick-search":
            return 200, self._found(body, query)
        if path.endswith("/coverage"):
            share = self.clear.get(path.split("/")[-2])
            return (404, {}) if share is None else (200, {"clear_percent": 100 * share, "status": "complete"})
        if path == _ORDERS and method == "POST":
            return self._placed(body)
        if path == _ORDERS:
            named = [order for order in self.orders.values() if order["name"] == query.get("name")]
            return 200, self._listed(named)
        order = self.orders.get(path.removeprefix(f"{_ORDERS}/"))
        return (404, {}) if order is None else (200, self._told(order))

    def _found(self, body: Any, query: dict[str, str]) -> dict[str, Any]:
        """A page; the next one repeats its last item, as pages do when something new comes in between."""
        at = int(query.get("at", "0"))
        if body is not None:
            parts = {part["type"]: part["config"] for part in body["filter"]["config"]}
            self._searched = [one for one in self.items if _fits(one, parts, body["item_types"])]
        page = self._searched[max(0, at - 1):at + self.page]
        more = at + self.page < len(self._searched)
        return {"type": "FeatureCollection", "features": page, "_links": {
            "_next": f"{self.archive.url}/data/v1/quick-search?at={at + self.page}" if more else None}}

    def _listed(self, named: list[dict[str, Any]]) -> dict[str, Any]:
        """The orders of a name; in the recorded page, among others, each in the fields of that page."""
        page = self._template("orders_page.json")
        shape_of = page["orders"][0] if page else None
        own = [{key: order[key] for key in shape_of} for order in named] if shape_of else named
        return {"_links": {}, **page, "orders": [*page.get("orders", []), *own]}

    def _template(self, name: str) -> dict[str, Any]:
        """A recorded response; nothing where none is given."""
        return {} if self.recorded is None else dict(json.loads(next(self.recorded.glob(name)).read_text()))

    def _placed(self, body: Any) -> tuple[int, Any]:
        number = f"{len(self.orders) + 1:08d}-0a74-11eb-92a1-a3d779bb08e0"
        self.orders[number] = {
            **self._template("order_description*.json"), "id": number, "name": body["name"], "state": "queued",
            "products": body["products"], "tools": body["tools"], "order_type": body["order_type"], "error_hints": [],
            "last_message": "Preparing order", "polls": 0, "_links": {}}
        self.placed()
        if self.mute > 0:
            self.mute -= 1
            return 504, {}
        return 202, self.orders[number]

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        order["polls"] += 1
        if order["polls"] <= self.polls:
            return {**order, "state": "queued" if order["polls"] == 1 else "running"}
        order["state"] = self.ends
        if self.ends in ("failed", "cancelled"):
            return {**order, "last_message": "Quota check failed: insufficient quota"}
        if "files" not in order:
            order["files"] = self._delivered(order)
        links = [{"delivery": "success", "name": f"{order['id']}/{name}", "expires_at": "2030-01-01T00:00:00Z",
                  "location": f"{self.archive.url}/files/{order['id']}/{name}?token={self.token}"}
                 for name in order["files"]]
        return {**order, "_links": {"_self": "", "results": links}, "last_message": "Manifest delivery completed"}

    def _delivered(self, order: dict[str, Any]) -> list[str]:
        """The files of an order, cut to its clip, with a manifest of what they were before anybody spoilt them."""
        folder, entries = self.archive.files / order["id"], []
        clip = next(tool["clip"]["aoi"] for tool in order["tools"] if "clip" in tool)
        is_even = any("harmonize" in tool for tool in order["tools"])
        product = order["products"][0]
        for identity in product["item_ids"]:
            if identity in self.lacking:
                continue
            grid = _clipped(self.grids[identity], clip)
            for name, what in _files_of(product, identity, is_even):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if what == "xml":
                    path.write_text("<xml/>")
                elif what == "json":
                    path.write_text(json.dumps(next(one for one in self.items if one["id"] == identity)))
                else:
                    write_geotiff(path, (self.made or _drawn)(identity, grid, what), grid, nodata=0)
                data = path.read_bytes()
                entries.append({"path": name, "media_type": "image/tiff", "size": len(data), "digests": {
                    "md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()},
                    "annotations": {"planet/item_id": identity, "planet/item_type": product["item_type"],
                                    "planet/bundle_type": product["product_bundle"]}})
                path.write_bytes(self.spoil(name, data))
        (folder / "manifest.json").write_text(json.dumps({"name": "", "files": entries}))
        return ["manifest.json", *(entry["path"] for entry in entries)]

    def _gate(self, path: str) -> int | None:
        return 403 if "?token=" in path and not path.endswith(f"?token={self.token}") else None


def _files_of(product: dict[str, Any], identity: str, is_even: bool) -> Iterator[tuple[str, str]]:
    """The names that Planet gives to the files of a scene, cut to a site, and what each is."""
    stem = f"{product['item_type']}/{identity}"
    yield f"{stem}_metadata.json", "json"
    if product["item_type"] == "SkySatCollect":
        yield f"{stem}_analytic_SR_clip.tif", "image4"
        yield f"{stem}_analytic_udm2_clip.tif", "mask"
        return
    bands = 8 if "8b" in product["product_bundle"] else 4
    yield f"{stem}_3B_AnalyticMS_SR{'_8b' * (bands == 8)}{'_harmonized' * is_even}_clip.tif", f"image{bands}"
    yield f"{stem}_3B_udm2_clip.tif", "mask"
    yield f"{stem}_3B_AnalyticMS{'_8b' * (bands == 8)}_metadata_clip.xml", "xml"


def item(identity: str, taken: datetime, grid: GeoBox, url: str, **facts: Any) -> dict[str, Any]:
    """A PSScene as the Data API has it."""
    assets = ["ortho_analytic_4b", "ortho_analytic_4b_sr", "ortho_analytic_8b_sr", "ortho_udm2"]
    return {"_links": {"_self": f"{url}/data/v1/item-types/PSScene/items/{identity}"}, "type": "Feature",
            "_permissions": [f"assets.{asset}:download" for asset in assets], "assets": assets, "id": identity,
            "geometry": mapping(common_footprint([grid])),
            "properties": {"acquired": taken.isoformat().replace("+00:00", "Z"), "cloud_cover": 0.1, "gsd": 3.7,
                           "cloud_percent": 10, "instrument": "PSB.SD", "item_type": "PSScene", "pixel_resolution": 3,
                           "provider": "planetscope", "quality_category": "standard", "satellite_azimuth": 102.3,
                           "satellite_id": "2533", "strip_id": f"{taken:%j%H}", "sun_azimuth": 166.4,
                           "sun_elevation": 26,
                           "published": (taken + timedelta(days=1)).isoformat(),
                           "updated": (taken + timedelta(days=2)).isoformat(), "view_angle": -4.7, **facts}}


def _fits(one: dict[str, Any], parts: dict[str, Any], kinds: list[str]) -> bool:
    taken, times = str(one["properties"].get("acquired")), parts.get("DateRangeFilter", {})
    try:
        meets = shape(one["geometry"]).intersects(shape(parts["GeometryFilter"]))
    except (TypeError, KeyError, AttributeError):
        meets = True
    is_kind = one["properties"].get("item_type") in kinds
    return meets and is_kind and times.get("gte", "") <= taken < times.get("lt", "~")


def _clipped(grid: GeoBox, clip: dict[str, Any]) -> GeoBox:
    left, bottom, right, top = reproject(shape(clip), WGS84, grid.crs).bounds
    wanted = window_on(grid, GeoBox.from_bbox((left, bottom, right, top), grid.crs, resolution=abs(grid.affine.a)), 0)
    column, row = (round(value) for value in ~grid.affine @ (wanted.affine.c, wanted.affine.f))
    rows = slice(max(0, row), min(grid.height, row + wanted.height))
    return grid[rows, max(0, column):min(grid.width, column + wanted.width)]


def _drawn(identity: str, grid: GeoBox, what: str) -> np.ndarray:
    """Counts that depend on where a pixel lies and on nothing else, so that pieces of a pass fit together."""
    rows, columns = np.indices(grid.shape)
    x, y = rows * 7 + round(grid.affine.f) * -7 // 3, columns * 13 + round(grid.affine.c) * 13 // 3
    if what == "mask":
        return np.ones((8, *grid.shape), np.uint8)
    shift = int(hashlib.sha256(identity.split("_", maxsplit=1)[0].encode()).hexdigest()[:3], 16)
    return np.stack([(1 + (x * (band + 3) + y + shift) % 4000) for band in range(int(what[-1]))]).astype(np.uint16)
