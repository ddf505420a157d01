"""New looks laid beside those of a stack: what a new image shows, without aligning and normalising all of them anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from threadpoolctl import threadpool_limits

from sitewatch.errors import ImageError
from sitewatch.model import SERIES_LOOKS, Scene, SceneFit, Scenes, Stack
from sitewatch.stack._align import match_one
from sitewatch.stack._build import StackOptions, judged_fit, resemblance, site_mask
from sitewatch.stack._normalise import apply_lines, fit_lines, sample, stable_ground, typical_view
from sitewatch.stack._place import Placed, needs_more
from sitewatch.stack._read import View, lay_brightness, lay_view, read_view, settle
from sitewatch.stack._see import unclear_pixels

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["lay_beside"]

_NEAREST = 8    # earlier looks that a new one is aligned with
_YOUNG = 6      # latest looks of the stack that are judged again: what came later tells a cloud from a roof
_HISTORY = 6    # looks before them by which it is judged what they show of the ground
_SOME, _SKIP = 8, 2  # looks, and every so many of their rows and columns, tell what is typical and what is stable


def lay_beside(stack: Stack, scenes: Scenes, options: StackOptions) -> Stack | None:
    """A series with those of the ``scenes`` that were taken after all of it, aligned with its latest looks.

    The latest looks are masked and normalised again together with the new ones; nothing else of the stack moves. What
    comes out is near to what ``build_stack`` makes of all ``scenes``, not the same. None where only the whole, built
    anew, can tell how a scene lies or what its counts mean.
    """
    known = {fit.scene for fit in stack.fits}
    new = sorted((scene for scene in scenes.scenes if scene.id not in known), key=lambda scene: (scene.taken, scene.id))
    count = min(_YOUNG, len(stack.used) - SERIES_LOOKS)
    if count < 0 or any(scene.taken <= stack.fits[-1].taken for scene in new):
        return None
    first = stack.used[len(stack.used) - count].taken if count else new[0].taken
    settled = tuple(fit for fit in stack.fits if fit.taken < first or fit.placement is None)
    known_at = [fit for fit in stack.fits if fit not in settled]
    with threadpool_limits(limits=1, user_api="blas"):  # as for the whole stack: the same digits anywhere
        found = [_as_placed(scenes[fit.scene], stack, fit) for fit in known_at]
        found += [_placed(scene, stack, options) for scene in new]
    laid = [one for one in found if one is not None]
    if len(laid) < len(found):
        return None
    values, fits = _judged([view for view, _ in laid], [fit for _, fit in laid], stack, first, options)
    return replace(stack, scenes=scenes, data=_joined(stack, first, values, [fit for fit in fits if fit.used]),
                   fits=tuple(sorted((*settled, *fits), key=lambda fit: (fit.taken, fit.scene))))


def _as_placed(scene: Scene, stack: Stack, fit: SceneFit) -> tuple[View, SceneFit] | None:
    """A look of the stack, where it lies."""
    view = _read(scene, stack) if fit.placement == "shift" else None
    return None if view is None else (view, replace(fit, used=True, why_not=None))


def _placed(scene: Scene, stack: Stack, options: StackOptions) -> tuple[View, SceneFit] | None:
    """A new one, by the latest looks."""
    if (view := _read(scene, stack)) is None:
        return None
    shift = match_one(lay_brightness(view, stack.site), stack.values[-_NEAREST:].mean(axis=1))
    if shift is None or shift.sigma_px > options.max_shift_sigma_px or needs_more(
            Placed(shift=shift, placement="shift", placing=Affine.identity()), stack.site):
        return None
    return view, SceneFit(scene=scene.id, taken=scene.taken, used=True, scaling=view.scaling, placement="shift",
                          shift_x_px=shift.x_px, shift_y_px=shift.y_px, shift_sigma_px=shift.sigma_px)


def _read(scene: Scene, stack: Stack) -> View | None:
    try:
        known, _ = settle([read_view(scene, stack.site, tuple(map(str, stack.data["band"].values)))])
    except ImageError:
        return None
    return known[0] if known else None


def _judged(views: list[View], fits: list[SceneFit], stack: Stack, first: datetime,
            options: StackOptions) -> tuple[np.ndarray, list[SceneFit]]:
    """The views on the scale of the stack, NaN where they do not show the ground, those that can be used; all fits."""
    laid = np.stack([lay_view(view, stack.site, Affine.translation(fit.shift_x_px or 0.0, fit.shift_y_px or 0.0))
                     for view, fit in zip(views, fits, strict=True)])
    some = sample(stack.values[::max(1, len(stack.values) // _SOME), :, ::_SKIP, ::_SKIP])
    typical, stable = typical_view(some), stable_ground(some)
    lines = [fit_lines(view, typical, stable) for view in sample(laid[:, :, ::_SKIP, ::_SKIP])]
    apply_lines(laid, lines)
    before = stack.values[[fit.taken < first for fit in stack.used]][-_HISTORY:]
    alike = [resemblance(line) >= options.min_correlation for line in lines]
    hidden = unclear_pixels(np.concatenate([before, laid]), np.array([*[True] * len(before), *alike]))[len(before):]
    for values, which in zip(laid, hidden, strict=True):
        values[:, which] = np.nan
    inside = site_mask(stack.site)
    fits = [judged_fit(fit, resemblance(line), 1 - float(which[inside].mean()), options)
            for fit, line, which in zip(fits, lines, hidden, strict=True)]
    return laid[[fit.used for fit in fits]], fits


def _joined(stack: Stack, first: datetime, values: np.ndarray, used: list[SceneFit]) -> xr.Dataset:
    """The stack's looks before the ``first`` of those that were judged again, and these; a new one is as restless as
    the others usually are."""
    row = {fit.scene: i for i, fit in enumerate(stack.used)}
    data, places = stack.data, [row.get(fit.scene) for fit in used]
    noise, ties = data["noise"].values, data["ties_px"].values
    usual, none = np.median(noise, axis=0), np.full(ties.shape[1:], np.nan, np.float32)
    later = data.isel(time=[0] * len(used)).assign_coords(
        time=np.array([fit.taken.replace(tzinfo=None) for fit in used], "datetime64[ns]"),
        scene=("time", [fit.scene for fit in used])).assign(
            values=(data["values"].dims, values), shift_sigma_px=("time", [fit.shift_sigma_px for fit in used]),
            noise=(data["noise"].dims, np.array([usual if i is None else noise[i] for i in places])),
            ties_px=(data["ties_px"].dims, np.array([none if i is None else ties[i] for i in places])))
    import xarray as xr  # noqa: PLC0415  slow to load, and most commands build no stack

    earlier = data.isel(time=[i for i, fit in enumerate(stack.used) if fit.taken < first])
    return xr.concat([earlier, later], dim="time", data_vars="minimal", coords="minimal", combine_attrs="override")
