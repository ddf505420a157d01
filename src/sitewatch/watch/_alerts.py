"""Who is told of news, and how: desk.yaml, a signed webhook, email. Each thing is told to each of them once.

What is told is first written down in the case and then sent, and what was sent is written down in turn: a pass that
dies in between sends it again under the same id, by which a receiver knows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, Protocol

from sitewatch.errors import CaseFileError, ProviderError
from sitewatch.model import Table, construct, parse_yaml
from sitewatch.store import write_atomically
from sitewatch.watch._desk import DESK, Item
from sitewatch.watch._email import Email
from sitewatch.watch._webhook import Webhook

__all__ = ["Alerts", "Channel", "read_alerts"]

_FILE = "desk.yaml"
_LARGEST_BYTES = 100_000
_CHANNELS: Mapping[str, Callable[..., Channel]] = {"webhook": Webhook, "email": Email}


class Channel(Protocol):
    """A way to tell somebody; ``send`` raises ProviderError where that did not succeed."""

    def send(self, item: Item) -> None:
        """Tell of one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """The channels by name, and the hours (UTC, from and to) in which nothing is sent."""

    channels: Mapping[str, Channel]
    quiet: tuple[time, time] | None = None

    def deliver(self, folder: Path, items: Sequence[Item], now: datetime) -> tuple[str, ...]:
        """Send what was not sent yet, oldest first; what could not be sent, in words.

        A channel is told of what is new since the pass that saw it first. Where sending fails, the rest of that
        channel waits for the next pass.
        """
        problems, sent = [], _Sent(folder / DESK / "sent.json")
        for name, channel in self.channels.items():
            since = sent.since(name, now)
            if self._is_quiet(now):
                continue
            waiting = [item for item in reversed(items) if item.news.at >= since and not sent.has(name, item)]
            for done, item in enumerate(waiting):
                try:
                    channel.send(item)
                except ProviderError as error:
                    problems.append(f"{name}: {len(waiting) - done} of {len(waiting)} alerts wait for the next pass: "
                                    f"{error}")
                    break
                sent.add(name, item)
        return tuple(problems)

    def _is_quiet(self, now: datetime) -> bool:
        if self.quiet is None:
            return False
        start, end = self.quiet
        moment = now.time().replace(tzinfo=None)
        return start <= moment < end if start <= end else moment >= start or moment < end


def read_alerts(folder: Path) -> Alerts:
    """What desk.yaml in a folder of cases asks for; nothing where there is no such file.

    Raises CaseFileError, with the line and the key, for what cannot be used.
    """
    path = folder / _FILE
    if not path.is_file():
        return Alerts(channels={})
    with path.open("rb") as file:
        table = parse_yaml(file.read(_LARGEST_BYTES), path)
    channels = {name: construct(make, table.table(name), folder)
                for name, make in _CHANNELS.items() if table.has(name)}
    quiet = _quiet(table)
    table.done(", ".join((*_CHANNELS, "quiet")))
    return Alerts(channels=channels, quiet=quiet)


def _quiet(table: Table) -> tuple[time, time] | None:
    if not table.has("quiet"):
        return None
    wrong = table.wrong("quiet", "is not two times of day", 'Write "22:00-06:00", in UTC')
    try:
        start, end = (time.fromisoformat(part.strip()) for part in table.take("quiet", str).split("-"))
    except ValueError as error:
        raise wrong from error
    return start, end


class _Sent:
    """desk/sent.json: since when each channel is told, and what it was told of since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known: dict[str, dict[str, Any]] = json.loads(path.read_bytes()) if path.is_file() else {}
        except ValueError as error:
            raise CaseFileError(path, None, "file", f"is not JSON ({error})", "Remove it: each channel is then told of "
                                "what is new from now on") from error

    def since(self, name: str, now: datetime) -> datetime:
        if name not in self._known:
            self._known[name] = {"since": now.isoformat(), "ids": []}
            self._write()
        return datetime.fromisoformat(self._known[name]["since"])

    def has(self, name: str, item: Item) -> bool:
        return item.id in self._known[name]["ids"]

    def add(self, name: str, item: Item) -> None:
        self._known[name]["ids"].append(item.id)
        self._write()

    def _write(self) -> None:
        write_atomically(self._path, (json.dumps(self._known, indent=1) + "\n").encode())
