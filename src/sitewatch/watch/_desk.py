"""The desk: one page over all places, what needs a person first, and the feeds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sitewatch.model import AnyNews, VerdictNews, day
from sitewatch.store import write_atomically
from sitewatch.watch._outcome import Outcome
from sitewatch.watch._pass import Pass
from sitewatch.watch._words import headline, sentence

__all__ = ["DESK", "Item", "items_of", "picture_of", "write_desk"]

DESK = "desk"
_PAGES = Path(__file__).parent / "page"
_ATOM = "http://www.w3.org/2005/Atom"
_LATEST = 100     # entries of a feed
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that was told, and the case it was told of."""

    case: Path
    title: str
    news: AnyNews

    @property
    def id(self) -> str:
        """The same wherever and however often it is told (RFC 4122, version 5)."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sitewatch:{self.case.name}:{self.news.id}"))

    @property
    def headline(self) -> str:
        """The place, and what is new there in a few words."""
        return headline(self.title, self.news)


def write_desk(folder: Path, found: Pass, undelivered: Sequence[str] = ()) -> Path:
    """Write ``desk/index.html``, ``feed.xml`` (RFC 4287) and ``feed.json`` (JSON Feed 1.1) into a folder of cases;
    the path of the page. ``undelivered`` says which alerts could not be sent."""
    items = items_of(found.outcomes)[:_LATEST]
    for name, data in (("index.html", _page(found, undelivered)), ("feed.xml", _atom(items, found.begun)),
                       ("feed.json", _json(items))):
        write_atomically(folder / DESK / name, data)
    return folder / DESK / "index.html"


def items_of(outcomes: Sequence[Outcome]) -> list[Item]:
    """All that was told of all cases, the latest first; without what was known when the watch began."""
    items = [Item(case=one.folder, title=one.title, news=news)
             for one in outcomes for news in one.told if not news.known]
    return sorted(items, key=lambda item: (item.news.at, item.id), reverse=True)


def picture_of(item: Item, side: str) -> Path | None:
    """The report's picture of what was told, ``side`` "before" or "after", as long as the report is that of the
    telling; None where there is none."""
    if isinstance(item.news, VerdictNews) or item.news.kind == "withdrawn":
        return None
    name = re.sub(r"[^a-z0-9]+", "-", item.news.label.casefold())
    found = sorted((item.case / "report" / "pictures").glob(f"{name}-{side}.*"))
    return found[0] if found else None


def _page(found: Pass, undelivered: Sequence[str]) -> bytes:
    pages = Environment(loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    pages.globals.update(day=day, sentence=sentence, link=_link, upper_first=lambda text: text[:1].upper() + text[1:],
                         has_report=lambda case: (case / "report" / "index.html").is_file())
    style = (_PAGES / "desk.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()  # the page may hold no other style
    shown = [(outcome, list(_told(outcome))) for outcome in found.of("news")]
    return pages.get_template("desk.html").render(
        found=found, shown=shown, begun=f"{found.begun:%Y-%m-%d %H:%M} UTC", undelivered=undelivered,
        style=Markup(style), digest=digest).encode()


def _told(outcome: Outcome) -> Iterator[tuple[AnyNews, list[tuple[str, str]]]]:
    """Each news of this pass with its pictures, as side and link."""
    for news in outcome.news:
        item = Item(case=outcome.folder, title=outcome.title, news=news)
        pictures = [(side, picture_of(item, side)) for side in ("before", "after")]
        yield news, [(side, _link(outcome.folder, str(path.relative_to(outcome.folder))))
                     for side, path in pictures if path]


def _link(case: Path, path: str = "report/index.html") -> str:
    """From the desk's page to a file of a case."""
    return quote(f"../{case.name}/{path}")


def _atom(items: Sequence[Item], now: datetime) -> bytes:
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, "sitewatch:desk")))
    _add(feed, "title", "sitewatch: what is new at the places watched")
    _add(feed, "updated", _moment(items[0].news.at if items else now))
    _add(ElementTree.SubElement(feed, f"{{{_ATOM}}}author"), "name", "sitewatch")
    for item in items:
        entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "id", f"urn:uuid:{item.id}")
        _add(entry, "title", item.headline)
        _add(entry, "updated", _moment(item.news.at))
        ElementTree.SubElement(entry, f"{{{_ATOM}}}link", href=_link(item.case))
        _add(entry, "summary", sentence(item.news))
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}").text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _json(items: Sequence[Item]) -> bytes:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "sitewatch: what is new at the places watched",
            "items": [{"id": f"urn:uuid:{item.id}", "title": item.headline, "url": _link(item.case),
                       "content_text": sentence(item.news), "date_published": _moment(item.news.at)}
                      for item in items]}
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
