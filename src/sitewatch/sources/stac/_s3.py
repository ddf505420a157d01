"""Files behind the S3 protocol with keys of their own, so that they cannot be taken for those of another provider.

AWS, "Signature Version 4: Authenticating Requests: Using Query Parameters"; the Range header is not part of it.
"""

from __future__ import annotations

import configparser
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from sitewatch.sources._credentials import of_keyring

__all__ = ["COPERNICUS_KEYS", "S3Key", "copernicus_key", "presigned"]

COPERNICUS_KEYS = ("SITEWATCH_CDSE_ACCESS_KEY_ID", "SITEWATCH_CDSE_SECRET_ACCESS_KEY")
_PROFILE = "SITEWATCH_CDSE_PROFILE"
_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Key:
    """A pair of keys, neither of which any message shows, and where it is from."""

    identity: str = field(repr=False)
    secret: str = field(repr=False)
    origin: str


def copernicus_key() -> S3Key | None:
    """The keys to the Copernicus Data Space, None where there are none.

    The two variables of our own first, then the profile `copernicus` of ~/.aws/credentials (or the one that
    SITEWATCH_CDSE_PROFILE names), then the keyring's entry `sitewatch`, `copernicus`, as ID:SECRET. AWS_ACCESS_KEY_ID
    is never read: it is of another provider, who would be told it.
    """
    identity, secret = (os.environ.get(name, "").strip() for name in COPERNICUS_KEYS)
    if identity and secret:
        return S3Key(identity=identity, secret=secret, origin=f"the environment variable {COPERNICUS_KEYS[0]}")
    named = os.environ.get(_PROFILE, "").strip() or "copernicus"
    if (held := _of_profile(named)) is not None:
        return held
    found = of_keyring("copernicus", COPERNICUS_KEYS)
    if found is None or ":" not in found.secret:
        return None
    identity, _, secret = found.secret.partition(":")
    return S3Key(identity=identity, secret=secret, origin=found.origin)


def presigned(url: str, key: S3Key, moment: datetime, seconds: int, region: str = "default") -> str:
    """The address with a signature that lets anybody read it for so many seconds."""
    parts, day = urlsplit(url), f"{moment.astimezone(UTC):%Y%m%d}"
    scope = f"{day}/{region}/s3/aws4_request"
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in (
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", f"{key.identity}/{scope}"),
        ("X-Amz-Date", f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"), ("X-Amz-Expires", str(seconds)),
        ("X-Amz-SignedHeaders", "host")))
    asked = "\n".join(("GET", quote(parts.path, safe="/~%"), query, f"host:{parts.netloc}", "", "host",
                       "UNSIGNED-PAYLOAD"))
    told = "\n".join(("AWS4-HMAC-SHA256", f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}", scope,
                      hashlib.sha256(asked.encode()).hexdigest()))
    signer = f"AWS4{key.secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        signer = hmac.new(signer, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signer, told.encode(), hashlib.sha256).hexdigest()
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{query}&X-Amz-Signature={signature}"


def _of_profile(name: str) -> S3Key | None:
    path = Path.home() / ".aws" / "credentials"
    told = configparser.RawConfigParser()
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None
        told.read(path, encoding="utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return None
    identity, secret = (told.get(name, f"aws_{what}", fallback="").strip() for what in (
        "access_key_id", "secret_access_key"))
    return S3Key(identity=identity, secret=secret, origin=f"the profile {name[:60]!r} of ~/.aws/credentials") \
        if identity and secret else None
