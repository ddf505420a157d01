"""What every thing in a world has in common: a place, a script, layers to paint, ground to shape."""

# No annotations as text here: a kind in another module inherits the fields, and their types have to be known there.

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np

from sitewatch.errors import UsageError
from sitewatch.model import Between, StructureClass
from sitewatch.sources.simulated._plan import Frame, Rect
from sitewatch.sources.simulated._surfaces import Surface, spectrum

__all__ = ["Layer", "Moment", "Placed", "Shape", "Step", "ThingError", "require_surface"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One rectangle of one surface, flat or raised.

    ``rough`` is the relative spread of its brightness, ``pitch`` the rise of a gable roof, metre per metre. A raised
    layer hides what is behind it and casts a shadow; what ``floats`` stands on thin legs, so that light passes beneath.
    """

    rect: Rect
    surface: Surface
    height_m: float = 0.0
    pitch: float = 0.0
    rough: float = 0.06
    floats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of a script: from ``start`` to ``end`` it spreads, then it stays."""

    name: str
    start: datetime
    end: datetime
    surface: Surface | None = None

    def share(self, moment: datetime) -> float:
        """How far it has come, 0 to 1."""
        if moment >= self.end:
            return 1.0
        return max(0.0, (moment - self.start) / (self.end - self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a world is looked at, and what comes and goes with that look alone is drawn from."""

    at: datetime
    draw: np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The lie of the land being formed: (y, x) float32 metres above the plain on the frame."""

    frame: Frame
    height_m: np.ndarray


def require_surface(surface: Surface) -> None:
    """Refuse what is no surface; ThingError says why."""
    try:
        spectrum(surface, ("blue",))
    except UsageError as error:
        raise ThingError("surface", str(error)) from error


class ThingError(ValueError):
    """A value of a thing that cannot be, by its key in the world's file."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What every kind has: a place and a script. ``at`` is its centre in metres right and down from the corner.

    ``reference`` says that a case may compare sizes with it. ``ORDER`` are the steps that its script may have, in the
    only order that makes sense.
    """

    ORDER: ClassVar[tuple[str, ...]] = ("placed", "removed")
    id: str = ""
    at: tuple[float, ...]
    size: tuple[float, ...] = (10.0, 10.0)
    turn: float = 0.0
    height: float = 0.0
    surface: Surface = "concrete"
    about: str = ""
    reference: bool = False
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if len(self.at) != 2:
            raise ThingError("at", "has to be two numbers, metres right and down from the top left corner")
        if len(self.size) != 2 or min(self.size) <= 0:
            raise ThingError("size", f"has to be two lengths above 0 in metres, not {list(self.size)}")
        if not 0 <= self.height <= 200:
            raise ThingError("height", f"has to be from 0 to 200 m, not {self.height:g}")
        require_surface(self.surface)

    @property
    def rect(self) -> Rect:
        """Where it is on the plan."""
        return Rect(x=self.at[0], y=self.at[1], length=self.size[0], width=self.size[1], turn_deg=self.turn)

    @property
    def footprints(self) -> tuple[Rect, ...]:
        """What it covers when it is finished."""
        return (self.rect,)

    def layers(self, moment: Moment) -> Iterator[Layer]:
        """How it looks, lowest first."""
        share = self.share_of("placed", moment.at, 1.0) - self.share_of("removed", moment.at, 0.0)
        if share > 0:
            yield Layer(rect=self.rect.first(share), surface=self.surface, height_m=self.height)

    def shape(self, land: Shape, at: datetime) -> None:
        """What it does to the lie of the land."""

    def news(self) -> tuple[StructureClass | None, Between | None]:
        """What it truly is to a watcher, and when that happened; None where nothing that counts does."""
        return None, None

    def share_of(self, name: str, at: datetime, untold: float) -> float:
        """How far a step of the script has come; ``untold`` where the script does not have it."""
        return next((step.share(at) for step in self.steps if step.name == name), untold)

    def span_of(self, first: str, last: str) -> Between:
        """From the beginning of one step to the end of another."""
        times = [step for step in self.steps if step.name in (first, last)]
        return Between(after=min(step.start for step in times), by=max(step.end for step in times))

    def has(self, name: str) -> bool:
        """Whether the script has that step."""
        return any(step.name == name for step in self.steps)
