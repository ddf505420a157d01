"""Putting rendered halls into the frames of a real series: each frame's own place, light, cloud, noise and sun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import rasterio
from PIL import Image
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from benchmarks.accuracy.halls import Hall
from benchmarks.accuracy.truth import Truth
from sitewatch.geo import Rectangle, coverage, from_pixels, picture_grid, read_image, seen_median, sun_at

__all__ = ["Frame", "insert", "read_series", "roof_step", "write_series"]

# Where the pictures were taken, (longitude, latitude). Of the golf course only the country is known: the middle
# latitude of the United States is taken for its sun.
_PLACES = {"dubai-warehouses": (55.12, 24.99), "golf-course-club": (-95.0, 39.0)}
_SUN_TIME = timedelta(hours=10.5)  # Sentinel-2 passes at half past ten, mean solar time
# Of what the ground shows above the darkest ground, this remains without the direct sun: the light of the sky.
_SKY_SHARE = 0.4
_TRIMMED, _ROUNDS = 2.5, 6
_CLOUD_SMOOTH_PX = 2.0
_ROOM = 8.0, 250.0  # grey levels that a roof may have: beyond, the pictures are cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture of the series and how it relates to the median frame, ``typical`` (band, y, x).

    ``pixels`` (band, y, x) as delivered; its content lies ``shift_px`` (right, down) off the median frame.
    ``gain`` and ``offset`` (band) take the median frame to this one; ``clear`` (y, x) is the share of the ground's
    light that comes through, 1 but in cloudy frames; ``noise`` (band) in grey levels; ``sun``: azimuth, elevation.
    """

    file: Path
    taken: datetime
    pixels: np.ndarray
    typical: np.ndarray
    shift_px: tuple[float, float]
    gain: np.ndarray
    offset: np.ndarray
    clear: np.ndarray
    noise: np.ndarray
    sun: tuple[float, float]


def read_series(truth: Truth) -> tuple[Frame | Path, ...]:
    """The frames of a case. A path stands for a frame that stays as it is: snow would lie on the roofs as well.

    The few cloudy frames whose shift nobody could measure are left out.
    """
    files = sorted(file for file in truth.images.iterdir() if file.suffix in (".tif", ".png"))
    pictures = {_day(file): read_image(file) for file in files}
    clear = sorted(set(truth.shifts) - truth.cloudy - truth.snow)
    typical = seen_median(np.stack([_moved(pictures[day], truth.shifts[day], -1) for day in clear]))
    return tuple(file if _day(file) in truth.snow else _frame(file, pictures[_day(file)], typical, truth)
                 for file in files if _day(file) in truth.snow or _day(file) in truth.shifts)


def write_series(frames: Sequence[Frame | Path], halls: Sequence[Hall], truth: Truth, blur_px: float,
                 folder: Path) -> Path:
    """Copies of all frames with the halls in them."""
    folder.mkdir(parents=True)
    for frame in frames:
        if isinstance(frame, Path):
            (folder / frame.name).write_bytes(frame.read_bytes())
        else:
            _write(insert(frame, halls, blur_px, truth.gsd_m), frame.file, folder / frame.file.name)
    return folder


def insert(frame: Frame, halls: Sequence[Hall], blur_px: float, gsd_m: float) -> np.ndarray:
    """(band, y, x) of the frame with what stands of the halls, as its sensor would have seen it."""
    dark = np.quantile(frame.pixels, 0.005, axis=(1, 2))[:, None, None]
    expected = frame.offset[:, None, None] + frame.gain[:, None, None] * _moved(frame.typical, frame.shift_px)
    # Behind a cloud the ground is not seen: there what is expected is altered, and shines through by its share.
    ground = np.where(frame.clear < 1, expected, frame.pixels)
    random = np.random.default_rng(frame.taken.toordinal())
    scene = ground.copy()
    for hall in halls:
        part = hall.standing(frame.taken)
        if part is None:
            continue
        x, y = part.x + frame.shift_px[0], part.y + frame.shift_px[1]
        cover = Rectangle.of(np.array([x, y, part.length, part.width, part.angle])).seen(scene.shape[1:], blur_px)
        shade = np.maximum(_seen(hall.shadow(part, frame.sun, gsd_m), frame, blur_px) - cover, 0)
        roof = frame.offset + frame.gain * (_ground(hall, frame.typical) + roof_step(hall, frame.typical))
        roof = roof[:, None, None] + frame.noise[:, None, None] * _grain(random, scene.shape, blur_px)
        # Each pixel's light comes from the roof, from the ground in its shadow and from the ground in the sun.
        scene = scene + cover * (roof - scene) + shade * (1 - _SKY_SHARE) * np.minimum(dark - scene, 0)
    return np.clip(np.round(frame.pixels + frame.clear * (scene - ground)), 0, 255)


