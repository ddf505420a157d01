"""Are two texts the same but for the last printed digit of their numbers?"""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["difference"]

# Only numbers with a decimal point are measured; whole numbers are counts, ids and dates.
_LARGEST_EXPONENT = 300  # beyond it a forged number would not be compared but break the comparison
_NUMBER = re.compile(rb"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?(?![\w.])")


def difference(stored: bytes, computed: bytes) -> str | None:
    """The first place where two texts differ by more than one unit of the last printed digit, or None."""
    if stored == computed:
        return None
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
