"""A STAC API as a source: it is searched, and the site's crops of its scenes are fetched."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from shapely import Polygon

from sitewatch.errors import ProviderError, UsageError
from sitewatch.geo import WGS84, coverage, reproject, snowy, unclear
from sitewatch.model import SENSORS, Asset, Refusal, Scene, Site, Span, Weight
from sitewatch.sources._passes import passes_of
from sitewatch.sources._web import DeniedError, Part, Policy, Web
from sitewatch.sources.stac._cut import Crops
from sitewatch.sources.stac._offer import Offer, offer_of, says_licence, with_terms
from sitewatch.sources.stac._profiles import profile_of
from sitewatch.sources.stac._search import collection_of, search
from sitewatch.sources.stac._sign import Signer, signer_of
from sitewatch.sources.stac._walk import is_static, walk

__all__ = ["StacSource"]

_BLOCK_BYTES = 1 << 20


class StacSource:
    """Scenes of an archive with STAC, fetched as crops of the site: Earth Search, Planetary Computer, or any other.

    ``profile`` names a known archive; of any other give ``url``, ``collection``, ``sensor`` and, where its items do
    not say it, the ``assets`` with the sensor's bands, in the order of its profile, and then the one with its mask.
    ``allow_private`` allows addresses of this machine and of private networks, and http.
    """

    def __init__(self, profile: str | None = None, url: str | None = None, collection: str | None = None,
                 sensor: str = "sentinel-2", assets: tuple[str, ...] = (), allow_private: bool = False) -> None:
        self._profile = profile_of(profile, url)
        if sensor not in self._profile.products:
            raise UsageError(f"{self._profile.name} has no {sensor[:60]!r}. "
                             f"Choose one of {', '.join(self._profile.products)}")
        self._product = self._profile.products[sensor].with_own(collection, assets, SENSORS[sensor],
                                                                is_static(self._profile.url))
        self._sensor = SENSORS[sensor]
        self._web = Web(self._profile.name, Policy(at_once=self._profile.at_once, allow_private=allow_private,
                                                   per_second=self._profile.per_second))
        self._signer: Signer | None = signer_of(self._profile.signing, self._web, self._profile.url,
                                                 self._profile.variables)
        self._crops: dict[str, Crops] = {}
        self._folder: Path | None = None

    @property
    def name(self) -> str:
        """The archive's name, by which its scenes are known."""
        return self._profile.name

    @property
    def at_once(self) -> int:
        """How many scenes may be fetched at the same time."""
        return self._profile.at_once

    @property
    def received(self) -> int:
        """How many bytes it has sent so far."""
        return self._web.received

    def spend_at_most(self, count: int | None) -> None:
        """Receive no more than so many bytes in all; ProviderError for what would go beyond."""
        self._web.spend_at_most = count

    def find(self, site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """Every pass over the site within the span, once; raises ProviderError where the archive does not answer."""
        if not site.is_georeferenced:
            yield Refusal(what=self.name, why="the site lies in plain pictures, not on the Earth, so that no archive "
                                              "can be asked for it. Make a case with --at or --area")
            return
        if self._signer is not None:
            self._signer.ready()
        url, collection = self._profile.url, self._product.collection
        offers: list[Offer] = []
        for found in (walk(self._web, url, site, span) if is_static(url) else
                      search(self._web, url, collection, site, span)):
            offer = found if isinstance(found, Refusal) else offer_of(found, self._product, self._sensor, site)
            if isinstance(offer, Refusal):
                yield offer
            elif offer.scene.taken in span:
                offers.append(offer)
        said, told = self._collection(offers)
        yield from [told] if told else []
        for found_pass in passes_of(offers, site):
            if isinstance(found_pass, Refusal):
                yield found_pass
                continue
            best, pieces = found_pass
            chosen = replace(with_terms(best, best.collection or said, self._product), pieces=pieces)
            crops = Crops(chosen, site, Path(tempfile.mkdtemp(dir=self._temporary())), self._part, self._sensor.mask)
            self._crops |= {asset.href: crops for asset in chosen.scene.assets}
            yield replace(chosen.scene, source=self.name)

    def weigh(self, scene: Scene) -> Weight:
        """Looks at the mask of the site and at the directory of the first band; ProviderError where that fails."""
        crops, hidden, snow = self._crops_of(scene.assets[0].href), None, None
        if scene.asset("mask") is not None and self._sensor.mask is not None:
            _, codes, grid = crops.mask()
            hidden = 1 - _share(~unclear(codes, self._sensor.mask), grid, crops.site)
            snow = _share(snowy(codes, self._sensor.mask), grid, crops.site)
        return Weight(bytes=crops.bytes(), hidden=hidden, snow=snow)

    def open(self, asset: Asset) -> Iterator[bytes]:
        """The crop of an image or a mask as a GeoTIFF, or the item; ProviderError where it does not arrive."""
        crops = self._crops_of(asset.href)
        if asset.role == "metadata":
            yield crops.item()
            return
        path = crops.image() if asset.role == "image" else crops.mask()[0]
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
        path.unlink()

    def _crops_of(self, href: str) -> Crops:
        if href not in self._crops:
            raise ProviderError(f"{self.name} does not offer {href} in this search. Fetch the scenes again")
        return self._crops[href]

    def _part(self, href: str, start: int, stop: int) -> Part:
        """Bytes of a file, asked for with a new signature where the present one does not do."""
        if self._signer is None:
            return self._web.part(href, start, stop)
        try:
            return self._web.part(self._signer.signed(href), start, stop)
        except DeniedError:
            self._signer.forget(href)
            return self._web.part(self._signer.signed(href), start, stop)

    def _collection(self, offers: list[Offer]) -> tuple[Mapping[str, Any], Refusal | None]:
        """What the API says of the collection, where an item leaves its licence to it; or that it could not be read."""
        if all(offer.collection or says_licence(offer.scene) for offer in offers) or not self._product.collection:
            return {}, None
        try:
            return collection_of(self._web, self._profile.url, self._product.collection), None
        except ProviderError as error:
            return {}, Refusal(what=f"{self.name} {self._product.collection}", why=(
                f"its licence could not be read, so that {self._product.licence or 'none'} is recorded: {error}"))

    def _temporary(self) -> Path:
        """A folder that goes when the source does."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sitewatch-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def _share(is_so: np.ndarray, grid: GeoBox, site: Site) -> float:
    """The share of the site's area, 0 to 1, of which a mask says so."""
    area = reproject(site.area, WGS84, CRS(grid.crs))
    pixel_area = abs(grid.affine.a * grid.affine.e)
    parts = [part for part in getattr(area, "geoms", [area]) if isinstance(part, Polygon)]
    inside = sum(float(coverage(part, grid)[is_so].sum()) for part in parts) * pixel_area
    return min(1.0, max(0.0, inside / float(area.area)))
