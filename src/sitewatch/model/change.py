"""Places where the ground departed from its own past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shapely import Polygon

from sitewatch.model.quantity import Between
from sitewatch.model.site import Site
from sitewatch.model.trial import area_text

__all__ = ["Change", "ChangeKind", "Changes"]

ChangeKind = Literal["appeared", "vanished", "altered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One connected place that departed from its own past at one time.

    ``outline`` is in the coordinates of the site's grid. ``strength`` is the object's pre/post statistic,
    ``false_alarms`` the expected number of objects at least that strong per site-year, or per pair of looks where
    there is no series, if nothing had changed. ``chance`` is the probability that the ground really changed there.
    ``why_not`` says why it was rejected; None means kept.
    """

    id: str
    outline: Polygon
    kind: ChangeKind
    between: Between
    strength: float
    false_alarms: float
    chance: float
    step: tuple[float, ...]
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All candidate changes of a site, kept and rejected; the threshold that parted them.

    ``false_alarms_per_year`` was asked for; of fewer looks than make a series it is the number per pair of looks.
    """

    site: Site
    records: tuple[Change, ...]
    threshold: float
    false_alarms_per_year: float
    smallest_px: float

    def __iter__(self) -> Iterator[Change]:
        return iter(self.records)

    def __getitem__(self, change_id: str) -> Change:
        return {change.id: change for change in self.records}[change_id]

    @property
    def smallest_text(self) -> str:
        """The area of the smallest thing found, rounded up to two figures: a limit must not look finer than it is."""
        return area_text(self.smallest_px * self.site.gsd_m**2)

    @property
    def kept(self) -> tuple[Change, ...]:
        """The changes that were not rejected."""
        return tuple(change for change in self.records if change.why_not is None)
