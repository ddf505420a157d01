"""Requests to a provider: guarded, counted, paced, and tried again when the fault may pass."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from sitewatch.errors import ProviderError
from sitewatch.sources._guard import GuardedAdapter, is_private, shown_url

__all__ = ["DeniedError", "Part", "Policy", "UnheardError", "UnservedError", "Web"]

_BLOCK_BYTES = 65_536
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})   # HTTP statuses of faults that may pass (RFC 9110, RFC 6585)
_DENIED = (401, 403)
_UNSERVED = (404, 405, 501)
_EXPLAINED = (400, 409, 422)   # what was asked for is wrong, and the answer tends to say how
_REDIRECTS = 5
_T = TypeVar("_T")


class DeniedError(ProviderError):
    """The provider wants other credentials than those given, or some at all."""


class UnservedError(ProviderError):
    """The provider has nothing at an address, or not by that method."""


class UnheardError(ProviderError):
    """The provider did not answer, so that nobody knows whether it has heard what was asked."""


class _PassingError(Exception):
    """A fault that may be gone at the next try; ``wait_s`` is what the provider asks for."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a provider is asked. With 8 tries of which each fails by a chance of 0.2, one request in 400 000 is lost.

    ``per_second`` is the most requests that the provider allows, ``at_once`` how many may be under way, ``hops`` to how
    many addresses one of them may be sent, redirections among them.
    """

    tries: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0
    timeout_s: tuple[float, float] = (10.0, 60.0)   # to connect; between two bytes
    at_once: int = 8
    per_second: float | None = None
    allow_private: bool = False
    hops: int = 5
    largest_bytes: int = 64_000_000   # of a text: a page of 100 items weighs 1 to 3 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some bytes of a file: ``total`` is its length, ``etag`` what tells one version of it from another."""

    data: bytes
    total: int
    etag: str | None


