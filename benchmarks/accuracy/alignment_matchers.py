"""What is compared: sitewatch's own matcher and its peers, all asked how far one picture lies off another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from sitewatch.stack import StackOptions
from sitewatch.stack._align import align_views

try:
    from skimage.registration import phase_cross_correlation
except ImportError:  # an extra of its own: pip install -e .[bench]
    phase_cross_correlation = None

__all__ = ["MATCHERS", "PEERS", "Found", "Matcher", "missing_peers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How far the content of a view lies off that of a reference, right and down in pixels.

    ``sigma_px`` per axis, None from a method that states none; ``is_refused``: the method says that it cannot tell.
    """

    x_px: float
    y_px: float
    sigma_px: float | None = None
    is_refused: bool = False


Matcher = Callable[[np.ndarray, np.ndarray], Found]


def _sitewatch(reference: np.ndarray, view: np.ndarray) -> Found:
    """``align_views``, refused where ``build_stack`` refuses."""
    shifts = align_views(np.stack([reference, view]), zero=0)
    limit = StackOptions().max_shift_sigma_px
    refused = any(shift.agreeing == 0 for shift in shifts) or not shifts[1].sigma_px <= limit
    return Found(x_px=shifts[1].x_px, y_px=shifts[1].y_px, sigma_px=shifts[1].sigma_px, is_refused=refused)


def _nothing(reference: np.ndarray, view: np.ndarray) -> Found:
    return Found(x_px=0.0, y_px=0.0)


def _opencv_phase(reference: np.ndarray, view: np.ndarray) -> Found:
    window = cv2.createHanningWindow(reference.shape[::-1], cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(_filled(reference).copy(), _filled(view).copy(), window)  # it tapers them in place
    return Found(x_px=x, y_px=y)


def _opencv_ecc(reference: np.ndarray, view: np.ndarray) -> Found:
    """Enhanced correlation coefficient (Evangelidis & Psarakis 2008); refuses where it does not converge."""
    matrix = np.eye(2, 3, dtype=np.float32)
    stop = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-5
    try:
        cv2.findTransformECC(_filled(reference), _filled(view), matrix, cv2.MOTION_TRANSLATION, stop, None, 5)
    except cv2.error:
        return Found(x_px=0.0, y_px=0.0, is_refused=True)
    return Found(x_px=float(matrix[0, 2]), y_px=float(matrix[1, 2]))


def _scikit_image(reference: np.ndarray, view: np.ndarray) -> Found:
    with np.errstate(over="ignore"):  # of its error, which is not used
        (y, x), _, _ = phase_cross_correlation(_filled(reference), _filled(view), upsample_factor=100)
    return Found(x_px=-float(x), y_px=-float(y))  # it gives the way back


def _filled(picture: np.ndarray) -> np.ndarray:
    """Peers know no missing pixels: they get the median there, and nothing where there is no image at all."""
    seen = np.isfinite(picture)
    if not seen.any():
        return np.zeros_like(picture)
    return np.ascontiguousarray(picture if seen.all() else np.where(seen, picture, np.nanmedian(picture)))


MATCHERS: Mapping[str, Matcher] = {
    "sitewatch": _sitewatch, "no shift at all": _nothing, "OpenCV phaseCorrelate": _opencv_phase}
PEERS: Mapping[str, Matcher] = {
    "OpenCV phaseCorrelate": _opencv_phase, "OpenCV ECC": _opencv_ecc,
    **({"scikit-image phase_cross_correlation": _scikit_image} if phase_cross_correlation else {})}


def missing_peers() -> str:
    """A sentence about the peers that are not installed; empty where all are."""
    return "" if phase_cross_correlation else (
        "scikit-image is not installed, so that its phase_cross_correlation is left out: pip install -e .[bench]")
