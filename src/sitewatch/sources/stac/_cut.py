"""The crops of a scene: the site's part of each of its files, put together without changing a pixel."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sitewatch.errors import AreaError, ImageError, ProviderError
from sitewatch.geo import Cut, plan_cut, read_cut, write_geotiff
from sitewatch.model import Site
from sitewatch.sources._guard import shown_url, without_secrets
from sitewatch.sources._ranges import RangeFile
from sitewatch.sources._web import Part
from sitewatch.sources.stac._offer import Band, Offer

__all__ = ["Crops"]

Fetch = Callable[[str, int, int], Part]
"""``fetch(href, start, stop)``: bytes of a provider's file."""


class Crops:
    """The files of one offer, as far as they were fetched, in a folder of its own that is the caller's to remove.

    For one thread at a time.
    """

    def __init__(self, offer: Offer, site: Site, folder: Path, fetch: Fetch) -> None:
        self._offer, self.site, self._folder, self._fetch = offer, site, folder, fetch
        self._files: dict[str, tuple[RangeFile, Cut]] = {}

    def image(self) -> Path:
        """The bands in the order of the sensor's profile as one GeoTIFF, each pixel as the provider has it.

        Raises ProviderError where they do not arrive, do not fit each other or show nothing of the site.
        """
        planes: dict[Band, np.ndarray] = {}
        cuts: list[Cut] = []
        for href in dict.fromkeys(band.href for band in self._offer.bands):
            bands = [band for band in self._offer.bands if band.href == href]
            pixels, cut = self._read(href, bands)
            planes |= dict(zip(bands, pixels, strict=True))
            cuts.append(cut)
        if len({(cut.grid, cut.dtype) for cut in cuts}) > 1:
            raise ProviderError(f"{self._offer.scene.id} has bands of different pixels, which are not resampled here. "
                                "Choose assets of one pixel size")
        stacked = np.stack([planes[band] for band in self._offer.bands])
        if not (stacked != (cuts[0].nodata or 0)).any():
            raise ProviderError(f"{self._offer.scene.id} holds no pixel of the site: it lies beside the swath")
        return self._written("image.tif", stacked, cuts[0], self._offer.bands)

    def mask(self) -> tuple[Path, np.ndarray, Cut]:
        """The provider's mask as a GeoTIFF, and its (y, x) codes."""
        if self._offer.mask is None:
            raise ProviderError(f"{self._offer.scene.id} has no mask")
        codes, cut = self._read(self._offer.mask.href, [self._offer.mask])
        return self._written("mask.tif", codes, cut, (self._offer.mask,)), codes[0], cut

    def item(self) -> bytes:
        """The item as received, but for what signs its addresses."""
        return (json.dumps(_public(self._offer.feature), indent=1, sort_keys=True) + "\n").encode()

    def bytes(self) -> int:
        """About what the image and the mask weigh: the first band's blocks stand for those of every other file."""
        files = {band.href for band in self._offer.bands}
        mask = self._planned(self._offer.mask.href)[1].bytes if self._offer.mask else 0
        return self._planned(self._offer.bands[0].href)[1].bytes * len(files) + mask

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

    def _written(self, name: str, pixels: np.ndarray, cut: Cut, bands: Sequence[Band]) -> Path:
        """A GeoTIFF that says in its tags when it was taken, whose it is, and out of what it was cut."""
        scene = self._offer.scene
        origin = [{"href": without_secrets(band.href), "band": band.index, "etag": self._files[band.href][0].etag,
                   "window": [cut.column, cut.row, cut.grid.width, cut.grid.height]} for band in bands]
        tags = {"TIFFTAG_DATETIME": f"{scene.taken:%Y:%m:%d %H:%M:%S}", "SITEWATCH_CUT_FROM": json.dumps(origin),
                **({"TIFFTAG_COPYRIGHT": scene.attribution} if scene.attribution else {})}
        path = self._folder / name
        write_geotiff(path, pixels, cut.grid, tags, cut.nodata)
        return path


def _public(value: object) -> object:
    """JSON with addresses that sign nothing and name nobody."""
    if isinstance(value, dict):
        return {key: _public(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_public(item) for item in value]
    return without_secrets(value) if isinstance(value, str) and "://" in value else value
