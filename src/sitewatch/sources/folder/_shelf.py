"""Scenes of products that lie in a folder: the site's part of their files, put together without changing a pixel."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import AreaError, ImageError, ProviderError
from sitewatch.geo import Piece, joined, read_window, shares_lattice, window_on, write_geotiff
from sitewatch.model import Asset, Refusal, Scene, Sensor, Site, Span, day
from sitewatch.sources._credit import attribution_of
from sitewatch.sources._items import share_of
from sitewatch.sources._passes import passes_of
from sitewatch.sources.folder._products import Product

__all__ = ["Shelf"]

_BLOCK_BYTES = 1 << 20
_FILL = {"scl": 0, "qa_pixel": 1}   # what a mask says of a place that it does not reach


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A product as a scene of the site."""

    scene: Scene
    product: Product
    covers: float

    @property
    def footprint(self) -> BaseGeometry:
        return self.product.footprint

    @property
    def platform(self) -> str:
        return self.product.platform

    @property
    def version(self) -> str:
        return self.product.name.rsplit("_", 1)[-1]


class Shelf:
    """The products of one folder and the scenes of a site among them; what is cut is cut anew each time."""

    def __init__(self, folder: Path, sensor: Sensor) -> None:
        self._folder, self._sensor = folder, sensor
        self._held: dict[str, tuple[Site, tuple[_Offer, ...]]] = {}

    def find(self, products: Sequence[Product], site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """A scene for each pass, or why a product is of no use."""
        offers: list[_Offer] = []
        for product in products:
            why = self._why_not(product, site, span)
            if why is not None or product.item.taken is None:
                yield Refusal(what=product.href, why=why or "no time of taking")
            else:
                offers.append(_Offer(scene=self._scene(product), product=product,
                                     covers=share_of(site.area, product.footprint) or 0.0))
        for found in passes_of(offers, site):
            if isinstance(found, Refusal):
                yield found
                continue
            best, pieces = found
            self._held[best.product.href] = site, (best, *pieces)
            yield best.scene

    def open(self, asset: Asset) -> Iterator[bytes]:
        """The site's part of an image or a mask as a GeoTIFF; ProviderError where it cannot be cut."""
        href, _, _ = asset.href.partition("#")
        if href not in self._held:
            raise ProviderError(f"{href} is not among the products of this search. Search again")
        site, offers = self._held[href]
        files = [offer.product.bands if asset.role == "image" else _mask(offer.product) for offer in offers]
        try:
            yield from self._cut(offers[0].scene, asset.role, files, site)
        except (ImageError, AreaError, OSError) as error:
            raise ProviderError(f"{href}: {error}") from error

    def _cut(self, scene: Scene, role: str, files: Sequence[tuple[Path, ...]], site: Site) -> Iterator[bytes]:
        pieces = [_stacked([read_window(path, site.grid) for path in paths]) for paths in files]
        empty = _FILL.get(self._sensor.mask or "", 0) if role == "mask" else 0
        whole = pieces[0]
        if len(pieces) > 1:
            grid = window_on(whole.grid, site.grid)
            whole = Piece(pixels=joined(pieces, grid, empty), grid=grid)
        if not (whole.pixels != empty).any():
            raise ProviderError(f"{scene.id} holds no pixel of the site: it lies beside the swath")
        origin = [{"file": path.relative_to(self._folder).as_posix(), "sha256": _sha256(path),
                   **({} if shares_lattice(whole.grid, piece.grid) else {"laid": "nearest"})}
                  for paths, piece in zip(files, pieces, strict=True) for path in paths]
        tags = {"TIFFTAG_DATETIME": f"{scene.taken:%Y:%m:%d %H:%M:%S}", "SITEWATCH_CUT_FROM": json.dumps(origin),
                "TIFFTAG_COPYRIGHT": scene.attribution or ""}
        yield from _as_file(whole.pixels, whole.grid, tags, empty)

    def _why_not(self, product: Product, site: Site, span: Span) -> str | None:
        said = product.item
        if said.fault is not None:
            return said.fault
        if product.sensor != self._sensor.id:
            return (f"its sensor is {product.sensor}, where the others are {self._sensor.id}. Put images of another "
                    "kind into a folder of their own and state their sensor")
        if not site.is_georeferenced:
            return "georeferenced, but the site lies in plain pictures. Give such images as a case of their own"
        if said.taken is not None and said.taken not in span:
            return f"taken on {day(said.taken)}, outside the asked time"
        if not product.footprint.intersects(site.area):
            return "shows nothing of the site"
        return None

    def _scene(self, product: Product) -> Scene:
        said, sensor = product.item, self._sensor
        roles = ("image", "mask") if product.mask is not None and sensor.mask is not None else ("image",)
        if said.taken is None:
            raise ProviderError(f"{product.href} has no time of taking")
        return Scene(
            id=product.name, source="folder", sensor=sensor.id, taken=said.taken, taken_from="stac", gsd_m=sensor.gsd_m,
            assets=tuple(Asset(role=role, href=f"{product.href}#{role}.tif") for role in roles),  # type: ignore[arg-type]
            sun_azimuth_deg=said.sun_azimuth_deg, sun_elevation_deg=said.sun_elevation_deg,
            off_nadir_deg=said.off_nadir_deg, view_azimuth_deg=said.view_azimuth_deg, licence=said.licence,
            attribution=attribution_of(sensor.id, said.taken.year), cloud_cover=said.cloud_cover,
            relative_orbit=said.relative_orbit, baseline=said.baseline if sensor.added_counts else None,
            offset_applied=said.offset_applied if sensor.added_counts else None)


def _mask(product: Product) -> tuple[Path, ...]:
    if product.mask is None:
        raise ProviderError(f"{product.href} has no mask")
    return (product.mask,)


def _stacked(bands: Sequence[Piece]) -> Piece:
    if len({(band.grid, band.pixels.dtype) for band in bands}) > 1:
        raise ImageError("its bands have different pixels")
    return Piece(pixels=np.concatenate([band.pixels for band in bands]), grid=bands[0].grid)


def _as_file(pixels: np.ndarray, grid: GeoBox, tags: dict[str, str], nodata: float) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="sitewatch-") as name:
        path = Path(name) / "cut.tif"
        write_geotiff(path, pixels, grid, tags, nodata)
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
