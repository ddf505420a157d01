"""build_stack: what each clear view saw, on one grid, aligned and normalised."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from sitewatch.errors import ImageError, InputError, NotEnoughLooksError
from sitewatch.geo import WGS84, coverage, lay_nearest, reproject, seen_mad
from sitewatch.model import SENSORS, SERIES_LOOKS, Progress, Scene, SceneFit, Scenes, Sensor, Site, Stack
from sitewatch.stack._normalise import Line, apply_lines, fit_lines, sample, stable_ground, typical_view
from sitewatch.stack._place import Placed, place_views
from sitewatch.stack._read import View, lay_view, read_view, settle
from sitewatch.stack._see import unclear_pixels
from sitewatch.stack._snow import snow_shares
from sitewatch.stack._threads import each, give_back
from sitewatch.stack._veil import veiled_pixels
from sitewatch.stack._windows import middles

__all__ = ["StackOptions", "build_stack", "judged_fit", "resemblance", "site_mask"]

_NEAREST = 8    # views on both sides that say what the site looks like at a time
_SHARP_PX = 1000
_SHARED = 0.15  # of likeness: neighbours in time may share haze or snow, so they have to be more alike


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """Limits beyond which a scene is refused rather than guessed.

    ``max_shift_sigma_px``: alignment error per axis. ``min_correlation``: how much a view must resemble the
    site's typical view after normalisation. ``min_clear_share``: of the site, to be used at all.
    ``zero``: id of the scene whose position is the grid's zero; empty for the median of all.
    ``min_looks``: with fewer clear looks the stage stops. Fewer than make a series are compared with each other only.
    """

    max_shift_sigma_px: float = 0.5
    min_correlation: float = 0.6
    min_clear_share: float = 0.3
    min_looks: int = 2
    zero: str = ""

    def __post_init__(self) -> None:
        if self.min_looks < 1 or self.max_shift_sigma_px <= 0:
            raise ValueError("min_looks and max_shift_sigma_px must be above 0")
        if not (0 <= self.min_correlation <= 1 and 0 <= self.min_clear_share <= 1):
            raise ValueError("min_correlation and min_clear_share are shares between 0 and 1")


def build_stack(scenes: Scenes, options: StackOptions = StackOptions(), progress: Progress | None = None) -> Stack:
    """Align, mask and normalise every scene; refuse, with its reason, what cannot be trusted.

    Raises NotEnoughLooksError when fewer than ``options.min_looks`` scenes can be used.
    """
    with threadpool_limits(limits=1, user_api="blas"):  # views and windows are shared out: the same digits anywhere
        stack = _stack_of(scenes, options, progress)
    give_back()
    return stack


def _stack_of(scenes: Scenes, options: StackOptions, progress: Progress | None) -> Stack:
    scenes = replace(scenes, scenes=tuple(sorted(scenes.scenes, key=lambda scene: (scene.taken, scene.id))))
    if not scenes.scenes:
        _require(0, options, [])
    profile = _shared([SENSORS[scene.sensor] for scene in scenes.scenes])
    laid = np.empty((len(scenes.scenes), len(profile.bands), *scenes.site.grid.shape), np.float32)
    views, fits = _read_all(scenes, profile, laid, progress)
    give_back()
    _require(len(views), options, fits)
    placed = _placed(views, scenes.site, options, progress)
    give_back()
    laid, fits = _lay_all(views, placed, laid, scenes, options, fits)
    _require(sum(fit.used for fit in fits), options, fits)
    fits = _with_snow(fits, laid, views, placed, scenes.site)
    give_back()
    values, fits = _normalised(laid, fits, scenes.site, options)
    _require(len(values), options, fits)
    used, noise = [fit for fit in fits if fit.used], _noise(sample(values))
    sensor, middle = SENSORS[scenes[used[0].scene].sensor], middles(*scenes.site.grid.shape)
    bands = list(views[0].bands)
    import xarray as xr  # noqa: PLC0415  slow to load, and most commands build no stack

    data = xr.Dataset(
        {"values": (("time", "band", "y", "x"), values),
         "shift_sigma_px": ("time", np.array([fit.shift_sigma_px for fit in used], np.float64)),
         "noise": (("time", "band"), np.nan_to_num(noise, nan=float(np.nanmedian(noise)))),
         "ties_px": (("time", "window", "axis"), _ties(views, placed, used))},
        coords={"window_x": ("window", middle[:, 0]), "window_y": ("window", middle[:, 1]),
                "time": np.array([fit.taken.replace(tzinfo=None) for fit in used], "datetime64[ns]"),
                "scene": ("time", [fit.scene for fit in used]), "band": bands},
        attrs={"blur_px": _blur_px(values, sensor.blur_m, scenes.site.gsd_m)})
    order = {scene.id: i for i, scene in enumerate(scenes.scenes)}
    return Stack(site=scenes.site, scenes=scenes, data=data, fits=tuple(sorted(fits, key=lambda f: order[f.scene])))


def _read_all(scenes: Scenes, profile: Sensor, rooms: np.ndarray,
              progress: Progress | None) -> tuple[list[View], list[SceneFit]]:
    """Every scene that can be read and has the bands that most have; the others' refusals.

    The ``rooms`` (time, band, y, x) that views will take when they are laid hold their counts until then: a large
    series is neither held twice nor read twice.
    """
    views, fits = [], []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for i, found in enumerate(threads.map(partial(_read, scenes.site, profile), scenes.scenes, rooms)):
            if isinstance(found, SceneFit):
                fits.append(found)
            else:
                views.append(found)
            if progress:
                progress("read", i + 1, len(scenes.scenes))
    views, unknown = settle(views)
    return views, fits + [_refused(scene, why) for scene, why in unknown]


def _shared(sensors: list[Sensor]) -> Sensor:
    """The one whose bands and pixels most have; of several that are shared as widely, that with the most bands."""
    return max(sorted(set(sensors), key=lambda sensor: sensor.id), key=lambda sensor: (
        sum(other.holds(sensor) for other in sensors), len(sensor.bands)))


def _read(site: Site, profile: Sensor, scene: Scene, room: np.ndarray) -> View | SceneFit:
    try:
        if not SENSORS[scene.sensor].holds(profile):
            raise ImageError(f"its sensor is {SENSORS[scene.sensor].title}; most scenes have the bands and the pixels "
                             f"of {profile.title}, and one stack compares like with like")
        return read_view(scene, site, profile.bands).kept_in(room)
    except ImageError as error:
        return _refused(scene, str(error))


def _refused(scene: Scene, why: str) -> SceneFit:
    return SceneFit(scene=scene.id, taken=scene.taken, used=False, why_not=why)


def _require(count: int, options: StackOptions, fits: list[SceneFit]) -> None:
    if count < options.min_looks:
        reasons = sorted({fit.why_not for fit in fits if fit.why_not})
        why = f" Refused: {'; '.join(reasons[:4])}." if reasons else ""
        raise NotEnoughLooksError(f"only {count} clear look(s) at the site, {options.min_looks} are needed.{why} "
                                  "Add images of other dates")


def _placed(views: list[View], site: Site, options: StackOptions, progress: Progress | None) -> list[Placed]:
    tick = (lambda done: progress("align", done, len(views))) if progress else None
    zero = next((i for i, view in enumerate(views) if view.scene.id == options.zero), None)
    if options.zero and zero is None:
        raise InputError(f"stack: zero: no scene {options.zero!r} can be read. Name one of the scenes, or leave it out")
    placed = place_views(views, site, zero, tick)
    if zero is not None and placed[zero].shift.agreeing == 0:
        raise InputError(f"stack: zero: the scene {options.zero!r} cannot be registered with the others, so that its "
                         "position cannot be the grid's. Name another one, or leave it out")
    return placed


def _lay_all(views: list[View], placed: list[Placed], rooms: np.ndarray, scenes: Scenes, options: StackOptions,
             fits: list[SceneFit]) -> tuple[np.ndarray, list[SceneFit]]:
    """(time, band, y, x) of the views that could be registered, each resampled once from its own pixels, in their
    rooms; the counts that the ``views`` have held there are gone."""
    found = [_fit_of(view, one, scenes.site, options) for view, one in zip(views, placed, strict=True)]
    at = {scene.id: i for i, scene in enumerate(scenes.scenes)}
    used = [i for i, fit in enumerate(found) if fit.used]
    each(lambda i: lay_view(views[i], scenes.site, placed[i].placing, rooms[at[views[i].scene.id]]), used)
    views[:] = [view.let_go() for view in views]
    return _only(rooms, [at[views[i].scene.id] for i in used]), [*fits, *found]


def _fit_of(view: View, placed: Placed, site: Site, options: StackOptions) -> SceneFit:
    fit, shift = SceneFit(scene=view.scene.id, taken=view.scene.taken, used=True, scaling=view.scaling), placed.shift
    if shift.agreeing == 0 or shift.sigma_px > options.max_shift_sigma_px:
        why = placed.wrong or f"its position is known to {shift.sigma_px:.1f} px only"
        return replace(fit, used=False, why_not=f"cannot be registered: {why}")
    x, y = placed.off_px(site)
    return replace(fit, shift_x_px=x, shift_y_px=y, shift_sigma_px=shift.sigma_px, placement=placed.placement)


def _ties(views: list[View], placed: list[Placed], used: list[SceneFit]) -> np.ndarray:
    """(time, window, 2) float32 of the used scenes."""
    ties = {view.scene.id: one.shift.ties_px for view, one in zip(views, placed, strict=True)}
    return np.stack([ties[fit.scene] for fit in used]).astype(np.float32)  # type: ignore[misc]


def _with_snow(fits: list[SceneFit], laid: np.ndarray, views: list[View], placed: list[Placed],
               site: Site) -> list[SceneFit]:
    """How much of the site's ground lies under snow in each view that was laid on the grid."""
    used = {fit.scene for fit in fits if fit.used}
    seen = [(view, one.placing) for view, one in zip(views, placed, strict=True) if view.scene.id in used]
    told = [None if view.snow is None else lay_nearest(view.snow[None], view.grid, site.grid, placing)[0]
            for view, placing in seen]
    shares = iter(snow_shares(laid, views[0].bands, site_mask(site), told))
    return [replace(fit, snow_share=next(shares)) if fit.used else fit for fit in fits]


