"""The credit lines that providers ask for."""

from __future__ import annotations

__all__ = ["attribution_of"]


def attribution_of(sensor: str, year: int) -> str | None:
    """What the images of a sensor are to be credited with, None where no known provider asks for a line.

    Planet: support.planet.com; Landsat: USGS's terms of use; Sentinel: Commission Delegated Regulation (EU) 1159/2013.
    """
    if sensor.startswith(("planetscope", "skysat")):
        return f"Image © {year} Planet Labs PBC"
    if sensor == "landsat":
        return "Landsat image courtesy of the U.S. Geological Survey"
    return f"Contains modified Copernicus Sentinel data {year}" if sensor.startswith("sentinel-2") else None
