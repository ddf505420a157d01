"""What providers' own masks say of each pixel."""

from __future__ import annotations

import numpy as np

from sitewatch.model import MaskKind

__all__ = ["snowy", "unclear"]

# Sentinel-2 scene classification: no data, defective, cloud shadow, medium and high cloud, cirrus.
_SCL_UNCLEAR = (0, 1, 3, 8, 9, 10)
# Landsat Collection 2 pixel quality, bit by bit (USGS LSDS-1619, table "Pixel Quality Assessment (QA_PIXEL) Bit
# Index"): 0 fill, 1 dilated cloud, 2 cirrus, 3 cloud, 4 cloud shadow. Bit 5, snow, shows the ground as it is.
_QA_PIXEL_UNCLEAR = 0b11111
_SCL_SNOW, _QA_PIXEL_SNOW = 11, 0b100000


def unclear(codes: np.ndarray, kind: MaskKind) -> np.ndarray:
    """(y, x) bool: from a UDM2's first band (1 is clear), a scene classification or QA_PIXEL bits, NaN outside it."""
    if kind == "udm2":
        return np.asarray(codes != 1)
    if kind == "scl":
        return np.asarray(np.isnan(codes) | np.isin(codes, _SCL_UNCLEAR))
    return np.asarray(np.isnan(codes) | (np.nan_to_num(codes).astype(np.uint16) & _QA_PIXEL_UNCLEAR != 0))


def snowy(codes: np.ndarray, kind: MaskKind) -> np.ndarray:
    """(y, x) bool: where a scene classification or QA_PIXEL bits say snow. A UDM2's first band, in
    which snow is not clear, says none."""
    if kind == "scl":
        return np.asarray(codes == _SCL_SNOW)
    return np.asarray(np.nan_to_num(codes).astype(np.uint16) & _QA_PIXEL_SNOW != 0) if kind == "qa_pixel" else np.zeros(
        codes.shape, bool)
