"""How much of the ground lies under snow in each view: the provider's word where there is one, else the site's history.

Snow and cloud are both white, and without a band beyond 1.5 µm they look alike. But snow lies on the ground: roads,
trees and roofs show through, at their old places, now as the dark ones among the white. So what has turned white is
called snow only where its edges lie on the edges of the site's bare ground, whichever side of them is the brighter
(a doubled angle does not know: Fitch et al. 2002, "Orientation correlation"). Through thin cloud the ground's edges
are seen as they were, which gives it away; thick cloud has edges of its own. What cannot be told apart is not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sitewatch.geo import unclear
from sitewatch.model import MaskKind
from sitewatch.stack._threads import each

__all__ = ["snow_shares", "snow_told"]

_LARGEST_PX = 512    # a share needs no finer pixels
_BARE = 0.25         # of a pixel's history is darker than its bare ground: snow may lie for half of the year
_RISEN = 0.4         # of the way from bare ground to white
_COLOURLESS = 0.15   # largest difference of two visible bands, as a share of the larger; NDVI as well
_LEAST_LOOKS = 6     # of history, to know the bare ground by
_STAYS = 0.75        # of the looks before or of those after are white too: that is a roof, or sand,
_LONG = 1 / 3        # where those are this share of the series at least, longer than a winter
_LEAST_SHARE = 0.02  # less than that is cars, foam and single roofs
_SURE_SHARE = 0.1    # fewer edges than those of such a part of the site agree by chance
_MOST = 0.5          # more cloud than that leaves too little ground to speak of
# How far edges agree better in place than 7 to 15 pixels off, in standard deviations of the latter: of 18 snowy views
# of real and simulated series all but two faint ones reach 3.8, of 90 cloudy ones none that is not thin exceeds 2.5.
_SNOW_SIGMAS, _CLOUD_SIGMAS = 3.5, 2.0
_OFF_PX = tuple((y * r, x * r) for r in (7, 11, 15) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
_VISIBLE = ("red", "green", "blue")
_SCL_SNOW, _QA_SNOW = 11, 0b10_0000  # Sentinel-2 scene classification; Landsat QA_PIXEL (USGS LSDS-1619), bit 5


def snow_told(codes: np.ndarray, kind: MaskKind) -> np.ndarray | None:
    """(y, x) float32 from a provider's mask (band, y, x): 1 snow, 0 ground without, NaN hidden; None: it cannot say.

    UDM2 says it in its second band (Planet, "Usable Data Masks": 1 clear, 2 snow), the others in their codes.
    """
    first = codes[0]
    if kind == "udm2":
        if len(codes) < 2:
            return None
        snow, hidden = codes[1] == 1, ~((first == 1) | (codes[1] == 1))
    elif kind == "scl":
        snow, hidden = first == _SCL_SNOW, unclear(first, kind)
    else:
        snow, hidden = np.nan_to_num(first).astype(np.uint16) & _QA_SNOW > 0, unclear(first, kind)
    return np.where(hidden, np.nan, snow).astype(np.float32)


def snow_shares(views: np.ndarray, bands: Sequence[str], inside: np.ndarray,
                told: Sequence[np.ndarray | None]) -> list[float | None]:
    """The share of the ground under snow, of what is not hidden ``inside`` (y, x) the site; None: nobody can tell.

    ``views`` (time, band, y, x) are those that could be laid on the grid, before they are normalised, in order of
    time, NaN where not seen; ``told`` has for each what its provider's mask says (`snow_told`), laid on the grid.
    """
    shares = [None if mask is None else _mean(mask[inside]) for mask in told]
    if all(mask is not None for mask in told):
        return shares
    step = -(-max(inside.shape) // _LARGEST_PX)
    within = _shrunk(inside[None].astype(np.float32), step)[0] > 0.5
    seen = _seen_in(views, bands, within, step)
    return [share if mask is not None else found for share, mask, found in zip(shares, told, seen, strict=True)]


def _mean(values: np.ndarray) -> float | None:
    seen = np.isfinite(values)
    return float(values[seen].mean()) if seen.any() else None


def _shrunk(view: np.ndarray, step: int) -> np.ndarray:
    """Means of square blocks; NaN where one of its pixels was not seen."""
    if step == 1:
        return view
    height, width = (side // step for side in view.shape[1:])
    return np.stack([cv2.resize(band[:height * step, :width * step], (width, height), interpolation=cv2.INTER_AREA)
                     for band in view])


def _seen_in(views: np.ndarray, bands: Sequence[str], inside: np.ndarray, step: int) -> list[float | None]:
    """Snow as the pixels alone show it."""
    if not set(_VISIBLE) <= set(bands) or len(views) < _LEAST_LOOKS:
        return [None] * len(views)
    looks = each(lambda view: _light(_shrunk(view, step), bands), views)
    bright, white = (np.stack(part) for part in zip(*looks, strict=True))
    bare = _bare(bright)
    white &= (bright - bare) > _RISEN * np.maximum(_white_level(bright) - bare, 1e-6)
    passing = white & ~_stays(white, np.isfinite(bright))
    ground = _edges(bare)
    return each(lambda pair: _share(*pair, ground, inside), zip(bright, passing, strict=True))


def _light(view: np.ndarray, bands: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) brightness of a (band, y, x) view, and where it has no colour."""
    visible = view[[bands.index(band) for band in _VISIBLE]]
    highest = visible.max(axis=0)
    colourless = highest - visible.min(axis=0) < _COLOURLESS * highest
    if "nir" in bands:
        nir, red = view[bands.index("nir")], view[bands.index("red")]
        colourless &= np.abs(nir - red) < _COLOURLESS * (nir + red)
    return visible.mean(axis=0), colourless


