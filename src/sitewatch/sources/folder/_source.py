"""The folder as a source: dated scenes, or for each file why it cannot be one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sitewatch.errors import ImageError, ProviderError
from sitewatch.geo.raster import check_pixels
from sitewatch.model import Asset, Refusal, Scene, Sensor, Site, Span, day
from sitewatch.model.scene import SIMULATED
from sitewatch.sources._credit import attribution_of
from sitewatch.sources._items import Item
from sitewatch.sources._units import baseline_in_name
from sitewatch.sources.folder._dates import Taken, read_dates, when_taken
from sitewatch.sources.folder._listing import Image, list_folder
from sitewatch.sources.folder._manifest import Manifests
from sitewatch.sources.folder._products import Product
from sitewatch.sources.folder._shelf import Shelf
from sitewatch.sources.folder._stac import ItemsBeside
from sitewatch.sources.folder._survey import commonest_shape, gsd_of, sensor_of

__all__ = ["FolderSource"]

_BLOCK_BYTES = 1 << 20
_LONGEST_ID = 100


class FolderSource:
    """Dated images in a folder on this machine: GeoTIFF, COG, JPEG 2000, PNG and JPEG.

    ``sensor``: an id in SENSORS, guessed from the images when None. ``gsd_m``: pixel size of plain pictures.
    ``dates``: a CSV with the columns file,date; ``dates.csv`` in the folder serves when None.
    """

    def __init__(self, path: Path, sensor: str | None = None, gsd_m: float | None = None,
                 dates: Path | None = None) -> None:
        self._path = Path(path)
        self._sensor = sensor
        self._gsd_m = gsd_m
        self._dates = Path(dates) if dates is not None else None
        self._shelf: Shelf | None = None

    @property
    def name(self) -> str:
        """The source's name as ``sitewatch sources`` lists it."""
        return "folder"

    @property
    def reads(self) -> tuple[Path, ...]:
        """The folder, and the list of dates where one is named."""
        return (self._path, *([self._dates] if self._dates else []))

    def find(self, site: Site, span: Span) -> Iterator[Scene | Refusal]:
        """Every image of the site within the span, in order of file name, or why it cannot be used.

        Raises InputError when the folder, the list of dates or the stated sensor cannot be used at all.
        """
        images, products, refused = list_folder(self._path)
        yield from refused
        yield from Manifests(self._path).missing()
        listed = self._listed()
        names = {name for image in images for name in (image.href, image.path.name)}
        if products:
            self._shelf = Shelf(self._path, self._sensor_of(images, products))
            yield from self._shelf.find(products, site, span)
        yield from (Refusal(what=name, why="the list of dates names it, but it is not among the folder's images")
                    for name in listed if name not in names)
        if not images:
            return
        door = _Door(site, self._sensor_of(images, products), images, self._gsd_m, Manifests(self._path))
        items = ItemsBeside()
        for image in images:
            item = items.of(image.path)
            taken = _taken(image, item, listed.get(image.href) or listed.get(image.path.name))
            yield from door.let_in(image, item, taken, span)

    def open(self, asset: Asset) -> Iterator[bytes]:
        """The file's bytes in blocks of 1 MiB.

        Raises ProviderError when the file is gone or does not lie in the folder.
        """
        if "#" in asset.href and self._shelf is not None:
            yield from self._shelf.open(asset)
            return
        root = self._path.resolve()
        path = (root / asset.href).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            raise ProviderError(f"{asset.href} is not in {self._path.name} any more. Put it back, or remove its scene")
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block

    def _sensor_of(self, images: list[Image], products: list[Product]) -> Sensor:
        return sensor_of(images, self._sensor, [product.sensor for product in products])

    def _listed(self) -> dict[str, Taken]:
        path = self._dates or self._path / "dates.csv"
        return read_dates(path) if self._dates is not None or path.is_file() else {}


