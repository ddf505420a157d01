"""The simulated sensors: how often they come, how well they are placed, how they blur, and what they deliver."""

from __future__ import annotations

from dataclasses import dataclass

from sitewatch.model import MaskKind

__all__ = ["CAMERAS", "Camera"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A sensor as a simulation needs it; bands, pixel size, blur and scaling are in ``SENSORS[sensor]``.

    ``revisit_days`` between passes at mid latitude; ``local_h`` mean solar time of a pass and its spread, in hours;
    ``off_nadir_deg`` greatest; misplacement of a scene against its georeference: ``shift_px`` spread, ``stretch_px``
    spread of the linear part at the edge, ``warp_px`` spread of the smooth rest, ``band_px`` of each band against the
    others; noise of reflectance r is ``floor + share * r``; ``stripes``: spread of the columns' gains.
    """

    sensor: str
    mask: MaskKind
    product: str
    mask_product: str
    revisit_days: float
    local_h: tuple[float, float]
    off_nadir_deg: float
    shift_px: float
    stretch_px: float
    warp_px: float
    band_px: float
    noise: tuple[float, float]
    stripes: float = 0.0
    gain: float = 0.035


# Revisit, local time and view angles from the providers' public product specifications (Planet Imagery Product
# Specification; Sentinel-2 Products Specification; Landsat 8-9 Data Users Handbook). Misplacement and noise are ours,
# held against what build_stack estimates on real series: python -m benchmarks.accuracy.likeness
CAMERAS: dict[str, Camera] = {
    camera.sensor: camera for camera in (
        Camera(sensor="planetscope-4", mask="udm2", product="SR", mask_product="udm2", revisit_days=1.0,
               local_h=(10.4, 0.5), off_nadir_deg=5.0, shift_px=0.5, stretch_px=0.05, warp_px=0.05, band_px=0.05,
               noise=(0.0022, 0.008), stripes=0.002),
        Camera(sensor="planetscope-8", mask="udm2", product="SR_8b", mask_product="udm2", revisit_days=1.0,
               local_h=(10.4, 0.5), off_nadir_deg=5.0, shift_px=0.5, stretch_px=0.05, warp_px=0.05, band_px=0.08,
               noise=(0.0022, 0.008), stripes=0.002),
        Camera(sensor="skysat", mask="udm2", product="SR", mask_product="udm2", revisit_days=3.0,
               local_h=(10.5, 1.5), off_nadir_deg=25.0, shift_px=3.0, stretch_px=0.8, warp_px=0.5, band_px=0.15,
               noise=(0.003, 0.012)),
        Camera(sensor="sentinel-2", mask="scl", product="L2A_10m", mask_product="SCL", revisit_days=2.5,
               local_h=(10.6, 0.1), off_nadir_deg=10.5, shift_px=0.25, stretch_px=0.02, warp_px=0.03, band_px=0.06,
               noise=(0.0010, 0.004), gain=0.025),
        Camera(sensor="landsat", mask="qa_pixel", product="L2SP", mask_product="QA_PIXEL", revisit_days=8.0,
               local_h=(10.2, 0.1), off_nadir_deg=7.5, shift_px=0.15, stretch_px=0.02, warp_px=0.02, band_px=0.04,
               noise=(0.0008, 0.003), gain=0.025),
    )
}
