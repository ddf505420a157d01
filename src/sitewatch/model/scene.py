"""Dated pictures of a site: what exists, what is kept, what was refused and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from sitewatch.model.quantity import Span
from sitewatch.model.site import Site

__all__ = ["SIMULATED", "Asset", "AssetRole", "DateOrigin", "Kept", "Progress", "Refusal", "RemoteSource", "Scene",
           "Scenes", "Source", "Weight"]

SIMULATED = "simulated by sitewatch"
"""How the credit line of a simulated image begins, so that no page can show one without saying so."""

AssetRole = Literal["image", "mask", "metadata"]
DateOrigin = Literal["stac", "tiff tag", "file name", "csv", "simulated"]
Progress = Callable[[str, int, int], None]
"""``progress(step, done, total)``, handed down by a face; stages never print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Our own copy of a received file, byte for byte: ``path`` is absolute while in memory."""

    path: Path
    sha256: str
    bytes: int
    fetched_at: datetime
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of a scene: where the source has it, and our own copy once there is one."""

    role: AssetRole
    href: str
    kept: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One dated look at the site. Angles are degrees, NaN-free: None where not known.

    ``baseline`` is the version of the provider's processing, such as 05.10, and ``offset_applied`` whether the counts
    are said to be free of the offset that newer baselines add (False: it is still to be taken off). Both are what
    metadata says, which the stack does not believe without looking at the pixels. ``cloud_cover`` is what the provider
    says of the whole scene, in percent; scenes of one ``relative_orbit`` look at the site from the same side.
    ``published`` is when the provider gave it out, which dates nothing on the ground.
    """

    id: str
    source: str
    sensor: str
    taken: datetime
    taken_from: DateOrigin
    assets: tuple[Asset, ...]
    gsd_m: float | None = None
    sun_azimuth_deg: float | None = None
    sun_elevation_deg: float | None = None
    off_nadir_deg: float | None = None
    view_azimuth_deg: float | None = None
    licence: str | None = None
    attribution: str | None = None
    baseline: str | None = None
    offset_applied: bool | None = None
    cloud_cover: float | None = None
    relative_orbit: int | None = None
    published: datetime | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether no satellite ever took it."""
        return self.taken_from == "simulated" or (self.attribution or "").startswith(SIMULATED)

    def asset(self, role: AssetRole) -> Asset | None:
        """The first asset with that role, or None."""
        return next((asset for asset in self.assets if asset.role == role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that was not used, and why: "not looked" is never "not seen". ``source`` offered it, if one did.

    ``taken`` is when, where it is a look at the site. ``is_gap``: not one look, but scenes of which nobody has heard.
    """

    what: str
    why: str
    source: str | None = None
    taken: datetime | None = None
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes:
    """All dated looks at a site in order of time, and what was refused at the door."""

    site: Site
    scenes: tuple[Scene, ...]
    refusals: tuple[Refusal, ...] = ()

    def __getitem__(self, scene_id: str) -> Scene:
        return {scene.id: scene for scene in self.scenes}[scene_id]


class Source(Protocol):
    """Where scenes come from. What a plug-in of the group ``sitewatch.sources`` has to supply."""

    @property
    def name(self) -> str:
        """The source's name as ``sitewatch sources`` lists it."""
        ...

    def find(self, site: Site, span: Span) -> Iterable[Scene | Refusal]:
        """Every scene that meets the site within the span, or why it cannot be used."""
        ...

    def open(self, asset: Asset) -> Iterable[bytes]:
        """The asset's bytes, in blocks, exactly as the provider delivers them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What is known of a scene before it is fetched: how much comes, and what of the site it will not show.

    ``bytes`` is about what its image and mask take; ``hidden`` the share of the site that the provider's own mask says
    is under cloud or shadow or outside the scene, ``snow`` that which it says lies under snow; ``cost`` what of quota
    or money it takes, in ``unit``. None where not known.
    """

    bytes: int | None = None
    hidden: float | None = None
    snow: float | None = None
    cost: float | None = 0.0
    unit: str = ""


@runtime_checkable
class RemoteSource(Source, Protocol):
    """A source across a network: it is asked only by a fetch, never by a run, and what it sends is counted."""

    @property
    def at_once(self) -> int:
        """How many scenes may be weighed or opened at the same time."""
        ...

    @property
    def received(self) -> int:
        """How many bytes it has sent so far."""
        ...

    def spend_at_most(self, count: int | None) -> None:
        """Receive no more than so many bytes in all, from the first on; ProviderError for what would go beyond."""
        ...

    def weigh(self, scene: Scene) -> Weight:
        """What fetching a scene that ``find`` has offered would take; ProviderError where it cannot be told."""
        ...