class _Door:
    """Lets an image in as a scene, or says why not; remembers which images and ids came before."""

    def __init__(self, site: Site, sensor: Sensor, images: list[Image], gsd_m: float | None,
                 manifests: Manifests) -> None:
        self._site, self._sensor, self._gsd_m, self._manifests = site, sensor, gsd_m, manifests
        fitting = [image for image in images if image.bands == len(sensor.bands)]
        self._shape = commonest_shape(fitting or images)
        self._first_with: dict[str, str] = {}
        self._ids: set[str] = set()

    def let_in(self, image: Image, item: Item | None, taken: Taken | str, span: Span) -> Iterator[Scene | Refusal]:
        """The image's scene, or one refusal; a refusal of a mask that does not fit comes on top."""
        why = self._wrong_kind(image) or self._elsewhere(image)
        if why is None and isinstance(taken, str):
            why = taken
        elif why is None and isinstance(taken, Taken) and taken.moment not in span:
            why = f"taken on {day(taken.moment)}, outside the asked time"
        said = item or Item(file="")
        why = why or self._not_as_ordered(image, said) or self._damaged_or_known(image) or _two_baselines(image, said)
        if why is not None or isinstance(taken, str):
            yield Refusal(what=image.href, why=why or "no date")
            return
        assets = [Asset(role="image", href=image.href)]
        if image.mask is not None and image.mask.kind == self._sensor.mask:
            assets.append(Asset(role="mask", href=image.mask.href))
        elif image.mask is not None:
            yield Refusal(what=image.mask.href, why=f"{self._sensor.title} has no such mask: not used. "
                                                    "State the sensor that the mask belongs to")
        yield Scene(
            id=self._own_id(image), source="folder", sensor=self._sensor.id, taken=taken.moment,
            taken_from=taken.origin, assets=tuple(assets),
            gsd_m=self._gsd_m or self._site.gsd_m if image.footprint is None else gsd_of(image),
            sun_azimuth_deg=said.sun_azimuth_deg, sun_elevation_deg=said.sun_elevation_deg,
            off_nadir_deg=said.off_nadir_deg, view_azimuth_deg=said.view_azimuth_deg, licence=said.licence,
            attribution=_attribution(image, said, self._sensor, taken.moment.year),
            baseline=said.baseline or baseline_in_name(image.href) if self._sensor.added_counts else None,
            offset_applied=_offset_applied(image, said) if self._sensor.added_counts else None,
            published=said.published)

    def _wrong_kind(self, image: Image) -> str | None:
        wanted = len(self._sensor.bands)
        if image.bands != wanted:
            return (f"{image.bands} bands, where {self._sensor.title} has {wanted}. "
                    "Put images of another kind into a folder of their own and state their sensor")
        if (image.footprint is not None) != self._site.is_georeferenced:
            return ("no georeference, but the site lies on the Earth" if image.footprint is None else
                    "georeferenced, but the site lies in plain pictures") + ". Give such images as a case of their own"
        if image.footprint is None and (image.grid.height, image.grid.width) != self._shape:
            return (f"{image.grid.width} x {image.grid.height} pixels, the others {self._shape[1]} x {self._shape[0]}: "
                    "pictures without georeference must show the same frame. Cut it alike or remove it")
        return None

    def _elsewhere(self, image: Image) -> str | None:
        if image.footprint is None or image.footprint.intersection(self._site.area).area > 0:
            return None
        middle = image.footprint.centroid
        return (f"shows nothing of the site: it lies around latitude {middle.y:.4f}, longitude {middle.x:.4f}. "
                "Remove it, or choose the area anew")

    def _not_as_ordered(self, image: Image, said: Item) -> str | None:
        """Why the image, its mask or what is said of it is not what a manifest beside it says, None where it is."""
        beside = [(PurePosixPath(image.href).parent / said.file).as_posix()] if said.file else []
        hrefs = [image.href, *([image.mask.href] if image.mask else []), *beside]
        return next((fault for href in hrefs if (fault := self._manifests.fault(href)) is not None), None)

    def _damaged_or_known(self, image: Image) -> str | None:
        """Reads the whole file: truncated pixels and repeated files show only then."""
        try:
            check_pixels(image.path)
            with image.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except (ImageError, OSError) as error:
            return str(error)
        first = self._first_with.setdefault(digest, image.href)
        return None if first == image.href else (f"the same image as {first}, byte for byte. "
                                                 "Keep the one whose date is right")

    def _own_id(self, image: Image) -> str:
        """The file's stem in safe characters; the path within the folder where that is taken."""
        digest = hashlib.sha256(image.href.encode()).hexdigest()[:8]
        whole = image.href.rsplit(".", 1)[0]
        for text in (image.path.stem, whole.replace("/", "-"), f"{image.path.stem[:_LONGEST_ID - 9]}-{digest}"):
            own = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:_LONGEST_ID].strip(".-") or f"scene-{digest}"
            if own.casefold() not in self._ids:
                break
        self._ids.add(own.casefold())
        return own


def _taken(image: Image, item: Item | None, listed: Taken | None) -> Taken | str:
    if item is not None and item.fault is not None:
        return f"{item.fault}. Correct it or remove that file"
    if item is not None and item.is_radar:
        return f"taken by radar, by {item.file}: its speckle and its lean are not reckoned with here. Remove the image"
    return when_taken(image.path.stem, image.tags, item.taken if item is not None else None, listed)


def _two_baselines(image: Image, said: Item) -> str | None:
    named = baseline_in_name(image.href)
    return None if None in (named, said.baseline) or named == said.baseline else (
        f"its name says processing baseline {named}, {said.file} says {said.baseline}. Correct whichever is wrong")


def _offset_applied(image: Image, said: Item) -> bool | None:
    """What a file says of itself counts where its item says nothing."""
    own = None if image.offset is None else image.offset == 0
    return own if said.offset_applied is None else said.offset_applied


def _attribution(image: Image, said: Item, sensor: Sensor, year: int) -> str | None:
    """The credit line: that the image is simulated, what its item says, or what the sensor's provider asks for."""
    told = image.tags.get("TIFFTAG_IMAGEDESCRIPTION", "")
    if told.startswith(SIMULATED):
        return told[:_LONGEST_ID]
    return said.attribution or attribution_of(sensor.id, year)
