"""What metadata says of the units of Sentinel-2's counts: the processing baseline, and whether its offset is off.

Nothing here is believed without a look at the pixels: the flag of Earth Search is known to be wrong both ways
(Element84/earth-search, issues 66 and 71), and a baseline does not say what a provider did afterwards.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["baseline_in_name", "baseline_of", "offset_applied"]

# S2B_MSIL2A_20230514T104619_N0509_R051_T31TDF_20230514T150000; N9999 is what a user's own processing writes.
_PRODUCT = re.compile(r"S2[A-D]_[^/]*?_N(0\d|[1-8]\d)(\d\d)(?=[_./]|$)", re.IGNORECASE)
_BASELINE = re.compile(r"(\d{1,2})\.(\d\d)")
_STATED = ("s2:processing_baseline", "sentinel:processing_baseline", "sentinel2:processing_baseline",
           "processing:version")
_NAMED = ("s2:product_uri", "sentinel:product_id", "sentinel2:product_id", "title")
_FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
_SCALE = 1e-4  # of reflectance; other assets of an item, such as water vapour, have other scales and no such offset


def baseline_in_name(href: str) -> str | None:
    """The processing baseline in a Sentinel-2 product's name, as 05.09; the innermost name of a path counts."""
    found = _PRODUCT.findall(href)
    return f"{found[-1][0]}.{found[-1][1]}" if found else None


def baseline_of(feature: Mapping[str, Any]) -> str | None:
    """The processing baseline that a STAC item states, or that its product's name holds."""
    said = feature["properties"]
    for key in _STATED:
        found = _BASELINE.fullmatch(str(said.get(key, "")))
        if found is not None:
            return f"{int(found[1]):02d}.{found[2]}"
    names = (str(name) for name in (*map(said.get, _NAMED), feature.get("id")) if isinstance(name, str))
    return next((baseline for name in names if (baseline := baseline_in_name(name)) is not None), None)


def offset_applied(feature: Mapping[str, Any], baseline: str | None) -> bool | None:
    """Whether a STAC item says that nothing is left to take off its counts; None where it says nothing clear.

    A provider's flag goes before the offsets of the bands, which Earth Search has left standing after applying them.
    A flag that nothing was applied means something only where there was something to apply.
    """
    flag = next((said for key in _FLAGS if isinstance(said := feature["properties"].get(key), bool)), None)
    if flag is True:
        return True
    offsets = set(_offsets(feature))
    if flag is False:
        return False if any(offset < 0 for offset in offsets) or (baseline or "") >= "04.00" else None
    return None if len(offsets) != 1 else offsets == {0.0}


def _offsets(feature: Mapping[str, Any]) -> Iterator[float]:
    """The offsets of the assets whose counts are reflectance, by STAC 1.0 (raster:bands) and 1.1 (bands)."""
    assets = feature.get("assets")
    for asset in assets.values() if isinstance(assets, dict) else ():
        if not isinstance(asset, dict):
            continue
        many = [asset.get(key) for key in ("raster:bands", "bands")]
        for band in [asset, *(band for bands in many if isinstance(bands, list) for band in bands)]:
            scale, offset = (_number(band, key) for key in ("scale", "offset"))
            if scale is not None and offset is not None and math.isclose(scale, _SCALE):
                yield offset


def _number(band: object, key: str) -> float | None:
    value = band.get(key, band.get(f"raster:{key}")) if isinstance(band, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6:
        return float(value)  # and so no NaN, and no whole number beyond what floats hold
    return None
