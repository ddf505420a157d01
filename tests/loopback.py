"""An archive on this machine: files in parts, a STAC API in memory or before another one, and faults as they happen."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["Faults", "Loopback", "Request", "serving"]


@dataclass
class Faults:
    """Of all requests the share ``rate`` fails, whatever is asked for, in one of the ways that networks and servers
    have; of the others the share ``slow`` is answered late."""

    rate: float = 0.0
    kinds: tuple[str, ...] = ("503", "429", "cut", "hang up", "html")
    slow: float = 0.0
    seed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)

    def next(self) -> str | None:
        """What is to go wrong with this request, if anything."""
        with self._lock:
            if self._draw.random() < self.rate:
                return self._draw.choice(self.kinds)
            return "slow" if self._draw.random() < self.slow else None


@dataclass(frozen=True)
class Request:
    """One request as it was answered; ``sent`` are bytes of the body, ``fault`` what was made to go wrong."""

    method: str
    path: str
    part: str | None
    status: int
    sent: int
    fault: str | None = None


class Loopback:
    """``files`` lie under /files/; ``items`` are searched under /search; ``answers`` give a status and a JSON body.

    These find what was asked behind the ``?`` among the headers as ``query``. ``gate`` may refuse an address with a
    status.

    What none of them knows is asked of ``upstream``, if there is one.
    """

    def __init__(self, files: Path) -> None:
        self.files = files
        self.items: list[dict[str, Any]] = []
        self.collections: dict[str, Any] = {}
        self.answers: Mapping[str, Callable[[str, dict[str, str], Any], tuple[int, Any]]] = {}
        self.gate: Callable[[str], int | None] = lambda path: None
        self.faults = Faults()
        self.upstream: str | None = None
        self.log: list[Request] = []
        self.page = 10
        self.url = ""

    def sent(self, prefix: str = "/") -> int:
        """How many bytes of bodies went out for paths that begin so."""
        return sum(request.sent for request in self.log if request.path.startswith(prefix))

    def failed(self, prefix: str = "/") -> tuple[int, int]:
        """Of how many requests for paths that begin so how many were made to fail: these first."""
        asked = [request.fault for request in self.log if request.path.startswith(prefix)]
        return sum(fault not in (None, "slow") for fault in asked), len(asked)


@contextmanager
def serving(files: Path) -> Iterator[Loopback]:
    """The archive, as long as it is needed."""
    archive = Loopback(files)

    class Handler(_Handler):
        of = archive

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    archive.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    of: Loopback
    _fault: str | None = None
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body would wait 40 ms for the head to be acknowledged

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self._answer(json.loads(self.rfile.read(length) or b"null"))

    def log_message(self, *ignored: Any) -> None:
        """Nothing is printed."""

    def _answer(self, body: Any) -> None:
        self._fault = self.of.faults.next()
        if self._fault in ("503", "429"):
            self._send(int(self._fault), b"", {"Retry-After": "0"} if self._fault == "429" else {})
        elif self._fault == "hang up":
            self.close_connection = True
            self.of.log.append(Request(self.command, self.path, None, 0, 0, self._fault))
        elif self._fault == "html":
            self._send(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"})
        else:
            if self._fault == "slow":
                time.sleep(0.05)
            self._true_answer(body, is_cut=self._fault == "cut")

    def _true_answer(self, body: Any, is_cut: bool) -> None:
        path, _, query = self.path.partition("?")
        if (refused := self.of.gate(self.path)) is not None:
            self._send(refused, b"", {})
        elif path in self.of.answers:
            status, answer = self.of.answers[path](self.command, {**self.headers, "query": query}, body)
            self._send_json(status, answer, is_cut)
        elif path.startswith("/files/"):
            self._send_file(self.of.files / path.removeprefix("/files/"), is_cut)
        elif self.of.upstream is not None:
            self._send_json(*_asked(self.of.upstream + self.path, self.command, body, self.of.url), is_cut)
        elif path == "/search":
            self._send_json(200, self._found(body), is_cut)
        elif path.startswith("/collections/"):
            known = self.of.collections.get(path.removeprefix("/collections/"))
            self._send_json(200 if known else 404, known or {}, is_cut)
        else:
            self._send(404, b"", {})

    def _found(self, body: dict[str, Any]) -> dict[str, Any]:
        """A page; like real servers it may begin with an item of the page before."""
        at = int(body.get("token", "0"))
        page = self.of.items[max(0, at - 1):at + self.of.page]
        links = [{"rel": "next", "href": f"{self.of.url}/search", "method": "POST", "merge": True,
                  "body": {"token": str(at + self.of.page)}}] if at + self.of.page < len(self.of.items) else []
        return {"type": "FeatureCollection", "features": page, "links": links}

    def _send_file(self, path: Path, is_cut: bool) -> None:
        if not path.is_file():
            self._send(404, b"", {})
            return
        data, wanted = path.read_bytes(), re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if wanted is None:
            self._send(200, data, {"Content-Type": "image/tiff"}, is_cut)
            return
        start, stop = int(wanted[1]), min(int(wanted[2]) + 1, len(data))
        self._send(206, data[start:stop], {"Content-Type": "image/tiff", "ETag": f'"{len(data)}"',
                                           "Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}, is_cut)

    def _send_json(self, status: int, answer: Any, is_cut: bool) -> None:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        kind = "text/html; charset=utf-8" if data.startswith(b"<") else "application/json"
        self._send(status, data, {"Content-Type": kind}, is_cut)

    def _send(self, status: int, data: bytes, headers: dict[str, str], is_cut: bool = False) -> None:
        sent = data[:len(data) // 2] if is_cut else data
        self.of.log.append(Request(self.command, self.path, self.headers.get("range"), status, len(sent),
                                   self._fault))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        if is_cut:
            self.close_connection = True


def _asked(url: str, method: str, body: Any, own: str) -> tuple[int, bytes]:
    """What the server behind answers, with its addresses turned into ours."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(),
                                     {"Content-Type": "application/json"}, method=method)
    base = "/".join(url.split("/")[:3])
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read().replace(base.encode(), own.encode())