class Web:
    """One provider as seen through HTTP; may be used by several threads at a time."""

    def __init__(self, provider: str, policy: Policy) -> None:
        self.provider, self.policy = provider, policy
        self.received = 0
        self.spend_at_most: int | None = None
        self._lock, self._next = threading.Lock(), 0.0
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.adapters.clear()
        adapter: HTTPAdapter = GuardedAdapter(policy.at_once, policy.allow_private)
        for scheme in ("https://", "http://") if policy.allow_private else ("https://",):
            self._session.mount(scheme, adapter)

    def json(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None,
             tries: int | None = None) -> Any:
        """The JSON that an address answers with; ProviderError for anything else.

        ``tries`` is 1 for what must not be asked for twice without a look whether it was heard.
        """
        def ask() -> bytes:
            with self._asked(method, url, body=body, headers=headers) as answer:
                kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind in ("text/html", "application/xhtml+xml"):
                    raise ProviderError(f"{self.provider} answered {shown_url(url)} with a web page, not with JSON. Is "
                                        "the address right, and is there a login page or a proxy between?")
                return self._body(answer, self.policy.largest_bytes)

        def parsed() -> Any:
            try:
                return json.loads(ask())
            except (ValueError, RecursionError) as error:  # cut short on the way, or never JSON
                raise _PassingError(f"the answer is not JSON ({error})") from error

        return self._patiently(parsed, url, tries)

    def part(self, url: str, start: int, stop: int, headers: Mapping[str, str] | None = None) -> Part:
        """The bytes from start to stop (excluded) of a file, fewer where it ends before.

        Raises DeniedError where the credentials do not do, ProviderError where the provider sends something else.
        """
        def ask() -> Part:
            wanted = {**(headers or {}), "Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
            with self._asked("GET", url, headers=wanted) as answer:
                begin, end, total = self._placed(answer, start, stop, url)
                data = self._body(answer, end - begin)
                if len(data) < end - begin:
                    raise _PassingError(f"{len(data)} of {end - begin} bytes arrived")
                return Part(data=data, total=total, etag=answer.headers.get("etag"))

        return self._patiently(ask, url)

    def _placed(self, answer: requests.Response, start: int, stop: int, url: str) -> tuple[int, int, int]:
        """From where to where the answer reaches, and how long the whole file is."""
        length = answer.headers.get("content-length", "")
        if answer.status_code == 200 and start == 0 and length.isdecimal() and int(length) <= stop:
            return 0, int(length), int(length)
        placed = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("content-range", ""))
        if answer.status_code != 206 or placed is None:
            raise ProviderError(f"{self.provider} does not send parts of {shown_url(url)}, only all of it, so that no "
                                "crop of it can be fetched")
        begin, last, total = map(int, placed.groups())
        if begin != start or not start <= last < min(stop, total) or last + 1 != min(stop, total):
            raise _PassingError(f"bytes {begin} to {last} of {total} came, where {start} to {stop - 1} were asked for")
        return begin, last + 1, total

    def wait(self, attempt: int, wait_s: float | None = None) -> None:
        """Wait before another try: as long as the provider says, else at random and ever longer."""
        at_most = min(self.policy.first_wait_s * 2**attempt, self.policy.longest_wait_s)
        # Random, so that threads which failed together do not come back together.
        time.sleep(min(wait_s, self.policy.longest_wait_s) if wait_s is not None
                   else random.uniform(at_most / 2, at_most))

    def _patiently(self, ask: Callable[[], _T], url: str, tries: int | None = None) -> _T:
        """What ``ask`` gives, tried again with growing, random waits while the fault may pass."""
        why, tries = "", tries or self.policy.tries
        for attempt in range(tries):
            try:
                return ask()
            except _PassingError as fault:
                why, wait_s = str(fault), fault.wait_s
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError,
                    requests.exceptions.ContentDecodingError) as fault:
                why, wait_s = f"the connection failed ({type(fault).__name__})", None
            except requests.RequestException as fault:
                raise ProviderError(f"{self.provider} cannot be asked for {shown_url(url)}: {type(fault).__name__}. "
                                    "Only https addresses are used; `allow_private: true` allows http too") from fault
            if attempt + 1 < tries:
                self.wait(attempt, wait_s)
        raise UnheardError(f"{self.provider} did not deliver {shown_url(url)} in {tries} "
                           f"{'try' if tries == 1 else 'tries'}: {why}. Try again later: what was fetched is kept")

    def _asked(self, method: str, url: str, body: Any = None,
               headers: Mapping[str, str] | None = None) -> requests.Response:
        """An answer whose body is still to come; redirections are followed by hand, each address checked."""
        given = dict(headers or {})
        for _ in range(self.policy.hops):
            self._check(url)
            self._pace()
            # With credentials of our own, those that a .netrc has for the host are not to take their place.
            answer = self._session.request(method, url, json=body, headers=given, stream=True, allow_redirects=False,
                                           auth=_as_it_is if "Authorization" in given else None,
                                           timeout=self.policy.timeout_s)
            if not answer.is_redirect:
                return self._judged(answer, url)
            answer.close()
            following = urljoin(url, answer.headers["location"])
            if urlsplit(following).netloc != urlsplit(url).netloc:
                given = {name: value for name, value in given.items() if name in ("Range", "Accept-Encoding")}
            url = following
        raise ProviderError(f"{self.provider} sends from {shown_url(url)} to ever other addresses")

    def _judged(self, answer: requests.Response, url: str) -> requests.Response:
        status = answer.status_code
        if status in (200, 201, 202, 206):
            return answer
        said = self._said(answer) if status in _EXPLAINED else ""
        answer.close()
        if status in _PASSING:
            raise _PassingError(f"status {status}", _asked_wait_s(answer.headers.get("retry-after")))
        if status in _DENIED:
            raise DeniedError(f"{self.provider} refuses {shown_url(url)} (status {status}). Check the credentials that "
                              "docs/sources.md names for it")
        kind = UnservedError if status in _UNSERVED else ProviderError
        raise kind(f"{self.provider} answered {shown_url(url)} with status {status}{said}")

    def _said(self, answer: requests.Response) -> str:
        """What an answer gives as its reason, as far as it can be shown; its bytes are counted as all are."""
        if "json" not in answer.headers.get("content-type", ""):
            return ""
        try:
            block = next(answer.iter_content(_BLOCK_BYTES), b"")
        except requests.RequestException:
            return ""
        self._spend(len(block), always=True)
        text = " ".join(block.decode(errors="replace").split())
        return f": {text[:300]}" if text.isprintable() else ""

    def _body(self, answer: requests.Response, at_most: int) -> bytes:
        """The body; ProviderError for one that is longer than agreed, or beyond what may be spent.

        Not every answer tells its length, and what is packed grows: each block is counted, and none is taken that
        would go beyond.
        """
        length = answer.headers.get("content-length", "")
        counted = self._spend(int(length) if length.isdecimal() else 0)
        data = bytearray()
        try:
            for block in answer.iter_content(_BLOCK_BYTES):
                counted += self._spend(max(0, len(data) + len(block) - counted))
                data += block
                if len(data) > at_most:
                    raise ProviderError(f"{self.provider} sends more than the {at_most} bytes that were to come")
        finally:
            self._spend(len(data) - counted, always=True)  # a connection may break
        return bytes(data)

    def _spend(self, count: int, always: bool = False) -> int:
        with self._lock:
            if not always and self.spend_at_most is not None and self.received + count > self.spend_at_most:
                raise ProviderError(f"more than the allowed {self.spend_at_most / 1e6:g} MB would be fetched")
            self.received += count
        return count

    def _check(self, url: str) -> None:
        """Refuse what is no address of a provider: other schemes, passwords in it, this machine, a private network."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        if parts.scheme not in (("https", "http") if self.policy.allow_private else ("https",)) or not host:
            raise ProviderError(f"{shown_url(url)} is not an address that may be asked: only https is")
        if parts.username or parts.password:
            raise ProviderError(f"{shown_url(url)} holds a name or a password. Give credentials by environment")
        if not self.policy.allow_private and (host == "localhost" or _is_private_literal(host)):
            raise ProviderError(f"{shown_url(url)} is an address of this machine or of a private network. If that is "
                                "meant, write `allow_private: true` into the source's entry in case.yaml, or, for a "
                                "language model, give --allow-private")

    def _pace(self) -> None:
        if self.policy.per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            self._next = max(now, self._next) + 1 / self.policy.per_second
            wait_s = self._next - 1 / self.policy.per_second - now
        if wait_s > 0:
            time.sleep(wait_s)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_private_literal(host: str) -> bool:
    try:
        return is_private(ipaddress.ip_address(host))
    except ValueError:
        return False


def _asked_wait_s(text: str | None) -> float | None:
    """How long a Retry-After header asks to wait: seconds, or a date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    try:
        return float(text) if text.strip().isdecimal() else max(0.0, parsedate_to_datetime(text).timestamp()
                                                                - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
