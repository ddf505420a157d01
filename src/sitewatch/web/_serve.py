"""Serve one case to one browser on this machine."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

import uvicorn

from sitewatch.errors import InputError
from sitewatch.web._app import STATIC, app_of
from sitewatch.web._desk import Desk
from sitewatch.web._guard import Guard

__all__ = ["serve"]

_HOST = "127.0.0.1"


def serve(desk: Desk, port: int, announce: Callable[[str], None], *, open_it: bool = True) -> None:
    """Serve until interrupted; ``port`` 0 takes a free one. ``announce`` is told the one-time address.

    Raises InputError where the page was not built or the port is taken.
    """
    if not (STATIC / "index.html").is_file():
        raise InputError("the review page is not built. Run `make web`, which needs Node.js 20 or later, or install "
                         "sitewatch from a wheel, which holds it")
    app = app_of(desk)
    # No access log: it would hold the token, and what a reader looked at is nobody's business.
    config = uvicorn.Config(app, host=_HOST, port=port, log_level="warning", access_log=False, server_header=False,
                            ws="none", timeout_graceful_shutdown=2)
    try:
        socket = config.bind_socket()
    except SystemExit as error:
        raise InputError(f"port {port} of {_HOST} cannot be used. Choose another one, or --port 0 for any") from error
    taken = int(socket.getsockname()[1])
    socket.listen()   # a browser that is quicker than the server waits instead of being refused
    guard = Guard(app, taken)
    config.app = guard
    address = f"http://{_HOST}:{taken}/?token={guard.token}"
    announce(address)
    if open_it:
        webbrowser.open(address)
    uvicorn.Server(config).run(sockets=[socket])
