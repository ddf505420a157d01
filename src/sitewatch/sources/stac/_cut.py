"""The crops of a scene: the site's part of each of its files, put together without changing a pixel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from sitewatch.errors import AreaError, ImageError, ProviderError
from sitewatch.geo import Cut, Piece, joined, plan_cut, read_cut, shares_lattice, window_on, write_geotiff
from sitewatch.model import MaskKind, Site
from sitewatch.sources._guard import shown_url, without_secrets
from sitewatch.sources._ranges import RangeFile
from sitewatch.sources._web import Part
from sitewatch.sources.stac._offer import Band, Offer

__all__ = ["Crops"]

Fetch = Callable[[str, int, int], Part]
"""``fetch(href, start, stop)``: bytes of a provider's file."""

# What each kind of mask says of a place that it does not reach.
_FILL: Mapping[str, int] = {"udm2": 0, "scl": 0, "qa_pixel": 1}


class Crops:
    """The files of one offer, as far as they were fetched, in a folder of its own that is the caller's to remove.

    For one thread at a time.
    """

    def __init__(self, offer: Offer, site: Site, folder: Path, fetch: Fetch, kind: MaskKind | None = None) -> None:
        self._offer, self.site, self._folder, self._fetch, self._kind = offer, site, folder, fetch, kind
        self._files: dict[str, tuple[RangeFile, Cut]] = {}

    def image(self) -> Path:
        """The bands in the order of the sensor's profile as one GeoTIFF, each pixel as the provider has it.

        Where the site straddles scenes of one pass, they are joined on the pixels of the first.
        Raises ProviderError where they do not arrive, do not fit each other or show nothing of the site.
        """
        parts = [self._stacked(offer) for offer in self._all()]
        nodata = parts[0][1].nodata
        pixels, grid = self._joined(parts, nodata or 0)
        if not (pixels != (nodata or 0)).any():
            raise ProviderError(f"{self._offer.scene.id} holds no pixel of the site: it lies beside the swath")
        return self._written("image.tif", pixels, grid, nodata, [band for offer in self._all() for band in offer.bands])

    def mask(self) -> tuple[Path, np.ndarray, GeoBox]:
        """The provider's mask as a GeoTIFF, its (y, x) codes, and where they lie."""
        masks = [offer.mask for offer in self._all() if offer.mask is not None]
        if self._offer.mask is None or len(masks) < len(self._all()):
            raise ProviderError(f"{self._offer.scene.id} has no mask, or a piece of it has none")
        codes, grid = self._joined([self._read(mask.href, [mask]) for mask in masks], _FILL.get(self._kind or "", 0))
        nodata = self._planned(masks[0].href)[1].nodata
        return self._written("mask.tif", codes, grid, nodata, masks), codes[0], grid

    def item(self) -> bytes:
        """The item as received, but for what signs its addresses; with the items of the pieces joined to it."""
        told = _public(self._offer.feature)
        if isinstance(told, dict) and self._offer.pieces:
            told = {**told, "sitewatch:joined": [_public(piece.feature) for piece in self._offer.pieces]}
        return (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()

    def bytes(self) -> int:
        """About what the image and the mask weigh: the first band's blocks stand for those of every other file."""
        return sum(self._planned(offer.bands[0].href)[1].bytes * len({band.href for band in offer.bands})
                   + (self._planned(offer.mask.href)[1].bytes if offer.mask else 0) for offer in self._all())

    def _all(self) -> tuple[Offer, ...]:
        return self._offer, *self._offer.pieces

    def _stacked(self, offer: Offer) -> tuple[np.ndarray, Cut]:
        """(band, y, x) pixels of all bands of one scene, and where they lie."""
        planes: dict[Band, np.ndarray] = {}
        cuts: list[Cut] = []
        for href in dict.fromkeys(band.href for band in offer.bands):
            bands = [band for band in offer.bands if band.href == href]
            pixels, cut = self._read(href, bands)
            planes |= dict(zip(bands, pixels, strict=True))
            cuts.append(cut)
        if len({(cut.grid, cut.dtype) for cut in cuts}) > 1:
            raise ProviderError(f"{offer.scene.id} has bands of different pixels, which are not resampled here. "
                                "Choose assets of one pixel size")
        return np.stack([planes[band] for band in offer.bands]), cuts[0]

    def _joined(self, parts: Sequence[tuple[np.ndarray, Cut]], empty: float) -> tuple[np.ndarray, GeoBox]:
        """The pixels of one scene as they are, those of several on the lattice of the first."""
        if len(parts) == 1:
            return parts[0][0], parts[0][1].grid
        try:
            grid = window_on(parts[0][1].grid, self.site.grid)
            return joined([Piece(pixels=pixels, grid=cut.grid) for pixels, cut in parts], grid, empty), grid
        except (ImageError, AreaError) as error:
            raise ProviderError(f"{self._offer.scene.id}: {error}") from error

    def _read(self, href: str, bands: Sequence[Band]) -> tuple[np.ndarray, Cut]:
        """(band, y, x) pixels of some bands of a file, and where they lie."""
        try:
            file, cut = self._planned(href)
            indexes = tuple(band.index for band in bands)
            if max(indexes) > cut.bands:
                raise ImageError(f"it has {cut.bands} bands, and no band {max(indexes)}")
            return read_cut(file, cut, indexes), cut
        except (ImageError, AreaError) as error:
            raise ProviderError(f"{shown_url(href)}: {error}") from error

    def _planned(self, href: str) -> tuple[RangeFile, Cut]:
        if href not in self._files:
            path = self._folder / f"{len(self._files)}.part"
            file = RangeFile(path, lambda start, stop: self._fetch(href, start, stop))
            try:
                self._files[href] = file, plan_cut(file, self.site.grid)
            except (ImageError, AreaError) as error:
                raise ProviderError(f"{shown_url(href)}: {error}") from error
        return self._files[href]

    def _written(self, name: str, pixels: np.ndarray, grid: GeoBox, nodata: float | None,
                 bands: Sequence[Band]) -> Path:
        """A GeoTIFF that says in its tags when it was taken, whose it is, and out of what it was cut."""
        scene = self._offer.scene
        origin = [{"href": without_secrets(band.href), "band": band.index, "etag": file.etag,
                   "window": [cut.column, cut.row, cut.grid.width, cut.grid.height],
                   **({} if shares_lattice(grid, cut.grid) else {"laid": "nearest"})}
                  for band in bands for file, cut in [self._files[band.href]]]
        tags = {"TIFFTAG_DATETIME": f"{scene.taken:%Y:%m:%d %H:%M:%S}", "SITEWATCH_CUT_FROM": json.dumps(origin),
                **({"TIFFTAG_COPYRIGHT": scene.attribution} if scene.attribution else {})}
        path = self._folder / name
        write_geotiff(path, pixels, grid, tags, nodata)
        return path


def _public(value: object) -> object:
    """JSON with addresses that sign nothing and name nobody."""
    if isinstance(value, dict):
        return {key: _public(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_public(item) for item in value]
    return without_secrets(value) if isinstance(value, str) and "://" in value else value
