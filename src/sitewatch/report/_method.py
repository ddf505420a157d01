"""Where the place is, and the few numbers that say how it was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from sitewatch.geo import from_pixels, to_lonlat
from sitewatch.model import SENSORS, Changes, Name, Scene, Site, Stack
from sitewatch.report._frames import middle_of, whole
from sitewatch.report._language import gettext
from sitewatch.report._options import ReportOptions
from sitewatch.report._pictures import Stretch

__all__ = ["Method", "Place", "is_plain", "method_of", "place_of"]

_COORDINATES = 4   # decimals of a degree: about 10 m


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The site as the page introduces it; ``coordinates`` are empty without georeference."""

    name: Name | None
    slug: str
    others: tuple[Name, ...]
    part_of: str | None
    question: str | None
    coordinates: str
    crs: str
    size: str
    gsd: str
    is_georeferenced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """Settings and limits, as texts; ``gamma`` is empty where the brightness is not bent.

    ``has_plain``: some are plain pictures, of which nothing says what was done to them before.
    """

    bands: str
    blacks: str
    whites: str
    gamma: str
    false_alarms: str
    smallest: str
    blur: str
    has_plain: bool


def place_of(site: Site) -> Place:
    """Names, size and centre of the site."""
    gsd = f"{site.gsd_m:g}"
    size = gettext("%(width)s × %(height)s pixels of %(gsd)s m") % {
        "width": site.grid.width, "height": site.grid.height, "gsd": gsd}
    return Place(name=site.names[0] if site.names else None, slug=site.slug, others=site.names[1:],
                 part_of=site.part_of, question=site.question, coordinates=_centre(site),
                 crs=str(site.grid.crs) if site.grid.crs is not None else "", size=size, gsd=gsd,
                 is_georeferenced=site.is_georeferenced)


def _centre(site: Site) -> str:
    if not site.is_georeferenced:
        return ""
    at = to_lonlat(from_pixels(middle_of(whole(site)), site.grid), site.grid)
    north, east = gettext("N") if at.y >= 0 else gettext("S"), gettext("E") if at.x >= 0 else gettext("W")
    return f"{abs(at.y):.{_COORDINATES}f}° {north}, {abs(at.x):.{_COORDINATES}f}° {east}"


def is_plain(scene: Scene) -> bool:
    """Whether it is a picture, not reflectance as measured: nothing in it says what was done to it."""
    return scene.sensor not in SENSORS or not SENSORS[scene.sensor].is_reflectance


def method_of(changes: Changes, stack: Stack, options: ReportOptions, stretch: Stretch) -> Method:
    """What the plain words of the method need."""
    used = {fit.scene for fit in stack.used}
    return Method(bands=stretch.names, blacks=f"{options.low_percentile:g}", whites=f"{options.high_percentile:g}",
                  gamma=f"{stretch.gamma:g}" if stretch.gamma != 1 else "",
                  false_alarms=f"{changes.false_alarms_per_year:g}", smallest=changes.smallest_text,
                  blur=f"{stack.blur_px * stack.site.gsd_m:.1f}",
                  has_plain=any(s.id in used and is_plain(s) for s in stack.scenes.scenes))
