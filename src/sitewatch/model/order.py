"""What was asked of a provider for quota or money, written down so that nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from sitewatch.model.scene import RemoteSource, Scene

__all__ = ["Order", "OrderBook", "OrderState", "PaidSource"]

OrderState = Literal["asked", "placed", "delivered", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of scenes from one source.

    ``name`` is its own and is known to the provider too. It is ``asked`` before the provider hears of it, ``placed``
    once the provider has given it a ``number``, ``delivered`` when its files can be fetched, and ``ended`` when the
    provider gave it up. ``scenes`` are the provider's ids, ``without`` those that did not come when it was delivered.
    ``of`` stands for the place and the way in which they were asked for. ``cost`` is in ``unit``, None where not known.
    """

    name: str
    source: str
    scenes: tuple[str, ...]
    of: str
    asked_at: datetime
    cost: float | None
    unit: str
    state: OrderState = "asked"
    number: str | None = None
    without: tuple[str, ...] = ()
    why: str | None = None

    def holds(self, scene: str) -> bool:
        """Whether a scene is paid for with it, or will be."""
        return scene in self.scenes and scene not in self.without and self.state != "ended"


class OrderBook(Protocol):
    """Where orders are written down, each at once and for good."""

    def orders(self) -> tuple[Order, ...]:
        """Every order so far, the earliest first."""
        ...

    def write_order(self, order: Order) -> None:
        """Keep an order, in the place of what was known of it."""
        ...


@runtime_checkable
class PaidSource(RemoteSource, Protocol):
    """A remote source whose scenes take quota or money: they are ordered, once, and only after an explicit yes."""

    def remember(self, book: OrderBook) -> None:
        """Where earlier orders stand; asked for before the first search."""
        ...

    def order(self, scenes: Sequence[Scene]) -> None:
        """Order scenes that are not ordered yet. Why one could not be ordered is said when it is opened."""
        ...
