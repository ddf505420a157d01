"""Where output goes: results to standard output, messages to standard error.

Nothing untrusted reaches a terminal raw.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import click

__all__ = ["say", "shown", "write_json"]


def shown(text: object) -> str:
    """The text on one line without control or formatting characters.

    Names in a case and file names are untrusted: escape sequences could repaint the terminal, direction
    marks could make a line read backwards.
    """
    line = " ".join(str(text).split(" ")).replace("\n", " ").replace("\t", " ")
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign)[0] == "C" else sign for sign in line)


def say(message: str) -> None:
    """A message for people, on standard error."""
    click.echo(message, err=True)


def write_json(value: Any) -> None:
    """One JSON document on standard output, in ASCII, so that every terminal and parser can read it."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))
