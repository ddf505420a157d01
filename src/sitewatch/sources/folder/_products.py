"""Products as their agencies deliver them, a file for each band: Sentinel-2's .SAFE folders, Landsat's Collection 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ImageError
from sitewatch.geo import ImageInfo, common_footprint, describe
from sitewatch.model import Refusal
from sitewatch.sources._items import Item
from sitewatch.sources.folder._metadata import landsat_item, sentinel_footprint, sentinel_item

__all__ = ["Product", "products_in"]

_SAFE = re.compile(r"S2[A-D]_MSI(L1C|L2A)_\d{8}T\d{6}_N\d{4}_R\d{3}_T\w{5}_\d{8}T\d{6}(\.SAFE)?", re.IGNORECASE)
_LANDSAT = re.compile(r"(L[A-Z]\d\d_L[12]\w\w_\d{6}_\d{8}_\d{8}_\d\d_\w\w)_(\w+)\.(TIF|tif|TIFF|tiff)")
_SENTINEL_BANDS = ("B02", "B03", "B04", "B08")
_LANDSAT_BANDS = ("SR_B2", "SR_B3", "SR_B4", "SR_B5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One scene in many files. ``bands`` are in the order of the sensor's profile; ``href`` is its place in the folder
    of images, ``footprint`` where it has pixels, EPSG:4326."""

    href: str
    name: str
    sensor: str
    bands: tuple[Path, ...]
    mask: Path | None
    item: Item
    info: ImageInfo
    footprint: BaseGeometry

    @property
    def platform(self) -> str:
        """Which satellite took it."""
        return self.name[:4]


def products_in(folder: Path) -> tuple[list[Product], list[Refusal], frozenset[Path]]:
    """The products in a folder and the folders in it, what is wrong with others, and every file that belongs to one."""
    found: list[Product] = []
    refused: list[Refusal] = []
    own: set[Path] = set()
    for place in sorted(path for path in folder.rglob("*") if path.is_dir() and _SAFE.fullmatch(path.name)):
        if place.is_symlink() or any(part.startswith(".") for part in place.relative_to(folder).parts):
            continue
        if not any(place.rglob("*.[jJ][pP]2")) and any(place.rglob("*.[tT][iI][fF]*")):
            continue  # images that somebody made of a product and left in its place are images as any other
        own.update(place.rglob("*"))
        _take(partial(_sentinel, place, folder), place, found, refused)
    for prefix, files in sorted(_landsat_files(folder, own).items()):
        if not any(name.startswith("SR_B") and len(name) == 5 for name in files):
            continue  # one file with all bands, whatever lies beside it, is an image as any other
        own.update(files.values())
        _take(partial(_landsat, prefix, files, folder), prefix, found, refused)
    return found, refused, frozenset(own)


def _take(read: Callable[[], Product], place: Path, found: list[Product], refused: list[Refusal]) -> None:
    """The product, or in words why it is none."""
    try:
        found.append(read())
    except (ImageError, OSError) as error:
        refused.append(Refusal(what=place.name, why=str(error)))


def _sentinel(place: Path, folder: Path) -> Product:
    named = _SAFE.fullmatch(place.name)
    if named is not None and named[1].upper() != "L2A":
        raise ImageError("a Level-1C product, which is no surface reflectance. Fetch its Level-2A")
    metadata = place / "MTD_MSIL2A.xml"
    if not metadata.is_file():
        raise ImageError("MTD_MSIL2A.xml is missing in it. Fetch the product again, as a whole")
    granules = sorted(place.glob("GRANULE/*"))
    if len(granules) != 1:
        raise ImageError(f"it holds {len(granules)} granules, where one is to be. Fetch the product again, as a whole")
    item = sentinel_item(metadata, next(iter(sorted(granules[0].glob("MTD_TL.xml"))), None))
    bands = tuple(_one(granules[0], f"IMG_DATA/R10m/*_{band}_10m.jp2", band) for band in _SENTINEL_BANDS)
    mask = next(iter(sorted(granules[0].glob("IMG_DATA/R20m/*_SCL_20m.jp2"))), None)
    info = describe(bands[0])
    return Product(href=place.relative_to(folder).as_posix(), name=place.name.removesuffix(".SAFE"),
                   sensor="sentinel-2", bands=bands, mask=mask, item=item, info=info,
                   footprint=sentinel_footprint(metadata) or _footprint(info))


def _landsat_files(folder: Path, taken: set[Path]) -> dict[Path, dict[str, Path]]:
    """By product, its files by what they hold."""
    found: dict[Path, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        named = _LANDSAT.fullmatch(path.name)
        if named and path not in taken and path.is_file() and not path.is_symlink():
            found.setdefault(path.parent / named[1], {})[named[2]] = path
    return found


def _landsat(prefix: Path, files: Mapping[str, Path], folder: Path) -> Product:
    if not prefix.name.startswith(("LC08_L2S", "LC09_L2S")) or "_02_T" not in prefix.name:
        raise ImageError("not Collection 2 Level-2 of Landsat 8 or 9, whose bands and scaling are known here")
    missing = [band for band in _LANDSAT_BANDS if band not in files]
    if missing:
        raise ImageError(f"{', '.join(missing)} are missing. Fetch the product again, as a whole")
    told = next((path for ending in ("json", "xml", "txt")
                 if (path := prefix.with_name(f"{prefix.name}_MTL.{ending}")).is_file()), None)
    if told is None:
        raise ImageError(f"{prefix.name}_MTL.json, .xml or .txt is missing beside it")
    info = describe(files["SR_B2"])
    return Product(href=prefix.relative_to(folder).as_posix(), name=prefix.name, sensor="landsat",
                   bands=tuple(files[band] for band in _LANDSAT_BANDS), mask=files.get("QA_PIXEL"),
                   item=landsat_item(told), info=info, footprint=_footprint(info))


def _one(place: Path, pattern: str, what: str) -> Path:
    found: list[Path] = [path for path in place.glob(pattern) if not path.is_symlink()]
    if len(found) != 1:
        told = "there more than once" if found else "missing"
        raise ImageError(f"{what} is {told}. Fetch the product again, as a whole")
    return found[0]


def _footprint(info: ImageInfo) -> BaseGeometry:
    if info.grid.crs is None:
        raise ImageError("its images have no georeference")
    return common_footprint([info.grid])
