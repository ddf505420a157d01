"""Making a provider's files readable: late, anew when a signature has expired, and never to be seen."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import urljoin, urlsplit

from sitewatch.errors import ProviderError
from sitewatch.sources._credentials import credential_of
from sitewatch.sources._web import Web

__all__ = ["Signer", "signer_of"]

_BLOBS = ".blob.core.windows.net"
_EARLY = timedelta(seconds=60)   # a signature that ends sooner might end on the way


class Signer(Protocol):
    """Gives an address as it can be read right now."""

    def signed(self, href: str) -> str:
        """The address with whatever the provider wants to see in it."""
        ...

    def forget(self, href: str) -> None:
        """The signature did not do: get another one next time."""
        ...


def signer_of(signing: Literal["planetary-computer"] | None, web: Web, url: str,
              variables: tuple[str, ...]) -> Signer | None:
    """The signer that an archive needs, None for one that needs none."""
    return None if signing is None else _PlanetaryComputer(web, urljoin(url, "/api/sas/v1/token"), variables)


class _PlanetaryComputer:
    """Shared access signatures, one for each container of blobs (planetarycomputer.microsoft.com/docs, "SAS tokens").

    They are free without an account; a subscription key asks for longer ones.
    """

    def __init__(self, web: Web, url: str, variables: tuple[str, ...]) -> None:
        self._web, self._url, self._variables = web, url, variables
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def signed(self, href: str) -> str:
        """The address with a signature, where it is one of a container."""
        container = self._container(href)
        if container is None:
            return href
        with self._lock:  # one thread asks, the others wait for its token
            held = self._tokens.get(container)
            if held is None or datetime.now(UTC) + _EARLY >= held[1]:
                held = self._tokens[container] = self._asked(container)
        return f"{href}{'&' if urlsplit(href).query else '?'}{held[0]}"

    def forget(self, href: str) -> None:
        """Drop the signature of a container."""
        with self._lock:
            self._tokens.pop(self._container(href) or "", None)

    def _container(self, href: str) -> str | None:
        parts = urlsplit(href)
        host, folder = parts.hostname or "", parts.path.split("/")[1:2]
        if not host.endswith(_BLOBS) or not folder:
            return None
        return f"{host.removesuffix(_BLOBS)}/{folder[0]}"

    def _asked(self, container: str) -> tuple[str, datetime]:
        key = credential_of(self._web.provider, self._variables)
        answer = self._web.json("GET", f"{self._url}/{container}",
                                headers={"Ocp-Apim-Subscription-Key": key.secret} if key else None)
        try:
            return str(answer["token"]), datetime.fromisoformat(answer["msft:expiry"]).astimezone(UTC)
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderError(f"{self._web.provider} gave no signature for {container}. Try again later") from error
