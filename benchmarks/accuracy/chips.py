"""Before and after of every reported structure, for a person to look at."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from benchmarks.accuracy.tables import Outcome, bracket_text
from sitewatch.geo import seen_median, to_pixels
from sitewatch.model import Stack, Structure

__all__ = ["write_chips", "write_frames"]

_SIDE_PX, _ZOOM, _VIEWS, _PER_SHEET = 56, 4, 5, 6


def write_chips(seen: Outcome, folder: Path) -> Path:
    """One PNG per structure and sheets of several; the lower row has the outline drawn in.

    The columns: last look before, first look with it, median of five looks before and of five after.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {own: name for name, own in seen.matches.items()}
    chips = []
    for structure in seen.changed.values():
        place = names.get(structure.id) or seen.what_is_there(structure) or "?"
        chips.append(_chip(seen.stack, structure, place))
        chips[-1].save(folder / f"{structure.id}.png")
    for first in range(0, len(chips), _PER_SHEET):
        _sheet(chips[first:first + _PER_SHEET]).save(folder / f"sheet-{first // _PER_SHEET + 1}.png")
    return folder


def write_frames(seen: Outcome, folder: Path) -> Path:
    """The cloudy and snow frames around the site as the stack has them; what it takes for unclear is magenta."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = seen.truth.cloudy | seen.truth.snow
    for fit, view in zip(seen.stack.used, seen.stack.values, strict=True):
        if fit.taken.date() in wanted:
            picture = _picture(view, _stretch(seen.stack))
            _draw(picture, seen.on_grid(seen.truth.site), seen.stack, (0, 0, 3))
            picture.save(folder / f"frame-{fit.scene}.png")
    return folder


def _chip(stack: Stack, structure: Structure, place: str) -> Image.Image:
    x, y = (int(v) for v in to_pixels(structure.outline.centroid, stack.site.grid).coords[0])
    height, width = stack.values.shape[2:]
    left = min(max(x - _SIDE_PX // 2, 0), max(width - _SIDE_PX, 0))
    top = min(max(y - _SIDE_PX // 2, 0), max(height - _SIDE_PX, 0))
    stretch, window = _stretch(stack), (slice(None), slice(top, top + _SIDE_PX), slice(left, left + _SIDE_PX))
    views = [_picture(view[window], stretch) for view in _columns(stack, structure)]
    side, step = _SIDE_PX * _ZOOM, _SIDE_PX * _ZOOM + 4
    chip = Image.new("RGB", (step * len(views), 2 * step + 16))
    for n, view in enumerate(views):
        chip.paste(view, (n * step, 16))
        _draw(view, structure.outline, stack, (left, top, _ZOOM))
        chip.paste(view, (n * step, 16 + side + 4))
    text = f"{structure.id}  {structure.class_} {structure.chance:.2f}  {bracket_text(structure.happened)}  {place}"
    ImageDraw.Draw(chip).text((2, 2), text, fill="white")
    return chip


def _columns(stack: Stack, structure: Structure) -> list[np.ndarray]:
    """(band, y, x) pictures: the look before, the look with it, and a median of some on each side."""
    times = [fit.taken for fit in stack.used]
    after = structure.happened.after or datetime.min.replace(tzinfo=UTC)
    by = structure.happened.by or datetime.max.replace(tzinfo=UTC)
    before = [n for n, taken in enumerate(times) if taken <= after]
    since = [n for n, taken in enumerate(times) if taken >= by]
    chosen = [before[-1:], since[:1], before[-_VIEWS - 1:-1], since[1:_VIEWS + 1]]
    return [seen_median(stack.values[few]) if few else np.full_like(stack.values[0], np.nan) for few in chosen]


def _stretch(stack: Stack) -> tuple[float, float]:
    sample = stack.values[::8, :, ::2, ::2]
    return float(np.nanpercentile(sample, 1)), float(np.nanpercentile(sample, 99.5))


def _picture(view: np.ndarray, stretch: tuple[float, float]) -> Image.Image:
    """An RGB picture of a (band, y, x) view; magenta where nothing was clearly seen."""
    low, high = stretch
    bands = view[:3] if len(view) >= 3 else np.repeat(view[:1], 3, axis=0)
    grey = np.clip((bands - low) / (high - low), 0, 1) * 255
    grey = np.where(np.isfinite(bands).all(axis=0), np.nan_to_num(grey), np.array([200, 0, 200])[:, None, None])
    picture = Image.fromarray(np.moveaxis(grey, 0, -1).astype(np.uint8))
    zoom = _ZOOM if max(picture.size) <= _SIDE_PX else 3
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def _draw(picture: Image.Image, outline: BaseGeometry, stack: Stack, window: tuple[int, int, int]) -> None:
    left, top, zoom = window
    line = [((x - left) * zoom, (y - top) * zoom)
            for x, y in to_pixels(outline, stack.site.grid).exterior.coords]
    ImageDraw.Draw(picture).line(line, fill=(255, 0, 0), width=1)


def _sheet(chips: list[Image.Image]) -> Image.Image:
    """Two columns."""
    width, height = chips[0].size
    sheet = Image.new("RGB", (2 * (width + 8), -(-len(chips) // 2) * (height + 8)), (60, 60, 60))
    for n, chip in enumerate(chips):
        sheet.paste(chip, ((n % 2) * (width + 8), (n // 2) * (height + 8)))
    return sheet
