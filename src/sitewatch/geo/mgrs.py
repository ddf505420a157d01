"""The 100 km squares of the Military Grid Reference System, by which some catalogues name places."""

from __future__ import annotations

from functools import lru_cache

from pyproj import Transformer

__all__ = ["mgrs_square"]

_BANDS = "CDEFGHJKLMNPQRSTUVWX"      # 8 degrees each from 80 S on; the last one reaches 84 N
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"       # twenty of 100 km, again and again
_EVEN_ZONES_START = 5                # at F
# Zones that are wider than 6 degrees around Norway and Svalbard: south, north, west, east, zone.
_WIDER = ((56, 64, 3, 12, 32), (72, 84, 0, 9, 31), (72, 84, 9, 21, 33), (72, 84, 21, 33, 35), (72, 84, 33, 42, 37))


def mgrs_square(lon: float, lat: float) -> str | None:
    """Zone in two digits, band, and the square's column and row, such as 52SDG; None beyond 80 S and 84 N.

    ``lon`` and ``lat`` in EPSG:4326. After NGA.STND.0037 (2.0.0), Universal Grids and Grid Reference Systems.
    """
    if not -80 <= lat <= 84:
        return None
    lon = (lon + 180) % 360 - 180
    zone = next((wider for south, north, west, east, wider in _WIDER if south <= lat < north and west <= lon < east),
                int((lon + 180) // 6) + 1)
    easting, northing = _to_utm(zone, lat < 0).transform(lon, lat)
    column = _COLUMNS[(zone - 1) % 3][int(easting // 100_000) - 1]
    row = _ROWS[(int(northing // 100_000) + (0 if zone % 2 else _EVEN_ZONES_START)) % len(_ROWS)]
    return f"{zone:02d}{_BANDS[min(int((lat + 80) // 8), len(_BANDS) - 1)]}{column}{row}"


@lru_cache(maxsize=8)
def _to_utm(zone: int, is_south: bool) -> Transformer:
    return Transformer.from_crs("EPSG:4326", f"EPSG:{(32700 if is_south else 32600) + zone}", always_xy=True)
