"""orders/: what was ordered of whom, a file each, written before the provider hears of it."""

from __future__ import annotations

from pathlib import Path

from sitewatch.geo import picture_grid
from sitewatch.model import Order
from sitewatch.store._files import checked_id, inside, read_bytes, write_atomically
from sitewatch.store._plain import from_plain, read_json, to_plain, write_json

__all__ = ["Orders"]

_NO_GRID = picture_grid(1, 1, 1.0)  # orders hold no outlines


class Orders:
    """The orders of a case, kept as a `sitewatch.model.OrderBook`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def orders(self) -> tuple[Order, ...]:
        """Every order so far, the earliest first; CaseFileError for a file that is none: it may stand for money."""
        found = [self._read(path) for path in sorted((self._folder / "orders").glob("*.json"))]
        return tuple(sorted(found, key=lambda order: (order.asked_at, order.name)))

    def write_order(self, order: Order) -> None:
        """Keep an order, whole or not at all, in the place of what was known of it."""
        path = inside(self._folder, f"orders/{checked_id(order.name, 'the order')}.json")
        write_atomically(path, write_json(to_plain(order, _NO_GRID)))

    def _read(self, path: Path) -> Order:
        path = inside(self._folder, f"orders/{path.name}")
        return from_plain(read_json(read_bytes(path), path), Order, _NO_GRID, path)
