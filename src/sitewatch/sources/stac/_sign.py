"""Making a provider's files readable: late, anew when a signature has expired, and never to be seen."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import urljoin, urlsplit

from sitewatch.errors import ProviderError
from sitewatch.sources._credentials import credential_of
from sitewatch.sources._web import Web
from sitewatch.sources.stac._s3 import COPERNICUS_KEYS, S3Key, copernicus_key, presigned

__all__ = ["Signer", "Signing", "signer_of"]

_BLOBS = ".blob.core.windows.net"
_CDSE, _EODATA = ".dataspace.copernicus.eu", "https://eodata.dataspace.copernicus.eu/"
_KEYS_AT = "https://eodata-s3keysmanager.dataspace.copernicus.eu"
_VALID_S = 3600
_EARLY = timedelta(seconds=60)   # a signature that ends sooner might end on the way


Signing = Literal["planetary-computer", "copernicus"]


class Signer(Protocol):
    """Gives an address as it can be read right now."""

    def ready(self) -> None:
        """ProviderError where nothing can be read for want of a credential."""
        ...

    def signed(self, href: str) -> str:
        """The address with whatever the provider wants to see in it."""
        ...

    def forget(self, href: str) -> None:
        """The signature did not do: get another one next time."""
        ...


def signer_of(signing: Signing | None, web: Web, url: str, variables: tuple[str, ...]) -> Signer | None:
    """The signer that an archive needs, None for one that needs none."""
    if signing == "copernicus":
        return _Copernicus(_EODATA if (urlsplit(url).hostname or "").endswith(_CDSE) else urljoin(url, "/"))
    return None if signing is None else _PlanetaryComputer(web, urljoin(url, "/api/sas/v1/token"), variables)


class _Copernicus:
    """Files of the Copernicus Data Space, which it names by s3://bucket/key and gives to those who have keys.

    documentation.dataspace.copernicus.eu, "APIs: S3".
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def ready(self) -> None:
        """ProviderError where there are no keys."""
        self._key()

    def signed(self, href: str) -> str:
        """The https address behind an s3 one, signed; others as they are."""
        parts = urlsplit(href)
        if parts.scheme != "s3":
            return href
        return presigned(f"{self._endpoint}{parts.netloc}{parts.path}", self._key(), datetime.now(UTC), _VALID_S)

    def forget(self, href: str) -> None:
        """Each address is signed anew."""

    def _key(self) -> S3Key:
        found = copernicus_key()
        if found is None:
            raise ProviderError(f"the Copernicus Data Space gives its files to those who have S3 keys. Make some at "
                                f"{_KEYS_AT}, and set {' and '.join(COPERNICUS_KEYS)}")
        return found


class _PlanetaryComputer:
    """Shared access signatures, one for each container of blobs (planetarycomputer.microsoft.com/docs, "SAS tokens").

    They are free without an account; a subscription key asks for longer ones.
    """

    def __init__(self, web: Web, url: str, variables: tuple[str, ...]) -> None:
        self._web, self._url, self._variables = web, url, variables
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def ready(self) -> None:
        """Nobody needs an account."""

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
