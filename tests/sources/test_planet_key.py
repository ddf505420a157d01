"""Whose account Planet is asked with: the order of Planet's own SDK, and which one won."""

from __future__ import annotations

import json

import keyring
import pytest
from keyring.backend import KeyringBackend

from sitewatch.errors import ProviderError
from sitewatch.sources.archives import known_archives
from sitewatch.sources.planet import _key, planet_key

planet_auth = pytest.importorskip("planet_auth", reason="the extra `planet` is not installed")
_VARIABLES = ("PL_AUTH_PROFILE", "PL_AUTH_CLIENT_ID", "PL_AUTH_CLIENT_SECRET", "PL_API_KEY", "PL_AUTH_API_KEY",
              "PLANET_API_KEY")


class _Ring(KeyringBackend):
    priority = -1   # never chosen but by name, so that no other test meets it

    def get_password(self, service, username):
        return "ring-secret" if (service, username) == ("sitewatch", "planet") else None

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without anything of Planet's, and a keyring with a key."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    before = keyring.get_keyring()
    keyring.set_keyring(_Ring())
    yield tmp_path
    keyring.set_keyring(before)


def config(home, **keys):
    (home / ".planet.json").write_text(json.dumps(keys))


def test_the_environment_goes_before_the_file_and_the_file_before_the_keyring(home, monkeypatch):
    assert planet_key().origin == "the keyring"
    config(home, key="file-secret")
    assert (planet_key().origin, planet_key().headers()) == ("~/.planet.json",
                                                             {"Authorization": "api-key file-secret"})
    for name in reversed(_VARIABLES[3:]):
        monkeypatch.setenv(name, f"secret of {name}")
        assert planet_key().origin == f"the environment variable {name}"
        assert planet_key().headers() == {"Authorization": f"api-key secret of {name}"}


def test_a_profile_goes_before_a_key_also_where_only_the_file_names_it(home, monkeypatch):
    """The trap of Planet's tools: a key in the environment is not used then, and nothing says so."""
    monkeypatch.setenv("PL_API_KEY", "secret")
    folder = home / ".planet" / "works"
    folder.mkdir(parents=True)
    (folder / "auth_client.json").write_text(json.dumps({
        "client_type": "static_apikey", "api_key": "profile-secret", "bearer_token_prefix": "api-key"}))
    config(home, PL_AUTH_PROFILE="works")
    # What the SDK takes for the home folder was settled when it was imported.
    monkeypatch.setattr("planet_auth_utils.profile.USER_CONFIG_DIR", home / ".planet", raising=False)
    monkeypatch.setattr("planet_auth_utils.profile.Profile.get_profile_file_path_with_priority",
                        lambda filenames, profile, override_path=None: folder / filenames[-1])
    found = planet_key()
    assert found.origin == "the profile 'works' that ~/.planet.json names"
    assert found.headers() == {"Authorization": "api-key profile-secret"}


def test_a_profile_that_cannot_be_used_is_an_error_and_no_other_key_takes_its_place(home, monkeypatch):
    monkeypatch.setenv("PL_API_KEY", "secret")
    monkeypatch.setenv("PL_AUTH_PROFILE", "no-such-profile")
    with pytest.raises(ProviderError, match="no-such-profile"):
        planet_key()


def test_a_profile_without_the_sdk_says_what_to_install(home, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setenv("PL_AUTH_PROFILE", "works")
    monkeypatch.setattr(_key.importlib, "import_module", missing)
    with pytest.raises(ProviderError, match=r"pip install sitewatch\[planet\]"):
        planet_key()


def test_a_service_account_signs_in_with_the_sdk_and_its_secret_stays_out_of_the_error(home, monkeypatch):
    """No network is reached here, so that the sign-in fails; by what, it says, and not with what."""
    monkeypatch.setenv("PL_AUTH_CLIENT_ID", "me")
    monkeypatch.setenv("PL_AUTH_CLIENT_SECRET", "service-secret")
    monkeypatch.setattr("requests.sessions.Session.send", _no_network)
    found = planet_key()
    assert found.origin == "the service account that the environment variable PL_AUTH_CLIENT_ID names"
    with pytest.raises(ProviderError, match="could not sign in") as caught:
        found.headers()
    assert "service-secret" not in str(caught.value)


def test_the_list_of_archives_says_which_one_won_and_never_what_it_is(home, monkeypatch):
    monkeypatch.setenv("PL_API_KEY", "very-secret")
    told = {archive.name: archive for archive in known_archives()}
    assert told["planet"].credential == "the environment variable PL_API_KEY"
    assert "very-secret" not in repr(told) + repr(planet_key())


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": 7}', '{"key": ""}'])
def test_a_file_that_says_nothing_is_passed_over(home, text):
    (home / ".planet.json").write_text(text)
    assert planet_key().origin == "the keyring"


def _no_network(*_, **__):
    raise ConnectionError
