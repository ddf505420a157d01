"""Credentials, in the order in which the providers' own tools look for them; said where from, never what."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from sitewatch.errors import ProviderError

__all__ = ["Credential", "credential_of", "of_environment", "of_keyring"]

_SERVICE = "sitewatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret, which no message shows, and where it is from: the name of a variable, or the keyring."""

    secret: str = field(repr=False)
    origin: str


def credential_of(provider: str, variables: Sequence[str]) -> Credential | None:
    """The first of the environment variables that is set, else the keyring's entry `sitewatch`, `provider`; else None.

    Raises ProviderError where the keyring is locked or broken.
    """
    return of_environment(variables) or of_keyring(provider, variables)


def of_environment(variables: Sequence[str]) -> Credential | None:
    """The first of the environment variables that is set."""
    for name in variables:
        if secret := os.environ.get(name, "").strip():
            return Credential(secret=secret, origin=f"the environment variable {name}")
    return None


def of_keyring(provider: str, instead: Sequence[str]) -> Credential | None:
    """The keyring's entry `sitewatch`, `provider`, where the package keyring is installed (`sitewatch[keyring]`).

    Raises ProviderError where it is locked or broken, with the variables that would do ``instead``.
    """
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        secret = keyring.get_password(_SERVICE, provider)
    except keyring.errors.NoKeyringError:
        return None
    except keyring.errors.KeyringError as error:
        raise ProviderError(f"the keyring cannot be asked for {provider} ({type(error).__name__}). Unlock it, or set "
                            f"{' or '.join(instead)}") from None
    return Credential(secret=secret, origin="the keyring") if secret else None
