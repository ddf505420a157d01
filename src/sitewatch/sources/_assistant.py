"""A language model that the user names, asked through the chat completions of OpenAI, which many servers speak."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sitewatch.errors import ProviderError
from sitewatch.sources._credentials import credential_of
from sitewatch.sources._web import Policy, Web

__all__ = ["ask_model"]

_PATH = "/chat/completions"
_LARGEST_BYTES = 2_000_000


def ask_model(url: str, model: str, messages: Sequence[dict[str, str]], *, allow_private: bool = False) -> str:
    """The text of the first choice that the model at ``url`` (such as https://api.example.org/v1) answers with.

    Only https, or this machine, is asked; ``allow_private`` allows http and private networks too. No redirection is
    followed, so that the document goes nowhere else. The key is the environment variable SITEWATCH_LLM_KEY, else the
    keyring's entry `sitewatch`, `llm`. Raises ProviderError.
    """
    credential = credential_of("llm", ("SITEWATCH_LLM_KEY",))
    given = {"Authorization": f"Bearer {credential.secret}"} if credential else {}
    policy = Policy(tries=3, timeout_s=(10.0, 180.0), hops=1, largest_bytes=_LARGEST_BYTES,
                    allow_private=allow_private or _is_this_machine(url))
    body = {"model": model, "messages": list(messages), "temperature": 0, "stream": False,
            "response_format": {"type": "json_object"}}
    where = url.rstrip("/").removesuffix(_PATH) + _PATH
    return _text_of(Web("the language model", policy).json("POST", where, body, given))


def _is_this_machine(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _text_of(told: Any) -> str:
    try:
        text = told["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        raise ProviderError("the language model's server did not answer as chat completions do. Is the address that of "
                            "an OpenAI-compatible API, such as http://127.0.0.1:8080/v1?")
    return text
