"""Which credential is taken, and that it is never seen."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sitewatch.errors import ProviderError
from sitewatch.model import Span
from sitewatch.sources import StacSource
from sitewatch.sources._credentials import credential_of
from sitewatch.sources.stac import PROFILES

_NAMES = ("FIRST_KEY", "SECOND_KEY")


class _NoKeyringError(Exception):
    pass


def _keyring(monkeypatch: pytest.MonkeyPatch, held: dict[tuple[str, str], str], fault: type[Exception] | None = None):
    def get_password(service: str, name: str) -> str | None:
        if fault is not None:
            raise fault("secret backend")
        return held.get((service, name))

    errors = SimpleNamespace(NoKeyringError=_NoKeyringError, KeyringError=OSError)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password, errors=errors))


def test_the_first_variable_counts_then_the_second_then_the_keyring(monkeypatch):
    _keyring(monkeypatch, {("sitewatch", "archive"): "from-keyring"})
    monkeypatch.setenv("FIRST_KEY", "one")
    monkeypatch.setenv("SECOND_KEY", "two")
    assert credential_of("archive", _NAMES).origin == "the environment variable FIRST_KEY"
    monkeypatch.setenv("FIRST_KEY", " ")
    assert credential_of("archive", _NAMES).secret == "two"
    monkeypatch.delenv("SECOND_KEY")
    found = credential_of("archive", _NAMES)
    assert (found.secret, found.origin) == ("from-keyring", "the keyring")
    assert credential_of("another", _NAMES) is None


def test_a_secret_is_not_in_what_is_printed_of_it(monkeypatch):
    monkeypatch.setenv("FIRST_KEY", "one-secret")
    assert "one-secret" not in repr(credential_of("archive", _NAMES))


def test_a_machine_without_a_keyring_has_no_credential_and_a_locked_one_says_so(monkeypatch):
    _keyring(monkeypatch, {}, _NoKeyringError)
    assert credential_of("archive", _NAMES) is None
    _keyring(monkeypatch, {}, OSError)
    with pytest.raises(ProviderError, match="Unlock it, or set FIRST_KEY or SECOND_KEY"):
        credential_of("archive", _NAMES)
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert credential_of("archive", _NAMES) is None


def test_the_key_is_sent_to_the_one_who_signs_and_to_no_one_else(archive, archived_site, archive_source, monkeypatch):
    seen: list[str | None] = []

    def token(method, headers, body):
        seen.append(headers.get("Ocp-Apim-Subscription-Key"))
        return 200, {"token": "sig=x", "msft:expiry": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}

    archive.answers["/api/sas/v1/token/account/container"] = token
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "a-key")
    monkeypatch.setattr("sitewatch.sources.stac._sign._PlanetaryComputer._container",
                        lambda self, href: "account/container")
    source = StacSource(profile="planetary-computer", url=archive.url, allow_private=True,
                        assets=("blue", "green", "red", "nir", "scl"))
    scene = next(iter(source.find(archived_site, Span())))
    b"".join(source.open(scene.asset("image")))
    assert seen == ["a-key"]
    assert all("a-key" not in request.path for request in archive.log)
    assert PROFILES["planetary-computer"].credential == "the environment variable PC_SDK_SUBSCRIPTION_KEY"
    assert PROFILES["earth-search"].credential is None