def _bare(bright: np.ndarray) -> np.ndarray:
    """(y, x) the lower quartile of what was seen of each pixel, NaN with too few looks: snow only brightens."""
    ordered, looks = np.sort(bright, axis=0), np.isfinite(bright).sum(axis=0)   # NaN come last
    quarter = np.take_along_axis(ordered, (_BARE * np.maximum(looks - 1, 0)).astype(int)[None], axis=0)[0]
    return np.where(looks >= _LEAST_LOOKS, quarter, np.nan)


def _white_level(bright: np.ndarray) -> float:
    """What white is in these units: hardly any pixel of any look is brighter."""
    some = bright.reshape(-1)[:: max(1, bright.size // 1_000_000)]
    return float(np.nanquantile(some, 0.995))


def _stays(white: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(time, y, x) bool: where most looks before, or most looks after, are white too."""
    whites, looks = (np.cumsum(part, axis=0, dtype=np.int32) for part in (white, seen))
    before, before_of = whites - white, looks - seen
    after, after_of = whites[-1] - whites, looks[-1] - looks
    enough = max(2.0, _LONG * len(white))
    return np.asarray(((before_of >= enough) & (before >= _STAYS * before_of))
                      | ((after_of >= enough) & (after >= _STAYS * after_of)))


def _share(view: np.ndarray, white: np.ndarray, ground: np.ndarray, inside: np.ndarray) -> float | None:
    """Of one view: its white share if that is snow, 0 if it is cloud or next to nothing, else None."""
    seen = np.isfinite(view) & inside
    if not seen.any():
        return None
    share = float(white[seen].mean())
    if white.mean() < _LEAST_SHARE:
        return 0.0 if share < _LEAST_SHARE else None
    around = cv2.dilate(white.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    edges = _edges(view)
    axes, shown = _axes(edges), _agreement(edges, ground, around)
    agreement = _agreement(axes, _axes(ground), around)
    by_chance = [_agreement(axes, np.roll(_axes(ground), off, (0, 1)), around) for off in _OFF_PX]
    sigmas = (agreement - np.mean(by_chance)) / (np.std(by_chance) + 1e-9)
    if sigmas >= _SNOW_SIGMAS and shown < agreement:
        return share if share >= _SURE_SHARE else None
    is_cloud = sigmas < _CLOUD_SIGMAS or shown >= agreement
    return 0.0 if is_cloud and share < _MOST else None


def _edges(view: np.ndarray) -> np.ndarray:
    """(y, x) complex gradient, its length compressed so that faint edges count; 0 beside what was not seen."""
    seen = np.isfinite(view)
    filled = np.where(seen, view, np.nanmedian(view) if seen.any() else 0.0).astype(np.float32)
    smooth = cv2.GaussianBlur(filled, (0, 0), 1.0)
    gradient = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    length = np.abs(gradient)
    whole = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0
    return np.where(whole, gradient / np.sqrt(length**2 + (2 * np.median(length))**2 + 1e-12), 0)


def _axes(edges: np.ndarray) -> np.ndarray:
    """Edges with their angle doubled: a rise and a fall in one direction are the same."""
    return np.asarray(edges**2 / np.maximum(np.abs(edges), 1e-6))


def _agreement(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """Correlation of two complex pictures, -1 to 1."""
    a, b = one[where], other[where]
    return float(np.real(np.vdot(b, a)) / np.sqrt((np.abs(a)**2).sum() * (np.abs(b)**2).sum() + 1e-12))