def roof_step(hall: Hall, typical: np.ndarray) -> np.ndarray:
    """(band) grey levels from the ground to the roof in the median frame; turned where the pictures would cut it."""
    ground = _ground(hall, typical)
    low, high = _ROOM
    fits = bool(((ground + hall.step >= low) & (ground + hall.step <= high)).all())
    return np.asarray(np.clip(ground + (hall.step if fits else -hall.step), low, high) - ground)


def _ground(hall: Hall, typical: np.ndarray) -> np.ndarray:
    """(band) median of what the hall replaces."""
    mask = _raster(hall.footprint.polygon, typical.shape[1:]) >= 0.5
    return np.asarray(np.median(typical[:, mask], axis=1))


def _grain(random: np.random.Generator, shape: tuple[int, ...], blur_px: float) -> np.ndarray:
    """(band, y, x) noise of spread 1 that neighbours share as they do in enlarged pictures."""
    smooth = np.stack([cv2.GaussianBlur(random.normal(0, 1, shape[1:]), (0, 0), blur_px) for _ in range(shape[0])])
    return np.asarray(smooth / smooth.std())


def _seen(outline: BaseGeometry, frame: Frame, blur_px: float) -> np.ndarray:
    """(y, x) share of each pixel's light that comes from inside an outline in the median frame's pixels."""
    moved = affinity.translate(outline, *frame.shift_px)
    return cv2.GaussianBlur(_raster(moved, frame.pixels.shape[1:]), (0, 0), blur_px)


def _raster(outline: BaseGeometry, shape: tuple[int, int]) -> np.ndarray:
    grid = picture_grid(shape[1], shape[0], 1.0)
    return coverage(from_pixels(outline, grid), grid)


def _frame(file: Path, pixels: np.ndarray, typical: np.ndarray, truth: Truth) -> Frame:
    day = _day(file)
    shift = truth.shifts[day]
    laid = _moved(typical, shift)
    gain, offset = (np.array(side) for side in zip(*map(_line, laid, pixels), strict=True))
    expected = offset[:, None, None] + gain[:, None, None] * laid
    is_cloudy = day in truth.cloudy
    lon, lat = _PLACES[truth.case]
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Frame(file=file, taken=midnight, pixels=pixels, typical=typical, shift_px=shift, gain=gain, offset=offset,
                 clear=_clear(pixels, expected) if is_cloudy else np.ones(pixels.shape[1:]), noise=_noise(pixels),
                 sun=sun_at(midnight + _SUN_TIME - timedelta(hours=lon / 15), lon, lat))


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Gain and offset by least squares without the pixels that changed; the median frame x has hardly any noise."""
    x, y = x[np.isfinite(x)].astype(np.float64), y[np.isfinite(x)].astype(np.float64)
    kept = np.ones(len(x), bool)
    for _ in range(_ROUNDS):
        gain, offset = np.polyfit(x[kept], y[kept], 1)
        residual = np.abs(y - offset - gain * x)
        kept = residual <= _TRIMMED * 1.4826 * np.median(residual) + 1e-9
    return float(gain), float(offset)


def _clear(pixels: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(y, x) share of the ground in the light: a cloud mixes its own brightness, the frame's brightest, with it."""
    seen, ground = pixels.mean(axis=0), expected.mean(axis=0)
    cloud = float(np.quantile(seen, 0.995))
    share = 1 - (seen - ground) / np.maximum(cloud - ground, 20.0)
    smooth = cv2.GaussianBlur(np.clip(share, 0, 1).astype(np.float32), (0, 0), _CLOUD_SMOOTH_PX)
    return np.minimum(np.asarray(smooth, np.float64), 1 - 1e-6)


def _noise(pixels: np.ndarray) -> np.ndarray:
    """(band) from second differences along the rows, in which smooth ground leaves nothing; enlarged pictures, whose
    neighbours share their noise, have more."""
    second = np.abs(pixels[:, :, 2:] - 2 * pixels[:, :, 1:-1] + pixels[:, :, :-2])
    return np.asarray(1.4826 * np.median(second, axis=(1, 2)) / np.sqrt(6))


def _moved(pixels: np.ndarray, shift_px: tuple[float, float], way: int = 1) -> np.ndarray:
    """(band, y, x) with its content moved right and down by the shift, or back with ``way`` -1; borders repeat."""
    move = np.array([[1, 0, way * shift_px[0]], [0, 1, way * shift_px[1]]], np.float32)
    size = pixels.shape[2], pixels.shape[1]
    return np.stack([cv2.warpAffine(band.astype(np.float32), move, size, flags=cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE) for band in pixels])


def _day(file: Path) -> date:
    return date.fromisoformat(file.stem)


def _write(pixels: np.ndarray, like: Path, file: Path) -> None:
    """In the format of the original, with its georeference and tags."""
    if like.suffix == ".png":
        Image.fromarray(np.moveaxis(pixels, 0, -1).astype(np.uint8)).save(file)
        return
    with rasterio.open(like) as image:
        profile, tags = image.profile, image.tags()
    with rasterio.open(file, "w", **profile) as copy:
        copy.write(pixels.astype(np.uint8))
        copy.update_tags(**tags)
