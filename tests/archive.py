"""An imaginary place as an archive has it: single-band COGs of large tiles, and items in the shape of real ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from shapely import box
from shapely.geometry import mapping

from sitewatch.geo import reproject
from sitewatch.sources.simulated import deliver, read_world

__all__ = ["COLLECTION", "KEYS", "Tile", "cog", "place_of", "tiles_of"]

COLLECTION = {"type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "description": "Sentinel-2 L2A",
              "license": "proprietary", "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                                                   "temporal": {"interval": [["2015-06-27T10:25:31Z", None]]}},
              "links": [{"rel": "license", "href": "https://sentinel.esa.int/documents/legal-notice"}]}
KEYS = ("blue", "green", "red", "nir")
_WORLD = """
title: Imaginary works on a plain
about: A large hall built on a field
question: What was built here?
latitude: 38
size: [1500, 1500]
land: fields
climate: {cloud: 0.45, wettest: 12, snow: 0, haze: 0.03}
looks:
  - {sensor: sentinel-2, start: 2022-03-04, end: 2024-02-20, every_days: 40}
things:
  - {kind: patch, at: [750, 750], size: [1600, 30], turn: -11, surface: asphalt}
  - {kind: hall, id: old, at: [480, 520], size: [240, 120], turn: -11, height: 9, surface: grey roof, reference: true}
  - id: new-hall
    kind: hall
    at: [1050, 980]
    size: [260, 140]
    turn: -11
    height: 9
    surface: white roof
    about: a hall on a former field
    steps:
      - {do: clearing, from: 2022-11-01, to: 2022-11-09}
      - {do: foundation, from: 2022-12-08, to: 2022-12-22}
      - {do: walls, from: 2022-12-27, to: 2023-01-20}
      - {do: roof, from: 2023-01-20, to: 2023-02-14}
"""
_FRAME_PX = 512      # of a tile; real ones have 10980
_BLOCK_PX = 128
_AROUND_PX = 150     # from the tile's corner to the place


@dataclass(frozen=True)
class Tile:
    """One scene as the archive has it: its item, and the (band, y, x) pixels of the place itself with their mask."""

    item: dict[str, Any]
    pixels: np.ndarray
    codes: np.ndarray


def place_of(folder: Path) -> tuple[float, float]:
    """Latitude and longitude of the middle of the place that ``tiles_of`` shows."""
    world = read_world(_world_file(folder))
    at = reproject(box(*world.site_grid.boundingbox), world.site_grid.crs, rasterio.crs.CRS.from_epsg(4326)).centroid
    return at.y, at.x


def tiles_of(folder: Path, url: str, looks: slice = slice(None)) -> list[Tile]:
    """Scenes of an imaginary place, as COGs in ``folder``/files with items whose addresses begin with ``url``."""
    delivered = deliver(read_world(_world_file(folder)), 0, folder / "delivered")
    items = [json.loads(path.read_text()) for path in sorted((delivered / "scenes").glob("*.json"))
             if path.name != "catalog.json"]
    return [_tile(item, delivered / "scenes", folder / "files", url) for item in items[looks]]


def cog(path: Path, pixels: np.ndarray, transform: Affine, crs: Any, block_px: int = _BLOCK_PX) -> Path:
    """A cloud-optimised GeoTIFF of (band, y, x) pixels; 0 is nodata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", count=len(pixels), height=pixels.shape[1], width=pixels.shape[2], nodata=0,
                         dtype=pixels.dtype, crs=crs, transform=transform) as image:
            image.write(pixels)
        with memory.open() as image:
            copy(image, path, driver="COG", blocksize=block_px, compress="deflate", predictor=2, overview_count=2)
    return path


def _world_file(folder: Path) -> str:
    path = folder / "works.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(_WORLD, encoding="utf-8")
    return str(path)


def _tile(item: dict[str, Any], scenes: Path, files: Path, url: str) -> Tile:
    paths = [scenes / item["assets"][key]["href"] for key in ("image", "mask")]
    (pixels, transform, crs), (codes, _, _) = (_read(path) for path in paths)
    corner = transform @ Affine.translation(-_AROUND_PX, -_AROUND_PX)
    draw = np.random.default_rng(len(item["id"]) + pixels.shape[1])
    for key, band in zip(KEYS, pixels, strict=True):
        frame = draw.integers(300, 900, (1, _FRAME_PX, _FRAME_PX), dtype=np.uint16)
        cog(files / item["id"] / f"{key}.tif", _placed(frame, band[None], 1), corner, crs)
    frame = np.full((1, _FRAME_PX // 2, _FRAME_PX // 2), 5, np.uint8)
    cog(files / item["id"] / "scl.tif", _placed(frame, codes[:, ::2, ::2], 2), corner @ Affine.scale(2), crs)
    return Tile(item=_real(item, corner, crs, url), pixels=pixels, codes=codes[0, ::2, ::2])


def _read(path: Path) -> tuple[np.ndarray, Affine, Any]:
    with rasterio.open(path) as image:
        return image.read(), image.transform, image.crs


def _placed(frame: np.ndarray, piece: np.ndarray, scale: int) -> np.ndarray:
    at = _AROUND_PX // scale
    frame[:, at:at + piece.shape[1], at:at + piece.shape[2]] = piece
    return frame


def _real(item: dict[str, Any], corner: Affine, crs: Any, url: str) -> dict[str, Any]:
    """The item as Earth Search would have it."""
    side = _FRAME_PX * corner.a
    outline = reproject(box(corner.c, corner.f - side, corner.c + side, corner.f), crs,
                        rasterio.crs.CRS.from_epsg(4326))
    said, base = item["properties"], f"{url}/files/{item['id']}"
    raster = [{"nodata": 0, "data_type": "uint16", "bits_per_sample": 15, "spatial_resolution": 10, "scale": 0.0001,
               "offset": 0}]
    cogs = "image/tiff; application=geotiff; profile=cloud-optimized"
    assets = {key: {"href": f"{base}/{key}.tif", "type": cogs, "roles": ["data", "reflectance"],
                    "eo:bands": [{"name": key, "common_name": key}], "raster:bands": raster} for key in KEYS}
    assets["scl"] = {"href": f"{base}/scl.tif", "type": cogs, "roles": ["data", "reflectance"],
                     "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": 20}]}
    assets["red-jp2"] = {"href": "s3://sentinel-s2-l2a/tiles/B04.jp2", "type": "image/jp2",
                         "eo:bands": [{"name": "red", "common_name": "red"}]}
    properties = {"datetime": said["datetime"], "platform": "sentinel-2b", "constellation": "sentinel-2",
                  "instruments": ["msi"], "eo:cloud_cover": said["eo:cloud_cover"], "gsd": 10,
                  "view:sun_azimuth": said["view:sun_azimuth"], "view:sun_elevation": said["view:sun_elevation"],
                  "view:azimuth": said["view:azimuth"], "view:off_nadir": said["view:off_nadir"],
                  "s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True,
                  "s2:product_uri": f"S2B_MSIL2A_{_compact(said['datetime'])}_N0509_R051_T25SED_20240101T000000.SAFE",
                  "proj:epsg": crs.to_epsg(), "updated": "2024-01-02T03:04:05Z"}
    return {"type": "Feature", "stac_version": "1.0.0", "id": f"S2B_25SED_{item['id'].replace('-', '')}_0_L2A",
            "collection": "sentinel-2-l2a", "stac_extensions": [], "links": [], "geometry": mapping(outline),
            "bbox": list(outline.bounds), "properties": properties, "assets": assets}


def _compact(moment: str) -> str:
    return moment.replace("-", "").replace(":", "").rstrip("Z")

