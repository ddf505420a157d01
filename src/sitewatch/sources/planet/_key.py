"""Whose account Planet is asked with: in the order of Planet's own SDK, and said which one won.

Planet SDK for Python 3, `Auth.from_user_default_session`: a profile, then a service account, then a key; of each what
the environment says, then what ~/.planet.json says. The SDK goes on to the next where a profile cannot be used; here
that is an error, because what is ordered is charged to whoever was asked with.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitewatch.errors import ProviderError
from sitewatch.sources._credentials import of_environment, of_keyring

__all__ = ["PlanetKey", "planet_key"]

_FILE = ".planet.json"
_LARGEST_BYTES = 1_000_000
_KEYS = ("PL_API_KEY", "PL_AUTH_API_KEY", "PLANET_API_KEY")  # the SDK's, as its documentation has it, and satchange's


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanetKey:
    """``headers()`` are those of the next request, never to be shown; ``origin`` says in words where they are from."""

    origin: str
    headers: Callable[[], Mapping[str, str]] = field(repr=False)


def planet_key() -> PlanetKey | None:
    """The account that Planet's own tools would use, None where there is none.

    Raises ProviderError where one is named that cannot be used.
    """
    file = _config()
    profile, of_profile = _stated("PL_AUTH_PROFILE", file)
    if profile:
        return _by_sdk(f"the profile {profile[:60]!r} that {of_profile} names", lambda auth: auth.from_profile(profile))
    (client, of_client), (secret, _) = _stated("PL_AUTH_CLIENT_ID", file), _stated("PL_AUTH_CLIENT_SECRET", file)
    if client and secret:
        return _by_sdk(f"the service account that {of_client} names",
                       lambda auth: auth.from_oauth_m2m(client, secret, save_state_to_storage=False))
    found = of_environment(_KEYS)
    if found is None and (held := next((held for name in ("PL_API_KEY", "key") if isinstance(
            held := file.get(name), str) and held), None)):
        return _by_key(held, f"~/{_FILE}")
    found = found or of_keyring("planet", _KEYS)
    return None if found is None else _by_key(found.secret, found.origin)


def _by_key(key: str, origin: str) -> PlanetKey:
    return PlanetKey(origin=origin, headers=lambda: {"Authorization": f"api-key {key}"})


def _by_sdk(origin: str, made: Callable[[Any], Any]) -> PlanetKey:
    """A profile or a service account: Planet's SDK signs in, and renews what has expired."""
    try:
        planet, httpx = importlib.import_module("planet"), importlib.import_module("httpx")
    except ImportError:
        raise ProviderError(f"{origin} needs Planet's own SDK to sign in: pip install sitewatch[planet]. Or unset it "
                            "and set PL_API_KEY") from None
    try:
        auth = made(planet.Auth)
    except Exception as error:
        raise ProviderError(f"{origin} cannot be used ({type(error).__name__}). Sign in with `planet auth login`, or "
                            "unset it") from None

    def headers() -> Mapping[str, str]:
        try:
            held = next(auth.auth_flow(httpx.Request("GET", "https://api.planet.com/"))).headers.get("Authorization")
        except Exception:  # its words may hold what it was given
            held = None
        if not held:  # the SDK would ask without a name, and be refused for that
            raise ProviderError(f"{origin} could not sign in. Look with `planet auth login`, and try again later")
        return {"Authorization": held}

    return PlanetKey(origin=origin, headers=headers)


def _stated(name: str, file: Mapping[str, Any]) -> tuple[str, str]:
    """What is stated under a name, and where."""
    if told := os.environ.get(name, "").strip():
        return told, f"the environment variable {name}"
    held = file.get(name)
    return (held, f"~/{_FILE}") if isinstance(held, str) else ("", "")


def _config() -> Mapping[str, Any]:
    path = Path.home() / _FILE
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return {}
        held = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