def _normalised(laid: np.ndarray, fits: list[SceneFit], site: Site,
                options: StackOptions) -> tuple[np.ndarray, list[SceneFit]]:
    """The same block of views on one radiometric scale with unclear pixels as NaN; views that show too little are
    refused."""
    lines = _lines_of(sample(laid), options)
    likeness = _likeness(sample(laid), lines, options.min_correlation)
    apply_lines(laid, lines)
    alike = likeness >= options.min_correlation
    taken = [fit.taken for fit in fits if fit.used]
    unclear = _unclear(laid, lines, alike, taken) if alike.sum() >= SERIES_LOOKS else ~np.isfinite(laid[:, 0])
    _hide(laid, unclear)
    inside = site_mask(site)
    shares = [1 - hidden[inside].mean() for hidden in unclear]
    judged = iter(zip(likeness, shares, strict=True))
    fits = [judged_fit(fit, *next(judged), options) if fit.used else fit for fit in fits]
    return _only(laid, np.flatnonzero([fit.used for fit in fits if fit.site_clear_share is not None])), fits


def _unclear(laid: np.ndarray, lines: list[list[Line]], alike: np.ndarray, taken: list[datetime]) -> np.ndarray:
    """(time, y, x) bool: what the history of the views themselves says shows no ground. A few views have no history, so
    that of theirs only the providers' masks hide anything."""
    unclear = unclear_pixels(laid, alike)
    veiled = veiled_pixels(laid, unclear, lines, alike, taken)
    if not veiled.any():
        return unclear
    _hide(laid, veiled)  # and is in no other view's history
    return unclear_pixels(laid, alike)


