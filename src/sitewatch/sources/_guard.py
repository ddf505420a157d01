"""What may be connected to: a provider's item must not make us ask this machine or a private network."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sitewatch.errors import ProviderError

__all__ = ["GuardedAdapter", "is_private", "shown_url", "without_secrets"]

# Parameters by which providers sign addresses: Azure's shared access signatures, S3's presigned ones, Planet's tokens.
_SECRET = re.compile(r"sig|signature|token|.*key.*|x-amz-.*|x-goog-.*|awsaccesskeyid|policy|password|secret|"
                     r"s[ekprtv]|s[ek]oid|sktid|sk[estv]|expires", re.IGNORECASE)


class GuardedAdapter(HTTPAdapter):
    """Checks the address at the other end of each connection, so that no name can resolve to another one later.

    A proxy that the environment names does the connecting itself, and is not checked.
    """

    def __init__(self, at_once: int, allow_private: bool) -> None:
        self._allow_private = allow_private
        # A full pool makes a thread wait for its turn; nothing times out for having to wait.
        super().__init__(pool_connections=at_once, pool_maxsize=at_once, pool_block=True, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **given: Any) -> None:
        """As of any adapter, with connections that look whom they have reached."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **given)
        if not self._allow_private:
            self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is not one of the public internet (IANA special-purpose registries)."""
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global or (mapped or address).is_multicast


def shown_url(url: str) -> str:
    """An address as it may be shown: without name, password, parameters and fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))[:300]


def without_secrets(url: str) -> str:
    """An address as it may be kept: what signs it and who asks is left out, the rest stands."""
    try:
        parts = urlsplit(url)
        query = urlencode([(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)
                           if not _SECRET.fullmatch(key)])
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, place, parts.path, query, parts.fragment))


def _checked(connected: socket.socket) -> socket.socket:
    peer = ipaddress.ip_address(str(connected.getpeername()[0]).partition("%")[0])
    if is_private(peer):
        connected.close()
        raise ProviderError(f"its address leads to {peer}, which is of this machine or of a private network. If that "
                            "is meant, write `allow_private: true` into the source's entry in case.yaml")
    return connected


class _HTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _HTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPS
