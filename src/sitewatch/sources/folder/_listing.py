"""What lies in the folder: images, the masks that belong to them, and what cannot be used."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from odc.geo.geobox import GeoBox
from shapely import box
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ImageError, InputError
from sitewatch.geo import common_footprint, describe
from sitewatch.geo.tiff import is_cut_short
from sitewatch.model import MaskKind, Refusal
from sitewatch.sources.folder._products import Product, products_in

__all__ = ["Image", "Mask", "hrefs", "list_folder", "stem_prefix"]

_IMAGE_SUFFIXES = frozenset({".tif", ".tiff", ".jp2", ".j2k", ".png", ".jpg", ".jpeg"})
# Planet: 20230514_101112_34_24a1_3B_udm2_clip.tif; Sentinel-2: T40RCN_20230514T064629_SCL_20m.jp2;
# Landsat: LC09_L2SP_166036_20240105_20240107_02_T1_QA_PIXEL.TIF. The words are those of MaskKind.
_MASK = re.compile(r"[_-](udm2|scl|qa_pixel)(?=[_.-]|$)", re.IGNORECASE)
_OLD_MASK = re.compile(r"_udm(?=[_.-]|$)", re.IGNORECASE)
_PRODUCT = re.compile(r"(?:_3[AB])?_(?:AnalyticMS|Analytic|Visual|Panchromatic|metadata|udm2?|scl|qa_pixel)"
                      r"(?=[_.-]|$).*", re.IGNORECASE)


# With a little play: a grid of the whole Earth may end a hair beyond it.
_EARTH = box(-180, -90, 180, 90).buffer(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A provider's mask: where in the folder (``href``, with / between folders), and whose codes it holds."""

    href: str
    kind: MaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image by its header. ``bands`` are without alpha; ``footprint`` is in EPSG:4326, None for pictures;
    ``offset`` is the one that the file itself gives, None where it gives none."""

    path: Path
    href: str
    grid: GeoBox
    footprint: BaseGeometry | None
    bands: int
    dtype: str
    tags: Mapping[str, str]
    mask: Mask | None = None
    offset: float | None = None


def list_folder(folder: Path) -> tuple[list[Image], list[Product], list[Refusal]]:
    """Every image in the folder and the folders in it, in order of name, and every product of many files; headers only.

    Hidden files, links and files that are no images by their suffix are left aside.
    Raises InputError when there is no such folder or it cannot be looked into.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Give the folder that holds the images")
    products, useless_products, own = products_in(folder)
    paths, refused = _image_files(folder, own)
    refused += useless_products
    masks = {path: kind for path in paths if (kind := _mask_kind(path)) is not None}
    masks, useless = _readable(masks, folder)
    images: list[Image] = []
    for path in paths:
        if _mask_kind(path) is not None:
            continue
        if _OLD_MASK.search(path.stem):
            refused.append(Refusal(what=_href(path, folder), why="a first-generation UDM mask, which says too little "
                                                                 "to be used. Order the UDM2 mask with the image"))
            continue
        found = _looked_into(path, folder, masks)
        (images if isinstance(found, Image) else refused).append(found)  # type: ignore[arg-type]
    worn = {image.mask.href for image in images if image.mask is not None}
    lone = [Refusal(what=_href(path, folder), why="a mask without its image. Put the image beside it")
            for path in masks if _href(path, folder) not in worn]
    return images, products, [*refused, *useless, *lone]


def stem_prefix(stem: str) -> str:
    """What the files of one delivered scene have in common: 20230514_101112_34_24a1 for Planet."""
    return _PRODUCT.sub("", stem)


def _image_files(folder: Path, own: frozenset[Path]) -> tuple[list[Path], list[Refusal]]:
    """The files that may be images by suffix and are not a product's ``own``, and those refused for their names or for
    being links outwards."""
    def denied(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be looked into ({error.strerror}). Make it readable") from error

    paths: list[Path] = []
    refused: list[Refusal] = []
    for place, inner, names in os.walk(folder, onerror=denied):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith(".") or path.suffix.lower() not in _IMAGE_SUFFIXES or path in own:
                continue
            if not _href(path, folder).isprintable():
                refused.append(Refusal(what=ascii(_href(path, folder)),
                                       why="its name holds characters that cannot be printed. Rename it"))
            elif path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                refused.append(Refusal(what=_href(path, folder), why="a link that leads out of the folder. "
                                                                     "Copy the image itself into the folder"))
            elif path.is_file() and not path.is_symlink():
                paths.append(path)
    return paths, refused


def _mask_kind(path: Path) -> MaskKind | None:
    found = _MASK.search(path.stem)
    return None if found is None else cast(MaskKind, found[1].lower())


def _readable(masks: Mapping[Path, MaskKind], folder: Path) -> tuple[dict[Path, MaskKind], list[Refusal]]:
    good: dict[Path, MaskKind] = {}
    refused: list[Refusal] = []
    for path, kind in masks.items():
        found = _looked_into(path, folder, {})
        if isinstance(found, Refusal):
            refused.append(Refusal(what=found.what, why=f"{found.why}. Its image is used without a mask"))
        else:
            good[path] = kind
    return good, refused


def _looked_into(path: Path, folder: Path, masks: Mapping[Path, MaskKind]) -> Image | Refusal:
    """The image's header, or why it cannot be read."""
    href = _href(path, folder)
    try:
        why = _why_no_image(path)
        if why is not None:
            return Refusal(what=href, why=why)
        info = describe(path)
        footprint = None if info.grid.crs is None else common_footprint([info.grid])
    except (ImageError, OSError) as error:
        return Refusal(what=href, why=str(error))
    except (RuntimeError, ValueError) as error:  # what pyproj raises for a CRS that it cannot use
        return Refusal(what=href, why=f"its georeference cannot be used ({error}). Warp it to a usual CRS")
    if _mask_kind(path) is None and (info.has_palette or info.dtype.startswith("complex")):
        kind = "places in a palette" if info.has_palette else "complex numbers"
        return Refusal(what=href, why=f"its pixels are {kind}, not brightness. "
                                      "Save it with plain bands, such as red, green and blue")
    if footprint is not None and not (footprint.is_valid and _EARTH.covers(footprint)):
        return Refusal(what=href, why="its georeference leads off the Earth. Warp it to a usual CRS")
    return Image(path=path, href=href, grid=info.grid, footprint=footprint, bands=info.bands - info.has_alpha,
                 dtype=info.dtype, tags=info.tags, mask=_mask_of(path, folder, masks), offset=info.offset)


def _why_no_image(path: Path) -> str | None:
    """What can be said against a file before an image library opens it."""
    if path.stat().st_size == 0:
        return "empty (0 bytes). Fetch it again or remove it"
    return "truncated: its directory names bytes that are not there. Fetch it again" if is_cut_short(path) else None


def _mask_of(path: Path, folder: Path, masks: Mapping[Path, MaskKind]) -> Mask | None:
    """The mask beside the image whose name begins as the image's does, longest common beginning first."""
    beside = [(stem_prefix(mask.stem), mask, kind) for mask, kind in masks.items() if mask.parent == path.parent]
    fitting = [(len(prefix), mask, kind) for prefix, mask, kind in beside
               if path.stem == prefix or re.match(re.escape(prefix) + r"[_.-]", path.stem)]
    if not fitting:
        return None
    _, mask, kind = max(fitting, key=lambda offer: (offer[0], str(offer[1])))
    return Mask(href=_href(mask, folder), kind=kind)


def _href(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def hrefs(images: Iterable[Image]) -> str:
    """The first few names, for a message."""
    names = [image.href for image in images]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
