"""Orders at Planet: placed once and never twice, waited for, and fetched with the checksums of their manifest.

Planet, "Orders API: Mechanics" and "Delivery". An order that was asked for and got no answer may have been taken all
the same, so it is looked for by its name before it is asked for again. Planet's own SDK asks again without looking
(planet 3.7, http.py, RETRY_EXCEPTIONS), and would pay twice.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from sitewatch.errors import ProviderError
from sitewatch.model import Order, OrderBook
from sitewatch.sources._web import DeniedError, UnheardError, Web
from sitewatch.sources.planet._key import PlanetKey

__all__ = ["Delivered", "Desk"]

_PATH = "/compute/ops/orders/v2"
_PART_BYTES = 4 << 20
_LARGEST_BYTES = 4 * 1024**3
_FINAL = {"success": "delivered", "partial": "delivered", "failed": "ended", "cancelled": "ended"}
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One file of an order by its manifest; ``name`` is its path within the order."""

    name: str
    item: str
    size: int
    kind: str
    digest: str


class Desk:
    """Where one account orders. For several threads at a time."""

    def __init__(self, web: Web, url: str, key: PlanetKey, book: OrderBook, patience_s: float, pause_s: float) -> None:
        self._web, self._url, self._key, self._book = web, url, key, book
        self._patience_s, self._pause_s = patience_s, pause_s
        self._lock, self._locks = threading.Lock(), dict[str, threading.Lock]()
        self._files: dict[str, tuple[Delivered, ...]] = {}
        self._links: dict[str, dict[str, str]] = {}

    def place(self, order: Order, request: Mapping[str, Any]) -> Order:
        """The order with the number that Planet has given it; written down before it is asked for, and after.

        Raises ProviderError where Planet refuses it, or did not answer: then it is looked for the next time.
        """
        is_known = order in self._book.orders()
        self._book.write_order(order)
        number = self._found(order.name) if is_known else None
        for attempt in range(self._web.policy.tries):
            if number is not None:
                break
            try:
                number = self._web.json("POST", f"{self._url}{_PATH}", request, self._key.headers(), tries=1)["id"]
            except UnheardError:
                self._web.wait(attempt)
                number = self._found(order.name)
            except (TypeError, KeyError) as error:
                raise ProviderError(f"Planet did not give the order {order.name} a number") from error
            except ProviderError as refused:
                self._book.write_order(replace(order, state="ended", why=str(refused)[:300]))
                raise
        if not isinstance(number, str) or not number:
            raise ProviderError(f"whether Planet has taken the order {order.name} is not known: it does not answer. "
                                "Fetch again later, which looks for it first and does not order twice")
        placed = replace(order, state="placed", number=number)
        self._book.write_order(placed)
        return placed

    def delivery(self, order: Order, request: Mapping[str, Any]) -> tuple[Order, tuple[Delivered, ...]]:
        """The order as it now stands and its files, once they are there; waits for them, but not for ever.

        What was agreed to, but of which nobody knows whether Planet has heard it, is placed first by its ``request``.

        Raises ProviderError where it takes longer, or Planet gave it up.
        """
        with self._lock_of(order.name):
            now = next((one for one in self._book.orders() if one.name == order.name), order)
            if now.number is None:
                now = self.place(now, request)
            if order.name not in self._files:
                state, links = self._awaited(now)
                now = self._settled(now, state)
                self._links[order.name] = links
                self._files[order.name] = self._manifest(now)
            files = self._files[order.name]
        there = {file.item for file in files}
        missing = tuple(scene for scene in now.scenes if scene not in there)
        if missing != now.without:
            now = replace(now, without=missing)
            self._book.write_order(now)
        return now, files

    def content(self, order: Order, file: Delivered) -> Iterator[bytes]:
        """The bytes of a file; ProviderError where they are not what the manifest says, at the latest at the end."""
        digest, at = hashlib.new(file.kind), 0
        while at < file.size:
            part = self._part(order, file.name, at, min(at + _PART_BYTES, file.size))
            if part.total != file.size:
                raise ProviderError(f"{file.name} has {part.total} bytes, where the manifest of its order says "
                                    f"{file.size}. Fetch again")
            digest.update(part.data)
            at += len(part.data)
            yield part.data
        if digest.hexdigest() != file.digest:
            raise ProviderError(f"the {file.kind} of {file.name} is not what the manifest of its order says. "
                                "Fetch again")

    def _found(self, name: str) -> str | None:
        """The number of the order of that name, if Planet has it."""
        answer = self._web.json("GET", f"{self._url}{_PATH}?name={quote(name, safe='')}", headers=self._key.headers())
        orders = answer.get("orders") if isinstance(answer, dict) else None
        return next((str(one["id"]) for one in (orders if isinstance(orders, list) else ())
                     if isinstance(one, dict) and one.get("name") == name and one.get("id")), None)

    def _awaited(self, order: Order) -> tuple[Mapping[str, Any], dict[str, str]]:
        """What Planet says of an order in the end, and where its files are."""
        until = time.monotonic() + self._patience_s
        while True:
            told = self._asked(order)
            state = str(told.get("state"))
            if state in _FINAL:
                return told, _links_of(told)
            if time.monotonic() >= until:
                raise ProviderError(f"Planet has not finished the order {order.name} yet ({state[:20]}). Fetch again "
                                    "later: it is paid for once, and not ordered again")
            time.sleep(self._pause_s)

    def _asked(self, order: Order) -> Mapping[str, Any]:
        told = self._web.json("GET", f"{self._url}{_PATH}/{quote(order.number or '', safe='')}",
                              headers=self._key.headers())
        if not isinstance(told, dict):
            raise ProviderError(f"Planet says nothing of the order {order.name}")
        return told

    def _settled(self, order: Order, told: Mapping[str, Any]) -> Order:
        """The order as it ended, written down; ProviderError where nothing came of it."""
        is_delivered = _FINAL[str(told["state"])] == "delivered"
        why = _words([told.get("last_message"), *_listed(told.get("error_hints"))])
        now = replace(order, state="delivered" if is_delivered else "ended", why=why)
        if now != order:
            self._book.write_order(now)
        if not is_delivered:
            raise ProviderError(f"Planet gave the order {order.name} up: {why or 'no reason is given'}. It can be "
                                "ordered anew")
        return now

    def _manifest(self, order: Order) -> tuple[Delivered, ...]:
        name = next((name for name in self._links[order.name] if PurePosixPath(name).name == "manifest.json"), None)
        if name is None:
            raise ProviderError(f"the order {order.name} came without a manifest, so that nobody can say whether its "
                                "files are whole")
        document = self._web.json("GET", self._links[order.name][name])
        files = document.get("files") if isinstance(document, dict) else None
        return tuple(one for entry in _listed(files)[:_MOST_FILES] if (one := _delivered(entry)) is not None)

    def _part(self, order: Order, name: str, start: int, stop: int) -> Any:
        """Bytes of a file, asked for at a new address where the present one has expired."""
        try:
            return self._web.part(self._link(order, name), start, stop)
        except DeniedError:
            links = _links_of(self._asked(order))
            with self._lock:
                self._links[order.name] = links
            return self._web.part(self._link(order, name), start, stop)

    def _link(self, order: Order, name: str) -> str:
        with self._lock:
            links = self._links[order.name]
        found = [href for known, href in links.items() if known == name or known.endswith(f"/{name}")]
        if len(found) != 1:
            raise ProviderError(f"the order {order.name} gives no address for {name}")
        return found[0]

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())


def _links_of(told: Mapping[str, Any]) -> dict[str, str]:
    """Where the files of an order are, by their names."""
    links = told.get("_links")
    results = _listed(links.get("results") if isinstance(links, dict) else None)
    return {str(one["name"]): str(one["location"]) for one in results
            if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("location"), str)}


def _delivered(entry: Any) -> Delivered | None:
    """A file of a manifest that belongs to a scene, with the stronger of its checksums."""
    notes, digests = (entry.get(key) if isinstance(entry, dict) else None for key in ("annotations", "digests"))
    size = entry.get("size") if isinstance(entry, dict) else None
    if not isinstance(notes, dict) or not isinstance(digests, dict) or not isinstance(entry.get("path"), str):
        return None
    kind = next((kind for kind in ("sha256", "md5") if isinstance(digests.get(kind), str)), None)
    if kind is None or type(size) is not int or not 0 < size <= _LARGEST_BYTES:
        return None
    return Delivered(name=entry["path"], item=str(notes.get("planet/item_id")), size=size, kind=kind,
                     digest=digests[kind].lower())


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _words(told: Sequence[object]) -> str | None:
    text = "; ".join(" ".join(str(one).split()) for one in told if one)[:300]
    return text if text and text.isprintable() else None
