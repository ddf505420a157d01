"""New looks laid beside those of a stack: what a new image shows, without aligning and normalising all of them anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from affine import Affine
from threadpoolctl import threadpool_limits

from sitewatch.errors import ImageError
from sitewatch.model import Scene, SceneFit, Scenes, Stack
from sitewatch.stack._align import Shift, match_one
from sitewatch.stack._build import StackOptions, judged_fit, resemblance, site_mask
from sitewatch.stack._normalise import apply_lines, fit_lines, sample, stable_ground, typical_view
from sitewatch.stack._place import Placed, needs_more
from sitewatch.stack._read import View, lay_brightness, lay_view, read_view, settle
from sitewatch.stack._see import unclear_pixels

__all__ = ["lay_beside"]

_NEAREST = 8    # earlier looks that a new one is aligned with
_HISTORY = 5    # earlier looks by which it is judged what of it shows the ground
_SOME, _SKIP = 8, 2  # looks, and every so many of their rows and columns, tell what is typical and what is stable


def lay_beside(stack: Stack, scenes: Scenes, options: StackOptions = StackOptions()) -> Stack | None:
    """A series with those of the ``scenes`` that were taken after all of it, each aligned, masked and normalised by the
    looks before it, none of which moves.

    What comes out is near to what ``build_stack`` makes of all ``scenes``, not the same: a later look tells more of an
    earlier one, and moves the middle of all. None where only the whole, built anew, can tell how a scene lies or what
    its counts mean.
    """
    known = {fit.scene for fit in stack.fits}
    new = sorted((scene for scene in scenes.scenes if scene.id not in known), key=lambda scene: (scene.taken, scene.id))
    if not stack.is_series or any(scene.taken <= stack.fits[-1].taken for scene in new):
        return None
    longer: Stack | None = replace(stack, scenes=scenes)
    for scene in new:
        longer = longer and _with(longer, scene, options)
    return longer


def _with(stack: Stack, scene: Scene, options: StackOptions) -> Stack | None:
    with threadpool_limits(limits=1, user_api="blas"):  # as for the whole stack: the same digits anywhere
        view = _read(scene, stack)
        shift = view and _shift_of(view, stack)
    if view is None or shift is None or shift.sigma_px > options.max_shift_sigma_px:
        return None
    fit = SceneFit(scene=scene.id, taken=scene.taken, used=True, scaling=view.scaling, placement="shift",
                   shift_x_px=shift.x_px, shift_y_px=shift.y_px, shift_sigma_px=shift.sigma_px)
    values, fit = _seen(lay_view(view, stack.site, Affine.translation(shift.x_px, shift.y_px)), stack, options, fit)
    return replace(stack, fits=(*stack.fits, fit), data=_data_with(stack, values, fit) if fit.used else stack.data)


def _read(scene: Scene, stack: Stack) -> View | None:
    try:
        known, _ = settle([read_view(scene, stack.site, tuple(map(str, stack.data["band"].values)))])
    except ImageError:
        return None
    return known[0] if known else None


def _shift_of(view: View, stack: Stack) -> Shift | None:
    shift = match_one(lay_brightness(view, stack.site), stack.values[-_NEAREST:].mean(axis=1))
    if shift is None or needs_more(Placed(shift=shift, placement="shift", placing=Affine.identity()), stack.site):
        return None
    return shift


def _seen(laid: np.ndarray, stack: Stack, options: StackOptions, fit: SceneFit) -> tuple[np.ndarray, SceneFit]:
    """The look on the scale of the others, NaN where it does not show the ground; and whether it can be used."""
    some = sample(stack.values[::max(1, len(stack.values) // _SOME), :, ::_SKIP, ::_SKIP])
    own, = sample(laid[None, :, ::_SKIP, ::_SKIP])
    lines = fit_lines(own, typical_view(some), stable_ground(some))
    apply_lines(laid[None], [lines])
    history = np.concatenate([stack.values[-_HISTORY:], laid[None]])
    hidden = unclear_pixels(history, np.ones(len(history), bool))[-1]
    laid[:, hidden] = np.nan
    share = 1 - float(hidden[site_mask(stack.site)].mean())
    return laid, judged_fit(fit, resemblance(lines), share, options)


def _data_with(stack: Stack, values: np.ndarray, fit: SceneFit):  # type: ignore[no-untyped-def]
    """One more look at the end of the time axis; as restless as the others usually are."""
    data = stack.data
    last = data.isel(time=[-1]).assign_coords(
        time=np.array([fit.taken.replace(tzinfo=None)], "datetime64[ns]"), scene=("time", [fit.scene]))
    last = last.assign(values=(data["values"].dims, values[None]), shift_sigma_px=("time", [fit.shift_sigma_px]),
                       noise=(data["noise"].dims, np.median(data["noise"].values, axis=0)[None]),
                       ties_px=(data["ties_px"].dims, np.full((1, *data["ties_px"].shape[1:]), np.nan, np.float32)))
    import xarray as xr  # noqa: PLC0415  slow to load, and most commands build no stack

    return xr.concat([data, last], dim="time", data_vars="minimal", coords="minimal", combine_attrs="override")
