"""Who may ask: one browser on this machine, from this page, to this name.

A page from elsewhere can send requests to 127.0.0.1, and a name that it controls can be made to point there (DNS
rebinding). So the Host must be ours, an unsafe request must come from our Origin, and everything needs the cookie that
the one-time link was exchanged for (OWASP cheat sheets: cross-site request forgery; fetch metadata, W3C).
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_LARGEST_BODY = 1_000_000
_SAFE = ("GET", "HEAD")
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",  # images may be licensed to one person; a browser's cache is not the case's
}


class Guard:
    """ASGI middleware; ``token`` is good for one exchange, the cookie for as long as the server runs."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._origins = {f"http://127.0.0.1:{port}", f"http://localhost:{port}"}
        self._cookie = f"sitewatch-{port}"  # cookies do not tell ports apart
        self._session = secrets.token_urlsafe(32)
        self.token = secrets.token_urlsafe(32)
        self._is_used = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through or answer why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no other protocol is spoken here: the server closes it
        answer = self._answer(scope)
        body = _Limited(receive)
        await (answer or self._app)(scope, body, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Why a request is refused, or what its token is exchanged for; None lets it through."""
        headers = Headers(scope=scope)
        refused = self._refusal(scope["method"], headers)
        if refused:
            return _refused(*refused)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if scope["path"] == "/" and given:
            return self._exchanged(given[0])
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if not secrets.compare_digest(cookie.encode(), self._session.encode()):
            return _refused(401, "this page needs the link that sitewatch printed. Start `sitewatch review` again "
                                 "for a new one")
        return None

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        origin = f"http://{headers.get('host', '')}"
        if origin not in self._origins:
            return 421, "this server answers to 127.0.0.1 only. Use the address that sitewatch printed"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "the request comes from another site"
        if method not in _SAFE and headers.get("origin") != origin:
            return 403, "the request does not come from this page"
        length = headers.get("content-length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            return 413, f"the request is larger than {_LARGEST_BODY} bytes"
        return None

    def _exchanged(self, token: str) -> Response:
        if self._is_used or not secrets.compare_digest(token.encode(), self.token.encode()):
            return _refused(401, "this link is not valid, or was used already. Start `sitewatch review` again for "
                                 "a new one")
        self._is_used = True
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer


class _Limited:
    """Ends a body that has no length of its own and does not end."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._seen = receive, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        return message if self._seen <= _LARGEST_BODY else {"type": "http.disconnect"}


def _with_headers(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)
    return sent


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"detail": why}, status_code=status)
