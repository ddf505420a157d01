"""A static STAC catalogue: files that link to each other, as open data are often published, walked from its root."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from shapely import box, union
from shapely.geometry.base import BaseGeometry

from sitewatch.errors import ProviderError
from sitewatch.model import Refusal, Site, Span
from sitewatch.sources._guard import shown_url
from sitewatch.sources._items import moment
from sitewatch.sources._web import Web
from sitewatch.sources.stac._search import Found

__all__ = ["is_static", "walk"]

_MOST_FILES = 20_000


def is_static(url: str) -> bool:
    """Whether an address is that of a catalogue's file, and not that of an API."""
    return urlsplit(url).path.endswith(".json")


def walk(web: Web, url: str, site: Site, span: Span) -> Iterator[Found | Refusal]:
    """The items of a catalogue that may show a site within a span, each file once, near the root first.

    Collections whose extent says that they cannot are not entered. A file that does not come is a Refusal, and the rest
    goes on. Raises ProviderError when the root does not come.
    """
    root: Mapping[str, Any] = {}
    ahead, seen = deque([(url, root)]), {url}
    while ahead:
        address, parent = ahead.popleft()
        try:
            document = web.json("GET", address)
        except ProviderError as error:
            if address == url:
                raise
            yield Refusal(what=shown_url(address), is_gap=True, why=f"what it links to is not known: {error}")
            continue
        if not isinstance(document, dict):
            yield Refusal(what=shown_url(address), is_gap=True, why="not a STAC catalogue, collection or item")
        elif document.get("type") == "Feature":
            yield Found(feature=document, href=address, collection=parent)
        elif _may_show(document, site, span):
            kind = document.get("type", "Collection" if "license" in document else None)  # no type before STAC 1.0
            collection = document if kind == "Collection" else parent
            fresh = [link for link in _links(document, address) if link not in seen]
            seen.update(fresh)
            ahead.extend((link, collection) for link in fresh)
        if len(seen) > _MOST_FILES:
            yield Refusal(what=shown_url(url), is_gap=True, why=f"it links to more than {_MOST_FILES} files: the rest "
                                                                "is not known. Give the address of a part as `url`")
            return


def _links(document: Mapping[str, Any], address: str) -> Iterator[str]:
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") in ("child", "item") and isinstance(link.get("href"), str):
            try:
                yield urljoin(address, link["href"])
            except ValueError:  # an address that is none
                continue


def _may_show(document: Mapping[str, Any], site: Site, span: Span) -> bool:
    """Whether the extent of a collection, where it states one, meets the site and the span."""
    try:
        boxes = document["extent"]["spatial"]["bbox"]
        times = document["extent"]["temporal"]["interval"]
        shows = any(_extent(one).intersects(site.area) for one in boxes)
        return shows and any(_meet(moment(start), moment(end), span) for start, end in times)
    except (KeyError, TypeError, ValueError, IndexError):
        return True


def _extent(bbox: list[float]) -> BaseGeometry:
    """A bounding box, also with heights; west is greater than east across the antimeridian (RFC 7946, section 5.2)."""
    west, south, east, north = bbox[0], bbox[1], bbox[len(bbox) // 2], bbox[len(bbox) // 2 + 1]
    if west <= east:
        return box(west, south, east, north)
    return union(box(west, south, 180, north), box(-180, south, east, north))


def _meet(start: Any, end: Any, span: Span) -> bool:
    return (span.end is None or start is None or start < span.end) and (
        span.start is None or end is None or end >= span.start)
