"""A blind look: tiles of real and of simulated PlanetScope images, shuffled, with the key apart.

    python -m benchmarks.accuracy.contact_sheet FOLDER [--seed 0]

Writes FOLDER/sheet.png and FOLDER/key.txt; FOLDER must not lie in the repository, since real pixels may not. Every tile
is stretched alike (2nd to 98th percentile of all its bands), so that only what is shown can tell them apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.accuracy.families import FAMILIES, write_world
from benchmarks.accuracy.frame import REPOSITORY, shared_folder
from sitewatch.geo import read_image
from sitewatch.model import SENSORS
from sitewatch.sources.simulated import deliver, read_world, truth_of

__all__ = ["main"]

_TILE_PX, _ZOOM, _COLUMNS, _EACH = 96, 3, 4, 8
_SEEN = 0.02  # share hidden that a tile may have


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet and its key."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.contact_sheet", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    asked, shared = parser.parse_args(arguments), shared_folder("data")
    if shared is None or asked.folder.resolve().is_relative_to(REPOSITORY):
        print("Nothing was written: the real images are not there, or the folder lies in the repository.")
        return 0
    draw = np.random.default_rng(asked.seed)
    tiles = [("real", _cut(picture, draw)) for picture in _real(shared, draw)]
    tiles += [("simulated", _cut(picture, draw)) for picture in _simulated(draw)]
    order = draw.permutation(len(tiles))
    asked.folder.mkdir(parents=True, exist_ok=True)
    _sheet([tiles[i][1] for i in order]).save(asked.folder / "sheet.png")
    key = "\n".join(f"{number + 1} {tiles[i][0]}" for number, i in enumerate(order))
    (asked.folder / "key.txt").write_text(key + "\n", encoding="utf-8")
    print(f"{asked.folder / 'sheet.png'}; look first, then open {asked.folder / 'key.txt'}")
    return 0


def _real(shared: Path, draw: np.random.Generator) -> Iterator[np.ndarray]:
    """(3, y, x) of the SpaceNet 7 crops: PlanetScope at about 4 m, 8 bits."""
    paths = sorted((shared / "data" / "spacenet7_planet" / "raw").glob("*_rgb.png"))
    for _ in range(_EACH):
        yield read_image(paths[int(draw.integers(len(paths)))])


def _simulated(draw: np.random.Generator) -> Iterator[np.ndarray]:
    """(3, y, x) red, green, blue of clear looks of worlds of both families."""
    bands = [SENSORS["planetscope-4"].bands.index(name) for name in ("red", "green", "blue")]
    for number in range(_EACH):
        family = sorted(FAMILIES)[number % len(FAMILIES)]
        with tempfile.TemporaryDirectory() as scratch:
            world = read_world(str(write_world(family, int(draw.integers(1000, 2000)), Path(scratch))))
            folder = deliver(world, 0, Path(scratch) / "out")
            clear = [view for view in truth_of(world).views if view.outside_swath_share == 0
                     and view.cloud_share + view.cloud_shadow_share < _SEEN]
            view = clear[int(draw.integers(len(clear)))]
            yield read_image(folder / "scenes" / f"{view.scene}_SR.tif")[bands]


def _cut(picture: np.ndarray, draw: np.random.Generator) -> Image.Image:
    """One tile, stretched by its own percentiles."""
    top, left = (int(draw.integers(0, side - _TILE_PX + 1)) for side in picture.shape[1:])
    tile = picture[:, top:top + _TILE_PX, left:left + _TILE_PX]
    low, high = np.percentile(tile, [2, 98])
    grey = np.clip((tile - low) / (high - low), 0, 1) * 255
    image = Image.fromarray(grey.astype(np.uint8).transpose(1, 2, 0))
    return image.resize((_TILE_PX * _ZOOM, _TILE_PX * _ZOOM), Image.Resampling.BICUBIC)


def _sheet(tiles: Sequence[Image.Image]) -> Image.Image:
    side = _TILE_PX * _ZOOM + 6
    sheet = Image.new("RGB", (side * _COLUMNS, side * -(-len(tiles) // _COLUMNS)), "white")
    for number, tile in enumerate(tiles):
        place = (number % _COLUMNS * side, number // _COLUMNS * side)
        sheet.paste(tile, place)
        ImageDraw.Draw(sheet).text((place[0] + 5, place[1] + 5), str(number + 1), fill="yellow")
    return sheet


if __name__ == "__main__":
    sys.exit(main())
