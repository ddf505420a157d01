"""Are two texts the same but for the last printed digit of their numbers? Do two pictures show the same?"""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64decode
from decimal import Decimal

import numpy as np
from PIL import Image

__all__ = ["difference", "same_pictures"]

_ZIP, _JPEG, _PNG = b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG"
_MOST_LEVELS, _MEAN_LEVELS = 12, 0.8

# Only numbers with a decimal point are measured; whole numbers are counts, ids and dates.
_LARGEST_EXPONENT = 300  # beyond it a forged number would not be compared but break the comparison
_EMBEDDED = re.compile(rb"(?<=;base64,)[A-Za-z0-9+/]{8,}={0,2}")   # a picture within a text
_NUMBER = re.compile(rb"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?(?![\w.])")


def difference(stored: bytes, computed: bytes) -> str | None:
    """The first place where two texts differ by more than one unit of the last printed digit, or None."""
    if stored == computed:
        return None
    held, made = (_EMBEDDED.findall(text) for text in (stored, computed))
    if held != made:
        if len(held) != len(made) or not all(same_pictures(b64decode(a), b64decode(b))
                                             for a, b in zip(held, made, strict=True)):
            return "a picture in it shows something else"
        stored, computed = (_EMBEDDED.sub(b"", text) for text in (stored, computed))
    if _NUMBER.sub(b"#", stored) != _NUMBER.sub(b"#", computed):
        line = next((i for i, (a, b) in enumerate(zip(stored.splitlines(), computed.splitlines(), strict=False), 1)
                     if _NUMBER.sub(b"#", a) != _NUMBER.sub(b"#", b)), None)
        return f"line {line} differs" if line else "their lengths differ"
    for a, b in zip(_NUMBER.finditer(stored), _NUMBER.finditer(computed), strict=True):
        one, other = Decimal(a.group().decode()), Decimal(b.group().decode())
        # Zeros at the end are not printed, so the finer of the two says how fine they are.
        unit = Decimal(1).scaleb(min(int(one.as_tuple().exponent), int(other.as_tuple().exponent)))
        if max(one.adjusted(), other.adjusted()) > _LARGEST_EXPONENT or abs(one - other) > unit:
            line = stored.count(b"\n", 0, a.start()) + 1
            return f"line {line}: {one} is stored, {other} was computed"
    return None


def same_pictures(stored: bytes, computed: bytes) -> bool:
    """Whether two pictures, or two ZIP files of pictures and texts, show the same to the eye.

    Another version of the library that encodes a JPEG rounds differently: no pixel by more than a few of 255 levels,
    and all of them on average by less than one. Whoever changes what a picture shows changes more.
    """
    try:
        if computed.startswith(_ZIP):
            one, other = _members(stored), _members(computed)
            return one.keys() == other.keys() and all(
                one[name] == other[name] or same_pictures(one[name], other[name]) for name in one)
        if not computed.startswith((_JPEG, _PNG)):
            return False
        a, b = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16) for data in (stored, computed))
    except (OSError, ValueError, zipfile.BadZipFile, Image.DecompressionBombError):
        return False
    apart = np.abs(a - b) if a.shape == b.shape else np.array([255])
    return bool(apart.max() <= _MOST_LEVELS and apart.mean() <= _MEAN_LEVELS)


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        if sum(member.file_size for member in bundle.infolist()) > len(data):
            return {}
        return {name: bundle.read(name) for name in bundle.namelist()}
