"""When was this published? An authority's time stamp (RFC 3161) of SHA256SUMS, which pins every file of the evidence.

The one place here that reaches a network, and only where a publisher names an authority; checking a stamp reaches none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import requests

from sitewatch import store
from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.store import SUMS, Verified

__all__ = ["STAMP", "check_stamp", "stamp_of"]

STAMP = f"{SUMS}.tsr"
_GRANTED = (0, 1)   # PKIStatus: granted, granted with modifications
_SECONDS = 30
_LARGEST_BYTES = 1_000_000   # a reply with its certificates weighs 2 to 10 kB
_EXTRA = "time stamps need the extra: pip install 'sitewatch[stamp]'"


def stamp_of(sums: bytes, url: str) -> bytes:
    """The authority's reply for these sums: its hash goes out, nothing else of the case.

    Raises UsageError for what is no address, ProviderError where the authority does not stamp exactly this.
    """
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname or where.username or where.password:
        raise UsageError("--timestamp takes the address of a time stamping authority (RFC 3161), such as "
                         "https://freetsa.org/tsr, without a password in it")
    client = _client()
    if client is None:
        raise InputError(_EXTRA)
    query = client.TimestampRequestBuilder(data=sums, hash_algorithm=client.base.HashAlgorithm.SHA256).build()
    reply = _asked(url, query.as_bytes(), str(where.hostname))
    try:
        found = client.decode_timestamp_response(reply)
        if found.status not in _GRANTED:
            raise ProviderError(f"{where.hostname} refused to stamp this: {'; '.join(found.status_string)[:200]}. Try "
                                "later, or another authority")
        told = found.tst_info
    except ValueError as error:
        raise ProviderError(f"{where.hostname} sent no time stamp ({str(error)[:200]}). Is this the address of an "
                            "authority of RFC 3161?") from error
    if told.nonce != query.nonce or not _is_of(told, sums):
        raise ProviderError(f"{where.hostname} stamped something else. Try again, or another authority")
    return reply


def check_stamp(path: Path, sums: bytes, authority: Path | None) -> Iterator[Verified]:
    """The stamp beside the evidence, offline.

    With ``authority``, a PEM file with the certificates of whoever is trusted to tell the time, only theirs count, and
    a missing stamp fails. Without it the time is told, but not whether it can be trusted.
    """
    if not path.is_file():
        if authority:
            yield Verified(what=STAMP, holds=False, detail="is missing: nobody has stamped this")
        return
    client = _client()
    if client is None:
        yield Verified(what=STAMP, holds=None, detail=_EXTRA)
        return
    roots = _certificates(authority) if authority else []
    try:
        found = client.decode_timestamp_response(store.read_bytes(path, _LARGEST_BYTES))
        told = found.tst_info
        if found.status not in _GRANTED or not _is_of(told, sums):
            yield Verified(what=STAMP, holds=False, detail="is a stamp of something else")
        elif not roots:
            yield Verified(what=STAMP, holds=None, detail=f"says {told.gen_time:%Y-%m-%d %H:%M:%S} UTC; who says so, "
                           "only --authority with certificates that you trust can tell")
        else:
            yield _trusted(client, found, sums, roots)
    except (ValueError, InputError) as error:
        yield Verified(what=STAMP, holds=False, detail=f"cannot be read ({str(error)[:200]})")


def _trusted(client: ModuleType, found: Any, sums: bytes, roots: list[Any]) -> Verified:
    try:
        client.VerifierBuilder(roots=roots).build().verify(found, hashlib.sha256(sums).digest())
    except client.VerificationError as error:
        return Verified(what=STAMP, holds=False, detail=f"does not hold: {str(error)[:200]}")
    return Verified(what=STAMP, holds=True, detail="this evidence was there by "
                    f"{found.tst_info.gen_time:%Y-%m-%d %H:%M:%S} UTC, says an authority that you trust")


def _certificates(authority: Path) -> list[Any]:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415  comes with the extra

    try:
        return load_pem_x509_certificates(store.read_bytes(authority, _LARGEST_BYTES))
    except ValueError as error:
        raise InputError(f"{authority} holds no certificate in PEM. Name the file with the authority's root "
                         "certificate") from error


def _is_of(told: Any, sums: bytes) -> bool:
    return bool(told.message_imprint.message == hashlib.sha256(sums).digest())


def _asked(url: str, query: bytes, host: str) -> bytes:
    """The body of the answer; a stamp is asked for where it was addressed to, and nowhere else."""
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": "sitewatch"}
    try:   # its own ``auth`` keeps requests from sending a password of ~/.netrc
        with requests.post(url, query, headers=headers, timeout=_SECONDS, stream=True, allow_redirects=False,
                           auth=lambda asked: asked) as answer:
            if answer.status_code != 200:
                raise ProviderError(f"{host} answered {answer.status_code}. Is this the address of an authority of "
                                    "RFC 3161?")
            body = answer.raw.read(_LARGEST_BYTES + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise ProviderError(f"{host} could not be asked for a time stamp ({type(error).__name__}). Nothing was "
                            "published: try again, or publish without --timestamp") from error
    if len(body) > _LARGEST_BYTES:
        raise ProviderError(f"{host} sent more than a time stamp can be. Is this the address of an authority?")
    return bytes(body)


def _client() -> ModuleType | None:
    try:
        import rfc3161_client  # noqa: PLC0415  an optional extra
    except ImportError:
        return None
    return rfc3161_client
