"""What structures are called in the order in which they came."""

from __future__ import annotations

import string

__all__ = ["letters"]


def letters(number: int) -> str:
    """A to Z, then AA, AB and so on."""
    alphabet = string.ascii_uppercase
    return alphabet[number] if number < 26 else letters(number // 26 - 1) + alphabet[number % 26]
