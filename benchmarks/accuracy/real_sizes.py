"""Do sizes of real buildings agree with themselves: on halves of the looks, and in fine images against coarse ones?

    python -m benchmarks.accuracy.real_sizes [--halves | --finer]

No survey is at hand, so that nothing says how large these buildings are. But a number that holds must come out the
same, within both intervals, from other looks and from other pixels. ``halves``: references of Dubai's warehouses, each
measured on every second look and on the others. ``finer``: buildings of single fine images (levir_cd, by their masks;
joplin_vhr, by footprints of later years, of which those that changed are not found), measured there and after the image
was seen through a sensor with six times larger pixels. A single image stands for three looks that differ by noise, so
that what is compared is the fit, not the weather.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import rasterio
import xarray as xr
from shapely import Polygon, affinity
from shapely.geometry import shape

import sitewatch as sw
from benchmarks.accuracy.cases import new_case
from benchmarks.accuracy.frame import Row, Tier, commit, keep, options, percent, shared_folder, show
from benchmarks.accuracy.roofs import scenes_of, structure_of
from benchmarks.accuracy.truth import read_truth
from sitewatch.geo import WGS84, from_pixels, picture_grid, reproject
from sitewatch.measurements import measure_structures
from sitewatch.model import Dimension, Measurements, Quantity, Stack, Structures

TIERS: tuple[Tier, ...] = ("real",)
_TIMES, _BLUR_PX, _LOOKS = 6, 0.73, 3
_SMALLEST_M2, _LARGEST_M2, _MOST = 150.0, 2000.0, 12    # _MOST of each image: fine images are slow
_WHAT: tuple[Dimension, ...] = ("area", "length", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One number of one building, measured twice; None where the images could not carry it."""

    building: str
    what: str
    one: Quantity | None
    other: Quantity | None

    @property
    def apart(self) -> float:
        """By how much they differ, in half-widths of both intervals together; NaN where one is missing."""
        if self.one is None or self.other is None:
            return math.nan
        allowed = math.hypot(*(math.log(value.high / value.value) for value in (self.one, self.other)))
        return abs(math.log(self.one.value / self.other.value)) / allowed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and write the CSV."""
    parser = options("real_sizes", __doc__, TIERS)
    parser.add_argument("--halves", action="store_true", help="only halves of the looks")
    parser.add_argument("--finer", action="store_true", help="only fine against coarse images")
    asked, measured = parser.parse_args(arguments), commit()
    shared = shared_folder()
    if shared is None:
        return 0
    if not asked.finer:
        _keep("dubai-warehouses, halves of the looks", list(halves(shared)), measured)
    for name, pairs in (() if asked.halves else (("levir_cd", levir), ("joplin_vhr", joplin))):
        if (shared / "data" / name).is_dir():
            _keep(f"{name}, six times larger pixels", list(pairs(shared / "data" / name)), measured)
    return 0


def _keep(name: str, pairs: Sequence[Pair], measured: str) -> None:
    rows = []
    for what in _WHAT:
        some = [pair.apart for pair in pairs if pair.what == what]
        given = np.array([apart for apart in some if not math.isnan(apart)])
        rows.append(Row(tier="real", set=name, cells={
            "what": what, "buildings": len(some), "measured_twice": len(given),
            "agree": percent(int((given <= 1).sum()), len(given)),
            "median_apart_in_half_widths": round(float(np.median(given)), 2) if len(given) else None}))
    show(name, rows)
    keep("real_sizes", rows, measured)


def halves(shared: Path) -> Iterator[Pair]:
    """Each reference of Dubai on every second look, and on the others."""
    with tempfile.TemporaryDirectory() as folder:
        case = sw.Case.open(new_case(read_truth("dubai", shared), Path(folder)))
        stack, structures = case.stack(), case.structures()
    references = [one for one in structures if one.class_ == "reference"]
    found = []
    for half in (0, 1):
        names = {fit.scene for fit in stack.used[half::2]}
        records = tuple(replace(one, looks=tuple(look for look in one.looks if look.scene in names))
                        for one in references)
        found.append(measure_structures(Structures(site=stack.site, records=records), stack))
    yield from _pairs([one.id for one in references], *found)


def levir(folder: Path) -> Iterator[Pair]:
    """What the masks call buildings in the later images, large ones only; pixels of 0.5 m as stated."""
    for image in sorted((folder / "full_1024" / "B").glob("*.png")):
        mask = cv2.imread(str(folder / "full_1024" / "label" / image.name), cv2.IMREAD_GRAYSCALE)
        pixels = cv2.imread(str(image))
        outlines = {f"{image.stem}-{i}": outline for i, outline in enumerate(_outlines(mask, 0.5)[:_MOST])}
        yield from _fine_and_coarse(pixels.transpose(2, 0, 1), 0.5, outlines)


def _outlines(mask: np.ndarray, gsd_m: float) -> list[Polygon]:
    """Rectangles around each large part of a mask that fills its own, in pixels."""
    found = []
    contours, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        around = Polygon(cv2.boxPoints(cv2.minAreaRect(contour)) + 0.5)
        if around.area > 0 and cv2.contourArea(contour) > 0.85 * around.area and _is_of_size(around, gsd_m):
            found.append(around)
    return found


def _is_of_size(outline: Polygon, gsd_m: float) -> bool:
    return _SMALLEST_M2 < outline.area * gsd_m**2 < _LARGEST_M2


def joplin(folder: Path) -> Iterator[Pair]:
    """Footprints of 2020 in the image from before the tornado."""
    with rasterio.open(folder / "pre_west.tif") as image:
        pixels, crs, affine = image.read([1, 2, 3]), image.crs, image.transform
    footprints = json.loads((folder / "msft_footprints_2020_west.geojson").read_text())["features"]
    outlines, (high, wide) = {}, pixels.shape[1:]
    for number, feature in enumerate(footprints):
        outline = reproject(shape(feature["geometry"]), WGS84, crs.to_wkt())
        in_pixels = affinity.affine_transform(outline, [1 / affine.a, 0, 0, 1 / affine.e, -affine.c / affine.a,
                                                        -affine.f / affine.e])
        left, top, right, bottom = in_pixels.bounds
        if (isinstance(in_pixels, Polygon) and _is_of_size(in_pixels, affine.a) and min(left, top) > 50
                and right < wide - 50 and bottom < high - 50):
            outlines[str(number)] = in_pixels
    yield from _fine_and_coarse(pixels, affine.a, dict(list(outlines.items())[:_MOST]))


def _fine_and_coarse(pixels: np.ndarray, gsd_m: float, outlines: dict[str, Polygon]) -> Iterator[Pair]:
    """Every building measured in the image as it is, and as a sensor with larger pixels would see it."""
    found = []
    for times in (1, _TIMES):
        seen = np.stack([_coarse(band, times) for band in pixels])
        draw = np.random.default_rng([times])
        looks = seen[None] + draw.normal(0, 1, (_LOOKS, *seen.shape))
        stack = _stack(looks.astype(np.float32), gsd_m * times)
        records = tuple(structure_of(name, from_pixels(affinity.scale(outline, 1 / times, 1 / times, origin=(0, 0)),
                                                       stack.site.grid), stack.fits)
                        for name, outline in outlines.items())
        found.append(measure_structures(Structures(site=stack.site, records=records), stack))
    yield from _pairs(list(outlines), *found)


def _coarse(band: np.ndarray, times: int) -> np.ndarray:
    """(y, x) through the point spread and pixels so many times larger."""
    if times == 1:
        return band.astype(np.float32)
    high, wide = (side // times * times for side in band.shape)
    blurred = cv2.GaussianBlur(band[:high, :wide].astype(np.float32), (0, 0), _BLUR_PX * times)
    return cv2.resize(blurred, (wide // times, high // times), interpolation=cv2.INTER_AREA)


def _stack(looks: np.ndarray, gsd_m: float) -> Stack:
    grid = picture_grid(looks.shape[3], looks.shape[2], gsd_m)
    scenes, fits = scenes_of(grid, len(looks), sensor="picture")
    bands = looks.shape[1]
    data = xr.Dataset({"values": (("time", "band", "y", "x"), looks),
                       "shift_sigma_px": ("time", np.full(len(looks), 0.05)),
                       "noise": (("time", "band"), np.full((len(looks), bands), 3.0))},
                      coords={"scene": ("time", [fit.scene for fit in fits]), "band": [str(i) for i in range(bands)]},
                      attrs={"blur_px": _BLUR_PX})
    return Stack(site=scenes.site, scenes=scenes, data=data, fits=fits)


def _pairs(names: Sequence[str], one: Measurements, other: Measurements) -> Iterator[Pair]:
    for name in names:
        for what in _WHAT:
            values = [found.value if (found := some.of(name, what)) else None for some in (one, other)]
            yield Pair(building=name, what=what, one=values[0], other=values[1])


if __name__ == "__main__":
    sys.exit(main())
