"""Which scenes were used and which were not, with what a reader needs to judge or to find each again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sitewatch.geo import from_pixels, to_lonlat
from sitewatch.model import SENSORS, Refusal, Scene, SceneFit, Site, Stack, day
from sitewatch.report._frames import middle_of, whole
from sitewatch.report._language import gettext

__all__ = ["SceneShown", "ScenesShown", "local_day", "scenes_of"]

_NAMED_DAYS = 6   # more are counted only


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneShown:
    """One scene as the page lists it; texts are empty where nothing is known. ``local_day``: where it is another."""

    day: str
    local_day: str
    time: str
    scene: Scene
    why_not: str
    clear: str
    snow: str
    placement: str
    shift_px: str
    shift_m: str
    sigma_px: str
    sigma_m: str
    sun: str
    off_nadir: str
    hashes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesShown:
    """``at_the_door``: files and scenes that never became part of the stack.

    ``scalings``: how counts became units, in how many of the used scenes, and on which days where they are few.
    """

    used: tuple[SceneShown, ...]
    refused: tuple[SceneShown, ...]
    at_the_door: tuple[Refusal, ...]
    sensors: tuple[str, ...]
    credits: tuple[str, ...]
    licences: tuple[str, ...]
    is_simulated: bool
    scalings: tuple[tuple[str, int, str], ...]

    @property
    def days(self) -> str:
        """From the first to the last used look."""
        ends = list(dict.fromkeys((self.used[0].day, self.used[-1].day))) if self.used else []
        return " and ".join(ends)


def scenes_of(stack: Stack) -> ScenesShown:
    """Every scene that was on offer, in order of time."""
    scenes = {scene.id: scene for scene in stack.scenes.scenes}
    shown = [_look(fit, scenes[fit.scene], stack.site) for fit in stack.fits]
    used = [scenes[fit.scene] for fit in stack.used]
    return ScenesShown(
        used=tuple(look for look, fit in zip(shown, stack.fits, strict=True) if fit.used),
        refused=tuple(look for look, fit in zip(shown, stack.fits, strict=True) if not fit.used),
        at_the_door=stack.scenes.refusals,
        sensors=tuple(dict.fromkeys(SENSORS[s.sensor].title if s.sensor in SENSORS else s.sensor for s in used)),
        credits=tuple(dict.fromkeys(s.attribution or gettext("no credit line is recorded") for s in used)),
        licences=tuple(dict.fromkeys(s.licence or gettext("not recorded") for s in used)),
        scalings=_scalings(stack.used), is_simulated=any(scene.is_simulated for scene in stack.scenes.scenes))


def local_day(taken: datetime, site: Site) -> str:
    """The mean solar day of the place, which a witness there would have named, where it differs from that of UTC."""
    if not site.is_georeferenced:
        return ""
    east = to_lonlat(from_pixels(middle_of(whole(site)), site.grid), site.grid).x
    there = day(taken + timedelta(hours=east / 15))
    return "" if there == day(taken) else there


def _scalings(fits: Sequence[SceneFit]) -> tuple[tuple[str, int, str], ...]:
    """Most frequent first; a fit of an older case says nothing."""
    days: dict[str, list[str]] = {}
    for fit in fits:
        if fit.scaling:
            days.setdefault(fit.scaling, []).append(day(fit.taken))
    return tuple((text, len(of), ", ".join(of) if len(of) <= _NAMED_DAYS and len(days) > 1 else "")
                 for text, of in sorted(days.items(), key=lambda item: -len(item[1])))


def _look(fit: SceneFit, scene: Scene, site: Site) -> SceneShown:
    at, gsd_m = fit.taken.astimezone(UTC), site.gsd_m
    return SceneShown(
        day=day(fit.taken), local_day=local_day(fit.taken, site),
        time="" if (at.hour, at.minute, at.second) == (0, 0, 0) else f"{at:%H:%M}", scene=scene,
        why_not="" if fit.used else fit.why_not or gettext("no reason is recorded"),
        clear=_share(fit.site_clear_share), snow=_share(fit.snow_share), placement=fit.placement or "",
        shift_px=_pair(fit, 1.0, 2), shift_m=_pair(fit, gsd_m, 1),
        sigma_px=_number(fit.shift_sigma_px, 1.0, 2), sigma_m=_number(fit.shift_sigma_px, gsd_m, 1),
        sun=_number(scene.sun_elevation_deg, 1.0, 0), off_nadir=_number(scene.off_nadir_deg, 1.0, 0),
        hashes=tuple((asset.role, asset.kept.sha256) for asset in scene.assets if asset.kept))


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}".replace("%", " %")


def _pair(fit: SceneFit, times: float, decimals: int) -> str:
    if fit.shift_x_px is None or fit.shift_y_px is None:
        return ""
    return f"{_number(fit.shift_x_px, times, decimals)}, {_number(fit.shift_y_px, times, decimals)}"


def _number(value: float | None, times: float, decimals: int) -> str:
    if value is None:
        return ""
    text = f"{value * times:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.removeprefix("-")
