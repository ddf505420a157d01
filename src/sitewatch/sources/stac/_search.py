"""Asking a STAC API for its items: page by page, and whatever comes is kept when a page does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from pystac_client import ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from shapely.geometry import mapping

from sitewatch.errors import ProviderError
from sitewatch.model import Refusal, Site, Span
from sitewatch.sources._web import UnservedError, Web

__all__ = ["Found", "collection_of", "search"]

_PAGE = 100           # items; every known API allows as many
_MOST_ITEMS = 20_000  # of one site: more passes than fifty years of a daily satellite bring
_MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item, its address, and what is said of its collection, as far as that is known already."""

    feature: Mapping[str, Any]
    href: str
    collection: Mapping[str, Any]


def search(web: Web, url: str, collection: str, site: Site, span: Span) -> Iterator[Found | Refusal]:
    """The items of a collection that meet a site within a span, each id once, in the order in which they come.

    Asked by POST, or by GET of an API that knows no other way. When a page fails for good, what came before it stands
    and a Refusal says that the search is not complete.
    Raises ProviderError when the very first page does not come.
    """
    asked = partial(ItemSearch, f"{url.rstrip('/')}/search", stac_io=_Io(web), collections=[collection], limit=_PAGE,
                    intersects=mapping(site.area), datetime=_interval(span))
    seen: set[str] = set()
    pages = _pages(asked)
    for page in range(_MOST_PAGES):
        try:
            features = next(pages, {}).get("features", [])
        except (ProviderError, APIError, ValueError, TypeError, KeyError, AttributeError) as error:
            if page == 0:
                raise error if isinstance(error, ProviderError) else ProviderError(
                    f"{web.provider} did not answer as a STAC API does ({type(error).__name__}: {str(error)[:200]}). "
                    "Check its `url`: it is the one whose `/search` can be asked") from error
            yield Refusal(what=web.provider, is_gap=True, why=(
                f"the search broke off after {len(seen)} scenes ({error}). What lies beyond is not known: fetch again "
                "later"))
            return
        if not isinstance(features, list) or not features:
            return
        for feature in features:
            identity = str(feature.get("id")) if isinstance(feature, dict) else ""
            if isinstance(feature, dict) and identity not in seen:  # servers repeat items across pages
                seen.add(identity)
                yield Found(feature=feature, collection={},
                            href=f"{url.rstrip('/')}/collections/{collection}/items/{quote(identity, safe='')}")
        if len(seen) >= _MOST_ITEMS:
            break
    yield Refusal(what=web.provider, is_gap=True, why=f"more than {len(seen)} scenes: the rest was not asked for. Give "
                                                      "a shorter time with --since and --until")


def _pages(asked: Callable[..., ItemSearch]) -> Iterator[dict[str, Any]]:
    """The pages of a search by POST, or by GET where the API does not know the other."""
    pages = asked(method="POST").pages_as_dicts()
    try:
        first = next(pages, None)
    except UnservedError:
        yield from asked(method="GET").pages_as_dicts()
        return
    if first is not None:
        yield first
        yield from pages


def collection_of(web: Web, url: str, collection: str) -> Mapping[str, Any]:
    """What the API says of a collection, such as its licence; ProviderError where it says nothing."""
    found = web.json("GET", f"{url.rstrip('/')}/collections/{quote(collection, safe='')}")
    if not isinstance(found, dict):
        raise ProviderError(f"{web.provider} says nothing of its collection {collection}")
    return found


class _Io(StacApiIO):
    """Sends pystac-client's requests through our own door, which guards, paces and repeats them."""

    def __init__(self, web: Web) -> None:
        super().__init__(max_retries=None)
        self._web = web

    def request(self, href: str, method: str | None = None, headers: dict[str, str] | None = None,
                parameters: dict[str, Any] | None = None) -> str:
        """The answer's text."""
        if (method or "GET").upper() == "POST":
            return json.dumps(self._web.json("POST", href, body=parameters, headers=headers))
        joint = "&" if "?" in href else "?"
        return json.dumps(self._web.json("GET", f"{href}{joint}{urlencode(parameters)}" if parameters else href,
                                         headers=headers))


def _interval(span: Span) -> str | None:
    """A span as STAC wants it. Its end is not part of it, but a pass at that very moment is refused later."""
    if span.start is None and span.end is None:
        return None
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ".." for moment in (span.start, span.end))
    return f"{start}/{end}"
