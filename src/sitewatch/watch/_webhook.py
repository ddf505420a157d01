"""A signed webhook, after the Standard Webhooks specification 1.0: the receiver can check who sent it and when."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sitewatch.errors import ProviderError
from sitewatch.model import AnyNews, Quantity, VerdictNews
from sitewatch.watch._desk import Item, picture_of
from sitewatch.watch._words import sentence

__all__ = ["Webhook"]

_SECRET = "SITEWATCH_WEBHOOK_SECRET"
_SECONDS = 20
_PREFIX = "whsec_"
_LARGEST_PICTURE = 2_000_000


class _Straight(HTTPRedirectHandler):
    """A signed message goes where it was addressed to, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Webhook:
    """POST of JSON to ``url``, signed with the secret of the environment variable SITEWATCH_WEBHOOK_SECRET, which is
    base64 and may begin with ``whsec_``."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or not where.hostname or where.username or where.password:
            raise ValueError("url is not an address such as https://example.org/hook, without a password in it")
        self._url = url

    def send(self, item: Item) -> None:
        """Raises ProviderError where the receiver does not answer with a 2xx status."""
        body = json.dumps(_message(item), ensure_ascii=False).encode()
        stamp = str(int(time.time()))
        signed = hmac.new(_key(), b".".join((item.id.encode(), stamp.encode(), body)), hashlib.sha256).digest()
        request = Request(self._url, body, {
            "Content-Type": "application/json", "User-Agent": "sitewatch", "webhook-id": item.id,
            "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"})
        try:
            with build_opener(_Straight).open(request, timeout=_SECONDS):
                pass
        except (URLError, HTTPException, OSError) as error:
            raise ProviderError(f"{urlsplit(self._url).hostname} did not take it ({error}). Check webhook.url in "
                                "desk.yaml and the receiver's log") from error


def _key() -> bytes:
    found = os.environ.get(_SECRET, "").strip().removeprefix(_PREFIX)
    if not found:
        raise ProviderError(f"there is no secret to sign it with. Put one into the environment as {_SECRET}")
    try:
        return base64.b64decode(found, validate=True)
    except binascii.Error:
        raise ProviderError(f"{_SECRET} is not base64. Take what the receiver gives; it may begin with "
                            f"{_PREFIX}") from None


def _message(item: Item) -> dict[str, Any]:
    news = item.news
    picture = picture_of(item, "after")
    data = picture.read_bytes() if picture and picture.stat().st_size < _LARGEST_PICTURE else None
    return {"type": f"sitewatch.{news.kind}", "timestamp": f"{news.at:%Y-%m-%dT%H:%M:%SZ}", "data": {
        "case": item.case.name, "place": item.title, "text": sentence(news), "subject": news.subject, **_facts(news),
        "picture": data and {"name": picture.name if picture else "", "base64": base64.b64encode(data).decode()}}}


def _facts(news: AnyNews) -> dict[str, Any]:
    """What a program can use of it: of a claim the quote and its verdicts, of a structure all that is known."""
    if isinstance(news, VerdictNews):
        return {"quote": news.quote, "verdict": news.verdict, "before": news.before}
    return {"class": news.class_, "chance": round(news.chance, 4),
            "after": news.between.after and f"{news.between.after:%Y-%m-%dT%H:%M:%SZ}",
            "by": news.between.by and f"{news.between.by:%Y-%m-%dT%H:%M:%SZ}", "area": news.area and _plain(news.area)}


def _plain(area: Quantity) -> dict[str, Any]:
    return {"value": area.value, "low": area.low, "high": area.high, "unit": area.unit, "level": area.level}
