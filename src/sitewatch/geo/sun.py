"""Where the sun stands over a place: what shadows and brightness follow."""

from __future__ import annotations

from datetime import UTC, datetime

from astral import Observer
from astral.sun import azimuth, elevation

__all__ = ["sun_at"]


def sun_at(moment: datetime, lon: float, lat: float) -> tuple[float, float]:
    """The sun's azimuth in degrees clockwise from true north and its elevation in degrees above the horizon.

    ``lon`` and ``lat`` are in EPSG:4326. The elevation is the geometric one, without refraction, as the metadata
    of satellite images give it; it is negative at night. After Meeus, Astronomical Algorithms, as NOAA's solar
    calculator has it. Raises ValueError where the moment has no time zone or the place is not on the Earth.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone, so it is no moment: give it in UTC")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"longitude {lon}, latitude {lat} is not a place on the Earth")
    place, utc = Observer(latitude=lat, longitude=lon), moment.astimezone(UTC)
    return azimuth(place, utc), elevation(place, utc, with_refraction=False)
