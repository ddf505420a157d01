"""Real pairs and series whose offsets others have measured, or an independent matcher measures in windows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.windows import from_bounds

from benchmarks.accuracy.truth import Truth
from sitewatch.geo import describe, lay_on, read_image

__all__ = ["Frame", "RealPair", "Ties", "arosics_pair", "arosics_windows", "frames_of", "joplin_pair", "ties_between"]

_WINDOW_PX, _STEP_PX, _REACH_PX = 256, 64, 12
_AGREE_PX = 0.5                                       # of the two matchers, for a window to be trusted
_CLEAR_AREA = 341_000, 5_841_000, 349_000, 5_852_000  # EPSG:32633: mostly clear in both
# Middles of the windows that AROSICS tests with, EPSG:32633; the last is not in the target.
_NAMED = {"inside": (344720, 5848485), "no data": (339611, 5856426), "edge": (353810, 5840516),
          "cloudy": (353308, 5859404), "outside": (349533, 5818862)}
_NAMED_M = 2560.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RealPair:
    """Two pictures (y, x) float32 on grids of their own; ``known_px``: how far the view's content lies off the
    reference's grid where somebody has measured it, (right, down)."""

    name: str
    reference: np.ndarray
    grid: GeoBox
    view: np.ndarray
    view_grid: GeoBox
    known_px: tuple[float, float] | None = None

    def laid(self, shift_px: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """(y, x) the view on the reference's grid, its content moved back by a shift."""
        return lay_on(self.view[None], self.view_grid, self.grid, Affine.translation(*shift_px))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """What an independent matcher says window by window: (n, 2) right and down in pixels of the trusted windows, and
    the number of windows in all; the others are not trusted."""

    px: np.ndarray
    windows: int

    @property
    def lengths_px(self) -> np.ndarray:
        """(n) how far the trusted windows lie off."""
        return np.asarray(np.hypot(*self.px.T)) if len(self.px) else np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How far one frame of a real series lies off by the record beside it, (right, down) in pixels; NaN where nobody
    could tell."""

    scene: str
    px: tuple[float, float]
    is_reliable: bool


def arosics_pair(shared: Path) -> RealPair:
    """Sentinel-2, ten days apart: the content must move by -0.6 columns and +1.8 rows, known to 0.15 px."""
    return _arosics(shared, "arosics_s2_pair", _CLEAR_AREA)


def arosics_windows(shared: Path) -> Iterator[RealPair]:
    """The same pair in windows of 256 pixels, some of them with cloud, at an edge or beyond it."""
    half = _NAMED_M / 2
    for name, (x, y) in _NAMED.items():
        yield _arosics(shared, name, (x - half, y - half, x + half, y + half))


def joplin_pair(shared: Path) -> RealPair:
    """Aerial images before and after a tornado, in two CRS, one with pixels that are not square."""
    folder = shared / "data" / "joplin_vhr"
    (before, grid), (after, after_grid) = (_grey(folder / f"{name}_west.tif") for name in ("pre", "post"))
    whole = RealPair(name="joplin_vhr", reference=before, grid=grid, view=after, view_grid=after_grid)
    rows = np.flatnonzero(np.isfinite(whole.laid()).mean(axis=1) > 0.5)  # the view begins farther south
    shared_grid = grid[int(rows[0]):int(rows[-1]) + 1, :]
    return RealPair(name="joplin_vhr", reference=before[rows[0]:rows[-1] + 1], grid=shared_grid, view=after,
                    view_grid=after_grid)


def ties_between(reference: np.ndarray, view: np.ndarray, rows: slice = slice(None)) -> Ties:
    """Offsets of (y, x) view against reference in windows that lie wholly within the ``rows`` and are wholly seen.

    Each window is matched twice by the strength of its edges, by a template and by phase correlation; it is trusted
    where both agree, and the template is what counts: whole pixels do not attract it.
    """
    reference, view = reference[rows], view[rows]
    found, windows = [], 0
    for y in range(0, reference.shape[0] - _WINDOW_PX + 1, _STEP_PX):
        for x in range(0, reference.shape[1] - _WINDOW_PX + 1, _STEP_PX):
            a, b = (picture[y:y + _WINDOW_PX, x:x + _WINDOW_PX] for picture in (reference, view))
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                continue
            windows += 1
            a, b = _edges(a), _edges(b)
            tie = _template(np.sqrt(a), np.sqrt(b))
            if tie is not None and np.hypot(*(tie - _phase(a, b))) < _AGREE_PX:
                found.append(tie)
    return Ties(px=np.array(found).reshape(-1, 2), windows=windows)


def frames_of(truth: Truth) -> Iterator[Frame]:
    """Every line of a case's record of shifts."""
    with (truth.images.parent / "frame_shifts.csv").open(newline="") as lines:
        for line in csv.DictReader(lines):
            yield Frame(scene=str(date.fromisoformat(line["date"])), is_reliable=line["reliable"] == "yes",
                        px=(float(line["d_col_px"] or "nan"), float(line["d_row_px"] or "nan")))


def _arosics(shared: Path, name: str, area: tuple[float, float, float, float]) -> RealPair:
    folder = shared / "data" / "arosics_s2_pair"
    (reference, grid), (view, view_grid) = (_window(next(folder.glob(one)), area) for one in ("ref*.jp2", "tgt*.jp2"))
    return RealPair(name=name, reference=reference, grid=grid, view=view, view_grid=view_grid, known_px=(0.6, -1.8))


def _window(path: Path, area: tuple[float, float, float, float]) -> tuple[np.ndarray, GeoBox]:
    with rasterio.open(path) as image:
        window = from_bounds(*area, image.transform).round_offsets().round_lengths()
        grid = GeoBox((int(window.height), int(window.width)), image.window_transform(window), image.crs.to_wkt())
        counts = image.read(1, window=window, boundless=True, fill_value=0).astype(np.float32)
    return np.where(counts == 0, np.nan, counts), grid  # 0 beyond the footprint


def _grey(path: Path) -> tuple[np.ndarray, GeoBox]:
    pixels = read_image(path)
    black = (pixels == 0).all(axis=0)  # beyond the edge of the flight
    return np.where(black, np.nan, pixels.mean(axis=0)).astype(np.float32), describe(path).grid


def _edges(picture: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.5)
    return np.asarray(cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)))


def _template(reference: np.ndarray, view: np.ndarray) -> np.ndarray | None:
    """Where the middle of the reference fits best, by the correlation coefficient; None at the end of the reach."""
    middle = np.ascontiguousarray(reference[_REACH_PX:-_REACH_PX, _REACH_PX:-_REACH_PX])
    fit = cv2.matchTemplate(view, middle, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(int(np.argmax(fit)), fit.shape)
    if not (0 < row < 2 * _REACH_PX and 0 < column < 2 * _REACH_PX):
        return None
    across, down = fit[row, column - 1:column + 2], fit[row - 1:row + 2, column]
    return np.array([column + _vertex(across), row + _vertex(down)]) - _REACH_PX


def _vertex(three: np.ndarray) -> float:
    """Where a parabola through three samples about the greatest peaks, in samples from the middle one."""
    bend = float(three[0] - 2 * three[1] + three[2])
    return float(three[0] - three[2]) / (2 * bend) if bend < 0 else 0.0


def _phase(reference: np.ndarray, view: np.ndarray) -> np.ndarray:
    shift, _ = cv2.phaseCorrelate(reference, view, cv2.createHanningWindow(reference.shape[::-1], cv2.CV_32F))
    return np.array(shift)
