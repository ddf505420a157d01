"""A server that speaks the S3 protocol on loopback, with one bucket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

__all__ = ["BUCKET", "s3_server"]

BUCKET = "team"


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """The environment variables with which its bucket can be used."""
    pytest.importorskip("moto")
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  takes seconds to load

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        assert requests.put(f"http://{host}:{port}/{BUCKET}", timeout=10).ok
        yield {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
               "AWS_ACCESS_KEY_ID": "key-of-ana", "AWS_SECRET_ACCESS_KEY": "secret-of-ana"}
    finally:
        server.stop()