def _hide(views: np.ndarray, which: np.ndarray) -> None:
    def hide(i: int) -> None:
        for band in views[i]:
            np.copyto(band, np.nan, where=which[i])

    each(hide, range(len(views)))


def _only(views: np.ndarray, which: Iterable[int]) -> np.ndarray:
    """The chosen views, moved to the front of the same block: a large one is never held twice."""
    count = 0
    for i in which:
        if count != i:
            views[count] = views[i]
        count += 1
    return views[:count]


def site_mask(site: Site) -> np.ndarray:
    """(y, x) bool: the pixels of the site's area; all of them where it is smaller than a pixel."""
    area = site.area if site.grid.crs is None else reproject(site.area, WGS84, site.grid.crs)
    inside = coverage(area, site.grid) > 0.5
    return inside if inside.any() else np.ones(site.grid.shape, bool)


def _lines_of(some: np.ndarray, options: StackOptions) -> list[list[Line]]:
    """Two rounds: on all ground, then on what is stable in the views that are alike after the first."""
    lines = _lines(some, typical_view(some), np.ones(some.shape[2:], bool))
    alike = np.array([resemblance(line) >= options.min_correlation for line in lines])
    if alike.sum() < min(SERIES_LOOKS, len(some)):
        return lines
    first = some[alike]
    apply_lines(first, [line for line, ok in zip(lines, alike, strict=True) if ok])
    return _lines(some, typical_view(first), stable_ground(first))


