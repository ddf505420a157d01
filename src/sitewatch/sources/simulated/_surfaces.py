"""What the ground and the roofs are made of: reflectance by wavelength."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sitewatch.errors import UsageError

__all__ = ["SURFACES", "Surface", "blend", "spectrum", "wavelengths_nm"]

Surface = str | tuple[float, ...]
"""A name in SURFACES, or reflectance in blue, green, red, near infrared."""

_KNOTS_NM = (490, 560, 665, 865)
_BANDS_NM = {"coastal": 443, "blue": 490, "green-i": 531, "green": 560, "yellow": 610, "red": 665, "rededge": 705,
             "nir": 865}

# Typical surface reflectance in blue, green, red, near infrared.
SURFACES: dict[str, tuple[float, ...]] = {
    "dry soil": (0.082, 0.122, 0.172, 0.260),
    "ploughed": (0.058, 0.082, 0.112, 0.172),
    "stubble": (0.094, 0.148, 0.200, 0.315),
    "crop": (0.026, 0.062, 0.030, 0.440),
    "grass": (0.044, 0.082, 0.066, 0.300),
    "dry grass": (0.072, 0.112, 0.132, 0.255),
    "tree": (0.020, 0.040, 0.026, 0.270),
    "conifer": (0.017, 0.032, 0.022, 0.190),
    "bare tree": (0.040, 0.058, 0.066, 0.160),
    "shrub": (0.055, 0.085, 0.095, 0.210),
    "sand": (0.155, 0.225, 0.300, 0.385),
    "gravel plain": (0.125, 0.170, 0.220, 0.290),
    "dark rock": (0.070, 0.088, 0.105, 0.140),
    "silt": (0.185, 0.250, 0.305, 0.370),
    "asphalt": (0.072, 0.080, 0.086, 0.105),
    "gravel": (0.150, 0.186, 0.218, 0.275),
    "ballast": (0.105, 0.118, 0.128, 0.155),
    "packed earth": (0.118, 0.158, 0.200, 0.280),
    "fresh earth": (0.130, 0.182, 0.245, 0.345),
    "spoil": (0.165, 0.205, 0.245, 0.310),
    "concrete": (0.225, 0.252, 0.272, 0.310),
    "rubble": (0.170, 0.195, 0.220, 0.265),
    "straw": (0.175, 0.255, 0.330, 0.430),
    "coal": (0.028, 0.030, 0.032, 0.038),
    "water": (0.046, 0.056, 0.040, 0.018),
    "snow": (0.780, 0.790, 0.780, 0.720),
    "wall": (0.190, 0.205, 0.215, 0.240),
    "opening": (0.012, 0.013, 0.014, 0.016),
    "open hall": (0.110, 0.122, 0.132, 0.150),
    "white roof": (0.365, 0.378, 0.380, 0.410),
    "pale roof": (0.245, 0.268, 0.280, 0.310),
    "grey roof": (0.168, 0.180, 0.188, 0.215),
    "blue roof": (0.235, 0.190, 0.135, 0.230),
    "green roof": (0.095, 0.165, 0.110, 0.205),
    "rust roof": (0.088, 0.115, 0.175, 0.235),
    "tile roof": (0.066, 0.098, 0.168, 0.262),
    "dark roof": (0.062, 0.068, 0.076, 0.098),
    "lorry": (0.420, 0.430, 0.430, 0.440),
    "steel": (0.135, 0.142, 0.148, 0.165),
    "red paint": (0.055, 0.060, 0.260, 0.340),
}


def spectrum(surface: Surface, bands: Sequence[str]) -> np.ndarray:
    """(band) float32 reflectance of a surface, straight between its four known wavelengths.

    Raises UsageError for a name that is not in SURFACES or numbers that are no four reflectances.
    """
    if isinstance(surface, str):
        if surface not in SURFACES:
            raise UsageError(f"no surface is called {surface[:40]!r}. Use one of {', '.join(SURFACES)}, "
                             "or give reflectance in blue, green, red and near infrared")
        values = SURFACES[surface]
    else:
        values = surface
    if len(values) != len(_KNOTS_NM) or not all(0 <= value <= 1 for value in values):
        raise UsageError(f"{list(values)} is no surface: give four reflectances between 0 and 1, "
                         "in blue, green, red and near infrared")
    return np.interp(wavelengths_nm(bands), _KNOTS_NM, values).astype(np.float32)


def blend(seen: np.ndarray, cover: np.ndarray | float, wanted: np.ndarray | float) -> None:
    """Lay a colour over what is seen, in place, by its cover from 0 to 1."""
    seen += cover * (wanted - seen)


def wavelengths_nm(bands: Sequence[str]) -> list[int]:
    """Where the bands of a sensor lie in the spectrum."""
    return [_BANDS_NM[band] for band in bands]
