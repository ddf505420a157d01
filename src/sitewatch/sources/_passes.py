"""One look per pass: the scenes into which a pass of a satellite is cut, and their repeated processings, are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Protocol, TypeVar

from shapely import union
from shapely.geometry.base import BaseGeometry

from sitewatch.model import Refusal, Scene, Site

__all__ = ["Passing", "passes_of"]

# The scenes into which one pass is cut follow each other by 1 s (PlanetScope), 15 s (Sentinel-2's tiles) to 24 s
# (Landsat's rows).
_ONE_PASS = timedelta(seconds=60)
_WORTH_JOINING = 0.001   # of the site's area


class Passing(Protocol):
    """What has to be known of a scene to find its pass. ``covers`` is the share of the site that it shows, 0 to 1, and
    ``footprint`` where it lies, EPSG:4326; a later ``version`` is preferred."""

    @property
    def scene(self) -> Scene:
        """The scene."""
        ...

    @property
    def covers(self) -> float:
        """The share of the site that it shows."""
        ...

    @property
    def footprint(self) -> BaseGeometry:
        """Where it lies."""
        ...

    @property
    def platform(self) -> str:
        """Which satellite took it."""
        ...

    @property
    def version(self) -> str:
        """Of its processing."""
        ...


_T = TypeVar("_T", bound=Passing)


def passes_of(offers: Iterable[_T], site: Site) -> Iterator[tuple[_T, tuple[_T, ...]] | Refusal]:
    """Of each pass the scene that covers most of the site, then the latest processing, with the pieces that show more
    of it where the site straddles them.

    In order of time. What is a piece or of no more use is told too, with the reason.
    """
    found: list[tuple[_T, tuple[_T, ...]]] = []
    for group in _grouped(sorted(offers, key=lambda o: (o.platform, o.scene.taken, o.scene.id))):
        best = max(group, key=_rank)
        pieces = tuple(_pieces(best, [one for one in group if one is not best], site))
        found.append((best, pieces))
        for one in group:
            if one in pieces:
                yield Refusal(what=one.scene.id, why=f"a piece of the same pass as {best.scene.id}, to which its part "
                                                     "of the site is joined")
            elif one is not best:
                is_smaller = best.covers > one.covers + 1e-6
                yield Refusal(what=one.scene.id, why=f"of the same pass as {best.scene.id}, which " + (
                    "covers more of the site" if is_smaller else "is a later processing, or as good"))
    yield from sorted(found, key=lambda pair: (pair[0].scene.taken, pair[0].scene.id))


def _grouped(offers: list[_T]) -> Iterator[list[_T]]:
    group: list[_T] = []
    for offer in offers:
        if group and (offer.platform != group[0].platform or offer.scene.taken - group[0].scene.taken > _ONE_PASS):
            yield group
            group = []
        group.append(offer)
    if group:
        yield group


def _pieces(best: _T, others: list[_T], site: Site) -> Iterator[_T]:
    """What of the others adds to the site, the most first; of another processing, whose counts may differ, nothing."""
    seen, fitting = best.footprint, [one for one in others if _processing(one.scene) == _processing(best.scene)]
    while fitting:
        gains = {_rank(one): float(one.footprint.intersection(site.area).difference(seen).area) for one in fitting}
        most = max(fitting, key=lambda one: (gains[_rank(one)], _rank(one)))
        if gains[_rank(most)] < _WORTH_JOINING * site.area.area:
            return
        fitting.remove(most)
        seen = union(seen, most.footprint)
        yield most


def _processing(scene: Scene) -> tuple[str | None, bool | None]:
    return scene.baseline, scene.offset_applied


def _rank(offer: Passing) -> tuple[float, str, str]:
    return round(offer.covers, 6), offer.version, offer.scene.id