def _lines(laid: np.ndarray, reference: np.ndarray, stable: np.ndarray) -> list[list[Line]]:
    return each(lambda view: fit_lines(view, reference, stable), laid)


def _likeness(laid: np.ndarray, lines: list[list[Line]], enough: float) -> np.ndarray:
    """(time) how much each view resembles the typical one or, where building changed most of the site since, the
    typical one of the nearest views in time."""
    everywhere = np.ones(laid.shape[2:], bool)
    if len(laid) < SERIES_LOOKS:  # what is typical of so few is half the view itself
        return np.array([max((resemblance(fit_lines(view, other, everywhere))
                              for j, other in enumerate(laid) if j != i), default=1.0) for i, view in enumerate(laid)])
    likeness = np.array([resemblance(line) for line in lines])
    for i in np.flatnonzero(likeness < enough):
        nearest = np.argsort(np.abs(np.arange(len(laid)) - i), kind="stable")[1:_NEAREST + 1]
        local = resemblance(fit_lines(laid[i], typical_view(laid[nearest]), everywhere))
        likeness[i] = max(likeness[i], local - _SHARED)
    return likeness


def resemblance(lines: list[Line]) -> float:
    return float(np.mean([line.correlation for line in lines]))


def judged_fit(fit: SceneFit, alike: float, share: float, options: StackOptions) -> SceneFit:
    if alike < options.min_correlation:
        return replace(fit, used=False, site_clear_share=0.0, why_not=(
            f"does not resemble the site's other views (correlation {alike:.2f}): cloud, haze or snow"))
    if share < options.min_clear_share:
        return replace(fit, used=False, site_clear_share=float(share),
                       why_not=f"shows only {100 * share:.0f} % of the site clearly: cloud, haze, shadow or snow")
    return replace(fit, site_clear_share=float(share))


def _noise(some: np.ndarray) -> np.ndarray:
    """(time, band) of (time, band, y, x) values: robust spread of stable ground about its own median."""
    return seen_mad((some - typical_view(some))[:, :, stable_ground(some)].transpose(2, 0, 1))


def _middle(values: np.ndarray) -> np.ndarray:
    """Of large views the middle, which is as sharp as the rest."""
    rows, columns = (slice(max(0, side - _SHARP_PX) // 2, (side + min(side, _SHARP_PX)) // 2)
                     for side in values.shape[2:])
    return values[:, :, rows, columns]


def _blur_px(values: np.ndarray, blur_m: float | None, gsd_m: float) -> float:
    """The point spread's standard deviation in pixels: from the sensor, else from the sharpest edges.

    An edge of blur s has gradient 1 / s; blurred again by one pixel, 1 / sqrt(s^2 + 1). The ratio of the two
    gives s (Zhuo & Sim 2011, "Defocus map estimation from a single image").
    """
    if blur_m is not None:
        return max(blur_m / gsd_m, 0.4)
    typical = typical_view(_middle(values)).mean(axis=0)
    typical = np.where(np.isfinite(typical), typical, np.nanmedian(typical)).astype(np.float32)

    def slope(image: np.ndarray) -> np.ndarray:
        return np.asarray(np.hypot(np.gradient(image, axis=0), np.gradient(image, axis=1)))

    sharp, soft = slope(typical), slope(cv2.GaussianBlur(typical, (0, 0), 1.0))
    strongest = sharp >= np.quantile(sharp, 0.99)
    ratio = np.clip(np.median(soft[strongest] / sharp[strongest]), 0.3, 0.97)
    return float(ratio / np.sqrt(1 - ratio**2))
