"""What is known of a sensor before any pixel is read: bands, scaling, masks, blur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SENSORS", "MaskKind", "Sensor"]

MaskKind = Literal["udm2", "scl", "qa_pixel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A sensor profile.

    ``bands`` name the image's bands in file order. ``blur_m`` is the standard deviation of the point
    spread in metres (None: estimate it from the images). Reflectance is ``(DN + offset) * scale``
    where ``is_reflectance``; display pictures keep their grey levels. ``added_counts`` is what newer processing adds
    to every count and some providers take off again, so that it has to be found out scene by scene.
    """

    id: str
    title: str
    bands: tuple[str, ...]
    gsd_m: float | None
    blur_m: float | None
    is_reflectance: bool = False
    scale: float = 1.0
    offset: float = 0.0
    added_counts: float = 0.0
    mask: MaskKind | None = None

    def holds(self, other: Sensor) -> bool:
        """Whether its images hold all that the other's do: the same bands, in the same units, in pixels as large."""
        return set(other.bands) <= set(self.bands) and (self.is_reflectance, self.gsd_m, self.scale, self.offset) == (
            other.is_reflectance, other.gsd_m, other.scale, other.offset)


# Blur: sigma = sqrt(-2 ln MTF) / (2 pi f) at Nyquist f = 1 / (2 GSD); with the usual MTF of 0.15 to 0.2 at
# Nyquist that is about 0.6 GSD, the GSD being that of the optics, which ours is not where the provider resamples:
# 3.7 m for PlanetScope and 0.65 m for SkySat, delivered at 3 m and 0.5 m.
SENSORS: dict[str, Sensor] = {
    sensor.id: sensor
    for sensor in (
        Sensor(id="picture", title="RGB picture, display-stretched", bands=("red", "green", "blue"),
               gsd_m=None, blur_m=None),
        Sensor(id="grey", title="Single-band picture, display-stretched", bands=("pan",), gsd_m=None, blur_m=None),
        Sensor(id="planetscope-4", title="PlanetScope surface reflectance, 4 bands",
               bands=("blue", "green", "red", "nir"),
               gsd_m=3.0, blur_m=2.2, is_reflectance=True, scale=1e-4, mask="udm2"),
        Sensor(id="planetscope-8", title="PlanetScope surface reflectance, 8 bands",
               bands=("coastal", "blue", "green-i", "green", "yellow", "red", "rededge", "nir"),
               gsd_m=3.0, blur_m=2.2, is_reflectance=True, scale=1e-4, mask="udm2"),
        Sensor(id="skysat", title="SkySat surface reflectance, 4 bands", bands=("blue", "green", "red", "nir"),
               gsd_m=0.5, blur_m=0.4, is_reflectance=True, scale=1e-4, mask="udm2"),
        # From baseline 04.00 on, ESA adds 1000 (BOA_ADD_OFFSET is -1000), so that dark ground need not be cut off at 0.
        Sensor(id="sentinel-2", title="Sentinel-2 L2A, 10 m bands", bands=("blue", "green", "red", "nir"),
               gsd_m=10.0, blur_m=6.0, is_reflectance=True, scale=1e-4, added_counts=1000.0, mask="scl"),
        Sensor(id="sentinel-2-rgb", title="Sentinel-2, true-colour picture", bands=("red", "green", "blue"),
               gsd_m=10.0, blur_m=None),
        # DN * 2.75e-5 - 0.2 by the USGS's guide to these products (LSDS-1619), written as (DN + offset) * scale.
        Sensor(id="landsat", title="Landsat 8 and 9, Collection 2 Level-2", bands=("blue", "green", "red", "nir"),
               gsd_m=30.0, blur_m=18.0, is_reflectance=True, scale=2.75e-5, offset=-0.2 / 2.75e-5, mask="qa_pixel"),
    )
}
